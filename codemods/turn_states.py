# What a prompt's text does to a conversation, step by step. Knows texts and markers, no expressions.
"""The state of a prompt that grows in steps, and what one more piece of text makes of it.

A piece is read as parts: turn markers and runs of text. As long as every turn begins and ends with
a step, the text can be a list of messages instead, and a state says where the list stands:

    empty      no text yet
    system     text before the first turn
    named      a Human marker, its text still to come
    user       a Human turn with its text
    asked      an open Assistant marker after a Human turn: the model is to answer
    again      the same after an Assistant turn
    alone      the same before any turn
    failed     asked, and the call raised
    answered   an Assistant turn with its text
    unbound    the variable does not exist yet
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from codemods.turns import Range
from migrate.markers import MARKERS, Role, is_blank, scan_markers

State = str
Speaker = Role | Literal["chosen"]
States = frozenset[State]

OPEN = frozenset({"asked", "again", "alone", "failed"})
_LABEL = re.compile(r"(?:Human|Assistant):")
_NEXT_ASSISTANT = {"user": "asked", "answered": "again", "empty": "alone", "system": "alone"}
_NOTHING: Mapping[int, Sequence[Part]] = MappingProxyType({})
# Behind the name of a state: blanks that a later text would have to keep stand after the marker.
_BLANKS = "~"


class NotWhole(Exception):
    """A step does not begin and end with a turn; the message says what it does."""


@dataclass(frozen=True, slots=True)
class Part:
    """A marker with the text after it, or text that goes on from the step before (role None).

    role "chosen": a marker of one role or the other, which stands in the flat text as one character, `at`.
    where: the range of the text in the flat text, without the marker and its one space.
    repeated: the parts of a text that comes any number of times, at this place.
    """

    role: Speaker | None
    where: Range
    text: str
    repeated: tuple[Part, ...] = ()
    at: int = 0

    @property
    def is_blank(self) -> bool:
        return is_blank(self.text)


def parts_of(
    flat: str,
    start: int = 0,
    repeated: Mapping[int, Sequence[Part]] = _NOTHING,
    chosen: Iterable[int] = (),
) -> list[Part]:
    """The parts of a piece from `start` on. Raises NotWhole for a label that is no turn marker.

    repeated: for an offset of the flat text, the parts of what may stand there several times.
    chosen: the offsets of characters that stand for a marker, of one role or the other.
    """
    marks: list[tuple[int, Speaker]] = [one for one in scan_markers(flat) if one[0] >= start]
    if len(marks) != len(_LABEL.findall(flat, start)):
        raise NotWhole("a turn label stands without the blank line before it")
    marks = sorted([*marks, *((offset, "chosen") for offset in chosen if offset >= start)])
    ends = [offset for offset, _ in (*marks, (len(flat), ""))][1:]
    first = marks[0][0] if marks else len(flat)
    runs: list[tuple[Speaker | None, Range, int]] = [(None, (start, first), 0)] if first > start else []
    for (offset, role), end in zip(marks, ends, strict=True):
        after = offset + len(MARKERS.get(role, " "))
        runs.append((role, (after + (flat[after : after + 1] == " "), end), offset))
    return [part for role, where, at in runs for part in _split(flat, role, where, at, repeated)]


def _split(
    flat: str, role: Speaker | None, where: Range, at: int, repeated: Mapping[int, Sequence[Part]]
) -> Iterator[Part]:
    """A run of text, cut where something is repeated. at: where its marker stands."""
    low, high = where
    for cut in sorted(offset for offset in repeated if low <= offset < high):
        if role is not None or cut > low:
            yield Part(role, (low, cut), flat[low:cut], at=at)
        yield Part(None, (cut, cut + 1), "", tuple(repeated[cut]))
        role, low = None, cut + 1
    if role is not None or high > low:
        yield Part(role, (low, high), flat[low:high], at=at)


def after_parts(states: Iterable[State], parts: Iterable[Part]) -> States:
    """The states after a piece. Raises NotWhole if a turn would be left empty or continued."""
    now = frozenset(states)
    for part in parts:
        if part.repeated:
            once = after_parts(now, part.repeated)
            now |= once | after_parts(once, part.repeated)
            continue
        if part.role is not None:
            roles: tuple[Role, ...] = ("user", "assistant") if part.role == "chosen" else (part.role,)
            now = frozenset(_after_marker(state, role) for state in now for role in roles)
        now = frozenset(_after_text(state, part.text) for state in now)
    return now


def after_parts_of_one_turn(states: Iterable[State], parts: Iterable[Part]) -> States:
    """The same for one Human turn that is written in pieces, perhaps with a prefill in one piece.

    Raises NotWhole for anything else.
    """
    now = frozenset(states)
    for part in parts:
        if part.repeated or part.role == "chosen" or (part.role == "user" and now != {"empty"}):
            raise NotWhole("the pieces make more than one turn")
        if part.role is None and not now <= {"named", "user"} and part.text:
            raise NotWhole("text stands before or behind the one turn")
        if part.role == "assistant" and now != {"user"}:
            raise NotWhole("the pieces make more than one turn")
        if part.role == "assistant":
            now = frozenset({"asked" if part.is_blank else "answered"})
        elif part.role == "user":
            now = frozenset({"named"})
        if part.role != "assistant" and part.text:
            now = frozenset({"user"})
    return now


def _after_marker(state: State, role: Role) -> State:
    state = state.rstrip(_BLANKS)
    if state == "unbound":
        raise NotWhole("the prompt may not exist yet where it grows")
    if state == "failed" and role == "user":
        return "named"
    if state == "named" or state in OPEN:
        raise NotWhole("a turn may be left empty")
    return "named" if role == "user" else _NEXT_ASSISTANT[state]


def _after_text(state: State, text: str) -> State:
    is_open = state.rstrip(_BLANKS) == "named" or state.rstrip(_BLANKS) in OPEN
    if is_blank(text):
        return state + _BLANKS if is_open and text not in ("", " ") else state
    if state.endswith(_BLANKS):
        raise NotWhole("a turn's text begins with blanks that another step writes")
    if state == "empty":
        return "system"
    if state == "unbound":
        raise NotWhole("the prompt may not exist yet where it grows")
    if not is_open:
        raise NotWhole("a step goes on with the turn of the step before")
    return "user" if state == "named" else "answered"


def role_of_text(states: Iterable[State]) -> Role:
    """Whose text a part without a marker is, the same in every state it may meet."""
    roles: set[Role] = {"user" if state.rstrip(_BLANKS) == "named" else "assistant" for state in states}
    if len(roles) != 1 or "empty" in states:
        raise NotWhole("whose words a step adds is not always the same")
    return roles.pop()


def is_open_end(state: State) -> bool:
    """Whether the model is to answer next."""
    return state.rstrip(_BLANKS) in OPEN


def is_reply_expected_twice(state: State) -> bool:
    """Whether the last message would be the assistant's own."""
    return state.rstrip(_BLANKS) == "again"
