"""Which model answers a call for a legacy one, and what goes with that model.

Pure; knows the model table and the policy, and nothing of prompts or of the rest of a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from migrate.errors import TranslationError
from migrate.models import ModelFacts, Provider, find_model, prefill_fallback, successor_of
from migrate.policy import Policy

BEDROCK_VERSION = "bedrock-2023-05-31"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the SDK at hand says things.

    ``sampling`` and ``thinking``: whether messages.create has arguments of that name. ``versioned``:
    whether it asks for API version 2026-10-21, under which sampling is refused. The defaults
    are valid on every SDK that knows ``thinking``.
    """

    provider: Provider = "anthropic"
    sampling: Literal["keyword", "extra_body"] = "extra_body"
    thinking: Literal["keyword", "extra_body"] = "keyword"
    versioned: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that could not stay as it was: a stable code, what was done, and why."""

    code: str
    message: str


#: Words that every SDK from the first with ``thinking`` on understands.
PORTABLE = Dialect()


@dataclass(frozen=True, slots=True)
class Route:
    """Where calls for one model go: what that decides of the request, whatever else is in it."""

    facts: ModelFacts | None
    arguments: dict[str, Any]
    body: dict[str, Any]
    notes: tuple[Note, ...]


def find_route(policy: Policy, dialect: Dialect, name: str, prefilled: bool) -> Route:
    """The route of calls for the model ``name``; ``prefilled``: they end in text for the assistant.

    Raises TranslationError if they do, the model does not continue it and the policy says ``error``.
    """
    return _Router(policy, dialect).route(name, prefilled)


class _Router:
    """A route while it is found."""

    def __init__(self, policy: Policy, dialect: Dialect) -> None:
        self.policy = policy
        self.dialect = dialect
        self.facts: ModelFacts | None = None
        self.arguments: dict[str, Any] = {}
        self.body: dict[str, Any] = {}
        self.notes: list[Note] = []

    def note(self, code: str, message: str) -> None:
        self.notes.append(Note(code, message))

    def route(self, name: str, prefilled: bool) -> Route:
        model = self._model_for(name)
        if prefilled and self.facts is not None and self.facts.accepts_prefill is False:
            model = self._prefill_model(model)
        self.arguments["model"] = model
        self._switch_thinking_off(model)
        if self.facts is not None and self.facts.accepts_api_2026_10_21 is False and self.dialect.versioned:
            self.body["anthropic_version"] = BEDROCK_VERSION
        return Route(self.facts, self.arguments, self.body, tuple(self.notes))

    def _model_for(self, name: str) -> str:
        provider = self.dialect.provider
        chosen = self.policy.models.get(name)
        if chosen is not None:
            self.facts = find_model(chosen, provider=provider)
            self.note("model", f"{name} is answered by {chosen}, as the policy says")
            return chosen
        successor = successor_of(name, provider=provider)
        self.facts = successor or find_model(name, provider=provider)
        if successor is None:
            return name
        self.note("model", f"{name} is no longer served; {successor.id} answers instead{_reason(name)}")
        return successor.id

    def _prefill_model(self, refused: str) -> str:
        ending = "the prompt ends in text for the assistant"
        if self.policy.prefill == "error":
            raise TranslationError(
                f"{ending}, which {refused} does not continue; name a model that does in Policy.models, "
                'or use Policy(prefill="fallback_model")'
            )
        self.facts = prefill_fallback(provider=self.dialect.provider)
        until = self.facts.retirement_date or self.facts.retirement_not_before
        promise = f", which is promised until {until}" if until else ""
        self.note("prefill", f"{ending}, which {refused} does not continue; {self.facts.id} answers{promise}")
        return self.facts.id

    def _switch_thinking_off(self, model: str) -> None:
        facts = self.facts
        if facts is None or facts.thinking not in ("adaptive_default", "always_on"):
            return
        if facts.thinking_off is None or self.policy.thinking == "default":
            self.note("thinking", f"{model} thinks before it answers, which counts toward max_tokens")
        elif self.dialect.thinking == "keyword":
            self.arguments["thinking"] = facts.thinking_off
        else:
            self.body["thinking"] = facts.thinking_off


def _reason(model: object) -> str:
    facts = find_model(model)
    return f" ({facts.successor_reason.rstrip('.')})" if facts and facts.successor_reason else ""
