# Finds what a function gives where it is not called by its own name. Knows names and callers; judges no text.
"""Where the result of a function turns up that goes by another name, or is called by somebody else.

get = lambda: resp.completion … get()                   the call
g = ask … g(q)      partial(ask, q)()                   the call
pool.submit(ask, q).result()    asyncio.run(ask(q))     the same, one call further out
map(ask, questions)                                     a container of results
    apply(ask, q)      {"ask": ask}["ask"](q)               what is called in there, or taken out

The function is followed into the files that get it as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from codemods.flow import Definition
from codemods.members import FunctionNode
from codemods.plans import Context
from codemods.rules.callers_of_texts import calls_around, function_around
from codemods.rules.handed_texts import field_given, reads_of_parameter, uses_in_function
from codemods.values import UserClass, UserFunction

_DEEPEST = 5
_MAPS = frozenset({"map", "imap", "starmap"})
_CALLS = frozenset({"to_thread", "run_in_executor", "apply"})
_WRAPS = frozenset({"partial", "staticmethod", "cache", "lru_cache", "wraps"})
# What hands a function to somebody, and the method that gives its result later.
_GIVES_LATER = {"submit": "result", "apply_async": "get"}
# These take a coroutine and give what it gives.
_RUNS = frozenset({"run", "run_until_complete", "wait_for", "create_task", "ensure_future", "shield"})

Place = tuple[Context, ast.expr]
Result = tuple[Context, ast.expr, bool]


def results_of(context: Context, function: FunctionNode) -> Iterator[tuple[ast.expr, bool]]:
    """Each expression of the file that is what the function gives, or (second: True) a container of such."""
    for there, result, is_container in _results_of(context, function):
        if there is context:
            yield result, is_container


def results_beyond(context: Context, function: FunctionNode) -> Iterator[Result]:
    """The same in the files that get the function as a value, each with its file's context."""
    for there, result, is_container in _results_of(context, function):
        if there is not context:
            yield there, result, is_container


def results_of_value(context: Context, function: ast.expr) -> Iterator[Result]:
    """The same for an expression that is the function, in this file and in those that get it."""
    yield from _results(context, function, 0)


def _results_of(context: Context, function: FunctionNode) -> Iterator[Result]:
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
            yield context, load, False
        elif getattr(context.source.parent(load), "func", None) is not load:
            yield from _results(context, load, 0)
    for decorator in function.decorator_list:
        for there, use in _uses_where_decorated(context, decorator):
            yield from _results(there, use, 1)


