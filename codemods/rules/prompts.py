"""Convert the prompt of a call to system text and messages.

    before: prompt=f"You are terse.{HUMAN_PROMPT} {question}{AI_PROMPT}"
    after:  system="You are terse.", messages=[{"role": "user", "content": f"{question}"}]
    before: prompt = f"{HUMAN_PROMPT} {question}{AI_PROMPT}" … prompt=prompt
    after:  prompt = f"{question}" … messages=[{"role": "user", "content": prompt}]
    before: prompt=build_prompt(history)
    after:  **arguments_from_prompt(build_prompt(history))

Holes never move across a statement or past another argument. A prompt that has other readers stays, and
its texts get names (`kept_prompts.py`). One whose turns cannot be read here is converted at run time by
`migrate.arguments_from_prompt`.
"""

from __future__ import annotations

import ast

from codemods.edits import Edit, Slice
from codemods.flow import Definition
from codemods.places import Place
from codemods.plans import Context, Plan, Refusal, Site, Touch
from codemods.rules.filled_turns import filled_texts
from codemods.rules.grown_kept import convert_kept_pieces
from codemods.rules.grown_lists import convert_grown
from codemods.rules.grown_prompts import NoGrowth, NotGrown
from codemods.rules.grown_texts import convert_pieces
from codemods.rules.kept_prompts import convert_kept
from codemods.rules.message_lists import (
    Opaque,
    Parts,
    Spread,
    list_display,
    message_list,
    rows_of,
    slice_of,
    try_cut,
)
from codemods.rules.prompt_ends import may_end_in_prefill
from codemods.rules.prompt_forms import forms_of
from codemods.rules.prompt_reading import layout_of_prompt
from codemods.rules.system_texts import system_at
from codemods.template_fillings import Filled
from codemods.template_nodes import (
    Concat,
    Cut,
    Literal,
    Named,
    Template,
    Through,
    widen_over_parentheses,
)
from codemods.turns import Layout, has_hole
from codemods.values import Symbol
from migrate.errors import PromptError

# Reasons that say less than why the steps of a prompt are no list of messages.
_VAGUE = ("the prompt", "several turns", "nothing would be left", "no turn marker is visible")


def convert_prompt(context: Context, site: Site, plan: Plan, place: Place) -> None:
    """Plan the prompt argument: cut it, spell the turns out, or bridge it."""
    context.openings = frozenset()
    attempt = Plan()
    try:
        _convert(context, attempt, place)
    except Opaque as opaque:
        attempt = Plan()
        reason = _convert_in_steps(context, site, attempt, place, str(opaque))
        if reason and not (
            _converts_with_names(context, attempt, place) or _grows_under_a_name(context, attempt, place)
        ):
            _bridge_prompt(context, plan, place, reason)
            return
    except PromptError as error:
        raise Refusal("TC302", f"the server refuses this prompt: {error}") from error
    plan.edits.extend(attempt.edits)
    plan.touches.extend(attempt.touches)
    plan.evidence.extend(attempt.evidence)
    plan.notes.extend(attempt.notes)
    plan.has_prefill, plan.prefill_is_cut = attempt.has_prefill, attempt.prefill_is_cut


def _convert_in_steps(context: Context, site: Site, plan: Plan, place: Place, reason: str) -> str:
    """Plan a prompt that grows; why that is impossible if it is."""
    try:
        convert_grown(context, site, plan, place)
    except Opaque as opaque:
        return str(opaque)
    except NoGrowth:
        return reason
    except NotGrown as other:
        if _converts_in_pieces(context, plan, place):
            return ""
        return str(other) if reason.startswith(_VAGUE) else reason
    return ""


def _converts_in_pieces(context: Context, plan: Plan, place: Place) -> bool:
    """Plan a prompt of one turn that is written in pieces; whether that is possible."""
    try:
        convert_pieces(context, _emptied(plan), place)
    except (Opaque, NotGrown):
        return False
    return True


def _converts_with_names(context: Context, plan: Plan, place: Place) -> bool:
    """Plan a prompt that has to stay, with names for its texts; whether that is possible."""
    try:
        templates, layouts = _read(context, place)
        for template, layout in zip(templates, layouts, strict=True):
            _check_prefill(_emptied(plan), template, layout)
        convert_kept(context, plan, place, templates, layouts)
    except Opaque:
        return False
    plan.evidence.extend(_assumptions(context, templates))
    return True


def _grows_under_a_name(context: Context, plan: Plan, place: Place) -> bool:
    """Plan a prompt that has to stay and is written in pieces; whether that is possible."""
    try:
        convert_kept_pieces(context, _emptied(plan), place)
    except (Opaque, NotGrown):
        return False
    return True


def _emptied(plan: Plan) -> Plan:
    """The plan without what a first attempt left in it."""
    for part in (plan.edits, plan.touches, plan.evidence, plan.notes):
        part.clear()
    plan.has_prefill = False
    return plan


