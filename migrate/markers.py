# Standard library only. The bottom of the prompt converter: knows text, not conversations.
"""Turn markers: what they look like and where they stand in a text.

Source: the prompt validation page of the legacy Text Completions documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

__all__ = [
    "AI_PROMPT",
    "BLANKS",
    "HUMAN_PROMPT",
    "MARKERS",
    "Role",
    "is_blank",
    "line_columns",
    "scan_markers",
]

Role = Literal["user", "assistant"]

# Our own copies: SDK 1.0 removed both names.
HUMAN_PROMPT = "\n\nHuman:"
AI_PROMPT = "\n\nAssistant:"

MARKERS: dict[str, str] = {"user": HUMAN_PROMPT, "assistant": AI_PROMPT}
ROLES: dict[str, Role] = {"Human": "user", "Assistant": "assistant"}

# A text of nothing but these is no content: space, tab, CR, LF, VT, FF, NBSP, BOM, LS, PS, NEL.
BLANKS = " \t\r\n\v\f\u00a0\ufeff\u2028\u2029\u0085"

# Splitting by TURN gives: text before, then label, separator and text of each turn.
TURN = re.compile(r"\n\n(Human|Assistant):( ?)")
# The server repaired a prompt whose first Human label had lost its blank line.
LENIENT_OPENING = re.compile(r"(\n?)Human:( ?)")

_MARKER = re.compile(r"\n\n(Human|Assistant):")


def scan_markers(text: str) -> list[tuple[int, Role]]:
    """Each turn marker in `text` as (offset of its first LF, role), in order.

    Offsets are in characters. Exact matches only: no leniency for a first label without its blank
    line, so the scanner is right for any part of a prompt as well. The marker of a role is as long
    as MARKERS[role]. Time is linear in the text.
    """
    roles = ROLES
    return [(found.start(), roles[found[1]]) for found in _MARKER.finditer(text)]


def is_blank(text: str) -> bool:
    """Whether nothing in `text` counts as content; the empty text is blank."""
    return not text.strip(BLANKS)


def line_columns(text: str, offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(line, column) of each offset, both from 1; the offsets must ascend. One pass over the text."""
    line, line_start, seen = 1, 0, 0
    for offset in offsets:
        line += text.count("\n", seen, offset)
        line_start = max(line_start, text.rfind("\n", seen, offset) + 1)
        seen = offset
        yield line, offset - line_start + 1
