"""The model table and the questions asked of it."""

from __future__ import annotations

import datetime
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.models import (
    ModelFacts,
    all_models,
    clamped_max_tokens,
    find_model,
    model_arguments,
    prefill_fallback,
    successor_of,
    table_date,
)

OFF = {"type": "disabled"}

SUCCESSORS = [
    ("claude-2", "claude-opus-4-8"),
    ("claude-2.0", "claude-opus-4-8"),
    ("claude-2.1", "claude-opus-4-8"),
    ("claude-v2", "claude-opus-4-8"),
    ("claude-v2.1", "claude-opus-4-8"),
    ("claude-v0", "claude-haiku-5-5"),
    ("claude-1", "claude-haiku-5-5"),
    ("claude-v1", "claude-haiku-5-5"),
    ("claude-1.3", "claude-haiku-5-5"),
    ("claude-v1.3-100k", "claude-haiku-5-5"),
    ("claude-instant-1", "claude-haiku-5-5"),
    ("claude-instant-1.2", "claude-haiku-5-5"),
    ("claude-instant-v1", "claude-haiku-5-5"),
    ("claude-instant-v1.2", "claude-haiku-5-5"),
    ("claude-instant-v1-100k", "claude-haiku-5-5"),
    ("claude-3-opus-latest", "claude-opus-4-8"),
    ("claude-3-5-sonnet-20241022", "claude-sonnet-4-6"),
    ("claude-3-haiku-20240307", "claude-haiku-4-5-20251001"),
    ("anthropic.claude-v2:1", "anthropic.claude-opus-4-8"),
    ("anthropic.claude-v2:1:18k", "anthropic.claude-opus-4-8"),
    ("anthropic.claude-instant-v1", "anthropic.claude-haiku-5-5"),
    ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2", "anthropic.claude-opus-4-8"),
    ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "us.anthropic.claude-sonnet-4-6"),
    ("claude-3-7-sonnet@20250219", "claude-sonnet-4-6"),
]


@pytest.mark.parametrize("old, new", SUCCESSORS)
def test_a_retired_name_has_a_successor_with_a_reason(old: str, new: str) -> None:
    successor = successor_of(old)
    facts = find_model(old)
    assert successor is not None
    assert successor.id == new
    assert facts is not None
    assert facts.successor_reason
    assert successor.provider == facts.provider


KEPT = [
    "claude-opus-4-8",
    "claude-haiku-4-5",
    "claude-sonnet-4-5-20250929",
    "claude-opus-5-5",
    "anthropic.claude-3-haiku-20240307-v1:0",
    "gpt-4",
    "my-proxy/claude",
    "",
    "claude-3.1",
    "claude-instant",
    "xanthropic.claude-v2",
]


@pytest.mark.parametrize("name", KEPT)
def test_a_name_that_can_stay_stays(name: str) -> None:
    assert successor_of(name) is None
    assert model_arguments(name)["model"] == name


@pytest.mark.parametrize("facts", all_models(), ids=lambda facts: f"{facts.provider}:{facts.id}")
def test_each_row_holds_together(facts: ModelFacts) -> None:
    row = facts
    assert row.source
    assert isinstance(row.source, tuple)
    assert find_model(row.id, provider=row.provider) is row
    assert (row.default_successor is None) == (row.successor_reason is None)
    assert (row.thinking_off is not None) == (row.thinking == "adaptive_default")
    for keep_sampling in (False, True):
        successor = successor_of(row.id, keep_sampling=keep_sampling, provider=row.provider)
        if successor is None:
            continue
        assert successor.is_served()
        assert successor.thinking != "always_on"
        assert successor.provider == row.provider
        if keep_sampling:
            assert successor.accepts_sampling
            assert successor.thinking_off is None


def test_every_model_that_served_text_completions_has_a_successor() -> None:
    assert not [f.id for f in all_models() if f.served_text_completions and not f.default_successor]


