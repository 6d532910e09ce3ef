"""The double by Bedrock's paths: its rules, its stream frames, and what both providers share."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.double import Double
from migrate.double.bedrock import frame
from migrate.sameness import asked, differences
from tests.double_client import LEGACY, MESSAGES, Answered, ask, complete, post, text_of

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=x", "content-type": "application/json"}
PROMPT = {name: LEGACY[name] for name in ("prompt", "max_tokens_to_sample")}
LISTED = {name: MESSAGES[name] for name in ("messages", "max_tokens", "system")}
OLD = {"anthropic_version": "bedrock-2023-05-31"}
NEW = {"anthropic_version": "2026-10-21"}


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


def invoke(double: Double, model: str, body: dict[str, Any], *, stream: bool = False) -> Answered:
    path = f"/model/{model}/invoke{'-with-response-stream' if stream else ''}"
    return post(double.base_url, path, body, None, SIGNED)


def unframed(content: bytes) -> list[Any]:
    """The JSON objects in a stream of frames, checksums checked."""
    found = []
    while content:
        length, headers, prelude_sum = struct.unpack("!III", content[:12])
        assert prelude_sum == zlib.crc32(content[:8])
        assert struct.unpack("!I", content[length - 4 : length])[0] == zlib.crc32(content[: length - 4])
        payload = json.loads(content[12 + headers : length - 4])
        found.append(json.loads(base64.b64decode(payload["bytes"])))
        content = content[length:]
    return found


def test_answers_are_those_of_the_other_endpoints(double: Double) -> None:
    legacy = invoke(double, "anthropic.claude-v2%3A1", PROMPT | OLD).body
    message = invoke(double, "anthropic.claude-opus-4-8", LISTED | NEW).body
    assert legacy["completion"] == complete(double).body["completion"]
    assert text_of(message) == text_of(ask(double).body)
    assert (legacy["model"], message["model"]) == ("anthropic.claude-v2:1", "anthropic.claude-opus-4-8")


def test_streams_are_framed(double: Double) -> None:
    pieces = unframed(invoke(double, "anthropic.claude-v2:1", PROMPT | OLD, stream=True).content)
    text = "".join(piece["completion"] for piece in pieces if piece["type"] == "completion")
    assert text == complete(double).body["completion"]
    events = unframed(invoke(double, "anthropic.claude-opus-4-8", LISTED | NEW, stream=True).content)
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("anthropic.claude-v2:1", LISTED | OLD, 404, "model: anthropic.claude-v2:1"),
    ("anthropic.claude-opus-4-8", PROMPT | OLD, 400, '"anthropic.claude-opus-4-8" is not supported'),
    ("claude-opus-4-8", LISTED | NEW, 404, "model: claude-opus-4-8"),  # no name of this provider
    ("anthropic.claude-opus-4-8", LISTED, 400, "anthropic_version: None is not a version"),
    (
        "anthropic.claude-opus-4-8",
        LISTED | {"anthropic_version": "2023-06-01"},
        400,
        "anthropic_version: 2023-06-01",
    ),
    ("anthropic.claude-opus-4-6-v1", LISTED | NEW, 400, "anthropic_version: 2026-10-21 is not supported by"),
    ("anthropic.claude-opus-4-6-v1", LISTED | OLD, 200, ""),
    ("anthropic.claude-opus-4-8", LISTED | NEW | {"stream": True}, 400, "stream: Extra inputs"),
    ("anthropic.claude-opus-4-8", LISTED | NEW | {"model": "x"}, 400, "model: Extra inputs"),
    ("anthropic.claude-opus-4-8", LISTED | NEW | {"temperature": 0}, 400, "temperature: not permitted"),
    ("anthropic.claude-haiku-4-5-20251001-v1:0", LISTED | OLD | {"temperature": 0}, 200, ""),
    ("anthropic.claude-v2:1", PROMPT | {"prompt": "Hi"} | OLD, 400, "prompt must start with"),
]


@pytest.mark.parametrize("model, body, status, message", REFUSED)
def test_rules(model: str, body: dict[str, Any], status: int, message: str, double: Double) -> None:
    answered = invoke(double, model, body)
    assert answered.status == status
    assert answered.body.get("error", {}).get("message", "").startswith(message)


def test_the_same_is_asked_by_either_provider(double: Double) -> None:
    invoke(double, "anthropic.claude-v2%3A1", PROMPT | OLD, stream=True)
    invoke(double, "anthropic.claude-opus-4-8", LISTED | NEW, stream=True)
    complete(double, stream=True)
    forms = [asked(request.path, request.body) for request in double.requests]
    assert forms[0].stream
    assert forms[1].ceiling == 128_000
    assert [differences(forms[0], form) for form in forms] == [[], [], []]


@given(
    st.dictionaries(st.text(alphabet="ab:-", min_size=1), st.text(alphabet="xyz"), max_size=3), st.binary()
)
def test_a_frame_says_its_own_length(headers: dict[str, str], payload: bytes) -> None:
    made = frame(headers, payload)
    length, header_length = struct.unpack("!II", made[:8])
    assert length == len(made)
    assert made[12 + header_length : -4] == payload
