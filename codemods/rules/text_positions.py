"""Tell which cuts of a text are the same whether it begins with a blank or not.

the same: text[text.find("{") : text.rfind("}") + 1]        start = text.find("{") … text[start:]
another:  text[1:]                                          if text.find("Yes") == 0: …

A position found in a text moves by one with the blank, and so does what it cuts.
"""

from __future__ import annotations

import ast

from codemods.flow import Definition
from codemods.plans import Context

_FINDS = frozenset({"find", "rfind", "index", "rindex"})
# `position == -1` and the like only ask whether something was found.
_FOUND = {ast.Eq: -1, ast.NotEq: -1, ast.Gt: -1, ast.LtE: -1, ast.GtE: 0, ast.Lt: 0}


def is_find(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _FINDS


def cut_begins_at_position(context: Context, cut: ast.Subscript) -> bool | None:
    """Whether a cut begins at a position found in the same text (True) or at its start (False).

    None if the cut counts letters from the start in any other way.
    """
    if not isinstance(cut.slice, ast.Slice) or cut.slice.step is not None:
        return None
    low, high = cut.slice.lower, cut.slice.upper
    if high is not None and not _is_from_end(high) and not _is_position(context, high, cut.value):
        return None
    if low is None:
        return False
    return True if _is_position(context, low, cut.value) else None


def position_is_harmless(context: Context, call: ast.Call) -> bool:
    """Whether the position that `text.find(…)` gives is used for nothing but to cut the same text."""
    assert isinstance(call.func, ast.Attribute)
    text = call.func.value
    if not call.args or any(_begins_blank(context, argument) for argument in call.args[:1]):
        return False
    definitions = _names_of(context, call)
    if not definitions:
        return _is_harmless_use(context, call, text)
    return all(_is_harmless_use(context, use, text) for one in definitions for use in context.flow.uses(one))


def _names_of(context: Context, call: ast.Call) -> list[Definition]:
    """The names a position is bound to, also by `start, end = text.find("{"), text.rfind("}")`."""
    parent = context.source.parent(call)
    if not isinstance(parent, ast.Tuple):
        return list(context.definitions_of_value(call))
    path = (parent.elts.index(call),)
    return [one for one in context.definitions_of_value(parent) if one.path == path]


def _bound_value(definition: Definition) -> ast.expr | None:
    """What a name is bound to, if it is one value or one of a display that is unpacked."""
    value = definition.value
    for index in definition.path:
        value = value.elts[index] if isinstance(value, ast.Tuple) and index < len(value.elts) else None
    return value


def _begins_blank(context: Context, node: ast.expr) -> bool:
    text = context.evaluator.text_of(node)
    return text is None or text[:1] == " " or text == ""


def _is_harmless_use(context: Context, use: ast.expr, text: ast.expr) -> bool:
    parent = context.source.parent(use)
    if isinstance(parent, ast.Compare) and parent.left is use and len(parent.ops) == 1:
        asked = _FOUND.get(type(parent.ops[0]))
        return asked is not None and _number(parent.comparators[0]) == asked
    while isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add | ast.Sub):
        parent = context.source.parent(parent)
    above = context.source.parent(parent) if isinstance(parent, ast.Slice) else None
    return isinstance(above, ast.Subscript) and _same(above.value, text)


def _is_position(context: Context, node: ast.expr, text: ast.expr) -> bool:
    """`text.find(…)`, a name for it, or one of these and a fixed distance."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return _is_position(context, node.left, text) and _is_distance(context, node.right)
    if isinstance(node, ast.Name):
        reaching = context.flow.reaching(node)
        values = [_bound_value(one) for one in reaching.definitions]
        return reaching.complete and bool(values) and all(_is_find_in(value, text) for value in values)
    return _is_find_in(node, text)


def _is_find_in(node: ast.expr | None, text: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return is_find(node) and _same(node.func.value, text)


def _is_distance(context: Context, node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len" and len(node.args) == 1:
        return context.evaluator.text_of(node.args[0]) is not None
    return _number(node) is not None


def _is_from_end(node: ast.expr) -> bool:
    number = _number(node)
    return number is not None and number < 0


def _number(node: ast.expr) -> int | None:
    sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
    inner = node.operand if isinstance(node, ast.UnaryOp) and sign < 0 else node
    value = inner.value if isinstance(inner, ast.Constant) else None
    return sign * value if isinstance(value, int) and not isinstance(value, bool) else None


def _same(one: ast.expr, other: ast.expr) -> bool:
    """Whether two expressions are written alike: a name, or an attribute of a name."""
    plain = all(isinstance(part, ast.Name | ast.Attribute | ast.Load) for part in ast.walk(one))
    return plain and ast.dump(one) == ast.dump(other)
