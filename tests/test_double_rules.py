"""What the double accepts and refuses: one row per documented rule, on both endpoints."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.double.complete_rules import refuse_complete
from migrate.double.messages_rules import refuse_count, refuse_messages
from migrate.models import find_model

HI = {"role": "user", "content": "Hi"}
MESSAGES: dict[str, Any] = {"model": "claude-opus-4-8", "max_tokens": 300, "messages": [HI]}
LEGACY: dict[str, Any] = {
    "model": "claude-2.1",
    "max_tokens_to_sample": 300,
    "prompt": "\n\nHuman: Hi\n\nAssistant:",
}
OLD, NEW = "2023-06-01", "2026-10-21"
PREFILL = [HI, {"role": "assistant", "content": "Well"}]
PREFILLABLE = "claude-haiku-4-5-20251001"
NON_EMPTY = (
    "messages.0: all messages must have non-empty content except for the optional final assistant message"
)
NO_PREFILL = (
    "This model does not support assistant message prefill. The conversation must end with a user message."
)


def refusal_of(changes: dict[str, Any], version: str = NEW) -> str | None:
    body = MESSAGES | changes
    refusal = refuse_messages(body, version, find_model(body.get("model"), provider="anthropic"))
    return refusal.message if refusal else None


def says(content: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content}]}


ACCEPTED: dict[str, dict[str, Any]] = {
    "plain": {},
    "blocks": says([{"type": "text", "text": "Hi"}]),
    "system": {"system": "Terse."},
    "system as blocks": {"system": [{"type": "text", "text": "Terse."}]},
    "two user turns in a row": {"messages": [HI, HI]},
    "assistant first": {"messages": [{"role": "assistant", "content": "Hello"}, HI]},
    "earlier assistant turn with trailing blanks": {
        "messages": [HI, {"role": "assistant", "content": "Hello "}, HI]
    },
    "user turn with trailing blanks": says("Hi "),
    "prefill": {"model": PREFILLABLE, "messages": PREFILL},
    "empty final assistant turn": {
        "model": PREFILLABLE,
        "messages": [HI, {"role": "assistant", "content": ""}],
    },
    "stops": {"stop_sequences": ["</a>", " x"]},
    "Human stop": {"stop_sequences": ["\n\nHuman:"]},
    "user id": {"metadata": {"user_id": "7"}},
    "null user id": {"metadata": {"user_id": None}},
    "limit of nothing": {"max_tokens": 0},
    "limit at the maximum": {"max_tokens": 128_000},
    "tools are not looked at": {
        "tools": [{"name": "x", "input_schema": {}}],
        "tool_choice": {"type": "auto"},
    },
    "image": says([{"type": "image", "source": {}}]),
    "system turn": {"messages": [HI, {"role": "system", "content": "Now in French."}]},
    "thinking off": {"model": "claude-haiku-5-5", "thinking": {"type": "disabled"}},
    "thinking off where it is off": {"thinking": {"type": "disabled"}},
    "thinking between tools": {"model": "claude-sonnet-5-5", "thinking": {"type": "between_tools"}},
    "thinking on": {"thinking": {"type": "adaptive"}},
    "thinking budget": {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 1024}},
    "thinking off, high effort": {
        "model": "claude-haiku-5-5",
        "thinking": {"type": "disabled"},
        "output_config": {"effort": "high"},
    },
}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no model": ({"model": ""}, "model: String should have at least 1 character"),
    "retired model": ({"model": "claude-2.1"}, "model: claude-2.1"),
    "moving old name": ({"model": "claude-2"}, "model: claude-2"),
    "retired Messages model": ({"model": "claude-3-opus-20240229"}, "model: claude-3-opus-20240229"),
    "unknown model": ({"model": "gpt-4"}, "model: gpt-4"),
    "no messages": ({"messages": []}, "messages: at least one message is required"),
    "messages as an object": ({"messages": HI}, "messages: Input should be a valid list"),
    "message without content": ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    "message with more": (
        {"messages": [{**HI, "name": "x"}]},
        "messages.0.name: Extra inputs are not permitted",
    ),
    "role human": (says("Hi", "human"), "messages.0.role: Input should be 'user' or 'assistant'"),
    "system turn first": (
        {"messages": [{"role": "system", "content": "Terse."}, HI]},
        "messages.0: a system message must follow a user turn and end the list or precede an assistant turn",
    ),
    "system turn elsewhere": (
        {"model": PREFILLABLE, "messages": [HI, {"role": "system", "content": "Terse."}]},
        "messages.1.role: 'system' is not supported by this model; use `system`",
    ),
    "empty content": (
        says(""),
        NON_EMPTY,
    ),
    "no blocks": (
        says([]),
        NON_EMPTY,
    ),
    "null content": (says(None), "messages.0.content: Input should not be null"),
    "number as content": (says(7), "messages.0.content: Input should be a valid string or a list of blocks"),
    "blank content": (says(" \n"), "messages: text content blocks must contain non-whitespace text"),
    "empty block": (says([{"type": "text", "text": ""}]), "messages: text content blocks must be non-empty"),
    "blank block": (
        says([{"type": "text", "text": "\t"}]),
        "messages: text content blocks must contain non-whitespace text",
    ),
    "block without text": (says([{"type": "text"}]), "messages: text: Input should be a valid string"),
    "block without type": (says([{"text": "Hi"}]), "messages.0.content.0.type: Field required"),
    "string in a list": (says(["Hi"]), "messages.0.content.0.type: Field required"),
    "citations": (
        says([{"type": "text", "text": "Hi", "citations": [1]}]),
        "messages.0.content.0.citations: must be empty in user messages",
    ),
    "document of the assistant": (
        {"messages": [{"role": "assistant", "content": [{"type": "document"}]}, HI]},
        "messages.0.content.0: document blocks are not permitted in assistant messages",
    ),
    "prefill": (
        {"messages": PREFILL},
        NO_PREFILL,
    ),
    "prefill with trailing blanks": (
        {"model": PREFILLABLE, "messages": [HI, {"role": "assistant", "content": "Well "}]},
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    "prefill block with trailing blanks": (
        {
            "model": PREFILLABLE,
            "messages": [HI, {"role": "assistant", "content": [{"type": "text", "text": "Well\n"}]}],
        },
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    "blank prefill": (
        {"model": PREFILLABLE, "messages": [HI, {"role": "assistant", "content": " "}]},
        "messages: text content blocks must contain non-whitespace text",
    ),
    "prefill while thinking": (
        {
            "model": PREFILLABLE,
            "messages": PREFILL,
            "max_tokens": 4000,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
        },
        "messages: the final message cannot be an assistant message when thinking is enabled",
    ),
    "blank system": ({"system": " "}, "system: text content blocks must contain non-whitespace text"),
    "empty system": ({"system": ""}, "system: text content blocks must contain non-whitespace text"),
    "null system": ({"system": None}, "system: Input should not be null"),
    "system blocks that are no text": (
        {"system": [{"type": "image"}]},
        "system: Input should be a valid string or a list of text blocks",
    ),
    "empty system block": (
        {"system": [{"type": "text", "text": ""}]},
        "system: text content blocks must be non-empty",
    ),
    "null stops": ({"stop_sequences": None}, "stop_sequences: Input should be a valid list"),
    "stop as a string": ({"stop_sequences": "x"}, "stop_sequences: Input should be a valid list"),
    "empty stop": ({"stop_sequences": [""]}, "stop_sequences: each stop sequence must be non-empty"),
    "blank stop": (
        {"stop_sequences": ["x", "\n\n"]},
        "stop_sequences: each stop sequence must contain non-whitespace",
    ),
    "left-over limit": ({"max_tokens_to_sample": 9}, "max_tokens_to_sample: Extra inputs are not permitted"),
    "left-over prompt": ({"prompt": "x"}, "prompt: Extra inputs are not permitted"),
    "betas": ({"betas": []}, "betas: Extra inputs are not permitted"),
    "negative limit": ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
    "limit as text": ({"max_tokens": "300"}, "max_tokens: Input should be a valid integer"),
    "limit true": ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
    "limit above the maximum": (
        {"model": PREFILLABLE, "max_tokens": 64_001},
        f"max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for {PREFILLABLE}",
    ),
    "metadata": ({"metadata": {"user": "7"}}, "metadata.user: Extra inputs are not permitted"),
    "null metadata": ({"metadata": None}, "metadata: Input should be an object"),
    "stream as a number": ({"stream": 1}, "stream: Input should be a valid boolean"),
    "thinking cannot be switched off": (
        {"model": "claude-opus-5-5", "thinking": {"type": "disabled"}},
        "thinking.type: disabled is not supported by this model",
    ),
    "the wrong way to switch thinking off": (
        {"model": "claude-sonnet-5-5", "thinking": {"type": "disabled"}},
        "thinking.type: disabled is not supported by this model",
    ),
    "between tools elsewhere": (
        {"thinking": {"type": "between_tools"}},
        "thinking.type: between_tools is not supported by this model",
    ),
    "thinking off at too much effort": (
        {"model": "claude-haiku-5-5", "thinking": {"type": "disabled"}, "output_config": {"effort": "max"}},
        "output_config.effort: at most high without thinking",
    ),
    "null thinking": ({"thinking": None}, "thinking: Input should not be null"),
    "thinking without type": (
        {"thinking": {}},
        "thinking.type: Input should be one of enabled, adaptive, disabled, between_tools",
    ),
    "small budget": (
        {"thinking": {"type": "enabled", "budget_tokens": 10}},
        "thinking.budget_tokens: Input should be greater than or equal to 1024",
    ),
    "budget above the limit": (
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        "max_tokens: must be greater than thinking.budget_tokens",
    ),
}

ONE_ONLY = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
OFF_WHILE_THINKING = "`temperature` may only be 1 and `top_k` must be unset when thinking is enabled."
THINKS = {"max_tokens": 4000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
SAMPLING = [
    (NEW, PREFILLABLE, {"temperature": 0}, "temperature: not permitted since anthropic-version 2026-10-21"),
    (NEW, PREFILLABLE, {"temperature": 1}, "temperature: not permitted since anthropic-version 2026-10-21"),
    (NEW, "claude-opus-4-8", {"top_k": 5}, "top_k: not permitted since anthropic-version 2026-10-21"),
    (OLD, PREFILLABLE, {"temperature": 0}, None),
    (OLD, PREFILLABLE, {"top_p": 0.5, "top_k": 5}, None),
    (OLD, PREFILLABLE, {"temperature": 0, "top_p": 0.5}, ONE_ONLY),
    (OLD, PREFILLABLE, {"temperature": 2}, "temperature: Input should be between 0 and 1"),
    (OLD, PREFILLABLE, {"temperature": None}, "temperature: Input should be a valid number"),
    (OLD, PREFILLABLE, {"top_k": 0.5}, "top_k: Input should be a valid integer"),
    (OLD, PREFILLABLE, {"temperature": 0, **THINKS}, OFF_WHILE_THINKING),
    (
        OLD,
        PREFILLABLE,
        {"top_p": 0.5, **THINKS},
        "`top_p` must be between 0.95 and 1 when thinking is enabled.",
    ),
    (OLD, PREFILLABLE, {"top_p": 0.95, **THINKS}, None),
    (
        OLD,
        "claude-opus-4-8",
        {"temperature": 0},
        "temperature: only the default value is supported by this model",
    ),
    (OLD, "claude-opus-4-8", {"temperature": 1}, None),
]


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED)
def test_messages_accepts(changes: dict[str, Any]) -> None:
    assert refusal_of(changes) is None


@pytest.mark.parametrize("changes, message", REFUSED.values(), ids=REFUSED)
def test_messages_refuses(changes: dict[str, Any], message: str) -> None:
    assert refusal_of(changes) == message


@pytest.mark.parametrize("version, model, changes, message", SAMPLING)
def test_sampling_depends_on_version_and_model(
    version: str, model: str, changes: dict[str, Any], message: str | None
) -> None:
    assert refusal_of({"model": model, **changes}, version) == message


@pytest.mark.parametrize("name", ["model", "messages", "max_tokens"])
def test_messages_misses_required_fields(name: str) -> None:
    body = {key: value for key, value in MESSAGES.items() if key != name}
    refusal = refuse_messages(body, NEW, find_model(body.get("model")))
    assert refusal is not None
    assert refusal.message == f"{name}: Field required"


def test_older_version_has_its_own_rules() -> None:
    assert refusal_of(says([{"type": "text", "text": "Hi", "citations": [1]}]), OLD) is None


@pytest.mark.parametrize(
    "changes, message",
    [
        ({}, None),
        ({"system": "Terse."}, None),
        ({"max_tokens": 9}, "max_tokens: Extra inputs are not permitted"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"model": "claude-2.1"}, "model: claude-2.1"),
    ],
)
def test_count_tokens(changes: dict[str, Any], message: str | None) -> None:
    body = {"model": "claude-opus-4-8", "messages": [HI], **changes}
    refusal = refuse_count(body, NEW, find_model(body["model"]))
    assert (refusal and refusal.message) == message


START = 'prompt must start with "\\n\\nHuman:" turn after an optional system prompt'
END = 'prompt must end with "\\n\\nAssistant:" turn'

# The examples of the vendor's page on prompt validation, and the shapes of its reference.
LEGACY_CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    "plain": ({}, None),
    "system": ({"prompt": "Terse.\n\nHuman: Hi\n\nAssistant:"}, None),
    "prefill": ({"prompt": "\n\nHuman: Hi\n\nAssistant: Well"}, None),
    "cleaned start": ({"prompt": "Human: Hello, Claude\n\nAssistant:"}, None),
    "cleaned end": ({"prompt": "\n\nHuman: Hello, Claude:\n\nAssistant: "}, None),
    "blank stop": ({"stop_sequences": ["\n"]}, None),
    "sampling": ({"temperature": 0, "top_p": 0.5, "top_k": 5}, None),
    "any limit": ({"max_tokens_to_sample": 1_000_000}, None),
    "oldest spelling": ({"model": "claude-v1"}, None),
    "no turns": ({"prompt": "Hello, world"}, START),
    "no Human turn": ({"prompt": "Hello, world\n\nAssistant:"}, START),
    "no Assistant turn": ({"prompt": "\n\nHuman: Hello, Claude"}, END),
    "Assistant first": (
        {"prompt": "\n\nAssistant: Hello, world\n\nHuman: Hello, Claude\n\nAssistant:"},
        START,
    ),
    "Assistant not last": (
        {"prompt": "\n\nHuman: Hello, Claude\n\nAssistant: Hello, world\n\nHuman: How many toes?"},
        END,
    ),
    "one newline": ({"prompt": "\n\nHuman: Hello, Claude \nAssistant:"}, END),
    "empty prompt": ({"prompt": ""}, "prompt: String should have at least 1 character"),
    "long prompt": ({"prompt": f"\n\nHuman: {'a ' * 100_000}\n\nAssistant:"}, "prompt is too long"),
    "null stops": ({"stop_sequences": None}, "stop_sequences: Input should be a valid list"),
    "limit of nothing": (
        {"max_tokens_to_sample": 0},
        "max_tokens_to_sample: Input should be greater than or equal to 1",
    ),
    "new name of the limit": ({"max_tokens": 9}, "max_tokens: Extra inputs are not permitted"),
    "long user id": (
        {"metadata": {"user_id": "x" * 257}},
        "metadata.user_id: String should have at most 256",
    ),
    "temperature above one": ({"temperature": 1.5}, "temperature: Input should be between 0 and 1"),
    "Messages model": (
        {"model": "claude-3-opus-20240229"},
        '"claude-3-opus-20240229" is not supported on this API. Please use the Messages API instead.',
    ),
    "unknown model": ({"model": "gpt-4"}, "model: gpt-4"),
}


@pytest.mark.parametrize("changes, message", LEGACY_CASES.values(), ids=LEGACY_CASES)
def test_complete(changes: dict[str, Any], message: str | None) -> None:
    body = LEGACY | changes
    refusal = refuse_complete(body, find_model(body["model"], provider="anthropic"))
    if message is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.message.startswith(message)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([*MESSAGES, "system", "stop_sequences", "thinking", "metadata", "x"]), json_values)
def test_any_value_anywhere_is_accepted_or_refused(name: str, value: Any) -> None:
    """Hostile bodies get a verdict, never an exception of ours."""
    body = MESSAGES | {name: value}
    model = body["model"] if isinstance(body["model"], str) else None
    for refusal in (
        refuse_messages(body, NEW, find_model(model)),
        refuse_count(body, NEW, find_model(model)),
    ):
        assert refusal is None or refusal.message


@given(
    st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": json_values}))
)
def test_any_content_is_accepted_or_refused(messages: list[Any]) -> None:
    refusal = refuse_messages(MESSAGES | {"messages": messages}, NEW, find_model("claude-opus-4-8"))
    assert refusal is None or refusal.message
