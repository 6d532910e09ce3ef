"""Message -> Completion, and how the Completion behaves."""

from __future__ import annotations

import copy
import json
import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.errors import TranslationError
from migrate.legacy import AwaitableCompletion, Completion
from migrate.prompts import HUMAN_PROMPT
from migrate.responses import RefusalError, as_completion, completion_from_message, reply_text

THINKING = {"type": "thinking", "thinking": "", "signature": "s"}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def message(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 5}
    common = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    return {**common, "content": list(blocks), "stop_reason": "end_turn", "usage": usage, **fields}


def as_objects(value: Any) -> Any:
    """The same reply with attributes instead of keys, as the SDK gives it."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: as_objects(item) for key, item in value.items()})
    return [as_objects(item) for item in value] if isinstance(value, list) else value


TEXTS = [
    ((text("Hello"),), "Hello"),
    ((THINKING, text("Hello")), "Hello"),
    ((text("Hel"), THINKING, text("lo")), "Hello"),
    (({"type": "redacted_thinking", "data": "x"}, text("Hi")), "Hi"),
    (({"type": "unheard_of", "text": "no"}, text("Hi")), "Hi"),
    ((THINKING,), ""),
    ((), ""),
]


@pytest.mark.parametrize("shape", [dict, as_objects], ids=["dict", "object"])
@pytest.mark.parametrize("blocks, wanted", TEXTS)
def test_the_text_is_found_by_type(blocks: tuple[dict[str, Any], ...], wanted: str, shape: Any) -> None:
    reply = shape(message(*blocks))
    assert reply_text(reply) == wanted
    assert as_completion(reply).completion == (f" {wanted}" if wanted else "")


REASONS = [
    ("end_turn", None, "stop_sequence", HUMAN_PROMPT),
    ("stop_sequence", "</a>", "stop_sequence", "</a>"),
    ("max_tokens", None, "max_tokens", None),
    ("model_context_window_exceeded", None, "max_tokens", None),
    ("tool_use", None, "tool_use", None),
    ("pause_turn", None, "pause_turn", None),
    ("invented_in_2030", None, "invented_in_2030", None),
    (None, None, None, None),
]


@pytest.mark.parametrize("reason, sequence, legacy_reason, stop", REASONS)
def test_stop_reasons_go_back(reason: str, sequence: str, legacy_reason: str, stop: str) -> None:
    completion: Any = as_completion(message(text("x"), stop_reason=reason, stop_sequence=sequence))
    assert (completion.stop_reason, completion.stop) == (legacy_reason, stop)


@pytest.mark.parametrize("words, wanted", [("Hi", " Hi"), (" Hi", " Hi"), ("\nHi", " \nHi"), ("", "")])
def test_the_leading_space(words: str, wanted: str) -> None:
    assert as_completion(message(text(words))).completion == wanted
    assert as_completion(message(text(words)), leading_space=False).completion == words


@pytest.mark.parametrize(
    "words, cuts, wanted, stop",
    [
        ("a\nb", ("\n",), "a", "\n"),
        ("a\n\nb", ("\n\n", "\n"), "a", "\n"),
        ("a b\n", ("\n", " "), "a", " "),
        ("\nab", ("\n",), "", "\n"),
        ("ab", ("\n",), "ab", HUMAN_PROMPT),
        ("a \nb", ("\n", " \n"), "a", " \n"),
    ],
)
def test_a_cut_ends_the_text_as_a_stop_sequence_does(
    words: str, cuts: tuple[str, ...], wanted: str, stop: str
) -> None:
    completion: Any = completion_from_message(message(text(words)), cuts=cuts, leading_space=False)
    assert (completion.completion, completion.stop_reason, completion.stop) == (wanted, "stop_sequence", stop)


def test_a_refusal_is_raised_or_passed() -> None:
    reply = message(text("I"), stop_reason="refusal", stop_details={"category": "cyber"})
    with pytest.raises(RefusalError, match="cyber") as raised:
        as_completion(reply)
    assert isinstance(raised.value, TranslationError)
    assert raised.value.reply is reply
    assert pickle.loads(pickle.dumps(raised.value)).category == "cyber"
    passed = as_completion(reply, on_refusal="pass")
    assert (passed.completion, passed.stop_reason) == (" I", "refusal")


@pytest.fixture
def completion() -> Any:
    return as_completion(message(text("Hello")))


FIELDS = {
    "id": "msg_1",
    "completion": " Hello",
    "model": "m",
    "stop_reason": "stop_sequence",
    "type": "completion",
    "stop": HUMAN_PROMPT,
    "log_id": "msg_1",
}


def test_the_fields_of_a_completion(completion: Any) -> None:
    assert completion.model_dump() == completion.dict() == completion.to_dict() == FIELDS
    for written in (completion.json(), completion.to_json(), completion.model_dump_json()):
        assert json.loads(written) == FIELDS
    assert {name: getattr(completion, name) for name in FIELDS} == FIELDS
    assert completion.message["content"] == [text("Hello")]
    assert completion.usage == {"input_tokens": 3, "output_tokens": 5}
    assert str(completion) == repr(completion)


@pytest.mark.parametrize(
    "twin",
    [
        lambda c: pickle.loads(pickle.dumps(c)),
        copy.copy,
        copy.deepcopy,
        lambda c: c.copy(),
        lambda c: c.model_copy(deep=True),
        lambda c: Completion.construct(**c.dict()),
        lambda c: Completion.model_validate(c.dict()),
    ],
    ids=["pickle", "copy", "deepcopy", ".copy", ".model_copy", "construct", "validate"],
)
def test_a_completion_survives(completion: Any, twin: Any) -> None:
    assert twin(completion) == completion
    assert type(twin(completion)) is Completion


def test_a_completion_can_be_changed(completion: Any) -> None:
    other = completion.copy(update={"completion": "x"})
    assert other != completion
    completion.completion = completion.completion.strip()
    completion.remark = "own"
    assert completion.to_dict() == {**FIELDS, "completion": "Hello", "remark": "own"}


def test_a_completion_is_none_of_the_things_it_equals(completion: Any) -> None:
    assert completion != FIELDS
    with pytest.raises(TypeError):
        hash(completion)


def test_an_awaitable_completion_is_one_when_awaited_or_pickled() -> None:
    both = completion_from_message(message(text("Hi")), cls=AwaitableCompletion)
    assert isinstance(both, AwaitableCompletion)
    with pytest.raises(StopIteration) as ended:
        both.__await__().send(None)
    for plain in (ended.value.value, pickle.loads(pickle.dumps(both))):
        assert type(plain) is Completion
        assert plain == both
