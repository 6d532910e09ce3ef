# Call sites of SDK 0.2: which `….completion(…)` is one. Plans nothing.
"""Find the calls of SDK 0.2: `client.completion(…)` and its three sisters.

One class served both sync and async code, the arguments were keywords that went into the request as
they were, and the answer was a dict. Source: anthropic 0.2.2-0.2.10, `anthropic/api.py`.
"""

from __future__ import annotations

import ast
from typing import cast, get_args

from codemods.argument_reading import read_arguments
from codemods.plans import Context, LegacyMethod, Refusal, Site
from codemods.providers import client_by_arguments, has_two_owners
from codemods.values import Client, Foreign, Unknown

OLD_METHODS = frozenset(get_args(LegacyMethod)) - {"create"}


def old_site(context: Context, node: ast.Attribute) -> Site | None:
    """The site of an attribute load named like a method of SDK 0.2; None if it is something else."""
    if node.attr not in OLD_METHODS:
        return None
    parent = context.source.parent(node)
    call = parent if isinstance(parent, ast.Call) and parent.func is node else None
    value = context.evaluator.value_of(node.value)
    if isinstance(value, Client):
        return _site(context, node, value, call)
    if call is not None and has_two_owners(value):
        client = client_by_arguments(context, call, node.value)
        return None if client is None else _site(context, node, client, call)
    may_be = isinstance(value, Unknown) or (isinstance(value, Foreign) and " of " in value.what)
    if may_be and call is not None and imports_sdk(context) and has_legacy_arguments(context, call):
        return _site(context, node, Client("unstated"), call)
    return None


def _site(context: Context, node: ast.Attribute, client: Client, call: ast.Call | None) -> Site:
    above = context.source.parent(call) if call is not None else None
    awaited = above if isinstance(above, ast.Await) else None
    return Site(node, client, call, awaited=awaited, method=cast(LegacyMethod, node.attr))


def has_legacy_arguments(context: Context, call: ast.Call) -> bool:
    """Whether a call gives a prompt and the legacy limit: the legacy API, whoever owns the method."""
    named = {keyword.arg for keyword in call.keywords}
    if {"prompt", "max_tokens_to_sample"} <= named:
        return True
    try:
        return {"prompt", "max_tokens_to_sample"} <= set(read_arguments(context, call).places)
    except Refusal:
        return "max_tokens_to_sample" in named


def imports_sdk(context: Context) -> bool:
    """Whether the file imports the SDK anywhere."""
    whole = (alias.name for node in context.source.nodes_of(ast.Import) for alias in node.names)
    named = (node.module or "" for node in context.source.nodes_of(ast.ImportFrom))
    return any(name.split(".")[0] == "anthropic" for name in (*whole, *named))
