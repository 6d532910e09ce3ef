# Definitions and uses of one file. No meaning is attached: it does not know what a client is.
"""Which definitions reach a use, which uses a definition has, and whether that is all of them.

Inside a function (and at module level) the answer is flow-sensitive: `completion =
completion.completion` rebinds a name, and the two readings must not be confused. Names of an outer
scope are answered with every definition they have, since a function may run at any time.

Changing a dict or list through its name (`params["k"] = v`, `params.update(…)`, `x += …`) makes a new
definition that remembers the ones before it, so a value can be read backwards step by step.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from codemods.flow_builder import GraphBuilder
from codemods.scopes import Definition, Graph, Reaching, Scope

__all__ = ["Definition", "Flow", "Reaching", "Scope"]


class Flow:
    """The two queries over one module tree. `attribute_stores[name]` lists every `….name = value`."""

    def __init__(self, tree: ast.Module) -> None:
        module = Scope(tree, None, "module")
        self._graph = Graph(module, {tree: module})
        GraphBuilder(self._graph).build(tree)
        self.module = module
        self.scopes = self._graph.scopes
        self.attribute_stores = self._graph.attribute_stores
        self.star_imports = self._graph.star_imports
        self._list_uses()

    def reaching(self, use: ast.Name) -> Reaching:
        """The definitions that reach a name load, and whether these are all."""
        owner = self._graph.free.get(use)
        if owner is None:
            scope = self._graph.scope_of.get(use)
            found = self._graph.reaching.get(use, set())
            return Reaching(_ordered(found), scope is not None and not scope.open)
        found = set(owner.definitions.get(use.id, ()))
        complete = not owner.open and bool(found) and not (owner.kind == "module" and self.star_imports)
        return Reaching(_ordered(found), complete)

    def read_in_module(self, use: ast.Name) -> None:
        """Let a name that is in no tree (of a string annotation, say) be read in the module's scope."""
        self._graph.free[use] = self.module

    def uses(self, definition: Definition) -> Sequence[ast.Name]:
        """Every load that the definition may reach."""
        return definition.uses

    def uses_are_complete(self, definition: Definition) -> bool:
        """Whether `uses` lists all readers inside this file."""
        return not definition.scope.open

    def is_written_elsewhere(self, scope: Scope, name: str) -> bool:
        return (scope, name) in self._graph.written_elsewhere

    def _list_uses(self) -> None:
        for use, owner in self._graph.free.items():
            for definition in owner.definitions.get(use.id, ()):
                definition.uses.append(use)
        for use, definitions in self._graph.reaching.items():
            for definition in definitions:
                definition.uses.append(use)


def _ordered(definitions: Iterable[Definition]) -> tuple[Definition, ...]:
    return tuple(sorted(definitions, key=lambda one: getattr(one.node, "lineno", 0)))
