"""What single places do with the start of a text: cut it to a width, match it, compare it."""

from __future__ import annotations

import ast
import re

from codemods.plans import Context


def formats_to_width(context: Context, template: ast.expr) -> bool:
    """Whether a `%` or `.format` template gives a field a width or a precision."""
    written = context.evaluator.text_of(template)
    return written is None or re.search(r"%[-#0 +]*[\d.]|\{[^{}]*:", written) is not None


def is_joined_by_nothing(context: Context, comprehension: ast.AST) -> bool:
    call = context.source.parent(comprehension)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "join":
        return False
    return context.evaluator.text_of(call.func.value) == ""


def starts_blank(context: Context, node: ast.expr) -> bool:
    text = context.evaluator.text_of(node)
    return text is None or text[:1] == " "


def is_anchored(context: Context, call: ast.Call, text: ast.expr) -> bool:
    """Whether a regular expression looks at the start of the text or for a blank there."""
    pattern = call.args[0] if call.args and call.args[0] is not text else None
    if pattern is None and isinstance(call.func, ast.Attribute):
        pattern = _compiled(context, call.func.value)
    written = context.evaluator.text_of(pattern) if pattern is not None else None
    return written is None or written.lstrip("(").startswith((" ", "^", "\\s", "\\A", "[ "))


def is_enumeration(node: ast.ClassDef) -> bool:
    """Whether a class is an `Enum`: calling it looks a member up by its value."""
    bases = (getattr(base, "id", getattr(base, "attr", "")) for base in node.bases)
    return any(name.endswith("Enum") for name in bases)


def _compiled(context: Context, node: ast.expr) -> ast.expr | None:
    """The pattern that a name was compiled from."""
    definitions = context.flow.reaching(node).definitions if isinstance(node, ast.Name) else ()
    value = definitions[0].value if len(definitions) == 1 else node
    return value.args[0] if isinstance(value, ast.Call) and value.args else None


def compares_text(node: ast.Compare, text: ast.expr) -> bool:
    """Whether a comparison may come out in another way without the blank. An empty text never had one."""
    sides = [node.left, *node.comparators]
    if all(side is text or (isinstance(side, ast.Constant) and side.value == "") for side in sides):
        return False
    if not any(isinstance(op, ast.In | ast.NotIn) for op in node.ops):
        return not all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
    if node.left is text:
        return True
    return any(
        isinstance(s, ast.Constant) and isinstance(s.value, str) and s.value[:1].isspace() for s in sides
    )


def words_before(template: str, call: ast.Call, name: str, given: ast.AST) -> list[str]:
    """The letter before each place at which a call puts what it is given into a template."""
    if name == "replace":
        needle = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        places = re.finditer(re.escape(needle), template) if isinstance(needle, str) and needle else iter(())
    elif name == "format":
        wanted = re.escape(given.arg) if isinstance(given, ast.keyword) and given.arg else r"\d*"
        places = re.finditer(rf"\{{{wanted}[^{{}}]*\}}", template)
    else:
        places = iter(())
    return [template[place.start() - 1] for place in places if place.start() > 0]


def asks_whether_empty(context: Context, length: ast.Call) -> bool:
    """`len(text) == 0`, `len(text) > 0`, `if len(text):`; an empty text never had a blank."""
    parent = context.source.parent(length)
    if isinstance(parent, ast.Compare):
        with_nothing = isinstance(parent.ops[0], ast.Eq | ast.NotEq | ast.Gt)
        (other, *more) = [one for one in (parent.left, *parent.comparators) if one is not length]
        return parent.left is length and not more and with_nothing and getattr(other, "value", None) == 0
    negated = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    return negated or getattr(parent, "test", None) is length
