# What names are bound to: definitions and imports, as values. Decides nothing about edits.
"""The part of the evaluator that reads definitions."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codemods.containers import Containers
from codemods.evaluation import is_marker, is_ours
from codemods.flow import Definition
from codemods.own_code import OwnCode
from codemods.sdk_surface import SDK_PACKAGES, symbol
from codemods.values import (
    Constant,
    Foreign,
    Migrated,
    ProjectModule,
    Symbol,
    Unknown,
    UserClass,
    UserFunction,
    Value,
)


class Bindings(OwnCode, Containers):
    """Values of names."""

    def values_of_definition(self, definition: Definition) -> tuple[Value, ...]:
        """What a name is after this definition."""
        with self.search.entered(definition) as first:
            return tuple(self._definition(definition)) if first else ()

    def _definition(self, definition: Definition) -> Iterable[Value]:
        node, kind = definition.node, definition.kind
        if kind == "import":
            assert isinstance(node, ast.alias)
            return self._imported_module(node)
        if kind == "import_from":
            assert isinstance(node, ast.alias)
            return self._imported_name(node)
        if kind == "function":
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            return (UserFunction(node),)
        if kind == "class":
            assert isinstance(node, ast.ClassDef)
            return (UserClass(node),)
        if kind == "parameter":
            assert isinstance(node, ast.arg)
            return self._parameter(definition, node)
        if kind in ("assign", "with"):
            return self._bound(definition)
        if kind in ("store_item", "method", "delete_item"):
            return [value for origin in _origins(definition) for value in self.values_of_definition(origin)]
        if kind == "for":
            return self._loop_variable(definition)
        if kind == "augment":
            return (Foreign("a changed value"),)
        return (Unknown(f"{definition.name} is bound in a way that is not followed"),)

    def _bound(self, definition: Definition) -> Iterable[Value]:
        value: ast.expr | None = definition.value
        path = definition.path
        while path and isinstance(value, ast.Tuple | ast.List) and path[0] < len(value.elts):
            value, path = value.elts[path[0]], path[1:]
        if path and value is not None and len(path) == 1 and self.search.receivers:
            return [item for made in self.values_of(value) for item in self.items_in(made, path[0])]
        if path:
            return (Unknown(f"{definition.name} is unpacked from something we cannot see"),)
        if value is None:
            return (Unknown(f"{definition.name} has no visible value"),)
        return self.entered_values(value) if definition.kind == "with" else self.values_of(value)

    def _loop_variable(self, definition: Definition) -> Iterable[Value]:
        found = self.iterated_values(definition.value, definition.path) if definition.value else None
        return (Unknown(f"{definition.name} is a loop variable"),) if found is None else found

    def _imported_module(self, alias: ast.alias) -> Iterable[Value]:
        top = alias.name.split(".")[0]
        if top in SDK_PACKAGES:
            return (Symbol(alias.name if alias.asname else top, alias.lineno),)
        if self.elsewhere is not None:
            known = self.elsewhere.imported(self.path, alias.name if alias.asname else top, 0, "")
            if known is not None:
                return known
        return (Migrated(),) if top == "migrate" else (Foreign(f"the module {alias.name}"),)

    def _imported_name(self, alias: ast.alias) -> Iterable[Value]:
        statement = self.source.parents[alias]
        assert isinstance(statement, ast.ImportFrom)
        module = statement.module or ""
        if not statement.level and module.split(".")[0] in SDK_PACKAGES:
            return (symbol(f"{module}.{alias.name}", alias.lineno),)
        if self.elsewhere is not None:
            known = self.elsewhere.imported(self.path, module, statement.level, alias.name)
            if known is not None:
                return [self.localized(value) for value in known]
        if statement.level:
            return (Unknown(f"{alias.name} comes from another file of the project"),)
        if module.split(".")[0] == "migrate":
            return (Migrated(),)
        return (Foreign(f"{alias.name} of {module}"),)

    def exported(self, name: str) -> list[Value]:
        """What another file gets that imports the name from this one."""
        found: list[Value] = []
        for definition in self.flow.module.definitions.get(name, ()):
            found.extend(self.portable(value, name) for value in self.values_of_definition(definition))
        return found or (self.starred_values(name) if self.flow.star_imports else [])

    # -- other modules --------------------------------------------------------------------------

    def starred_values(self, name: str) -> list[Value]:
        """What `from module import *` brings of one of the user's modules."""
        found: list[Value] = []
        for node in self.source.tree.body:
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and self.elsewhere is not None:
                known = self.elsewhere.starred(self.path, node.module or "", node.level, name)
                found.extend(self.localized(value) for value in known)
        return found

    def module_attribute(self, module: ProjectModule, name: str) -> Iterable[Value]:
        """A name of another module. Numbers and texts may be set there from outside; turn markers count."""
        assert self.elsewhere is not None
        found = [self.localized(value) for value in self.elsewhere.member(module, name)]
        if self.search.receivers and not any(map(is_ours, found)):
            found.extend(self.set_in_module(module, name))
        is_set = name in self.flow.attribute_stores
        firm = [one for one in found if not isinstance(one, Constant) or (is_marker(one) and not is_set)]
        return firm or (Unknown(f"{name} of {module.reason}"),)


def _origins(definition: Definition) -> list[Definition]:
    """The bindings behind a chain of changes to the same object."""
    seen = {definition}
    stack = [definition]
    found: list[Definition] = []
    while stack:
        current = stack.pop()
        if current.kind not in ("store_item", "method", "delete_item"):
            found.append(current)
            continue
        stack.extend(one for one in current.previous if one not in seen)
        seen.update(current.previous)
    return found
