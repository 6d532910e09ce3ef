"""Find places of a file that look for a blank before a text.

label[1:]          answer == " Yes"          re.match(r" ([A-D])", text)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.plans import Context
from codemods.values import Foreign

_LOOKS_FOR_TEXT = frozenset(
    {"startswith", "count", "index", "find", "match", "fullmatch", "removeprefix", "split", "get", "compile"}
)


def blank_hints(context: Context) -> Iterator[int]:
    """Lines of the file that cut off one character or look for text with a blank before it."""
    for node in context.source.nodes_of(ast.Subscript):
        lower = node.slice.lower if isinstance(node.slice, ast.Slice) and node.slice.upper is None else None
        cuts_one = isinstance(lower, ast.Constant) and lower.value == 1
        if isinstance(node.value, ast.List | ast.Tuple) or _is_made_here(context, node.value):
            continue
        if cuts_one and getattr(node.value, "attr", getattr(node.value, "id", "")) != "argv":
            yield node.lineno
    for text in context.source.nodes_of(ast.Constant):
        if _looks_for_blank(context, text):
            yield text.lineno


def _is_made_here(context: Context, node: ast.expr) -> bool:
    """Whether a name holds what a built-in function gave, as `input()` does, or a list: no reply."""
    reaching = context.flow.reaching(node) if isinstance(node, ast.Name) else None
    if reaching is None or not reaching.complete or not reaching.definitions:
        return False
    return all(
        one.kind == "assign" and not one.path and _is_own(context, one.value) for one in reaching.definitions
    )


def _is_own(context: Context, value: ast.expr | None) -> bool:
    if isinstance(value, ast.List | ast.ListComp | ast.Dict):
        return True
    called = context.evaluator.value_of(value.func) if isinstance(value, ast.Call) else None
    return called in (Foreign("the built-in input"), Foreign("the built-in open"))


def _looks_for_blank(context: Context, node: ast.Constant) -> bool:
    text = node.value
    if not isinstance(text, str) or len(text) < 2 or text[0] != " " or text[1].isspace():
        return False
    parent = context.source.parent(node)
    if isinstance(parent, ast.Compare | ast.MatchValue | ast.Subscript):
        return True
    if isinstance(parent, ast.Tuple | ast.List | ast.Set):
        above = context.source.parent(parent)
        return not (isinstance(above, ast.Call) and getattr(above.func, "attr", "") == "join")
    if isinstance(parent, ast.Dict):
        return node in parent.keys
    return isinstance(parent, ast.Call) and getattr(parent.func, "attr", "") in _LOOKS_FOR_TEXT
