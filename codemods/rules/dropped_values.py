"""Tell whether the value of an argument may be dropped together with it.

    dropped:  temperature=0.5, temperature=args.temperature, temperature=float(os.getenv("T", "0.7"))
    bridged:  temperature=next_temperature()

Reading a setting and converting it changes nothing, but may raise for a bad value: the finding says
that this error no longer comes. Any other call may do something, and its call is left to the adapter.
"""

from __future__ import annotations

import ast
import re

from codemods.plans import Context
from codemods.values import Foreign

_CONVERSIONS = frozenset(
    f"the built-in {name}"
    for name in (
        "int",
        "float",
        "str",
        "bool",
        "round",
        "min",
        "max",
        "abs",
        "len",
        "sum",
        "getattr",
        "isinstance",
    )
)
_READS_SETTINGS = frozenset({"getenv of os"})
_SETTING = re.compile(r"[A-Za-z_][\w.-]*")


def may_have_effects(context: Context, node: ast.expr) -> bool:
    """Whether leaving the expression out could be noticed, other than by an error it no longer raises."""
    for part in ast.walk(node):
        if isinstance(part, ast.Await | ast.NamedExpr | ast.Yield | ast.YieldFrom):
            return True
        if isinstance(part, ast.Call) and not _only_reads(context, part):
            return True
    return False


def may_raise(node: ast.expr) -> bool:
    """Whether the expression does something that can fail on a bad value."""
    return any(isinstance(part, ast.Call | ast.Subscript) for part in ast.walk(node))


def _only_reads(context: Context, call: ast.Call) -> bool:
    function = call.func
    value = context.evaluator.value_of(function)
    if isinstance(value, Foreign) and value.what in _CONVERSIONS | _READS_SETTINGS:
        return True
    if not isinstance(function, ast.Attribute):
        return False
    if isinstance(value, Foreign) and value.what == "the module os" and function.attr == "getenv":
        return True
    return function.attr == "get" and _reads_a_setting(context, call, function.value)


def _reads_a_setting(context: Context, call: ast.Call, holder: ast.expr) -> bool:
    """`….get("temperature", 0.7)` of a dict, not `requests.get(url)`."""
    value = context.evaluator.value_of(holder)
    if isinstance(holder, ast.Name) and isinstance(value, Foreign) and value.what.startswith("the module "):
        return False
    key = context.evaluator.text_of(call.args[0]) if call.args else None
    return key is not None and _SETTING.fullmatch(key) is not None and not call.keywords
