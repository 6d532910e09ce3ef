# Where the import of our names goes in a file that imports the SDK in blocks only. Text and tree, no meaning.
"""The import of our run-time library beside that of an optional SDK.

    before: try:
                import anthropic
            except ImportError:
                anthropic = None
    after:  try:
                import anthropic
                from migrate import with_completions
            except ImportError:
                anthropic = None

A file that imports the SDK at its top needs it anyway, and our names are imported there. Where the SDK
is optional, our library is too. Each place that needs a name is looked at alone, in this order:

- an import of the SDK that has surely run when the place is reached, in the same block or around it;
- a `try` of the module that imports the SDK, and before it nothing else that may be missing;
- the beginning of the function that the place is in: who calls it has a client, and so the SDK.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from codemods.edits import Edit
from codemods.imports import in_order
from codemods.source import Source

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LEAVES = (ast.Raise, ast.Return, ast.Continue, ast.Break)
_SDK = "anthropic"
_OURS = "migrate"
_IMPORT = f"from {_OURS} import"  # how an import of the old type is replaced


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """One block around a place: whose it is, its statements, and which of them the place is in."""

    owner: ast.AST
    block: Sequence[ast.stmt]
    index: int


@dataclass(frozen=True, slots=True)
class Home:
    """Where an import goes: behind a statement of a block, or in front of the first of a function."""

    statement: ast.stmt
    block: tuple[ast.stmt, ...]
    behind: bool


@dataclass(slots=True)
class Need:
    """What an import has to bring, and the first place that needs it."""

    names: set[str] = field(default_factory=set)
    first: int = sys.maxsize


@dataclass(slots=True)
class Placed:
    """The edits that import names in blocks, and the names that the top of the file has to import."""

    edits: list[Edit] = field(default_factory=list)
    at_top: set[str] = field(default_factory=set)


def place_imports(source: Source, names: Iterable[str], edits: Sequence[Edit]) -> Placed:
    """Import each name where the edits write it, if the file imports the SDK in blocks only."""
    placed = Placed(at_top=set(names))
    if not _is_optional(source):
        return placed
    written = [edit for edit in edits if not _writes(edit, _IMPORT)]
    moved = [edit for edit in edits if _writes(edit, _IMPORT)]
    needs: dict[Home, Need] = {}
    for name in sorted(placed.at_top):
        offsets = [edit.start for edit in written if _writes(edit, name)]
        for home in _homes_of(source, name, offsets):
            placed.at_top.discard(name)
            if not any(_writes(edit, name) and _is_in(source, home, edit) for edit in moved):
                need = needs.setdefault(home, Need())
                need.names.add(name)
                need.first = min(need.first, *offsets)
    for home, need in needs.items():
        placed.edits.extend(_edits(source, home, need))
    return placed


def _writes(edit: Edit, name: str) -> bool:
    return any(isinstance(part, str) and re.search(rf"\b{name}\b", part) for part in edit.parts)


def _is_in(source: Source, home: Home, edit: Edit) -> bool:
    return any(edit.start == source.span(statement)[0] for statement in home.block)


def _is_optional(source: Source) -> bool:
    """Whether the file imports the SDK, and nowhere outside of blocks."""
    imports = [*source.nodes_of(ast.Import), *source.nodes_of(ast.ImportFrom)]
    of_sdk = [one for one in imports if _is_import_of(one, _SDK)]
    return bool(of_sdk) and not any(isinstance(source.parent(one), ast.Module) for one in of_sdk)


def _is_import_of(statement: ast.stmt, package: str) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return not statement.level and (statement.module or "").split(".")[0] == package
    return isinstance(statement, ast.Import) and any(
        alias.name.split(".")[0] == package for alias in statement.names
    )


# -- homes ----------------------------------------------------------------------------------------


def _homes_of(source: Source, name: str, offsets: Sequence[int]) -> list[Home]:
    """The blocks that import a name for every place that needs it; none if the top has to."""
    found: dict[Home, None] = {}
    for offset in offsets:
        homes = _homes_at(source, offset)
        if not homes:
            return []
        found.update(dict.fromkeys(homes))
    return list(dict.fromkeys(_before_all_reads(source, home, name, offsets, found) for home in found))


def _homes_at(source: Source, offset: int) -> list[Home]:
    path = _path(source, offset)
    home = _home_above(path)
    if home is not None:
        return [home]
    function = next((level for level in reversed(path) if isinstance(level.owner, _FUNCTIONS)), None)
    homes = _homes_in_module(source.tree)
    if homes and (function or source.span(homes[-1].statement)[1] < offset):
        return homes
    return [_beginning(function.block)] if function else []


def _home_above(path: Sequence[Level]) -> Home | None:
    """Behind an import of the SDK that has run whenever the place is reached."""
    for level in reversed(path):
        if isinstance(level.owner, ast.ClassDef):
            continue  # whose names neither its methods nor its comprehensions see
        for statement, block in _run_before(level):
            if home := _home_in(statement, block):
                return home
    return None


def _run_before(level: Level) -> Iterator[tuple[ast.stmt, Sequence[ast.stmt]]]:
    """The statements that have run when a block has come to a place, the last first, each with its block."""
    for statement in reversed(level.block[: level.index]):
        yield statement, level.block
    if isinstance(level.owner, ast.Try) and level.block is level.owner.orelse:
        for statement in reversed(level.owner.body):
            yield statement, level.owner.body


def _home_in(statement: ast.stmt, block: Sequence[ast.stmt]) -> Home | None:
    """Behind a statement that imports the SDK, or inside one that only goes on if it could."""
    if _is_import_of(statement, _SDK):
        return Home(statement, tuple(block), behind=True)
    if not isinstance(statement, ast.Try):
        return None
    leaves = all(isinstance(handler.body[-1], _LEAVES) for handler in statement.handlers)
    return _home_in_block(statement.body) if leaves else None


def _home_in_block(block: Sequence[ast.stmt]) -> Home | None:
    """Behind the first imports of the SDK that stand in a row."""
    row: list[ast.stmt] = []
    for statement in block:
        if _is_import_of(statement, _SDK):
            row.append(statement)
        elif row:
            break
    return Home(row[-1], tuple(block), behind=True) if row else None


def _homes_in_module(tree: ast.Module) -> list[Home]:
    """Behind each import of the SDK in the first statement of the module that tries to import it."""
    for statement in tree.body:
        if not isinstance(statement, ast.Try | ast.With):
            continue
        home = _home_in_block(statement.body)
        if home is not None:
            first = home.block[: home.block.index(home.statement)]
            handlers = [_home_in_block(one.body) for one in getattr(statement, "handlers", ())]
            sure = all(_is_sure(one) for one in first)
            return [home, *(one for one in handlers if one is not None)] if sure else []
    return []


def _is_sure(statement: ast.stmt) -> bool:
    """Whether nothing can go wrong here that has not to do with the SDK."""
    if isinstance(statement, ast.ImportFrom):
        modules = [statement.module or ""] if not statement.level else [""]
    elif isinstance(statement, ast.Import):
        modules = [alias.name for alias in statement.names]
    else:
        return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
    return {module.split(".")[0] for module in modules} <= {_SDK, _OURS, *sys.stdlib_module_names}


def _beginning(block: Sequence[ast.stmt]) -> Home:
    first = block[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(block) > 1
    return Home(block[1] if is_docstring else first, tuple(block), behind=False)


def _before_all_reads(
    source: Source, home: Home, name: str, offsets: Sequence[int], found: Container[Home]
) -> Home:
    """An import binds its name in the whole function: if a place comes before it, it has to begin it."""
    function: ast.AST | None = home.statement
    while function is not None and not isinstance(function, _FUNCTIONS):
        function = source.parent(function)
    if function is None or not home.behind:
        return home
    start, end = source.span(function)
    reads = [source.span(node)[0] for node in source.nodes_of(ast.Name) if node.id == name]
    here = [offset for offset in (*reads, *offsets) if start <= offset < end]
    served = all(_home_above(_path(source, offset)) in found for offset in here)
    return home if served else _beginning(function.body)


# -- blocks ---------------------------------------------------------------------------------------


def _path(source: Source, offset: int) -> list[Level]:
    """The blocks that an offset is in, from the module's inwards."""
    levels: list[Level] = []
    owner: ast.AST | None = source.tree
    while owner is not None:
        found = (_level(source, part, block, offset) for part, block in _blocks(owner))
        level = next((one for one in found if one is not None), None)
        owner = None
        if level is not None:
            levels.append(level)
            statement = level.block[level.index]
            owner = statement if source.span(statement)[0] <= offset else None
    return levels


