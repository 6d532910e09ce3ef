# Templates that a call fills in. Knows the fields of `.format`, `%` and `replace`; no definitions.
"""`template.format(…)`, `template % …`, `template.replace(…)`: fields become holes of the template.

An argument that is a turn marker is part of the text instead: `"{human} {text}{ai}".format(human=…, …)`.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from codemods.source import Source, Span
from codemods.template_nodes import (
    HOLE,
    CannotCut,
    Concat,
    Cut,
    Hole,
    Known,
    Literal,
    Named,
    Piece,
    Template,
    Through,
)

FORMAT_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
PERCENT_FIELD = re.compile(r"%%|%(?:\([^)]*\))?[#0\- +]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]")
# A pattern for a text that `replace` looks for: no braces, or one pair around it.
_ONE_FIELD = re.compile(r"[^{}]*|\\\{[^{}]*\\\}")

_FIELD_NAME = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class Marker:
    """An argument of `.format` that is a turn marker. name: its keyword or its place."""

    name: str
    text: str
    node: ast.expr
    span: Span
    is_keyword: bool


@dataclass(slots=True)
class Filled(Template):
    """`template.format(...)` or `template % ...`: the fields are holes, the text is the template's.

    arguments: what is put in for the holes. spare: arguments that are turn markers, each with where its
    fields stand in the flat text; one goes when none of its fields is left.
    """

    inner: Template
    arguments: list[ast.expr] = field(default_factory=list)
    source: Source | None = None
    spare: list[tuple[Span, tuple[int, ...]]] = field(default_factory=list)

    def holes(self) -> Iterator[ast.expr]:
        yield from self.inner.holes()
        yield from self.arguments

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        self.inner.cut(lo, hi, out)
        gone = {span for span, fields in self.spare if not any(lo <= at < hi for at in fields)}
        if gone:
            assert isinstance(self.node, ast.Call | ast.BinOp)
            assert self.source is not None
            out.deletions.extend(_without_arguments(self.source, self.node, gone))


def _without_arguments(source: Source, node: ast.Call | ast.BinOp, gone: set[Span]) -> Iterator[Span]:
    """Deletions that take arguments out of a call, or items out of what `%` is given, with their commas."""
    items = sorted(source.span(item) for item in _given(node))
    pairs = itertools.pairwise(items)
    if any(source.data[left[1] : right[0]].strip() != b"," for left, right in pairs):
        raise CannotCut("something stands between the arguments that go")
    last = max((index for index, item in enumerate(items) if item not in gone), default=-1)
    for index, item in enumerate(items):
        if item in gone and index < last:
            yield item[0], items[index + 1][0]
    is_single = isinstance(node, ast.BinOp) and len(items) - len(gone) == 1
    if is_single and last + 1 == len(items):
        raise CannotCut("one value would be left for `%`, which may be a tuple")
    if last + 1 < len(items):
        start = items[last][1] if last >= 0 else items[0][0]
        yield (source.data.index(b",", start) + 1 if is_single else start), items[-1][1]


def _given(node: ast.Call | ast.BinOp) -> Sequence[ast.expr | ast.keyword]:
    """The arguments of a `.format`, the items of the tuple after a `%`."""
    if isinstance(node, ast.Call):
        return [*node.args, *node.keywords]
    return node.right.elts if isinstance(node.right, ast.Tuple) else []


# -- reading --------------------------------------------------------------------------------------


def fill(inner: Template, node: ast.expr, pattern: re.Pattern[str]) -> Filled | None:
    """The template with a hole for each field; None if its text is not all there."""
    literals = _fillable(inner, pattern)
    is_field = pattern in (FORMAT_FIELD, PERCENT_FIELD) or _ONE_FIELD.fullmatch(pattern.pattern)
    if not is_field and any(token.is_formatted for one in literals for token, _ in one.tokens):
        return None  # its braces are doubled as long as it is an f-string
    return _filled(inner, node, literals, pattern, lambda _: None) if literals else None


def markers_given(
    source: Source, node: ast.Call | ast.BinOp, text_of: Callable[[ast.expr], str | None]
) -> list[Marker]:
    """What a `.format` or a `%` is given that is a turn marker and nothing else."""
    found: list[Marker] = []
    for index, item in enumerate(_given(node)):
        is_keyword = isinstance(item, ast.keyword)
        value = item.value if isinstance(item, ast.keyword) else item
        name = (item.arg or "") if isinstance(item, ast.keyword) else str(index)
        does_more = any(isinstance(part, ast.Call | ast.NamedExpr) for part in ast.walk(value))
        text = None if does_more else text_of(value)
        if text is not None and is_only_marker(text):
            found.append(Marker(name, text, value, source.span(item), is_keyword))
    return found


def fill_markers(inner: Template, call: ast.Call, markers: list[Marker]) -> Filled | None:
    """A template filled by a call that gives turn markers among other values; None if it is not plain."""
    if any(keyword.arg is None for keyword in call.keywords) or any(
        isinstance(one, ast.Starred) for one in call.args
    ):
        return None
    literals = _fillable(inner, FORMAT_FIELD)
    by_name = {marker.name: marker for marker in markers}
    names = [match for one in literals for match in _names_in(one)]
    if any(name is None for name in names) or (
        "" in names and any(name and name.isdigit() for name in names)
    ):
        return None
    is_counted = "" in names
    counter = iter(range(len(names)))

    def text_of_field(found: str) -> Known | None:
        name = found.strip("{}") or str(next(counter))
        marker = by_name.get(name)
        return None if marker is None else Known(marker.node, marker.text)

    if not literals:
        return None
    filled = _filled(inner, call, literals, FORMAT_FIELD, text_of_field)
    values = (*call.args, *(keyword.value for keyword in call.keywords))
    spare = [marker for marker in markers if marker.is_keyword or is_counted]
    return _with_arguments(filled, values, markers, spare, literals[0].source)


def fill_percent_markers(inner: Template, node: ast.BinOp, markers: list[Marker]) -> Filled | None:
    """The same for `template % (…)`, where a `%s` stands for each item."""
    literals = _fillable(inner, PERCENT_FIELD)
    fields = [found for one in literals for found in _percent_fields(one)]
    values = [one for one in _given(node) if isinstance(one, ast.expr)]
    by_name = {marker.name: marker for marker in markers}
    is_plain = len(fields) == len(values) and not any("(" in one for one in fields)
    if not is_plain or any(isinstance(one, ast.Starred) for one in values):
        return None
    if any(fields[int(name)] != "%s" for name in by_name) or len(by_name) == len(values):
        return None
    counter = iter(range(len(fields)))

    def text_of_field(found: str) -> Known | None:
        marker = by_name.get(str(next(counter)))
        return None if marker is None else Known(marker.node, marker.text)

    filled = _filled(inner, node, literals, PERCENT_FIELD, text_of_field)
    return _with_arguments(filled, values, markers, markers, literals[0].source)


def _percent_fields(literal: Literal) -> Iterator[str]:
    for _, row in literal.tokens:
        for piece in row:
            found = PERCENT_FIELD.findall("" if piece.is_field else piece.text)
            yield from (one for one in found if one != "%%")


def _with_arguments(
    filled: Filled, values: Sequence[ast.expr], markers: list[Marker], spare: list[Marker], source: Source
) -> Filled:
    """With what fills it. spare: the markers that go when none of their fields is left."""
    given = {marker.node for marker in markers}
    filled.arguments = [value for value in values if value not in given]
    places = _marker_places(filled.inner)
    filled.source = source
    filled.spare = [
        (marker.span, tuple(at for at, node in places if node is marker.node)) for marker in spare
    ]
    return filled


def _names_in(literal: Literal) -> Iterator[str | None]:
    """The names of a literal's replacement fields; None for one with a format or an attribute."""
    for _, row in literal.tokens:
        for piece in row:
            for found in FORMAT_FIELD.findall("" if piece.is_field else piece.text):
                if found not in ("{{", "}}"):
                    match = _FIELD_NAME.fullmatch(found)
                    yield match.group(1) if match else None


