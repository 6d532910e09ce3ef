# JSON with places. Knows no notebooks; reads text, changes nothing.
"""A JSON document as a tree that remembers where each value stands in the text.

`json` gives values without places. Here the structure is read by hand, on a stack of our own so that
deep nesting cannot exhaust Python's; the scalars are read by `json` itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_BLANKS = re.compile(r"[ \t\n\r]*")
# One unit for each character of the value: a surrogate pair is one character.
_UNIT = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)


class NotJson(ValueError):
    """The text is not one JSON document; the message says what is wrong and in which line."""


@dataclass(slots=True)
class Node:
    """A value at text[start:end]: a scalar, or a list or dict of nodes. The last of equal keys counts."""

    start: int
    end: int
    value: object


def read_json(text: str) -> Node:
    """The document, by the rules of `json.loads`. Raises NotJson."""
    return _Reader(text).document()


def units(text: str, literal: Node) -> list[str]:
    """How each character of a string's value is spelled, in order."""
    return _UNIT.findall(text, literal.start + 1, literal.end - 1)


def spelled(character: str, ascii_only: bool) -> str:
    """The usual spelling of one character inside a string."""
    return json.dumps(character, ensure_ascii=ascii_only)[1:-1]


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def document(self) -> Node:
        root = self._value()
        stack = [root] if root.end < 0 else []
        while stack:
            if self._closes(stack[-1]):
                stack.pop()
                continue
            child = self._member(stack[-1])
            if child.end < 0:
                stack.append(child)
        if self._mark():
            raise self._problem("more text after the end")
        return root

    def _value(self) -> Node:
        """The next scalar, or a container that has just been opened: its end is not known yet."""
        mark = self._mark()
        start = self._at
        if mark in ("{", "["):
            self._at += 1
            return Node(start, -1, {} if mark == "{" else [])
        try:
            value, self._at = self._decode(self._text, start)
        except json.JSONDecodeError as error:
            self._at = error.pos
            raise self._problem(error.msg) from None
        except ValueError as error:  # a number that is too long to read
            raise self._problem(str(error)) from None
        return Node(start, self._at, value)

    def _mark(self) -> str:
        """The next character that is not blank; empty at the end."""
        match = _BLANKS.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _closes(self, node: Node) -> bool:
        """Whether the container ends here; if not, a member follows."""
        mark = self._mark()
        if mark == ("]" if isinstance(node.value, list) else "}"):
            self._at += 1
            node.end = self._at
            return True
        if node.value:
            self._take(",")
        return False

    def _member(self, node: Node) -> Node:
        if isinstance(node.value, list):
            child = self._value()
            node.value.append(child)
            return child
        assert isinstance(node.value, dict)
        if self._mark() != '"':
            raise self._problem("a key must be a string")
        key = self._value().value
        self._take(":")
        child = node.value[key] = self._value()
        return child

    def _take(self, mark: str) -> None:
        if self._mark() != mark:
            raise self._problem(f"{mark!r} is missing")
        self._at += 1

    def _problem(self, what: str) -> NotJson:
        line = self._text.count("\n", 0, self._at) + 1
        return NotJson(f"line {line}: not JSON ({what})")
