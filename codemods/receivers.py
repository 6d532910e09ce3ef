# Which expressions of a file may be a function, or on an object, of another file. Follows nothing further.
"""Whether what is called or read in one file is of a class or function of another, the home file.

counts:   Bot().ask(q)    bot.ask(q) of a parameter    self.ask(q) in a class above or beside Bot
does not: openai_bot.ask(q)    Other().ask(q)
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator

from codemods.evaluate import Evaluator
from codemods.evaluation import Evaluation
from codemods.plans import Context, FunctionNode
from codemods.values import (
    Abroad,
    Foreign,
    ProjectModule,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
    is_instance,
)

_BARE_BASES = ("the built-in object", "ABC of abc", "Generic of typing")
# Names of which a call on something unknown says nothing: texts, dicts, lists and files have them.
_OF_EVERYTHING = frozenset().union(*map(dir, (str, dict, list, set, io.TextIOWrapper)))


def _uses(there: Context, function: FunctionNode, owner: ast.AST | None) -> Iterator[ast.expr]:
    """What may be the function, by its name or the name it is imported as."""
    wanted, is_method = function.name, isinstance(owner, ast.ClassDef)
    if isinstance(owner, ast.ClassDef) and is_dunder(function):
        if wanted == "__call__":
            yield from (call.func for call in there.source.nodes_of(ast.Call))
        if wanted != "__init__":
            return
        wanted, is_method = owner.name, False
    for attribute in there.source.nodes_of(ast.Attribute):
        if attribute.attr == wanted and isinstance(attribute.ctx, ast.Load):
            yield attribute
    if is_method:
        return
    aliases = (one for one in there.source.nodes_of(ast.alias) if one.name == wanted)
    names = {wanted, *(one.asname for one in aliases if one.asname)}
    for name in there.source.nodes_of(ast.Name):
        if name.id in names and isinstance(name.ctx, ast.Load):
            yield name


def uses_of(
    home: Context, function: FunctionNode, owner: ast.AST | None, there: Context
) -> Iterator[ast.expr]:
    """What is the function in a file that imports the home file, or may be for all that is known."""
    for use in _uses(there, function, owner):
        if _is_of(home, function, owner, there, use):
            yield use


def uses_where_met(
    home: Context, function: FunctionNode, owner: ast.AST | None, there: Context
) -> Iterator[ast.expr]:
    """The same in a file that does not: there nothing but an object's method may be one of many things."""
    for use in _uses(there, function, owner):
        values = values_with_files(there.evaluator, use)
        local = [home.evaluator.localized(value) for value in values]
        if any(isinstance(one, UserFunction) and one.node is function for one in local):
            yield use
        elif not isinstance(owner, ast.ClassDef):
            continue
        elif is_dunder(function):
            if any(is_instance(one) and _may_be(home, owner, there, one) for one in values):
                yield use
        elif isinstance(use, ast.Attribute):
            received = values_with_files(there.evaluator, use.value)
            is_unknown = all(map(_is_vague, received)) and function.name not in _OF_EVERYTHING
            if is_unknown or any(_may_be(home, owner, there, one, function.name) for one in received):
                yield use


def _is_of(
    home: Context, function: FunctionNode, owner: ast.AST | None, there: Context, use: ast.expr
) -> bool:
    """Whether an expression of another file is the function, or may be for all that is known."""
    values = values_with_files(there.evaluator, use)
    local = [home.evaluator.localized(value) for value in values]
    if any(isinstance(one, UserFunction) and one.node is function for one in local):
        return True
    if not isinstance(owner, ast.ClassDef):
        return isinstance(use, ast.Name) and any(map(_is_vague, values))
    if function.name == "__init__":
        return any(isinstance(one, UserClass) and one.node is owner for one in local)
    if is_dunder(function):
        return any(is_instance(one) and _may_be(home, owner, there, one) for one in values)
    if not isinstance(use, ast.Attribute):
        return False
    receiver = use.value
    if isinstance(receiver, ast.Call) and getattr(receiver.func, "id", "") == "super":
        return True
    received = values_with_files(there.evaluator, receiver)
    return any(_is_vague(one) or _may_be(home, owner, there, one, function.name) for one in received)


