# Standard library and migrate's pure modules only: no click, no parser. Bytes in, bytes out.
"""What `to-messages prompt parse|render` does, for one prompt and for JSON Lines.

One prompt: `parse` reads the prompt text and writes a JSON object, `render` reads JSON and writes
the prompt text, byte for byte, with nothing added at the end.

JSON Lines: in each record the value of one field is replaced where it stands, a prompt string by
a conversation (`parse`) or back (`render`). Every other byte of the line stays, so numbers, key
order, spacing and line ends come out as they went in. `render` after `parse` gives the same prompts.

A conversation is written as `Conversation.to_dict` says:

    {"system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}], "prefill": null}

with "separator", "opening", "prefill_separator" and "tail" only where the layout is not the usual
one. `render` also takes a plain message list, and {"system", "messages"} without "prefill", whose
final assistant message is then the prefill.

A record that cannot be converted is written out unchanged and reported on standard error with its
line number; the rest goes on. Blank lines are passed through.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, Protocol

from migrate.conversation import Conversation
from migrate.errors import TranslationError
from migrate.prompts import parse_prompt, render_prompt

__all__ = ["Direction", "convert_one", "convert_stream"]

Direction = Literal["parse", "render"]

_BOM = b"\xef\xbb\xbf"
# Numbers are passed over, however long: they stay in the line as they are.
_DECODER = json.JSONDecoder(parse_int=lambda digits: 0, parse_float=lambda digits: 0.0)
_WHITESPACE = " \t\r\n"


class ByteSink(Protocol):
    """Where the result goes, such as `sys.stdout.buffer`."""

    def write(self, data: bytes, /) -> object: ...


class TextSink(Protocol):
    """Where reports go, such as `sys.stderr`."""

    def write(self, text: str, /) -> object: ...


def convert_one(source: bytes, direction: Direction, out: ByteSink, err: TextSink) -> int:
    """Convert one prompt (parse) or one conversation in JSON (render); the exit code, 0 or 1.

    On a problem nothing is written to `out`, and one line to `err`. `parse` also tells `err` the
    warnings of the prompt.
    """
    try:
        result = _parsed_text(source, err) if direction == "parse" else _rendered_text(source)
    except (ValueError, RecursionError) as problem:
        err.write(f"error: {_explained(problem)}\n")
        return 1
    out.write(result)
    return 0


def convert_stream(
    lines: Iterable[bytes], direction: Direction, field: str, out: ByteSink, err: TextSink
) -> int:
    """Convert `field` of each JSON record; the exit code: 0, or 1 if any record was passed through.

    `lines` are whole lines with their ends, as a binary file gives them. Each is written before
    the next is read, so memory does not grow with the number of records.
    """
    convert = _CONVERT[direction]
    failed = total = 0
    for number, line in enumerate(lines, 1):
        bom, record = (_BOM, line[len(_BOM) :]) if number == 1 and line.startswith(_BOM) else (b"", line)
        if not record.strip():
            out.write(line)
            continue
        total += 1
        try:
            converted = _converted_record(record, field, convert)
        except (ValueError, RecursionError) as problem:
            failed += 1
            err.write(f"line {number}: {_explained(problem)}\n")
            out.write(line)
        else:
            out.write(bom + converted)
    if failed:
        err.write(f"{failed} of {total} records could not be converted and were passed through unchanged\n")
    return 1 if failed else 0


def _converted_record(line: bytes, field: str, convert: Callable[[Any, set[str]], object]) -> bytes:
    """The line with the value of the field replaced, and nothing else touched."""
    text = line.decode("utf-8")
    found = None
    others = set()
    for key, start, end, value in _members(text.rstrip("\r\n")):
        if key != field:
            others.add(key)
        elif found:
            raise ValueError(f"the record has the field {field!r} twice")
        else:
            found = (start, end, value)
    if not found:
        raise ValueError(f"the record has no field {field!r}")
    start, end, value = found
    try:
        converted = _json(convert(value, others))
    except ValueError as problem:
        raise ValueError(f"field {field!r}: {problem}") from problem
    return text[:start].encode() + converted + text[end:].encode()


def _members(text: str) -> Iterator[tuple[str, int, int, Any]]:
    """(key, start, end, value) of each member of the JSON object that fills `text`.

    Start and end are those of the value. Raises json.JSONDecodeError at the first place that is not JSON.
    """
    place = _expect(text, 0, "{")
    if text[place : place + 1] == "}":
        place = _expect(text, place, "}")
    else:
        separator = ","
        while separator == ",":
            if text[place : place + 1] != '"':
                raise json.JSONDecodeError("expected a key in double quotes", text, place)
            key, place = _DECODER.raw_decode(text, place)
            start = _expect(text, _skipped(text, place), ":")
            value, end = _DECODER.raw_decode(text, start)
            yield key, start, end, value
            place = _skipped(text, end)
            separator = "," if text[place : place + 1] == "," else "}"
            place = _expect(text, place, separator)
    if place != len(text):
        raise json.JSONDecodeError("more text after the record", text, place)


def _expect(text: str, place: int, character: str) -> int:
    """The place of what follows `character` and the whitespace around it."""
    place = _skipped(text, place)
    if text[place : place + 1] != character:
        raise json.JSONDecodeError(f"expected {character!r}", text, place)
    return _skipped(text, place + 1)


def _skipped(text: str, place: int) -> int:
    while text[place : place + 1] in _WHITESPACE and place < len(text):
        place += 1
    return place


def _parsed_value(value: Any, _others: set[str]) -> object:
    if not isinstance(value, str):
        raise TranslationError(f"expected a prompt string, found {_json_kind(value)}")
    return parse_prompt(value).to_dict()


def _rendered_value(value: Any, others: set[str]) -> object:
    if isinstance(value, list) and "system" in others:
        raise TranslationError(
            'the record keeps "system" beside the list; put both into one object, '
            '{"system": ..., "messages": ...}'
        )
    return render_prompt(_conversation(value))


_CONVERT: dict[Direction, Callable[[Any, set[str]], object]] = {
    "parse": _parsed_value,
    "render": _rendered_value,
}


def _conversation(value: Any) -> Conversation:
    if isinstance(value, list):
        return Conversation.from_messages(value)
    if isinstance(value, dict):
        return Conversation.from_dict(value)
    raise TranslationError(f"expected a message list or a conversation object, found {_json_kind(value)}")


def _parsed_text(source: bytes, err: TextSink) -> bytes:
    conversation = parse_prompt(source.decode("utf-8"))
    for warning in sorted(conversation.warnings, key=lambda warning: warning.offset):
        place = f"line {warning.line}, column {warning.column}"
        err.write(f"warning: {place}: {warning.message} ({warning.code})\n")
    return _json(conversation.to_dict(), indent=2) + b"\n"


def _rendered_text(source: bytes) -> bytes:
    return render_prompt(_conversation(json.loads(source.decode("utf-8-sig")))).encode("utf-8")


def _json(value: object, indent: int | None = None) -> bytes:
    """JSON in UTF-8, readable in every script; lone surrogates, which UTF-8 cannot hold, are escaped."""
    try:
        return json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent).encode("ascii")


def _json_kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    kinds = {"dict": "an object", "list": "an array", "str": "a string"}
    return kinds.get(type(value).__name__, "a number")


def _explained(problem: ValueError | RecursionError) -> str:
    """The problem in one line, with its place."""
    if isinstance(problem, json.JSONDecodeError):
        return f"not JSON: {problem.msg} (line {problem.lineno}, column {problem.colno})"
    if isinstance(problem, UnicodeDecodeError):
        return f"not UTF-8 text: {problem.reason} at byte {problem.start}"
    if isinstance(problem, UnicodeEncodeError):
        name = f"U+{ord(problem.object[problem.start]):04X}"
        return f"the prompt holds a lone surrogate ({name}, offset {problem.start}), which UTF-8 cannot write"
    if isinstance(problem, RecursionError):
        return "not JSON that can be read: nested too deeply"
    return str(problem)
