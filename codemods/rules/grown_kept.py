"""Let a turn grow under a name of its own where the prompt it makes has other readers.

    before: prompt = f"{HUMAN_PROMPT} Describe this: {text}"
            if short:
                prompt += " Be brief."
            prompt += AI_PROMPT
            print(prompt)
    after:  user_text = f"Describe this: {text}"
            if short:
                user_text += " Be brief."
            prompt = f"\\n\\nHuman: {user_text}\\n\\nAssistant:"
            print(prompt)

The prompt is put together where its last piece was written; nobody may read it before that.
"""

from __future__ import annotations

from codemods.edits import Edit, Slice
from codemods.places import Place
from codemods.plans import Context, Plan
from codemods.rules.grown_lists import check_comments, check_holes, value_span
from codemods.rules.grown_prompts import GrownPrompt, NotGrown, Store
from codemods.rules.grown_texts import kept_of, prefill_of, said_in, sets_itself, words_of
from codemods.rules.grown_walk import Walk
from codemods.rules.kept_prompts import as_fstring, free_names, line_break, scope_node
from codemods.rules.message_lists import Parts, list_display
from codemods.statements import may_go_on
from codemods.template_nodes import HOLE, Concat
from codemods.turn_states import after_parts_of_one_turn

_WHOLE = frozenset({"asked", "answered", "failed"})


def convert_kept_pieces(context: Context, plan: Plan, place: Place) -> None:
    """Plan one turn in pieces whose prompt stays. Raises Opaque or NotGrown, each with the reason."""
    grown = GrownPrompt(context, place.value, is_kept=True)
    walk = Walk(context, grown, after_parts_of_one_turn)
    check_holes(context, plan, grown)
    if any(text.system_end for text in grown.texts()):
        raise NotGrown("text stands before or behind the one turn")
    variable = _only_variable(context, grown, place)
    ends = frozenset(walk.at.get(place.value, ()))
    if ends not in ({"asked"}, {"answered"}):
        raise NotGrown("the prompt may not end with an open Assistant turn")
    _check_readers(grown, walk)
    prefill = prefill_of(context, plan, grown, place)
    (name,) = free_names(context, variable, ["user_text"], scope_node(context, place.value))
    opening = {_opening(store) for store in grown.stores() if not store.grows and store.text.base is None}
    if len(opening) != 1:
        raise NotGrown("the prompt has several forms, which do not begin alike")
    for store in grown.stores():
        plan.edits.append(_store_edit(context, store, name, prefill, opening.copy().pop()))
    messages: list[Parts] = [('{"role": "user", "content": ', name, "}")]
    plan.has_prefill = ends == {"answered"}
    if plan.has_prefill:
        messages.append(('{"role": "assistant", "content": ', prefill, "}"))
    plan.edits.extend(place.replace([("messages", list_display(context, messages, place.indentation()))]))
    plan.notes.append(f"{variable} stays the text that it was, for its other readers")
    plan.evidence.append(f"the turn grows as {name}; every line that writes {variable} is in sight")


def _only_variable(context: Context, grown: GrownPrompt, place: Place) -> str:
    """The name of the one variable that takes part, all of whose lines stand where the call does."""
    scope = scope_node(context, place.value)
    names = {(slot.name, slot.kind, slot.owner) for slot in grown.slots}
    ((name, kind, owner), *others) = names
    if others or kind != "name" or owner is not scope:
        raise NotGrown("the prompt is put together in a way that is not followed")
    if grown.read.node is not grown.read.base or grown.read.parts:
        raise NotGrown("the prompt is put together in a way that is not followed")
    for store in grown.stores():
        is_late = any(HOLE in part.text for part in words_of(store.text))
        is_late = is_late or isinstance(store.text.template, Concat)
        if scope_node(context, store.statement) is not scope:
            raise NotGrown(f"{name} may be written where it cannot be seen")
        if store.text.base is not None and not sets_itself(store):
            raise NotGrown("the prompt is put together in a way that is not followed")
        if is_late and may_go_on(context.source, store.statement):
            raise NotGrown("what fails in the prompt may be caught, and would fail in another place")
    return name


def _check_readers(grown: GrownPrompt, walk: Walk) -> None:
    own = {text.base for text in grown.texts()}
    for slot in grown.slots:
        for load in slot.loads:
            states = walk.at.get(load, set())
            if load not in own and (not states or not states <= _WHOLE):
                raise NotGrown(f"{slot.name} has readers before it is whole")


def _opening(store: Store) -> str:
    """What stands before the turn's text: the marker and its blank."""
    flat = store.text.template.flat
    first = store.text.parts[0] if store.text.parts else None
    if first is None or first.role != "user" or HOLE in flat[: first.where[0]]:
        raise NotGrown("the prompt has several forms, which do not begin alike")
    return flat[: first.where[0]]


def _store_edit(context: Context, store: Store, name: str, prefill: str, opening: str) -> Edit:
    source, text = context.source, store.text
    span = value_span(context, text.node)
    check_comments(context, span)
    start = source.span(store.statement)[0]
    said = said_in(context, text, span)
    lines: list[Parts] = []
    kept = kept_of(context, text, span, is_added=True)
    if kept is not None or (not store.grows and text.base is None):
        sign = " += " if store.grows or text.base is not None else " = "
        lines.append((f"{name}{sign}", kept or '""'))
    if said is not None:
        lines.append((f"{prefill} = ", said))
    closing = _closing(store)
    if closing is not None:
        names = [name, prefill] if said is not None else [name]
        lines.append((f"{store.slot.name} = ", as_fstring((opening, *closing), names)))
    if not lines:
        lines.append(("pass",))
    parts: list[str | Slice] = [part for line in lines for part in (line_break(context, start), *line)]
    return Edit(start, span[1], tuple(parts[1:]))


def _closing(store: Store) -> tuple[str, ...] | None:
    """What stands behind the turn's text, around the prefill; None if the turn goes on."""
    flat, parts = store.text.template.flat, store.text.parts
    last = parts[-1] if parts else None
    if last is None or last.role != "assistant":
        return None
    low = flat.rindex("\n\nAssistant:", 0, last.where[0])
    if last.is_blank:
        return (flat[low:],)
    return flat[low : last.where[0]], flat[last.where[0] + len(last.text.rstrip()) :]
