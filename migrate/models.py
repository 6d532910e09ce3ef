"""Facts about model names, and what to call in place of one that is gone.

Knows the standard library only. The table is ``models.json`` beside this file; it is read at
the first question. Each row has its sources and the table its date (``as_of``).
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any, Literal

Provider = Literal["anthropic", "bedrock", "vertex"]

#: A Bedrock id may stand in an ARN or behind the name of a group of regions, and may carry the
#: context size that was bought (``anthropic.claude-v2:1:18k``).
_BEDROCK_ID = re.compile(
    r"(?P<prefix>arn:aws[\w-]*:bedrock:[^/]*/|)(?P<region>[a-z]{2,6}(?:-gov)?\.|)"
    r"(?P<id>anthropic\.[\w.-]+(?::\d+)?)(?::\d+k)?"
)
#: Spellings of the years 2022 and 2023 that no list has in full: ``claude-v2``, ``claude-instant-v1.2``.
_OLD_SPELLING = re.compile(r"(?P<name>claude(?:-instant)?)-v?(?P<number>[012](?:\.\d)?)(?:-\d+k)?")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One row of the table. ``None`` means that the value is not known.

    Limits are in tokens, dates are ISO (``2026-11-30``). ``accepts_sampling`` holds at API version
    2023-06-01; version 2026-10-21, which the Python SDK 2.x sends, refuses temperature, top_p and
    top_k on every model. ``thinking_off`` is the value of the ``thinking`` argument that switches
    thinking off; None when nothing has to be sent or when it cannot be switched off.
    """

    id: str
    provider: Provider
    status: Literal["active", "deprecated", "retired"] | None
    retirement_date: str | None
    retirement_not_before: str | None
    aliases: tuple[str, ...]
    max_output_tokens: int | None
    context_window: int | None
    accepts_prefill: bool | None
    accepts_sampling: bool | None
    one_sampling_argument: bool
    thinking: Literal["none", "optional", "adaptive_default", "always_on"] | None
    thinking_off: dict[str, str] | None = field(hash=False)
    thinking_off_effort: str | None
    accepts_api_2026_10_21: bool | None
    default_successor: str | None
    successor_reason: str | None
    sampling_successor: str | None
    served_text_completions: bool
    source: tuple[str, ...]
    note: str | None

    def is_served(self, today: str | None = None) -> bool:
        """Whether a call on ``today`` (ISO; default: table date) can be answered, as far as is known."""
        if self.status == "retired" or self.default_successor is not None:
            return False
        return self.retirement_date is None or self.retirement_date > (today or table_date())


@dataclass(frozen=True, slots=True)
class _Table:
    as_of: str
    rows: tuple[ModelFacts, ...]
    by_name: dict[tuple[str, str], ModelFacts]
    first_by_name: dict[str, ModelFacts]


@cache
def _table() -> _Table:
    content = json.loads(resources.files(__package__).joinpath("models.json").read_text("utf-8"))
    rows = tuple(_facts_from_row(row) for row in content["models"])
    by_name: dict[tuple[str, str], ModelFacts] = {}
    first_by_name: dict[str, ModelFacts] = {}
    for facts in rows:
        for name in (facts.id, *facts.aliases):
            by_name.setdefault((facts.provider, name), facts)
            first_by_name.setdefault(name, facts)
    return _Table(content["as_of"], rows, by_name, first_by_name)


def _facts_from_row(row: dict[str, Any]) -> ModelFacts:
    return ModelFacts(**{**row, "aliases": tuple(row["aliases"]), "source": tuple(row["source"])})


def table_date() -> str:
    """The date (ISO) up to which the table is right."""
    return _table().as_of


def all_models() -> tuple[ModelFacts, ...]:
    """Every row of the table: the vendor's own API first, then Bedrock, then Vertex."""
    return _table().rows


def model_name(model: object) -> str | None:
    """The model name in a run-time value: a str, or an enum member whose value is one. Else None."""
    if type(model) is str:  # nearly always, and each call of the adapter asks
        return model
    value = model.value if isinstance(model, Enum) else model
    return value if isinstance(value, str) else None


