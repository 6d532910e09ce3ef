from __future__ import annotations

import copy
import doctest
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

import migrate.prompts
from migrate.errors import MigrationError, MigrationWarning, PromptError, TranslationError
from migrate.markers import line_columns
from migrate.prompts import (
    AI_PROMPT,
    ERROR_CODES,
    HUMAN_PROMPT,
    RENDER_ERROR_CODES,
    WARNING_CODES,
    Conversation,
    Message,
    one_turn_arguments,
    parse_prompt,
    render_prompt,
    scan_markers,
)

from . import strategies

CORPUS = json.loads((Path(__file__).parents[1] / "fixtures/prompts/prompts.json").read_text("utf-8"))
CASES = {case["id"]: case for case in CORPUS["prompts"]}
HELLO = "\n\nHuman: Hello\n\nAssistant:"
USER = Message("user", "Hello")


def outcome(prompt: str) -> dict[str, Any]:
    """What parsing gives, in the words of the corpus."""
    parsed = parsed_or_error(prompt)
    if isinstance(parsed, PromptError):
        return {"kind": "error", "error": {"code": parsed.code, "offset": parsed.offset}}
    return {
        "kind": "ok",
        "system": parsed.system,
        "messages": [{"role": turn.role, "content": turn.content} for turn in parsed.messages],
        "prefill": parsed.prefill,
        "warnings": [warning.code for warning in parsed.warnings],
    }


def parsed_or_error(prompt: str) -> Conversation | PromptError:
    try:
        return parse_prompt(prompt)
    except PromptError as error:
        return error


def rendered_or_error(conversation: Conversation) -> str | PromptError:
    try:
        return render_prompt(conversation)
    except PromptError as error:
        return error


def accepted(prompt: str) -> Conversation | None:
    parsed = parsed_or_error(prompt)
    return parsed if isinstance(parsed, Conversation) else None


# The corpus and the documented examples.


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_prompt_of_the_corpus_gives_the_stated_result(case: dict[str, Any]) -> None:
    assert outcome(case["prompt"]) == case["expected"]
    if case["expected"]["kind"] == "ok":
        assert render_prompt(parse_prompt(case["prompt"])) == case["prompt"]


def test_the_codes_are_those_of_the_corpus() -> None:
    assert sorted(ERROR_CODES) == CORPUS["error_codes"]
    assert sorted(WARNING_CODES) == CORPUS["warning_codes"]
    assert len(CASES) == CORPUS["count"] == 53


# Source: the prompt validation page of the Text Completions documentation, every example.
@pytest.mark.parametrize(
    "prompt, code",
    [
        ("Hello, world", "no_turns"),
        ("Hello, world\n\nAssistant:", "missing_human_turn"),
        ("\n\nHuman: Hello, Claude", "missing_assistant_turn"),
        ("\n\nAssistant: Hello, world\n\nHuman: Hello, Claude\n\nAssistant:", "first_turn_not_human"),
        (
            "\n\nHuman: Hello, Claude\n\nAssistant: Hello, world\n\nHuman: How many toes do dogs have?",
            "last_turn_not_assistant",
        ),
        ("\n\nHuman: Hello, Claude \nAssistant:", "malformed_assistant_marker"),
        ("Human: Hello, Claude\n\nAssistant:", None),
        ("\n\nHuman: Hello, Claude:\n\nAssistant: ", None),
    ],
)
def test_documented_examples(prompt: str, code: str | None) -> None:
    assert outcome(prompt).get("error", {}).get("code") == code


