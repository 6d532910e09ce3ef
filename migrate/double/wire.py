# May know: the two wire formats. No rules, no sockets.
"""Answers written down as each endpoint sends them: JSON bodies and server-sent events.

Sources: the vendor's references of both endpoints and of their streams; the `stop` and `log_id`
of completions are from a recorded reply.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migrate.double.answers import Answer
from migrate.prompts import HUMAN_PROMPT

CUMULATIVE_VERSION = "2023-01-01"  # its streams repeat everything so far and have no event names
SIGNATURE = "ZG91YmxlLXNpZ25hdHVyZQ=="
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


@dataclass(frozen=True, slots=True)
class Frame:
    """What both formats need beside the answer: the id, the model as it was named, token counts."""

    id: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0


def event(name: str, content: Mapping[str, Any]) -> bytes:
    """One server-sent event with a name and a JSON object."""
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()


def completion_body(answer: Answer, frame: Frame, version: str) -> dict[str, Any]:
    """The body of `/v1/complete`. A natural end shows as the built-in stop, the Human marker.

    Under 2023-01-01 it had no type and no id yet, and two keys that were dropped later.
    """
    body = {
        "completion": answer.text,
        "stop_reason": _legacy_stop_reason(answer),
        "model": frame.model,
        "stop": _legacy_stop(answer),
        "log_id": frame.id,
    }
    if version == CUMULATIVE_VERSION:
        return {**body, "truncated": False, "exception": None}
    return {"type": "completion", "id": frame.id, **body}


def completion_events(
    answer: Answer, pieces: Iterable[str], frame: Frame, version: str, error_after: int | None
) -> Iterator[bytes]:
    """The stream of `/v1/complete`: pieces with a null stop reason, then an empty one that has it.

    Under 2023-01-01 each event repeats the whole text so far, has no name, and [DONE] ends the stream.
    """
    cumulative = version == CUMULATIVE_VERSION
    open_body = completion_body(answer, frame, version) | {"stop_reason": None, "stop": None}
    text = ""
    for number, piece in enumerate(pieces):
        if number == error_after:
            yield event("error", OVERLOADED)
            return
        text = text + piece if cumulative else piece
        yield _completion_event(open_body | {"completion": text}, cumulative)
        if number == 0:
            yield event("ping", {"type": "ping"})
    last = completion_body(answer, frame, version)
    yield _completion_event(last if cumulative else last | {"completion": ""}, cumulative)
    if cumulative:
        yield b"data: [DONE]\n\n"


def message_body(blocks: list[dict[str, Any]], answer: Answer, frame: Frame) -> dict[str, Any]:
    """The body of `/v1/messages`: a Message with these content blocks."""
    return {
        "id": frame.id,
        "type": "message",
        "role": "assistant",
        "model": frame.model,
        "content": blocks,
        "stop_reason": answer.stop_reason,
        "stop_sequence": answer.stop_sequence,
        "usage": {"input_tokens": frame.input_tokens, "output_tokens": frame.output_tokens},
    }


def message_blocks(text: str, *, with_thinking: bool) -> list[dict[str, Any]]:
    """Content blocks: where the model thinks, a thinking block with its text withheld; the text if any."""
    thinking = [{"type": "thinking", "thinking": "", "signature": SIGNATURE}] if with_thinking else []
    return [*thinking, *([{"type": "text", "text": text}] if text else [])]


def message_events(message: Mapping[str, Any], pieces: list[str], error_after: int | None) -> Iterator[bytes]:
    """The stream of `/v1/messages`. `pieces` are those of its text blocks' text, in order."""
    usage = {**message["usage"], "output_tokens": 1}
    opening = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    yield event("message_start", {"type": "message_start", "message": opening})
    yield event("ping", {"type": "ping"})
    for index, block in enumerate(message["content"]):
        own_pieces = pieces if block["type"] == "text" else []
        yield event(
            "content_block_start", _indexed("content_block_start", index, content_block=_empty(block))
        )
        for number, delta in enumerate(_deltas(block, own_pieces)):
            if block["type"] == "text" and number == error_after:
                yield event("error", OVERLOADED)
                return
            yield event("content_block_delta", _indexed("content_block_delta", index, delta=delta))
        yield event("content_block_stop", _indexed("content_block_stop", index))
    yield event("message_delta", _closing(message))
    yield event("message_stop", {"type": "message_stop"})


def _closing(message: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details") if name in message
    }
    return {
        "type": "message_delta",
        "delta": told,
        "usage": {"output_tokens": message["usage"]["output_tokens"]},
    }


def _deltas(block: Mapping[str, Any], pieces: list[str]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        whole = "".join(pieces) == block["text"]
        yield from ({"type": "text_delta", "text": piece} for piece in (pieces if whole else [block["text"]]))
    elif block["type"] == "thinking":
        if block.get("thinking"):
            yield {"type": "thinking_delta", "thinking": block["thinking"]}
        yield {"type": "signature_delta", "signature": block["signature"]}


def _empty(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block as its start event shows it: the parts that deltas will bring are empty."""
    return {**block, **{name: "" for name in ("text", "thinking", "signature") if name in block}}


def _indexed(kind: str, index: int, **content: Any) -> dict[str, Any]:
    return {"type": kind, "index": index, **content}


def _completion_event(body: Mapping[str, Any], cumulative: bool) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode() if cumulative else event("completion", body)


def _legacy_stop_reason(answer: Answer) -> str:
    return "max_tokens" if answer.stop_reason == "max_tokens" else "stop_sequence"


def _legacy_stop(answer: Answer) -> str | None:
    if answer.stop_reason == "max_tokens":
        return None
    return answer.stop_sequence if answer.stop_sequence is not None else HUMAN_PROMPT
