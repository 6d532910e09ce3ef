# Parentheses and comments between the pieces of a text. Knows bytes and spans; reads no code.
"""Parentheses without their other half, and what to delete so that comments beside what goes stay.

before: ("\\n\\nHuman: "  # the user        after:  (# the user
         "Say hi."                                  "Say hi."
         "\\n\\nAssistant:")                         )
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from codemods.source import Span

COMMENT = re.compile(rb"#[^\r\n]*")
_BLANKS = b" \t\r\n\f"


def outside(data: bytes, low: int, high: int, spans: Sequence[Span]) -> bytes:
    """The bytes of [low, high) that lie in none of the spans; blanks in place of the others."""
    out = bytearray(data[low:high])
    for start, end in spans:
        a, b = max(start, low), min(end, high)
        if a < b:
            out[a - low : b - low] = b" " * (b - a)
    return bytes(out)


def comments_between(data: bytes, where: Span, spans: Sequence[Span]) -> list[Span]:
    """The comments in a part of the text that lie in none of the spans."""
    low, high = where
    found = COMMENT.finditer(outside(data, low, high, spans))
    return [(low + comment.start(), low + comment.end()) for comment in found]


def all_before(data: bytes, where: Span, comments: Sequence[Span]) -> Iterator[Span]:
    """What goes of a part in front of what stays: each comment keeps its line's end."""
    at = where[0]
    for start, end in comments:
        yield from _not_empty(at, start)
        at = _next_word(data, end, where[1])
    yield from _not_empty(at, where[1])


def all_behind(data: bytes, node: Span, where: Span, comments: Sequence[Span]) -> Iterator[Span]:
    """What goes of a part behind what stays: each comment keeps the blanks before it.

    What follows the part must not become a comment: the last one keeps its line's end, unless the text
    stands in parentheses of its own that close on a later line.
    """
    at = where[0]
    for start, end in comments:
        yield from _not_empty(at, _last_word(data, start, where[0]))
        at = end
    if comments and not _closes_later(data, node, where[1]):
        at = _next_word(data, at, where[1])
    yield from _not_empty(at, where[1])


def _not_empty(start: int, end: int) -> Iterator[Span]:
    if start < end:
        yield start, end


def _next_word(data: bytes, at: int, high: int) -> int:
    while at < high and data[at : at + 1] in _BLANKS:
        at += 1
    return at


def _last_word(data: bytes, at: int, low: int) -> int:
    while at > low and data[at - 1 : at] in _BLANKS:
        at -= 1
    return at


def _closes_later(data: bytes, node: Span, end: int) -> bool:
    """Whether a text stands in parentheses that are no call's and close on another line than it ends on."""
    opening = _before_comments(data, node[0])
    before = data[:opening].rstrip(_BLANKS)
    is_own = data[opening : opening + 1] == b"(" and before[-1:] in (b"=", b",", b":", b"(", b"[", b"{", b"+")
    rest = data[end:].lstrip(b" \t")[:1]
    return is_own and rest in (b"\n", b"\r", b"#")


def _before_comments(data: bytes, at: int) -> int:
    """The offset of the last word before lines of comments; -1 if there is none."""
    while True:
        at = _last_word(data, at, 0)
        line = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
        first = _next_word(data, line, at)
        if data[first : first + 1] != b"#":
            return at - 1
        at = first


def unmatched_parentheses(data: bytes, spans: Sequence[Span]) -> list[Span]:
    """The parentheses between pieces that lost their other half with what stood around the pieces."""
    opened: list[int] = []
    unmatched: list[int] = []
    for left, right in pairwise(spans):
        between = COMMENT.sub(lambda comment: b" " * len(comment[0]), data[left[1] : right[0]])
        for offset, char in enumerate(between, left[1]):
            if char == ord("("):
                opened.append(offset)
            elif char == ord(")") and opened:
                opened.pop()
            elif char == ord(")"):
                unmatched.append(offset)
    return [(offset, offset + 1) for offset in (*unmatched, *opened)]
