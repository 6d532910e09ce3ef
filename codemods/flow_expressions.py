# Names and expressions of the walk that fills the flow graph. Knows no statements.
"""Loads, bindings and scopes inside expressions, in execution order."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from codemods.scopes import (
    Comprehension,
    Definition,
    FunctionNode,
    Graph,
    Kind,
    Scope,
    binding_scope,
    declare_names,
    parameters,
)

# Methods that change the object they are called on; a call makes a new definition of the name.
MUTATORS = frozenset(
    (
        "append",
        "extend",
        "insert",
        "remove",
        "pop",
        "clear",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "popitem",
        "add",
        "discard",
    )
)
# A call of one of these reads or writes names behind our back.
_SEES_ALL_NAMES = frozenset({"exec", "eval", "locals", "globals", "vars"})


State = dict[str, frozenset[Definition]]


def join_states(states: Iterable[State | None]) -> State | None:
    alive = [state for state in states if state is not None]
    if not alive:
        return None
    joined: State = dict(alive[0])
    for state in alive[1:]:
        for name, definitions in state.items():
            joined[name] = joined.get(name, frozenset()) | definitions
    return joined


class ExpressionWalker(ABC):
    """Walks expressions and binds names, carrying the reaching definitions along."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.scope = graph.module
        self.state: State | None = {}
        self.known: dict[tuple[ast.AST, str, int], Definition] = {}
        self.created: list[Definition] = []
        self.breaks: list[list[State]] = []
        self.continues: list[list[State]] = []
        self.pending: list[tuple[FunctionNode, Scope]] = []
        self.shared_names: set[str] = set()

    # -- scopes ---------------------------------------------------------------------------------

    @abstractmethod
    def _statements(self, body: Sequence[ast.stmt]) -> None:
        """Walk a block; the class that knows statements does it."""

    def _function_body(self, node: FunctionNode, scope: Scope) -> None:
        self.scope, self.state, self.breaks, self.continues = scope, {}, [], []
        for argument in parameters(node.args):
            self._define(argument.arg, "parameter", argument)
        if isinstance(node, ast.Lambda):
            self._expression(node.body)
        else:
            self._statements(node.body)

    def _open_function(self, node: FunctionNode) -> None:
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self._expression(default)
        for argument in parameters(node.args):
            if argument.annotation is not None:
                self._expression(argument.annotation)
        scope = Scope(node, self.scope, "function")
        scope.names.update(argument.arg for argument in parameters(node.args))
        if not isinstance(node, ast.Lambda):
            if node.returns is not None:
                self._expression(node.returns)
            declare_names(scope, node.body)
        else:
            declare_names(scope, [ast.Expr(node.body)])
        self.graph.scopes[node] = scope
        self.pending.append((node, scope))

    def _class(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self._expression(part)
        scope = Scope(node, self.scope, "class")
        declare_names(scope, node.body)
        self.graph.scopes[node] = scope
        outer, self.scope = self.scope, scope
        before = dict(self.state or {})
        self._statements(node.body)
        self.scope, self.state = outer, before if self.state is not None else None
        self._define(node.name, "class", node)

    # -- bindings -------------------------------------------------------------------------------

    def _owner(self, name: str) -> Scope:
        """The scope whose variable a binding of `name` in the current scope sets."""
        if name in self.scope.globals:
            return self.graph.module
        if name in self.scope.nonlocals:
            scope = self.scope.parent
            while scope is not None and (scope.kind == "class" or name not in scope.names):
                scope = scope.parent
            return scope or self.graph.module
        return self.scope

    def _define(
        self,
        name: str,
        kind: Kind,
        node: ast.AST,
        value: ast.expr | None = None,
        target: ast.expr | None = None,
        path: tuple[int, ...] = (),
        changes: bool = False,
    ) -> None:
        key = (node, name, id(target) if target is not None else 0)
        definition = self.known.get(key)
        owner = self._changed_owner(name) if changes else self._owner(name)
        if definition is None:
            definition = Definition(name, kind, node, owner, value, target, path)
            self.known[key] = definition
            owner.definitions.setdefault(name, []).append(definition)
            if owner is not self.scope:
                self.graph.written_elsewhere.add((owner, name))
        self.created.append(definition)
        if self.state is None:
            return
        if changes:
            before = self.state.get(name, frozenset()) if owner is self.scope else frozenset()
            before = (before or frozenset(owner.definitions.get(name, ()))) - {definition}
            definition.previous |= before
            for one in before:
                one.changed_by.add(definition)
        if owner is self.scope or not changes:
            self.state[name] = frozenset({definition})

    def _changed_owner(self, name: str) -> Scope:
        """The scope of the variable whose object is changed: changing does not bind a name here."""
        if name in self.scope.names:
            return self.scope
        return binding_scope(self.scope, name) or self._owner(name)

    def _target(
        self, target: ast.expr, kind: Kind, node: ast.AST, value: ast.expr | None, path: tuple[int, ...]
    ) -> None:
        if isinstance(target, ast.Name):
            self.graph.scope_of[target] = self.scope
            self._define(target.id, kind, node, value, target, path)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, element in enumerate(target.elts):
                if isinstance(element, ast.Starred):
                    self._target(element.value, "other", node, None, ())
                else:
                    self._target(element, kind, node, value, (*path, index))
        elif isinstance(target, ast.Attribute):
            self._expression(target.value)
            stored = value if kind == "assign" and not path else None
            self.graph.attribute_stores.setdefault(target.attr, []).append((target, stored))
        elif isinstance(target, ast.Subscript):
            self._expression(target.value)
            self._expression(target.slice)
            if isinstance(target.value, ast.Name):
                self._define(target.value.id, "store_item", node, value, target, (), changes=True)
        elif isinstance(target, ast.Starred):
            self._target(target.value, "other", node, None, ())

    # -- expressions ----------------------------------------------------------------------------

    def _expression(self, node: ast.AST | None) -> None:
        if node is None:
            return
        if isinstance(node, ast.Name):
            self._name(node)
        elif isinstance(node, ast.NamedExpr):
            self._expression(node.value)
            self._target(node.target, "assign", node, node.value, ())
        elif isinstance(node, ast.Lambda):
            self._open_function(node)
        elif isinstance(node, Comprehension):
            self._comprehension(node)
        elif isinstance(node, ast.IfExp | ast.BoolOp):
            self._branching_expression(node)
        else:
            for child in ast.iter_child_nodes(node):
                self._expression(child)
            if isinstance(node, ast.Call):
                self._call(node)

    def _branching_expression(self, node: ast.IfExp | ast.BoolOp) -> None:
        first, *rest = [node.test, node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        self._expression(first)
        states = [self.state]
        for part in rest:
            self.state = dict(states[0]) if states[0] is not None else None
            self._expression(part)
            states.append(self.state)
        self.state = join_states(states)

    def _call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Name) and function.id in _SEES_ALL_NAMES:
            self.scope.open = self.scope.open or not (function.id == "vars" and node.args)
        if (
            isinstance(function, ast.Attribute)
            and function.attr in MUTATORS
            and isinstance(function.value, ast.Name)
        ):
            name = function.value.id
            if name not in self._imported_names():
                self._define(name, "method", node, None, function.value, (), changes=True)

    def _imported_names(self) -> set[str]:
        return {
            name
            for name, definitions in self.graph.module.definitions.items()
            if definitions[0].kind in ("import", "import_from")
        }

    def _name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            return
        self.graph.scope_of[node] = self.scope
        name = node.id
        scope = self.scope
        here = self.state.get(name) if self.state is not None else None
        if name in self.shared_names or name in scope.globals or name in scope.nonlocals:
            owner = (
                self._owner(name) if name in scope.globals | scope.nonlocals else binding_scope(scope, name)
            )
            self.graph.free[node] = owner or self.graph.module
        elif here:
            self.graph.reaching.setdefault(node, set()).update(here)
        elif name in scope.names and scope.kind != "class":
            self.graph.reaching.setdefault(node, set())
        else:
            owner = binding_scope(scope.parent, name) if scope.parent else None
            if owner is not None:
                self.graph.free[node] = owner
            else:
                self.graph.reaching.setdefault(node, set())

    def _comprehension(self, node: Comprehension) -> None:
        before = self.state
        bound: set[str] = set()
        for generator in node.generators:
            self._expression(generator.iter)
            if self.state is before and self.state is not None:
                self.state = dict(self.state)
            bound.update(name.id for name in ast.walk(generator.target) if isinstance(name, ast.Name))
            self._comprehension_target(generator)
            for condition in generator.ifs:
                self._expression(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self._expression(part)
        after = dict(self.state) if self.state is not None else None
        if after is not None and before is not None:
            for name in bound:
                after.pop(name, None)
                if name in before:
                    after[name] = before[name]
        self.state = after

    def _comprehension_target(self, generator: ast.comprehension) -> None:
        """Bind the loop variables for this comprehension only."""
        for target in ast.walk(generator.target):
            if isinstance(target, ast.Name):
                simple = target is generator.target
                definition = self.known.setdefault(
                    (generator, target.id, id(target)),
                    Definition(
                        target.id, "for", generator, self.scope, generator.iter if simple else None, target
                    ),
                )
                if self.state is not None:
                    self.state[target.id] = frozenset({definition})
