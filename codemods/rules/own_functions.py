"""Find where the value that a function of this file returns goes, if every caller is in sight.

followed:   def ask(q): return client.completions.create(…)        … ask(q).completion
not so:     a method, a function that other files import, one that is handed on or wrapped
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.typed_places import may_become_message, old_types_in
from codemods.scopes import own_nodes

# Decorators that call the function again and give back what it gave.
_RETRIES = frozenset({"retry", "on_exception", "on_predicate", "wraps"})


@dataclass(frozen=True, slots=True)
class Returned:
    """calls: the expressions that are the returned value. others: what else the function may return.

    stated: where the annotation names the old type."""

    calls: list[ast.expr]
    others: list[ast.expr]
    stated: tuple[ast.expr, ...] = ()


def places_of_return(context: Context, statement: ast.Return) -> Returned | None:
    """Where the value of a return statement goes; None if that cannot be seen."""
    function: ast.AST | None = statement
    while function is not None and not isinstance(
        function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    ):
        function = context.source.parent(function)
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not _is_plain(context, function):
        return None
    definitions = [
        one
        for scope in context.flow.scopes.values()
        for one in scope.definitions.get(function.name, ())
        if one.scope.kind != "class"
    ]
    if [one.node for one in definitions] != [function] or not context.can_edit(definitions[0]):
        return None
    calls = [_call_of(context, use, function) for use in context.flow.uses(definitions[0])]
    found = [call for call in calls if call is not None]
    if not found or len(found) != len(calls):
        return None
    returned = (part.value for part in own_nodes(function) if isinstance(part, ast.Return))
    stated = old_types_in(context, function.returns)
    return Returned(found, [value for value in returned if value is not None], stated)


def item_taken(
    context: Context, call: ast.expr, index: int, length: int
) -> list[Definition] | ast.expr | None:
    """Where one item of a returned tuple goes: to names, into an expression; None if that cannot be seen."""
    parent = context.source.parent(call)
    if isinstance(parent, ast.Expr):
        return []
    if isinstance(parent, ast.Subscript) and parent.value is call:
        number = parent.slice.value if isinstance(parent.slice, ast.Constant) else None
        return parent if number == index else [] if number in range(length) else None
    targets = parent.targets if isinstance(parent, ast.Assign) else []
    if len(targets) != 1 or not isinstance(targets[0], ast.Tuple | ast.List):
        return None
    names = targets[0].elts
    if len(names) != length or not isinstance(names[index], ast.Name):
        return None
    return [one for one in context.definitions_of_value(call) if one.path == (index,)] or None


def _is_plain(context: Context, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a call gives what is returned, and no annotation that stays says in what shape: no
    generator, no decorator but one that tries again."""
    is_stated = bool(old_types_in(context, function.returns)) and may_become_message(context)
    if function.returns is not None and not is_stated:
        return False
    for decorator in function.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (getattr(named, "attr", None) or getattr(named, "id", None)) not in _RETRIES:
            return False
    return not any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(function))


def _call_of(
    context: Context, use: ast.Name, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> ast.expr | None:
    call = context.source.parent(use)
    if not isinstance(call, ast.Call) or call.func is not use:
        return None
    if isinstance(function, ast.FunctionDef):
        return call
    above = context.source.parent(call)
    return above if isinstance(above, ast.Await) else None