def _uses_where_decorated(context: Context, decorator: ast.expr) -> Iterator[Place]:
    """The uses of the parameter by which a decorator gets the function: `@register`, `@register("ask")`."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    there, taker = _taker(context, called)
    if isinstance(decorator, ast.Call) and isinstance(taker, FunctionNode):
        returned = {
            one.value.id
            for one in ast.walk(taker)
            if isinstance(one, ast.Return) and isinstance(one.value, ast.Name)
        }
        taker = next((one for one in ast.walk(taker) if getattr(one, "name", "") in returned), None)
    if isinstance(taker, ast.FunctionDef) and taker in there.flow.scopes:
        names = [one.arg for one in taker.args.args if one.arg not in ("self", "cls")]
        yield from ((there, use) for name in names[:1] for use in reads_of_parameter(there, taker, name))


def _results(context: Context, value: ast.expr, depth: int) -> Iterator[Result]:
    """Where an expression that is the function goes."""
    parent = context.source.parent(value)
    if depth > _DEEPEST:
        return
    if isinstance(parent, ast.Call) and parent.func is value:
        yield context, awaited(context, parent), False
    elif isinstance(parent, ast.Call | ast.keyword):
        yield from _handed_to(context, parent, value, depth)
    elif isinstance(parent, ast.Return):
        for call in calls_around(context, parent):
            yield from _results(context, call, depth + 1)
        for there, result in _calls_elsewhere(context, parent):
            yield from _results(there, result, depth + 1)
    else:
        for there, use in _kept_in(context, parent, value):
            yield from _results(there, use, depth + 1)


def _calls_elsewhere(context: Context, inside: ast.AST) -> Iterator[Place]:
    """The calls in other files that give what a statement returns."""
    function = function_around(context, inside)
    if context.elsewhere is not None and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from context.elsewhere.readers_of(context, function).results


def _kept_in(context: Context, parent: ast.AST | None, value: ast.expr) -> Iterator[Place]:
    """The reads of what the function is bound to: a name, an attribute, a place in a dict or list."""
    if isinstance(parent, ast.Assign | ast.NamedExpr | ast.AnnAssign):
        for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
            if isinstance(target, ast.Attribute):
                owner = context.templates.members.class_around(target.value)
                yield from _loads_of(context, target.attr)
                if owner is not None:
                    yield from _loads_elsewhere(context, target.attr, owner)
                elif context.elsewhere is not None:
                    yield from context.elsewhere.loads_of_module(context, target.value, target.attr)
            elif isinstance(target, ast.Subscript):
                yield from _items_of(context, _reads_of_holder(context, target.value))
        for definition in context.definitions_of_value(value):
            yield from _uses(context, definition)
    elif isinstance(parent, ast.Dict | ast.List | ast.Tuple):
        for definition in context.definitions_of_value(parent):
            yield from _items_of(context, _uses(context, definition))


def _uses(context: Context, definition: Definition) -> Iterator[Place]:
    """The reads of a name, of a module's and a class's also those by attributes and in other files."""
    yield from ((context, use) for use in context.flow.uses(definition))
    if definition.scope.kind == "class" and isinstance(definition.scope.node, ast.ClassDef):
        yield from _loads_of(context, definition.name)
        yield from _loads_elsewhere(context, definition.name, definition.scope.node)
    elif definition.scope.kind == "module":
        yield from _loads_elsewhere(context, definition.name, None)


def _reads_of_holder(context: Context, holder: ast.expr) -> Iterator[Place]:
    """The reads of what a function was put into under a key: `REGISTRY["ask"] = ask`."""
    if isinstance(holder, ast.Name):
        for definition in context.flow.reaching(holder).definitions:
            yield from _uses(context, definition)
    elif isinstance(holder, ast.Attribute):
        yield from _loads_of(context, holder.attr)


def _items_of(context: Context, holders: Iterable[Place]) -> Iterator[Place]:
    """What is taken out of dicts and lists: `tools["ask"]`, `tools.get("ask")`."""
    for there, use in holders:
        taken = there.source.parent(use)
        method = there.source.parent(taken) if isinstance(taken, ast.Attribute) else None
        if isinstance(taken, ast.Subscript) and taken.value is use and isinstance(taken.ctx, ast.Load):
            yield there, taken
        elif isinstance(method, ast.Call) and isinstance(taken, ast.Attribute) and taken.attr == "get":
            yield there, method


def _loads_of(context: Context, attribute: str) -> Iterator[Place]:
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr == attribute and isinstance(node.ctx, ast.Load):
            yield context, node


def _loads_elsewhere(context: Context, name: str, owner: ast.ClassDef | None) -> Iterator[Place]:
    if context.elsewhere is not None:
        yield from context.elsewhere.loads_of(context, name, owner)


def _handed_to(
    context: Context, parent: ast.Call | ast.keyword, function: ast.expr, depth: int
) -> Iterator[Result]:
    call = parent if isinstance(parent, ast.Call) else context.source.parent(parent)
    if not isinstance(call, ast.Call):
        return
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", None) or ""
    if name in _MAPS:
        yield context, call, True
    elif name in _CALLS:
        yield context, awaited(context, call), False
    elif name in _WRAPS:
        yield from _results(context, call, depth + 1)
    elif name in _GIVES_LATER:
        for there, read in _loads_of(context, _GIVES_LATER[name]):
            given = there.source.parent(read)
            if isinstance(given, ast.Call) and given.func is read:
                yield there, given, False
    for there, use in _uses_where_handed(context, call, parent, function):
        yield from _results(there, use, depth + 1)


def _uses_where_handed(context: Context, call: ast.Call, parent: ast.AST, given: ast.expr) -> Iterator[Place]:
    """The uses of the parameter or field that gets the function, in whichever file it is."""
    there, taker = _taker(context, call.func)
    if isinstance(taker, ast.ClassDef):
        made, name = field_given(taker, call, parent, given)
        if made is None and name is not None:
            yield from _loads_of(there, name)
        taker = made
    if isinstance(taker, FunctionNode) and taker in there.flow.scopes:
        for use, level in uses_in_function(there, taker, call, parent, given, set()):
            if level == 0:
                yield there, use


def _taker(context: Context, called: ast.expr) -> tuple[Context, ast.AST | None]:
    """The function or class that is called, with the context of its file."""
    value = context.evaluator.value_of(called)
    if isinstance(value, UserFunction | UserClass):
        return context, value.node
    elsewhere = context.elsewhere
    if elsewhere is None:
        return context, None
    found = elsewhere.function_at(context, called) or elsewhere.class_at(context, called)
    return found or (context, None)


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
