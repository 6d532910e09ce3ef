"""What the rules ask of a place where a response is read: quotes, tests, whether it can be edited."""

from __future__ import annotations

import ast

from codemods.plans import Context


class Escapes(Exception):
    """The response goes where its readers cannot be rewritten; the message says where."""


def is_test_only(context: Context, use: ast.expr, parent: ast.AST | None) -> bool:
    """`if resp:`, `bool(resp)`, `resp is None` and the like mean the same for both shapes."""
    if isinstance(parent, ast.Call):
        return getattr(parent.func, "id", "") == "bool" and parent.args == [use]
    if isinstance(parent, ast.Compare):
        others = [parent.left, *parent.comparators]
        identity = all(isinstance(op, ast.Is | ast.IsNot) for op in parent.ops)
        return identity and all(one is use or isinstance(one, ast.Constant) for one in others)
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert):
        return parent.test is use
    return False


def check_read(context: Context, node: ast.expr) -> None:
    """Raises Escapes if the field is written, or stands where nothing can be edited."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        raise Escapes(f"the response is changed at line {node.lineno}")
    if not context.source.is_placed(node):
        raise Escapes(f"the read at line {node.lineno} stands inside a string we cannot edit")
    if _is_printed_as_written(context, node):
        raise Escapes(f"line {node.lineno} prints the read as it is written")


def _is_printed_as_written(context: Context, node: ast.expr) -> bool:
    """`f"{resp.completion=}"`: the source of the expression is a part of the string."""
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt):
        parent = context.source.parent(current)
        if isinstance(parent, ast.FormattedValue) and parent.value is current:
            data, end = context.source.data, context.source.span(current)[1]
            behind = data[end:].lstrip(b" \t\r\n)")
            if behind.startswith(b"="):
                return True
        current = parent
    return False


def is_in_fstring(context: Context, node: ast.AST) -> bool:
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt):
        if isinstance(current, ast.JoinedStr):
            return True
        current = context.source.parent(current)
    return False


def free_quote(context: Context, node: ast.AST) -> str | None:
    """A quote character that may stand at `node`, also inside f-strings before Python 3.12."""
    taken = ""
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt):
        if isinstance(current, ast.JoinedStr):
            taken += context.source.node_text(current)[-1]
        current = context.source.parent(current)
    return next((quote for quote in ('"', "'") if quote not in taken), None)