def _blocks(owner: ast.AST) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    """The statement lists of a statement, each with the node it belongs to."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(owner, name, None)
        if isinstance(block, list) and block:
            yield owner, block
    for name in ("handlers", "cases"):
        for part in getattr(owner, name, None) or ():
            yield part, part.body


def _level(source: Source, owner: ast.AST, block: list[ast.stmt], offset: int) -> Level | None:
    start = _start(source, block[0])
    line = source.line_start(start)
    first = start if source.data[line:start].strip() else line
    if not (isinstance(owner, ast.Module) or first <= offset):
        return None
    index = next((at for at, one in enumerate(block) if offset <= source.span(one)[1]), None)
    return None if index is None else Level(owner, block, index)


def _start(source: Source, statement: ast.stmt) -> int:
    """Where a statement begins, with the decorators above it."""
    decorators = getattr(statement, "decorator_list", None)
    if decorators:
        return source.data.rindex(b"@", 0, source.span(decorators[0])[0])
    return source.span(statement)[0]


# -- edits ----------------------------------------------------------------------------------------


def _edits(source: Source, home: Home, need: Need) -> list[Edit]:
    """The import in its block; a longer list of names where the block imports some already."""
    for statement in home.block:
        if isinstance(statement, ast.ImportFrom) and _is_import_of(statement, _OURS):
            is_plain = statement.module == _OURS and statement.names[0].name != "*"
            if is_plain and source.span(statement)[1] <= need.first:
                return _extended(source, statement, need.names)
    text = f"from {_OURS} import {', '.join(in_order(need.names))}"
    start, end = _start(source, home.statement), source.span(home.statement)[1]
    line, after = source.line_start(start), source.line_of(end)
    next_line = source.line_starts[after] if after < len(source.line_starts) else len(source.data)
    shares = source.data[line:start].strip() or re.match(rb"[ \t]*;", source.data[end:next_line])
    if shares:
        return [Edit(start, start, (f"{text}; ",), -5)]
    offset = next_line if home.behind else line
    gap = "" if home.behind or _is_import(home.statement) else source.newline
    lead = "" if source.data[:offset].endswith((b"\n", b"\r")) or not offset else source.newline
    return [Edit(offset, offset, (f"{lead}{source.indentation(start)}{text}{source.newline}{gap}",), -5)]


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _extended(source: Source, statement: ast.ImportFrom, names: set[str]) -> list[Edit]:
    missing = names - {alias.name for alias in statement.names if alias.asname is None}
    end = source.span(statement.names[-1])[1]
    text = "".join(f", {name}" for name in in_order(missing))
    return [Edit(end, end, (text,))] if missing else []
