"""Find legacy code that this version reports but does not rewrite.

    found:  anthropic.Client(key).completion(prompt=…)          SDK 0.2
    found:  requests.post("https://api.anthropic.com/v1/complete", …)
    found:  client.count_tokens(text)
    found:  client.completions.create.return_value = …          a test double of the old method

Each gets a finding with the reason and what to write instead. Nothing here edits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from codemods.plans import Context
from codemods.rules.body_suggestions import suggestion
from codemods.values import Client, Foreign, Migrated, Symbol, Unknown

Left = tuple[str, ast.AST, str, str | None]

_SDK_02_METHODS = {
    "completion": "messages.create(...)",
    "completion_stream": "messages.create(..., stream=True), whose pieces no longer repeat the text so far",
    "acompletion": "await AsyncAnthropic(...).messages.create(...)",
    "acompletion_stream": "AsyncAnthropic(...).messages.create(..., stream=True), whose pieces do not repeat",
}
_TOKEN_NAMES = frozenset({"count_tokens", "get_tokenizer", "sync_get_tokenizer", "async_get_tokenizer"})
_REMOVED = {
    "anthropic.ApiException": "anthropic.APIError",
    "anthropic.api": "anthropic",
    "anthropic.types.CompletionCreateParams": "the arguments of messages.create",
    "anthropic.types.completion_create_params": "anthropic.types.message_create_params",
    "anthropic.resources.Completions": "anthropic.resources.Messages",
    "anthropic.resources.AsyncCompletions": "anthropic.resources.AsyncMessages",
    "anthropic.resources.completions": "anthropic.resources.messages",
}
_MOCK_NAMES = frozenset(
    {"return_value", "side_effect", "mock_calls", "call_args", "call_count", "call_args_list"}
)
_COMPLETE_URL = re.compile(r"/v1/complete(?![\w/])")
_PATCH_TARGET = re.compile(r"(?:completions\.create|\b(?:Async)?Completions(?:\.create)?)$")
_EXAMPLE = re.compile(r"\.completions?\.create\(|\.completion\(\s*prompt")
_SERVER_TEXT = "prompt must start with"


def find_leftovers(context: Context, site_nodes: set[ast.AST]) -> list[Left]:
    """(rule, node, reason, suggestion) for each; `site_nodes` are call nodes that sites account for."""
    found: list[Left] = []
    used = _nodes_of_sites(site_nodes)
    for kind, checks in _CHECKS.items():
        for node in context.source.nodes_of(kind):
            for check in checks:
                found.extend(check(context, node, used))
    return sorted(found, key=lambda one: (getattr(one[1], "lineno", 0), getattr(one[1], "col_offset", 0)))


def _nodes_of_sites(site_nodes: set[ast.AST]) -> set[ast.AST]:
    return {part for node in site_nodes for part in ast.walk(node)}


def _old_calls(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    method = node.func.attr
    if method not in _SDK_02_METHODS or node in used:
        return
    value = context.evaluator.value_of(node.func.value)
    named = {keyword.arg for keyword in node.keywords}
    legacy = "max_tokens_to_sample" in named or (method != "completion" and _mentions_sdk(context))
    unclear = bool(named & {None, "prompt"}) and _mentions_sdk(context)
    if isinstance(value, Client | Symbol) or (isinstance(value, Unknown) and (legacy or unclear)):
        reason = f"`.{method}()` looks like SDK 0.2, but whose method it is cannot be told"
        yield "TC401", node, reason, f"client.{_SDK_02_METHODS[method]}"


def _mentions_sdk(context: Context) -> bool:
    return re.search(rb"^\s*(?:import|from)\s+anthropic\b", context.source.data, re.M) is not None


def _token_counts(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    suggestion = "client.messages.count_tokens(model=..., messages=[...]).input_tokens"
    if isinstance(node, ast.Attribute) and node.attr in _TOKEN_NAMES and isinstance(node.ctx, ast.Load):
        value = context.evaluator.value_of(node.value)
        if isinstance(value, Symbol | Client):
            yield (
                "TC402",
                node,
                f"`{node.attr}` is gone; tokens are counted by the API, for a whole request",
                suggestion,
            )
    elif (
        isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] == "anthropic"
        and not node.level
    ):
        for alias in node.names:
            if alias.name in _TOKEN_NAMES or node.module == "anthropic.tokenizer":
                reason = f"`{alias.name}` is gone; tokens are counted by the API, for a whole request"
                yield "TC402", alias, reason, suggestion


def _removed_names(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    path: str | None = None
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        value = context.evaluator.value_of(node)
        path = value.path if isinstance(value, Symbol) else None
        if path in _REMOVED:
            yield "TC411", node, f"`{path}` left the SDK", _REMOVED[path]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            for candidate in (f"{node.module}.{alias.name}", node.module or ""):
                if candidate in _REMOVED:
                    yield "TC411", alias, f"`{candidate}` left the SDK", _REMOVED[candidate]
                    break


def _http_calls(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or _is_docstring(context, node):
        return
    if node in used:
        return
    if _COMPLETE_URL.search(node.value) and len(node.value) < 200:
        reason = "a request to /v1/complete, which no model answers any more"
        yield "TC403", node, reason, suggestion(context, None, "http")


def _request_bodies(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """A dict with the legacy limit that no SDK call takes: a body for Bedrock or for raw HTTP."""
    if node in used:
        return
    if isinstance(node, ast.Dict):
        keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
        if "max_tokens_to_sample" in keys and ("prompt" in keys or _mentions_service(context)):
            yield _body_finding(context, node)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        key = node.slice
        if (
            isinstance(key, ast.Constant)
            and key.value == "max_tokens_to_sample"
            and _mentions_service(context)
        ):
            yield _body_finding(context, node)


def _built_bodies(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """`dict(max_tokens_to_sample=…)` and `body.update(…)`, which no call of the SDK takes."""
    if node in used or not isinstance(node, ast.Call):
        return
    named = {keyword.arg for keyword in node.keywords}
    builds = getattr(node.func, "id", "") == "dict" or getattr(node.func, "attr", "") == "update"
    if builds and "max_tokens_to_sample" in named and _mentions_service(context):
        yield _body_finding(context, node)


def _body_finding(context: Context, node: ast.AST) -> Left:
    display = node if isinstance(node, ast.Dict) else None
    if re.search(rb"bedrock|anthropic\.claude|invoke_model", context.source.data, re.I):
        return "TC404", node, "a Text Completions body for Bedrock", suggestion(context, display, "bedrock")
    return "TC403", node, "a Text Completions request body", suggestion(context, display, "http")


def _mentions_service(context: Context) -> bool:
    return re.search(rb"anthropic|bedrock|claude", context.source.data, re.I) is not None


def _test_doubles(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    reason = (
        "a test double of the old method: after the migration it is never called, and the test proves nothing"
    )
    advice = "replace `client.messages.create` and give it a Message with a text block"
    if isinstance(node, ast.Attribute) and node.attr == "create" and _is_completions(node.value):
        parent = context.source.parent(node)
        named = isinstance(parent, ast.Attribute) and (
            parent.attr in _MOCK_NAMES or parent.attr.startswith("assert_")
        )
        if (
            named
            and not isinstance(context.evaluator.value_of(node.value), Migrated)
            and _mentions_sdk_word(context)
        ):
            yield "TC405", node, reason, advice
        if not isinstance(node.ctx, ast.Load):
            value = context.evaluator.value_of(node.value)
            if not isinstance(value, Foreign | Unknown) or "Completions" in ast.dump(node.value):
                yield (
                    "TC405",
                    node,
                    "the old method is replaced here, and the replacement no longer applies",
                    advice,
                )
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATCH_TARGET.search(node.value):
        parent = context.source.parent(node)
        if "anthropic" in node.value and isinstance(parent, ast.Call) and node in parent.args:
            yield "TC405", node, reason, advice


def _is_completions(node: ast.expr) -> bool:
    name = getattr(node, "attr", None) or getattr(node, "id", None)
    return name in ("completions", "Completions", "AsyncCompletions")


def _mentions_sdk_word(context: Context) -> bool:
    return b"nthropic" in context.source.data


def _examples(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    text = node.value
    if _EXAMPLE.search(text) and ("max_tokens_to_sample" in text or "HUMAN_PROMPT" in text):
        yield "TC407", node, "a text shows the old call", "show client.messages.create(...)"


def _error_texts(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or _is_docstring(context, node):
        return
    if isinstance(node.value, str) and _SERVER_TEXT in node.value:
        reason = "code that matches the old server's error text; Messages words its errors differently"
        yield "TC408", node, reason, "test the exception's class or `body`"


def _is_docstring(context: Context, node: ast.Constant) -> bool:
    return isinstance(context.source.parent(node), ast.Expr)


_Check = Callable[[Context, ast.AST, set[ast.AST]], Iterator[Left]]
_CHECKS: dict[type[ast.AST], tuple[_Check, ...]] = {
    ast.Call: (_old_calls, _built_bodies),
    ast.Attribute: (_token_counts, _removed_names, _test_doubles),
    ast.ImportFrom: (_token_counts, _removed_names),
    ast.Constant: (_http_calls, _test_doubles, _examples, _error_texts),
    ast.Dict: (_request_bodies,),
    ast.Subscript: (_request_bodies,),
}
