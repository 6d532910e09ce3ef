"""Turn a prompt that grows in steps into a list of messages that grows in the same steps.

    before: history += f"{HUMAN_PROMPT} {question}{AI_PROMPT}"  …  history += answer
    after:  history.append({"role": "user", "content": f"{question}"})  …
            history.append({"role": "assistant", "content": answer})

Every place that writes the text is rewritten where it stands; nothing moves. The list is new wherever
the text began anew or was copied, so that no two names share one. Whether everything that reads the
variables belongs to calls that are rewritten too is checked once all plans stand.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.edits import Edit, Slice
from codemods.places import Place
from codemods.plans import Context, Plan, Site, Touch
from codemods.rules.grown_prompts import GrownPrompt, NotGrown, Slot, Store, Text, is_tested
from codemods.rules.grown_walk import Walk
from codemods.rules.hidden_turns import may_carry_markers, may_hide_turns
from codemods.rules.message_lists import Opaque, Parts, Row, comments_in, message_list, slice_of
from codemods.source import Span
from codemods.template_nodes import HOLE, CannotCut, Filled, Template, whole_statement, widen_over_parentheses
from codemods.turn_states import (
    NotWhole,
    State,
    after_parts,
    is_open_end,
    is_reply_expected_twice,
    role_of_text,
)
from migrate.markers import BLANKS


def convert_grown(context: Context, site: Site, plan: Plan, place: Place) -> None:
    """Plan the prompt as a list that grows. Raises Opaque or NotGrown, each with the reason."""
    grown = GrownPrompt(context, place.value)
    walk = Walk(context, grown)
    _check_holes(context, plan, grown)
    _check_end(plan, walk, grown.read)
    if any("failed" in states for states in walk.at.values()):
        plan.notes.append(
            "a question whose call fails stays in the list without an answer, as it did in the text"
        )
    edits: list[Edit] = []
    for store in grown.stores():
        edits.extend(_store_edits(context, walk, store))
    for slot in grown.slots:
        edits.extend(_type_edits(context, slot))
    _place_edits(context, site, plan, walk, grown.read, place)
    plan.touches.extend(_touches(context, grown, tuple(edits)))
    context.openings = frozenset(_openings(walk, grown))
    names = " and ".join(dict.fromkeys(slot.name for slot in grown.slots))
    plan.evidence.append(f"every line that writes or reads {names} is in sight")


# -- checks ---------------------------------------------------------------------------------------


def _check_holes(context: Context, plan: Plan, grown: GrownPrompt) -> None:
    for text in grown.texts():
        for hole in text.template.holes():
            if hole is text.base or isinstance(hole, ast.Constant):
                continue
            reason = may_carry_markers(context, hole) or may_hide_turns(context, hole)
            if reason is not None:
                raise Opaque(reason)
            said = hole.id if isinstance(hole, ast.Name) else f"the expression at line {hole.lineno}"
            plan.evidence.append(f"assumes that {said} holds no turn marker")


def _check_end(plan: Plan, walk: Walk, read: Text) -> None:
    """At the call the model must be to answer, or to go on from words that are written there."""
    ends = {_after(state, read) for state in walk.of_text(read)}
    if not ends or ends <= {"alone"}:
        raise NotGrown("no turn can be seen in the prompt")
    if all(is_open_end(state) for state in ends):
        if any(is_reply_expected_twice(state) for state in ends):
            plan.notes.append("the last message must be a user's: an assistant's would begin the reply")
        return
    last = read.parts[-1] if read.parts else None
    if ends != {"answered"} or last is None or last.role is None or last.text.rstrip(BLANKS).endswith(HOLE):
        raise NotGrown("the prompt may not end with an open Assistant turn")
    plan.has_prefill = True


def _after(state: State, text: Text) -> State:
    try:
        return after_parts(state, text.parts)
    except NotWhole as error:
        raise NotGrown(str(error)) from error


# -- rows -----------------------------------------------------------------------------------------


def _rows(walk: Walk, text: Text, states: frozenset[State], *, is_last: bool = False) -> list[Row]:
    """The messages a text adds. `is_last`: trailing blanks go, which a prefill must not have."""
    if not states:
        raise NotGrown("a line that writes the prompt cannot be reached")
    rows: list[Row] = []
    for part in text.parts:
        if part.is_blank:
            continue
        low, high = part.where
        role = part.role
        if role is None:
            low += part.text[:1] == " "
            try:
                role = role_of_text(states)
            except NotWhole as error:
                raise NotGrown(str(error)) from error
        if is_last and part is text.parts[-1]:
            high = low + len(text.template.flat[low:high].rstrip(BLANKS))
        rows.append((role, (low, high)))
    return rows


def _openings(walk: Walk, grown: GrownPrompt) -> Iterator[ast.expr]:
    """The values with which a message begins: what stood before them was the marker's own blank."""
    for store in grown.stores():
        text = store.text
        flat = text.template.flat
        if isinstance(text.template, Filled):
            continue
        holes = dict(
            zip((at for at, char in enumerate(flat) if char == HOLE), text.template.holes(), strict=True)
        )
        for _, (low, _) in _rows(walk, text, frozenset(walk.at.get(store.statement, ()))):
            if low in holes:
                yield holes[low]


