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
"""

from __future__ import annotations

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
from codemods.rules.grown_walk import Walk
from codemods.rules.message_lists import slice_of
from codemods.source import Span
from codemods.template_nodes import CannotCut, whole_statement
from codemods.turn_states import NotWhole, after_parts_of_one_turn


def convert_pieces(context: Context, plan: Plan, place: Place) -> None:
    """Plan the prompt as one turn in pieces. Raises Opaque or NotGrown, each with the reason."""
    grown = GrownPrompt(context, place.value)
    walk = Walk(context, grown, after_parts_of_one_turn)
    check_holes(context, plan, grown)
    try:
        ends = after_parts_of_one_turn(walk.of_text(grown.read), grown.read.parts)
    except NotWhole as error:
        raise NotGrown(str(error)) from error
    if ends != {"asked"}:
        raise NotGrown("the prompt may not end with an open Assistant turn")
    edits: list[Edit] = []
    for store in grown.stores():
        if not walk.at.get(store.statement):
            raise NotGrown("a line that writes the prompt cannot be reached")
        edits.extend(_store_edits(context, store))
    kept = _kept(context, grown.read, place.value_span)
    plan.edits.extend(place.replace([("messages", ('[{"role": "user", "content": ', kept or '""', "}]"))]))
    plan.touches.extend(touches_of(context, grown, tuple(edits), with_tests=False))
    names = " and ".join(dict.fromkeys(slot.name for slot in grown.slots))
    plan.evidence.append(f"every line that writes or reads {names} is in sight")


def _store_edits(context: Context, store: Store) -> list[Edit]:
    source, text = context.source, store.text
    span = value_span(context, text.node)
    check_comments(context, span)
    kept = _kept(context, text, span)
    if kept is not None and (not store.grows or text.base is not None):
        is_itself = text.base_slot is store.slot and store.slot.kind != "returns" and not _has_text(text)
        if not is_itself:
            return [] if kept == Slice(*span) else [Edit(*span, (kept,))]
    elif kept is not None:
        return [] if kept == Slice(*span) else [Edit(*span, (kept,))]
    elif not store.grows:
        return [Edit(*span, ('""',))]
    try:
        return [Edit(*whole_statement(source, store.statement))]
    except CannotCut:
        return [Edit(*source.span(store.statement), ("pass",))]


def _has_text(text: Text) -> bool:
    return any(part.text and part.role != "assistant" for part in text.parts)


def _kept(context: Context, text: Text, span: Span) -> Slice | None:
    """What is left of a text without its markers; None if that is nothing."""
    runs = [part.where for part in text.parts if part.text and part.role != "assistant"]
    if not runs:
        return base_slice(context, text) if text.base is not None else None
    low = 0 if text.base is not None else runs[0][0]
    return slice_of(context, text.template, span, (low, runs[-1][1]))