def _bridge_prompt(context: Context, plan: Plan, place: Place, reason: str) -> None:
    if not context.options.bridge:
        raise Refusal("TC303", f"{reason}, and {context.no_bridge_reason}")
    handler = _sdk_handler(context, place.value)
    if handler is not None:
        raise Refusal("TC104", f"{reason}, and the except clause at line {handler} expects the SDK's errors")
    if may_end_in_prefill(context, place.value):
        raise Refusal("TC104", f"{reason}, and it may put words in the model's mouth")
    plan.prompt_is_runtime = True
    plan.edits.extend(place.splat("arguments_from_prompt(", ")"))
    plan.bridge("TC101", reason, "arguments_from_prompt")


def _sdk_handler(context: Context, node: ast.AST) -> int | None:
    """The line of an except clause around the call that names an error of the SDK.

    A bad prompt used to be the server's 400; the adapter raises it as the same class.
    """
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
        parent = context.source.parent(current)
        if isinstance(parent, ast.Try) and current in parent.body:
            for handler in parent.handlers:
                for part in ast.walk(handler.type) if handler.type is not None else ():
                    if isinstance(part, ast.Name | ast.Attribute) and isinstance(
                        context.evaluator.value_of(part), Symbol
                    ):
                        return handler.lineno
        current = parent
    return None


def _convert(context: Context, plan: Plan, place: Place) -> None:
    templates, layouts = _read(context, place)
    if all(layout.is_single for layout in layouts):
        _cut_single(context, plan, place, templates, layouts)
    elif len(templates) == 1 and not isinstance(templates[0], Named | Through):
        _spell_out(context, plan, place, templates[0], layouts[0])
    else:
        _convert_where_made(context, plan, place, templates, layouts)
    plan.evidence.extend(_assumptions(context, templates))


def _convert_where_made(
    context: Context, plan: Plan, place: Place, templates: list[Template], layouts: list[Layout]
) -> None:
    """The text is written before the call: cut it or list it there; its system text is named at the call."""
    systems = [
        system_at(context, template, layout.system[1], place.value) if layout.system is not None else None
        for template, layout in zip(templates, layouts, strict=True)
    ]
    has_system = [layout.system is not None for layout in layouts]
    arguments = {system.argument for system in systems if system is not None}
    if any(has_system) and (None in systems or len(arguments) != 1):
        raise Opaque("the prompt has system text and is built before the call")
    system = next(iter(arguments), None)
    if all(len(layout.turns) == 1 and not layout.ends_on_assistant for layout in layouts):
        _cut_single(context, plan, place, templates, layouts, system)
    else:
        _list_where_made(context, plan, place, templates, layouts, system)


def _read(context: Context, place: Place) -> tuple[list[Template], list[Layout]]:
    """The forms of the prompt, each with its layout."""
    templates = forms_of(context, place.value)
    is_one_of = len(templates) > 1
    return templates, [layout_of_prompt(context, one, is_one_of=is_one_of) for one in templates]


def ends_in_prefill(context: Context, prompt: ast.expr) -> bool:
    """Whether a form of the prompt is seen to put words in the model's mouth."""
    try:
        forms = forms_of(context, prompt)
        return any(layout_of_prompt(context, one, is_one_of=True).ends_on_assistant for one in forms)
    except (Opaque, PromptError):
        return False


def _assumptions(context: Context, templates: list[Template]) -> list[str]:
    holes = [hole for template in templates for hole in template.holes()]
    return [
        f"assumes that {_name_of(context, hole)} holds no turn marker"
        for hole in holes
        if not isinstance(hole, ast.Constant)
    ]


def _name_of(context: Context, hole: ast.expr) -> str:
    if isinstance(hole, ast.Name):
        return hole.id
    return f"the expression at line {getattr(hole, 'lineno', '?')}"


# -- writing --------------------------------------------------------------------------------------


def _cut_single(
    context: Context,
    plan: Plan,
    place: Place,
    templates: list[Template],
    layouts: list[Layout],
    system: str | None = None,
) -> None:
    """Cut the markers where the text stands; wrap at the call. Nothing moves but the system text's name."""
    if system is None:
        plan.edits.extend(place.wrap("messages", '[{"role": "user", "content": ', "}]"))
    else:
        content = Slice(*place.value_span)
        messages: Parts = ('[{"role": "user", "content": ', content, "}]")
        plan.edits.extend(place.replace([("system", (system,)), ("messages", messages)]))
    touched: dict[Definition, tuple[set[ast.expr | None], list[Edit]]] = {}
    for template, layout in zip(templates, layouts, strict=True):
        cut = Cut(keeps_comments=True)
        try_cut(template, layout.turns[0].range, cut)
        edits = [Edit(*span) for span in dict.fromkeys(cut.deletions)]
        if not cut.touched:
            plan.edits.extend(edits)
        for definition, use in cut.touched:
            if not context.can_edit(definition):
                raise Opaque(f"{definition.name} has readers besides this call")
            uses, wanted = touched.setdefault(definition, (set(), []))
            uses.add(use)
            wanted.extend(edits)
    for definition, (uses, wanted) in touched.items():
        plan.touches.extend(Touch(definition, use, tuple(dict.fromkeys(wanted))) for use in uses)


