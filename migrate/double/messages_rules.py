# May know: JSON shapes, model facts as a value. No sockets, no clock.
"""Which bodies `/v1/messages` and `/v1/messages/count_tokens` refuse.

Only what concerns conversations of text is looked at closely; tools and other fields are accepted
as they are and have no effect. Sources: the vendor's reference (shapes), its pages on prefill,
thinking and API versions, and error texts quoted in public issues. Two refusals are ours, because
the server's reaction is not documented and a careful caller does not lean on it: nulls where the
reference allows none, and a blank system text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from migrate.double.fields import (
    Check,
    anything,
    check_fields,
    list_of,
    nullable,
    number,
    record,
    text,
    truth,
    whole_number,
)
from migrate.double.model_rules import refuse_for_model
from migrate.double.refusals import Refusal
from migrate.models import ModelFacts

MOST_MESSAGES = 100_000

# The fields that typed arguments of the newest SDK send. Sampling left the arguments in SDK 1.0 and
# the newest API version; older versions and extra_body still send it.
COUNTED_FIELDS: dict[str, Check] = {
    "model": text(minimum=1),
    "messages": list_of(record({"role": text(), "content": anything}, ("role", "content"))),
    "system": anything,
    "thinking": anything,
    "tools": list_of(anything),
    "tool_choice": anything,
    "cache_control": nullable(anything),
    "output_config": anything,
    "speed": nullable(text()),
    "user_profile_id": text(),
    "workspace_id": text(),
}
FIELDS: dict[str, Check] = {
    **COUNTED_FIELDS,
    "max_tokens": whole_number(0),
    "metadata": record({"user_id": nullable(text(maximum=512))}),
    "stop_sequences": list_of(text()),
    "stream": truth,
    "temperature": number(0, 1),
    "top_p": number(0, 1),
    "top_k": whole_number(0),
    "container": nullable(anything),
    "diagnostics": nullable(anything),
    "inference_geo": nullable(text()),
    "service_tier": text(),
}


def refuse_messages(body: Mapping[str, Any], version: str, facts: ModelFacts | None) -> Refusal | None:
    """The first reason to refuse the body under this anthropic-version, None if it is accepted.

    `facts` are those of body["model"], None for a model nobody knows.
    """
    shape = (Refusal(p) for p in check_fields(body, FIELDS, ("model", "messages", "max_tokens")))
    rules = chain(
        _refuse_conversation(body, version), _refuse_stops(body), refuse_for_model(body, version, facts)
    )
    return next(chain(shape, rules), None)


def refuse_count(body: Mapping[str, Any], version: str, facts: ModelFacts | None) -> Refusal | None:
    """The same for count_tokens, which takes no limit, no stops and no streaming."""
    shape = (Refusal(p) for p in check_fields(body, COUNTED_FIELDS, ("model", "messages")))
    rules = chain(_refuse_conversation(body, version), refuse_for_model(body, version, facts))
    return next(chain(shape, rules), None)


def _refuse_conversation(body: Mapping[str, Any], version: str) -> Iterator[Refusal]:
    messages = body["messages"]
    if not messages:
        yield Refusal("messages: at least one message is required")
    if len(messages) > MOST_MESSAGES:
        yield Refusal(f"messages: Too many messages; the maximum is {MOST_MESSAGES}")
    yield from _refuse_system(body)
    yield from _refuse_roles(messages, str(body["model"]))
    for index, message in enumerate(messages):
        is_last_reply = index == len(messages) - 1 and message["role"] == "assistant"
        yield from _refuse_content(f"messages.{index}", message["content"], may_be_empty=is_last_reply)
        yield from _refuse_blocks(f"messages.{index}", message, version)
    yield from _refuse_last_reply(messages)


def _refuse_system(body: Mapping[str, Any]) -> Iterator[Refusal]:
    system = body.get("system")
    if system is None:
        return
    if isinstance(system, str):
        if not system.strip():
            yield Refusal("system: text content blocks must contain non-whitespace text")
    elif not isinstance(system, list) or any(_kind(block) != "text" for block in system):
        yield Refusal("system: Input should be a valid string or a list of text blocks")
    else:
        yield from _refuse_content("system", system, may_be_empty=False)


# Models that take {"role": "system"} between turns. Source: the vendor's page on system messages in
# mid-conversation, August 2026.
SYSTEM_TURN_MODELS = frozenset({"claude-fable-5", "claude-mythos-5", "claude-opus-4-8", "claude-opus-5"})


def _refuse_roles(messages: Sequence[Mapping[str, Any]], model: str) -> Iterator[Refusal]:
    roles = [message["role"] for message in messages]
    for index, role in enumerate(roles):
        if role not in ("user", "assistant", "system"):
            yield Refusal(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        elif role == "system":
            after_user = index > 0 and roles[index - 1] == "user"
            before_reply = index + 1 == len(roles) or roles[index + 1] == "assistant"
            if model not in SYSTEM_TURN_MODELS:
                yield Refusal(f"messages.{index}.role: 'system' is not supported by this model; use `system`")
            elif not (after_user and before_reply):
                yield Refusal(f"messages.{index}: a system message must follow a user turn and end the list "
                              "or precede an assistant turn")  # fmt: skip


def _refuse_content(name: str, content: Any, *, may_be_empty: bool) -> Iterator[Refusal]:
    if not isinstance(content, str | list):
        yield Refusal(f"{name}.content: Input should be a valid string or a list of blocks")
    elif not content:
        if not may_be_empty:
            yield Refusal(f"{name}: all messages must have non-empty content except for the optional final "
                          "assistant message")  # fmt: skip
    elif isinstance(content, str):
        yield from _refuse_blank(name.partition(".")[0], content)
    else:
        for index, block in enumerate(content):
            if _kind(block) is None:
                yield Refusal(f"{name}.content.{index}.type: Field required")
            elif _kind(block) == "text":
                yield from _refuse_blank(name.partition(".")[0], block.get("text"))


def _refuse_blank(name: str, value: Any) -> Iterator[Refusal]:
    if not isinstance(value, str):
        yield Refusal(f"{name}: text: Input should be a valid string")
    elif not value:
        yield Refusal(f"{name}: text content blocks must be non-empty")
    elif not value.strip():
        yield Refusal(f"{name}: text content blocks must contain non-whitespace text")


def _refuse_blocks(name: str, message: Mapping[str, Any], version: str) -> Iterator[Refusal]:
    """Version 2026-10-21 refuses documents in assistant turns and citations in user turns."""
    if version < "2026-10-21" or not isinstance(message["content"], list):
        return
    for index, block in enumerate(message["content"]):
        if message["role"] == "assistant" and _kind(block) == "document":
            yield Refusal(f"{name}.content.{index}: document blocks are not permitted in assistant messages")
        if message["role"] == "user" and _kind(block) == "text" and block.get("citations"):
            yield Refusal(f"{name}.content.{index}.citations: must be empty in user messages")


def _refuse_last_reply(messages: Sequence[Mapping[str, Any]]) -> Iterator[Refusal]:
    if messages and messages[-1]["role"] == "assistant":
        text_of_reply = final_text(messages[-1]["content"])
        if text_of_reply != text_of_reply.rstrip():
            yield Refusal("messages: final assistant content cannot end with trailing whitespace")


def final_text(content: Any) -> str:
    """The text in which a message's content ends; empty if it does not end in text."""
    if isinstance(content, list):
        return str(content[-1].get("text", "")) if content and _kind(content[-1]) == "text" else ""
    return str(content)


def _refuse_stops(body: Mapping[str, Any]) -> Iterator[Refusal]:
    for stop in body.get("stop_sequences", ()):
        if not stop:
            yield Refusal("stop_sequences: each stop sequence must be non-empty")
        elif not stop.strip():
            yield Refusal("stop_sequences: each stop sequence must contain non-whitespace")


def _kind(block: Any) -> Any:
    return block.get("type") if isinstance(block, dict) else None
