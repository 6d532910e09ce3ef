"""Unwrap one Human turn that is written in several pieces.

    before: prompt = f"{HUMAN_PROMPT} Describe this: {text}"
            if short:
                prompt += " Be brief."
            prompt += AI_PROMPT
            … prompt=prompt
    after:  prompt = f"Describe this: {text}"
            if short:
                prompt += " Be brief."
            … messages=[{"role": "user", "content": prompt}]

The text stays a text: the markers are cut where they stand, and the turn is wrapped at the call.
Words after the Assistant marker get a name of their own, in a line behind the one that wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator

from codemods.edits import Edit, Slice
from codemods.places import Place
from codemods.plans import Context, Plan
from codemods.rules.grown_lists import (
    base_slice,
    check_comments,
    check_holes,
    touches_of,
    value_span,
)
from codemods.rules.grown_prompts import GrownPrompt, NotGrown, Store, Text
from codemods.rules.grown_systems import taken_from_turns
from codemods.rules.grown_walk import Walk
from codemods.rules.kept_prompts import free_names, line_break, scope_node
from codemods.rules.message_lists import Parts, list_display, slice_of
from codemods.source import Span
from codemods.statements import may_go_on
from codemods.template_nodes import HOLE, CannotCut, whole_statement
from codemods.turn_states import NotWhole, Part, after_parts_of_one_turn
from migrate.markers import BLANKS


def convert_pieces(context: Context, plan: Plan, place: Place) -> None:
    """Plan the prompt as one turn in pieces. Raises Opaque or NotGrown, each with the reason."""
    grown = GrownPrompt(context, place.value)
    system = taken_from_turns(context, grown, place)
    walk = Walk(context, grown, after_parts_of_one_turn)
    check_holes(context, plan, grown)
    try:
        ends = after_parts_of_one_turn(walk.of_text(grown.read), grown.read.parts)
    except NotWhole as error:
        raise NotGrown(str(error)) from error
    if ends not in ({"asked"}, {"answered"}):
        raise NotGrown("the prompt may not end with an open Assistant turn")
    prefill = prefill_of(context, plan, grown, place)
    edits: list[Edit] = []
    for store in grown.stores():
        if not walk.at.get(store.statement):
            raise NotGrown("a line that writes the prompt cannot be reached")
        edits.extend(_store_edits(context, store, prefill))
    kept = kept_of(context, grown.read, place.value_span)
    messages: list[Parts] = [('{"role": "user", "content": ', kept or '""', "}")]
    if ends == {"answered"}:
        said = said_in(context, grown.read, place.value_span) or prefill
        messages.append(('{"role": "assistant", "content": ', said, "}"))
        plan.has_prefill = True
    pairs: list[tuple[str, Parts]] = [] if system is None else [("system", (system,))]
    pairs.append(("messages", list_display(context, messages, place.indentation())))
    plan.edits.extend(place.replace(pairs))
    plan.touches.extend(touches_of(context, grown, tuple(edits), with_tests=False))
    names = " and ".join(dict.fromkeys(slot.name for slot in grown.slots))
    plan.evidence.append(f"every line that writes or reads {names} is in sight")


# -- the prefill ----------------------------------------------------------------------------------


def prefill_of(context: Context, plan: Plan, grown: GrownPrompt, place: Place) -> str:
    """The name for the words after the Assistant marker; checks that each line may write it."""
    for text in grown.texts():
        for part in words_of(text):
            if part.text.rstrip(BLANKS).endswith(HOLE):
                raise NotGrown("the prefill ends in a value known only at run time")
            if part.text != part.text.rstrip(BLANKS):
                plan.prefill_is_cut = True
                plan.notes.append("the prefill loses its trailing blanks, which Messages refuses")
    stores = [store for store in grown.stores() if any(words_of(store.text))]
    if not stores:
        return ""
    scope = scope_node(context, place.value)
    for store in stores:
        is_here = store.slot.kind == "name" and store.slot.owner is scope
        if not is_here or scope_node(context, store.statement) is not scope:
            raise NotGrown("the prefill is written in another function")
    return free_names(context, stores[0].slot.name, ["prefill"], scope)[0]


def words_of(text: Text) -> Iterator[Part]:
    """The parts of a text that put words in the model's mouth."""
    return (part for part in text.parts if part.role == "assistant" and not part.is_blank)


def said_in(context: Context, text: Text, span: Span) -> Slice | None:
    """The words of a text after the Assistant marker, without trailing blanks."""
    for part in words_of(text):
        low = part.where[0]
        return slice_of(context, text.template, span, (low, low + len(part.text.rstrip(BLANKS))))
    return None


# -- the lines that write -------------------------------------------------------------------------


def _store_edits(context: Context, store: Store, prefill: str) -> list[Edit]:
    source, text = context.source, store.text
    span = value_span(context, text.node)
    check_comments(context, span)
    left = _left(context, store, span)
    said = said_in(context, text, span)
    if said is not None:
        if may_go_on(context.source, store.statement) and any(HOLE in part.text for part in words_of(text)):
            raise NotGrown("what fails in the prefill may be caught, and would leave the turn written")
        start = source.span(store.statement)[0]
        lines: list[Parts] = [] if left is None else [(Slice(start, span[0]), left)]
        lines.append((f"{prefill} = ", said))
        parts = [part for line in lines for part in (line_break(context, start), *line)]
        return [Edit(start, span[1], tuple(parts[1:]))]
    if left is not None:
        return [] if left == Slice(*span) else [Edit(*span, (left,))]
    try:
        return [Edit(*whole_statement(source, store.statement))]
    except CannotCut:
        return [Edit(*source.span(store.statement), ("pass",))]


def _left(context: Context, store: Store, span: Span) -> Slice | str | None:
    """What a line goes on to write; None if it writes nothing of the turn."""
    text = store.text
    kept = kept_of(context, text, span)
    if kept is None:
        return None if store.grows else '""'
    return None if sets_itself(store) and not _has_text(text) else kept


def sets_itself(store: Store) -> bool:
    """`text = text + …`"""
    base, slot = store.text.base_slot, store.slot
    if base is slot:
        return slot.kind != "returns"
    is_variable = base is not None and base.kind == slot.kind == "name"
    return is_variable and base is not None and (base.name, base.owner) == (slot.name, slot.owner)


def _has_text(text: Text) -> bool:
    return any(part.text and part.role != "assistant" for part in text.parts)


def kept_of(context: Context, text: Text, span: Span, *, is_added: bool = False) -> Slice | None:
    """What is left of a text without its markers; None if that is nothing. is_added: without its base."""
    runs = [part.where for part in text.parts if part.text and part.role != "assistant"]
    has_base = text.base is not None and not is_added
    if not runs:
        return base_slice(context, text) if has_base else None
    low = 0 if has_base else runs[0][0]
    return slice_of(context, text.template, span, (low, runs[-1][1]))
