# What the parts of the evaluator share: the state of a question, and what they ask of each other.
"""The evaluator's common ground.

One question may lead through several files, each with its own evaluator. They share one `Search`,
which bounds the steps of a question and notices when it comes back to where it has been.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from codemods.flow import Definition, Flow
from codemods.sdk_surface import is_none
from codemods.source import Source
from codemods.values import (
    Abroad,
    Client,
    Constant,
    CreateMethod,
    Display,
    Foreign,
    PassedByTest,
    ProjectModule,
    Resource,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
    at_home,
)

_MOST_STEPS = 4_000
_DEEPEST = 60
TOO_FAR = Unknown("it is too far from here to be followed")


@dataclass(slots=True)
class Search:
    """The state of the question that is being answered.

    active: what is being evaluated. looped: those of them that were met again, so that answers found
    below them may lack an alternative and are not kept. receivers: whether it is asked what a method
    is called on, which alone is worth a search of other files.
    """

    active: set[object] = field(default_factory=set)
    looped: set[object] = field(default_factory=set)
    steps: int = 0
    is_cut: bool = False
    receivers: bool = False

    @contextmanager
    def entered(self, what: object) -> Iterator[bool]:
        """Whether `what` is not being evaluated already; while it is, it stays marked."""
        if not self.active:
            self.steps, self.is_cut = 0, False
        if what in self.active:
            self.looped.add(what)
            yield False
            return
        self.active.add(what)
        self.steps += 1
        try:
            yield True
        finally:
            self.active.discard(what)
            self.looped.discard(what)

    def is_over(self) -> bool:
        """Whether the question has become too long; from then on its answers are not kept."""
        over = self.steps > _MOST_STEPS or len(self.active) > _DEEPEST
        self.is_cut = self.is_cut or over
        return over

    def is_final(self) -> bool:
        return not self.looped and not self.is_cut


class Elsewhere(Protocol):
    """The user's other files, as an evaluator may ask about them."""

    search: Search

    def imported(self, importer: str, module: str, level: int, name: str) -> tuple[Value, ...] | None:
        """Values of an imported name, of the module itself for ""; None if it is not the user's."""

    def starred(self, importer: str, module: str, level: int, name: str) -> tuple[Value, ...]:
        """Values of a name that a star import may bring; empty if it does not."""

    def member(self, module: ProjectModule, name: str) -> tuple[Value, ...]:
        """Values of an attribute of a module."""

    def overrides(self, path: str, class_name: str) -> bool:
        """Whether a file other than `path` derives from the class and replaces what clients have."""

    def importers_with(self, path: str, text: str) -> Sequence[Evaluation] | None:
        """The files that import the one at `path` and hold the text; None if they are too many to look at."""

    def words_for(self, path: str, name: str) -> str:
        """How to name something of a file in a reason."""


