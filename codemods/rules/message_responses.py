# Which expressions are a Message, by what made them. Finds; edits nothing.
"""The messages.create call behind an expression, through names, helpers and parameters of one file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.plans import Context
from codemods.scopes import own_nodes
from codemods.values import Client, UserFunction

_DEEPEST = 6


def message_calls(context: Context, node: ast.expr, depth: int = 0) -> list[ast.Call]:
    """The `client.messages.create` calls whose result the expression can be; empty if none is known."""
    if depth > _DEEPEST:
        return []
    if isinstance(node, ast.Await | ast.NamedExpr):
        return message_calls(context, node.value, depth + 1)
    if isinstance(node, ast.IfExp):
        both = (node.body, node.orelse)
        return [call for part in both for call in message_calls(context, part, depth + 1)]
    if isinstance(node, ast.Call):
        return _of_call(context, node, depth)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return list(_of_name(context, node, depth))
    return []


def _of_call(context: Context, node: ast.Call, depth: int) -> list[ast.Call]:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "create":
        resource = node.func.value
        if isinstance(resource, ast.Attribute) and resource.attr == "messages":
            owner = resource.value
            if isinstance(owner, ast.Attribute) and owner.attr == "beta":
                owner = owner.value
            streams = any(keyword.arg == "stream" for keyword in node.keywords)
            is_ours = isinstance(context.evaluator.value_of(owner), Client)
            return [node] if is_ours and not streams else []
    if not isinstance(node.func, ast.Name):
        return []
    function = context.evaluator.value_of(node.func)
    if not isinstance(function, UserFunction) or isinstance(function.node, ast.Lambda):
        return []
    returned = (part.value for part in own_nodes(function.node) if isinstance(part, ast.Return))
    return [
        call for value in returned if value is not None for call in message_calls(context, value, depth + 1)
    ]


def _of_name(context: Context, node: ast.Name, depth: int) -> Iterator[ast.Call]:
    for definition in context.flow.reaching(node).definitions:
        if definition.kind == "assign" and not definition.path and definition.value is not None:
            yield from message_calls(context, definition.value, depth + 1)
        elif definition.kind == "parameter" and isinstance(definition.node, ast.arg):
            for given in _given(context, definition.scope.node, definition.node):
                yield from message_calls(context, given, depth + 1)


def _given(context: Context, function: ast.AST, parameter: ast.arg) -> Iterator[ast.expr]:
    """What the file's own calls pass for a parameter of one of its functions."""
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    arguments = function.args
    place = next(
        (at for at, one in enumerate((*arguments.posonlyargs, *arguments.args)) if one is parameter), None
    )
    for call in context.source.nodes_of(ast.Call):
        if not isinstance(call.func, ast.Name) or call.func.id != function.name:
            continue
        value = context.evaluator.value_of(call.func)
        if not isinstance(value, UserFunction) or value.node is not function:
            continue
        if place is not None and place < len(call.args):
            yield call.args[place]
        yield from (keyword.value for keyword in call.keywords if keyword.arg == parameter.arg)
