# One file's text and positions. Knows encodings and offsets, nothing of what the code means.
"""A source file as text, UTF-8 bytes and syntax tree, with byte spans for every node.

All spans of the code mod are half-open byte ranges of `Source.data`, the file's text in UTF-8
whatever encoding it is kept in: `ast` counts columns that way, and cutting bytes keeps every other
byte as it was.
"""

from __future__ import annotations

import ast
import bisect
import codecs
import io
import re
import sys
import tokenize
from dataclasses import dataclass, field
from typing import TypeVar

Span = tuple[int, int]
_Node = TypeVar("_Node", bound=ast.AST)

_LINE_END = re.compile(rb"\r\n|\r|\n")


class NotPython(Exception):
    """The file cannot be read as Python 3 source; the message says why and where."""


@dataclass(slots=True)
class Source:
    """The parsed file. `parents` maps each node to the node above it."""

    data: bytes
    encoding: str
    bom: bytes
    tree: ast.Module
    newline: str
    line_starts: list[int]
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    by_type: dict[type[ast.AST], list[ast.AST]] = field(default_factory=dict)
    unplaced: set[ast.AST] = field(default_factory=set)

    def nodes_of(self, kind: type[_Node]) -> list[_Node]:
        """Every node of one type, in no particular order."""
        return self.by_type.get(kind, [])  # type: ignore[return-value]

    def offset(self, line: int, column: int) -> int:
        return self.line_starts[line - 1] + column

    def span(self, node: ast.AST) -> Span:
        """Byte span of a node. Parentheses around an expression are outside of its span."""
        return (
            self.offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self.offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def text(self, span: Span) -> str:
        return self.data[span[0] : span[1]].decode("utf-8")

    def node_text(self, node: ast.AST) -> str:
        return self.text(self.span(node))

    def line_of(self, offset: int) -> int:
        return bisect.bisect_right(self.line_starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, the column in characters."""
        line = self.line_of(offset)
        start = self.line_starts[line - 1]
        return line, len(self.data[start:offset].decode("utf-8", "replace")) + 1

    def line_start(self, offset: int) -> int:
        return self.line_starts[self.line_of(offset) - 1]

    def indentation(self, offset: int) -> str:
        """The blanks that open the line of `offset`."""
        start = self.line_start(offset)
        match = re.match(rb"[ \t\f]*", self.data[start:])
        return match.group().decode() if match else ""

    def end_of_own_lines(self, node: ast.AST) -> int | None:
        """Where the last line of a statement ends; None if its lines hold other code as well."""
        start, end = self.span(node)
        rest = re.compile(rb"[ \t]*(#[^\r\n]*)?(?=[\r\n]|\Z)").match(self.data, end)
        return rest.end() if rest and not self.data[self.line_start(start) : start].strip() else None

    def encode(self, data: bytes) -> bytes:
        """UTF-8 bytes of changed text back in the file's own encoding."""
        if self.encoding == "utf-8":
            return self.bom + data
        return data.decode("utf-8").encode(self.encoding)

    def parent(self, node: ast.AST) -> ast.AST | None:
        return self.parents.get(node)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds the node."""
        current: ast.AST = node
        while not isinstance(current, ast.stmt):
            current = self.parents[current]
        return current

    def is_placed(self, node: ast.AST) -> bool:
        """Whether the node's position can be trusted (inside f-strings it may be unknown)."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            if current in self.unplaced:
                return False
            current = self.parents.get(current)
        return True


def read_source(raw: bytes) -> Source:
    """Decode and parse. Raises NotPython with line and reason; RecursionError, MemoryError pass through."""
    bom = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    if b"\0" in raw:
        line = _line_number(raw, raw.index(b"\0"))
        raise NotPython(f"line {line}: it holds NUL bytes")
    encoding, text = _decode(raw)
    data = text.encode("utf-8")
    tree = _parse(text)
    starts = [0, *(match.end() for match in _LINE_END.finditer(data))]
    source = Source(data, encoding, bom, tree, _newline(data), starts)
    if sys.version_info < (3, 12):
        from codemods.literals import place_holes

        place_holes(source)
    _index_nodes(source)
    return source


def _line_number(raw: bytes, offset: int) -> int:
    return len(_LINE_END.findall(raw[:offset])) + 1


def _decode(raw: bytes) -> tuple[str, str]:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError as error:
        raise NotPython(f"line 1: {error}") from error
    if encoding == "utf-8-sig":
        encoding = "utf-8"
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise NotPython(
            f"line {_line_number(raw, error.start)}: byte 0x{raw[error.start]:02x} is not {encoding}; "
            "add an encoding cookie or save the file as UTF-8"
        ) from error
    return encoding, text


def _parse(text: str) -> ast.Module:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        message = getattr(error, "msg", None) or str(error)
        raise NotPython(f"line {line}: not Python 3 source ({message})") from error


def _newline(data: bytes) -> str:
    match = _LINE_END.search(data)
    return match.group().decode() if match else "\n"


def _index_nodes(source: Source) -> None:
    """One walk over the tree for everybody: parents, and the nodes of each type."""
    parents, by_type = source.parents, source.by_type
    stack: list[ast.AST] = [source.tree]
    while stack:
        node = stack.pop()
        by_type.setdefault(type(node), []).append(node)
        for child in ast.iter_child_nodes(node):
            parents[child] = node
            stack.append(child)