def _base_slice(context: Context, text: Text) -> Slice:
    assert text.base is not None
    return Slice(*context.source.span(text.base))


def _value_span(context: Context, node: ast.expr) -> Span:
    """An expression with the parentheses around it, inside of its statement."""
    source = context.source
    low, high = source.span(source.statement(node))
    start, end = source.span(node)
    return widen_over_parentheses(source.data, start, end, low, high)


# -- the lines that write -------------------------------------------------------------------------


def _store_edits(context: Context, walk: Walk, store: Store) -> list[Edit]:
    text = store.text
    rows = _rows(walk, text, frozenset(walk.at.get(store.statement, ())))
    span = _value_span(context, text.node)
    _check_comments(context, span)
    extends = store.grows or (text.base_slot is store.slot and store.slot.kind != "returns")
    if extends:
        return _extension(context, store, rows, span)
    indentation = context.source.indentation(context.source.span(store.statement)[0])
    before: Parts = ()
    if text.base is not None:
        if not rows and _is_new_list(store):
            return [Edit(*span, (_base_slice(context, text),))] if text.node is not text.base else []
        before = (_base_slice(context, text),)
    return [Edit(*span, message_list(context, text.template, span, rows, indentation, before))]


def _is_new_list(store: Store) -> bool:
    """Whether what the text begins with is a list that nobody else holds."""
    base = store.text.base_slot
    assert base is not None
    is_local = store.slot.kind == "returns" and base.kind == "name" and base.owner is store.slot.owner
    return base.kind == "returns" or is_local


def _extension(context: Context, store: Store, rows: list[Row], span: Span) -> list[Edit]:
    source, text = context.source, store.text
    whole = source.span(store.statement)
    if not rows:
        try:
            return [Edit(*whole_statement(source, store.statement))]
        except CannotCut:
            return [Edit(*whole, ("pass",))]
    target = source.node_text(_target(store))
    if len(rows) == 1:
        role, where = rows[0]
        content = slice_of(context, text.template, span, where)
        return [Edit(*whole, (f'{target}.append({{"role": "{role}", "content": ', content, "})"))]
    listed = message_list(context, text.template, span, rows, source.indentation(whole[0]))
    return [Edit(*whole, (f"{target} += ", *listed))]


def _target(store: Store) -> ast.expr:
    statement = store.statement
    assert not isinstance(statement, ast.Return)
    return statement.targets[0] if isinstance(statement, ast.Assign) else statement.target


def _check_comments(context: Context, span: Span) -> None:
    """A comment between the pieces of a text has no place in the list."""
    if b"#" in context.source.data[slice(*span)] and comments_in(context.source.text(span)):
        raise NotGrown("a comment stands between the pieces of the prompt")


def _type_edits(context: Context, slot: Slot) -> list[Edit]:
    """`name: str` and `-> str` are no longer true of a list."""
    stated: list[ast.expr | None] = [
        store.statement.annotation for store in slot.stores if isinstance(store.statement, ast.AnnAssign)
    ]
    if slot.kind == "returns" and isinstance(slot.owner, ast.FunctionDef):
        stated.append(slot.owner.returns)
    return [
        Edit(*context.source.span(one), ("list",))
        for one in stated
        if isinstance(one, ast.Name) and one.id == "str"
    ]


# -- the call -------------------------------------------------------------------------------------


def _place_edits(context: Context, site: Site, plan: Plan, walk: Walk, read: Text, place: Place) -> None:
    rows = _rows(walk, read, walk.of_text(read), is_last=plan.has_prefill)
    _check_comments(context, place.value_span)
    # A coroutine that is not awaited at once may start after the list has grown.
    is_later = site.client.is_async and site.awaited is None
    if not rows and not is_later:
        if read.node is read.base:
            plan.edits.extend(place.rename("messages"))
        else:
            plan.edits.extend(place.replace([("messages", (_base_slice(context, read),))]))
        return
    template: Template = read.template
    before = (_base_slice(context, read),)
    listed = message_list(context, template, place.value_span, rows, place.indentation(), before)
    plan.edits.extend(place.replace([("messages", listed)]))


def _touches(context: Context, grown: GrownPrompt, edits: tuple[Edit, ...]) -> list[Touch]:
    """Each definition with the reads that belong to the prompt itself."""
    own = [text.base for text in grown.texts() if text.base is not None]
    uses = [one.func if isinstance(one, ast.Call) else one for one in own]
    found: list[Touch] = []
    for slot in grown.slots:
        tests = [load for load in slot.loads if slot.kind != "returns" and is_tested(context, load)]
        for definition in slot.definitions:
            found.append(Touch(definition, None, edits))
            found.extend(Touch(definition, use, edits) for use in (*uses, *tests))
    return found
