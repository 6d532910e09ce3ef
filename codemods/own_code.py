# Functions, parameters, annotations and attributes of the file's own code, as values.
"""The half of the evaluator that crosses function and class borders inside one file."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable

from codemods.flow import Definition, Flow
from codemods.sdk_surface import client_flavour, is_none, join_values
from codemods.source import Source
from codemods.values import (
    Client,
    Constant,
    CreateMethod,
    Foreign,
    Resource,
    Symbol,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
)


class OwnCode(ABC):
    """Values that the file's own functions and classes pass around."""

    source: Source
    flow: Flow
    _calls_by_name: dict[str, list[ast.Call]] | None
    _attribute_guard: set[tuple[ast.ClassDef, str]]
    _computed_names: bool | None = None

    @abstractmethod
    def values_of(self, node: ast.expr) -> tuple[Value, ...]:
        """Alternatives of an expression."""

    @abstractmethod
    def value_of(self, node: ast.expr) -> Value:
        """The alternatives joined."""

    @abstractmethod
    def values_of_definition(self, definition: Definition) -> tuple[Value, ...]:
        """What a name is after a definition."""

    @abstractmethod
    def _instance(self, node: ast.ClassDef, call: ast.Call) -> Value:
        """What calling one of the file's classes makes."""

    def _parameter(self, definition: Definition, node: ast.arg) -> Iterable[Value]:
        function = definition.scope.node
        owner = self._class_of_method(function, node)
        if owner is not None:
            return (owner,)
        if node.annotation is not None:
            stated = self._annotated(node.annotation)
            if stated is not None:
                return (stated,)
        found: list[Value] = [Unknown(f"{node.arg} is a parameter")]
        default = _default_of(function, node)
        if default is not None:
            found.extend(value for value in self.values_of(default) if not is_none(value))
        found.extend(self._passed_values(function, node))
        return found

    def _passed_values(self, function: ast.AST, node: ast.arg) -> list[Value]:
        found: list[Value] = []
        for argument in self.passed_arguments(function, node.arg):
            found.extend(
                value
                for value in self.values_of(argument)
                if isinstance(value, Client | Foreign | Resource | CreateMethod | Constant)
            )
        return found

    def passed_arguments(self, function: ast.AST, name: str) -> list[ast.expr]:
        """What the calls in this file pass for a parameter of one of its functions."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        is_method = isinstance(self.source.parents.get(function), ast.ClassDef)
        called_as = function.name
        owner = self.source.parents.get(function)
        if function.name == "__init__" and isinstance(owner, ast.ClassDef):
            called_as = owner.name
        found: list[ast.expr] = []
        for call in self.calls_named(called_as):
            found.extend(keyword.value for keyword in call.keywords if keyword.arg == name)
            if name in names:
                index = names.index(name) - (1 if is_method else 0)
                if 0 <= index < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args):
                    found.append(call.args[index])
        return found

    def calls_named(self, name: str) -> list[ast.Call]:
        """Every call in the file of something with this last name."""
        if self._calls_by_name is None:
            self._calls_by_name = {}
            for node in self.source.nodes_of(ast.Call):
                called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                if isinstance(called, str):
                    self._calls_by_name.setdefault(called, []).append(node)
        return self._calls_by_name.get(name, [])

    def _class_of_method(self, function: ast.AST, node: ast.arg) -> Value | None:
        owner = self.source.parents.get(function)
        if not isinstance(owner, ast.ClassDef) or not isinstance(
            function, ast.FunctionDef | ast.AsyncFunctionDef
        ):
            return None
        positional = [*function.args.posonlyargs, *function.args.args]
        if not positional or positional[0] is not node:
            return None
        decorators = {getattr(d, "id", None) for d in function.decorator_list}
        if "staticmethod" in decorators:
            return None
        if "classmethod" in decorators:
            return UserClass(owner)
        made = self._instance(owner, ast.Call(ast.Name("", ast.Load()), [], []))
        return made if isinstance(made, Client | Unknown) else UserInstance(owner)

    def _annotated(self, annotation: ast.expr) -> Value | None:
        """The client or class an annotation names; None if it says nothing we use."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self._annotated_by_text(annotation.value)
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            name = getattr(annotation.value, "id", None) or getattr(annotation.value, "attr", None)
            if name in ("Optional", "Annotated", "ClassVar", "Final"):
                return self._annotated(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
            if name == "Union" and isinstance(inner, ast.Tuple):
                return self._union(inner.elts)
            return Foreign("a container") if name in ("List", "list", "Dict", "dict", "Callable") else None
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            return self._union([annotation.left, annotation.right])
        if isinstance(annotation, ast.Name | ast.Attribute):
            return self._stated_class(annotation)
        return None

    def _union(self, members: list[ast.expr]) -> Value | None:
        found = [self._annotated(member) for member in members if not _is_none_node(member)]
        if not found or any(value is None for value in found):
            return None
        return join_values([value for value in found if value is not None])

    def _annotated_by_text(self, text: str) -> Value | None:
        try:
            parsed = ast.parse(text, mode="eval").body
        except SyntaxError:
            return None
        name = parsed.id if isinstance(parsed, ast.Name) else None
        if name is None:
            return None
        for definition in self.flow.module.definitions.get(name, ()):
            value = join_values(self.values_of_definition(definition))
            if isinstance(value, Symbol) and (flavour := client_flavour(value)):
                return Client(flavour, (f'annotated as "{text}"',))
        return None

    def _stated_class(self, annotation: ast.Name | ast.Attribute) -> Value | None:
        value = self.value_of(annotation)
        if isinstance(value, Symbol) and (flavour := client_flavour(value)):
            return Client(flavour, (f"annotated as {value.path} at line {annotation.lineno}",))
        if isinstance(value, UserClass):
            return self._instance(value.node, ast.Call(annotation, [], []))
        if isinstance(value, Foreign) and not value.what.startswith(("the built-in", "Any of", "object of")):
            return value
        if isinstance(value, Foreign) and value.what in (
            "the built-in str",
            "the built-in int",
            "the built-in dict",
        ):
            return value
        return None

    def returned_values(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[Value]:
        """What a call of one of the file's functions can give."""
        if isinstance(function, ast.Lambda):
            return list(self.values_of(function.body))
        found: list[Value] = []
        if function.returns is not None:
            stated = self._annotated(function.returns)
            if isinstance(stated, Client):
                return [stated]
        for node in _own_nodes(function):
            if isinstance(node, ast.Return) and node.value is not None:
                found.extend(value for value in self.values_of(node.value) if not is_none(value))
            elif isinstance(node, ast.Yield) and node.value is not None:
                found.extend(self.values_of(node.value))
        return found or [Unknown(f"{function.name} returns nothing we can see")]

    def attribute_values(self, node: ast.ClassDef, name: str) -> list[Value]:
        """What `self.<name>` of a class can be, from its body, its methods and its bases in this file."""
        if (node, name) in self._attribute_guard:
            return []
        self._attribute_guard.add((node, name))
        try:
            found = self._own_attribute(node, name)
            for below in self._subclasses(node):
                found.extend(self._own_attribute(below, name))
            for base in node.bases:
                value = self.value_of(base)
                if isinstance(value, UserClass) and value.node is not node:
                    found.extend(
                        v for v in self.attribute_values(value.node, name) if not isinstance(v, Unknown)
                    )
        finally:
            self._attribute_guard.discard((node, name))
        return found or [Unknown(f"attribute {name} of {node.name} is set where we cannot see it")]

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
                found.extend(v for v in self.values_of(value) if not is_none(v))
        return found

    def _sets_by_name(self) -> bool:
        """Whether something like `setattr(self, name, value)` stands in the file."""
        if self._computed_names is None:
            text = self.source.data
            self._computed_names = b"setattr(" in text or b"__dict__" in text
        return self._computed_names

    def _subclasses(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """Classes of this file below a class: what `self` may be in its methods."""
        found = [node]
        classes = [one for one in self.flow.scopes if isinstance(one, ast.ClassDef)]
        for above in found:
            for one in classes:
                names = {base.id for base in one.bases if isinstance(base, ast.Name)}
                if above.name in names and one not in found:
                    found.append(one)
        return found[1:]

    def _class_level(self, definition: Definition) -> Iterable[Value]:
        node = definition.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = {getattr(d, "id", None) or getattr(d, "attr", None) for d in node.decorator_list}
            if names & {"property", "cached_property"}:
                return self.returned_values(node)
            return (UserFunction(node),)
        if isinstance(node, ast.AnnAssign) and (stated := self._annotated(node.annotation)) is not None:
            return (stated,)
        return [value for value in self.values_of_definition(definition) if not is_none(value)]

    def _is_own(self, receiver: ast.expr, node: ast.ClassDef) -> bool:
        value = self.value_of(receiver)
        if not isinstance(value, UserInstance | UserClass):
            return False
        if value.node is node:
            return True
        bases = [self.value_of(base) for base in value.node.bases]
        return any(isinstance(base, UserClass) and base.node is node for base in bases)


def _is_none_node(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _default_of(function: ast.AST, node: ast.arg) -> ast.expr | None:
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return None
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if node in positional:
        index = positional.index(node) - (len(positional) - len(arguments.defaults))
        return arguments.defaults[index] if index >= 0 else None
    if node in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(node)]
    return None


def _own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[ast.AST]:
    """Nodes of a function's body without those of functions inside it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))
