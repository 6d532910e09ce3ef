"""Tell where a text is added to a name that began empty, so that the name still begins with it.

answer = ""            answer = ""
answer += text         for chunk in stream: answer = answer + chunk.completion
"""

from __future__ import annotations

import ast

from codemods.flow import Definition
from codemods.plans import Context

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def grown_names(
    context: Context, whole: ast.expr, growing: ast.AST, *, is_piece: bool
) -> list[Definition] | None:
    """The names that `whole` is bound to, if each was empty before; None if one was not.

    growing: the statement that adds the text. is_piece: it may add many, one behind the other.
    """
    found = list(context.definitions_of_value(whole))
    for definition in found:
        before = definition.previous or _read_in(context, growing, definition.name)
        empty = (one in found or _is_empty(one.value) for one in before)
        if not before or not all(empty) or (not is_piece and _is_repeated(context, growing)):
            return None
    return found or None


def _read_in(context: Context, growing: ast.AST, name: str) -> set[Definition]:
    loads = (part for part in ast.walk(growing) if isinstance(part, ast.Name) and part.id == name)
    return {one for load in loads for one in context.flow.reaching(load).definitions}


def _is_empty(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value == ""


def _is_repeated(context: Context, statement: ast.AST | None) -> bool:
    """Whether a statement stands in a loop of its function."""
    while statement is not None and not isinstance(statement, _FUNCTIONS):
        if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
            return True
        statement = context.source.parent(statement)
    return False


def added_to_itself(
    context: Context, parent: ast.FormattedValue | ast.BinOp, text: ast.expr
) -> tuple[ast.expr, ast.Assign] | None:
    """`name = name + text`, or the same as an f-string of the two and nothing else: its value and itself."""
    whole = context.source.parent(parent) if isinstance(parent, ast.FormattedValue) else parent
    parts: list[ast.expr] = []
    if isinstance(whole, ast.BinOp) and isinstance(whole.op, ast.Add):
        parts = [whole.left, whole.right]
    elif isinstance(whole, ast.JoinedStr):
        parts = [one.value if isinstance(one, ast.FormattedValue) else one for one in whole.values]
    statement = context.source.parent(whole) if whole is not None else None
    if len(parts) != 2 or parts[1] is not text or not isinstance(statement, ast.Assign):
        return None
    names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
    assert isinstance(whole, ast.expr)
    return (whole, statement) if isinstance(parts[0], ast.Name) and [parts[0].id] == names else None
