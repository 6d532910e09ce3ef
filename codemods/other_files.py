# The other files of the project that a text goes to. Finds places and contexts; judges no reader.
"""Where other files take what a function of one file gives.

    lib.py: def one(a): … return r.completion        app.py: one(q)[1:]

Each file that is looked into gets a context of its own, made when it is first asked for. How many and
how large they may be is bounded; of the rest it is told whether its text shows that a blank may matter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.evaluate import Evaluator
from codemods.neighbours import LARGEST, evaluator_at
from codemods.outcome import Options
from codemods.passed_values import given_arguments
from codemods.plans import Context, FunctionNode, Readers
from codemods.project import Project
from codemods.sites import find_sites
from codemods.templates import TemplateReader
from codemods.values import (
    Abroad,
    ProjectModule,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
    is_instance,
)

_MOST_FILES = 8
# What a file that is not parsed may do with a text that began with a blank: cut, compare, ask again.
_MAY_COUNT = re.compile(
    rb"\[\s*\d+\s*:|(?:==|!=|\bin|\w\(|[\[{,:])\s*[rRuU]?(?:\"|'|\\\") \S"
    rb"|(?:Human|Assistant):|HUMAN_PROMPT|AI_PROMPT"
)


class OtherFiles:
    """The project around one file that is analysed. Implements `codemods.plans.Elsewhere`."""

    def __init__(self, project: Project, options: Options) -> None:
        self.project = project
        self.options = options
        self._contexts: dict[str, Context] = {}
        self._readers: dict[ast.AST, Readers] = {}

    def readers_of(self, home: Context, function: FunctionNode) -> Readers:
        """Where other files take what the function, or method, of the home file gives."""
        if function not in self._readers:
            self._readers[function] = self._found(home, function)
        return self._readers[function]

    def function_at(self, context: Context, called: ast.expr) -> tuple[Context, FunctionNode] | None:
        """The function of another file that an expression is, with the context of its file."""
        for value in _values(context.evaluator, called):
            if isinstance(value, Abroad) and isinstance(value.value, UserFunction):
                node, home = value.value.node, value.home
                there = self._context(home.path) if isinstance(home, Evaluator) else None
                if there is not None and there.evaluator is home and not isinstance(node, ast.Lambda):
                    return there, node
        return None

    def arguments_for(
        self, home: Context, function: FunctionNode, name: str
    ) -> list[tuple[Context, ast.expr]]:
        """What the calls in other files pass for a parameter, as far as the files are looked into."""
        is_method = isinstance(_owner(home, function), ast.ClassDef)
        return [
            (there, given)
            for there, call in self.readers_of(home, function).results
            if isinstance(call, ast.Call)
            for given in given_arguments(call, function, name, is_method)
        ]

    def loads_of(
        self, home: Context, name: str, owner: ast.ClassDef | None
    ) -> Iterator[tuple[Context, ast.expr]]:
        """Where other files read an attribute of a class, or a variable of the module, of the home file."""
        for path in self.project.all_importers_with(home.path, name) or ():
            there = self._context(path)
            if there is None:
                continue
            for attribute in there.source.nodes_of(ast.Attribute):
                if attribute.attr == name and isinstance(attribute.ctx, ast.Load):
                    received = _values(there.evaluator, attribute.value)
                    if any(_may_hold(home, owner, there, one) for one in received):
                        yield there, attribute
            if owner is None:
                yield from ((there, use) for use in _imported(home, there, name))

    def _found(self, home: Context, function: FunctionNode) -> Readers:
        found = Readers()
        owner = _owner(home, function)
        if isinstance(owner, FunctionNode | ast.Lambda):
            return found  # a function inside a function is seen by nobody else
        word = owner.name if isinstance(owner, ast.ClassDef) and _is_dunder(function) else function.name
        holders = self.project.all_importers_with(home.path, word)
        if holders is None:
            found.unseen.append(f"too many files may call {function.name}, one of which")
        for path in holders or ():
            there = self._context(path)
            if there is None:
                if _MAY_COUNT.search(self.project.read(path) or b""):
                    found.unseen.append(f"{path}, which is not looked into,")
                continue
            self._add(home, function, owner, there, found)
        return found

    def _add(
        self, home: Context, function: FunctionNode, owner: ast.AST | None, there: Context, found: Readers
    ) -> None:
        for use in _uses(there, function, owner):
            if not _is_of(home, function, owner, there, use):
                continue
            above = there.source.parent(use)
            if _is_property(function):
                found.results.append((there, use))
            elif isinstance(above, ast.Call) and above.func is use:
                found.results.append((there, above))
            else:
                found.loose.append((there, use))

    def _context(self, path: str) -> Context | None:
        """The context of a file; None if it cannot be read, is too large, or is one too many."""
        evaluator = evaluator_at(self.project, path) if self._may_look(path) else None
        if evaluator is None:
            return None
        kept = self._contexts.get(path)
        if kept is not None and kept.evaluator is evaluator:
            return kept
        context = Context(
            evaluator.source,
            evaluator.flow,
            evaluator,
            TemplateReader(evaluator.source, evaluator),
            self.options,
            path=path,
            elsewhere=self,
        )
        self._contexts[path] = context
        find_sites(context)
        return context

    def _may_look(self, path: str) -> bool:
        if path in self._contexts:
            return True
        few = len(self._contexts) < _MOST_FILES and path.endswith(".py")
        return few and len(self.project.read(path) or b"") <= LARGEST


def _owner(home: Context, function: FunctionNode) -> ast.AST | None:
    """The class, function or module that a function stands in, through `if` and `try`."""
    above = home.source.parent(function)
    while above is not None and not isinstance(above, FunctionNode | ast.Lambda | ast.ClassDef | ast.Module):
        above = home.source.parent(above)
    return above


def _uses(there: Context, function: FunctionNode, owner: ast.AST | None) -> Iterator[ast.expr]:
    """What may be the function, by its name or the name it is imported as."""
    wanted, is_method = function.name, isinstance(owner, ast.ClassDef)
    if isinstance(owner, ast.ClassDef) and _is_dunder(function):
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


def _is_of(
    home: Context, function: FunctionNode, owner: ast.AST | None, there: Context, use: ast.expr
) -> bool:
    """Whether an expression of another file is the function, or may be for all that is known."""
    values = _values(there.evaluator, use)
    local = [home.evaluator.localized(value) for value in values]
    if any(isinstance(one, UserFunction) and one.node is function for one in local):
        return True
    if not isinstance(owner, ast.ClassDef):
        return isinstance(use, ast.Name) and any(map(_is_vague, values))
    if function.name == "__init__":
        return any(isinstance(one, UserClass) and one.node is owner for one in local)
    if _is_dunder(function):
        return any(is_instance(one) and _may_be(home, owner, there, one) for one in values)
    if not isinstance(use, ast.Attribute):
        return False
    receiver = use.value
    if isinstance(receiver, ast.Call) and getattr(receiver.func, "id", "") == "super":
        return True
    received = _values(there.evaluator, receiver)
    return any(_is_vague(one) or _may_be(home, owner, there, one) for one in received)


def _may_be(home: Context, owner: ast.ClassDef, there: Context, value: Value) -> bool:
    """Whether a value is of the class, of one below it, or stated as one above it."""
    at = there.evaluator.class_at(value)
    if at is None:
        return False
    if home.evaluator.is_class(value, owner, there.evaluator):
        return True
    where, node = at
    return isinstance(where, Evaluator) and where.is_class(UserInstance(owner), node, home.evaluator)


def _may_hold(home: Context, owner: ast.ClassDef | None, there: Context, value: Value) -> bool:
    """Whether a value is an object of the class; without a class, whether it is the home file's module."""
    if owner is None:
        stem = home.path.removesuffix(".py").removesuffix("/__init__")
        return isinstance(value, ProjectModule) and value.stem.removesuffix("/__init__") == stem
    return _is_vague(value) or _may_be(home, owner, there, value)


def _imported(home: Context, there: Context, name: str) -> Iterator[ast.Name]:
    """Loads of what `from module import name` binds; the module goes by its last word."""
    *_, package, stem = f"/{home.path}".removesuffix(".py").split("/")
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


def _is_vague(value: Value) -> bool:
    return isinstance(value, Unknown) and not isinstance(value, Abroad | ProjectModule)


def _is_dunder(function: FunctionNode) -> bool:
    return function.name.startswith("__") and function.name.endswith("__")


def _is_property(function: FunctionNode) -> bool:
    names = (getattr(one, "id", getattr(one, "attr", "")) for one in function.decorator_list)
    return any(name in ("property", "cached_property") for name in names)


def _values(evaluator: Evaluator, node: ast.expr) -> tuple[Value, ...]:
    """What an expression is, with other files read where they must be."""
    search = evaluator.search
    before, search.receivers = search.receivers, True
    try:
        return evaluator.values_of(node)
    finally:
        search.receivers = before
