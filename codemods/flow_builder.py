# The walk that follows execution order. Fills the graph; answers nothing.
"""Builds the flow graph: reaching definitions of every name load, scope by scope."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from codemods.flow_expressions import ExpressionWalker, State, join_states
from codemods.scopes import Definition, declare_names


class GraphBuilder(ExpressionWalker):
    """Walks each scope once, in execution order."""

    def build(self, tree: ast.Module) -> None:
        declare_names(self.graph.module, tree.body)
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
            self.graph.scope_of[node.target] = self.scope
            self._define(node.target.id, "augment", node, node.value, node.target, (), changes=True)
        elif isinstance(node.target, ast.Attribute):
            self._expression(node.target.value)
            self.graph.attribute_stores.setdefault(node.target.attr, []).append((node.target, None))
        else:
            self._target(node.target, "other", node, None, ())

    def _on_import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._define(alias.asname or alias.name.split(".")[0], "import", alias)

    def _on_importfrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.graph.star_imports = True
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
        self.state = join_states([after_body, self.state])

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
            state = join_states([entry, self.state, *self.continues.pop()])
            leaves = [*self.breaks.pop()]
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            self.state = None
        else:
            self.state = join_states([exhausted, state])
        self._statements(node.orelse)
        self.state = join_states([self.state, *leaves])

    def _on_with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self._expression(item.context_expr)
            if item.optional_vars is not None:
                self._target(item.optional_vars, "with", item, item.context_expr, ())
        self._statements(node.body)

    _on_asyncwith = _on_with

    def _on_try(self, node: ast.Try) -> None:
        """A handler may start after any statement of the body: it sees every definition made there."""
        before = dict(self.state) if self.state is not None else None
        mark = len(self.created)
        self._statements(node.body)
        made = self.created[mark:]
        interrupted = join_states([before, self.state])
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
        joined = join_states(ends)
        if node.finalbody:
            self.state = join_states([joined, interrupted])
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
        self.state = join_states(ends)
