# Import statements: names taken out, our own put in. Text only.
"""Edits of import statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from codemods.edits import Edit, Span
from codemods.flow import Definition
from codemods.places import span_removals
from codemods.source import Source
from codemods.template_nodes import CannotCut, whole_statement


def remove_names(
    source: Source, gone: Sequence[Definition], replacement: dict[ast.stmt, list[str]]
) -> list[Edit]:
    """Take imported names out of their statements; `replacement` lines stand after or instead of each."""
    by_statement: dict[ast.stmt, list[ast.alias]] = {}
    for definition in gone:
        assert isinstance(definition.node, ast.alias)
        statement = source.parents[definition.node]
        assert isinstance(statement, ast.stmt)
        by_statement.setdefault(statement, []).append(definition.node)
    for statement in replacement:
        by_statement.setdefault(statement, [])
    edits: list[Edit] = []
    for statement, aliases in by_statement.items():
        edits.extend(_edit_statement(source, statement, aliases, replacement.get(statement, [])))
    return edits


def _edit_statement(
    source: Source, statement: ast.stmt, aliases: list[ast.alias], lines: list[str]
) -> list[Edit]:
    assert isinstance(statement, ast.Import | ast.ImportFrom)
    start, end = source.span(statement)
    indentation = source.indentation(start)
    if len(aliases) == len(statement.names):
        if lines:
            return [Edit(start, end, (f"{source.newline}{indentation}".join(lines),))]
        return [_removed_statement(source, statement)]
    spans = [source.span(alias) for alias in statement.names]
    gone = {source.span(alias) for alias in aliases}
    edits = [Edit(*span) for span in span_removals(source, spans, gone)]
    if lines:
        joint = source.newline + indentation
        edits.append(Edit(end, end, (joint + joint.join(lines),), 3))
    return edits


def _removed_statement(source: Source, statement: ast.stmt) -> Edit:
    """Take a statement away with its line, or with its semicolon if it shares the line."""
    start, end = source.span(statement)
    try:
        return Edit(*whole_statement(source, statement))
    except CannotCut:
        match = re.compile(rb"[ \t]*;[ \t]*(?![\r\n#])").match(source.data, end)
        if match:
            return Edit(start, match.end())
        line = source.data[source.line_start(start) : start]
        before = re.compile(rb"[ \t]*;[ \t]*$").search(line)
        return Edit(start - len(before.group()), end) if before else Edit(start, end, ("pass",))


def insert_import(
    source: Source, names: Iterable[str], *, before: bool = False, first_use: int | None = None
) -> Edit:
    """`from migrate import …` where a person would put it: after the SDK's import, or the last one.

    before: in front of it, where something else than an import will stand behind it.
    first_use: the first place that needs the names, which the import has to stand above.
    """
    offset = _import_offset(source, before, len(source.data) if first_use is None else first_use)
    text = f"from migrate import {', '.join(in_order(names))}{source.newline}"
    if offset and source.data[offset - 1 : offset] not in (b"\n", b"\r"):
        text = source.newline + text
    return Edit(offset, offset, (text,), -5)


def in_order(names: Iterable[str]) -> list[str]:
    """Names as an import statement lists them."""
    return sorted(names, key=_sort_key)


def _sort_key(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the order of import sorters."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def _import_offset(source: Source, before: bool, first_use: int) -> int:
    after = _import_of_sdk(source, first_use) or _last_import(source, first_use)
    if after is None:
        return _first_line(source)
    end = source.span(after)[1]
    if before or re.compile(rb"[ \t]*;").match(source.data, end):
        return source.line_start(source.span(after)[0])
    return _next_line(source, after)


def _import_of_sdk(source: Source, above: int) -> ast.stmt | None:
    """The first import of the SDK outside of blocks, if it ends above an offset."""
    for statement in source.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom) and _is_sdk(statement):
            return statement if source.span(statement)[1] <= above else None
    return None


def _last_import(source: Source, above: int) -> ast.stmt | None:
    """The SDK's import among the first imports of the file, else the last of these; else a docstring."""
    after: ast.stmt | None = None
    for index, statement in enumerate(source.tree.body):
        if source.span(statement)[1] > above:
            break
        if isinstance(statement, ast.Import | ast.ImportFrom):
            after = statement
            if _is_sdk(statement):
                break
        elif index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            after = statement
        elif after is not None and not isinstance(statement, ast.Try | ast.If):
            break
    return after


def _is_sdk(statement: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] == "anthropic"
    return any(alias.name.split(".")[0] == "anthropic" for alias in statement.names)


def _next_line(source: Source, statement: ast.stmt) -> int:
    line = source.line_of(source.span(statement)[1])
    return source.line_starts[line] if line < len(source.line_starts) else len(source.data)


def _first_line(source: Source) -> int:
    """After a shebang and an encoding cookie, before everything else."""
    offset = 0
    for index in range(min(2, len(source.line_starts))):
        start = source.line_starts[index]
        end = source.line_starts[index + 1] if index + 1 < len(source.line_starts) else len(source.data)
        line: Span = (start, end)
        if (
            source.data[slice(*line)].startswith(b"#!")
            or b"coding" in source.data[slice(*line)].partition(b"#")[2]
        ):
            offset = end
    return offset
