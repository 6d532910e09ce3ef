# Knows the names under which other libraries offer Claude's old endpoint. Finds; edits nothing.
"""Find LangChain's and LlamaIndex's classes for Text Completions.

    found:  from langchain.llms import Anthropic                       TC412
            Anthropic(model="claude-2", max_tokens_to_sample=300)
    write:  from langchain_anthropic import ChatAnthropic
            ChatAnthropic(model="claude-opus-4-8", max_tokens=300)
    found:  Bedrock(model_id="anthropic.claude-v2", model_kwargs={"max_tokens_to_sample": 300})
    write:  ChatBedrockConverse(model="…", max_tokens=300)             of langchain_aws
    found:  from llama_index.llms import Anthropic                     TC413
    write:  from llama_index.llms.anthropic import Anthropic

The classes of today and their arguments: langchain-anthropic 1.7.10 `chat_models.py` (aliases
`max_tokens_to_sample`, `model_name`, `api_key`, `base_url`, `stop`, `timeout`), langchain-aws 1.9.1
`chat_models/bedrock_converse.py`, llama-index-llms-anthropic 0.12.3 `base.py`, whose default model is still
claude-2.1. The old ones: langchain 0.0.27 to 0.3, langchain-community, llama-index before 0.10.

Left in silence: today's classes with a model that answers, and classes of these names from anywhere else.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.reported import Left, alias_paths, call_of, current_model, paths_of
from migrate.models import ModelFacts, find_model

_LLM_MODULES = (
    "langchain", "langchain.llms", "langchain.llms.anthropic", "langchain_community.llms",
    "langchain_community.llms.anthropic", "langchain_anthropic", "langchain_anthropic.llms",
)  # fmt: skip
_CHAT_MODULES = (
    "langchain.chat_models", "langchain.chat_models.anthropic",
    "langchain_community.chat_models", "langchain_community.chat_models.anthropic",
)  # fmt: skip
_LLM_CLASSES = {f"{module}.{name}" for module in _LLM_MODULES for name in ("Anthropic", "AnthropicLLM")}
_CHAT_CLASSES = {f"{module}.ChatAnthropic" for module in _CHAT_MODULES}
_TODAYS_CHAT = {"langchain_anthropic.ChatAnthropic", "langchain_anthropic.chat_models.ChatAnthropic"}
_BEDROCK_CLASSES = {
    f"{package}.{module}{name}"
    for package in ("langchain", "langchain_community", "langchain_aws")
    for module in ("", "llms.", "llms.bedrock.", "chat_models.", "chat_models.bedrock.")
    for name in ("Bedrock", "BedrockLLM", "BedrockChat", "ChatBedrock")
}
_OLD_INDEX = {f"llama_index.{module}.Anthropic" for module in
              ("llms", "legacy.llms", "legacy.llms.anthropic")}  # fmt: skip
_TODAYS_INDEX = {"llama_index.llms.anthropic.Anthropic", "llama_index.llms.anthropic.base.Anthropic"}

_SAMPLING = ("temperature", "top_p", "top_k")
_RENAMED = {
    "model_name": "model", "max_tokens_to_sample": "max_tokens", "anthropic_api_key": "api_key",
    "anthropic_api_url": "base_url", "default_request_timeout": "timeout", "stop": "stop_sequences",
}  # fmt: skip
_BEDROCK_KEPT = ("client", "region_name", "credentials_profile_name", "endpoint_url", "callbacks", "verbose")
_OLD_LIMIT = "256"  # LangChain's own default in both old classes

_LLM_REASON = (
    "LangChain's class for the Text Completions endpoint, which no model answers any more; its successor "
    "takes messages or plain text (without HUMAN_PROMPT and AI_PROMPT), and its reply's text is in `.content`"
)
_CHAT_REASON = (
    "this ChatAnthropic asks the Text Completions endpoint; the one of the package langchain-anthropic "
    "asks Messages"
)
_BEDROCK_REASON = (
    "a Bedrock wrapper with a Text Completions body for Claude; ChatBedrockConverse takes messages, and its "
    "reply's text is in `.content`"
)
_INDEX_REASON = "LlamaIndex's class moved to the package llama-index-llms-anthropic, which asks Messages"
_RETIRED_REASON = "the class is the one of today, its model is retired"


def wrapped_imports(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """Imports of the old classes, each with the import to write."""
    if not isinstance(node, ast.ImportFrom):
        return
    for alias in node.names:
        for path in alias_paths(context, alias):
            renamed = f" as {alias.asname}" if alias.asname and alias.asname != "ChatAnthropic" else ""
            if path in _LLM_CLASSES:
                yield "TC412", alias, _LLM_REASON, "from langchain_anthropic import ChatAnthropic"
            elif path in _CHAT_CLASSES:
                yield "TC412", alias, _CHAT_REASON, f"from langchain_anthropic import ChatAnthropic{renamed}"
            elif path in _OLD_INDEX:
                yield (
                    "TC413",
                    alias,
                    _INDEX_REASON,
                    f"from llama_index.llms.anthropic import Anthropic{renamed}",
                )


def wrapped_calls(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """Objects made of the old classes, or of today's with a model that is gone."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return
    paths = paths_of(context, node.func)
    facts = find_model(_model_text(context, node))
    retired = facts is not None and facts.served_text_completions and not facts.is_served()
    if paths & _LLM_CLASSES:
        yield "TC412", node, _LLM_REASON, _chat_call(context, node, "ChatAnthropic")
    elif paths & _CHAT_CLASSES:
        name = node.func.id if isinstance(node.func, ast.Name) else "ChatAnthropic"
        yield "TC412", node, _CHAT_REASON, _chat_call(context, node, name)
    elif paths & _TODAYS_CHAT and retired:
        name = context.source.node_text(node.func)
        yield "TC412", node, _RETIRED_REASON, _chat_call(context, node, name, add_limit=False)
    elif paths & _BEDROCK_CLASSES and _is_text_completions(context, node):
        yield "TC412", node, _BEDROCK_REASON, _bedrock_call(context, node)
    elif paths & _OLD_INDEX:
        yield "TC413", node, _INDEX_REASON, _index_call(context, node)
    elif paths & _TODAYS_INDEX and (retired or not (_named(node, "model") or node.args or _has_splat(node))):
        reason = _RETIRED_REASON if retired else "the class's own default model, claude-2.1, is retired"
        yield "TC413", node, reason, _index_call(context, node)


