# Where the holes of a template stand in its flat text. Reads nodes; knows no API.
"""`holes_at`: which expression each hole's character stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.template_fillings import Filled
from codemods.template_nodes import (
    HOLE,
    Appended,
    Concat,
    Hole,
    Literal,
    Named,
    Piece,
    Template,
    Through,
)


def holes_at(template: Template, start: int = 0) -> dict[int, ast.expr]:
    """Which expression stands for a character of the flat text; fields that a call fills are left out."""
    if isinstance(template, Hole):
        return {start: template.node}
    found: dict[int, ast.expr] = {}
    for inner, at in inside(template, start):
        found.update(holes_at(inner, at))
    return found


def splits_a_filling(template: Template, low: int, high: int, start: int = 0) -> bool:
    """Whether [low, high) leaves a `.format(…)` or `%` without some of the fields that it fills."""
    if isinstance(template, Filled):
        fields = [start + at for at, char in enumerate(template.flat) if char == HOLE]
        is_touched = start < high and low < start + len(template.flat)
        if is_touched and not all(low <= field < high for field in fields):
            return True
    parts = [(template.inner, start)] if isinstance(template, Filled) else inside(template, start)
    return any(splits_a_filling(inner, low, high, at) for inner, at in parts)


def inside(template: Template, start: int) -> Iterator[tuple[Template, int]]:
    """The templates a template is made of, each with where it begins."""
    if isinstance(template, Named | Through):
        yield template.inner, start
    parts: list[Template | Piece] = []
    if isinstance(template, Concat):
        parts.extend(template.operands)
    elif isinstance(template, Appended):
        parts.extend((template.before, template.added))
    elif isinstance(template, Literal):
        parts.extend(piece for _, pieces in template.tokens for piece in pieces)
    for part in parts:
        inner = part if isinstance(part, Template) else None if part.is_filled_later else part.inner
        if inner is not None:
            yield inner, start
        start += len(part.text if isinstance(part, Piece) else part.flat)
