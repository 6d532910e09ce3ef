# How dicts of arguments are named, changed and shared. Questions about nodes; no entries.
"""Helpers for reading dicts: chains of changes, names of one object, where a statement runs again."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codemods.flow import Definition
from codemods.plans import Context, Refusal


def loops_around(context: Context, node: ast.AST) -> Iterable[ast.AST]:
    """The loops of its function that a statement stands in."""
    current = node
    while not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module):
        current = context.source.parents[current]
        if isinstance(current, ast.For | ast.AsyncFor | ast.While):
            yield current


def function_of(context: Context, node: ast.AST) -> ast.AST:
    """The function, or the module, that a statement runs in."""
    current = node
    while not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module):
        current = context.source.parents[current]
    return current


def hidden(reason: str) -> Refusal:
    """The refusal of a dict that is not in sight."""
    return Refusal("TC104", reason)


def key_of(node: ast.expr) -> str:
    """The text of a constant key. Raises Refusal for any other."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise hidden("a key of the arguments is computed")


def changed_name(definition: Definition) -> ast.AST | None:
    """`params` in `params["k"] = v` or `params.update(…)`."""
    target = definition.target
    if definition.kind == "method":
        return target
    return target.value if isinstance(target, ast.Subscript) else None


def chain(definitions: Iterable[Definition]) -> set[Definition]:
    """The definitions and those they change."""
    stack, found = list(definitions), set(definitions)
    while stack:
        new = stack.pop().previous - found
        found |= new
        stack.extend(new)
    return found


def same_object(node: ast.expr) -> Iterable[ast.Name | ast.Attribute]:
    """Names whose very object an expression may be."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield node
    elif isinstance(node, ast.IfExp):
        yield from same_object(node.body)
        yield from same_object(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from same_object(value)
    elif isinstance(node, ast.NamedExpr):
        yield from same_object(node.value)


def is_property(function: ast.FunctionDef) -> bool:
    return any(getattr(one, "id", "") == "property" for one in function.decorator_list)
