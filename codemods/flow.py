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
from dataclasses import dataclass, field
from typing import Literal

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

Kind = Literal[
    "assign", "augment", "store_item", "method", "delete_item", "import", "import_from", "parameter", "for", "with",
    "function", "class", "other",
]  # fmt: skip

# Methods that change the object they are called on; a call makes a new definition of the name.
MUTATORS = frozenset(
    "append extend insert remove pop clear sort reverse update setdefault popitem add discard".split()
)
# A call of one of these reads or writes names behind our back.
_SEES_ALL_NAMES = frozenset({"exec", "eval", "locals", "globals", "vars"})


@dataclass(eq=False, slots=True)
class Scope:
    """A module, class or function. `names` are bound here; `open` means names may be seen unseen."""

    node: ast.AST
    parent: Scope | None
    kind: Literal["module", "class", "function"]
    names: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    open: bool = False
    definitions: dict[str, list[Definition]] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Definition:
    """One binding or change of a name.

    value: the expression that is bound, if there is one. path: unpacking steps into it.
    previous: for a change, the definitions it changes. node: the statement, argument or alias.
    """

    name: str
    kind: Kind
    node: ast.AST
    scope: Scope
    value: ast.expr | None = None
    target: ast.expr | None = None
    path: tuple[int, ...] = ()
    previous: set[Definition] = field(default_factory=set)
    uses: list[ast.Name] = field(default_factory=list)
    changed_by: set[Definition] = field(default_factory=set)


@dataclass(eq=False, slots=True)
class Reaching:
    """The definitions that may reach a use. `complete` is False if there may be others."""

    definitions: tuple[Definition, ...]
    complete: bool


State = dict[str, frozenset[Definition]]


def _join(states: Iterable[State | None]) -> State | None:
    alive = [state for state in states if state is not None]
    if not alive:
        return None
    joined: State = dict(alive[0])
    for state in alive[1:]:
        for name, definitions in state.items():
            joined[name] = joined.get(name, frozenset()) | definitions
    return joined


