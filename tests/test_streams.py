"""Messages events -> legacy chunks: whole, event by event, and cut at every point."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.prompts import HUMAN_PROMPT
from migrate.responses import RefusalError, completion_from_message
from migrate.streams import LegacyChunks

START = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "m", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}},
}
THINKING = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
    {"type": "content_block_stop", "index": 0},
]
STOP = {"type": "message_stop"}
PING = {"type": "ping"}


def text(*pieces: str, index: int = 0) -> list[dict[str, Any]]:
    opening = {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
    deltas = [
        {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": piece}}
        for piece in pieces
    ]
    return [opening, *deltas, {"type": "content_block_stop", "index": index}]


def end(reason: str = "end_turn", sequence: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {"stop_reason": reason, "stop_sequence": sequence, **more}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 9}}


def as_objects(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{key: as_objects(item) for key, item in value.items()})
    return value


def run(events: list[Any], **options: Any) -> list[tuple[str, str | None, str | None]]:
    chunks = LegacyChunks(**options)
    made: list[Any] = [chunk for event in events for chunk in chunks.feed(event)]
    made += chunks.finish()
    return [(chunk.completion, chunk.stop_reason, chunk.stop) for chunk in made]


def given_text(*pieces: str) -> list[tuple[str, None, None]]:
    return [(piece, None, None) for piece in pieces]


NATURAL = ("", "stop_sequence", HUMAN_PROMPT)
STREAMS = [
    ("plain", [START, *text("He", "llo"), end(), STOP], [*given_text(" He", "llo"), NATURAL]),
    ("pings", [START, PING, *text("Hi"), PING, end(), STOP], [*given_text(" Hi"), NATURAL]),
    ("thinking first", [START, *THINKING, *text("Hi", index=1), end(), STOP], [*given_text(" Hi"), NATURAL]),
    ("two texts", [START, *text("a"), *text("b", index=1), end(), STOP], [*given_text(" a", "b"), NATURAL]),
    ("empty pieces", [START, *text("", "a", ""), end(), STOP], [*given_text(" a"), NATURAL]),
    ("own space", [START, *text(" a", " b"), end(), STOP], [*given_text(" a", " b"), NATURAL]),
    ("no text", [START, *THINKING, end("max_tokens"), STOP], [("", "max_tokens", None)]),
    (
        "stop sequence",
        [START, *text("a"), end("stop_sequence", "x"), STOP],
        [*given_text(" a"), ("", "stop_sequence", "x")],
    ),
    (
        "context full",
        [START, *text("a"), end("model_context_window_exceeded"), STOP],
        [*given_text(" a"), ("", "max_tokens", None)],
    ),
    ("unknown events", [START, {"type": "new_thing"}, *text("a"), end(), STOP], [*given_text(" a"), NATURAL]),
    ("no message_stop", [START, *text("a"), end()], [*given_text(" a"), NATURAL]),
    ("broken off", [START, *text("a")], given_text(" a")),
    ("after the end", [START, *text("a"), end(), STOP, *text("b"), STOP], [*given_text(" a"), NATURAL]),
    ("nothing", [], []),
]


@pytest.mark.parametrize("shape", [dict, as_objects], ids=["dict", "object"])
@pytest.mark.parametrize("events, wanted", [case[1:] for case in STREAMS], ids=[case[0] for case in STREAMS])
def test_events_become_chunks(events: list[Any], wanted: list[Any], shape: Any) -> None:
    assert run([shape(event) for event in events]) == wanted


def test_without_leading_space_the_text_is_as_it_came() -> None:
    assert run([START, *text("a"), end(), STOP], leading_space=False) == [("a", None, None), NATURAL]


CUT = ("", "stop_sequence", "\n")
PARAGRAPH = ("", "stop_sequence", "\n\n")


@pytest.mark.parametrize(
    "pieces, cuts, wanted",
    [
        (("a\nb",), ("\n",), [*given_text(" a"), CUT]),
        (("a", "\n", "b"), ("\n",), [*given_text(" a"), CUT]),
        (("a\n", "\nb"), ("\n\n",), [*given_text(" a"), PARAGRAPH]),
        (("a\n", "b\n"), ("\n\n",), [*given_text(" a", "\nb", "\n"), NATURAL]),
        (("\n",), ("\n",), [CUT]),
        (("a", "b"), ("\n",), [*given_text(" a", "b"), NATURAL]),
    ],
)
def test_a_cut_may_lie_across_pieces(
    pieces: tuple[str, ...], cuts: tuple[str, ...], wanted: list[Any]
) -> None:
    assert run([START, *text(*pieces), end(), STOP], cuts=cuts) == wanted


def test_after_a_cut_nothing_more_need_be_read() -> None:
    chunks = LegacyChunks(cuts=("\n",))
    for event in (START, *text("a\nb")):
        chunks.feed(event)
    assert chunks.done
    assert chunks.cut


def test_the_last_chunk_has_the_token_counts() -> None:
    chunks = LegacyChunks()
    *spoken, last = [chunk for event in (START, *text("a"), end(), STOP) for chunk in chunks.feed(event)]
    assert last.usage == {"output_tokens": 9}
    assert last.id == last.model_dump()["log_id"] == "msg_1"
    assert [chunk.usage for chunk in spoken] == [None]


def test_a_refusal_is_raised_or_passed() -> None:
    events = [START, *text("I"), end("refusal", stop_details={"category": "bio"}), STOP]
    with pytest.raises(RefusalError, match="bio"):
        run(events)
    assert run(events, on_refusal="pass") == [*given_text(" I"), ("", "refusal", None)]


words = st.text(alphabet="ab \n\t", max_size=30)
blank_cuts = st.lists(st.text(alphabet=" \n\t", min_size=1, max_size=3), max_size=3).map(tuple)


@given(words, st.lists(st.integers(0, 30), max_size=6), blank_cuts, st.booleans())
def test_any_way_of_cutting_the_text_gives_the_completion(
    whole: str, places: list[int], cuts: tuple[str, ...], leading_space: bool
) -> None:
    borders = [0, *sorted(min(place, len(whole)) for place in places), len(whole)]
    pieces = [whole[start:stop] for start, stop in itertools.pairwise(borders)]
    chunks = run([START, *text(*pieces), end(), STOP], cuts=cuts, leading_space=leading_space)
    reply = {"content": [{"type": "text", "text": whole}], "stop_reason": "end_turn", "stop_sequence": None}
    completion: Any = completion_from_message(reply, cuts=cuts, leading_space=leading_space)
    assert "".join(chunk[0] for chunk in chunks) == completion.completion
    assert chunks[-1] == ("", completion.stop_reason, completion.stop)
    assert all(chunk[0] for chunk in chunks[:-1])


@pytest.mark.parametrize(
    "pieces, expected",
    [
        (["\nYes"], "Yes"),
        (["\n", "Yes"], "Yes"),
        (["\n", "\nYes"], "\nYes"),
        (["Yes\n"], "Yes\n"),
        ([" \nYes"], " \nYes"),
        (["\n"], ""),
        ([], ""),
    ],
)
def test_blanks_that_could_not_be_sent_do_not_begin_the_text(pieces: list[str], expected: str) -> None:
    events = [START, *text(*pieces), end(), STOP]
    said = "".join(piece for piece, _, _ in run(events, leading_space=False, unsent="\n"))
    message = {"content": [{"type": "text", "text": "".join(pieces)}], "stop_reason": "end_turn"}
    whole = completion_from_message(message, leading_space=False, unsent="\n").completion
    assert said == whole == expected


@given(st.text("\n a", max_size=6), st.text("\n ", max_size=3), st.integers(0, 6))
def test_unsent_blanks_are_the_same_in_streams(reply: str, unsent: str, at: int) -> None:
    events = [START, *text(reply[:at], reply[at:]), end(), STOP]
    said = "".join(piece for piece, _, _ in run(events, leading_space=False, unsent=unsent, cuts=("\na",)))
    message = {"content": [{"type": "text", "text": reply}], "stop_reason": "end_turn"}
    whole = completion_from_message(message, leading_space=False, unsent=unsent, cuts=("\na",))
    assert said == whole.completion
