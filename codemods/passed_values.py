# What callers pass for a parameter, in this file and in others. Knows calls; judges no value.
"""The part of the evaluator that finds the callers of the file's functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from codemods.class_attributes import Attributes
from codemods.evaluation import Evaluation, is_telling, is_test, without_none
from codemods.values import (
    Client,
    Constant,
    CreateMethod,
    Foreign,
    PassedByTest,
    Resource,
    Unknown,
    UserFunction,
    Value,
    at_home,
)

# Such as "MagicMock of unittest.mock", "mock of unittest" and "the module mock".
_OF_MOCKS = re.compile(r"(?:of|module) (?:unittest\.)?mock$|^mock of unittest$")
_FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef


class Callers(Attributes):
    """Values of parameters."""

    _calls_by_name: dict[str, list[ast.Call]] | None

    def passed_values(self, function: ast.AST, name: str, is_told: bool = False) -> list[Value]:
        """What all callers in sight pass for a parameter; `is_told`: its default says what it is already."""
        found: list[Value] = []
        for argument in self.passed_arguments(function, name):
            given = (value for value in self.values_of(argument) if self._counts(value))
            found.extend(self.passed_by_test(value) if is_mock(value) else value for value in given)
        if self.search.receivers:
            found.extend(self.passed_from_elsewhere(function, name, is_told or bool(found)))
        return found

    def _counts(self, value: Value) -> bool:
        if isinstance(value, PassedByTest):
            value = value.value
        if self.search.receivers:
            return (is_telling(value) and not isinstance(value, Foreign)) or _is_named(value)
        return isinstance(value, Client | Foreign | Resource | CreateMethod | Constant)

    def passed_arguments(self, function: ast.AST, name: str) -> list[ast.expr]:
        """What the calls in this file pass for a parameter of one of its functions."""
        if not isinstance(function, _FunctionDef):
            return []
        owner = self.source.parents.get(function)
        is_method = isinstance(owner, ast.ClassDef)
        called_as = function.name
        if function.name == "__init__" and isinstance(owner, ast.ClassDef):
            called_as = owner.name
        calls: Iterable[ast.Call] = self.calls_named(called_as)
        if self.search.receivers:
            through = self._calls_through_classes(function, owner) if isinstance(owner, ast.ClassDef) else ()
            calls = [call for call in (*calls, *through) if self._may_call(call, function)]
        return [given for call in calls for given in given_arguments(call, function, name, is_method)]

    def _may_call(self, call: ast.Call, function: _FunctionDef) -> bool:
        """Whether a call by the function's name may be of it: not one that is surely of something else."""
        values = self.values_of(call.func)
        surely = bool(values) and all(is_telling(value) for value in values)
        return not surely or any(self._is_called(value, function, self) for value in values)

    def _calls_through_classes(self, function: _FunctionDef, owner: ast.ClassDef) -> Iterator[ast.Call]:
        """Calls that reach a method through a class below its own: `Below(…)`, `super().__init__(…)`."""
        below = self.subclasses(owner)
        if function.name == "__init__":
            for one in below:
                if "__init__" not in self.flow.scopes[one].names:
                    yield from self.calls_named(one.name)
            for call in self.calls_named("__init__"):
                if _is_super(call) and _class_around(self, call) in below:
                    yield call

    def calls_named(self, name: str) -> list[ast.Call]:
        """Every call in the file of something with this last name."""
        if self._calls_by_name is None:
            self._calls_by_name = {}
            for node in self.source.nodes_of(ast.Call):
                called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                if isinstance(called, str):
                    self._calls_by_name.setdefault(called, []).append(node)
        return self._calls_by_name.get(name, [])

    # -- other files ----------------------------------------------------------------------------

    def passed_from_elsewhere(self, function: ast.AST, name: str, is_told: bool) -> list[Value]:
        """What the calls in other files pass for a parameter of one of this file's functions.

        What tests pass counts only if nothing else tells: they pass fakes.
        """
        owner = self.source.parents.get(function)
        if self.elsewhere is None or not isinstance(function, _FunctionDef):
            return []
        if not isinstance(owner, ast.Module | ast.ClassDef):
            return []  # a function inside a function has no callers elsewhere
        through_class = function.name == "__init__" and isinstance(owner, ast.ClassDef)
        called_as = owner.name if through_class and isinstance(owner, ast.ClassDef) else function.name
        others = self.elsewhere.importers_with(self.path, called_as)
        if others is None:
            return [Unknown(f"too many files name {called_as}")]
        found: list[Value] = []
        tests: list[Value] = []
        for home in others:
            values = [
                self.passed_by_test(brought) if is_mock(brought) else brought
                for call in self._calls_from(home, function, called_as)
                for given in given_arguments(call, function, name, isinstance(owner, ast.ClassDef))
                for value in without_none(home.values_of(given))
                for brought in (self.brought(home, value, name),)
            ]
            (tests if is_test(home.path) else found).extend(values)
        passed = found if found or is_told else tests
        return [value for value in passed if self._counts(value)]

    def _calls_from(self, home: Evaluation, function: _FunctionDef, called_as: str) -> Iterator[ast.Call]:
        """The calls in another file that are known to be of this function."""
        for call in home.calls_named(called_as):
            if any(
                self._is_called(home.localized(value), function, home) for value in home.values_of(call.func)
            ):
                yield call
        if function.name == "__init__":
            owner = self.source.parents[function]
            assert isinstance(owner, ast.ClassDef)
            for call in home.calls_named("__init__"):
                around = _class_around(home, call)
                if _is_super(call) and around is not None and self._is_below(home, around, owner):
                    yield call

    def _is_called(self, value: Value, function: _FunctionDef, home: Evaluation) -> bool:
        inner = at_home(value)
        if isinstance(inner, UserFunction):
            return inner.node is function
        owner = self.source.parents[function]
        is_class = isinstance(owner, ast.ClassDef) and function.name == "__init__"
        return is_class and isinstance(owner, ast.ClassDef) and self.is_class(value, owner, home)

    def _is_below(self, home: Evaluation, node: ast.ClassDef, owner: ast.ClassDef) -> bool:
        return any(self.is_class(value, owner, home) for base in node.bases for value in home.values_of(base))


def given_arguments(call: ast.Call, function: _FunctionDef, name: str, is_method: bool) -> Iterator[ast.expr]:
    """What a call gives for a parameter, by name or by position."""
    yield from (keyword.value for keyword in call.keywords if keyword.arg == name)
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    if name in names:
        index = names.index(name) - (1 if is_method and not _is_static(function) else 0)
        if 0 <= index < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args):
            yield call.args[index]


def is_mock(value: Value) -> bool:
    """Whether it is an object of a library that makes test doubles."""
    return isinstance(value, Foreign) and _OF_MOCKS.search(value.what) is not None


def _is_static(function: _FunctionDef) -> bool:
    return any(getattr(one, "id", None) == "staticmethod" for one in function.decorator_list)


def _is_super(call: ast.Call) -> bool:
    function = call.func
    inner = function.value if isinstance(function, ast.Attribute) else None
    return isinstance(inner, ast.Call) and getattr(inner.func, "id", None) == "super"


def _class_around(home: Evaluation, node: ast.AST) -> ast.ClassDef | None:
    current = home.source.parent(node)
    while current is not None and not isinstance(current, ast.ClassDef):
        current = home.source.parent(current)
    return current


def _is_named(value: Value) -> bool:
    """Whether a foreign value is something that has a name of its own, such as another package's client."""
    return isinstance(value, Foreign) and not value.is_plain