@pytest.mark.parametrize(
    "prompt, code, offset, line, column",
    [
        ("", "empty_prompt", 0, 1, 1),
        ("a\nb\n\nAssistant:", "missing_human_turn", 3, 2, 2),
        ("be brief\\n\\nHuman: hi", "escaped_newlines", 8, 1, 9),
        ("\n\nHuman: hi\\n\\nAssistant:", "escaped_newlines", 11, 3, 10),
        ("\n\nHuman: hi\\r\\n\\r\\nAssistant:", "escaped_newlines", 11, 3, 10),
        ("\\n\\nHuman: hi\n\nAssistant:", "escaped_newlines", 0, 1, 1),
        ("Human: hi\r\n\r\nAssistant:", "non_lf_newlines", 9, 1, 10),
        ("\r\n\r\nHuman: hi\n\nAssistant:", "non_lf_newlines", 0, 1, 1),
        ("a\n\r\nHuman: hi\n\nAssistant:", "non_lf_newlines", 1, 1, 2),
        ("a\r\nHuman: hi\n\nAssistant:", "missing_human_turn", 12, 2, 10),
        ("\n\nHuman: hi\r\nAssistant:", "malformed_assistant_marker", 12, 3, 11),
        ("\n\nHuman: hi\n\n  Assistant: {", "malformed_assistant_marker", 12, 4, 1),
        ("\n\nHuman: a\nAssistant: b\nHuman: c\nAssistant:", "malformed_assistant_marker", 32, 5, 9),
        ("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\nAssistant:", "malformed_assistant_marker", 34, 7, 9),
        ("Human:\n\nAssistant:", "empty_human_turn", 0, 1, 1),
        (
            "\n\nHuman: a\n\nAssistant:\u2028\ufeff\n\nHuman: b\n\nAssistant:",
            "empty_assistant_turn",
            10,
            3,
            9,
        ),
        ("\n\nHuman: a\n\nHuman:\u00a0\u0085\n\nAssistant:", "empty_human_turn", 10, 3, 9),
    ],
)
def test_errors_say_where(prompt: str, code: str, offset: int, line: int, column: int) -> None:
    with pytest.raises(PromptError) as caught:
        parse_prompt(prompt)
    error = caught.value
    assert (error.code, error.offset, error.line, error.column) == (code, offset, line, column)
    assert f"{code}, line {line}, column {column}" in str(error)
    assert "\n" not in str(error)


def test_errors_hint_at_a_label_without_its_blank_line() -> None:
    with pytest.raises(PromptError, match="offset 9 starts with"):
        parse_prompt("Be brief.\nHuman: hi\n\nAssistant:")


@pytest.mark.parametrize("prompt", [b"\n\nHuman: a\n\nAssistant:", None, 3, ["\n\nHuman: a"]])
def test_only_text_is_a_prompt(prompt: Any) -> None:
    with pytest.raises(TypeError, match="a prompt is a str"):
        parse_prompt(prompt)


# The two laws.


@given(strategies.prompts() | strategies.any_texts)
def test_rendering_a_parsed_prompt_gives_the_prompt(prompt: str) -> None:
    parsed = accepted(prompt)
    event("refused" if parsed is None else "accepted")
    if parsed is not None:
        assert render_prompt(parsed) == prompt


@given(strategies.conversations())
def test_parsing_a_rendered_conversation_gives_the_conversation(conversation: Conversation) -> None:
    assert parse_prompt(render_prompt(conversation)) == conversation


@given(strategies.any_conversations)
def test_any_conversation_is_refused_or_keeps_the_law(conversation: Conversation) -> None:
    result = rendered_or_error(conversation)
    if isinstance(result, str):
        event("rendered")
        assert parse_prompt(result) == conversation
    else:
        event(result.code)
        assert result.code in ERROR_CODES | RENDER_ERROR_CODES
        assert result.offset >= 0
        assert result.line >= 1
        assert result.column >= 1


@given(strategies.conversations())
def test_laws_survive_copy_pickle_and_json(conversation: Conversation) -> None:
    written = json.loads(json.dumps(conversation.to_dict()))
    for copied in (
        copy.copy(conversation),
        copy.deepcopy(conversation),
        pickle.loads(pickle.dumps(conversation)),
        Conversation.from_dict(written),
    ):
        assert copied == conversation
        assert hash(copied) == hash(conversation)
        assert render_prompt(copied) == render_prompt(conversation)
        assert copied.warnings == conversation.warnings


@given(strategies.prompts() | strategies.any_texts)
def test_the_short_way_through_one_turn_gives_what_the_long_one_gives(prompt: str) -> None:
    short = one_turn_arguments(prompt)
    event("one turn" if short else "other")
    if short is not None:
        assert short == parse_prompt(prompt).to_arguments()
        assert parse_prompt(prompt).prefill is None


