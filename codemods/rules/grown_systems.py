# Where system text stands in a prompt that grows. Knows texts and their parts; edits nothing.
"""The system text of a prompt that grows: where it begins, or before the turns that have grown.

prompt = SYSTEM                      a text that begins with it
full = SYSTEM + history + question   text that is set before what has grown
"""

from __future__ import annotations

from collections.abc import Iterator

from codemods.places import Place
from codemods.plans import Context
from codemods.rules.grown_prompts import GrownPrompt, NotGrown, Text
from codemods.rules.system_texts import system_at
from codemods.turn_states import Part


def roots_of(grown: GrownPrompt) -> Iterator[tuple[Text, bool]]:
    """The texts with which a prompt may begin, and whether a variable gets them."""
    for store in grown.stores():
        if store.text.base is None and not store.grows:
            yield store.text, store.slot.kind != "returns"
    if grown.read.base is None:
        yield grown.read, False


def system_part(root: Text) -> Part | None:
    """The text before the first turn, if a text has any."""
    first = root.parts[0] if root.parts else None
    return None if first is None or first.role or first.repeated or first.is_blank else first


def taken_from_turns(context: Context, grown: GrownPrompt, place: Place) -> str | None:
    """The one name of the system text with which the prompt begins; its part leaves the texts."""
    found: set[str | None] = set()
    for root, _ in roots_of(grown):
        first = system_part(root)
        named = system_at(context, root.template, first.where[1], place.value) if first is not None else None
        if first is not None and named is None:
            raise NotGrown("text stands before or behind the one turn")
        if first is not None:
            root.parts.remove(first)
        found.add(None if named is None else named.argument)
    if len(found) != 1 or any(text.system_end for text in grown.texts()):
        raise NotGrown("text stands before the first turn, but not always")
    return found.pop()


def set_before_turns(context: Context, grown: GrownPrompt, place: Place) -> str | None:
    """The name of system text that is set before what has grown: at the call, or in the variable it reads."""
    texts = [text for text in grown.texts() if text.system_end]
    if not texts:
        return None
    named = {system_at(context, text.template, text.system_end, place.value) for text in texts}
    arguments = {one.argument if one is not None else None for one in named}
    if (
        None in arguments
        or len(arguments) != 1
        or (texts != [grown.read] and not _is_only_sent(grown, texts))
    ):
        raise NotGrown("text stands before the first turn, but not always")
    return arguments.pop()


def _is_only_sent(grown: GrownPrompt, texts: list[Text]) -> bool:
    """Whether the texts are all that the variable at the call may hold, and no other text begins with it."""
    read, slot = grown.read, grown.read.base_slot
    if slot is None or read.node is not read.base:
        return False
    written = [store.text for store in grown.stores() if store.slot is slot and not store.grows]
    others = [text for text in grown.texts() if text is not read and text.base_slot is slot]
    return written == texts and not others
