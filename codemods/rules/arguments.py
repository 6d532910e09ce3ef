"""Rewrite the arguments of a create call, one small function for each.

    before: client.completions.create(model=…, max_tokens_to_sample=300, temperature=0.5, prompt=…)
    after:  client.messages.create(model=…, max_tokens=300, messages=…)

Arguments are read where they are written: as keywords, in a dict display that is splatted, or in
`params["key"] = value` statements before the call. The first argument that cannot be translated
sends the whole call to the adapter. Source of each outcome: the SDK's changelogs and API pages as
listed in `migrate/models.json` and README.md, "What happens to each argument".
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from codemods.argument_reading import Arguments, read_arguments
from codemods.edits import Edit
from codemods.flow import Definition
from codemods.places import Place, list_removals, removals
from codemods.plans import Context, Plan, Refusal, Site, Streaming, Touch
from codemods.rules.limits import rewrite_limit
from codemods.rules.message_lists import comments_in
from codemods.rules.models import rewrite_model
from codemods.rules.prompts import convert_prompt
from codemods.template_nodes import CannotCut
from codemods.values import Constant, Symbol
from migrate.markers import HUMAN_PROMPT
from migrate.models import find_model

_REQUIRED = ("prompt", "model", "max_tokens_to_sample")
_KEPT = frozenset({"metadata", "timeout", "extra_headers", "extra_query"})
_SAMPLING = ("temperature", "top_p", "top_k")
_OLD_VERSION = '"anthropic-version": "2023-06-01"'


def rewrite_arguments(context: Context, site: Site, plan: Plan) -> None:
    """Plan every argument of the call. Raises Refusal for the first that has no equivalent."""
    assert site.call is not None
    arguments = read_arguments(context, site.call)
    missing = [name for name in _REQUIRED if name not in arguments.places or name in arguments.conditional]
    if missing:
        raise Refusal("TC104", f"`{missing[0]}` is not written at the call")
    gone: list[Place] = []
    plan.streams = _streams(context, arguments, gone)
    if site.is_old:
        _settle_old_stream(site, plan, arguments)
    ordered = sorted(arguments.places, key=lambda name: (name != "prompt", name == "model", name))
    for name in ordered:
        place = arguments.places[name]
        if name not in (*_REQUIRED, "timeout") and _is_not_given(context, place.value):
            gone.append(place)
        elif name == "prompt":
            convert_prompt(context, site, plan, place)
        elif name == "model":
            rewrite_model(context, site, plan, place)
        elif name in _SAMPLING and context.options.keep_sampling:
            continue  # once the model is known
        elif name != "stream":
            _HANDLERS.get(name, _refuse_unknown)(context, plan, name, place, gone)
    rewrite_limit(context, plan, arguments)
    if context.options.keep_sampling:
        _keep_sampling(context, plan, arguments, gone)
    try:
        plan.edits.extend(removals(context.source, gone))
        plan.edits.extend(_saved_comments(context, site, gone))
    except CannotCut as error:
        raise Refusal("TC104", f"an argument cannot be taken away: {error}") from error
    _declare_touches(plan, arguments)


def _saved_comments(context: Context, site: Site, gone: list[Place]) -> list[Edit]:
    """Comments inside of arguments that go: they move above the statement."""
    source = context.source
    edits: list[Edit] = []
    for place in gone:
        for comment in comments_in(source.text(place.value_span)):
            start = source.line_start(source.span(source.statement(site.node))[0])
            edits.append(Edit(start, start, (f"{source.indentation(start)}{comment}{source.newline}",), -8))
    return edits


def _declare_touches(plan: Plan, arguments: Arguments) -> None:
    for definition, uses in arguments.touched.items():
        plan.touches.extend(Touch(definition, use, tuple(plan.edits)) for use in uses)


# -- single arguments -----------------------------------------------------------------------------


def _streams(context: Context, arguments: Arguments, gone: list[Place]) -> Streaming:
    """Whether the call streams."""
    place = arguments.places.get("stream")
    if place is None:
        return "no"
    value = context.evaluator.value_of(place.value)
    certain = "stream" not in arguments.conditional
    if isinstance(value, Constant) and value.value is True and certain:
        return "yes"
    if (isinstance(value, Constant) and value.value in (False, None)) or _is_not_given(context, place.value):
        gone.append(place)
        return "no"
    return "maybe"


def _settle_old_stream(site: Site, plan: Plan, arguments: Arguments) -> None:
    """SDK 0.2 streamed by the name of the method; `stream=True` could be given as well."""
    wants = site.method.endswith("_stream")
    if "stream" in arguments.places and not (plan.streams == "yes" and wants):
        raise Refusal("TC106", "its `stream` argument does not fit the method")
    if wants and plan.streams == "no" and "prompt" in arguments.places:
        plan.edits.extend(arguments.places["prompt"].append("stream", "True", 7))
    plan.streams = "yes" if wants else "no"


def _is_not_given(context: Context, node: ast.expr) -> bool:
    value = context.evaluator.value_of(node)
    if isinstance(value, Constant):
        return value.value is None
    name = value.path.rpartition(".")[2] if isinstance(value, Symbol) else ""
    return name in ("NOT_GIVEN", "omit")


def _keep(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    """Same name, same meaning."""


def _extra_body(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    raise Refusal("TC104", "extra_body may carry legacy arguments")


def _betas(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    raise Refusal("TC104", "`betas` is no argument of messages.create")


def _drop(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    gone.append(place)


def _refuse_unknown(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    raise Refusal("TC104", f"`{name}` is not an argument of the legacy call")


def _rename_limit(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    plan.edits.extend(place.rename("max_tokens"))


def _sampling(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    """Sampling arguments are refused by current models and API versions: dropped, said aloud."""
    if _may_have_effects(place.value):
        raise Refusal("TC104", f"`{name}` is computed by a call that dropping it would skip")
    value = context.evaluator.value_of(place.value)
    written = context.source.text(place.value_span)
    gone.append(place)
    if name != "temperature":
        plan.notes.append(f"{name}={written} dropped: current models refuse it")
    elif not isinstance(value, Constant):
        plan.review("TC202", f"temperature={written} is dropped: current models refuse it")
    elif value.value == 0:
        plan.review("TC201", "temperature=0 is dropped: answers vary more from call to call")
    else:
        plan.notes.append(f"temperature={written} dropped: current models refuse it")


def _may_have_effects(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call | ast.Await | ast.NamedExpr | ast.Yield) for part in ast.walk(node))


def _keep_sampling(context: Context, plan: Plan, arguments: Arguments, gone: list[Place]) -> None:
    """Write sampling so that SDK 0.x to 2.x send it, on a model that takes it (one argument only).

    SDK 1.0 dropped the keywords, and the API version that SDK 2 sends refuses them on every model;
    the older version does not. Source: the SDK's MIGRATION.md and the API's versioning page.
    """
    given = [name for name in _SAMPLING if name in arguments.places and arguments.places[name] not in gone]
    facts = find_model(plan.model) if plan.model else None
    headers = arguments.places.get("extra_headers")
    known = headers is None or (isinstance(headers.value, ast.Dict) and bool(headers.value.values))
    if facts is None or not facts.accepts_sampling or not known:
        for name in given:
            _sampling(context, plan, name, arguments.places[name], gone)
        return
    for name in given[1:]:
        plan.notes.append(f"{name} dropped: {facts.id} takes one sampling argument, and {given[0]} is kept")
        gone.append(arguments.places[name])
    for name in given[:1]:
        place = arguments.places[name]
        plan.edits.extend(place.wrap("extra_body", f'{{"{name}": ', "}"))
        if headers is None:
            plan.edits.extend(place.append("extra_headers", f"{{{_OLD_VERSION}}}", 4))
        else:
            assert isinstance(headers.value, ast.Dict)
            end = context.source.span(headers.value.values[-1])[1]
            plan.edits.append(Edit(end, end, (f", {_OLD_VERSION}",), -2))
        plan.notes.append(f"{name} is kept through extra_body and the API version that takes it")


def _stop_sequences(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    """The Human marker was implicit and is structural now; blank stops are refused by Messages."""
    node = place.value
    if isinstance(node, ast.Name):
        node = _listed_definition(context, plan, node)
    if not isinstance(node, ast.List | ast.Tuple):
        raise Refusal("TC104", "the stop sequences are not written at the call")
    texts = [context.evaluator.text_of(element) for element in node.elts]
    if any(_may_be_blank(context, element) for element in node.elts):
        raise Refusal(
            "TC104", "a stop sequence is blank, which Messages refuses; the adapter cuts there itself"
        )
    markers = [element for element, text in zip(node.elts, texts, strict=True) if text == HUMAN_PROMPT]
    if any(text is None for text in texts):
        plan.evidence.append("assumes that stop sequences known only at run time are not blank")
    if len(markers) == len(node.elts):
        if node is place.value:
            gone.append(place)
            return
        raise Refusal("TC104", "the list of stop sequences would be left empty")
    edits = list_removals(context.source, node, markers)
    if markers and isinstance(node, ast.Tuple) and len(node.elts) - len(markers) == 1:
        raise Refusal("TC104", "the tuple of stop sequences would lose its comma")
    if node is place.value:
        plan.edits.extend(edits)
    elif markers:
        raise Refusal("TC104", "the list of stop sequences is defined elsewhere and holds the Human marker")


def _is_only_passed(context: Context, definition: Definition) -> bool:
    """Whether a list of stop sequences goes nowhere but into calls, so that nothing can change it."""
    parents = [context.source.parent(use) for use in context.flow.uses(definition)]
    only = all(isinstance(one, ast.keyword) and one.arg == "stop_sequences" for one in parents)
    return only and not context.changes_of(definition.name) and not context.is_exported(definition)


def _may_be_blank(context: Context, element: ast.expr) -> bool:
    """Whether a stop sequence is blank, or is in one of the forms that are in sight."""
    values = context.evaluator.values_of(element)
    texts = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, str)]
    return any(not text.strip() for text in texts)


def _listed_definition(context: Context, plan: Plan, node: ast.Name) -> ast.expr:
    reaching = context.flow.reaching(node)
    if len(reaching.definitions) == 1 and reaching.complete:
        (definition,) = reaching.definitions
        plain = definition.kind == "assign" and not definition.path and not definition.changed_by
        if plain and definition.value is not None and _is_only_passed(context, definition):
            return definition.value
    return node


_HANDLERS: dict[str, Callable[[Context, Plan, str, Place, list[Place]], None]] = {
    **dict.fromkeys(_KEPT, _keep),
    **dict.fromkeys(_SAMPLING, _sampling),
    "max_tokens_to_sample": _rename_limit,
    "stop_sequences": _stop_sequences,
    "extra_body": _extra_body,
    "betas": _betas,
    "disable_checks": _drop,
}
