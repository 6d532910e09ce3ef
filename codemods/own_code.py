# Functions and parameters of the file's own code, as values.
"""The part of the evaluator that crosses function borders."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from codemods.evaluation import Evaluation, is_test, without_none
from codemods.flow import Definition
from codemods.passed_values import Callers
from codemods.scopes import own_nodes
from codemods.sdk_surface import is_none
from codemods.values import Abroad, Client, Foreign, Unknown, UserClass, UserFunction, UserInstance, Value

_FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef
# `Depends(get_client)` as a default means what get_client returns or yields.
_INJECTORS = frozenset(
    {"Depends of fastapi", "Security of fastapi", "Depends of fastapi.params", "Depends of fast_depends"}
)


class OwnCode(Callers):
    """Values that the file's own functions pass around."""

    def _parameter(self, definition: Definition, node: ast.arg) -> Iterable[Value]:
        function = definition.scope.node
        owner = self._class_of_method(function, node)
        if owner is not None:
            return (owner,)
        if node.annotation is not None:
            stated = self.stated_value(node.annotation)
            if stated is not None:
                return (stated,)
        if self.search.receivers and (made := self._fixture(function, node)) is not None:
            return made
        found: list[Value] = [Unknown(f"{node.arg} is a parameter{self._handed_on(function)}")]
        default = _default_of(function, node)
        if default is not None:
            found.extend(value for value in self._default_values(default) if not is_none(value))
        is_told = any(self._counts(value) for value in found)
        found.extend(self.passed_values(function, node.arg, is_told))
        return found

    def _handed_on(self, function: ast.AST) -> str:
        """In words, where a function goes that is not called there, so that its callers are not all seen."""
        if not self.search.receivers or not isinstance(function, _FunctionDef):
            return ""
        scopes = (self.flow.scopes[one] for one in self.flow.scopes)
        definitions = (d for scope in scopes for d in scope.definitions.get(function.name, ()))
        for definition in (one for one in definitions if one.node is function):
            for use in self.flow.uses(definition):
                above = self.source.parent(use)
                if not isinstance(above, ast.Call) or above.func is not use:
                    return f", and line {use.lineno} hands {function.name} on, to callers we cannot see"
        return ""

    def _default_values(self, default: ast.expr) -> Iterable[Value]:
        if isinstance(default, ast.Call) and len(default.args) == 1 and self.search.receivers:
            function = self.value_of(default.func)
            if isinstance(function, Foreign) and function.what in _INJECTORS:
                provider = self.value_of(default.args[0])
                return self.called_values(provider, default)
        return self.values_of(default)

    def _fixture(self, function: ast.AST, node: ast.arg) -> list[Value] | None:
        """What pytest hands to a parameter of a test, if the fixture of its name stands in the file."""
        if not is_test(self.path) or not isinstance(function, _FunctionDef):
            return None
        for definition in self.flow.module.definitions.get(node.arg, ()):
            fixture = definition.node
            if isinstance(fixture, _FunctionDef) and fixture is not function and _is_fixture(fixture):
                return self.returned_values(fixture)
        return None

    def _class_of_method(self, function: ast.AST, node: ast.arg) -> Value | None:
        owner = self.source.parents.get(function)
        if not isinstance(owner, ast.ClassDef) or not isinstance(function, _FunctionDef):
            return None
        positional = [*function.args.posonlyargs, *function.args.args]
        if not positional or positional[0] is not node:
            return None
        decorators = {getattr(d, "id", None) for d in function.decorator_list}
        if "staticmethod" in decorators:
            return None
        if "classmethod" in decorators:
            return UserClass(owner)
        made = self.instance_of(owner)
        return made if isinstance(made, Client | Unknown) else UserInstance(owner)

    def returned_values(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[Value]:
        """What a call of one of the file's functions can give."""
        if isinstance(function, ast.Lambda):
            return list(self.values_of(function.body))
        with self.search.entered((self, function)) as first:
            return self._returned(function) if first else []

    def _returned(self, function: _FunctionDef) -> list[Value]:
        stated = self.stated_return(function.returns) if function.returns is not None else None
        if isinstance(stated, Client):
            return [stated]
        found: list[Value] = []
        for node in own_nodes(function):
            if isinstance(node, ast.Return) and node.value is not None:
                found.extend(without_none(self.values_of(node.value)))
            elif isinstance(node, ast.Yield) and node.value is not None:
                found.extend(self.values_of(node.value))
        if not found and stated is not None:
            return [stated]
        return found or [Unknown(f"{function.name} returns nothing we can see")]

    # -- context managers -----------------------------------------------------------------------

    def entered_values(self, expression: ast.expr) -> Iterator[Value]:
        """What `with expression as name` binds."""
        for value in self.values_of(expression):
            at = self.class_at(value)
            entering = _method(at[1], ("__enter__", "__aenter__")) if at is not None else None
            if at is None or entering is None or isinstance(value, UserClass):
                yield value
                continue
            home, _ = at
            yield from (self.brought(home, v, entering.name) for v in home.returned_values(entering))

    # -- calls ----------------------------------------------------------------------------------

    def called_values(self, function: Value, node: ast.Call) -> list[Value]:
        """What a call of one of the user's functions or classes gives, in whichever file it stands."""
        home: Evaluation = self
        if isinstance(function, Abroad):
            assert isinstance(function.home, Evaluation)
            home, function = function.home, function.value
        if isinstance(function, UserFunction):
            name = getattr(function.node, "name", "a function")
            made = home.returned_values(function.node)
        elif isinstance(function, UserClass):
            name, made = function.node.name, [home.instance_of(function.node, node.lineno)]
        else:
            return [Unknown("the result of a call we cannot follow")]
        if home is self:
            return made
        return [self.brought(home, value, name) for value in made]


def _is_fixture(function: _FunctionDef) -> bool:
    called = (one.func if isinstance(one, ast.Call) else one for one in function.decorator_list)
    return any("fixture" in (getattr(one, "id", None), getattr(one, "attr", None)) for one in called)


def _method(node: ast.ClassDef, names: tuple[str, ...]) -> _FunctionDef | None:
    return next((one for one in node.body if isinstance(one, _FunctionDef) and one.name in names), None)


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
