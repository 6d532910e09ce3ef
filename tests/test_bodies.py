"""Bodies as plain dicts: what is asked stays the same, errors stay errors."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from migrate import MigrationWarning, TranslationError, as_completion, completion_body, messages_body
from migrate.responses import RefusalError
from migrate.sameness import asked, differences

PROMPT = "Be terse.\n\nHuman: Hi\n\nAssistant:"
BODIES: list[dict[str, Any]] = [
    {"prompt": PROMPT, "model": "claude-2.1", "max_tokens_to_sample": 300},
    {"prompt": PROMPT, "model": "claude-instant-1", "max_tokens_to_sample": 30_000, "stream": True},
    {
        "prompt": PROMPT, "model": "claude-2", "max_tokens_to_sample": 9, "temperature": 0.2, "top_k": 5,
        "stop_sequences": ["\n\nHuman:", "END"], "metadata": {"user_id": "u"},
    },
    {"prompt": f"{PROMPT} {{", "model": "claude-haiku-4-5-20251001", "max_tokens_to_sample": 9, "temperature": 0},
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_a_body_asks_the_same_in_plain_json(body: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MigrationWarning)
        made = messages_body(body)
    assert json.loads(json.dumps(made)) == made
    assert not differences(asked("/v1/complete", body), asked("/v1/messages", made))
    assert not made.keys() & {"prompt", "max_tokens_to_sample", "extra_body", "extra_headers", "timeout"}


def test_sampling_stays_where_the_model_takes_it() -> None:
    assert messages_body(BODIES[3])["temperature"] == 0


def test_a_bedrock_body_names_its_version_and_no_model() -> None:
    made = messages_body({"prompt": PROMPT}, model="anthropic.claude-haiku-5-5")
    assert made == {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 200,
        "messages": [{"role": "user", "content": "Hi"}],
        "system": "Be terse.",
        "thinking": {"type": "disabled"},
    }


def test_what_is_missing_is_named() -> None:
    with pytest.raises(TypeError, match="'model'"):
        messages_body({"prompt": PROMPT, "max_tokens_to_sample": 3})


def test_blank_stops_are_refused() -> None:
    with pytest.raises(TranslationError, match="stop sequences"):
        messages_body({**BODIES[0], "stop_sequences": ["\n"]})


REPLY = {
    "type": "message", "id": "msg_1", "model": "claude-opus-4-8", "stop_reason": "end_turn", "stop_sequence": None,
    "content": [{"type": "thinking", "thinking": ""}, {"type": "text", "text": "Hello"}],
}  # fmt: skip


def test_a_reply_reads_as_before() -> None:
    found = completion_body(REPLY)
    assert (found["completion"], found["stop_reason"], found["stop"]) == (
        " Hello",
        "stop_sequence",
        "\n\nHuman:",
    )
    assert completion_body(REPLY, leading_space=False)["completion"] == "Hello"


ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def test_an_error_stays_an_error() -> None:
    assert completion_body(ERROR) is ERROR
    assert completion_body(["x"]) == ["x"]
    with pytest.raises(TranslationError, match="Overloaded"):
        as_completion(ERROR)


def test_a_refusal_is_no_empty_answer() -> None:
    refused = {**REPLY, "stop_reason": "refusal", "content": []}
    with pytest.raises(RefusalError):
        completion_body(refused)
    assert completion_body(refused, on_refusal="pass")["completion"] == ""
