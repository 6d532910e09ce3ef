# Who calls a function of this file, and with what. Knows definitions and uses; plans nothing.
"""Callers of the file's own functions, where all of them are in sight.

A function is followed backwards to its callers only if nothing else can call it: no other file of the
run imports it, every use of its name is a call, and its decorators hand arguments on unchanged. Where
a public function is called by a demonstration alone, its callers are people that we do not see.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from codemods.attributes import attribute_of
from codemods.flow import Definition
from codemods.plans import Context, Plan
from codemods.values import Foreign

# Packages whose decorators call the function again with the arguments they were given.
_RETRYING = ("tenacity", "backoff", "retrying", "retry", "ratelimit")
_HARMLESS = (
    "the built-in staticmethod",
    "the built-in classmethod",
    "lru_cache of functools",
    "cache of functools",
)
# Packages that call a module's functions by their names, with what stands on the command line.
_CALLING_BY_NAME = ("fire",)
_DEEPEST = 6

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Passed:
    """What one call hands to a function: by parameter, by other names, by `**`."""

    call: ast.Call
    by_parameter: dict[str, ast.expr] = field(default_factory=dict)
    extra: list[ast.keyword] = field(default_factory=list)
    splats: list[ast.expr] = field(default_factory=list)


def callers_of(context: Context, function: ast.AST) -> list[Passed] | None:
    """What every call hands over; None if there may be calls that we do not see, or there is none."""
    if not isinstance(function, Function) or not _hands_on(context, function):
        return None
    definition = definition_of(context, function)
    if definition is None or not context.can_edit(definition) or is_called_by_name(context):
        return None
    found: list[Passed] = []
    for use in context.flow.uses(definition):
        call = context.source.parent(use)
        passed = _passed(context, call, function) if isinstance(call, ast.Call) and call.func is use else None
        if passed is None:
            return None
        found.append(passed)
    return None if is_only_shown(context, function) else found or None


def is_only_shown(context: Context, function: Function) -> bool:
    """Whether a public function has callers, and all of them show how it is used.

    They stand under `if __name__ == "__main__":`, which runs only where nobody imports the module; so
    they say nothing of those who do.
    """
    named, owner = _called_as(context, function)
    if named.name.startswith("_") or not isinstance(owner, ast.Module | ast.ClassDef):
        return False
    uses = _loads(context, named, owner)
    return bool(uses) and all(_is_in_main_block(context, use) for use in uses)


def assumed_callers(context: Context, plan: Plan) -> Iterator[str]:
    """In words, on which functions' calls a plan rests: it takes those in sight for all there are."""
    edited = [touch.definition for touch in plan.touches if touch.edits]
    asked = {one.scope.node for one in edited if one.kind == "parameter"}
    given = {one.node for one in edited if one.kind == "function"}
    functions = (one for one in asked | given | plan.relied if isinstance(one, Function))
    for function in sorted(functions, key=lambda one: one.lineno):
        named, owner = _called_as(context, function)
        count = len(_loads(context, named, owner)) if owner is not None else 0
        if isinstance(owner, ast.Module | ast.ClassDef) and count:
            calls = "the call" if count == 1 else f"the {count} calls"
            yield f"assumes that nobody calls {named.name}() but {calls} in sight"


def functions_asked(context: Context, node: ast.expr, depth: int = 0) -> Iterator[ast.AST]:
    """The functions whose callers say what an expression is."""
    for name in ast.walk(node) if depth < _DEEPEST else ():
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load):
            for definition in context.flow.reaching(name).definitions:
                values = [definition.value] if definition.value is not None else []
                if definition.kind == "parameter":
                    values = [*(values_of_parameter(context, definition) or ())]
                    yield from [definition.scope.node] if values else ()
                for value in values:
                    yield from functions_asked(context, value, depth + 1)


def _called_as(context: Context, function: Function) -> tuple[Function | ast.ClassDef, ast.AST | None]:
    """What calls of a function name, the class for its `__init__`, and what that stands in."""
    owner = context.source.parent(function)
    if isinstance(owner, ast.ClassDef) and function.name == "__init__":
        return owner, context.source.parent(owner)
    return function, owner


def _loads(context: Context, named: Function | ast.ClassDef, owner: ast.AST) -> list[ast.expr]:
    if isinstance(owner, ast.ClassDef):
        return [one for one in context.source.nodes_of(ast.Attribute) if one.attr == named.name]
    return [one for one in context.source.nodes_of(ast.Name) if one.id == named.name]


def _is_in_main_block(context: Context, node: ast.AST) -> bool:
    inner, current = node, context.source.parent(node)
    while current is not None and not isinstance(current, Function | ast.Lambda):
        if isinstance(current, ast.If) and inner in current.body and _asks_for_main(current.test):
            return True
        inner, current = current, context.source.parent(current)
    return False


