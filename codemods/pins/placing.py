# Finds where a value stands in a text, by asking the library that reads it. Knows no format.
"""Places in formats whose libraries tell no positions, and the text that adds a list's next item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from codemods.pins import Insert
from codemods.pins.requirements import newline_of

# Put behind a value to see what changes with it: nobody's version, nobody's package.
PROBE = "x"


def place_of(text: str, value: str, is_it: Callable[[str], bool]) -> int | None:
    """The offset at which `value` stands such that `is_it` says yes to the text probed just there."""
    if not value:
        return None
    position = text.find(value)
    while position >= 0:
        end = position + len(value)
        if is_it(text[:end] + PROBE + text[end:]):
            return position
        position = text.find(value, position + 1)
    return None


def applied(text: str, inserts: Iterable[Insert]) -> str:
    """The text with all inserts, which are meant for offsets of the text as it is."""
    for insert in sorted(inserts, key=lambda one: one.offset, reverse=True):
        text = text[: insert.offset] + insert.text + text[insert.offset :]
    return text


def item_beside(text: str, start: int, end: int, item: str) -> tuple[Insert, ...]:
    """Inserts that add `item` to a bracketed list after the item at [start, end), set out as it is.

    On a line of its own if that one is, else behind it on the same line.
    """
    line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    indent = text[line_start:start]
    rest = re.compile(r"[ \t]*(?P<comma>,?)[ \t]*(?:#[^\r\n]*)?(?=[\r\n])").match(text, end)
    if indent.strip() or rest is None:
        return (Insert(end, f", {item}"),)
    newline = newline_of(text)
    if rest["comma"]:
        return (Insert(rest.end(), f"{newline}{indent}{item},"),)
    if rest.end() == end:
        return (Insert(end, f",{newline}{indent}{item}"),)
    return (Insert(end, ","), Insert(rest.end(), f"{newline}{indent}{item}"))


def line_below(text: str, offset: int, line: str) -> Insert:
    """Insert a line after the one that holds `offset`, indented like it."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    match = re.compile(r"[^\r\n]*").match(text, offset)
    assert match is not None
    indent = text[start : len(text) - len(text[start:].lstrip(" \t"))]
    return Insert(match.end(), f"{newline_of(text)}{indent}{line}")