@pytest.mark.parametrize(
    "prompt",
    [
        "\n\nHuman: hi\n\nAssistant:",
        "\n\nHuman:hi \n\nAssistant: \n",
        "Be brief. \n\nHuman:  hi\n\nAssistant:",
        "\u2003\n\nHuman: hi\n\nAssistant:",
    ],
)
def test_the_short_way_is_taken_for_one_turn(prompt: str) -> None:
    assert one_turn_arguments(prompt) == parse_prompt(prompt).to_arguments()


@given(strategies.any_texts)
def test_errors_are_whole_and_survive_copy_and_pickle(prompt: str) -> None:
    error = parsed_or_error(prompt)
    if isinstance(error, Conversation):
        return
    before = prompt[: error.offset].split("\n")
    assert error.code in ERROR_CODES
    assert 0 <= error.offset <= len(prompt)
    assert (error.line, error.column) == (len(before), len(before[-1]) + 1)
    for copied in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (type(copied), copied.args, vars(copied)) == (type(error), error.args, vars(error))
        assert str(copied) == str(error)


def test_the_errors_can_be_caught_as_one_and_as_value_errors() -> None:
    for kind in (PromptError, TranslationError):
        assert issubclass(kind, MigrationError)
        assert issubclass(kind, ValueError)
    assert issubclass(MigrationWarning, UserWarning)


# The scanner.


@given(strategies.any_texts | strategies.prompts())
def test_the_scanner_finds_each_marker_and_nothing_else(text: str) -> None:
    expected = [
        (offset, role)
        for offset in range(len(text))
        for role, marker in (("user", HUMAN_PROMPT), ("assistant", AI_PROMPT))
        if text.startswith(marker, offset)
    ]
    assert scan_markers(text) == expected


# Warnings.


@pytest.mark.parametrize(
    "prompt, expected",
    [
        (HELLO, []),
        ("Human: Hello\n\nAssistant:", [("leading_newlines_missing", 0, 1, 1)]),
        ("\u2028\n\nHuman: Hello\n\nAssistant:", [("whitespace_before_first_turn", 0, 1, 1)]),
        (HELLO + " \n", [("trailing_whitespace_after_last_marker", 26, 5, 11)]),
        (HELLO + ' {"a": \u3000', [("prefill_trailing_whitespace_stripped", 32, 5, 17)]),
        (
            "\n\nHuman: a\n\nHuman: b\n\nHuman: c\n\nAssistant:",
            [("consecutive_user_turns", 10, 3, 9), ("consecutive_user_turns", 20, 5, 9)],
        ),
        ("\n\nHuman: a\n\nAssistant: b\n\nAssistant: c", [("consecutive_assistant_turns", 24, 5, 13)]),
    ],
)
def test_warnings_say_where_and_strict_refuses_them(prompt: str, expected: list[tuple[Any, ...]]) -> None:
    found = parse_prompt(prompt).warnings
    assert [(one.code, one.offset, one.line, one.column) for one in found] == expected
    if not expected:
        assert parse_prompt(prompt, strict=True) == parse_prompt(prompt)
        return
    with pytest.raises(PromptError) as caught:
        parse_prompt(prompt, strict=True)
    error = caught.value
    assert (error.code, error.offset, error.line, error.column) == expected[0]
    assert error.message == found[0].message


def test_strict_names_the_first_place() -> None:
    prompt = "Human: a\n\nAssistant: b\n\nAssistant: "
    assert parse_prompt(prompt).warnings[0].code == "consecutive_assistant_turns"
    with pytest.raises(PromptError, match="leading_newlines_missing"):
        parse_prompt(prompt, strict=True)


@given(strategies.prompts())
def test_warnings_are_known_and_point_into_the_prompt(prompt: str) -> None:
    parsed = accepted(prompt)
    if parsed is None:
        return
    for warning in parsed.warnings:
        before = prompt[: warning.offset].split("\n")
        assert warning.code in WARNING_CODES
        assert (warning.line, warning.column) == (len(before), len(before[-1]) + 1)
        if warning.code.startswith("consecutive"):
            assert (warning.offset, warning.code.split("_")[1]) in scan_markers(prompt)
        else:
            blank_or_label = re.compile(r"[\s\ufeff]|Human:")
            assert blank_or_label.match(prompt, warning.offset)