class Flow:
    """The two queries over one module tree. `attribute_stores[name]` lists every `….name = value`."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(tree, None, "module")
        self.scopes: dict[ast.AST, Scope] = {tree: self.module}
        self.scope_of: dict[ast.Name, Scope] = {}
        self.attribute_stores: dict[str, list[tuple[ast.Attribute, ast.expr | None]]] = {}
        self.star_imports = False
        self._reaching: dict[ast.Name, set[Definition]] = {}
        self._free: dict[ast.Name, Scope] = {}
        self._written_elsewhere: set[tuple[Scope, str]] = set()
        _Builder(self).build(tree)
        self._resolve_free_names()

    def reaching(self, use: ast.Name) -> Reaching:
        """The definitions that reach a name load, and whether these are all."""
        owner = self._free.get(use)
        if owner is None:
            scope = self.scope_of.get(use)
            found = self._reaching.get(use, set())
            return Reaching(_ordered(found), scope is not None and not scope.open)
        found = set(owner.definitions.get(use.id, ()))
        complete = not owner.open and bool(found) and not (owner.kind == "module" and self.star_imports)
        return Reaching(_ordered(found), complete)

    def uses(self, definition: Definition) -> Sequence[ast.Name]:
        """Every load that the definition may reach."""
        return definition.uses

    def uses_are_complete(self, definition: Definition) -> bool:
        """Whether `uses` lists all readers inside this file."""
        return not definition.scope.open

    def is_written_elsewhere(self, scope: Scope, name: str) -> bool:
        return (scope, name) in self._written_elsewhere

    def _resolve_free_names(self) -> None:
        for use, owner in self._free.items():
            for definition in owner.definitions.get(use.id, ()):
                definition.uses.append(use)
        for use, definitions in self._reaching.items():
            for definition in definitions:
                definition.uses.append(use)


def _ordered(definitions: Iterable[Definition]) -> tuple[Definition, ...]:
    return tuple(sorted(definitions, key=lambda one: getattr(one.node, "lineno", 0)))


class _Builder:
    """Walks each scope once, in execution order, carrying the reaching definitions along."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.scope = flow.module
        self.state: State | None = {}
        self.known: dict[tuple[ast.AST, str, int], Definition] = {}
        self.created: list[Definition] = []
        self.breaks: list[list[State]] = []
        self.continues: list[list[State]] = []
        self.pending: list[tuple[FunctionNode, Scope]] = []
        self.shared_names: set[str] = set()

    def build(self, tree: ast.Module) -> None:
        _declare(self.flow.module, tree.body)
        self._collect_shared_writers(tree)
        self._statements(tree.body)
        while self.pending:
            node, scope = self.pending.pop(0)
            self._function_body(node, scope)

    def _collect_shared_writers(self, tree: ast.Module) -> None:
        """Names that some function writes through `global` or `nonlocal` have no flow order."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Global | ast.Nonlocal):
                self.shared_names.update(node.names)

    # -- scopes ---------------------------------------------------------------------------------

    def _function_body(self, node: FunctionNode, scope: Scope) -> None:
        self.scope, self.state, self.breaks, self.continues = scope, {}, [], []
        for argument in _arguments(node.args):
            self._define(argument.arg, "parameter", argument)
        if isinstance(node, ast.Lambda):
            self._expression(node.body)
        else:
            self._statements(node.body)

    def _open_function(self, node: FunctionNode) -> None:
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self._expression(default)
        for argument in _arguments(node.args):
            if argument.annotation is not None:
                self._expression(argument.annotation)
        scope = Scope(node, self.scope, "function")
        scope.names.update(argument.arg for argument in _arguments(node.args))
        if not isinstance(node, ast.Lambda):
            if node.returns is not None:
                self._expression(node.returns)
            _declare(scope, node.body)
        else:
            _declare(scope, [ast.Expr(node.body)])
        self.flow.scopes[node] = scope
        self.pending.append((node, scope))

    def _class(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self._expression(part)
        scope = Scope(node, self.scope, "class")
        _declare(scope, node.body)
        self.flow.scopes[node] = scope
        outer, self.scope = self.scope, scope
        before = dict(self.state or {})
        self._statements(node.body)
        self.scope, self.state = outer, before if self.state is not None else None
        self._define(node.name, "class", node)

    # -- bindings -------------------------------------------------------------------------------

    def _owner(self, name: str) -> Scope:
        """The scope whose variable a binding of `name` in the current scope sets."""
        if name in self.scope.globals:
            return self.flow.module
        if name in self.scope.nonlocals:
            scope = self.scope.parent
            while scope is not None and (scope.kind == "class" or name not in scope.names):
                scope = scope.parent
            return scope or self.flow.module
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
        owner = self._owner(name)
        if definition is None:
            definition = Definition(name, kind, node, owner, value, target, path)
            self.known[key] = definition
            owner.definitions.setdefault(name, []).append(definition)
            if owner is not self.scope:
                self.flow._written_elsewhere.add((owner, name))
        self.created.append(definition)
        if self.state is None:
            return
        if changes:
            before = self.state.get(name, frozenset()) if owner is self.scope else frozenset()
            if not before:
                before = frozenset(one for one in self._lookup_all(name) if one is not definition)
            definition.previous |= before - {definition}
            for one in before:
                one.changed_by.add(definition)
        self.state[name] = frozenset({definition})

    def _lookup_all(self, name: str) -> list[Definition]:
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.definitions and (scope is self.scope or scope.kind != "class"):
                return scope.definitions[name]
            scope = scope.parent
        return []

    def _target(self, target: ast.expr, kind: Kind, node: ast.AST, value: ast.expr | None, path: tuple[int, ...]) -> None:
        if isinstance(target, ast.Name):
            self.flow.scope_of[target] = self.scope
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
            self.flow.attribute_stores.setdefault(target.attr, []).append((target, stored))
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
        self.state = _join(states)

    def _call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Name) and function.id in _SEES_ALL_NAMES:
            self.scope.open = True
        if isinstance(function, ast.Attribute) and function.attr in MUTATORS and isinstance(function.value, ast.Name):
            name = function.value.id
            if name not in self._imported_names():
                self._define(name, "method", node, None, function.value, (), changes=True)

    def _imported_names(self) -> set[str]:
        return {
            name
            for name, definitions in self.flow.module.definitions.items()
            if definitions[0].kind in ("import", "import_from")
        }

    def _name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            return
        self.flow.scope_of[node] = self.scope
        name = node.id
        scope = self.scope
        here = self.state.get(name) if self.state is not None else None
        if name in self.shared_names or name in scope.globals or name in scope.nonlocals:
            owner = self._owner(name) if name in scope.globals | scope.nonlocals else _binding_scope(scope, name)
            self.flow._free[node] = owner or self.flow.module
        elif here:
            self.flow._reaching.setdefault(node, set()).update(here)
        elif name in scope.names and scope.kind != "class":
            self.flow._reaching.setdefault(node, set())
        else:
            owner = _binding_scope(scope.parent, name) if scope.parent else None
            if owner is not None:
                self.flow._free[node] = owner
            else:
                self.flow._reaching.setdefault(node, set())

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
                    Definition(target.id, "for", generator, self.scope, generator.iter if simple else None, target),
                )
                if self.state is not None:
                    self.state[target.id] = frozenset({definition})

    # -- statements -----------------------------------------------------------------------------

    def _statements(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        handler = getattr(self, f"_on_{type(node).__name__.lower()}", None)
        if handler is not None:
            handler(node)
        else:
            self._expression(node)

    def _on_assign(self, node: ast.Assign) -> None:
        self._expression(node.value)
        for target in node.targets:
            self._target(target, "assign", node, node.value, ())

    def _on_annassign(self, node: ast.AnnAssign) -> None:
        self._expression(node.annotation)
        self._expression(node.value)
        if node.value is not None:
            self._target(node.target, "assign", node, node.value, ())
        elif isinstance(node.target, ast.Name):
            self.scope.definitions.setdefault(node.target.id, []).append(
                Definition(node.target.id, "other", node, self.scope)
            )

    def _on_augassign(self, node: ast.AugAssign) -> None:
        self._expression(node.value)
        if isinstance(node.target, ast.Name):
            self.flow.scope_of[node.target] = self.scope
            self._define(node.target.id, "augment", node, node.value, node.target, (), changes=True)
        elif isinstance(node.target, ast.Attribute):
            self._expression(node.target.value)
            self.flow.attribute_stores.setdefault(node.target.attr, []).append((node.target, None))
        else:
            self._target(node.target, "other", node, None, ())

    def _on_import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._define(alias.asname or alias.name.split(".")[0], "import", alias)

    def _on_importfrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.flow.star_imports = True
            else:
                self._define(alias.asname or alias.name, "import_from", alias)

    def _on_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self._expression(decorator)
        self._open_function(node)
        self._define(node.name, "function", node)

    _on_asyncfunctiondef = _on_functiondef

    def _on_classdef(self, node: ast.ClassDef) -> None:
        self._class(node)

    def _on_return(self, node: ast.Return | ast.Raise) -> None:
        self._expression(node.value if isinstance(node, ast.Return) else node.exc)
        if isinstance(node, ast.Raise):
            self._expression(node.cause)
        self.state = None

    _on_raise = _on_return

    def _on_break(self, node: ast.Break) -> None:
        if self.breaks and self.state is not None:
            self.breaks[-1].append(self.state)
        self.state = None

    def _on_continue(self, node: ast.Continue) -> None:
        if self.continues and self.state is not None:
            self.continues[-1].append(self.state)
        self.state = None

    def _on_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                if self.state is not None:
                    self.state.pop(target.id, None)
            elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                self._expression(target.value)
                self._expression(target.slice)
                self._define(target.value.id, "delete_item", node, None, target, (), changes=True)
            elif isinstance(target, ast.Attribute):
                self._target(target, "other", node, None, ())
            else:
                self._expression(target)

    def _on_if(self, node: ast.If) -> None:
        self._expression(node.test)
        before = self.state
        self.state = dict(before) if before is not None else None
        self._statements(node.body)
        after_body = self.state
        self.state = dict(before) if before is not None else None
        self._statements(node.orelse)
        self.state = _join([after_body, self.state])

    def _on_while(self, node: ast.While) -> None:
        self._loop(node, None)

    def _on_for(self, node: ast.For | ast.AsyncFor) -> None:
        self._expression(node.iter)
        self._loop(node, node)

    _on_asyncfor = _on_for

    def _loop(self, node: ast.While | ast.For | ast.AsyncFor, target: ast.For | ast.AsyncFor | None) -> None:
        entry = self.state
        leaves: list[State | None] = []
        state = entry
        for _ in range(2):
            self.breaks.append([])
            self.continues.append([])
            self.state = dict(state) if state is not None else None
            if isinstance(node, ast.While):
                self._expression(node.test)
            exhausted = dict(self.state) if self.state is not None else None
            if target is not None:
                self._target(target.target, "for", target, target.iter, ())
            self._statements(node.body)
            state = _join([entry, self.state, *self.continues.pop()])
            leaves = [*self.breaks.pop()]
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            self.state = None
        else:
            self.state = _join([exhausted, state])
        self._statements(node.orelse)
        self.state = _join([self.state, *leaves])

    def _on_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self._expression(item.context_expr)
            if item.optional_vars is not None:
                self._target(item.optional_vars, "with", item, item.context_expr, ())
        self._statements(node.body)

    _on_asyncwith = _on_with

    def _on_try(self, node: ast.Try) -> None:
        """A handler may start after any statement of the body: it sees every definition made there."""
        before = self.state
        mark = len(self.created)
        self._statements(node.body)
        made = self.created[mark:]
        interrupted = _join([before, self.state])
        if interrupted is not None:
            for definition in made:
                if definition.scope is self.scope:
                    seen = interrupted.get(definition.name, frozenset())
                    interrupted[definition.name] = seen | {definition}
        self._statements(node.orelse)
        ends = [self.state]
        for handler in node.handlers:
            self.state = dict(interrupted) if interrupted is not None else None
            self._expression(handler.type)
            if handler.name:
                self._define(handler.name, "other", handler)
            self._statements(handler.body)
            if handler.name and self.state is not None:
                self.state.pop(handler.name, None)
            ends.append(self.state)
        joined = _join(ends)
        if node.finalbody:
            self.state = _join([joined, interrupted])
            self._statements(node.finalbody)
            if joined is None:
                self.state = None
        else:
            self.state = joined

    _on_trystar = _on_try

    def _on_match(self, node: ast.Match) -> None:
        self._expression(node.subject)
        before = self.state
        ends = [before]
        for case in node.cases:
            self.state = dict(before) if before is not None else None
            for pattern in ast.walk(case.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if isinstance(name, str):
                    self._define(name, "other", pattern)
                elif isinstance(pattern, ast.MatchValue):
                    self._expression(pattern.value)
                elif isinstance(pattern, ast.MatchClass):
                    self._expression(pattern.cls)
            self._expression(case.guard)
            self._statements(case.body)
            ends.append(self.state)
        self.state = _join(ends)


def _binding_scope(scope: Scope | None, name: str) -> Scope | None:
    while scope is not None:
        if name in scope.names and scope.kind != "class" and name not in scope.globals | scope.nonlocals:
            return scope
        scope = scope.parent
    return None


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]


def _declare(scope: Scope, body: Sequence[ast.stmt]) -> None:
    """Collect the names a scope binds, without entering inner functions and classes."""
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
        scope.names.update(_bound_names(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            stack.extend([*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)])
        elif isinstance(node, ast.ClassDef):
            stack.extend([*node.decorator_list, *node.bases])
        elif isinstance(node, ast.Lambda):
            continue
        elif isinstance(node, Comprehension):
            stack.extend(child for child in ast.walk(node) if isinstance(child, ast.NamedExpr))
        else:
            stack.extend(ast.iter_child_nodes(node))
    scope.names -= scope.globals | scope.nonlocals


def _bound_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Store | ast.Del) else []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names if alias.name != "*"]
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return [node.name] if node.name else []
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    if isinstance(node, ast.NamedExpr):
        return [node.target.id]
    return []
