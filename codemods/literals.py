# String literals taken apart with libcst. Knows quotes, prefixes and escapes; nothing of prompts.
"""The raw pieces of a string literal: which bytes of the source stand for which characters.

libcst does the reading: its parser knows every f-string form of every Python version, whatever
version we run on, and keeps the exact text of each part.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst

    from codemods.source import Source, Span

# Beyond this many adjacent literals libcst's nested node for them gets too deep to walk.
_MOST_ADJACENT = 300

_ESCAPE = re.compile(
    r"\\(?:\r\n|[\r\n]|[0-7]{1,3}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]*\}|.)|\r\n?|(?s:.)"
)
# A backslash before a brace is a character of its own: the brace still opens a field or doubles.
_ESCAPE_IN_F = re.compile(r"\{\{|\}\}|\\(?=[{}])|" + _ESCAPE.pattern)
_RAW = re.compile(r"\r\n?|(?s:.)")
_RAW_IN_F = re.compile(r"\{\{|\}\}|\r\n?|(?s:.)")


@dataclass(frozen=True, slots=True)
class Chars:
    """Literal characters. `starts[i]` is the byte offset of character i; the last entry is the end."""

    text: str
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A replacement field `{…}` of an f-string; `expression` is the span inside the braces."""

    span: Span
    expression: Span
    conversion: str | None
    spec: bool
    equal: bool
    nested: tuple[Field, ...] = ()

    @property
    def is_plain(self) -> bool:
        return not (self.conversion or self.spec or self.equal)


@dataclass(frozen=True, slots=True)
class Token:
    """One string token with its parts in order."""

    span: Span
    prefix: str
    quote: str
    parts: tuple[Chars | Field, ...]

    @property
    def is_formatted(self) -> bool:
        return "f" in self.prefix.lower()

    @property
    def is_raw(self) -> bool:
        return "r" in self.prefix.lower()


def dissect(source: Source, span: Span) -> tuple[Token, ...] | None:
    """The tokens of the (possibly adjacent) string literals at `span`; None if they are not plain text."""
    import libcst

    text = source.text(span)
    if text.count('"') + text.count("'") > 20_000:
        return None
    try:
        node = libcst.parse_expression(f"({text})")
    except libcst.ParserSyntaxError:
        return None
    tokens: list[Token] = []
    position = span[0]
    for leaf in _adjacent(node):
        if leaf is None:
            return None
        raw = libcst.Module([]).code_for_node(leaf.with_changes(lpar=(), rpar=()))
        start = source.data.index(raw.encode("utf-8"), position)
        token = _token(leaf, start)
        if token is None:
            return None
        tokens.append(token)
        position = token.span[1]
    return tuple(tokens)


def _adjacent(node: libcst.BaseExpression) -> Iterator[libcst.SimpleString | libcst.FormattedString | None]:
    import libcst

    count = 0
    while isinstance(node, libcst.ConcatenatedString):
        count += 1
        if count > _MOST_ADJACENT:
            yield None
            return
        left = node.left
        yield left
        node = node.right
    yield node if isinstance(node, libcst.SimpleString | libcst.FormattedString) else None


def _token(leaf: libcst.SimpleString | libcst.FormattedString, start: int) -> Token | None:
    import libcst

    if isinstance(leaf, libcst.SimpleString):
        raw, prefix, quote = leaf.value, leaf.prefix, leaf.quote
        if "b" in prefix.lower():
            return None
        body = raw[len(prefix) + len(quote) : len(raw) - len(quote)]
        chars = _chars(body, start + len(prefix) + len(quote), "r" in prefix.lower(), formatted=False)
        end = start + len(raw.encode("utf-8"))
        return None if chars is None else Token((start, end), prefix, quote, (chars,))
    return _formatted_token(leaf, start)


def _formatted_token(leaf: libcst.FormattedString, start: int) -> Token | None:
    quote = leaf.end
    prefix = leaf.start[: -len(quote)]
    parts, end = _formatted_parts(leaf.parts, start + len(leaf.start), "r" in prefix.lower())
    if parts is None:
        return None
    return Token((start, end + len(quote)), prefix, quote, parts)


def _formatted_parts(nodes: object, position: int, raw: bool) -> tuple[tuple[Chars | Field, ...] | None, int]:
    import libcst

    parts: list[Chars | Field] = []
    for node in nodes:  # type: ignore[attr-defined]
        if isinstance(node, libcst.FormattedStringText):
            chars = _chars(node.value, position, raw, formatted=True)
            if chars is None:
                return None, position
            parts.append(chars)
            position = chars.starts[-1]
        else:
            hole = _field(node, position, raw)
            parts.append(hole)
            position = hole.span[1]
    return tuple(parts), position


