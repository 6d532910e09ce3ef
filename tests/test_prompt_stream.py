from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.prompt_stream import Direction, convert_one, convert_stream
from migrate.errors import PromptError
from migrate.prompts import Conversation, parse_prompt

from . import strategies

CORPUS = json.loads((Path(__file__).parents[1] / "fixtures/prompts/prompts.json").read_text("utf-8"))
ACCEPTED = [case["prompt"] for case in CORPUS["prompts"] if case["expected"]["kind"] == "ok"]
HELLO = "\n\nHuman: Hello\n\nAssistant:"
HELLO_JSON = '{"system": null, "messages": [{"role": "user", "content": "Hello"}], "prefill": null}'


def one(source: bytes, direction: Direction) -> tuple[bytes, str, int]:
    out, err = io.BytesIO(), io.StringIO()
    code = convert_one(source, direction, out, err)
    return out.getvalue(), err.getvalue(), code


def stream(source: bytes, direction: Direction, field: str = "prompt") -> tuple[bytes, str, int]:
    out, err = io.BytesIO(), io.StringIO()
    code = convert_stream(io.BytesIO(source), direction, field, out, err)
    return out.getvalue(), err.getvalue(), code


def record(value: object) -> bytes:
    return json.dumps({"prompt": value}).encode()


# One prompt.


def test_a_prompt_becomes_json_and_comes_back() -> None:
    written, err, code = one(HELLO.encode(), "parse")
    assert (json.loads(written), err, code) == (json.loads(HELLO_JSON), "", 0)
    assert written.endswith(b"}\n")
    assert one(written, "render") == (HELLO.encode(), "", 0)


@given(strategies.prompts())
def test_one_prompt_comes_back_byte_for_byte(prompt: str) -> None:
    try:
        source = prompt.encode()
        parse_prompt(prompt)
    except (PromptError, UnicodeEncodeError):
        return
    written, _, code = one(source, "parse")
    assert code == 0
    assert one(written, "render") == (source, "", 0)


def test_newlines_and_scripts_are_left_alone() -> None:
    prompt = "\ufeff\n\nHuman: é\r\nb\rc\u2028🌞\n\nAssistant:\r\n"
    written, err, code = one(prompt.encode(), "parse")
    assert code == 0
    assert "é".encode() in written
    assert [line.split(": ")[1] for line in err.splitlines()] == ["line 1, column 1", "line 6, column 11"]
    assert one(written, "render") == (prompt.encode(), "", 0)


@pytest.mark.parametrize(
    "source",
    [
        b'[{"role": "user", "content": "Hello"}]',
        b'\xef\xbb\xbf{"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]}',
        b'{"system": " ", "messages": [{"role": "user", "content": "Hello"}]}',
    ],
)
def test_message_lists_are_rendered(source: bytes) -> None:
    assert one(source, "render") == (HELLO.encode(), "", 0)


@pytest.mark.parametrize(
    "source, direction, message",
    [
        (b"Hello", "parse", 'error: the prompt holds neither a "\\n\\nHuman:" nor'),
        (b"\xff\xfe", "parse", "error: not UTF-8 text: invalid start byte at byte 0"),
        (
            b"\n\nHuman: \xed\xa0\x80\n\nAssistant:",
            "parse",
            "error: not UTF-8 text: invalid continuation byte",
        ),
        (b"", "render", "error: not JSON: Expecting value (line 1, column 1)"),
        (b"\xff", "render", "error: not UTF-8 text"),
        (b"3", "render", "error: expected a message list or a conversation object, found a number"),
        (b"null", "render", "found null"),
        (b'"x"', "render", "found a string"),
        (b"[" * 100_000, "render", "error: not JSON that can be read: nested too deeply"),
        (b'[{"role": "tool", "content": "a"}]', "render", "error: messages[0].role is 'tool'"),
        (b'[{"role": "user", "content": "a\\ud800"}]', "render", "lone surrogate (U+D800, offset 10)"),
        (b'[{"role": "user", "content": "a\\n\\nHuman:"}]', "render", "(marker_in_text, line 3, column 9"),
    ],
)
def test_a_problem_is_one_line_and_nothing_is_written(
    source: bytes, direction: Direction, message: str
) -> None:
    written, err, code = one(source, direction)
    assert (written, code) == (b"", 1)
    assert message in err
    assert err.count("\n") == 1


# JSON Lines.


def test_only_the_field_changes() -> None:
    source = (
        b'{"id": 1.10, "prompt" : "\\n\\nHuman: Hello\\n\\nAssistant:","big":'
        + b"9" * 5000
        + b' , "a": [1E400]}\r\n'
        b"\n"
        b'{"prompt":"\\n\\nHuman: Hello\\n\\nAssistant:"}  \n'
        b' {"x": {"prompt": 3}, "x": "\\u00e9\\/", "prompt": "\\n\\nHuman: Hello\\n\\nAssistant:"}'
    )
    prompt = rb'"\n\nHuman: Hello\n\nAssistant:"'
    parsed = source.replace(prompt, HELLO_JSON.encode())
    assert stream(source, "parse") == (parsed, "", 0)
    assert stream(parsed, "render") == (source, "", 0)


