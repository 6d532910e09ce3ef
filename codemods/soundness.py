# Checks of a result before anybody may write it. Reads two texts; changes nothing.
"""Whether a rewritten file still stands: it parses, and names nothing that is not defined."""

from __future__ import annotations

import ast
import builtins

from codemods.flow import Flow
from codemods.source import Source

# The oldest Python whose grammar a result has to keep to, if the original did.
_OLDEST = (3, 10)
_BUILTINS = frozenset(dir(builtins))


def problem_of(source: Source, result: bytes, before: Flow) -> str | None:
    """Why a result must not be written; None if it is sound."""
    old, text = source.data.decode("utf-8"), result.decode("utf-8")
    try:
        tree = _parsed(old, text)
        _compile(old, text)
    except SyntaxError as error:
        return f"does not parse (line {error.lineno}: {error.msg})"
    new = _unbound(Flow(tree), tree) - _unbound(before, source.tree) - _BUILTINS
    return f"names {min(new)}, which is not defined" if new else None


def _compile(old: str, new: str) -> None:
    """Parsing alone lets some errors through, such as a walrus where a comprehension forbids it.

    `await` outside of functions is fine if it was there before: notebooks and the REPL allow it.
    """
    for flags in (0, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
        try:
            compile(old, "before", "exec", flags, dont_inherit=True)
        except (SyntaxError, ValueError):
            continue
        compile(new, "after", "exec", flags, dont_inherit=True)
        return


def _parsed(old: str, new: str) -> ast.Module:
    try:
        ast.parse(old, feature_version=_OLDEST)
    except SyntaxError:
        return ast.parse(new)
    return ast.parse(new, feature_version=_OLDEST)


def _unbound(flow: Flow, tree: ast.Module) -> set[str]:
    loads = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return {node.id for node in loads if not flow.reaching(node).definitions}
