# The calls in a file that a function's value comes out of. Knows names and receivers; judges no reader.
"""Who in the same file gets what a function gives.

followed:  self.ask(q), bot.ask(q), thing.ask(q) of something unknown or of another package
not so:    `ask` of an object of an unrelated class of the file
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.evaluate import Evaluator
from codemods.members import FunctionNode
from codemods.plans import Context
from codemods.values import Unknown, UserInstance

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def function_around(context: Context, inside: ast.AST) -> FunctionNode | None:
    """The function that a node stands in."""
    current: ast.AST | None = inside
    while current is not None and not isinstance(current, _FUNCTIONS):
        current = context.source.parent(current)
    return current


def calls_around(context: Context, inside: ast.AST) -> list[ast.Call]:
    """The calls in this file that may be of the function that a statement stands in."""
    function = function_around(context, inside)
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    owner = context.source.parent(function)
    return [
        call for call, receiver in _calls_by_name(context, function.name) if _may_be(context, receiver, owner)
    ]


def methods_reached(context: Context, call: ast.Call) -> Iterator[Function]:
    """The methods of this file's classes that a call of something unknown may be of."""
    for owner in context.source.nodes_of(ast.ClassDef):
        for method in owner.body:
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if method.name in ("__call__", getattr(call.func, "attr", None)):
                calls = _calls_by_name(context, method.name)
                if any(one is call and _may_be(context, receiver, owner) for one, receiver in calls):
                    yield method


def _calls_by_name(context: Context, name: str) -> Iterator[tuple[ast.Call, ast.expr | None]]:
    """The calls of a name with their receivers; of `__call__` those of objects, as `self.llm(question)`."""
    if name != "__call__":
        for call in context.evaluator.calls_named(name):
            yield call, call.func.value if isinstance(call.func, ast.Attribute) else None
        return
    for call in context.source.nodes_of(ast.Call):
        is_named = isinstance(call.func, ast.Name | ast.Attribute)
        if is_named and isinstance(context.evaluator.value_of(call.func), Unknown | UserInstance):
            yield call, call.func


def _may_be(context: Context, receiver: ast.expr | None, owner: ast.AST | None) -> bool:
    """Whether the receiver of a call may be an object of the function's class, for all that is known."""
    if receiver is None:
        return True
    value = context.evaluator.value_of(receiver)
    at = context.evaluator.class_at(value)
    if at is None or not isinstance(owner, ast.ClassDef):
        return at is None
    home, node = at
    if context.evaluator.is_class(value, owner, context.evaluator):
        return True
    return isinstance(home, Evaluator) and home.is_class(UserInstance(owner), node, context.evaluator)