def wrapped_bodies(context: Context) -> set[ast.AST]:
    """Dicts that such a wrapper takes: they are no bodies of requests that the code makes itself."""
    found: set[ast.AST] = set()
    for node in context.source.nodes_of(ast.Call):
        if not any(keyword.arg == "model_kwargs" for keyword in node.keywords):
            continue
        if paths_of(context, node.func) & _BEDROCK_CLASSES and _is_text_completions(context, node):
            found.update(_settings_nodes(context, node))
    return found


# -- reading the call -----------------------------------------------------------------------------


def _named(node: ast.Call, *names: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg in names), None)


def _has_splat(node: ast.Call) -> bool:
    return any(keyword.arg is None for keyword in node.keywords)


def _model_text(context: Context, node: ast.Call) -> str | None:
    value = _named(node, "model", "model_name", "model_id")
    return context.evaluator.text_of(value) if value is not None else None


def _is_text_completions(context: Context, node: ast.Call) -> bool:
    text = _model_text(context, node)
    facts = find_model(text)
    if facts is not None:
        return facts.served_text_completions
    is_claude = text is None or "anthropic" in text
    return is_claude and "max_tokens_to_sample" in _settings(context, node)


def _settings_nodes(context: Context, node: ast.Call) -> list[ast.AST]:
    """The display of `model_kwargs`, and the statements that give it further keys."""
    value = _named(node, "model_kwargs")
    if not isinstance(value, ast.Name):
        return [value] if value is not None else []
    stack = list(context.flow.reaching(value).definitions)
    found: list[ast.AST] = []
    seen = set(stack)
    while stack:
        definition = stack.pop()
        found += [one for one in (definition.node, definition.value) if one is not None]
        if definition.target is not None:
            found.append(definition.target)
        stack.extend(one for one in definition.previous if one not in seen)
        seen.update(definition.previous)
    return found


