"""What the double answers over a real connection; its rules and scripts have tests of their own."""

from __future__ import annotations

import itertools
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.double import Double
from migrate.double.answers import THINKING_TOKENS, Answer, count_tokens, cut_answer, pieces_of
from tests.double_client import HEADERS, LEGACY, MESSAGES, TEXT, ask, complete, post, says, text_of


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


def test_both_endpoints_answer_the_same_question_with_the_same_text(double: Double) -> None:
    completion, message = complete(double).body, ask(double).body
    assert TEXT.fullmatch(text_of(message))
    assert completion["completion"] == f" {text_of(message)}"
    assert ask(double, messages=says("What else?")).body["content"] != message["content"]
    assert ask(double, system="You are kind.").body["content"] != message["content"]
    assert ask(double, model="claude-opus-4-7", max_tokens=299).body["content"] == message["content"]


def test_a_completion_looks_as_the_recorded_one(double: Double) -> None:
    body = complete(double).body
    assert body.pop("completion").startswith(" Reply")
    assert body == {
        "type": "completion",
        "id": "compl_double_000001",
        "log_id": "compl_double_000001",
        "model": "claude-2.1",
        "stop_reason": "stop_sequence",
        "stop": "\n\nHuman:",
    }


def test_a_message_looks_as_documented(double: Double) -> None:
    body = ask(double).body
    text = text_of(body)
    assert body == {
        "id": "msg_double_000001",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-4-8",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": count_tokens(text)},
    }


def test_under_a_prefill_a_completion_has_no_space_in_front(double: Double) -> None:
    completion = complete(double, prompt=f"{LEGACY['prompt']} Well,").body["completion"]
    prefilled = [*MESSAGES["messages"], {"role": "assistant", "content": "Well,"}]
    message = ask(double, model="claude-haiku-4-5-20251001", messages=prefilled).body
    assert TEXT.fullmatch(completion)
    assert text_of(message) == completion


@pytest.mark.parametrize(
    "prompt, text",
    [
        ("SAY: yes", "yes"),
        ("Think first.\nSAY: yes and no \nThank you", "yes and no"),
        ('SAY: "two\\nlines" please', "two\nlines"),
        ('SAY: "open', '"open'),
        ("SAY:", ""),
    ],
)
def test_a_program_can_choose_the_text(prompt: str, text: str, double: Double) -> None:
    assert text_of(ask(double, messages=says(prompt)).body) == text
    completion = complete(double, prompt=f"\n\nHuman: {prompt}\n\nAssistant:").body["completion"]
    assert completion == (f" {text}" if text else "")


def test_only_the_last_user_turn_chooses(double: Double) -> None:
    turns = [*says("SAY: no"), {"role": "assistant", "content": "SAY: no"}, *says("What is new?")]
    assert TEXT.fullmatch(text_of(ask(double, messages=turns).body))


STOPS: list[tuple[str, list[str], int, Answer]] = [
    ("one two three", [], 9, Answer("one two three")),
    ("one two three", ["two"], 9, Answer("one ", "stop_sequence", "two")),
    ("one two three", ["three", "two"], 9, Answer("one ", "stop_sequence", "two")),
    ("one two three", ["four"], 9, Answer("one two three")),
    ("one two three", [], 3, Answer("one two three")),
    ("one two three", [], 2, Answer("one two", "max_tokens")),
    ("one two three", ["three"], 1, Answer("one", "max_tokens")),
    ("one two three", ["two"], 2, Answer("one ", "stop_sequence", "two")),
    ("one", ["one"], 9, Answer("", "stop_sequence", "one")),
    ("", [], 9, Answer("")),
    ("one", [], 0, Answer("", "max_tokens")),
    ("one", [], -5, Answer("", "max_tokens")),
]


@pytest.mark.parametrize("text, stops, limit, expected", STOPS)
def test_stops_and_limits_cut(text: str, stops: list[str], limit: int, expected: Answer) -> None:
    assert cut_answer(text, stops, limit) == expected


