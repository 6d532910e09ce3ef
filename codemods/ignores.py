# The inline comment that leaves a statement alone. Text and positions only.
"""`# to-messages: ignore[RULE] reason`: what a person has decided to keep as it is."""

from __future__ import annotations

import ast
import re

from codemods.source import Source

_IGNORE = re.compile(r"#\s*to-messages:\s*ignore(?:\[([\w,\s-]*)\])?")


def is_ignored(source: Source, node: ast.AST) -> bool:
    """Whether a `# to-messages: ignore` comment stands in the node's statement (or on its last line)."""
    statement = source.statement(node)
    start, end = source.span(node if hasattr(statement, "body") else statement)
    line = source.line_of(end)
    last = source.line_starts[line] if line < len(source.line_starts) else len(source.data)
    return _IGNORE.search(source.text((start, last))) is not None
