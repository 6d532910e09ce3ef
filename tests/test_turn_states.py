"""Prompts that grow in steps: what the steps add up to is what their messages say.

The prompt is the text of all steps; the messages are those that each step adds by itself. Where the
states allow a list, the two must be the same conversation.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.turn_states import (
    NotWhole,
    after_parts,
    after_parts_of_one_turn,
    is_open_end,
    parts_of,
    role_of_text,
)
from migrate.errors import PromptError
from migrate.prompts import parse_prompt

H, A = "\n\nHuman:", "\n\nAssistant:"
PIECES = st.sampled_from(
    [H, A, " ", "\n", "a", " b", "c\n", f"{H} d", f"{H} e{A}", f"{A} f", f"{H} g{A} h", ""]
)
CHOSEN = "\ue0f7"
CHOICES = st.sampled_from([CHOSEN, f"{CHOSEN} d", f"{CHOSEN}e\n", f"x{CHOSEN} f", f"{CHOSEN} g{A} h"])
Message = tuple[str, str]


def normal(messages: list[Message]) -> list[Message]:
    return [(role, text[text[:1] == " " :].rstrip()) for role, text in messages]


def messages_of(steps: list[str]) -> tuple[str, list[Message]]:
    """The end state and the messages; raises NotWhole where the steps are no list."""
    state, found = "empty", []
    for step in steps:
        for part in parts_of(step):
            if not part.is_blank:
                role = part.role or role_of_text([state])
                found.append((role, part.text))
            (state,) = after_parts([state], [part])
    return state, found


@given(st.lists(PIECES, max_size=8))
def test_a_list_of_steps_is_the_conversation_of_their_text(steps: list[str]) -> None:
    try:
        state, found = messages_of(steps)
    except NotWhole:
        return
    if not is_open_end(state) or state.startswith("alone"):
        return
    try:
        parsed = parse_prompt("".join(steps))
    except PromptError:
        # The server wants a Human turn first, and takes none that is blank.
        assert not found or found[0][0] != "user" or not all(text.strip() for _, text in found)
        return
    assert parsed.prefill is None
    assert normal(found) == normal([(message.role, message.content) for message in parsed.messages])


@given(st.lists(PIECES, max_size=8))
def test_one_turn_in_pieces_is_one_human_turn(steps: list[str]) -> None:
    states = frozenset({"empty"})
    try:
        for step in steps:
            states = after_parts_of_one_turn(states, parts_of(step))
    except NotWhole:
        return
    text = "".join(part.text for step in steps for part in parts_of(step) if part.role != "assistant")
    if states not in ({"asked"}, {"answered"}) or not text.strip():
        return
    parsed = parse_prompt("".join(steps))
    assert parsed.system is None
    assert (parsed.prefill is not None) == (states == {"answered"})
    assert normal([("user", text)]) == normal([(one.role, one.content) for one in parsed.messages])


@pytest.mark.parametrize(
    "steps, state",
    [
        ([f"{H} a{A}"], "asked"),
        ([f"{H} a{A}", " b"], "answered"),
        ([f"{H} a{A}", "b", f"{H} c", A], "asked"),
        ([f"{H} a", f"{H} b"], "user"),
        ([f"{A} a", A], "again"),
        ([H, " ", "a"], "user"),
        (["be brief", f"{H} a{A}"], "asked"),
        ([A], "alone"),
    ],
)
def test_states(steps: list[str], state: str) -> None:
    assert messages_of_states(steps) == state


def messages_of_states(steps: list[str]) -> str:
    states = frozenset({"empty"})
    for step in steps:
        states = after_parts(states, parts_of(step))
    (state,) = states
    return state


@pytest.mark.parametrize(
    "steps",
    [
        [f"{H} a{A}", f"{H} b{A}"],  # the answer was never added
        [f"{H} a", " and more"],
        [f"{H} a{A} b", " c"],
        [H, A],
        [f"{H} a{A}", A],
        [f"{H}", "\n", "a"],  # the line break would be lost
        ["Human: a\n\nAssistant:"],
        [f"{H} he said\nHuman: no{A}"],
    ],
)
def test_steps_that_are_no_list(steps: list[str]) -> None:
    with pytest.raises(NotWhole):
        messages_of_states(steps)


def test_a_failed_question_may_be_followed_by_the_next() -> None:
    assert after_parts(["failed"], parts_of(f"{H} b{A}")) == {"asked"}


@given(st.lists(PIECES | CHOICES, max_size=6), st.lists(st.sampled_from((H, A)), min_size=6, max_size=6))
def test_a_chosen_marker_leads_wherever_the_marker_would(steps: list[str], markers: list[str]) -> None:
    states, exact = frozenset({"empty"}), frozenset({"empty"})
    try:
        for step in steps:
            at = [offset for offset, char in enumerate(step) if char == CHOSEN]
            states = after_parts(states, parts_of(step, chosen=at))
    except NotWhole:
        return
    for step, marker in zip(steps, markers, strict=False):
        exact = after_parts(exact, parts_of(step.replace(CHOSEN, marker)))
    assert exact <= states


def test_a_chosen_marker_has_its_place_and_its_text() -> None:
    (before, chosen) = parts_of(f"x{CHOSEN} text", chosen=[1])
    assert (before.role, before.text) == (None, "x")
    assert (chosen.role, chosen.text, chosen.at) == ("chosen", "text", 1)
    with pytest.raises(NotWhole):
        after_parts_of_one_turn({"empty"}, [chosen])
