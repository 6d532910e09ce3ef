"""Legacy parameters -> Messages arguments and notes."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.errors import MigrationWarning, PromptError, TranslationError
from migrate.models import all_models
from migrate.policy import Policy
from migrate.prompts import AI_PROMPT, HUMAN_PROMPT
from migrate.requests import arguments_from_legacy, is_unset, plan_request
from migrate.routes import Dialect
from migrate.sameness import asked, differences
from tests.strategies import prompts

PROMPT = f"{HUMAN_PROMPT} Hello{AI_PROMPT}"
HELLO = [{"role": "user", "content": "Hello"}]
OLD_SDK = Dialect(sampling="keyword", thinking="extra_body", versioned=False)
LAST_OLD_SDK = Dialect(sampling="keyword", versioned=False)
FIRST_NEW_SDK = Dialect(versioned=False)
VERSION = {"anthropic-version": "2023-06-01"}
OFF = {"type": "disabled"}
OPUS, HAIKU, SMALL = "claude-opus-4-8", "claude-haiku-5-5", "claude-haiku-4-5-20251001"
FALLBACK = "claude-opus-4-5-20251101"


def unset(name: str) -> Any:
    """A marker as the SDK has them: known by the names of its class and module."""
    return type(name, (), {"__module__": "anthropic"})()


def legacy(**given: Any) -> dict[str, Any]:
    return {"model": OPUS, "prompt": PROMPT, "max_tokens_to_sample": 300, **given}


def plain(**given: Any) -> dict[str, Any]:
    return {"messages": HELLO, "model": OPUS, "max_tokens": 300, **given}


# (case, legacy arguments, Messages arguments, codes of the notes)
CASES = [
    ("nothing else", {}, {}, ()),
    ("retired model", {"model": "claude-2.1"}, {}, ("model",)),
    ("small model", {"model": "claude-instant-1.2"}, {"model": HAIKU, "thinking": OFF}, ("model",)),
    ("unknown model", {"model": "house-model"}, {"model": "house-model"}, ()),
    ("model of another type", {"model": None}, {"model": None}, ()),
    (
        "thinking that cannot be switched off",
        {"model": "claude-opus-5-5"},
        {"model": "claude-opus-5-5"},
        ("thinking",),
    ),
    ("limit too high", {"max_tokens_to_sample": 900_000}, {"max_tokens": 128_000}, ("max_tokens",)),
    ("limit of another type", {"max_tokens_to_sample": "5"}, {"max_tokens": "5"}, ()),
    ("the Human stop", {"stop_sequences": [HUMAN_PROMPT]}, {}, ()),
    ("two stops", {"stop_sequences": [HUMAN_PROMPT, "</a>"]}, {"stop_sequences": ["</a>"]}, ()),
    ("blank stop", {"stop_sequences": ["\n", "x"]}, {"stop_sequences": ["x"]}, ("stop_sequences",)),
    ("empty stop", {"stop_sequences": [""]}, {}, ("empty_stop",)),
    ("stops as a text", {"stop_sequences": "abc"}, {"stop_sequences": "abc"}, ()),
    ("sampling", {"temperature": 0, "top_k": 5}, {}, ("sampling",)),
    ("default sampling", {"temperature": 1.0}, {}, ("sampling",)),
    ("sampling for an unknown model", {"model": "own", "top_p": 0.5}, {"model": "own"}, ("sampling",)),
    (
        "sampling that is taken",
        {"model": SMALL, "temperature": 0.5},
        {"model": SMALL, "extra_body": {"temperature": 0.5}, "extra_headers": VERSION},
        (),
    ),
    (
        "one of two sampling arguments",
        {"model": SMALL, "temperature": 0.5, "top_p": 0.9, "top_k": 3},
        {"model": SMALL, "extra_body": {"temperature": 0.5, "top_k": 3}, "extra_headers": VERSION},
        ("sampling",),
    ),
    (
        "prefill",
        {"prompt": PROMPT + " {"},
        {"messages": [*HELLO, {"role": "assistant", "content": "{"}], "model": FALLBACK},
        ("prefill",),
    ),
    (
        "prefill on a model that takes it",
        {"prompt": PROMPT + " {", "model": SMALL},
        {"messages": [*HELLO, {"role": "assistant", "content": "{"}], "model": SMALL},
        (),
    ),
    (
        "prefill on an unknown model",
        {"prompt": PROMPT + " {", "model": "own"},
        {"messages": [*HELLO, {"role": "assistant", "content": "{"}], "model": "own"},
        (),
    ),
    (
        "prefill with blanks at the end",
        {"prompt": PROMPT + " {\n", "model": SMALL},
        {"messages": [*HELLO, {"role": "assistant", "content": "{"}], "model": SMALL},
        ("prefill_trailing_whitespace_stripped",),
    ),
    (
        "whole Assistant turn at the end",
        {"prompt": f"{PROMPT} Hi{AI_PROMPT}", "model": SMALL},
        {"messages": [*HELLO, {"role": "assistant", "content": "Hi"}], "model": SMALL},
        ("assistant_turn", "consecutive_assistant_turns"),
    ),
    ("system", {"prompt": "Be brief." + PROMPT}, {"system": "Be brief."}, ()),
    ("metadata", {"metadata": {"user_id": "u"}}, {"metadata": {"user_id": "u"}}, ()),
    ("stream", {"stream": True}, {"stream": True}, ()),
    ("no stream", {"stream": False}, {}, ()),
    ("time-out", {"timeout": 3}, {"timeout": 3}, ()),
    ("no time-out", {"timeout": None}, {"timeout": None}, ()),
    ("betas", {"betas": ["a", "b"]}, {"extra_headers": {"anthropic-beta": "a,b"}}, ()),
    (
        "headers of the caller win",
        {"betas": ["a"], "extra_headers": {"anthropic-beta": "z", "x": "y"}},
        {"extra_headers": {"anthropic-beta": "z", "x": "y"}},
        (),
    ),
    ("query", {"extra_query": {"a": "b"}}, {"extra_query": {"a": "b"}}, ()),
    ("body", {"extra_body": {"new": 1}}, {"extra_body": {"new": 1}}, ()),
    (
        "old keys in the body",
        {"extra_body": {"max_tokens_to_sample": 7, "stop_sequences": ["x"], "new": 1}},
        {"max_tokens": 7, "stop_sequences": ["x"], "extra_body": {"new": 1}},
        (),
    ),
    (
        "not given",
        {
            "temperature": unset("NotGiven"),
            "stop_sequences": unset("Omit"),
            "metadata": unset("NotGiven"),
            "stream": unset("Omit"),
            "timeout": unset("NotGiven"),
        },
        {},
        (),
    ),
    (
        "nothing but markers",
        {"model": unset("Omit"), "max_tokens_to_sample": unset("Omit"), "top_k": 1},
        {"model": None, "max_tokens": None},
        ("sampling",),
    ),
    (
        "None",
        dict.fromkeys(("temperature", "stop_sequences", "metadata", "stream", "extra_body", "extra_headers")),
        {},
        (),
    ),
]


@pytest.mark.parametrize(
    "given, wanted, codes", [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_legacy_request_becomes(
    given: dict[str, Any], wanted: dict[str, Any], codes: tuple[str, ...]
) -> None:
    plan = plan_request(legacy(**given))
    assert plan.arguments == plain(**wanted)
    assert tuple(note.code for note in plan.notes) == codes


@pytest.mark.parametrize(
    "dialect, wanted",
    [
        (OLD_SDK, {"temperature": 0.5}),
        (LAST_OLD_SDK, {"temperature": 0.5}),
        (FIRST_NEW_SDK, {"extra_body": {"temperature": 0.5}}),
        (Dialect(), {"extra_body": {"temperature": 0.5}, "extra_headers": VERSION}),
    ],
    ids=["0.40", "0.125", "1.x", "2.x"],
)
def test_sampling_is_said_as_the_sdk_wants_it(dialect: Dialect, wanted: dict[str, Any]) -> None:
    plan = plan_request(legacy(model=SMALL, temperature=0.5), dialect=dialect)
    assert plan.arguments == plain(model=SMALL, **wanted)


@pytest.mark.parametrize(
    "dialect, wanted",
    [
        (OLD_SDK, {"extra_body": {"thinking": OFF}}),
        (LAST_OLD_SDK, {"thinking": OFF}),
        (Dialect(), {"thinking": OFF}),
    ],
    ids=["0.40", "0.125", "2.x"],
)
def test_thinking_is_switched_off_as_the_sdk_wants_it(dialect: Dialect, wanted: dict[str, Any]) -> None:
    assert plan_request(legacy(model=HAIKU), dialect=dialect).arguments == plain(model=HAIKU, **wanted)


BEDROCK = Dialect(provider="bedrock")


@pytest.mark.parametrize(
    "model, wanted",
    [
        ("anthropic.claude-v2:1", {"model": "anthropic.claude-opus-4-8"}),
        ("anthropic.claude-instant-v1", {"model": "anthropic.claude-haiku-5-5", "thinking": OFF}),
        (
            "anthropic.claude-haiku-4-5-20251001-v1:0",
            {
                "model": "anthropic.claude-haiku-4-5-20251001-v1:0",
                "extra_body": {"anthropic_version": "bedrock-2023-05-31"},
            },
        ),
    ],
)
def test_bedrock_models_stay_on_bedrock(model: str, wanted: dict[str, Any]) -> None:
    assert plan_request(legacy(model=model), dialect=BEDROCK).arguments == plain(**wanted)


def test_prefill_on_bedrock_falls_back_within_bedrock() -> None:
    plan = plan_request(legacy(model="anthropic.claude-v2", prompt=PROMPT + " {"), dialect=BEDROCK)
    assert plan.arguments["model"] == "anthropic.claude-opus-4-5-20251101-v1:0"


POLICIES = [
    (Policy(models={"claude-2.1": SMALL}), {"model": "claude-2.1"}, {"model": SMALL}, ("model",)),
    (Policy(models={OPUS: SMALL}), {}, {"model": SMALL}, ("model",)),
    (Policy(sampling="drop"), {"model": SMALL, "temperature": 0}, {"model": SMALL}, ("sampling",)),
    (Policy(sampling="error"), {"temperature": 1}, {}, ("sampling",)),
    (Policy(thinking="default"), {"model": HAIKU}, {"model": HAIKU}, ("thinking",)),
    (Policy(prefill="error"), {}, {}, ()),
    (Policy(whitespace_stops="error"), {"stop_sequences": ["x"]}, {"stop_sequences": ["x"]}, ()),
]


@pytest.mark.parametrize("policy, given, wanted, codes", POLICIES)
def test_the_policy_decides(
    policy: Policy, given: dict[str, Any], wanted: dict[str, Any], codes: tuple[str, ...]
) -> None:
    plan = plan_request(legacy(**given), policy)
    assert plan.arguments == plain(**wanted)
    assert tuple(note.code for note in plan.notes) == codes


@pytest.mark.parametrize(
    "policy, given, words",
    [
        (Policy(prefill="error"), {"prompt": PROMPT + " {"}, "does not continue"),
        (Policy(sampling="error"), {"temperature": 0}, "temperature cannot be kept"),
        (Policy(sampling="error"), {"model": SMALL, "temperature": 0, "top_p": 0.1}, "not both"),
        (Policy(whitespace_stops="error"), {"stop_sequences": ["\n"]}, "blanks only"),
    ],
)
def test_what_has_no_equivalent_is_an_error_if_the_policy_says_so(
    policy: Policy, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(TranslationError, match=words):
        plan_request(legacy(**given), policy)


@pytest.mark.parametrize(
    "field, value",
    [("prefill", "drop"), ("sampling", None), ("leading_space", "no"), ("on_refusal", "ignore")],
)
def test_a_policy_takes_only_what_it_knows(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"Policy\.{field}"):
        Policy(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "prompt, code", [("hello", "no_turns"), (None, "not_a_string"), (b"x", "not_a_string")]
)
def test_a_prompt_that_is_none_is_a_prompt_error(prompt: object, code: str) -> None:
    with pytest.raises(PromptError) as raised:
        plan_request(legacy(prompt=prompt))
    assert raised.value.code == code


def test_the_notes_name_what_and_why() -> None:
    plan = plan_request(legacy(model="claude-2.1", temperature=0.2))
    assert "claude-2.1 is no longer served; claude-opus-4-8 answers" in plan.notes[0].message
    assert "temperature left out, as claude-opus-4-8 refuses" in plan.notes[1].message


def test_arguments_from_legacy_warns_at_the_call() -> None:
    with pytest.warns(MigrationWarning, match="claude-2.1 is no longer served") as caught:
        arguments = arguments_from_legacy(**legacy(model="claude-2.1", max_tokens_to_sample=30_000))
    assert arguments == plain(max_tokens=30_000, timeout=600)
    assert caught[0].filename == __file__


def test_arguments_from_legacy_refuses_what_it_cannot_express() -> None:
    with pytest.raises(TranslationError, match="with_completions"):
        arguments_from_legacy(**legacy(stop_sequences=["\n"]))
    with pytest.raises(TypeError, match="unexpected keyword argument 'tools'"):
        arguments_from_legacy(**legacy(tools=[]))
    with pytest.raises(TypeError, match="Missing required arguments"):
        arguments_from_legacy(model=OPUS)


def test_a_marker_of_somebody_else_is_a_value() -> None:
    assert not is_unset(type("Omit", (), {"__module__": "openai"})())


models = st.sampled_from([facts.id for facts in all_models() if facts.provider == "anthropic"]) | st.text(
    max_size=8
)
stops = st.lists(st.sampled_from([HUMAN_PROMPT, "x", "\n", " ", "", "</a>"]), max_size=3)
parameters = st.fixed_dictionaries(
    {"model": models, "prompt": prompts(), "max_tokens_to_sample": st.integers(1, 1_000_000)},
    optional={
        "stop_sequences": stops | st.none(),
        "temperature": st.floats(0, 1),
        "top_k": st.integers(0, 9),
        "stream": st.booleans(),
        "metadata": st.fixed_dictionaries({"user_id": st.text(max_size=3)}),
    },
)


@given(parameters)
def test_the_planned_request_asks_the_same(given: dict[str, Any]) -> None:
    try:
        plan = plan_request(given)
    except PromptError:
        return
    body = {**plan.arguments, **plan.arguments.pop("extra_body", {})}
    without_blanks = {**given, "stop_sequences": [s for s in given.get("stop_sequences") or () if s.strip()]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = differences(asked("/v1/complete", without_blanks), asked("/v1/messages", body))
    assert not found
    assert set(plan.cuts) == {s for s in given.get("stop_sequences") or () if s and not s.strip()}


@pytest.mark.parametrize(
    "prompt, unsent",
    [
        ("\n\nHuman: q\n\nAssistant: Answer:\n", "\n"),
        ("\n\nHuman: q\n\nAssistant: a a \t", " \t"),
        ("\n\nHuman: q\n\nAssistant: a", ""),
        ("\n\nHuman: q\n\nAssistant: ", ""),
    ],
)
def test_blanks_behind_the_assistants_words_are_remembered(prompt: str, unsent: str) -> None:
    legacy = {"model": "claude-2", "max_tokens_to_sample": 9, "prompt": prompt}
    assert plan_request(legacy).unsent == unsent
    assert plan_request({**legacy, "stop_sequences": ["x"]}).unsent == unsent
