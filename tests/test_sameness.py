"""When two requests ask the same: examples of both answers, and what holds for every conversation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migrate.errors import PromptError, TranslationError
from migrate.markers import BLANKS
from migrate.prompts import Conversation, Message, render_prompt
from migrate.sameness import asked, differences, plain_text

LEGACY: dict[str, Any] = {
    "model": "claude-2.1",
    "prompt": "You are terse.\n\nHuman: Hi there\n\nAssistant:",
    "max_tokens_to_sample": 300,
}
MESSAGES: dict[str, Any] = {
    "model": "claude-opus-4-8",
    "system": "You are terse.",
    "messages": [{"role": "user", "content": "Hi there"}],
    "max_tokens": 300,
}


def compared(legacy: dict[str, Any], messages: dict[str, Any]) -> list[str]:
    return differences(asked("/v1/complete", legacy), asked("/v1/messages", messages))


SAME = {
    "plain": ({}, {}),
    "two spaces after the colon": ({"prompt": "You are terse.\n\nHuman:  Hi there\n\nAssistant:"}, {}),
    "no space after the colon": ({"prompt": "You are terse.\n\nHuman:Hi there\n\nAssistant:"}, {}),
    "trailing blanks": ({"prompt": "You are terse. \n\n\nHuman: Hi there \n\n\nAssistant: "}, {}),
    "blocks": ({}, {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi there"}]}]}),
    "system as blocks": ({}, {"system": [{"type": "text", "text": "You are terse."}]}),
    "Human stop": ({"stop_sequences": ["\n\nHuman:"]}, {}),
    "stops in another order": ({"stop_sequences": ["a", "b"]}, {"stop_sequences": ["b", "a"]}),
    "empty stops": ({"stop_sequences": []}, {}),
    "stream false": ({"stream": False}, {}),
    "empty metadata": ({"metadata": {}}, {}),
    "sampling": ({"temperature": 0, "top_k": 5}, {}),
    "model and thinking": ({}, {"model": "claude-haiku-5-5", "thinking": {"type": "disabled"}}),
    "limit cut to the model's maximum": (
        {"max_tokens_to_sample": 100_000},
        {"model": "claude-haiku-4-5-20251001", "max_tokens": 64_000},
    ),
    "no system": ({"prompt": "\n\nHuman: Hi there\n\nAssistant:"}, {"system": None}),
    "an open Assistant turn after another one": (
        {"prompt": f"{LEGACY['prompt']} Well\n\nAssistant:"},
        {"messages": [*MESSAGES["messages"], {"role": "assistant", "content": "Well"}]},
    ),
    "blank system": ({"prompt": " \n\nHuman: Hi there\n\nAssistant:"}, {"system": ""}),
}

DIFFERENT = {
    "system": ({}, {"system": "Be terse."}, "system: 'You are terse.' became 'Be terse.'"),
    "system lost": ({}, {"system": None}, "system: 'You are terse.' became nothing"),
    "text": (
        {},
        {"messages": [{"role": "user", "content": "Hi"}]},
        "turn 1: 'user: Hi there' became 'user: Hi'",
    ),
    "inner spaces": (
        {},
        {"messages": [{"role": "user", "content": "Hi  there"}]},
        "turn 1: 'user: Hi there' became 'user: Hi  there'",
    ),
    "three spaces": (
        {"prompt": "You are terse.\n\nHuman:   Hi there\n\nAssistant:"},
        {},
        "turn 1: 'user:  Hi there' became 'user: Hi there'",
    ),
    "newline in front": (
        {"prompt": "You are terse.\n\nHuman:\nHi there\n\nAssistant:"},
        {},
        "turn 1: 'user: \\nHi there' became 'user: Hi there'",
    ),
    "turn added": (
        {},
        {"messages": [*MESSAGES["messages"], {"role": "user", "content": "More"}]},
        "turn 2: 'user: More' is new",
    ),
    "turn lost": (
        {"prompt": f"{LEGACY['prompt']} Yes?\n\nHuman: Go\n\nAssistant:"},
        {"messages": [{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "Yes?"}]},
        "turn 3: 'user: Go' is gone",
    ),
    "prefill lost": ({"prompt": f"{LEGACY['prompt']} {{"}, {}, "prefill: '{' became nothing"),
    "prefill": (
        {},
        {"messages": [*MESSAGES["messages"], {"role": "assistant", "content": "{"}]},
        "prefill: nothing became '{'",
    ),
    "limit": ({}, {"max_tokens": 301}, "limit: 300 became 301"),
    "limit cut too far": (
        {"max_tokens_to_sample": 100_000},
        {"max_tokens": 64_000},
        "limit: 100000 became 64000",
    ),
    "stop lost": ({"stop_sequences": ["x"]}, {}, "stop sequences: ['x'] became nothing"),
    "user lost": ({"metadata": {"user_id": "7"}}, {}, "metadata user_id: '7' became nothing"),
    "stream": ({"stream": True}, {}, "stream: True became False"),
}


@pytest.mark.parametrize("legacy, messages", SAME.values(), ids=SAME)
def test_same(legacy: dict[str, Any], messages: dict[str, Any]) -> None:
    assert compared(LEGACY | legacy, MESSAGES | messages) == []


@pytest.mark.parametrize("legacy, messages, line", DIFFERENT.values(), ids=DIFFERENT)
def test_different(legacy: dict[str, Any], messages: dict[str, Any], line: str) -> None:
    assert line in compared(LEGACY | legacy, MESSAGES | messages)


def test_long_texts_are_shortened_in_differences() -> None:
    (line,) = compared(LEGACY, MESSAGES | {"system": "x" * 5000})
    assert len(line) < 200


@pytest.mark.parametrize("path", ["/v1/complete", "/labelled/x/v1/complete", "/v1/complete?beta=true"])
def test_the_path_decides(path: str) -> None:
    assert asked(path, LEGACY).limit == 300


@pytest.mark.parametrize(
    "path, body",
    [
        ("/v1/models", LEGACY),
        ("/v1/messages/count_tokens", MESSAGES),
        ("/v1/complete", {}),
        ("/v1/complete", {"prompt": None}),
        ("/v1/messages", {}),
        ("/v1/messages", {"messages": "Hi"}),
        ("/v1/messages", {"messages": ["Hi"]}),
        ("/v1/messages", {"messages": [{"role": "user", "content": 7}]}),
    ],
)
def test_what_is_no_request_is_an_error(path: str, body: dict[str, Any]) -> None:
    with pytest.raises(TranslationError):
        asked(path, body)


def test_a_prompt_without_turns_is_a_prompt_error() -> None:
    with pytest.raises(PromptError):
        asked("/v1/complete", {"prompt": "Hello"})


words = st.text(alphabet="ab {}\n\t.é", min_size=1, max_size=8).filter(str.strip)
turn_pairs = st.lists(st.tuples(words, words), max_size=3)


@given(system=st.none() | words, pairs=turn_pairs, last=words, prefill=st.none() | words)
def test_a_conversation_asks_the_same_as_prompt_and_as_list(
    system: str | None, pairs: list[tuple[str, str]], last: str, prefill: str | None
) -> None:
    spoken = [
        Message(role, text) for pair in pairs for role, text in zip(("user", "assistant"), pair, strict=True)
    ]
    conversation = Conversation(system, (*spoken, Message("user", last)), prefill)
    prompt = render_prompt(conversation)
    listed = MESSAGES | conversation.to_arguments() | {"system": conversation.to_arguments().get("system")}
    assert compared(LEGACY | {"prompt": prompt}, listed) == []


@given(words, words)
def test_another_question_is_another_question(one: str, other: str) -> None:
    assume(plain_text(one) != plain_text(other))
    first, second = ({"messages": [{"role": "user", "content": text}]} for text in (one, other))
    assert differences(asked("/v1/messages", MESSAGES | first), asked("/v1/messages", MESSAGES | second))


@given(st.text())
def test_plain_text_takes_off_one_space_and_trailing_blanks_only(text: str) -> None:
    plain = plain_text(text)
    assert plain == plain.rstrip().rstrip(BLANKS)
    assert text.removeprefix(" ").startswith(plain)
    assert not text.removeprefix(" ")[len(plain) :].replace("\ufeff", "").strip()
