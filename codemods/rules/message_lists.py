"""Write the turns of a template as a list of messages.

    "\\n\\nHuman: Hi\\n\\nAssistant: Hello"  ->  [{"role": "user", "content": "Hi"}, …]

Each content is a piece of the author's own expression, cut from it with its quotes and escapes.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codemods.edits import Slice
from codemods.plans import Context
from codemods.template_holes import splits_a_filling
from codemods.template_nodes import CannotCut, Cut, Template
from codemods.turns import Layout, Range
from migrate.markers import MARKERS

Parts = tuple[str | Slice, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """Messages of which it is not known how many: they are spread into the list. display: the list."""

    display: Parts


# A role and where its text stands in the flat text; or several messages at once.
Row = tuple[str, Range] | Spread


class Opaque(Exception):
    """The turns cannot be read or cut here; the reason goes into the finding."""


def rows_of(layout: Layout) -> list[Row]:
    """The turns and the prefill of a layout, as rows of a list."""
    rows: list[Row] = [(turn.role, turn.range) for turn in layout.turns]
    return rows if layout.prefill is None else [*rows, ("assistant", layout.prefill)]


def message_list(
    context: Context,
    template: Template,
    span: Range,
    rows: Sequence[Row],
    indentation: str,
    before: Parts = (),
) -> Parts:
    """A list display: first what is spread into it, then a message for each row."""
    items = [_item(context, template, span, row) for row in rows]
    if not before and len(rows) == 1 and isinstance(rows[0], Spread):
        return rows[0].display
    if before:
        items.insert(0, ("*", *before))
    if len(rows) <= 1:
        return "[", *(part for item in _separated(items, ", ") for part in item), "]"
    return _on_lines(context, items, indentation)


def list_display(context: Context, items: Sequence[Parts], indentation: str) -> Parts:
    """A list of messages that are written already."""
    return ("[", *items[0], "]") if len(items) == 1 else _on_lines(context, items, indentation)


def _on_lines(context: Context, items: Sequence[Parts], indentation: str) -> Parts:
    line = context.source.newline + indentation
    step = "\t" if indentation.endswith("\t") else "    "
    parts: list[str | Slice] = ["["]
    for item in items:
        parts.extend((f"{line}{step}", *item, ","))
    parts.append(f"{line}]")
    return tuple(parts)


def _item(context: Context, template: Template, span: Range, row: Row) -> Parts:
    if isinstance(row, Spread):
        return "*", *row.display
    return opening_of_message(row[0]), slice_of(context, template, span, row[1]), "}"


def opening_of_message(role: str) -> str:
    """A message up to its text. role: the role itself, or the code of an expression that gives it."""
    said = f'"{role}"' if role in MARKERS else role
    return f'{{"role": {said}, "content": '


def _separated(items: Sequence[Parts], separator: str) -> Iterator[Parts]:
    for index, item in enumerate(items):
        yield (separator, *item) if index else item


def try_cut(template: Template, where: Range, cut: Cut) -> None:
    """Cut, or say as `Opaque` why that is impossible."""
    try:
        template.cut(*where, cut)
    except CannotCut as error:
        raise Opaque(str(error)) from error


def slice_of(context: Context, template: Template, span: Range, where: Range) -> Slice:
    if splits_a_filling(template, *where):
        raise Opaque("the template of several turns is filled in by a call")
    cut = Cut()
    if where != (0, len(template.flat)):
        try_cut(template, where, cut)
    if cut.touched:
        raise Opaque("several turns are put together in more than one step")
    return without_parentheses(context, Slice(span[0], span[1], tuple(merged(cut.deletions))))


def without_parentheses(context: Context, piece: Slice) -> Slice:
    """A piece that fits on one line needs no parentheses around it."""
    data = context.source.data
    kept = bytearray(data[piece.start : piece.end])
    for low, high in piece.deletions:
        kept[low - piece.start : high - piece.start] = b" " * (high - low)
    text = bytes(kept)
    inner = text.strip()[1:-1].strip()
    if not text.strip().startswith(b"(") or not text.strip().endswith(b")") or not _is_expression(inner):
        return piece
    if b"\n" in inner or b"\r" in inner or b"#" in inner or inner[:1] not in (b"f", b'"', b"'", b"r", b"F"):
        return piece if not inner.decode().isidentifier() else _narrowed(piece, text, inner)
    return _narrowed(piece, text, inner)


def _is_expression(text: bytes) -> bool:
    """Whether a text stands without the parentheses around it, which are a pair then: not `(a).b(c)`."""
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _narrowed(piece: Slice, text: bytes, inner: bytes) -> Slice:
    start = piece.start + text.index(inner)
    end = start + len(inner)
    inside = tuple(
        (max(low, start), min(high, end)) for low, high in piece.deletions if low < end and high > start
    )
    return Slice(start, end, inside)


def merged(spans: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def comments_in(text: str) -> list[str]:
    """The comments of a piece of code."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [token.string for token in tokens if token.type == tokenize.COMMENT]