def test_layout_survives_the_way_there_and_back() -> None:
    source = b"".join(record(prompt) + b"\n" for prompt in ACCEPTED)
    parsed, err, code = stream(source, "parse")
    assert (err, code) == ("", 0)
    conversations = [Conversation.from_dict(json.loads(line)["prompt"]) for line in parsed.splitlines()]
    assert conversations == [parse_prompt(prompt) for prompt in ACCEPTED]
    rendered, err, code = stream(parsed, "render")
    assert (err, code) == ("", 0)
    assert [json.loads(line)["prompt"] for line in rendered.split(b"\n")[:-1]] == ACCEPTED


@given(st.lists(strategies.prompts() | strategies.any_texts | st.integers()))
def test_no_record_is_lost_whatever_it_holds(values: list[Any]) -> None:
    source = b"".join(record(value) + b"\n" for value in values)
    parsed, err, code = stream(source, "parse")
    rendered, _, _ = stream(parsed, "render")
    assert len(parsed.split(b"\n")) == len(rendered.split(b"\n")) == len(values) + 1
    assert [json.loads(line)["prompt"] for line in rendered.split(b"\n")[:-1]] == values
    assert bool(err) is bool(code)


@pytest.mark.parametrize(
    "line, direction, message",
    [
        (b"{", "parse", "not JSON: expected a key in double quotes (line 1, column 2)"),
        (b"[]", "parse", "not JSON: expected '{' (line 1, column 1)"),
        (b'{"prompt": "', "parse", "not JSON: Unterminated string"),
        (b'{"prompt" "x"}', "parse", "not JSON: expected ':' (line 1, column 11)"),
        (b'{"prompt": }', "parse", "not JSON: Expecting value (line 1, column 12)"),
        (b'{"prompt": "x",}', "parse", "not JSON: expected a key in double quotes (line 1, column 16)"),
        (b'{"prompt": "x" "y": 1}', "parse", "not JSON: expected '}' (line 1, column 16)"),
        (b'{"prompt": "x"} {}', "parse", "not JSON: more text after the record (line 1, column 17)"),
        (b'{"prompt": "a\xff"}', "parse", "not UTF-8 text: invalid start byte at byte 13"),
        (b'{"prompt": ' + b"[" * 100_000, "parse", "nested too deeply"),
        (b"{}", "parse", "the record has no field 'prompt'"),
        (b'{"text": "x"}', "parse", "the record has no field 'prompt'"),
        (b'{"prompt": "x", "prompt": "y"}', "parse", "the record has the field 'prompt' twice"),
        (b'{"prompt": 3}', "parse", "field 'prompt': expected a prompt string, found a number"),
        (b'{"prompt": true}', "parse", "found true"),
        (b'{"prompt": {}}', "parse", "found an object"),
        (b'{"prompt": []}', "parse", "found an array"),
        (b'{"prompt": "hi"}', "parse", "(no_turns, line 1, column 1, offset 0)"),
        (b'{"prompt": "hi"}', "render", "expected a message list or a conversation object, found a string"),
        (b'{"prompt": {}}', "render", "field 'prompt': the conversation has no \"messages\""),
        (b'{"prompt": [{"role": "user"}]}', "render", "messages[0].content is missing"),
        (b'{"system": "x", "prompt": []}', "render", 'the record keeps "system" beside the list'),
        (b'{"prompt": []}', "render", "(missing_human_turn, line 1"),
    ],
)
def test_a_bad_line_is_reported_and_passed_through(line: bytes, direction: Direction, message: str) -> None:
    good = record(HELLO) if direction == "parse" else record(json.loads(HELLO_JSON))
    source = b"\n".join([good, line, b"", good, line])
    written, err, code = stream(source, direction)
    lines = written.split(b"\n")
    assert code == 1
    assert (lines[1], lines[2], lines[4]) == (line, b"", line)
    assert lines[0] == lines[3] != good
    reports = err.splitlines()
    assert [report.split(":")[0] for report in reports[:2]] == ["line 2", "line 5"]
    assert message in reports[0]
    assert reports[2:] == ["2 of 4 records could not be converted and were passed through unchanged"]


def test_a_byte_order_mark_stays_where_it_was() -> None:
    bom = b"\xef\xbb\xbf"
    written, _, code = stream(bom + record(HELLO) + b"\n" + bom + record(HELLO), "parse")
    assert code == 1  # only a file may begin with one
    assert written.startswith(bom + b'{"prompt": {')
    assert written.endswith(b"\n" + bom + record(HELLO))


def test_lone_surrogates_survive_as_escapes() -> None:
    source = b'{"prompt": "\\n\\nHuman: \\ud800\\n\\nAssistant:"}'
    written, _, code = stream(source, "parse")
    assert (code, b"\\ud800" in written) == (0, True)
    assert stream(written, "render") == (source, "", 0)


def test_each_record_is_written_before_the_next_is_read() -> None:
    out = io.BytesIO()

    def lines() -> Iterator[bytes]:
        for number in range(5):
            assert out.getvalue().count(b"\n") == number
            yield record(HELLO) + b"\n"

    assert convert_stream(lines(), "parse", "prompt", out, io.StringIO()) == 0


def test_another_field_can_be_named() -> None:
    source = json.dumps({"prompt": "x", 'te"xt': HELLO}).encode()
    written, _, code = stream(source, "parse", 'te"xt')
    assert (json.loads(written), code) == ({"prompt": "x", 'te"xt': json.loads(HELLO_JSON)}, 0)


def test_the_engine_loads_no_command_line_and_no_parser() -> None:
    program = "import codemods.prompt_stream, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"click", "libcst", "anthropic", "pydantic"} & set(loaded.stdout.split())