def _field(node: libcst.FormattedStringExpression, start: int, raw: bool) -> Field:
    import libcst

    module = libcst.Module([])

    def width(part: libcst.CSTNode | None) -> int:
        return len(module.code_for_node(part).encode("utf-8")) if part is not None else 0

    inner = start + 1 + width(node.whitespace_before_expression)
    inner_end = inner + width(node.expression)
    end = start + width(node)
    nested: tuple[Field, ...] = ()
    if node.format_spec is not None:
        spec_start = end - 1 - sum(width(part) for part in node.format_spec)
        parts, _ = _formatted_parts(node.format_spec, spec_start, raw)
        nested = tuple(part for part in parts or () if isinstance(part, Field))
    return Field(
        (start, end),
        (inner, inner_end),
        node.conversion,
        node.format_spec is not None,
        node.equal is not None,
        nested,
    )


def _chars(body: str, start: int, raw: bool, *, formatted: bool) -> Chars | None:
    """Map each character of the value to the bytes that spell it; None for an invalid escape."""
    pattern = {
        (False, False): _ESCAPE,
        (False, True): _ESCAPE_IN_F,
        (True, False): _RAW,
        (True, True): _RAW_IN_F,
    }
    text: list[str] = []
    starts: list[int] = []
    position = start
    for match in pattern[raw, formatted].finditer(body):
        piece = match.group()
        value = _value_of_escape(piece)
        if value is None:
            return None
        for char in value:
            text.append(char)
            starts.append(position)
        position += len(piece.encode("utf-8"))
    return Chars("".join(text), (*starts, position))


def _value_of_escape(piece: str) -> str | None:
    if piece in ("{{", "}}"):
        return piece[0]
    if piece in ("\r\n", "\r"):
        return "\n"
    if len(piece) == 1:
        return piece
    if piece[1] in "\r\n":
        return ""
    if piece[1] not in "\\'\"abfnrtvxuUN01234567":
        return piece
    try:
        value = ast.literal_eval(f'"{piece}"' if piece != '\\"' else "'\"'")
    except (SyntaxError, ValueError):
        return None
    return value if isinstance(value, str) else None


def place_holes(source: Source) -> None:
    """Give the expressions inside f-strings their true positions.

    Before Python 3.12 `ast` places them wrongly in triple-quoted and adjacent literals. Nodes that
    cannot be placed are put into `source.unplaced`, so that nothing is edited inside them.
    """
    outermost: list[ast.JoinedStr] = []
    stack: list[ast.AST] = [source.tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr):
            outermost.append(node)
        else:
            stack.extend(ast.iter_child_nodes(node))
    for joined in outermost:
        _place(source, joined, dissect(source, source.span(joined)))


def _place(source: Source, joined: ast.JoinedStr, tokens: tuple[Token, ...] | None) -> None:
    holes = [value for value in joined.values if isinstance(value, ast.FormattedValue)]
    fields = [part for token in tokens or () for part in token.parts if isinstance(part, Field)]
    _place_fields(source, holes, fields)


def _place_fields(source: Source, holes: list[ast.FormattedValue], fields: list[Field]) -> None:
    if len(holes) != len(fields):
        source.unplaced.update(holes)
        return
    for hole, found in zip(holes, fields, strict=True):
        _set_span(source, hole, found.span)
        if not _relocate(source, hole, found.expression):
            source.unplaced.add(hole)
        if isinstance(hole.format_spec, ast.JoinedStr):
            nested = [value for value in hole.format_spec.values if isinstance(value, ast.FormattedValue)]
            _place_fields(source, nested, list(found.nested))


def _set_span(source: Source, node: ast.AST, span: Span) -> None:
    for name, offset in (("", span[0]), ("end_", span[1])):
        line = source.line_of(offset)
        setattr(node, f"{name}lineno", line)
        setattr(node, f"{name}col_offset", offset - source.line_starts[line - 1])


def _relocate(source: Source, hole: ast.FormattedValue, span: Span) -> bool:
    """Parse the field's own text again and put the result, at its true place, into the tree."""
    try:
        parsed = ast.parse(f"({source.text(span)})", mode="eval").body
    except (SyntaxError, ValueError):
        return False
    first = source.line_of(span[0])
    shift = span[0] - source.line_starts[first - 1] - 1
    stack: list[ast.AST] = [parsed]
    while stack:
        node = stack.pop()
        for line, column in (("lineno", "col_offset"), ("end_lineno", "end_col_offset")):
            if hasattr(node, line):
                if getattr(node, line) == 1:
                    setattr(node, column, getattr(node, column) + shift)
                setattr(node, line, getattr(node, line) + first - 1)
        for child in ast.iter_child_nodes(node):
            source.parents[child] = node
            stack.append(child)
    hole.value = parsed
    source.parents[parsed] = hole
    _place_inner(source, parsed)
    return True


def _place_inner(source: Source, expression: ast.expr) -> None:
    stack: list[ast.AST] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr):
            _place(source, node, dissect(source, source.span(node)))
        else:
            stack.extend(ast.iter_child_nodes(node))
