# Knows what a client no longer takes. Finds; edits nothing.
"""Find arguments of a client that the SDK does not take any more.

    found:  Anthropic(connection_pool_limits=limits, proxies=proxy)
    write:  Anthropic(http_client=anthropic.DefaultHttpxClient(limits=limits, proxy=proxy))

Both clients of anthropic 0.40.0 take them, those of 0.84.0 and later do not (signatures, compared).
Left in silence: arguments of SDK 0.2, which have a rule of their own (`old_calls.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.reported import Left
from codemods.values import Client, Symbol

_INSIDE = {"connection_pool_limits": "limits", "proxies": "proxy", "transport": "transport"}


def client_arguments(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Call) or not {keyword.arg for keyword in node.keywords} & _INSIDE.keys():
        return
    value, function = context.evaluator.value_of(node), context.evaluator.value_of(node.func)
    if isinstance(value, Client) and isinstance(function, Symbol):
        gone = ", ".join(f"`{keyword.arg}`" for keyword in node.keywords if keyword.arg in _INSIDE)
        reason = f"a client takes no {gone} any more (0.40.0 did, 0.84.0 does not): creating it fails"
        yield "TC411", node, reason, _written(context, node, value)


def _written(context: Context, call: ast.Call, client: Client) -> str:
    """The call with what is gone inside an HTTP client."""
    text = context.source.node_text
    inside = [f"{_INSIDE[one.arg]}={text(one.value)}" for one in call.keywords if one.arg in _INSIDE]
    kept = [text(one) for one in (*call.args, *(one for one in call.keywords if one.arg not in _INSIDE))]
    made = "DefaultAsyncHttpxClient" if client.is_async else "DefaultHttpxClient"
    kept.append(f"http_client=anthropic.{made}({', '.join(inside)})")
    return f"{text(call.func)}({', '.join(kept)})"
