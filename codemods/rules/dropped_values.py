"""Tell whether the value of an argument may be dropped together with it.

    dropped:  temperature=0.5, temperature=args.temperature, temperature=float(os.getenv("T", "0.7"))
    dropped:  temperature=config.get("temperature", 0.7), where config = json.load(file)
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
# Functions that make plain dicts and lists of a text, by their modules.
_PARSERS = {
    "json": ("load", "loads"),
    "ujson": ("load", "loads"),
    "orjson": ("loads",),
    "simplejson": ("load", "loads"),
    "yaml": ("safe_load", "load"),
    "tomllib": ("load", "loads"),
    "tomli": ("load", "loads"),
    "toml": ("load", "loads"),
}
# What may make objects of another kind of it.
_HOOKS = frozenset({None, "cls", "object_hook", "object_pairs_hook"})
_DEEPEST = 8
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
    may_be_of_module = any(
        isinstance(value, Foreign) and value.what.startswith("the module ")
        for value in context.evaluator.values_of(holder)
    )
    if isinstance(holder, ast.Name) and may_be_of_module and not _is_parsed(context, holder):
        return False
    key = context.evaluator.text_of(call.args[0]) if call.args else None
    return key is not None and _SETTING.fullmatch(key) is not None and not call.keywords


def _is_parsed(context: Context, node: ast.expr, depth: int = 0) -> bool:
    """Whether an expression is what a parser made of a text, or a part of that."""
    if depth > _DEEPEST:
        return False
    if isinstance(node, ast.Name):
        reaching = context.flow.reaching(node)
        made = [one.value if one.kind == "assign" and not one.path else None for one in reaching.definitions]
        return bool(made and reaching.complete) and all(
            value is not None and _is_parsed(context, value, depth + 1) for value in made
        )
    if isinstance(node, ast.Subscript):
        return _is_parsed(context, node.value, depth + 1)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return _is_parsed(context, node.func.value, depth + 1)
    return not _HOOKS & {keyword.arg for keyword in node.keywords} and _is_parser(context, node.func)


def _is_parser(context: Context, function: ast.expr) -> bool:
    value = context.evaluator.value_of(function)
    if not isinstance(value, Foreign):
        return False
    name, _, module = value.what.rpartition(" of ")
    if isinstance(function, ast.Attribute) and value.what.startswith("the module "):
        name, module = function.attr, value.what.removeprefix("the module ")
    return name in _PARSERS.get(module, ())
