# Knows the header that carried the key. Finds; edits nothing.
"""Find tests that look for the key in the header where older SDKs sent it.

    found:  assert request.headers["x-api-key"] == "secret"
    write:  request.headers["authorization"]  # "Bearer " and the key
    found:  httpx_mock.add_response(match_headers={"x-api-key": "secret"})

SDK 2.0 and later send `Authorization: Bearer <key>` (requests of anthropic 2.12.0, recorded). Left in
silence: requests that the code makes itself, whose header the server takes as before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.doubles import is_router
from codemods.rules.reported import Left, imports_sdk, is_test_code

_REASON = (
    "a test looks for the key in `x-api-key`; SDK 2.0 and later send `Authorization: Bearer` and the key"
)


def key_headers(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    if node.value.lower() != "x-api-key" or not is_test_code(context) or not imports_sdk(context):
        return
    reads = _read(context, node)
    if reads is not None:
        text = context.source.node_text(reads).replace(node.value, "authorization")
        yield "TC425", node, _REASON, f'{text}  # "Bearer " and the key'
    elif _is_matched(context, node):
        yield "TC425", node, _REASON, '{"authorization": "Bearer …"}'


def _read(context: Context, node: ast.Constant) -> ast.expr | None:
    """`request.headers["x-api-key"]`, `.get("x-api-key")` or `"x-api-key" in request.headers`."""
    parent = context.source.parent(node)
    if isinstance(parent, ast.Subscript):
        return parent if isinstance(parent.ctx, ast.Load) and _is_headers(parent.value) else None
    if isinstance(parent, ast.Compare):
        return parent if parent.left is node and any(map(_is_headers, parent.comparators)) else None
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute):
        return parent if parent.func.attr == "get" and _is_headers(parent.func.value) else None
    return None


def _is_headers(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "headers"


def _is_matched(context: Context, node: ast.Constant) -> bool:
    """Whether it is a key of what a tool of tests compares requests with."""
    current = context.source.parent(node)
    while isinstance(current, ast.Dict | ast.keyword | ast.Tuple | ast.List):
        current = context.source.parent(current)
    return current is not None and is_router(context, current)
