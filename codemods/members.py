# Methods and attributes as definitions with all their readers. Names and positions only; no API knowledge.
"""Definitions of what is reached through a dot: methods and instance attributes of the file's classes.

The flow graph follows names. What is read as `self.history` or called as `self.build(q)` has no entry
there: here it gets a `Definition` of its own, whose `uses` are every load of that attribute in the
file, whoever the object is, so that the fixpoint over shared definitions treats it like any other.
"""

from __future__ import annotations

import ast
from typing import cast

from codemods.evaluate import Evaluator
from codemods.flow import Definition
from codemods.source import Source
from codemods.values import Client, Foreign, Symbol, Unknown, UserClass, UserFunction, UserInstance

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FROM_PROJECT = "comes from "


class Members:
    """The methods and attributes of one file's classes."""

    def __init__(self, source: Source, evaluator: Evaluator) -> None:
        self.source = source
        self.evaluator = evaluator
        self._definitions: dict[tuple[ast.ClassDef, str], Definition | None] = {}
        self._loads: dict[str, list[ast.Attribute]] | None = None
        self._owner: dict[Definition, ast.ClassDef] = {}

    def function_of(self, call: ast.Call) -> FunctionNode | None:
        """The file's own function that a call runs, if there is just one it can be."""
        value = self.evaluator.value_of(call.func)
        if not isinstance(value, UserFunction) or value.node not in self.evaluator.flow.scopes:
            return None
        return value.node

    def definition_of(self, function: FunctionNode) -> Definition | None:
        """What binds the function: its `def`, the assignment of a lambda, or its place in a class."""
        owner = self.source.parent(function)
        if isinstance(owner, ast.ClassDef):
            return self.member(owner, getattr(function, "name", ""))
        for scope in self.evaluator.flow.scopes.values():
            for definitions in scope.definitions.values():
                for one in definitions:
                    if one.node is function or (one.value is function and one.kind == "assign"):
                        return one if len(definitions) == 1 else None
        return None

    def owner_of(self, definition: Definition) -> ast.ClassDef | None:
        """The class of a definition that was made here; None for an ordinary one."""
        return self._owner.get(definition)

    def member(self, owner: ast.ClassDef, name: str) -> Definition | None:
        """The one definition of a method or attribute; None if something else has that name too."""
        key = (owner, name)
        if key not in self._definitions:
            self._definitions[key] = self._made(owner, name)
        return self._definitions[key]

    def _made(self, owner: ast.ClassDef, name: str) -> Definition | None:
        if not name or not self._is_only_owner(owner, name) or self._is_named_in_text(name):
            return None
        if not all(self._is_known_base(base) for base in owner.bases) or owner.keywords:
            return None
        scope = self.evaluator.flow.scopes[owner]
        inside = scope.definitions.get(name, [])
        stores = self.evaluator.flow.attribute_stores.get(name, [])
        if len(inside) > 1 or (inside and stores) or not (inside or stores):
            return None
        node = inside[0].node if inside else stores[0][0]
        uses = [*(inside[0].uses if inside else ()), *cast("list[ast.Name]", self.loads(name))]
        made = Definition(name, "function" if inside else "assign", node, scope, uses=uses)
        self._owner[made] = owner
        return made

    def loads(self, name: str) -> list[ast.Attribute]:
        """Every load of an attribute of this name, of whatever object."""
        if self._loads is None:
            self._loads = {}
            for node in self.source.nodes_of(ast.Attribute):
                if isinstance(node.ctx, ast.Load):
                    self._loads.setdefault(node.attr, []).append(node)
        return self._loads.get(name, [])

    def _is_only_owner(self, owner: ast.ClassDef, name: str) -> bool:
        """Whether no other class of the file has the name, neither in its body nor in a store."""
        for node, scope in self.evaluator.flow.scopes.items():
            if isinstance(node, ast.ClassDef) and node is not owner and name in scope.names:
                return False
        stores = self.evaluator.flow.attribute_stores.get(name, [])
        return all(self._is_self_of(owner, target.value) for target, _ in stores)

    def _is_self_of(self, owner: ast.ClassDef, node: ast.expr) -> bool:
        current = self.source.parent(node)
        while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
            current = self.source.parent(current)
        if current is None or self.source.parent(current) is not owner or current.decorator_list:
            return False
        first = [*current.args.posonlyargs, *current.args.args][:1]
        return isinstance(node, ast.Name) and bool(first) and node.id == first[0].arg

    def class_around(self, node: ast.expr) -> ast.ClassDef | None:
        """The class whose method's own object the name is; None for any other object."""
        current = self.source.parent(node)
        while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
            current = self.source.parent(current)
        owner = self.source.parent(current) if current is not None else None
        return owner if isinstance(owner, ast.ClassDef) and self._is_self_of(owner, node) else None

    def _is_named_in_text(self, name: str) -> bool:
        """Whether the file may reach the name by its text: `getattr(self, "history")`, a list of fields."""
        if b"__dict__" in self.source.data or b"vars(" in self.source.data:
            return True
        calls = self.source.nodes_of(ast.Call)
        if any(_sets_by_computed_name(one) or _copies(one) or self._is_read_by_text(one) for one in calls):
            return True
        return any(
            node.value == name
            and isinstance(self.source.parent(node), ast.Call | ast.List | ast.Tuple | ast.Set)
            for node in self.source.nodes_of(ast.Constant)
        )

    def _is_read_by_text(self, call: ast.Call) -> bool:
        """`getattr(thing, name)`: any attribute of what may be an object of the file's classes."""
        if getattr(call.func, "id", "") != "getattr" or len(call.args) < 2:
            return False
        is_open = isinstance(self.evaluator.value_of(call.args[0]), UserClass | UserInstance | Unknown)
        return is_open and not isinstance(call.args[1], ast.Constant)

    def _is_known_base(self, base: ast.expr) -> bool:
        """Whether what stands above cannot call or replace the member without the project's showing it."""
        value = self.evaluator.value_of(base)
        if isinstance(value, UserClass | Client | Symbol):
            return True
        if isinstance(value, Foreign):
            return value.what in ("the built-in object", "ABC of abc", "Protocol of typing")
        return isinstance(value, Unknown) and _FROM_PROJECT in value.reason


def _sets_by_computed_name(call: ast.Call) -> bool:
    """`setattr(self, key, value)`, `object.__setattr__(self, key, value)`: it may be any attribute."""
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", None)
    if name == "__setattr__" and len(call.args) == 2:  # `super().__setattr__(key, value)`
        return not isinstance(call.args[0], ast.Constant)
    is_set = name in ("setattr", "__setattr__") and len(call.args) > 1
    return is_set and not isinstance(call.args[1], ast.Constant)


def _copies(call: ast.Call) -> bool:
    """`copy.copy(thing)`: two objects share what one of them held; a text could not change, a list can."""
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return call.func.attr == "copy" and call.func.value.id == "copy"
    return isinstance(call.func, ast.Name) and call.func.id == "copy"
