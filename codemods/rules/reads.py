# Where a field of a response is read, in whatever shape the response had. Plans nothing.
"""Reads of a response: `resp.completion`, `resp["completion"]`, `resp.get("completion")`.

SDK 0.2 answered dicts, later releases objects; a Message is an object, so both become attributes.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from codemods.edits import Edit, Span
from codemods.plans import Context


@dataclass(frozen=True, eq=False, slots=True)
class Read:
    """One field that is read. node: the whole expression. tail: the bytes behind the response."""

    name: str
    node: ast.expr
    tail: Span

    def attribute(self, written: str) -> Edit:
        """Read another field of the new response instead; what follows may come with it."""
        return Edit(*self.tail, (f".{written}",))

    def same(self) -> list[Edit]:
        """Read the field of the same name, which an attribute does already."""
        return [] if isinstance(self.node, ast.Attribute) else [self.attribute(self.name)]


def read_at(context: Context, use: ast.expr, *, is_dict: bool) -> Read | None:
    """The read whose response is the expression `use`; None if it is not a plain read of a field."""
    parent = context.source.parent(use)
    if not is_dict:
        return _attribute(context, use, parent) if isinstance(parent, ast.Attribute) else None
    if isinstance(parent, ast.Subscript) and parent.value is use:
        return _item(context, use, parent)
    if isinstance(parent, ast.Attribute) and parent.attr == "get":
        return _get(context, use, parent)
    return None


def _attribute(context: Context, use: ast.expr, node: ast.Attribute) -> Read:
    end = context.source.span(node)[1]
    name = end - len(node.attr.encode())
    dot = context.source.data.rindex(b".", context.source.span(use)[1], name)
    return Read(node.attr, node, (dot, end))


def _item(context: Context, use: ast.expr, node: ast.Subscript) -> Read | None:
    if not isinstance(node.slice, ast.Constant) or not isinstance(node.slice.value, str):
        return None
    low, high = context.source.span(use)[1], context.source.span(node.slice)[0]
    bracket = context.source.data.rindex(b"[", low, high)
    return Read(node.slice.value, node, (bracket, context.source.span(node)[1]))


def _get(context: Context, use: ast.expr, method: ast.Attribute) -> Read | None:
    """`.get("completion")`, with a constant to fall back on or without: a Message has the field."""
    call = context.source.parent(method)
    if not isinstance(call, ast.Call) or call.func is not method or call.keywords:
        return None
    if not call.args or not all(isinstance(argument, ast.Constant) for argument in call.args):
        return None
    key = call.args[0]
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
        return None
    start, end = context.source.span(use)[1], context.source.span(method)[1]
    dot = context.source.data.rindex(b".", start, end)
    return Read(key.value, call, (dot, context.source.span(call)[1]))
