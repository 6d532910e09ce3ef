# Which SDK a file needs, from both sides. Asks the evaluator; knows nothing of dependency files.
"""What a file's code demands of the SDK: at least some version, or one below 1.0.

Both are read from the code as it stands, so that a later run comes to the same answer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codemods.ignores import ignore_lines
from codemods.outcome import Finding
from codemods.plans import Context
from codemods.sdk_surface import RESPONSE_WRAPPERS
from codemods.source import Source
from codemods.values import Client, WrappedClient

Version = tuple[int, int, int]

# First releases with `client.messages` and with its argument `thinking`. Source: wheels 0.15 to 0.47.
MESSAGES: Version = (0, 16, 0)
THINKING: Version = (0, 47, 0)
# First release in which `parse()` of an asynchronous raw response is a coroutine. Source: its MIGRATION.md.
AWAITED_PARSE: Version = (1, 0, 0)
# What our own extra asks for; a test compares it with pyproject.toml.
ADAPTER: Version = (0, 40, 0)
# These make arguments for `messages.create` at run time, and `thinking` may be among them.
_MAKES_ARGUMENTS = frozenset({"model_arguments", "arguments_from_legacy", "*", "migrate"})
# These convert plain values and load no SDK.
_WITHOUT_SDK = frozenset({"completion_body", "messages_body"})

# Rules under which a call stays as it is and goes on needing the old SDK …
OLD_CALLS = frozenset({"TC203", "TC301", "TC302", "TC303", "TC304", "TC306", "TC401", "TC409"})
# … and those under which a name stays that cannot even be imported from 1.0 on.
_OLD_NAMES = frozenset({"TC002", "TC004", "TC305", "TC402", "TC406", "TC411"})
# The package of the calls under TC409 brings an SDK of its own.
_OLD_SDK = (OLD_CALLS | _OLD_NAMES) - {"TC409"}


def standing_floor(context: Context, adapter: Iterable[str]) -> Version | None:
    """What the code that is there already needs; `adapter`: what it imports of our run-time library."""
    floors = [floor] if (floor := adapter_floor(adapter)) else []
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr == "messages" and isinstance(
            value := context.evaluator.value_of(node.value), Client | WrappedClient
        ):
            floors.append(_floor_of(context, node, getattr(value, "wrapper", "")))
    floors += (
        [MESSAGES]
        if any(_asks_for_messages(context, one) for one in context.source.nodes_of(ast.Call))
        else []
    )
    return max(floors, default=None)


def _asks_for_messages(context: Context, call: ast.Call) -> bool:
    """`hasattr(client, "messages")`."""
    if getattr(call.func, "id", "") != "hasattr" or len(call.args) != 2:
        return False
    name = call.args[1]
    is_asked = isinstance(name, ast.Constant) and name.value == "messages"
    return is_asked and isinstance(context.evaluator.value_of(call.args[0]), Client | WrappedClient)


def adapter_floor(names: Iterable[str]) -> Version | None:
    """What code needs that uses these names of our run-time library."""
    if _WITHOUT_SDK.issuperset(names := set(names)):
        return None
    return ADAPTER if _MAKES_ARGUMENTS.isdisjoint(names) else max(ADAPTER, THINKING)


def _floor_of(context: Context, resource: ast.Attribute, wrapper: str) -> Version:
    """What one use of `client.messages` needs."""
    method = context.source.parent(resource)
    if isinstance(method, ast.Attribute) and method.attr in RESPONSE_WRAPPERS:
        wrapper, method = method.attr, context.source.parent(method)
    call = context.source.parent(method) if isinstance(method, ast.Attribute) else None
    if not isinstance(call, ast.Call):
        return MESSAGES
    if wrapper == "with_raw_response" and _awaits_parse(context, call):
        return AWAITED_PARSE
    return THINKING if any(keyword.arg == "thinking" for keyword in call.keywords) else MESSAGES


def _awaits_parse(context: Context, call: ast.Call) -> bool:
    """Whether what the call gives is awaited, and its `parse()` as well."""
    response = context.source.parent(call)
    if not isinstance(response, ast.Await):
        return False
    names = [use for one in context.definitions_of_value(response) for use in context.flow.uses(one)]
    return any(_is_awaited_parse(context, held) for held in (response, *names))


def _is_awaited_parse(context: Context, held: ast.expr) -> bool:
    method = context.source.parent(held)
    call = context.source.parent(method) if isinstance(method, ast.Attribute) else None
    parses = isinstance(method, ast.Attribute) and method.attr == "parse"
    return parses and call is not None and isinstance(context.source.parent(call), ast.Await)


def adapter_names(source: Source) -> frozenset[str]:
    """What the file imports of a module `migrate`; the caller knows whether that is ours."""
    found = {
        alias.name
        for statement in source.nodes_of(ast.ImportFrom)
        if not statement.level and (statement.module or "").split(".")[0] == "migrate"
        for alias in statement.names
    }
    names = [alias.name for statement in source.nodes_of(ast.Import) for alias in statement.names]
    return frozenset(found.union(name for name in names if name.split(".")[0] == "migrate"))


def keeps_old_calls(findings: Iterable[Finding]) -> bool:
    """Whether calls are left that need the old SDK."""
    return any(one.status == "manual" and one.rule in OLD_CALLS for one in findings)


def old_sdk_lines(findings: Iterable[Finding], source: Source) -> tuple[int, ...]:
    """Lines of what is left and needs an SDK below 1.0, what a comment leaves included."""
    left = {one.line for one in findings if one.status == "manual" and one.rule in _OLD_SDK}
    return tuple(sorted(left.union(ignore_lines(source))))


def version_text(version: Version | None) -> str | None:
    return None if version is None else ".".join(map(str, version))