def _fillable(inner: Template, pattern: re.Pattern[str]) -> list[Literal]:
    """The literals of a template, if none has values of its own, nor a constant with fields in it."""
    literals = _literals_of(_whole(inner), pattern)
    pieces = (piece for one in literals for _, row in one.tokens for piece in row)
    return [] if any(_has_own_value(piece, pattern) for piece in pieces) else literals


def _whole(template: Template) -> Template:
    while isinstance(template, Named | Through | Filled):
        template = template.inner
    return template


def _filled(
    inner: Template,
    node: ast.expr,
    literals: list[Literal],
    pattern: re.Pattern[str],
    text_of_field: Callable[[str], Known | None],
) -> Filled:
    for literal in literals:
        for _, row in literal.tokens:
            row[:] = [found for piece in row for found in _fields_of(piece, pattern, text_of_field)]
        literal.flat = "".join(piece.text for _, pieces in literal.tokens for piece in pieces)
    whole = _whole(inner)
    if isinstance(whole, Concat):
        whole.flat = "".join(operand.flat for operand in whole.operands)
    named = inner
    while isinstance(named, Named | Through | Filled):
        named.flat = whole.flat
        named = named.inner
    return Filled(node, whole.flat, inner)


def _marker_places(inner: Template) -> list[tuple[int, ast.expr]]:
    """Where fields that are filled with a marker stand in the flat text, each with the argument."""
    whole = _whole(inner)
    start = 0
    found: list[tuple[int, ast.expr]] = []
    for part in whole.operands if isinstance(whole, Concat) else [whole]:
        at = start
        for piece in (one for _, row in part.tokens for one in row) if isinstance(part, Literal) else ():
            if piece.is_filled_later and isinstance(piece.inner, Known):
                found.append((at, piece.inner.node))
            at += len(piece.text)
        start += len(part.flat)
    return found