@given(
    st.text(alphabet="ab \n", max_size=30), st.lists(st.text(alphabet="ab ", max_size=3)), st.integers(0, 9)
)
def test_a_cut_text_is_a_start_without_stops(text: str, stops: list[str], limit: int) -> None:
    answer = cut_answer(text, stops, limit)
    assert text.startswith(answer.text)
    assert count_tokens(answer.text) <= limit
    if answer.stop_reason == "stop_sequence":
        assert answer.stop_sequence in stops
        assert not any(stop in answer.text for stop in stops if stop)


@given(st.text())
def test_pieces_make_up_the_text(text: str) -> None:
    assert "".join(pieces_of(text)) == text


def test_stop_reasons_in_the_words_of_each_endpoint(double: Double) -> None:
    prompt = "\n\nHuman: SAY: one two three\n\nAssistant:"
    cut = complete(double, prompt=prompt, max_tokens_to_sample=2).body
    stopped = complete(double, prompt=prompt, stop_sequences=["three"]).body
    assert (cut["completion"], cut["stop_reason"], cut["stop"]) == (" one two", "max_tokens", None)
    assert (stopped["completion"], stopped["stop_reason"], stopped["stop"]) == (
        " one two ",
        "stop_sequence",
        "three",
    )
    message = ask(double, messages=says("SAY: one two three"), stop_sequences=["three"]).body
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "three")
    assert ask(double, messages=says("SAY: one two three"), max_tokens=2).body["stop_reason"] == "max_tokens"


def test_the_human_marker_ends_a_completion_but_not_a_message(double: Double) -> None:
    wish = 'SAY: "one\\n\\nHuman: two"'
    completion = complete(double, prompt=f"\n\nHuman: {wish}\n\nAssistant:").body
    assert (completion["completion"], completion["stop"]) == (" one", "\n\nHuman:")
    assert text_of(ask(double, messages=says(wish)).body) == "one\n\nHuman: two"


def test_a_model_that_thinks_puts_a_block_first_and_pays_from_the_limit(double: Double) -> None:
    thinking = ask(double, model="claude-haiku-5-5").body
    assert [block["type"] for block in thinking["content"]] == ["thinking", "text"]
    assert thinking["content"][0]["thinking"] == ""
    short = ask(double, model="claude-haiku-5-5", max_tokens=THINKING_TOKENS).body
    assert [block["type"] for block in short["content"]] == ["thinking"]
    assert short["stop_reason"] == "max_tokens"
    off = ask(double, model="claude-haiku-5-5", thinking={"type": "disabled"}).body
    assert [block["type"] for block in off["content"]] == ["text"]


def test_completions_stream_in_pieces_and_end_with_an_empty_one(double: Double) -> None:
    whole = complete(double).body
    streamed = complete(double, stream=True)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    *pieces, last = streamed.events
    assert "".join(piece["completion"] for piece in pieces) == whole["completion"]
    assert {piece["stop_reason"] for piece in pieces} == {None}
    assert (last["completion"], last["stop_reason"], last["stop"]) == ("", "stop_sequence", "\n\nHuman:")
    assert b"event: ping" in streamed.content


@pytest.mark.parametrize("version", [None, "2023-01-01"])
def test_the_first_version_repeats_the_text_in_each_event(version: str | None, double: Double) -> None:
    whole = complete(double, version).body
    keys = ["completion", "stop_reason", "model", "stop", "log_id", "truncated", "exception"]
    assert list(whole) == keys
    assert (whole["truncated"], whole["exception"]) == (False, None)
    streamed = complete(double, version, stream=True).content.decode()
    assert streamed.endswith("data: [DONE]\n\n")
    events = [json.loads(data) for data in re.findall(r"data: (\{\"completion\".*)", streamed)]
    assert [list(event) for event in events] == [keys] * len(events)
    assert "event: completion" not in streamed
    for event, after in itertools.pairwise(events):
        assert after["completion"].startswith(event["completion"])
    assert events[-1]["completion"] == whole["completion"]
    assert events[-1]["stop_reason"] == "stop_sequence"


