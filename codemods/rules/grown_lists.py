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
from codemods.places import KeywordPlace, Place
from codemods.plans import Context, Plan, Site, Touch
from codemods.rules.chosen_roles import role_code, touches_of_choice
from codemods.rules.grown_prompts import (
    GrownPrompt,
    NotGrown,
    Slot,
    Store,
    Text,
    is_tested,
    joined_in,
)
from codemods.rules.grown_systems import roots_of, set_before_turns, system_part
from codemods.rules.grown_walk import Walk
from codemods.rules.hidden_turns import may_carry_markers, may_hide_turns
from codemods.rules.message_lists import (
    Opaque,
    Parts,
    Row,
    Spread,
    comments_in,
    message_list,
    opening_of_message,
    slice_of,
)
from codemods.rules.system_texts import system_at
from codemods.source import Span
from codemods.template_holes import holes_at
from codemods.template_nodes import HOLE, CannotCut, Joined, Template, whole_statement, widen_over_parentheses
from codemods.turn_states import (
    NotWhole,
    Part,
    States,
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
    check_holes(context, plan, grown)
    system = _system(context, grown, walk, place)
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
    _place_edits(context, site, plan, walk, grown.read, place, system)
    is_tested_alike = system is None or grown.read.system_end > 0  # a list with no system text in it
    plan.touches.extend(touches_of(context, grown, tuple(edits), with_tests=is_tested_alike))
    plan.touches.extend(touch for one in grown.choices.values() for touch in touches_of_choice(context, one))
    openings = list(_openings(context, walk, grown))
    context.openings = frozenset(hole for _, hole in openings)
    if any(role != "user" for role, _ in openings):
        plan.notes.append(
            "an answer without text stays in the list as an empty message, which Messages refuses"
        )
    names = " and ".join(dict.fromkeys(slot.name for slot in grown.slots))
    plan.evidence.append(f"every line that writes or reads {names} is in sight")


# -- checks ---------------------------------------------------------------------------------------


def check_holes(context: Context, plan: Plan, grown: GrownPrompt) -> None:
    for text in grown.texts():
        for hole in _holes(context, text.template):
            if hole is text.base or hole in grown.choices or isinstance(hole, ast.Constant):
                continue
            reason = may_carry_markers(context, hole) or may_hide_turns(context, hole)
            if reason is not None:
                raise Opaque(reason)
            said = hole.id if isinstance(hole, ast.Name) else f"the expression at line {hole.lineno}"
            plan.evidence.append(f"assumes that {said} holds no turn marker")


def _holes(context: Context, template: Template) -> Iterator[ast.expr]:
    for hole in template.holes():
        joined = context.templates.joined.get(hole)
        yield from _holes(context, joined.element) if joined is not None else (hole,)


def _system(context: Context, grown: GrownPrompt, walk: Walk, place: Place) -> str | None:
    """The text before the first turn: literal text or a name for it, the same wherever the prompt begins."""
    if any(_adds_system_text(walk, store) for store in grown.stores()):
        raise NotGrown("text stands before the first turn, but not always")
    texts: set[str | None] = set()
    for root, is_variable in roots_of(grown):
        first = system_part(root)
        if first is None:
            texts.add(None)
            continue
        named = system_at(context, root.template, first.where[1], place.value)
        if named is not None:
            texts.add(named.argument)
        elif len(root.parts) > 1 or not isinstance(root.node, ast.Constant) or not is_variable:
            raise NotGrown("text stands before the first turn")
        else:
            texts.add(context.source.text(value_span(context, root.node)))
    set_before = set_before_turns(context, grown, place)
    if set_before is not None and texts == {None}:
        return set_before
    if len(texts) != 1 or set_before is not None:
        raise NotGrown("text stands before the first turn, but not always")
    return texts.pop()


def _adds_system_text(walk: Walk, store: Store) -> bool:
    """Whether a step writes text of no turn's while there may be no turn yet."""
    first = store.text.parts[0] if store.text.parts else None
    is_step = store.grows or store.text.base is not None
    if not is_step or first is None or first.role is not None or first.repeated or first.is_blank:
        return False
    return bool(walk.at.get(store.statement, set()) & {"empty", "system"})


def _check_end(plan: Plan, walk: Walk, read: Text) -> None:
    """At the call the model must be to answer, or to go on from words that are written there."""
    ends = _after(walk.of_text(read), read)
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


def _after(states: States, text: Text) -> States:
    try:
        return after_parts(states, text.parts)
    except NotWhole as error:
        raise NotGrown(str(error)) from error


# -- rows -----------------------------------------------------------------------------------------


def _rows(context: Context, text: Text, states: States, *, is_last: bool = False) -> list[Row]:
    """The messages a text adds. `is_last`: trailing blanks go, which a prefill must not have."""
    if not states:
        raise NotGrown("a line that writes the prompt cannot be reached")
    rows: list[Row] = []
    joined = joined_in(context, text.template)
    for part in text.parts:
        if part.repeated:
            rows.append(_spread(context, joined[part.where[0]], part))
        if part.is_blank or (part.role is None and states == {"empty"}):
            continue
        low, high = part.where
        role: str | None = part.role
        if part.role == "chosen":
            role = role_code(context, text.template, part.at)
        elif role is None:
            low += part.text[:1] == " "
            try:
                role = role_of_text(states)
            except NotWhole as error:
                raise NotGrown(str(error)) from error
        if is_last and part is text.parts[-1]:
            high = low + len(text.template.flat[low:high].rstrip(BLANKS))
        rows.append((role, (low, high)))
    return rows


def _spread(context: Context, joined: Joined, part: Part) -> Spread:
    """`[{…} for question in questions]`, or two messages for each by a loop of their own."""
    source = context.source
    low, high = source.span(joined.comprehension)
    element = joined.element
    end = widen_over_parentheses(source.data, *source.span(element.node), low + 1, high - 1)[1]
    span = source.span(element.node)
    clauses = Slice(end, high - 1)
    written: list[Parts] = []
    for one in part.repeated:
        if one.role is None:
            raise NotGrown("a repeated text is more than whole turns")
        if not one.is_blank:
            content = slice_of(context, element, span, one.where)
            role = role_code(context, element, one.at) if one.role == "chosen" else one.role
            written.append((opening_of_message(role), content, "}"))
    if len(written) == 1:
        return Spread(("[", *written[0], clauses, "]"))
    used = {node.id for node in source.nodes_of(ast.Name)}
    name = next((one for one in ("message", "turn", "each_turn") if one not in used), None)
    if name is None:
        raise NotGrown("no name is left for a loop over the turns")
    both = (piece for item in written for piece in (*item, ", "))
    return Spread((f"[{name}", clauses, f" for {name} in (", *tuple(both)[:-1], ")]"))


def _openings(context: Context, walk: Walk, grown: GrownPrompt) -> Iterator[tuple[str, ast.expr]]:
    """The values with which a message begins, with its role: before them stood the marker's own blank."""
    for store in grown.stores():
        text = store.text
        holes = holes_at(text.template)
        for row in _rows(context, text, frozenset(walk.at.get(store.statement, ()))):
            if not isinstance(row, Spread) and row[1][0] in holes:
                yield row[0], holes[row[1][0]]


def base_slice(context: Context, text: Text) -> Slice:
    assert text.base is not None
    return Slice(*context.source.span(text.base))


def value_span(context: Context, node: ast.expr) -> Span:
    """An expression with the parentheses around it, inside of its statement."""
    source = context.source
    low, high = source.span(source.statement(node))
    start, end = source.span(node)
    return widen_over_parentheses(source.data, start, end, low, high)


# -- the lines that write -------------------------------------------------------------------------


def _store_edits(context: Context, walk: Walk, store: Store) -> list[Edit]:
    text = store.text
    rows = _rows(context, text, frozenset(walk.at.get(store.statement, ())))
    span = value_span(context, text.node)
    check_comments(context, span)
    extends = store.grows or (text.base_slot is store.slot and store.slot.kind != "returns")
    if extends:
        return _extension(context, store, rows, span)
    indentation = context.source.indentation(context.source.span(store.statement)[0])
    before: Parts = ()
    if text.base is not None:
        if not rows and _is_new_list(store):
            return [Edit(*span, (base_slice(context, text),))] if text.node is not text.base else []
        before = (base_slice(context, text),)
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
    if len(rows) == 1 and not isinstance(rows[0], Spread):
        role, where = rows[0]
        content = slice_of(context, text.template, span, where)
        return [Edit(*whole, (f"{target}.append({opening_of_message(role)}", content, "})"))]
    listed = message_list(context, text.template, span, rows, source.indentation(whole[0]))
    return [Edit(*whole, (f"{target} += ", *listed))]


def _target(store: Store) -> ast.expr:
    statement = store.statement
    assert not isinstance(statement, ast.Return)
    return statement.targets[0] if isinstance(statement, ast.Assign) else statement.target


def check_comments(context: Context, span: Span) -> None:
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


def _place_edits(
    context: Context, site: Site, plan: Plan, walk: Walk, read: Text, place: Place, system: str | None
) -> None:
    rows = _rows(context, read, walk.of_text(read), is_last=plan.has_prefill)
    check_comments(context, place.value_span)
    is_later = _is_sent_later(site, place)
    pairs: list[tuple[str, Parts]] = [] if system is None else [("system", (system,))]
    if rows or is_later:
        before: Parts = () if read.base is None else (base_slice(context, read),)
        span, indentation = place.value_span, place.indentation()
        pairs.append(("messages", message_list(context, read.template, span, rows, indentation, before)))
    elif system is None and read.node is read.base:
        plan.edits.extend(place.rename("messages"))
        return
    else:
        pairs.append(("messages", (base_slice(context, read),)))
    plan.edits.extend(place.replace(pairs))


def _is_sent_later(site: Site, place: Place) -> bool:
    """Whether the list may grow before it is sent: it waits in a dict or in a coroutine."""
    if not isinstance(place, KeywordPlace) or place.call is not site.call:
        return True
    is_coroutine = site.client.is_async or getattr(place.call.func, "attr", "").startswith("acompletion")
    return is_coroutine and site.awaited is None


def touches_of(
    context: Context, grown: GrownPrompt, edits: tuple[Edit, ...], *, with_tests: bool
) -> list[Touch]:
    """Each definition with the reads that belong to the prompt itself, perhaps with tests of it."""
    own = [text.base for text in grown.texts() if text.base is not None]
    uses = [one.func if isinstance(one, ast.Call) else one for one in own]
    found: list[Touch] = []
    for slot in grown.slots:
        is_variable = with_tests and slot.kind != "returns"
        tests = [load for load in slot.loads if is_variable and is_tested(context, load)]
        for definition in slot.definitions:
            found.append(Touch(definition, None, edits))
            found.extend(Touch(definition, use, edits) for use in (*uses, *tests))
    return found
