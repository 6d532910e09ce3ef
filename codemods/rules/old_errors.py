"""Rewrite what catches the errors of SDK 0.2.

    before: except anthropic.ApiException as error:
    after:  except anthropic.APIError as error:
    after:  except (anthropic.APIError, ApiException) as error:      where the adapter serves a call

A handler that looks into the error's `args`, which held the server's answer, stays and is reported.
Source: anthropic 0.2.10, `anthropic/api.py`; 0.125.0 and 2.12.0, `anthropic/_exceptions.py`.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.edits import Edit
from codemods.plans import Context
from codemods.values import Symbol

_OLD = frozenset({"anthropic.ApiException", "anthropic.api.ApiException"})
_TAKES_APART = (ast.Attribute, ast.Subscript, ast.Starred)
_NEW, _OURS = "APIError", "ApiException"


@dataclass(frozen=True, slots=True)
class Caught:
    """One place that names the old error. nodes: those that no other rule need report."""

    node: ast.expr
    edits: list[Edit]
    nodes: tuple[ast.AST, ...]


def caught_errors(context: Context, *, adapted: bool) -> Iterator[Caught]:
    """Every `except` clause of the old error that can be rewritten.

    adapted: the adapter serves a call of this file, and raises an error of our own for some prompts.
    """
    imported = _imports(context)
    if adapted and not imported and context.is_taken(_OURS):
        return
    nodes: list[ast.Attribute | ast.Name] = [*context.source.nodes_of(ast.Attribute)]
    for node in (*nodes, *context.source.nodes_of(ast.Name)):
        handler = _handler(context, node)
        if handler is None or not _names_old_error(context, node) or _looks_into_args(context, handler):
            continue
        caught = _imported(context, node, imported) if isinstance(node, ast.Name) else _read(context, node)
        if caught is not None:
            yield dataclasses.replace(caught, edits=[*caught.edits, *_and_ours(context, node, adapted)])


def _imported(context: Context, node: ast.Name, imported: dict[str, ast.alias]) -> Caught | None:
    """A name that an import binds: both are renamed, unless the import gives it a name of its own."""
    alias = imported.get(node.id)
    if alias is None:
        return None
    start = context.source.span(alias)[0]
    renamed = [Edit(*context.source.span(node), (_NEW,))] if node.id == _OURS else []
    return Caught(node, [*renamed, Edit(start, start + len(_OURS), (_NEW,))], (node, alias))


def _read(context: Context, node: ast.Attribute) -> Caught:
    """`anthropic.ApiException` or `anthropic.api.ApiException`."""
    inner = node.value
    if isinstance(inner, ast.Attribute) and inner.attr == "api":
        inner = inner.value
    span = (context.source.span(inner)[1], context.source.span(node)[1])
    return Caught(node, [Edit(*span, (f".{_NEW}",))], (node, node.value))


def _names_old_error(context: Context, node: ast.expr) -> bool:
    value = context.evaluator.value_of(node)
    return isinstance(value, Symbol) and value.path in _OLD


def _handler(context: Context, node: ast.expr) -> ast.ExceptHandler | None:
    parent = context.source.parent(node)
    if isinstance(parent, ast.Tuple):
        parent = context.source.parent(parent)
    return parent if isinstance(parent, ast.ExceptHandler) else None


def _looks_into_args(context: Context, handler: ast.ExceptHandler) -> bool:
    """Whether the handler reads more of the error than its text."""
    parts = (part for statement in handler.body for part in ast.walk(statement))
    uses = (part for part in parts if isinstance(part, ast.Name) and part.id == handler.name)
    return any(isinstance(context.source.parent(use), _TAKES_APART) for use in uses)


def _imports(context: Context) -> dict[str, ast.alias]:
    """`from anthropic import ApiException`, whose every use can be renamed with it."""
    found = {}
    for definition in (
        one
        for scope in context.flow.scopes.values()
        for definitions in scope.definitions.values()
        for one in definitions
        if one.kind == "import_from"
    ):
        alias = definition.node
        statement = context.source.parents[alias]
        assert isinstance(alias, ast.alias)
        assert isinstance(statement, ast.ImportFrom)
        if alias.name == _OURS and statement.module == "anthropic" and not statement.level:
            handlers = [_handler(context, use) for use in definition.uses]
            fits = all(one is not None and not _looks_into_args(context, one) for one in handlers)
            if fits and not context.is_exported(definition) and not context.is_taken(_NEW):
                found[definition.name] = alias
    return found


def _and_ours(context: Context, node: ast.expr, adapted: bool) -> list[Edit]:
    if not adapted:
        return []
    start, end = context.source.span(node)
    if isinstance(context.source.parent(node), ast.Tuple):
        return [Edit(end, end, (f", {_OURS}",), 1)]
    return [Edit(start, start, ("(",), -1), Edit(end, end, (f", {_OURS})",), 1)]
