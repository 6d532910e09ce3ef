# Scopes, definitions and the names a scope binds. Data for the flow graph; no order of execution.
"""Scopes of one file and what is bound in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

Kind = Literal[
    "assign",
    "augment",
    "store_item",
    "method",
    "delete_item",
    "import",
    "import_from",
    "parameter",
    "for",
    "with",
    "function",
    "class",
    "other",
]


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

    def __hash__(self) -> int:
        """By position, so that a set of definitions has one order in every run, not that of addresses."""
        return hash((getattr(self.node, "lineno", 0), getattr(self.node, "col_offset", 0)))


@dataclass(eq=False, slots=True)
class Reaching:
    """The definitions that may reach a use. `complete` is False if there may be others."""

    definitions: tuple[Definition, ...]
    complete: bool


@dataclass(eq=False, slots=True)
class Graph:
    """What one walk over a module finds; `Flow` answers its queries from it."""

    module: Scope
    scopes: dict[ast.AST, Scope]
    scope_of: dict[ast.Name, Scope] = field(default_factory=dict)
    reaching: dict[ast.Name, set[Definition]] = field(default_factory=dict)
    free: dict[ast.Name, Scope] = field(default_factory=dict)
    written_elsewhere: set[tuple[Scope, str]] = field(default_factory=set)
    attribute_stores: dict[str, list[tuple[ast.Attribute, ast.expr | None]]] = field(default_factory=dict)
    star_imports: bool = False


def binding_scope(scope: Scope | None, name: str) -> Scope | None:
    while scope is not None:
        if name in scope.names and scope.kind != "class" and name not in scope.globals | scope.nonlocals:
            return scope
        scope = scope.parent
    return None


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]


def declare_names(scope: Scope, body: Sequence[ast.stmt]) -> None:
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
            stack.extend(
                [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
            )
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


def own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """Nodes of a function's body without those of functions inside it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))
