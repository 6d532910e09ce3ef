# The names of the SDK that left with Text Completions, and what took their place. Finds; edits nothing.
"""Find names that left the SDK.

    found:  except anthropic.ApiException as error:
    write:  except anthropic.APIError as error:
    found:  from anthropic.types import CompletionCreateParams
    write:  from anthropic.types import MessageCreateParams

Sources: the packages themselves, names compared: 0.2.10 (`api.py`, `tokenizer.py`, `__init__.py`), 0.40.0
and 0.125.0 against 2.12.0 (`resources`, `types`, `_client.py`). Prompt constants and the type `Completion`
have rules of their own, and so have token counts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from codemods.plans import Context
from codemods.rules.reported import Left, alias_paths
from codemods.rules.token_counts import TOKEN_NAMES
from codemods.values import Symbol

_RESOURCES = {
    f"{prefix}Completions{suffix}": f"{prefix}Messages{suffix}"
    for prefix in ("", "Async")
    for suffix in ("", "WithRawResponse", "WithStreamingResponse")
}
_PARAMS = {
    "CompletionCreateParams": "MessageCreateParams",
    "CompletionCreateParamsBase": "MessageCreateParamsBase",
    "CompletionCreateParamsNonStreaming": "MessageCreateParamsNonStreaming",
    "CompletionCreateParamsStreaming": "MessageCreateParamsStreaming",
    "CompletionRequestNonStreaming": "MessageCreateParamsNonStreaming",
    "CompletionRequestStreaming": "MessageCreateParamsStreaming",
    "CompletionRequestNonStreamingMetadata": "MetadataParam",
    "CompletionRequestStreamingMetadata": "MetadataParam",
    "Metadata": "MetadataParam",
}

REMOVED: dict[str, str] = {
    "anthropic.ApiException": "anthropic.APIError, whose `body` is what `args[1]` was",
    "anthropic.api": "anthropic",
    "anthropic.ANTHROPIC_CLIENT_VERSION": "anthropic.__version__",
    "anthropic.constants.ANTHROPIC_CLIENT_VERSION": "anthropic.__version__",
    "anthropic.tokenizer": "client.messages.count_tokens(model=..., messages=[...]).input_tokens",
    "anthropic._tokenizers": "client.messages.count_tokens(model=..., messages=[...]).input_tokens",
    "anthropic.resources.completions": "anthropic.resources.messages",
    "anthropic.types.completion": "anthropic.types.message",
    "anthropic.types.completion_create_params": "anthropic.types.message_create_params",
    **{f"anthropic.resources.{old}": f"anthropic.resources.{new}" for old, new in _RESOURCES.items()},
    **{
        f"anthropic.resources.completions.{old}": f"anthropic.resources.messages.{new}"
        for old, new in _RESOURCES.items()
    },
    "anthropic.types.CompletionCreateParams": "anthropic.types.MessageCreateParams",
    **{
        f"anthropic.types.completion_create_params.{old}": (
            f"anthropic.types.{new}"
            if new == "MetadataParam"
            else f"anthropic.types.message_create_params.{new}"
        )
        for old, new in _PARAMS.items()
    },
}
_LAST_PARTS = frozenset(path.rpartition(".")[2] for path in REMOVED)
_OTHER_RULES = TOKEN_NAMES | {"Completion", "HUMAN_PROMPT", "AI_PROMPT"}


def replacement_of(path: str) -> tuple[str, str] | None:
    """(the removed part of a dotted name, what to write for it); None if nothing of it was removed."""
    parts = path.split(".")
    for length in range(len(parts), 1, -1):
        head = ".".join(parts[:length])
        if head in REMOVED:
            return head, REMOVED[head]
    return None


def removed_names(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        if node.attr not in _LAST_PARTS:
            return
        value = context.evaluator.value_of(node)
        above = context.source.parent(node)
        if not isinstance(value, Symbol) or value.path not in REMOVED:
            return
        if isinstance(above, ast.Attribute) and _path(context, above) in REMOVED:
            return  # the longer name is reported
        if node.attr not in _OTHER_RULES and not _leads_to_other_rule(above):
            yield "TC411", node, f"`{value.path}` left the SDK", REMOVED[value.path]
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            if alias.name not in _OTHER_RULES and (found := _removed_import(context, alias)) is not None:
                yield "TC411", alias, f"`{found[0]}` left the SDK", found[1]


def _path(context: Context, node: ast.Attribute) -> str:
    value = context.evaluator.value_of(node)
    return value.path if isinstance(value, Symbol) else ""


def _leads_to_other_rule(above: ast.AST | None) -> bool:
    return isinstance(above, ast.Attribute) and above.attr in _OTHER_RULES


def _removed_import(context: Context, alias: ast.alias) -> tuple[str, str] | None:
    whole: Iterable[str] = alias_paths(context, alias)
    if isinstance(context.source.parent(alias), ast.Import):
        whole = (alias.name,)
    found = (replacement_of(path) for path in whole if path.startswith("anthropic."))
    return next((one for one in found if one is not None), None)