@pytest.mark.parametrize(
    "name, kept",
    [
        ("claude-2.1", "claude-opus-4-6"),
        ("claude-instant-1.2", "claude-haiku-4-5-20251001"),
        ("anthropic.claude-v2", "anthropic.claude-opus-4-6-v1"),
    ],
)
def test_keep_sampling_picks_a_model_that_takes_sampling(name: str, kept: str) -> None:
    successor = successor_of(name, keep_sampling=True)
    assert successor is not None
    assert successor.id == kept
    assert successor.accepts_sampling


class Plain(Enum):
    OLD = "claude-2.1"


class Text(str, Enum):
    OLD = "claude-2.1"
    OTHER = "unheard-of"


@pytest.mark.parametrize(
    "model, arguments",
    [
        ("claude-2.1", {"model": "claude-opus-4-8"}),
        ("claude-instant-1.2", {"model": "claude-haiku-5-5", "thinking": OFF}),
        ("claude-haiku-5-5", {"model": "claude-haiku-5-5", "thinking": OFF}),
        ("claude-sonnet-5-5", {"model": "claude-sonnet-5-5", "thinking": {"type": "between_tools"}}),
        ("claude-opus-5-5", {"model": "claude-opus-5-5"}),
        ("unheard-of", {"model": "unheard-of"}),
        (Plain.OLD, {"model": "claude-opus-4-8"}),
        (Text.OLD, {"model": "claude-opus-4-8"}),
        (Text.OTHER, {"model": "unheard-of"}),
        (None, {"model": None}),
        (7, {"model": 7}),
    ],
)
def test_model_arguments_of_a_run_time_value(model: object, arguments: dict[str, object]) -> None:
    assert model_arguments(model) == arguments


def test_model_arguments_hands_out_a_fresh_value_each_time() -> None:
    model_arguments("claude-haiku-5-5")["thinking"]["type"] = "spoilt"
    assert model_arguments("claude-haiku-5-5")["thinking"] == OFF


@pytest.mark.parametrize(
    "provider, name",
    [
        ("anthropic", "claude-opus-4-5-20251101"),
        ("bedrock", "anthropic.claude-opus-4-5-20251101-v1:0"),
        ("vertex", "claude-opus-4-5@20251101"),
    ],
)
def test_prefill_falls_back_to_the_newest_active_model_that_takes_it(provider: str, name: str) -> None:
    assert prefill_fallback(provider=provider).id == name  # type: ignore[arg-type]


def test_a_retirement_date_ends_service() -> None:
    facts = find_model("claude-sonnet-4-5")
    assert facts is not None
    assert facts.retirement_date == "2026-11-30"
    assert facts.is_served("2026-11-29")
    assert not facts.is_served("2026-11-30")


def test_a_name_shared_by_two_providers_means_the_vendor() -> None:
    shared, vertex = find_model("claude-opus-4-8"), find_model("claude-opus-4-8", provider="vertex")
    assert shared is not None
    assert shared.provider == "anthropic"
    assert vertex is not None
    assert vertex.provider == "vertex"


@pytest.mark.parametrize(
    "limit, model, clamped",
    [
        (300, "claude-opus-4-8", 300),
        (200_000, "claude-opus-4-8", 128_000),
        (100_000, "claude-haiku-4-5", 64_000),
        (200_000, "unheard-of", 200_000),
        ("300", "claude-opus-4-8", "300"),
        (None, "claude-opus-4-8", None),
    ],
)
def test_a_limit_is_cut_to_what_the_model_can_give(limit: object, model: str, clamped: object) -> None:
    assert clamped_max_tokens(limit, find_model(model)) == clamped


def test_the_table_is_dated() -> None:
    assert datetime.date.fromisoformat(table_date()) >= datetime.date(2026, 11, 21)


@given(st.text(max_size=40) | st.from_regex(r"(us\.)?(anthropic\.)?claude-(v|instant-)?[0-9.]{1,3}(-100k)?"))
def test_any_text_is_an_answer(name: str) -> None:
    arguments = model_arguments(name)
    assert arguments["model"] == name or find_model(arguments["model"])
    successor = successor_of(name)
    assert successor is None or successor_of(successor.id) is None
