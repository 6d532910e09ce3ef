# Knows the old resource's names as they stand in strings. Finds; edits nothing.
"""Find tools that name the old resource in strings.

    found:  wrap_function_wrapper("anthropic.resources.completions", "Completions.create", traced)
    write:  wrap_function_wrapper("anthropic.resources.messages", "Messages.create", traced)
    found:  {"package": "anthropic.resources.completions", "object": "Completions", "method": "create"}
    write:  {"package": "anthropic.resources.messages", "object": "Messages", "method": "create"}

Wrapping a module that is gone fails at start, or traces nothing. Left in silence: texts that stand alone
(docstrings, messages to a user), and targets of a test's patch, which have a rule of their own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.converted_tests import converted_name
from codemods.rules.doubles import is_patch_target
from codemods.rules.reported import Left, is_docstring

_REASON = (
    "a tool names the old resource: nothing passes through it any more, and SDK 1.0 and later do not have it"
)
_NAME = re.compile(
    r"anthropic\.(?:resources\.)?(?:completions|types\.completion|resources\.(?:Async)?Completions)\b"
)
_PATH = re.compile(r"anthropic(?:\.\w+)+")
_SHORT = re.compile(r"\banthropic\.completions\b(?!\.)")
_CLASS = re.compile(r"""(["'])(Async)?Completions(\.create)?\1""")


def instrumented_names(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or len(node.value) > 120:
        return
    if not _NAME.search(node.value) or is_docstring(context, node) or _is_prose(node.value):
        return
    if is_patch_target(context, node):
        return
    group = _group(context, node)
    if group is not None:
        yield "TC417", node, _REASON, _renamed(context, group)


def _is_prose(text: str) -> bool:
    """A sentence that mentions the name; a name may stand in `<class '…'>`."""
    return " " in text and not text.startswith("<class ")


def _group(context: Context, node: ast.AST) -> ast.AST | None:
    """The call, dict, tuple, list or comparison that the name is a part of."""
    above = context.source.parent(node)
    if isinstance(above, ast.keyword):
        above = context.source.parent(above)
    if isinstance(above, ast.Attribute):  # "anthropic.resources.completions".split(".")
        return None
    return (
        above
        if isinstance(above, ast.Call | ast.Dict | ast.Tuple | ast.List | ast.Set | ast.Compare)
        else node
    )


def _renamed(context: Context, group: ast.AST) -> str:
    """The group's source with every old name in its strings replaced."""
    start, end = context.source.span(group)
    text = context.source.text((start, end))
    if isinstance(group, ast.List | ast.Tuple | ast.Set) and "\n" in text:
        text = next(line for line in text.splitlines() if _NAME.search(line)).strip()
    text = _PATH.sub(lambda match: converted_name(match[0]) or match[0], text)
    text = _SHORT.sub("anthropic.messages", text)
    return _CLASS.sub(r"\1\2Messages\3\1", text)
