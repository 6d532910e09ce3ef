# Attributes of the user's classes, as values. Knows class bodies, stores, fields and validators.
"""The part of the evaluator that says what `self.name` can be.

An attribute comes from the class body, from stores in methods, from what a constructor is given for
a field, from bases and subclasses. What a receiver is, is worth asking other files as well, if this
one does not say: there a start-up function may set `state.client`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import chain

from codemods.annotations import Annotations
from codemods.evaluation import Evaluation, is_ours, is_telling, without_none
from codemods.flow import Definition
from codemods.values import (
    Constant,
    Foreign,
    ProjectModule,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
)

_FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef
_PROPERTIES = frozenset({"property", "cached_property", "async_cached_property"})
# A method of a pydantic model that may fill in its fields through the dict of values it is given.
_VALIDATORS = frozenset({"root_validator", "model_validator", "pre_init", "validator", "field_validator"})


class Attributes(Annotations):
    """Values of attributes."""

    _computed_names: bool | None
    _below: dict[str, list[ast.ClassDef]] | None
    _attributes: dict[tuple[ast.ClassDef, str, bool], list[Value]]

    def attribute_values(self, node: ast.ClassDef, name: str) -> list[Value]:
        """What `self.<name>` of a class can be, by its body, its methods, its bases and the classes below."""
        key = (node, name, self.search.receivers)
        if key in self._attributes:
            return self._attributes[key]
        with self.search.entered((node, name)) as first:
            if not first:
                return []
            found = self.inherited_values(node, name)
            for below in self.subclasses(node):
                found.extend(self.inherited_values(below, name))
            if self.search.receivers and not any(map(is_ours, found)):
                found.extend(self._set_elsewhere(node, name))
        found = found or [Unknown(f"attribute {name} of {node.name} is set where we cannot see it")]
        if self.search.is_final():
            self._attributes[key] = found
        return found

    def inherited_values(self, node: ast.ClassDef, name: str) -> list[Value]:
        """What a class and those above it set the attribute to."""
        with self.search.entered((node, name, "above")) as first:
            if not first:
                return []
            found = self._own_attribute(node, name)
            for base in node.bases:
                at = self.class_at(self.value_of(base))
                if at is not None and at[1] is not node:
                    home, above = at
                    found.extend(self.brought(home, v, name) for v in home.inherited_values(above, name))
            return found

    def _own_attribute(self, node: ast.ClassDef, name: str) -> list[Value]:
        found: list[Value] = []
        for definition in self.flow.scopes[node].definitions.get(name, ()):
            found.extend(self._class_level(definition))
        if self._sets_by_name():
            found.append(Unknown("the file sets attributes by computed names"))
        for target, value in self.flow.attribute_stores.get(name, ()):
            if isinstance(self.value_of(target.value), Unknown):
                found.append(Unknown(f"line {target.lineno} sets .{name} of something unknown"))
            if not self._is_own(target.value, node):
                continue
            if value is None:
                found.append(Unknown(f"line {target.lineno} sets {name} in a way that is not followed"))
            else:
                found.extend(without_none(self.values_of(value)))
        found.extend(self._validated(node, name))
        if self.search.receivers and self._is_field(node, name):
            found.extend(self.field_arguments(node, name))
        return found

    def _sets_by_name(self) -> bool:
        """Whether something like `setattr(self, name, value)` stands in the file."""
        if self._computed_names is None:
            text = self.source.data
            self._computed_names = b"setattr(" in text or b"__dict__" in text
        return self._computed_names

    def subclasses(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """Classes of this file below a class: what `self` may be in its methods."""
        if self._below is None:
            self._below = {}
            for one in self.flow.scopes:
                for base in one.bases if isinstance(one, ast.ClassDef) else ():
                    above = base.value if isinstance(base, ast.Subscript) else base
                    name = getattr(above, "id", None) or getattr(above, "attr", None)
                    if isinstance(name, str) and isinstance(one, ast.ClassDef):
                        self._below.setdefault(name, []).append(one)
        found = {node: None}
        stack = [node]
        while stack:
            for one in self._below.get(stack.pop().name, ()):
                if one not in found:
                    found[one] = None
                    stack.append(one)
        return list(found)[1:]

    def _class_level(self, definition: Definition) -> Iterable[Value]:
        node = definition.node
        if isinstance(node, _FunctionDef):
            names = {getattr(d, "id", None) or getattr(d, "attr", None) for d in node.decorator_list}
            if names & _PROPERTIES:
                return self.returned_values(node)
            return (UserFunction(node),)
        if isinstance(node, ast.AnnAssign) and (stated := self.stated_value(node.annotation)) is not None:
            return (stated,)
        found = without_none(self.values_of_definition(definition))
        if isinstance(node, ast.AnnAssign) and any(isinstance(value, Constant) for value in found):
            found.append(Unknown(f"the field {definition.name} has a default that an instance may not keep"))
        return found

    def _is_own(self, receiver: ast.expr, node: ast.ClassDef) -> bool:
        """Whether a receiver is an object of this very class: what a class below sets, its siblings lack."""
        value = self.value_of(receiver)
        return isinstance(value, UserInstance | UserClass) and value.node is node

    # -- models and dataclasses -----------------------------------------------------------------

    def _validated(self, node: ast.ClassDef, name: str) -> Iterator[Value]:
        """What a model's validators store under the name of a field: `values["client"] = …`."""
        if not self.search.receivers:
            return
        for method in node.body:
            if not isinstance(method, _FunctionDef) or not _decorators(method) & _VALIDATORS:
                continue
            for target, value in _item_stores(method):
                key = target.slice
                if isinstance(key, ast.Constant) and key.value == name:
                    yield from without_none(self.values_of(value))

    def _is_field(self, node: ast.ClassDef, name: str) -> bool:
        """Whether the constructor takes the attribute by name, as those of dataclasses and models do."""
        fields = (one.node for one in self.flow.scopes[node].definitions.get(name, ()))
        stated = any(isinstance(field, ast.AnnAssign) for field in fields)
        return stated and "__init__" not in self.flow.scopes[node].names

    def field_arguments(self, node: ast.ClassDef, name: str) -> list[Value]:
        """What the calls of a class hand over for one of its fields."""
        fields = [
            part.target.id
            for part in node.body
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
        ]
        found: list[Value] = []
        for home in chain([self], self._others_with(node.name) or ()):
            for call in home.calls_named(node.name):
                if any(
                    self.is_class(home.localized(value), node, home) for value in home.values_of(call.func)
                ):
                    given = _argument(call, name, fields)
                    values = home.values_of(given) if given is not None else ()
                    found.extend(self.brought(home, value, name) for value in values)
        return [value for value in without_none(found) if is_telling(value)]

    def is_class(self, value: Value, node: ast.ClassDef, home: Evaluation) -> bool:
        """Whether a value in another file is this file's class, or an instance, or of a class below it."""
        waiting = [home.class_at(value)]
        seen: set[ast.ClassDef] = set()
        while waiting:
            at = waiting.pop()
            if at is None or at[1] in seen:
                continue
            where, below = at
            if below is node:
                return True
            seen.add(below)
            waiting.extend(where.class_at(where.value_of(base)) for base in below.bases)
        return False

    # -- other files ----------------------------------------------------------------------------

    def _others_with(self, text: str, path: str | None = None) -> list[Evaluation] | None:
        """The files that import this one, or the one at `path`, and hold the text."""
        if self.elsewhere is None or not self.search.receivers:
            return []
        found = self.elsewhere.importers_with(path or self.path, text)
        return None if found is None else [home for home in found if home is not self]

    def _set_elsewhere(self, node: ast.ClassDef, name: str) -> Iterator[Value]:
        """What other files set the attribute to, on an instance or in a class below this one."""
        others = self._others_with(f".{name} =")
        if others is None:
            yield Unknown(f"too many files set .{name}")
            return
        for home in others:
            for target, value in home.flow.attribute_stores.get(name, ()):
                owners = (home.localized(one) for one in home.values_of(target.value))
                if value is not None and any(self.is_class(one, node, home) for one in owners):
                    yield from self._brought(home, value, name)

    def set_in_module(self, module: ProjectModule, name: str) -> Iterator[Value]:
        """What files set a module's name to from outside: `state.client = Anthropic()`."""
        for home in (self, *(self._others_with(f".{name} =", f"{module.stem}.py") or ())):
            for target, value in home.flow.attribute_stores.get(name, ()):
                stems = {one.stem for one in home.values_of(target.value) if isinstance(one, ProjectModule)}
                if value is not None and module.stem in stems:
                    yield from self._brought(home, value, name)

    def _brought(self, home: Evaluation, node: ast.expr, name: str) -> Iterator[Value]:
        for value in without_none(home.values_of(node)):
            if is_telling(value) and not isinstance(value, Foreign):
                yield self.brought(home, value, name)


def _decorators(function: _FunctionDef) -> set[str | None]:
    called = (one.func if isinstance(one, ast.Call) else one for one in function.decorator_list)
    return {getattr(one, "id", None) or getattr(one, "attr", None) for one in called}


def _item_stores(function: _FunctionDef) -> Iterator[tuple[ast.Subscript, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets if isinstance(target, ast.Subscript))


def _argument(call: ast.Call, name: str, positions: list[str]) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    index = positions.index(name) if name in positions else len(call.args)
    starred = any(isinstance(one, ast.Starred) for one in call.args[: index + 1])
    return call.args[index] if index < len(call.args) and not starred else None
