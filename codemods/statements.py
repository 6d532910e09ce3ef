# Taking statements away. Knows blocks and lines; no API knowledge.
"""Remove whole statements, and the `if` around them where nothing else is left of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from codemods.edits import Span
from codemods.source import Source
from codemods.template_nodes import CannotCut, whole_statement

# Calls that only read: taking one away takes nothing else away (an error it may raise apart).
_READING = frozenset(
    {"isinstance", "len", "bool", "int", "float", "str", "round", "min", "max", "abs", "hasattr"}
)


def removed_statements(source: Source, statements: Sequence[ast.stmt]) -> list[Span]:
    """The lines to delete. Raises CannotCut if a block would be left empty that does something else."""
    gone = dict.fromkeys(statements)
    grown = True
    while grown:
        above = {source.parents[one] for one in gone}
        new = [one for one in above if isinstance(one, ast.If) and one not in gone and _is_empty(one, gone)]
        gone.update(dict.fromkeys(new))
        grown = bool(new)
    outermost = [one for one in gone if source.parents[one] not in gone]
    for one in outermost:
        _check_block(source, one, gone)
        if isinstance(one, ast.If) and b"#" in source.data[slice(*source.span(one))]:
            raise CannotCut("a comment stands in the block that would go")
    return [whole_statement(source, one) for one in outermost]


def _check_block(source: Source, node: ast.stmt, gone: Iterable[ast.stmt]) -> None:
    parent = source.parents[node]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None) or []
        if node in block and set(block) <= set(gone):
            raise CannotCut("a block would be left empty")


def _is_empty(node: ast.If, gone: Iterable[ast.stmt]) -> bool:
    """Whether an `if` does nothing once the statements are gone, and asking it has no effect."""
    return set(node.body) | set(node.orelse) <= set(gone) and only_reads(node.test)


def only_reads(node: ast.AST) -> bool:
    """Whether an expression can be left out without anything else changing, but for an error it raises."""
    for part in ast.walk(node):
        if isinstance(part, ast.Await | ast.NamedExpr | ast.Yield | ast.YieldFrom):
            return False
        if isinstance(part, ast.Call) and getattr(part.func, "id", "") not in _READING:
            return False
    return True


def may_go_on(source: Source, node: ast.AST) -> bool:
    """Whether an error of the statement may be caught in its function."""
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
        node = source.parents[node]
        if isinstance(node, ast.Try | ast.With | ast.AsyncWith):
            return True
    return False


def are_in_one_block(source: Source, *statements: ast.stmt) -> bool:
    """Whether statements stand beside each other, so that nothing chooses between them."""
    parent = source.parents[statements[0]]
    blocks = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
    return any(isinstance(block, list) and all(one in block for one in statements) for block in blocks)
