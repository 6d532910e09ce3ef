# Knows how tokens were counted before. Finds; edits nothing.
"""Find counts of a bare text's tokens, which the SDK no longer makes.

    found:  client.count_tokens(text)
    write:  client.messages.count_tokens(
                model="claude-opus-4-8", messages=[{"role": "user", "content": text}]
            ).input_tokens
    found:  anthropic.count_tokens(prompt)           where `prompt` is what a call of this file sends
    write:  client.messages.count_tokens(model="…", **arguments_from_prompt(prompt)).input_tokens

The client's methods left in 0.39.0, the module's functions in 0.3.0 (anthropic 2.12.0, CHANGELOG.md). The
new count is a request to the server, for a whole conversation and one model.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.reported import Left, current_model
from codemods.values import Client, Symbol

TOKEN_NAMES = frozenset({"count_tokens", "get_tokenizer", "sync_get_tokenizer", "async_get_tokenizer"})


def token_counts(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if isinstance(node, ast.Attribute) and node.attr in TOKEN_NAMES and isinstance(node.ctx, ast.Load):
        value = context.evaluator.value_of(node.value)
        if isinstance(value, Symbol | Client):
            client = context.source.node_text(node.value) if isinstance(value, Client) else None
            yield _finding(context, node, node.attr, context.source.parent(node), client)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        if (node.module or "").split(".")[0] != "anthropic":
            return
        for alias in node.names:
            if alias.name in TOKEN_NAMES or node.module == "anthropic.tokenizer":
                yield _finding(context, alias, alias.name, _first_call(context, alias), None)


def _finding(context: Context, node: ast.AST, name: str, call: ast.AST | None, client: str | None) -> Left:
    if not isinstance(call, ast.Call) or (call.func is not node and not isinstance(node, ast.alias)):
        call = None
    if name != "count_tokens":
        reason = f"`{name}` is gone, and no tokenizer took its place; the API counts a whole request's tokens"
    else:
        reason = f"`{name}` is gone; tokens are counted by the API, for a whole request"
    return "TC402", node, reason, _count(context, call if name == "count_tokens" else None, client)


def count_to_write(context: Context, call: ast.Call | None) -> str:
    """The count of what a call sends, with the names that the file's calls use."""
    given = next((one.value for one in call.keywords if one.arg == "prompt"), None) if call else None
    if given is None:
        return _count(context, None, None)
    content = f"**arguments_from_prompt({context.source.node_text(given)})"
    model = json.dumps(_model(context))
    return f"{_client(context)}.messages.count_tokens(model={model}, {content}).input_tokens"


def _first_call(context: Context, alias: ast.alias) -> ast.Call | None:
    for definition in context.flow.module.definitions.get(alias.asname or alias.name, ()):
        for use in context.flow.uses(definition):
            parent = context.source.parent(use)
            if definition.node is alias and isinstance(parent, ast.Call) and parent.func is use:
                return parent
    return None


def _count(context: Context, call: ast.Call | None, client: str | None) -> str:
    """The call to write, with the author's names for the client, the model and the text."""
    given = call.args[0] if call is not None and call.args else None
    if call is not None and given is None:
        given = next((keyword.value for keyword in call.keywords if keyword.arg == "text"), None)
    text = "text" if given is None else context.source.node_text(given)
    if given is not None and _is_sent(context, given):
        content = f"**arguments_from_prompt({text})"
    else:
        content = f'messages=[{{"role": "user", "content": {text}}}]'
    receiver = client or _client(context)
    counted = f"{receiver}.messages.count_tokens(model={json.dumps(_model(context))}, {content})"
    if call is not None and _is_async(context, call):
        counted = f"(await {counted})"
    return f"{counted}.input_tokens"


def _is_sent(context: Context, given: ast.expr) -> bool:
    """Whether a call of the file sends the same text as its prompt: it holds turn markers then."""
    if not isinstance(given, ast.Name):
        return False
    counted = set(context.flow.reaching(given).definitions)
    for site in context.sites:
        for keyword in site.call.keywords if site.call is not None else ():
            if keyword.arg != "prompt" or not isinstance(keyword.value, ast.Name):
                continue
            if counted & set(context.flow.reaching(keyword.value).definitions):
                return True
    return False


def _client(context: Context) -> str:
    receivers = [context.source.node_text(site.load.value) for site in context.sites]
    names = [text for text in receivers if text.replace(".", "").replace("_", "").isalnum()]
    return names[0] if names else "client"


def _model(context: Context) -> str:
    """The model that a call of the file will ask, else the usual successor."""
    for site in context.sites:
        for keyword in site.call.keywords if site.call is not None else ():
            if keyword.arg == "model" and (name := context.evaluator.text_of(keyword.value)):
                facts = current_model(name)
                return facts.id if facts is not None else name
    facts = current_model(None)
    assert facts is not None
    return facts.id


def _is_async(context: Context, call: ast.Call) -> bool:
    return isinstance(context.source.parent(call), ast.Await)
