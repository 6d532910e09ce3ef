# Where the holes of a template stand in its flat text. Reads nodes; knows no API.
"""`holes_at`: which expression each hole's character stands for."""

from __future__ import annotations

import ast

from codemods.template_nodes import Appended, Concat, Hole, Literal, Named, Piece, Template, Through


def holes_at(template: Template, start: int = 0) -> dict[int, ast.expr]:
    """Which expression stands for a character of the flat text; fields that a call fills are left out."""
    if isinstance(template, Hole):
        return {start: template.node}
    if isinstance(template, Named | Through):
        return holes_at(template.inner, start)
    parts: list[Template | Piece] = []
    if isinstance(template, Concat):
        parts.extend(template.operands)
    elif isinstance(template, Appended):
        parts.extend((template.before, template.added))
    elif isinstance(template, Literal):
        parts.extend(piece for _, pieces in template.tokens for piece in pieces)
    found: dict[int, ast.expr] = {}
    for part in parts:
        inner = part.inner if isinstance(part, Piece) and not part.is_filled_later else part
        if isinstance(inner, Template):
            found.update(holes_at(inner, start))
        start += len(part.text if isinstance(part, Piece) else part.flat)
    return found
