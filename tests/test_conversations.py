"""Conversations beside the prompt text: message lists, JSON, and what is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given

from migrate.errors import MigrationWarning, PromptError, TranslationError
from migrate.prompts import (
    AI_PROMPT,
    Conversation,
    Message,
    arguments_from_prompt,
    parse_prompt,
    render_prompt,
)

from . import strategies

HELLO = "\n\nHuman: Hello\n\nAssistant:"
USER = Message("user", "Hello")


# Message lists.


def text(content: str) -> dict[str, str]:
    return {"type": "text", "text": content}


def test_message_lists_become_conversations() -> None:
    listed = [
        {"role": "user", "content": "2+2"},
        {"role": "assistant", "content": [text("4"), {**text("."), "citations": None}]},
        {"role": "user", "content": (text("3+3"),)},
        {"role": "assistant", "content": "It is "},
    ]
    read = Conversation.from_messages(listed, system=[text("Be "), text("brief.")])
    turns = (Message("user", "2+2"), Message("assistant", "4."), Message("user", "3+3"))
    assert read == Conversation("Be brief.", turns, "It is ")
    assert [warning.code for warning in read.warnings] == [
        "list_ends_on_assistant",
        "prefill_trailing_whitespace_stripped",
    ]
    assert Conversation.from_dict(json.loads(json.dumps(read.to_dict()))).warnings == read.warnings


@pytest.mark.parametrize("blank", [None, "", " \n", [], [{"type": "text", "text": "\t"}]])
def test_a_blank_system_is_none(blank: Any) -> None:
    assert Conversation.from_messages([{"role": "user", "content": "a"}], blank).system is None


def test_a_blank_final_assistant_message_is_no_prefill() -> None:
    listed = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": " "}]
    assert render_prompt(Conversation.from_messages(listed)) == HELLO


@pytest.mark.parametrize(
    "messages, system, place",
    [
        ("hello", None, "messages is of type str"),
        ({"role": "user", "content": "a"}, None, "messages is of type dict"),
        (None, None, "messages is missing or null"),
        (["hello"], None, r"messages\[0\] is of type str"),
        ([{"role": "system", "content": "a"}], None, r"messages\[0\].role is 'system'"),
        ([{"role": ["user"], "content": "a"}], None, r"messages\[0\].role is \['user'\]"),
        ([{"content": "a"}], None, r"messages\[0\].role is None"),
        ([{"role": "user"}], None, r"messages\[0\].content is missing or null"),
        ([{"role": "user", "content": "a", "name": "x"}], None, r"messages\[0\] has the key 'name'"),
        (
            [{"role": "user", "content": "a"}, {"role": "user", "content": 3}],
            None,
            r"messages\[1\].content is",
        ),
        (
            [{"role": "user", "content": [{"type": "image"}]}],
            None,
            r"content\[0\] is a block of type 'image'",
        ),
        ([{"role": "user", "content": ["a"]}], None, r"messages\[0\].content\[0\] is of type str"),
        ([{"role": "user", "content": [{"type": "text"}]}], None, r"content\[0\].text is missing"),
        (
            [{"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {}}]}],
            None,
            r"content\[0\] has the key 'cache_control'",
        ),
        ([], 3, "system is of type int"),
    ],
)
def test_what_a_prompt_has_no_words_for_is_refused(messages: Any, system: Any, place: str) -> None:
    with pytest.raises(TranslationError, match=place):
        Conversation.from_messages(messages, system)


@pytest.mark.parametrize(
    "written, place",
    [
        (3, "the conversation is of type int"),
        ({}, 'no "messages"'),
        ({"messages": [], "model": "x"}, "has the key 'model'"),
        ({"messages": [], "opening": ""}, "has the key 'opening'"),
        ({"messages": [], "prefill": None, "model": "x"}, "has the key 'model'"),
        ({"messages": {}, "prefill": None}, "messages is of type dict"),
        ({"messages": [], "prefill": 3}, "prefill is of type int"),
        ({"messages": [], "prefill": None, "tail": None}, "tail is missing or null"),
        ({"messages": [], "prefill": None, "from_list": 1}, "from_list is of type int"),
        ({"messages": [{"role": "user"}], "prefill": None}, r"messages\[0\].content is missing"),
        ({"messages": [{"role": "user", "content": []}], "prefill": None}, r"messages\[0\].content is of"),
        ({"messages": [{"role": "x", "content": ""}], "prefill": None}, r"messages\[0\].role is 'x'"),
        ({"messages": [{"role": "user", "content": "", "id": 1}], "prefill": None}, "has the key 'id'"),
    ],
)
def test_json_that_is_no_conversation_is_refused(written: Any, place: str) -> None:
    with pytest.raises(TranslationError, match=place):
        Conversation.from_dict(written)


def test_usual_layout_is_not_written() -> None:
    assert parse_prompt(HELLO).to_dict() == {
        "system": None,
        "messages": [{"role": "user", "content": "Hello"}],
        "prefill": None,
    }
    assert parse_prompt("Human:a\n\nAssistant:{").to_dict() == {
        "system": None,
        "messages": [{"role": "user", "content": "a", "separator": ""}],
        "prefill": "{",
        "opening": "",
        "prefill_separator": "",
    }


def test_a_plain_request_reads_its_last_assistant_message_as_prefill() -> None:
    listed = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "{"}]
    read = Conversation.from_dict({"system": "Be brief.", "messages": listed})
    assert read == Conversation("Be brief.", (USER,), "{")


@given(strategies.conversations())
def test_a_message_list_keeps_the_turns(conversation: Conversation) -> None:
    # A list cannot say that its last assistant message was a whole turn, with an open one after it.
    assume(conversation.messages[-1].role == "user")
    read = Conversation.from_messages(conversation.to_messages(), conversation.system)
    assert read.same_turns(conversation)
    assert read.to_messages() == conversation.to_messages()


# The wire form.


@pytest.mark.parametrize(
    "prompt, expected",
    [
        (HELLO, {"messages": [{"role": "user", "content": "Hello"}]}),
        (
            "Be brief.\n\n" + HELLO,
            {"messages": [{"role": "user", "content": "Hello"}], "system": "Be brief."},
        ),
        (" \n" + HELLO + "\n", {"messages": [{"role": "user", "content": "Hello"}]}),
        (
            "\n\nHuman:  2 \n\nAssistant: {\u3000\n",
            {"messages": [{"role": "user", "content": " 2 "}, {"role": "assistant", "content": "{"}]},
        ),
        (
            HELLO + "{\ufeff",
            {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "{"}]},
        ),
        (HELLO + "\u3000", {"messages": [{"role": "user", "content": "Hello"}]}),
        (HELLO + "\u3000" + AI_PROMPT, {"messages": [{"role": "user", "content": "Hello"}]}),
    ],
)
def test_arguments_are_what_may_be_sent(prompt: str, expected: dict[str, Any]) -> None:
    arguments = arguments_from_prompt(prompt)
    assert arguments == expected
    assert all(type(message) is dict for message in arguments["messages"])


def test_no_arguments_when_there_is_nothing() -> None:
    assert Conversation().to_arguments() == {}


@given(strategies.prompts())
@pytest.mark.filterwarnings("ignore::migrate.errors.MigrationWarning")
def test_arguments_never_hold_what_the_server_refuses(prompt: str) -> None:
    try:
        arguments = arguments_from_prompt(prompt)
    except PromptError:
        return
    assert set(arguments) <= {"messages", "system"}
    contents = [message["content"] for message in arguments["messages"]]
    assert all(contents)
    assert arguments.get("system", "x")
    if arguments["messages"][-1]["role"] == "assistant":
        assert contents[-1] == contents[-1].rstrip()


@pytest.mark.parametrize(
    "model, refused",
    [(None, False), ("claude-opus-4-8", True), ("claude-haiku-4-5", False), ("no-such-model", False)],
)
def test_a_prefill_is_refused_for_a_model_known_to_refuse_it(model: str | None, refused: bool) -> None:
    assert arguments_from_prompt(HELLO, model) == arguments_from_prompt(HELLO)
    prompt = HELLO + ' {"a":'
    if refused:
        with pytest.raises(TranslationError, match=f'{model} refuses.*{{"a":'):
            arguments_from_prompt(prompt, model)
    else:
        assert arguments_from_prompt(prompt, model)["messages"][-1]["content"] == '{"a":'


def test_a_whole_assistant_turn_at_the_end_is_sent_with_a_warning() -> None:
    prompt = "\n\nHuman: a\n\nAssistant: b \n\nAssistant:"
    with pytest.warns(MigrationWarning, match="continues that turn") as caught:
        arguments = arguments_from_prompt(prompt)
    with pytest.warns(MigrationWarning, match="continues that turn") as caught_again:
        assert parse_prompt(prompt).to_arguments() == arguments
    assert [one.filename for one in (*caught, *caught_again)] == [__file__, __file__]
    assert arguments["messages"][-1] == {"role": "assistant", "content": "b"}
    with pytest.raises(TranslationError, match="claude-opus-4-8 refuses"):
        arguments_from_prompt(prompt, "claude-opus-4-8")


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("Human:Hello\n\nAssistant: ", HELLO, True),
        ("Be brief.\n" + HELLO, "Be brief." + HELLO, True),
        (HELLO + "{ ", HELLO + " {", True),
        (HELLO + " {", HELLO, False),
        ("Be brief." + HELLO, HELLO, False),
        ("\n\nHuman: Hello \n\nAssistant:", HELLO, False),
        (HELLO + " b\n\nAssistant:", HELLO + " b", False),
    ],
)
def test_same_turns_looks_past_layout(one: str, other: str, same: bool) -> None:
    assert parse_prompt(one).same_turns(parse_prompt(other)) is same
    assert parse_prompt(other).same_turns(parse_prompt(one)) is same