def find_model(model: object, *, provider: Provider | None = None) -> ModelFacts | None:
    """The facts about a model name, or None if the name is unknown.

    Knows aliases, the spellings before SDK 0.3 (``claude-instant-v1.1``), Bedrock ids with a region
    prefix or in an ARN, and Vertex ids. Names that two providers share mean the vendor's own API
    unless ``provider`` says otherwise. A region prefix stays in the ``id`` of the answer.
    """
    name = model_name(model)
    if name is None:
        return None
    found = _listed(name, provider)
    if found is None and (match := _BEDROCK_ID.fullmatch(name)):
        found = _listed(match["id"], "bedrock")
        return _with_region(found, match["region"]) if found else None
    if found is None and (match := _OLD_SPELLING.fullmatch(name)):
        found = _listed(f"{match['name']}-{match['number']}", provider)
    return found


def _listed(name: str, provider: Provider | None) -> ModelFacts | None:
    table = _table()
    return table.first_by_name.get(name) if provider is None else table.by_name.get((provider, name))


def _with_region(facts: ModelFacts, region: str) -> ModelFacts:
    return dataclasses.replace(facts, id=region + facts.id) if region else facts


def successor_of(
    model: object, *, keep_sampling: bool = False, provider: Provider | None = None
) -> ModelFacts | None:
    """The model to call in place of one that no longer answers; None if the name can stay.

    None is the answer for unknown names and for models that are still served. ``keep_sampling``
    picks a model (up to 4.6) that takes sampling arguments at API version 2023-06-01. The successor
    is a model of the same provider, under the same region prefix. The reason for the choice is
    ``find_model(model).successor_reason``.
    """
    facts = find_model(model, provider=provider)
    if facts is None or facts.default_successor is None:
        return None
    name = (facts.sampling_successor if keep_sampling else None) or facts.default_successor
    found = _listed(name, facts.provider)
    assert found is not None, f"models.json names a successor that it does not list: {name}"
    return _with_region(found, facts.id.partition("anthropic.")[0] if facts.provider == "bedrock" else "")


def prefill_fallback(today: str | None = None, *, provider: Provider = "anthropic") -> ModelFacts:
    """The newest active model that still continues a text put in its mouth.

    Newest is the one that the vendor promises to keep longest. ``today`` is an ISO date (default:
    the date of the table); models whose retirement date is reached are left out.
    Source: page "Prefill is no longer supported" (2026-08): refused by Claude 4.6 and later.
    """
    able = [
        facts
        for facts in all_models()
        if facts.provider == provider and facts.status == "active" and facts.accepts_prefill
        if facts.is_served(today)
    ]
    return max(able, key=_promised_until)


def _promised_until(facts: ModelFacts) -> tuple[str, str]:
    until = facts.retirement_date or facts.retirement_not_before
    if until is None and (twin := _listed(_vendor_id(facts.id), "anthropic")):
        until = twin.retirement_date or twin.retirement_not_before
    return until or "", facts.id


def _vendor_id(name: str) -> str:
    """The vendor's own name of a Bedrock or Vertex id: the same words, other separators."""
    return re.sub(r"(-v\d+)?(:\d+)?$", "", name.removeprefix("anthropic.")).replace("@", "-")


def model_arguments(model: object, *, provider: Provider | None = None) -> dict[str, Any]:
    """Keyword arguments for ``messages.create`` that stand for a model known only at run time.

    ``{"model": …}`` with the successor of a retired name, else with the value as it came (unknown
    names, None and other objects are the server's to judge). ``"thinking"`` is added when that
    model would think unasked and can be told not to, since the old call did not think.
    """
    successor = successor_of(model, provider=provider)
    facts = successor or find_model(model, provider=provider)
    arguments: dict[str, Any] = {"model": successor.id if successor else model_name(model) or model}
    if facts is not None and facts.thinking_off is not None:
        arguments["thinking"] = dict(facts.thinking_off)
    return arguments


def clamped_max_tokens(limit: Any, facts: ModelFacts | None) -> Any:
    """``limit`` (tokens), cut to what the model can give, as the old server did on its own.

    Messages refuses a limit that is too high. Values that are not whole numbers and models whose
    limit is not known pass unchanged.
    """
    if facts is None or facts.max_output_tokens is None or not isinstance(limit, int):
        return limit
    return min(limit, facts.max_output_tokens)
