# Finds what a function gives where it is not called by its own name. Knows names and callers; judges no text.
"""Where the result of a function turns up that goes by another name, or is called by somebody else.

get = lambda: resp.completion … get()                   the call
g = ask … g(q)      partial(ask, q)()                   the call
pool.submit(ask, q).result()    asyncio.run(ask(q))     the same, one call further out
map(ask, questions)                                     a container of results
    apply(ask, q)      {"ask": ask}["ask"](q)               what is called in there, or taken out
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.members import FunctionNode
from codemods.plans import Context
from codemods.rules.callers_of_texts import calls_around
from codemods.values import UserClass, UserFunction

_DEEPEST = 5
_MAPS = frozenset({"map", "imap", "starmap"})
_CALLS = frozenset({"to_thread", "run_in_executor", "apply"})
_WRAPS = frozenset({"partial", "staticmethod", "cache", "lru_cache", "wraps"})
# What hands a function to somebody, and the method that gives its result later.
_GIVES_LATER = {"submit": "result", "apply_async": "get"}
# These take a coroutine and give what it gives.
_RUNS = frozenset({"run", "run_until_complete", "wait_for", "create_task", "ensure_future", "shield"})


def results_of(context: Context, function: FunctionNode) -> Iterator[tuple[ast.expr, bool]]:
    """Each expression that is what the function gives, or (second: True) a container of such things."""
    if isinstance(function, ast.Lambda):
        yield from _results(context, function, 0)
        return
    is_property = any(getattr(one, "id", "").endswith("property") for one in function.decorator_list)
    is_method = isinstance(context.source.parent(function), ast.ClassDef)
    loads: list[ast.expr] = [
        *(one for one in context.source.nodes_of(ast.Name) if not is_method and one.id == function.name),
        *(one for one in context.source.nodes_of(ast.Attribute) if is_method and one.attr == function.name),
    ]
    for load in loads:
        if is_property:
            yield load, False
        elif getattr(context.source.parent(load), "func", None) is not load:
            yield from results_of_value(context, load)


def results_of_value(context: Context, function: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
    """The same for an expression that is the function."""
    yield from _results(context, function, 0)


def _results(context: Context, value: ast.expr, depth: int) -> Iterator[tuple[ast.expr, bool]]:
    """Where an expression that is the function goes."""
    parent = context.source.parent(value)
    if depth > _DEEPEST:
        return
    if isinstance(parent, ast.Call) and parent.func is value:
        yield awaited(context, parent), False
    elif isinstance(parent, ast.Call | ast.keyword):
        yield from _handed_to(context, parent, value, depth)
    elif isinstance(parent, ast.Return):
        for call in calls_around(context, parent):
            yield from _results(context, call, depth + 1)
    else:
        for use in _kept_in(context, parent, value):
            yield from _results(context, use, depth + 1)


def _kept_in(context: Context, parent: ast.AST | None, value: ast.expr) -> Iterator[ast.expr]:
    """The reads of what the function is bound to: a name, an attribute, a place in a dict or list."""
    if isinstance(parent, ast.Assign | ast.NamedExpr | ast.AnnAssign):
        for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
            if isinstance(target, ast.Attribute):
                yield from _loads_of(context, target.attr)
        for definition in context.definitions_of_value(value):
            yield from context.flow.uses(definition)
            if definition.scope.kind == "class":
                yield from _loads_of(context, definition.name)
    elif isinstance(parent, ast.Dict | ast.List | ast.Tuple):
        for use in [use for one in context.definitions_of_value(parent) for use in context.flow.uses(one)]:
            taken = context.source.parent(use)
            method = context.source.parent(taken) if isinstance(taken, ast.Attribute) else None
            if isinstance(taken, ast.Subscript) and taken.value is use:
                yield taken
            elif isinstance(method, ast.Call) and isinstance(taken, ast.Attribute) and taken.attr == "get":
                yield method


def _loads_of(context: Context, attribute: str) -> Iterator[ast.expr]:
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr == attribute and isinstance(node.ctx, ast.Load):
            yield node


def _handed_to(
    context: Context, parent: ast.Call | ast.keyword, function: ast.expr, depth: int
) -> Iterator[tuple[ast.expr, bool]]:
    call = parent if isinstance(parent, ast.Call) else context.source.parent(parent)
    if not isinstance(call, ast.Call):
        return
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", None) or ""
    if name in _MAPS:
        yield call, True
    elif name in _CALLS:
        yield awaited(context, call), False
    elif name in _WRAPS:
        yield from _results(context, call, depth + 1)
    elif name in _GIVES_LATER:
        for read in _loads_of(context, _GIVES_LATER[name]):
            given = context.source.parent(read)
            if isinstance(given, ast.Call) and given.func is read:
                yield given, False
    for use in _uses_of_parameter(context, call, function):
        yield from _results(context, use, depth + 1)


def _uses_of_parameter(context: Context, call: ast.Call, given: ast.expr) -> Iterator[ast.expr]:
    """The uses of the parameter that gets the function, in a function or class of the file."""
    value = context.evaluator.value_of(call.func)
    made: ast.AST | None = value.node if isinstance(value, UserFunction) else None
    if isinstance(value, UserClass):
        made = next((one for one in value.node.body if getattr(one, "name", "") == "__init__"), None)
    if not isinstance(made, FunctionNode) or made not in context.flow.scopes:
        return
    names = [one.arg for one in (*made.args.posonlyargs, *made.args.args)]
    names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    named = [keyword.arg for keyword in call.keywords if keyword.value is given]
    taken = named or [name for name, one in zip(names, call.args, strict=False) if one is given]
    for name in taken:
        for definition in context.flow.scopes[made].definitions.get(name or "", ()):
            yield from context.flow.uses(definition)


def awaited(context: Context, call: ast.Call) -> ast.expr:
    """What the call gives in the end: behind its `await`, or what a runner of coroutines makes of it."""
    above = context.source.parent(call)
    if isinstance(above, ast.Await):
        return above
    if isinstance(above, ast.Call) and call in above.args:
        name = getattr(above.func, "id", None) or getattr(above.func, "attr", None)
        if name in _RUNS:
            return awaited(context, above)
    return call