def _may_be(home: Context, owner: ast.ClassDef, there: Context, value: Value, method: str = "") -> bool:
    """Whether a value is of the class, of one below it, or stated as one above it.

    method: what is called on it; a class that calls it and does not have it is mixed into one that does,
    and a protocol stands for every class that has it.
    """
    at = there.evaluator.class_at(value)
    if at is None:
        return False
    if home.evaluator.is_class(value, owner, there.evaluator):
        return True
    where, node = at
    if not isinstance(where, Evaluator):
        return False
    if where.is_class(UserInstance(owner), node, home.evaluator):
        return True
    return bool(method) and (_is_protocol(node) or _lacks(where, node, method))


def _is_protocol(node: ast.ClassDef) -> bool:
    names = (getattr(base, "value", base) if isinstance(base, ast.Subscript) else base for base in node.bases)
    return any(getattr(one, "id", getattr(one, "attr", "")) == "Protocol" for one in names)


def _lacks(where: Evaluation, node: ast.ClassDef, name: str) -> bool:
    """Whether neither a class of the user's own nor anything above it has the attribute."""
    if name in where.flow.scopes[node].names or where.inherited_values(node, name):
        return False
    for base in node.bases:
        value = where.value_of(base)
        at = where.class_at(value)
        if at is not None and _lacks(*at, name):
            continue
        if not isinstance(value, Foreign) or value.what not in _BARE_BASES:
            return False
    return True


def loads_of_object(home: Context, name: str, owner: ast.ClassDef, there: Context) -> Iterator[ast.Attribute]:
    """Loads of an attribute of what is surely an object of the class, or stated as one."""
    for attribute in there.source.nodes_of(ast.Attribute):
        if attribute.attr == name and isinstance(attribute.ctx, ast.Load):
            received = values_with_files(there.evaluator, attribute.value)
            if any(_may_be(home, owner, there, one) for one in received):
                yield attribute


def may_hold(home: Context, owner: ast.ClassDef, there: Context, value: Value) -> bool:
    """Whether a value is an object of the class, or may be for all that is known."""
    return _is_vague(value) or _may_be(home, owner, there, value)


def is_module(path: str, value: Value) -> bool:
    """Whether a value is the module of a file."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    return isinstance(value, ProjectModule) and value.stem.removesuffix("/__init__") == stem


def imported_loads(path: str, there: Context, name: str) -> Iterator[ast.Name]:
    """Loads of what `from module import name` binds; the module goes by its last word."""
    *_, package, stem = f"/{path}".removesuffix(".py").split("/")
    module = package if stem == "__init__" else stem
    bound = {
        alias.asname or alias.name
        for node in there.source.nodes_of(ast.ImportFrom)
        for alias in node.names
        if alias.name == name and (node.module or module).split(".")[-1] == module
    }
    for load in there.source.nodes_of(ast.Name):
        if load.id in bound and isinstance(load.ctx, ast.Load):
            yield load


def reads_attribute(name: str) -> re.Pattern[bytes]:
    """What a file holds that reads an attribute of this name."""
    return re.compile(rb"\.\s*%b\b" % re.escape(name.encode()))


def _is_vague(value: Value) -> bool:
    return isinstance(value, Unknown) and not isinstance(value, Abroad | ProjectModule)


def is_dunder(function: FunctionNode) -> bool:
    """Whether a method is called by an operator or the like, not by its name."""
    return function.name.startswith("__") and function.name.endswith("__")


def is_property(function: FunctionNode) -> bool:
    """Whether a method is read as an attribute."""
    names = (getattr(one, "id", getattr(one, "attr", "")) for one in function.decorator_list)
    return any(name in ("property", "cached_property") for name in names)


def values_with_files(evaluator: Evaluator, node: ast.expr) -> tuple[Value, ...]:
    """What an expression is, with other files read where they must be."""
    search = evaluator.search
    before, search.receivers = search.receivers, True
    try:
        return evaluator.values_of(node)
    finally:
        search.receivers = before
