"""Scripted replies, broken connections, records, and the double as a command."""

from __future__ import annotations

import http.client
import io
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from migrate.double import Double, Recorded, Reply
from tests.double_client import HEADERS, LEGACY, MESSAGES, TEXT, ask, complete, post, says, text_of


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


def test_scripted_replies_come_in_order_and_then_its_own(double: Double) -> None:
    double.queue(Reply.overloaded(retry_after=0.5), Reply.rate_limited(), Reply(text="scripted"))
    overloaded, limited, scripted, own = (ask(double) for _ in range(4))
    assert (overloaded.status, overloaded.headers["retry-after"]) == (529, "0.5")
    assert overloaded.body["error"]["type"] == "overloaded_error"
    assert (limited.status, limited.headers["retry-after"]) == (429, None)
    assert text_of(scripted.body) == "scripted"
    assert TEXT.fullmatch(text_of(own.body))
    assert [request.status for request in double.requests] == [529, 429, 200, 200]


def test_a_scripted_text_does_not_make_a_wrong_request_right(double: Double) -> None:
    double.queue(Reply(text="scripted"))
    assert ask(double, messages=[]).status == 400


@pytest.mark.parametrize("stop_reason", ["refusal", "model_context_window_exceeded", "pause_turn"])
def test_scripted_stop_reasons(stop_reason: str, double: Double) -> None:
    double.queue(Reply(text="so far", stop_reason=stop_reason), Reply(text="so far", stop_reason=stop_reason))
    assert ask(double).body["stop_reason"] == stop_reason
    assert ask(double, stream=True).events[-2]["delta"]["stop_reason"] == stop_reason


def test_a_refusal_may_have_no_text(double: Double) -> None:
    double.queue(Reply.refused("cyber"))
    body = ask(double).body
    assert (body["content"], body["stop_reason"], body["stop_details"]["category"]) == (
        [],
        "refusal",
        "cyber",
    )


def test_scripted_content_and_fields(double: Double) -> None:
    blocks = (
        {"type": "text", "text": "one"},
        {"type": "later_invention", "x": 1},
        {"type": "text", "text": "two"},
    )
    double.queue(Reply(content=blocks, fields={"model": "other"}), Reply(content=blocks))
    body = ask(double).body
    assert (body["content"], body["model"]) == (list(blocks), "other")
    deltas = [
        event["delta"] for event in ask(double, stream=True).events if event["type"] == "content_block_delta"
    ]
    assert deltas == [{"type": "text_delta", "text": "one"}, {"type": "text_delta", "text": "two"}]


def test_scripted_pieces(double: Double) -> None:
    double.queue(Reply(pieces=("on", "e t", "wo")), Reply(pieces=("on", "e t", "wo")))
    events = complete(double, stream=True).events
    assert [event["completion"] for event in events] == [" on", "e t", "wo", ""]
    deltas = [
        event["delta"] for event in ask(double, stream=True).events if event["type"] == "content_block_delta"
    ]
    assert [delta["text"] for delta in deltas] == ["on", "e t", "wo"]


@pytest.mark.parametrize("path, body", [("/v1/complete", LEGACY), ("/v1/messages", MESSAGES)])
def test_an_error_in_mid_stream(path: str, body: dict[str, Any], double: Double) -> None:
    double.queue(Reply(error_after=2))
    *before, last = post(double.base_url, path, body | {"stream": True}).events
    assert len([event for event in before if "completion" in event or "delta" in event]) == 2
    assert last == {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_a_stream_cut_anywhere_is_the_same_stream(size: int, double: Double) -> None:
    whole = ask(double, stream=True)
    double.queue(Reply(bytes_per_write=size))
    cut = ask(double, stream=True)
    assert re.sub(rb"_0+\d", b"", cut.content) == re.sub(rb"_0+\d", b"", whole.content)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("after", [0, 1, 50])
def test_a_connection_breaks(after: int, stream: bool, double: Double) -> None:
    double.queue(Reply(hang_up_after=after))
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(double, stream=stream)
    assert ask(double, stream=stream).status == 200


def test_delays(double: Double) -> None:
    double.queue(Reply(delay=0.1), Reply(pause=0.02, pieces=("a", "b", "c")))
    started = time.monotonic()
    ask(double)
    waited = time.monotonic()
    assert waited - started >= 0.1
    ask(double, stream=True)
    assert time.monotonic() - waited >= 0.06


def test_respond_with_is_asked_when_the_queue_is_empty() -> None:
    def respond(request: Recorded) -> Reply | None:
        return Reply(text=request.body["model"]) if request.body["max_tokens"] == 7 else None

    with Double(respond_with=respond) as double:
        double.queue(Reply(text="queued"))
        texts = [text_of(ask(double, max_tokens=limit).body) for limit in (7, 7, 8)]
    assert texts[:2] == ["queued", "claude-opus-4-8"]
    assert texts[2].startswith("Reply")


def test_requests_are_recorded_with_their_label(double: Double) -> None:
    path = "/v1/complete?beta=true"
    assert post(double.base_url_for("a b/c"), path, LEGACY).status == 200
    ask(double, messages=[])
    first, second = double.requests
    assert (first.path, first.query, first.label, first.body) == (
        "/v1/complete",
        "beta=true",
        "a b/c",
        LEGACY,
    )
    assert first.headers["x-api-key"] == "any"
    assert TEXT.fullmatch(first.text or "")
    assert (second.label, second.status, second.text) == ("", 400, None)
    assert double.requests_for("a b/c") == [first]


def test_a_record_has_no_credentials() -> None:
    record = io.StringIO()
    with Double(record=record) as double:
        ask(double)
    (line,) = record.getvalue().splitlines()
    written = json.loads(line)
    assert written["body"] == MESSAGES
    assert written["headers"]["anthropic-version"] == "2026-10-21"
    assert "x-api-key" not in written["headers"]


def test_many_at_once_keep_apart(double: Double) -> None:
    texts: dict[int, str] = {}

    def one(number: int) -> None:
        texts[number] = text_of(ask(double, messages=says(f"SAY: {number}")).body)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: str(number) for number in range(40)}
    assert len(double.requests) == 40


def test_closing_breaks_off_open_connections() -> None:
    with Double() as double:
        double.queue(Reply(pause=0.2, pieces=("a",) * 100))
        address = urlsplit(double.base_url)
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        content = json.dumps(MESSAGES | {"stream": True})
        connection.request("POST", "/v1/messages", content, {**HEADERS, "anthropic-version": "2023-06-01"})
        response = connection.getresponse()
        assert double.open_connections == 1
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        response.read()
    connection.close()
    assert double.open_connections == 0


def test_the_command_serves_and_records(tmp_path: Path) -> None:
    record = tmp_path / "asked.jsonl"
    command = [sys.executable, "-m", "migrate.double", "--record", str(record)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert post(url, "/v1/messages", MESSAGES).status == 200
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert json.loads(record.read_text())["body"] == MESSAGES


@pytest.mark.parametrize("arguments", [["--port", "99999"], ["--record", "no/such/folder/file"]])
def test_the_command_says_in_one_line_why_it_cannot_serve(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "migrate.double", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cannot serve: ")
    assert done.stderr.count("\n") == 1
