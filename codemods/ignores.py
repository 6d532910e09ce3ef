# The inline comment that leaves a statement alone. Text and positions only.
"""`# to-messages: ignore[RULE] reason`: what a person has decided to keep as it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from codemods.rules import find_rule
from codemods.source import Source

_IGNORE = re.compile(r"#\s*to-messages:\s*ignore(?:\[([\w,\s-]*)\])?")


def ignore_lines(source: Source) -> list[int]:
    """The lines on which such a comment stands."""
    if b"to-messages" not in source.data:
        return []
    lines = source.data.decode("utf-8").split("\n")
    return [number for number, line in enumerate(lines, 1) if _IGNORE.search(line)]


def comment_rules(text: str) -> frozenset[str] | None:
    """The codes that the comment in `text` lists: empty for all rules, None without such a comment."""
    match = _IGNORE.search(text)
    if match is None:
        return None
    names = (match.group(1) or "").replace(",", " ").split()
    return frozenset(rule.code if (rule := find_rule(name)) else name for name in names)


def is_ignored(source: Source, node: ast.AST, rules: Iterable[str] = ()) -> bool:
    """Whether a comment in the node's statement (or on its last line) leaves it alone.

    A comment without rules ignores everything; one with rules ignores findings under these.
    """
    listed = ignored_rules(source, node)
    return listed is not None and (not listed or not listed.isdisjoint(rules))


def ignored_rules(source: Source, node: ast.AST) -> frozenset[str] | None:
    """The codes a comment lists: empty for all rules, None if there is no comment."""
    statement = source.statement(node)
    start, end = source.span(node if hasattr(statement, "body") else statement)
    line = source.line_of(end)
    last = source.line_starts[line] if line < len(source.line_starts) else len(source.data)
    return comment_rules(source.text((start, last)))


def is_text_ignored(text: str, rule: str) -> bool:
    """The same for a text that is not Python: whether a comment in it leaves it alone."""
    listed = comment_rules(text)
    return listed is not None and (not listed or rule in listed)