def _asks_for_main(test: ast.expr) -> bool:
    parts = list(ast.walk(test))
    named = any(getattr(one, "id", "") == "__name__" for one in parts)
    return named and any(getattr(one, "value", "") == "__main__" for one in parts)


def definition_of(context: Context, function: Function) -> Definition | None:
    """The one definition of a function or method, if its name means nothing else."""
    owner = context.source.parent(function)
    if isinstance(owner, ast.ClassDef):
        return attribute_of(context, owner, function.name)
    for scope in context.flow.scopes.values():
        known = scope.definitions.get(function.name, [])
        if any(one.node is function for one in known):
            return known[0] if len(known) == 1 else None
    return None


def values_of_parameter(context: Context, definition: Definition) -> list[ast.expr] | None:
    """Every expression a parameter may hold; None if that is not all in sight."""
    function, name = definition.scope.node, definition.name
    return _values_passed(function, name, callers_of(context, function))


def values_of_field(context: Context, definition: Definition) -> list[ast.expr] | None:
    """The same for a parameter of `__init__`: what every call of the class gives."""
    function = definition.scope.node
    owner = context.source.parent(function)
    if not isinstance(owner, ast.ClassDef) or not isinstance(function, Function):
        return None
    known = context.flow.module.definitions.get(owner.name, [])
    if len(known) != 1 or known[0].node is not owner:
        return None
    is_open = owner.decorator_list or owner.keywords or not context.can_edit(known[0])
    if is_open or function.decorator_list or is_called_by_name(context):
        return None
    calls = [(context.source.parent(use), use) for use in context.flow.uses(known[0])]
    made = [
        _passed(context, call, function) if isinstance(call, ast.Call) and call.func is use else None
        for call, use in calls
    ]
    found = [one for one in made if one is not None]
    complete = found if len(found) == len(made) else None
    return _values_passed(function, definition.name, complete)


def _values_passed(function: ast.AST, name: str, callers: list[Passed] | None) -> list[ast.expr] | None:
    if not callers or not isinstance(function, Function) or is_collecting(function, name):
        return None
    values: list[ast.expr] = []
    for passed in callers:
        value = passed.by_parameter.get(name, default_of(function, name))
        if value is None or (passed.splats and name not in passed.by_parameter):
            return None
        values.append(value)
    return list(dict.fromkeys(values))


def is_collecting(function: Function, name: str) -> bool:
    """Whether the parameter is `*name` or `**name`."""
    collecting = (function.args.vararg, function.args.kwarg)
    return any(one is not None and one.arg == name for one in collecting)


def default_of(function: Function, name: str) -> ast.expr | None:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: Sequence[ast.expr | None] = [
        *[None] * (len(positional) - len(arguments.defaults)),
        *arguments.defaults,
        *arguments.kw_defaults,
    ]
    named = [*positional, *arguments.kwonlyargs]
    return next((value for one, value in zip(named, defaults, strict=True) if one.arg == name), None)


def is_called_by_name(context: Context) -> bool:
    """Whether the file uses a tool that calls its functions with what stands on the command line."""
    whole = (alias.name for node in context.source.nodes_of(ast.Import) for alias in node.names)
    named = (node.module or "" for node in context.source.nodes_of(ast.ImportFrom))
    return any(name.split(".")[0] in _CALLING_BY_NAME for name in (*whole, *named))


def _hands_on(context: Context, function: Function) -> bool:
    return all(_is_transparent(context, decorator) for decorator in function.decorator_list)


def _is_transparent(context: Context, decorator: ast.expr) -> bool:
    value = context.evaluator.value_of(decorator.func if isinstance(decorator, ast.Call) else decorator)
    if not isinstance(value, Foreign):
        return False
    what = value.what
    return what in _HARMLESS or any(
        what.endswith((f" of {name}", f"the module {name}")) for name in _RETRYING
    )


def _passed(context: Context, call: ast.Call, function: Function) -> Passed | None:
    """The binding of a call's arguments; None for `*arguments` and for calls that do not fit."""
    positional = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    if _is_bound(context, function):
        positional = positional[1:]
    too_many = len(call.args) > len(positional)
    if too_many or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    passed = Passed(call, dict(zip(positional, call.args, strict=False)))
    named = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
    for keyword in call.keywords:
        if keyword.arg is None:
            passed.splats.append(keyword.value)
        elif keyword.arg in named:
            passed.by_parameter[keyword.arg] = keyword.value
        else:
            passed.extra.append(keyword)
    return passed


def _is_bound(context: Context, function: Function) -> bool:
    """Whether a call through an attribute fills the first parameter itself."""
    if not isinstance(context.source.parent(function), ast.ClassDef):
        return False
    return not any(getattr(one, "id", "") == "staticmethod" for one in function.decorator_list)