def _settings(context: Context, node: ast.Call) -> dict[str, str]:
    """Keys of `model_kwargs` with the source of their values."""
    found: dict[str, str] = {}
    for part in _settings_nodes(context, node):
        if isinstance(part, ast.Dict):
            for key, value in zip(part.keys, part.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found.setdefault(key.value, context.source.node_text(value))
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Subscript):
            key = part.targets[0].slice
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found[key.value] = context.source.node_text(part.value)
    return found


# -- the text to write ----------------------------------------------------------------------------


def _chat_call(context: Context, node: ast.Call, name: str, add_limit: bool = True) -> str:
    facts = current_model(_model_text(context, node))
    given = _arguments(context, node, facts)
    limit = [] if "max_tokens" in given or not add_limit or "**" in given else [f"max_tokens={_OLD_LIMIT}"]
    return call_of(name, [*given.values(), *limit, *_thinking_off(facts, "thinking")])


def _index_call(context: Context, node: ast.Call) -> str:
    facts = current_model(_model_text(context, node))
    given = _arguments(context, node, facts)
    return call_of(
        context.source.node_text(node.func), [*given.values(), *_thinking_off(facts, "thinking_dict")]
    )


def _bedrock_call(context: Context, node: ast.Call) -> str:
    text = _model_text(context, node)
    given = _named(node, "model", "model_id")
    facts = current_model(text)
    if facts is not None and text is not None:
        arguments = [f"model={json.dumps(facts.id)}"]
    else:
        arguments = [f"model={context.source.node_text(given) if given is not None else '...'}"]
    settings = _settings(context, node)
    arguments += [f"max_tokens={settings[name]}" for name in ("max_tokens_to_sample",) if name in settings]
    arguments += [f"stop_sequences={settings[name]}" for name in ("stop_sequences",) if name in settings]
    for keyword in node.keywords:
        if keyword.arg in _BEDROCK_KEPT:
            arguments.append(f"{keyword.arg}={context.source.node_text(keyword.value)}")
    return "from langchain_aws import ChatBedrockConverse\n" + call_of("ChatBedrockConverse", arguments)


def _arguments(context: Context, node: ast.Call, facts: ModelFacts | None) -> dict[str, str]:
    """Argument texts by their new names, in the author's order, without what the model refuses."""
    text = context.source.node_text
    found: dict[str, str] = {f"*{place}": text(value) for place, value in enumerate(node.args)}
    for keyword in node.keywords:
        name = _RENAMED.get(keyword.arg or "**", keyword.arg or "**")
        if name in _SAMPLING and (facts is None or not facts.accepts_sampling):
            continue
        found[name] = f"**{text(keyword.value)}" if name == "**" else f"{name}={text(keyword.value)}"
    if ("**" not in found and not node.args) or "model" in found:
        known = facts is not None and ("model" not in found or _model_text(context, node) is not None)
        first = (
            f"model={json.dumps(facts.id)}"
            if facts is not None and known
            else found.get("model", "model=...")
        )
        found = {"model": first, **{name: part for name, part in found.items() if name != "model"}}
    return found


def _thinking_off(facts: ModelFacts | None, name: str) -> list[str]:
    return [f"{name}={json.dumps(facts.thinking_off)}"] if facts is not None and facts.thinking_off else []