def _spell_out(context: Context, plan: Plan, place: Place, template: Template, layout: Layout) -> None:
    """Several parts: each becomes an expression of its own, cut from the author's."""
    _check_prefill(plan, template, layout)
    span = place.value_span
    pairs: list[tuple[str, tuple[str | Slice, ...]]] = []
    if isinstance(template, Filled):
        pairs = _filled_pairs(context, plan, place, template, layout)
    else:
        if layout.system is not None:
            named = system_at(context, template, layout.system[1], place.value)
            written = named.argument if named else slice_of(context, template, span, layout.system)
            pairs.append(("system", (written,)))
        rows = rows_of(layout)
        pairs.append(("messages", message_list(context, template, span, rows, place.indentation())))
    plan.edits.extend(place.replace(pairs))
    plan.has_prefill = layout.ends_on_assistant


def _filled_pairs(
    context: Context, plan: Plan, place: Place, template: Filled, layout: Layout
) -> list[tuple[str, tuple[str | Slice, ...]]]:
    rows = [row for row in rows_of(layout) if not isinstance(row, Spread)]
    ranges = [where for _, where in rows]
    named = system_at(context, template, layout.system[1], place.value) if layout.system is not None else None
    ranges = ranges if layout.system is None or named is not None else [layout.system, *ranges]
    texts = filled_texts(context, plan, template, place.value_span, ranges)
    pairs: list[tuple[str, tuple[str | Slice, ...]]] = []
    if layout.system is not None:
        pairs.append(("system", (named.argument if named is not None else texts.pop(0),)))
    items: list[tuple[str | Slice, ...]] = [
        (f'{{"role": "{role}", "content": ', text, "}") for (role, _), text in zip(rows, texts, strict=True)
    ]
    pairs.append(("messages", list_display(context, items, place.indentation())))
    return pairs


def _check_prefill(plan: Plan, template: Template, layout: Layout) -> None:
    if layout.prefill is not None and has_hole(template.flat, (layout.prefill[1] - 1, layout.prefill[1])):
        raise Opaque("the prefill ends in a value known only at run time")
    if layout.prefill is not None and layout.prefill[1] < len(template.flat):
        plan.prefill_is_cut = True
        plan.notes.append("the prefill loses its trailing blanks, which Messages refuses")


def _list_where_made(
    context: Context,
    plan: Plan,
    place: Place,
    templates: list[Template],
    layouts: list[Layout],
    system: str | None,
) -> None:
    """All readers are calls of ours: the text becomes the list of messages, where it is written."""
    touched: dict[Definition, tuple[set[ast.expr], list[Edit]]] = {}
    for template, layout in zip(templates, layouts, strict=True):
        _check_prefill(plan, template, layout)
        steps, written = _steps_to_text(template)
        edits = _listed(context, written, layout)
        if not steps:
            plan.edits.extend(edits)
        for definition, use in steps:
            if not context.can_edit(definition):
                raise Opaque(f"{definition.name} has readers besides this call")
            uses, wanted = touched.setdefault(definition, (set(), []))
            uses.add(use)
            wanted.extend(edits)
            wanted.extend(_stated_type(context, definition))
        plan.has_prefill = plan.has_prefill or layout.ends_on_assistant
    for definition, (uses, wanted) in touched.items():
        plan.touches.extend(Touch(definition, use, tuple(dict.fromkeys(wanted))) for use in uses)
    if system is None:
        plan.edits.extend(place.rename("messages"))
    else:
        messages: Parts = (Slice(*place.value_span),)
        plan.edits.extend(place.replace([("system", (system,)), ("messages", messages)]))


def _steps_to_text(template: Template) -> tuple[list[tuple[Definition, ast.expr]], Template]:
    """The definitions between the call and the text, and the text where it is written out."""
    steps: list[tuple[Definition, ast.expr]] = []
    while isinstance(template, Named | Through):
        steps.append((template.definition, template.use if isinstance(template, Through) else template.node))
        template = template.inner
    if not isinstance(template, Literal | Concat):
        raise Opaque("several turns are put together in more than one step")
    return steps, template


def _listed(context: Context, template: Template, layout: Layout) -> list[Edit]:
    """The text, with the parentheses around it, as a list of messages."""
    source = context.source
    span = source.span(template.node)
    around = source.span(source.parents[template.node])
    start, end = widen_over_parentheses(source.data, *span, *around)
    if isinstance(source.parent(template.node), ast.Call):
        start, end = span  # these parentheses are the call's
    indentation = source.indentation(source.span(source.statement(template.node))[0])
    return [Edit(start, end, message_list(context, template, (start, end), rows_of(layout), indentation))]


def _stated_type(context: Context, definition: Definition) -> list[Edit]:
    """`-> str` and `name: str` are no longer true of a list."""
    node = definition.node
    stated: ast.expr | None = None
    if isinstance(node, ast.FunctionDef):
        stated = node.returns
    elif isinstance(node, ast.AnnAssign | ast.arg):
        stated = node.annotation
    if isinstance(stated, ast.Name) and stated.id == "str":
        return [Edit(*context.source.span(stated), ("list",))]
    return []
