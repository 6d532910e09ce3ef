# Which expressions are surely a `str`. Knows names and literals; no API knowledge.
"""Tell whether `f"{x}"` is `x` itself: whether an expression is a text whatever happens before it.

surely:  question = f"{a} and {b}" … question      ", ".join(words)      "{} {}".format(a, b)
not so:  a parameter, whatever its annotation; what other code returns
"""

from __future__ import annotations

import ast

from codemods.flow import Definition, Flow

_DEEPEST = 6
# Methods of a text that give a text.
_TEXT_METHODS = frozenset(
    {"join", "format", "strip", "lstrip", "rstrip", "replace", "lower", "upper", "title", "capitalize"}
)


def is_text(flow: Flow, node: ast.expr, depth: int = 0) -> bool:
    """Whether an expression that needs no parentheses is surely a `str`."""
    if depth > _DEEPEST:
        return False
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in _TEXT_METHODS and is_text(flow, node.func.value, depth + 1)
    if isinstance(node, ast.Name):
        reaching = flow.reaching(node)
        definitions = reaching.definitions
        known = reaching.complete and bool(definitions)
        return known and all(_gives_text(flow, one, depth) for one in definitions)
    return False


def _gives_text(flow: Flow, definition: Definition, depth: int) -> bool:
    if isinstance(definition.node, ast.AugAssign):  # what is added to a text is one, or fails
        return bool(definition.previous) and all(
            one is definition or _gives_text(flow, one, depth + 1)
            for one in definition.previous
            if depth <= _DEEPEST
        )
    value = definition.value
    if definition.kind != "assign" or definition.path or value is None:
        return False
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return is_text(flow, value.left, depth + 1) or is_text(flow, value.right, depth + 1)
    return is_text(flow, value, depth + 1)