def _has_own_value(piece: Piece, pattern: re.Pattern[str]) -> bool:
    """A field of an f-string whose value is there before a call fills the text, or has fields in it."""
    if piece.inner is None or piece.is_filled_later:
        return False
    return pattern.search(piece.text) is not None or any(True for _ in piece.inner.holes())


def _literals_of(template: Template, pattern: re.Pattern[str]) -> list[Literal]:
    """The literals of a template that is all text: one, or a sum with constants that have no fields."""
    if isinstance(template, Literal):
        return [template]
    if not isinstance(template, Concat):
        return []
    others = [one for one in template.operands if not isinstance(one, Literal)]
    if any(not is_only_marker(one.flat) and not _is_plain(one, pattern) for one in others):
        return []
    return [one for one in template.operands if isinstance(one, Literal)]


def _is_plain(template: Template, pattern: re.Pattern[str]) -> bool:
    return isinstance(template, Known) and pattern.search(template.flat) is None


def _fields_of(
    piece: Piece, pattern: re.Pattern[str], text_of_field: Callable[[str], Known | None]
) -> list[Piece]:
    """Split a run of characters at its replacement fields."""
    if piece.is_field:
        return [piece]
    found: list[Piece] = []
    position = 0
    for match in pattern.finditer(piece.text):
        start, end = match.span()
        if match.group() in ("{{", "}}", "%%"):
            found.append(_run(piece, position, start))
            found.append(Piece(match.group()[0], (piece.starts[start], piece.starts[end])))
        else:
            found.append(_run(piece, position, start))
            inner = text_of_field(match.group()) or Hole(ast.Constant(match.group()), HOLE)
            doubled = piece.starts[start + 1] - piece.starts[start] == 2
            span = (piece.starts[start], piece.starts[end])
            found.append(Piece(inner.flat, (), span, inner, is_filled_later=True, doubled=doubled))
        position = end
    found.append(_run(piece, position, len(piece.text)))
    return [one for one in found if one.text]


def _run(piece: Piece, start: int, end: int) -> Piece:
    return Piece(piece.text[start:end], piece.starts[start : end + 1])


def is_only_marker(text: str) -> bool:
    """Whether a text is a turn marker and nothing else."""
    return text.strip() in ("Human:", "Assistant:")
