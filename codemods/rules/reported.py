# What the rules that only report have in common: the form of an entry, names and texts. No edits.
"""Entries for code that is reported and not rewritten, and the questions several such rules ask."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from codemods.plans import Context
from migrate.models import ModelFacts, find_model, successor_of

# (rule, node, reason, suggestion)
Left = tuple[str, ast.AST, str, str | None]
Check = Callable[[Context, ast.AST, set[ast.AST]], Iterator[Left]]

# What Claude 2 becomes: the model of a suggestion where the code names none.
USUAL_MODEL = "claude-2.1"
_IMPORTS_SDK = re.compile(rb"^\s*(?:import|from)\s+anthropic\b", re.M)
_TEST_TOOLS = re.compile(
    rb"^\s*(?:import|from)\s+(?:pytest|unittest|mock|respx|responses|requests_mock)\b", re.M
)
_TEST_PATH = re.compile(r"(?:^|[/\\~])(?:tests?|conftest|test_[^/\\]*|[^/\\]*_test)(?:[/\\~]|\.py$|$)")


def imports_sdk(context: Context) -> bool:
    return _IMPORTS_SDK.search(context.source.data) is not None


def mentions_sdk(context: Context) -> bool:
    """Whether the file speaks of Anthropic, or of this package, which took the SDK's place in it."""
    data = context.source.data
    return b"nthropic" in data or b"from migrate import" in data


def is_test_code(context: Context) -> bool:
    """Whether the file is a test or a tool of tests: by its place, or by what it imports."""
    return _TEST_PATH.search(context.path) is not None or _TEST_TOOLS.search(context.source.data) is not None


def is_docstring(context: Context, node: ast.AST) -> bool:
    return isinstance(context.source.parent(node), ast.Expr)


def paths_of(context: Context, node: ast.AST) -> frozenset[str]:
    """The full dotted names that an expression of imported names can mean; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return frozenset(f"{base}.{node.attr}" for base in paths_of(context, node.value))
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return frozenset()
    found: set[str] = set()
    for definition in context.flow.reaching(node).definitions:
        if isinstance(definition.node, ast.alias):
            found.update(alias_paths(context, definition.node))
    return frozenset(found)


def alias_paths(context: Context, alias: ast.alias) -> frozenset[str]:
    """What the name bound by one part of an import stands for."""
    statement = context.source.parent(alias)
    if isinstance(statement, ast.ImportFrom):
        return frozenset() if statement.level else frozenset({f"{statement.module}.{alias.name}"})
    return frozenset({alias.name if alias.asname else alias.name.split(".")[0]})


def current_model(name: str | None) -> ModelFacts | None:
    """The facts of the model to write for an old name (None: no name given); None for an unknown one."""
    facts = successor_of(name or USUAL_MODEL)
    return facts if facts is not None else find_model(name)


def call_of(name: str, arguments: list[str]) -> str:
    """A call in one line, or with one argument to a line where it would be long."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= 100:
        return line
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return f"{name}(\n{inner})"
