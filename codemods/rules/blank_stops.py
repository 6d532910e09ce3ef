# When a stop sequence is blank in one of the forms that are in sight. Knows nothing of calls or edits.
"""Tell whether a stop sequence may be blank, which Messages refuses.

    may be:  [sep] for sep in ("END", "\\n");  [os.environ.get("STOP", "\\n\\n")];  [NL * 2];  [f"{NL}{NL}"]
    is not:  [f"\\n{name}:"];  [" ".join(["THE", "END"])];  [text.split("\\n")[0]]

Every source that the file shows is asked. A text that is put together is blank if all its parts are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codemods.plans import Context
from codemods.rules.hidden_turns import MOST_STEPS, sources_of
from codemods.values import Constant

# Methods whose arguments say where to cut a text, and do not come into it.
_CUTS = frozenset({"strip", "lstrip", "rstrip", "removeprefix", "removesuffix"}) | {
    *("split", "rsplit", "partition", "rpartition", "splitlines", "replace", "encode", "decode")
}


def may_be_blank(context: Context, text: ast.AST) -> bool:
    """Whether a text, or one of those that it may be, has nothing but white space in plain sight."""
    return _asked(context, text, {})


def _asked(context: Context, node: ast.AST, answers: dict[ast.AST, bool]) -> bool:
    if node in answers or len(answers) >= MOST_STEPS:
        return answers.get(node, False)
    answers[node] = False  # while it is asked: a text that is grown in a loop is one of its own sources
    answers[node] = _is_blank(context, node, answers)
    return answers[node]


def _is_blank(context: Context, node: ast.AST, answers: dict[ast.AST, bool]) -> bool:
    if isinstance(node, ast.Constant):
        return _is_white(node.value)
    if isinstance(node, ast.expr):
        values = [*context.evaluator.values_of(node)]
        if isinstance(node, ast.Attribute):
            values += context.evaluator.stated_elsewhere(node)
        known = [value.value for value in values if isinstance(value, Constant)]
        if any(map(_is_white, known)):
            return True
    parts = _parts(node)
    if parts is not None:
        return all(_asked(context, part, answers) for part in parts)
    return any(_asked(context, source, answers) for source in _sources(context, node))


def _is_white(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _parts(node: ast.AST) -> list[ast.expr] | None:
    """What a text is put together from; None if it is not put together here."""
    if isinstance(node, ast.JoinedStr):
        return [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [node.left, node.right]
    if _method(node) == "join" and isinstance(node, ast.Call) and len(node.args) == 1:
        joined = node.args[0]
        if isinstance(joined, ast.List | ast.Tuple):
            return [part.value if isinstance(part, ast.Starred) else part for part in joined.elts]
        return [joined]
    return None


def _sources(context: Context, node: ast.AST) -> Iterable[ast.AST]:
    """What the text may come from, without keys, tests, and what only says where to cut."""
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.Subscript):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.Compare):
        return []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CUTS:
        return [node.func.value]
    return sources_of(context, node)


def _method(node: ast.AST) -> str:
    called = node.func if isinstance(node, ast.Call) else None
    return called.attr if isinstance(called, ast.Attribute) else ""