class Evaluation(ABC):
    """What each part of the evaluator may ask of the whole."""

    source: Source
    flow: Flow
    path: str
    elsewhere: Elsewhere | None
    search: Search

    @abstractmethod
    def values_of(self, node: ast.expr) -> tuple[Value, ...]:
        """Alternatives of an expression."""

    @abstractmethod
    def value_of(self, node: ast.expr) -> Value:
        """The alternatives joined."""

    @abstractmethod
    def text_of(self, node: ast.expr) -> str | None:
        """The text of a constant expression."""

    @abstractmethod
    def values_of_definition(self, definition: Definition) -> tuple[Value, ...]:
        """What a name is after a definition."""

    @abstractmethod
    def instance_of(self, node: ast.ClassDef, line: int = 0) -> Value:
        """What calling one of the file's classes makes."""

    @abstractmethod
    def attribute_values(self, node: ast.ClassDef, name: str) -> list[Value]:
        """What an attribute of one of the file's classes can be."""

    @abstractmethod
    def inherited_values(self, node: ast.ClassDef, name: str) -> list[Value]:
        """What a class and those above it set the attribute to."""

    @abstractmethod
    def returned_values(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[Value]:
        """What a call of one of the file's functions can give."""

    @abstractmethod
    def called_values(self, function: Value, node: ast.Call) -> list[Value]:
        """What a call of a value gives."""

    @abstractmethod
    def items_of(self, display: Display, key: object) -> list[Value]:
        """What an item of one of the file's displays can be; `key` None stands for any."""

    @abstractmethod
    def calls_named(self, name: str) -> list[ast.Call]:
        """Every call in the file of something with this last name."""

    @abstractmethod
    def passed_arguments(self, function: ast.AST, name: str) -> list[ast.expr]:
        """What the calls in this file pass for a parameter of one of its functions."""

    @abstractmethod
    def passed_from_elsewhere(self, function: ast.AST, name: str, is_told: bool) -> list[Value]:
        """What the calls in other files pass for a parameter of one of this file's functions."""

    @abstractmethod
    def exported(self, name: str) -> list[Value]:
        """What another file gets that imports the name from this one."""

    # -- across files ---------------------------------------------------------------------------

    def portable(self, value: Value, name: str) -> Value:
        """A value of this file as another one sees it. `name` says in words what was asked for."""
        plain = isinstance(value, Foreign) and value.is_plain
        if plain or isinstance(value, UserClass | UserInstance | UserFunction):
            where = self.elsewhere.words_for(self.path, name) if self.elsewhere else name
            return Abroad(where, value, self)
        if isinstance(value, Client):
            return replace(
                value, evidence=tuple(dict.fromkeys((*value.evidence, f"{name} comes from {self.path}")))
            )
        return value

    def localized(self, value: Value) -> Value:
        """A value that came back to the file it is from."""
        if isinstance(value, PassedByTest):
            return replace(value, value=self.localized(value.value))
        return value.value if isinstance(value, Abroad) and value.home is self else value

    def brought(self, home: Evaluation, value: Value, name: str) -> Value:
        """A value of some file as this one sees it.

        A number or text that an attribute or a call gives there is only one that it may give.
        """
        if home is self:
            return value
        if isinstance(value, Constant) and not is_none(value) and not is_marker(value):
            return Unknown(self.elsewhere.words_for(home.path, name) if self.elsewhere else name)
        brought = self.localized(home.portable(value, name))
        is_double = is_test(home.path) and isinstance(at_home(brought), Foreign | UserInstance)
        return self.passed_by_test(brought) if is_double else brought

    def passed_by_test(self, value: Value) -> Value:
        """What a test or a mock gives to this file; in a test it is what it is."""
        if is_test(self.path) or isinstance(value, PassedByTest):
            return value
        return PassedByTest(getattr(value, "reason", "a test passes it"), value)

    def class_at(self, value: Value) -> tuple[Evaluation, ast.ClassDef] | None:
        """The class that a value is or is an instance of, with the evaluator of its file."""
        home: Evaluation = self
        if isinstance(value, PassedByTest):
            value = value.value
        if isinstance(value, Abroad):
            assert isinstance(value.home, Evaluation)
            home, value = value.home, value.value
        return (home, value.node) if isinstance(value, UserClass | UserInstance) else None


def is_test(path: str) -> bool:
    """Whether a file is there for tests, by its name and folders."""
    *folders, file = path.replace("\\", "/").split("/")
    named = file.startswith(("test_", "conftest")) or file.endswith("_test.py")
    return named or bool({"tests", "test", "testing"} & set(folders))


def is_ours(value: Value) -> bool:
    """Whether it is a client or a part of one."""
    return isinstance(value, Client | Resource | CreateMethod)


def is_marker(value: Constant) -> bool:
    """Whether it is a text with a turn marker in it."""
    return isinstance(value.value, str) and ("Human:" in value.value or "Assistant:" in value.value)


def is_telling(value: Value) -> bool:
    """Whether it says what a receiver is, one way or the other."""
    return is_ours(value) or isinstance(at_home(value), Foreign | UserInstance | UserFunction | UserClass)


def without_none(values: Sequence[Value]) -> list[Value]:
    return [value for value in values if not is_none(value)]
