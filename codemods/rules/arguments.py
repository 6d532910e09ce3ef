"""Rewrite the arguments of a create call, one small function for each.

    before: client.completions.create(model=…, max_tokens_to_sample=300, temperature=0.5, prompt=…)
    after:  client.messages.create(model=…, max_tokens=300, messages=…)

Arguments are read where they are written: as keywords of the call, of a `partial` before it or of the
callers of its function, in dicts that are splatted, or in statements that change them. The first one
that cannot be translated sends the whole call to the adapter. Source of each outcome: the SDK's
changelogs and API pages as listed in `migrate/models.json` and README.md, "What happens to each
argument".
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from codemods.argument_reading import Arguments, is_not_given, read_site
from codemods.edits import Edit
from codemods.places import Place, removals
from codemods.plans import Context, Plan, Refusal, Site, Streaming, Touch
from codemods.rules.extra_headers import beta_header, write_headers
from codemods.rules.limits import rewrite_limit
from codemods.rules.message_lists import comments_in
from codemods.rules.models import rewrite_model
from codemods.rules.prompts import convert_prompt
from codemods.rules.sampling import SAMPLING, drop_sampling
from codemods.rules.stop_sequences import rewrite_stop_sequences
from codemods.template_nodes import CannotCut
from codemods.values import Constant
from migrate.models import find_model

_REQUIRED = ("prompt", "model", "max_tokens_to_sample")
_KEPT = frozenset({"metadata", "timeout", "extra_headers", "extra_query", "betas"})


def rewrite_arguments(context: Context, site: Site, plan: Plan) -> None:
    """Plan every argument of the call. Raises Refusal for the first that has no equivalent."""
    arguments = read_site(context, site)
    missing = [name for name in _REQUIRED if name not in arguments.places or name in arguments.conditional]
    if missing:
        raise Refusal("TC104", f"`{missing[0]}` is not written at the call")
    gone: list[Place] = []
    plan.streams = _streams(context, arguments, gone)
    if plan.streams != "no" and (site.is_deferred or site.outcome is not None):
        raise Refusal("TC105", "the stream comes out of a future or a task")
    if site.is_old:
        _settle_old_stream(site, plan, arguments)
    ordered = sorted(arguments.places, key=lambda name: (name != "prompt", name == "model", name))
    for name in ordered:
        if name == "prompt":
            _rewrite_prompts(context, site, plan, arguments)
        elif name == "model":
            _rewrite_models(context, site, plan, arguments)
        elif name != "stream" and not (name in SAMPLING and context.options.keep_sampling):
            _rewrite_others(context, plan, name, arguments, gone)
    rewrite_limit(context, plan, arguments)
    beta = beta_header(context, arguments, gone)
    versioned = _keep_sampling(context, plan, arguments, gone) if context.options.keep_sampling else None
    write_headers(context, plan, arguments, gone, beta, versioned)
    try:
        plan.edits.extend(removals(context.source, gone))
        rewritten = [beta.place] if beta is not None and beta.place not in gone else []
        plan.edits.extend(saved_comments(context, site, gone + rewritten))
    except CannotCut as error:
        raise Refusal("TC104", f"an argument cannot be taken away: {error}") from error
    _declare_touches(plan, arguments)


def _rewrite_prompts(context: Context, site: Site, plan: Plan, arguments: Arguments) -> None:
    """A prompt that replaces another must leave nothing of it behind, such as its `system`."""
    places = arguments.every["prompt"]
    prefills: set[bool] = set()
    for place in places:
        before = len(plan.edits)
        convert_prompt(context, site, plan, place)
        prefills.add(plan.has_prefill)
        if plan.prompt_is_runtime and _tries_around(context, place.value) != _tries_around(
            context, site.node
        ):
            raise Refusal("TC104", "the prompt would be converted outside of the `try` around the call")
        if "prompt" in arguments.overridden and not _is_plain_rename(plan.edits[before:], "system"):
            raise Refusal("TC104", "the prompt is set more than once, and one has a system text")
    if len(prefills) > 1:
        raise Refusal("TC104", "the prompt has several forms, and not each has a prefill")
    if plan.prompt_is_runtime and "prompt" in arguments.overridden | arguments.repeated:
        raise Refusal("TC104", "the prompt is set on one dict more than once and known only at run time")


def _tries_around(context: Context, node: ast.AST) -> list[ast.AST]:
    """The `try` bodies around a node in its function."""
    found: list[ast.AST] = []
    current = node
    while not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module):
        above = context.source.parents[current]
        if isinstance(above, ast.Try) and any(one is current for one in above.body):
            found.append(above)
        current = above
    return found


def _is_plain_rename(edits: list[Edit], other: str) -> bool:
    texts = "".join(part for edit in edits for part in edit.parts if isinstance(part, str))
    return f"{other}=" not in texts and f'{other}"' not in texts and f"{other}'" not in texts


def _rewrite_models(context: Context, site: Site, plan: Plan, arguments: Arguments) -> None:
    """Several models, one of which is used: what goes with a model may not stay with another."""
    places = arguments.every["model"]
    targets: list[str | None] = []
    added: set[bool] = set()
    for place in places:
        before = len(plan.edits)
        plan.model = None
        rewrite_model(context, site, plan, place)
        targets.append(plan.model)
        added.add(_is_plain_rename(plan.edits[before:], "thinking"))
    if "model" in arguments.overridden and len(added) > 1:
        raise Refusal("TC104", "the model is set more than once, and one thinks unless it is told not to")
    if plan.model_is_runtime and "model" in arguments.overridden | arguments.repeated:
        raise Refusal("TC104", "the model is set on one dict more than once and known only at run time")
    if len(set(targets)) > 1:
        plan.model, plan.model_is_runtime = None, True


def _rewrite_others(context: Context, plan: Plan, name: str, arguments: Arguments, gone: list[Place]) -> None:
    for place in arguments.every[name]:
        if name not in ("max_tokens_to_sample", "timeout") and is_not_given(context, place.value):
            gone.append(place)
        else:
            _HANDLERS.get(name, _refuse_unknown)(context, plan, name, place, gone)
    kept = [place for place in arguments.every[name] if place not in gone]
    if kept and len(kept) < len(arguments.every[name]) and name in arguments.overridden:
        raise Refusal("TC104", f"`{name}` is set more than once, and one of the values goes")


def saved_comments(context: Context, site: Site, gone: list[Place]) -> list[Edit]:
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
    places = arguments.every.get("stream", [])
    kinds = {_kind_of_stream(context, place.value) for place in places}
    if not kinds or kinds == {"no"}:
        gone.extend(places)
        return "no"
    if "stream" in arguments.overridden and len(kinds) > 1:
        raise Refusal("TC105", "`stream` is set more than once")
    return "yes" if kinds == {"yes"} and "stream" not in arguments.conditional else "maybe"


def _kind_of_stream(context: Context, node: ast.expr) -> Streaming:
    value = context.evaluator.value_of(node)
    if isinstance(value, Constant) and value.value is True:
        return "yes"
    off = (isinstance(value, Constant) and value.value in (False, None)) or is_not_given(context, node)
    return "no" if off else "maybe"


def _settle_old_stream(site: Site, plan: Plan, arguments: Arguments) -> None:
    """SDK 0.2 streamed by the name of the method; `stream=True` could be given as well."""
    wants = site.method.endswith("_stream")
    if "stream" in arguments.places and not (plan.streams == "yes" and wants):
        raise Refusal("TC106", "its `stream` argument does not fit the method")
    if wants and len(arguments.every.get("prompt", ())) > 1:
        raise Refusal("TC106", "the prompt of the stream is written in several places")
    if wants and plan.streams == "no" and "prompt" in arguments.places:
        plan.edits.extend(arguments.places["prompt"].append("stream", "True", 7))
    plan.streams = "yes" if wants else "no"


def _keep(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    """Same name, same meaning."""


def _extra_body(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    if not _is_empty(place.value):
        raise Refusal("TC104", "extra_body may carry legacy arguments")
    gone.append(place)


def _is_empty(node: ast.expr) -> bool:
    """An empty display: nothing is sent for it."""
    return (isinstance(node, ast.Dict) and not node.keys) or (
        isinstance(node, ast.List | ast.Tuple) and not node.elts
    )


def _drop(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    gone.append(place)


def _refuse_unknown(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    raise Refusal("TC104", f"`{name}` is not an argument of the legacy call")


def _rename_limit(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    plan.edits.extend(place.rename("max_tokens"))


def _keep_sampling(context: Context, plan: Plan, arguments: Arguments, gone: list[Place]) -> Place | None:
    """Write sampling so that SDK 0.x to 2.x send it, on a model that takes it (one argument only).

    SDK 1.0 dropped the keywords, and the API version that SDK 2 sends refuses them on every model;
    the older version does not: the argument that needs it comes back. Source: the SDK's MIGRATION.md and
    the API's versioning page.
    """
    given = [name for name in SAMPLING if name in arguments.places and arguments.places[name] not in gone]
    facts = find_model(plan.model) if plan.model else None
    headers = arguments.places.get("extra_headers")
    known = headers is None or (isinstance(headers.value, ast.Dict) and bool(headers.value.values))
    known = known and all(len(arguments.every[name]) == 1 for name in given)
    known = (
        known and len(arguments.every.get("extra_headers", ())) < 2 and "extra_body" not in arguments.places
    )
    if facts is None or not facts.accepts_sampling or not known:
        for name in given:
            for place in arguments.every[name]:
                drop_sampling(context, plan, name, place, gone)
        return None
    for name in given[1:]:
        plan.notes.append(f"{name} dropped: {facts.id} takes one sampling argument, and {given[0]} is kept")
        gone.append(arguments.places[name])
    if not given:
        return None
    place = arguments.places[given[0]]
    plan.edits.extend(place.wrap("extra_body", f'{{"{given[0]}": ', "}"))
    plan.notes.append(f"{given[0]} is kept through extra_body and the API version that takes it")
    return place


_HANDLERS: dict[str, Callable[[Context, Plan, str, Place, list[Place]], None]] = {
    **dict.fromkeys(_KEPT, _keep),
    **dict.fromkeys(SAMPLING, drop_sampling),
    "max_tokens_to_sample": _rename_limit,
    "stop_sequences": rewrite_stop_sequences,
    "extra_body": _extra_body,
    "disable_checks": _drop,
}