def test_the_first_version_knew_minus_one_as_switched_off(double: Double) -> None:
    off = {"top_k": -1, "top_p": -1}
    assert complete(double, "2023-01-01", **off).status == 200
    assert complete(double, "2023-01-01", top_k=-2).status == 400
    assert complete(double, "2023-06-01", **off).status == 400


def test_messages_stream_as_documented(double: Double) -> None:
    whole = ask(double, model="claude-haiku-5-5").body
    events = ask(double, model="claude-haiku-5-5", stream=True).events
    kinds = [event["type"] for event in events]
    assert kinds[:4] == ["message_start", "content_block_start", "content_block_delta", "content_block_stop"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert events[0]["message"]["content"] == []
    assert events[0]["message"]["stop_reason"] is None
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert deltas[0]["type"] == "signature_delta"
    assert "".join(delta["text"] for delta in deltas[1:]) == text_of(whole)
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[-2]["usage"] == {"output_tokens": whole["usage"]["output_tokens"]}


def test_count_tokens(double: Double) -> None:
    body = {name: MESSAGES[name] for name in ("model", "system", "messages")}
    assert post(double.base_url, "/v1/messages/count_tokens", body).body == {"input_tokens": 9}


NO_KEY = {"content-type": "application/json"}
HEAD_PROBLEMS: list[tuple[str, Any, str | None, dict[str, str], int, str]] = [
    ("/v1/messages", MESSAGES, "2023-06-01", NO_KEY, 401, "authentication_error"),
    ("/v1/complete", LEGACY, "2023-06-01", NO_KEY, 401, "authentication_error"),
    ("/v1/messages", MESSAGES, None, HEADERS, 400, "invalid_request_error"),
    ("/v1/messages", MESSAGES, "2023-01-01", HEADERS, 400, "invalid_request_error"),
    ("/v1/complete", LEGACY, "2026-10-21", HEADERS, 400, "invalid_request_error"),
    ("/v1/messages", b"{", "2023-06-01", HEADERS, 400, "invalid_request_error"),
    ("/v1/messages", b"\xff", "2023-06-01", HEADERS, 400, "invalid_request_error"),
    ("/v1/messages", [], "2023-06-01", HEADERS, 400, "invalid_request_error"),
    ("/v1/models", {}, "2023-06-01", HEADERS, 404, "not_found_error"),
    ("/v1/messages", MESSAGES | {"model": "claude-2.1"}, "2023-06-01", HEADERS, 404, "not_found_error"),
    (
        "/v1/messages",
        MESSAGES | {"model": "anthropic.claude-opus-4-8"},
        "2023-06-01",
        HEADERS,
        404,
        "not_found_error",
    ),
    ("/v1/complete", LEGACY | {"model": "gpt-4"}, "2023-06-01", HEADERS, 404, "not_found_error"),
]


@pytest.mark.parametrize("path, body, version, headers, status, kind", HEAD_PROBLEMS)
def test_errors_have_the_documented_shape(
    path: str, body: Any, version: str | None, headers: dict[str, str], status: int, kind: str, double: Double
) -> None:
    answered = post(double.base_url, path, body, version, headers)
    assert answered.status == status
    assert answered.body["type"] == "error"
    assert answered.body["error"]["type"] == kind
    assert answered.body["error"]["message"]
    assert answered.body["request_id"] == answered.headers["request-id"] == "req_double_000001"


def test_a_bearer_token_is_as_good_as_a_key(double: Double) -> None:
    headers = {**NO_KEY, "authorization": "Bearer any"}
    assert post(double.base_url, "/v1/messages", MESSAGES, headers=headers).status == 200


def test_a_body_above_the_limit_is_not_read(double: Double) -> None:
    address = urlsplit(double.base_url)
    with socket.create_connection((address.hostname, address.port or 0), timeout=10) as connection:
        head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: {33 * 1024 * 1024}\r\n\r\n"
        connection.sendall(head.encode())
        answer = connection.makefile("rb").read()
    assert b" 413 " in answer
    assert b"request_too_large" in answer
