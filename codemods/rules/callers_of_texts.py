# The calls in a file that a function's value comes out of. Knows names and receivers; judges no reader.
"""Who in the same file gets what a function gives.

followed:  self.ask(q), bot.ask(q), thing.ask(q) of something unknown or of another package
not so:    `ask` of an object of an unrelated class of the file
"""

from __future__ import annotations

import ast

from codemods.evaluate import Evaluator
from codemods.members import FunctionNode
from codemods.plans import Context
from codemods.values import UserInstance

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
    return [call for call in context.evaluator.calls_named(function.name) if _may_reach(context, call, owner)]


def _may_reach(context: Context, call: ast.Call, owner: ast.AST | None) -> bool:
    """Whether the receiver of a call may be an object of the function's class, for all that is known."""
    if not isinstance(call.func, ast.Attribute):
        return True
    value = context.evaluator.value_of(call.func.value)
    at = context.evaluator.class_at(value)
    if at is None or not isinstance(owner, ast.ClassDef):
        return at is None
    home, node = at
    if context.evaluator.is_class(value, owner, context.evaluator):
        return True
    return isinstance(home, Evaluator) and home.is_class(UserInstance(owner), node, context.evaluator)