@given(strategies.any_texts, st.data())
def test_lines_and_columns_are_counted_in_one_pass(text: str, data: st.DataObject) -> None:
    offsets = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    expected = []
    for offset in offsets:
        before = text[:offset].split("\n")
        expected.append((len(before), len(before[-1]) + 1))
    assert list(line_columns(text, offsets)) == expected


# What cannot be rendered.


@pytest.mark.parametrize(
    "conversation, code, offset",
    [
        (Conversation(None, (Message("user", "a\n\nHuman: b"),)), "marker_in_text", 10),
        (Conversation(None, (Message("user", "a\n\nAssistant:"),)), "marker_in_text", 10),
        (Conversation("\n\nAssistant: x", (USER,)), "marker_in_text", 0),
        (Conversation("Human: x", (USER,)), "marker_in_text", 0),
        (Conversation("\nHuman: x", (USER,)), "marker_in_text", 0),
        (Conversation(None, (USER,), "{\n\nHuman:"), "marker_in_text", 28),
        (Conversation(" \n", (USER,)), "invalid_conversation", 0),
        (Conversation(None, (USER,), "  "), "invalid_conversation", 0),
        (Conversation(None, (USER,), tail="x"), "invalid_conversation", 0),
        (Conversation(None, (USER,), opening="x\n\n"), "invalid_conversation", 0),
        (Conversation("Be brief.", (USER,), opening="\n"), "missing_human_turn", 22),
        (Conversation(None, (USER,), prefill_separator=""), "invalid_conversation", 0),
        (Conversation(None, (Message("user", " a", ""),)), "invalid_conversation", 0),
        (Conversation(None, (Message("tool", "a"),)), "invalid_conversation", 0),
        (Conversation(None, (Message("user", None),)), "invalid_conversation", 0),  # type: ignore[arg-type]
        (Conversation(3, (USER,)), "invalid_conversation", 0),  # type: ignore[arg-type]
        (Conversation(None, (Message("user", "\u2029"),)), "empty_human_turn", 0),
        (Conversation(None, (USER, Message("assistant", ""), USER)), "empty_assistant_turn", 14),
        (Conversation(None, (Message("assistant", "a"), USER)), "first_turn_not_human", 0),
        (Conversation(), "missing_human_turn", 0),
    ],
)
def test_a_conversation_that_no_prompt_can_hold_is_refused(
    conversation: Conversation, code: str, offset: int
) -> None:
    with pytest.raises(PromptError) as caught:
        render_prompt(conversation)
    assert (caught.value.code, caught.value.offset) == (code, offset)


@pytest.mark.parametrize(
    "conversation, prompt",
    [
        (Conversation("a\n", (USER,)), "a\n" + HELLO),
        (Conversation(None, (Message("user", "a\n"),)), "\n\nHuman: a\n\n\nAssistant:"),
        (Conversation(None, (Message("user", "a\n\nHuman"),)), "\n\nHuman: a\n\nHuman\n\nAssistant:"),
        (Conversation(None, (Message("user", " a"),)), "\n\nHuman:  a\n\nAssistant:"),
        (Conversation(None, (USER,), "Human: {"), HELLO + " Human: {"),
        (Conversation("Assistant: yes", (USER,)), "Assistant: yes" + HELLO),
        (Conversation(None, [USER]), HELLO),  # type: ignore[arg-type]
    ],
)
def test_near_markers_at_joints_are_rendered(conversation: Conversation, prompt: str) -> None:
    assert render_prompt(conversation) == prompt
    assert parse_prompt(prompt) == conversation


# The module.


def test_importing_the_converter_loads_little() -> None:
    program = "import migrate.prompts, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"anthropic", "libcst", "click", "pydantic", "httpx", "migrate.models", "asyncio"}
    assert not heavy & set(loaded.stdout.split())
    assert "migrate.prompts" in loaded.stdout.split()


def test_the_examples_in_the_documentation_run() -> None:
    results = doctest.testmod(migrate.prompts)
    assert results.attempted >= 4
    assert results.failed == 0


@given(st.sampled_from(list(CASES)))
def test_a_parsed_conversation_cannot_be_changed(name: str) -> None:
    parsed = accepted(CASES[name]["prompt"])
    if parsed is not None:
        with pytest.raises(AttributeError):
            parsed.system = "other"  # type: ignore[misc]
