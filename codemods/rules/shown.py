# Whether a whole response is only shown to a person. Reads the tree around it; plans nothing.
"""Find responses, and pieces of streams, that are only printed or written to a log.

    shown:      print("got:", resp)      logger.info("%s", resp)      print(f"{resp}")      print(type(resp))
                raise ValueError(f"no text in {resp}")
    not shown:  print(len(resp))         print(json.dumps(resp))      print(vars(resp))     save(str(resp))

Whatever has a text of its own can be shown; anything else that is asked of it needs its old form.
"""

from __future__ import annotations

import ast
import re

from codemods.plans import Context
from codemods.values import UserFunction

_PRINTS = frozenset({"print", "pprint"})
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_LOGGER = re.compile(r"_*(?:logging|logger|log)", re.IGNORECASE)
# What gives a text of any object, or its class.
_TEXTS = frozenset({"str", "repr", "type"})
# Fields of a format string that look into the object.
_LOOKS_INSIDE = re.compile(r"%\(|\{[^{}]*[.\[]")


def is_shown(context: Context, response: ast.expr) -> bool:
    """Whether the whole response goes into a line that is printed or logged, or into an error's text."""
    text = _text_around(context, response)
    call = context.source.parent(text)
    if not isinstance(call, ast.Call) or text not in call.args:
        return False
    if isinstance(context.source.parent(call), ast.Raise):
        return text is not response
    return isinstance(context.source.parent(call), ast.Expr) and shows(context, call.func)


def _text_around(context: Context, value: ast.expr) -> ast.expr:
    """The text that a value becomes a part of, as it is printed; the value itself if it stands alone."""
    current = value
    while True:
        parent = context.source.parent(current)
        if isinstance(parent, ast.FormattedValue) and parent.format_spec is None:
            parent = context.source.parent(parent)
        elif isinstance(parent, ast.BinOp):
            if not _joins(context, parent, current, value):
                return current
        elif not (isinstance(parent, ast.Call) and _makes_text(context, parent, current)):
            return current
        assert isinstance(parent, ast.expr)
        current = parent


def _joins(context: Context, node: ast.BinOp, part: ast.expr, value: ast.expr) -> bool:
    """`"got: " + text`, `"got: %s" % value`."""
    if isinstance(node.op, ast.Add):
        return part is not value
    fills = isinstance(node.op, ast.Mod) and part is node.right
    return fills and _is_open_format(node.left)


def _makes_text(context: Context, call: ast.Call, part: ast.expr) -> bool:
    """`str(value)`, `"got: {}".format(value)`."""
    if part not in call.args or call.keywords:
        return False
    if isinstance(call.func, ast.Name):
        is_own = isinstance(context.evaluator.value_of(call.func), UserFunction)
        return call.func.id in _TEXTS and len(call.args) == 1 and not is_own
    is_format = isinstance(call.func, ast.Attribute) and call.func.attr == "format"
    return is_format and isinstance(call.func, ast.Attribute) and _is_open_format(call.func.value)


def _is_open_format(node: ast.expr) -> bool:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text and isinstance(node, ast.Constant) and not _LOOKS_INSIDE.search(str(node.value))


def shows(context: Context, function: ast.expr) -> bool:
    """Whether a call of the function prints its arguments, or writes them to a log."""
    if isinstance(context.evaluator.value_of(function), UserFunction):
        return False
    if isinstance(function, ast.Name):
        return function.id in _PRINTS
    if not isinstance(function, ast.Attribute):
        return False
    owner = str(getattr(function.value, "attr", None) or getattr(function.value, "id", ""))
    is_log = function.attr in _LOGS and _LOGGER.fullmatch(owner) is not None
    return is_log or function.attr == "pprint"
