# May know: model facts as a value. No sockets, no clock.
"""What one model accepts in a Messages request: its name, limit, prefill, sampling and thinking.

Sources: the vendor's model table and its pages on prefill, thinking and API version 2026-10-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migrate.double.refusals import Refusal
from migrate.models import ModelFacts

NO_SAMPLING_SINCE = "2026-10-21"  # API version
SAMPLING_DEFAULTS = {"temperature": 1, "top_p": 1, "top_k": None}
THINKING_TYPES = ("enabled", "adaptive", "disabled", "between_tools")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
SMALLEST_BUDGET = 1024  # tokens


def refuse_for_model(body: Mapping[str, Any], version: str, facts: ModelFacts | None) -> Iterator[Refusal]:
    """Reasons of the named model to refuse a body whose shape is right."""
    if facts is None or not serves_messages(facts):
        yield Refusal(f"model: {body['model']}", status=404)
        return
    yield from _refuse_limit(body, facts)
    yield from _refuse_thinking(body, facts)
    yield from _refuse_prefill(body, facts)
    yield from _refuse_sampling(body, version, facts)


def serves_messages(facts: ModelFacts) -> bool:
    """Whether Messages is answered for the model: not retired, and no name from before Messages."""
    return facts.status != "retired" and not facts.served_text_completions


def thinks(body: Mapping[str, Any], facts: ModelFacts) -> bool:
    """Whether the model thinks before it answers this request."""
    asked = body.get("thinking")
    if isinstance(asked, dict):
        return asked.get("type") in ("enabled", "adaptive")
    return facts.thinking in ("adaptive_default", "always_on")


def _refuse_limit(body: Mapping[str, Any], facts: ModelFacts) -> Iterator[Refusal]:
    limit, most = body.get("max_tokens", 0), facts.max_output_tokens
    if most is not None and limit > most:
        rule = f"which is the maximum allowed number of output tokens for {body['model']}"
        yield Refusal(f"max_tokens: {limit} > {most}, {rule}")


def _refuse_thinking(body: Mapping[str, Any], facts: ModelFacts) -> Iterator[Refusal]:
    if "thinking" not in body:
        return
    asked = body["thinking"]
    kind = asked.get("type") if isinstance(asked, dict) else None
    if kind not in THINKING_TYPES:
        yield Refusal(f"thinking.type: Input should be one of {', '.join(THINKING_TYPES)}")
    elif kind in ("disabled", "between_tools"):
        if not _may_be_switched_off(kind, facts):
            yield Refusal(f"thinking.type: {kind} is not supported by this model")
        elif _effort_is_above(body.get("output_config"), facts.thinking_off_effort):
            yield Refusal(f"output_config.effort: at most {facts.thinking_off_effort} without thinking")
    elif facts.thinking == "none":
        yield Refusal("thinking: this model does not support thinking")
    elif kind == "enabled":
        yield from _refuse_budget(asked.get("budget_tokens"), body.get("max_tokens"))


def _may_be_switched_off(kind: str, facts: ModelFacts) -> bool:
    """Models that think by default name their one way out; the others take `disabled`."""
    if facts.thinking in ("none", "optional"):
        return kind == "disabled"
    return facts.thinking_off is not None and facts.thinking_off.get("type") == kind


def _effort_is_above(config: Any, most: str | None) -> bool:
    effort = config.get("effort") if isinstance(config, dict) else None
    return most in EFFORTS and effort in EFFORTS and EFFORTS.index(effort) > EFFORTS.index(most)


def _refuse_budget(budget: Any, limit: Any) -> Iterator[Refusal]:
    if not isinstance(budget, int) or budget < SMALLEST_BUDGET:
        yield Refusal(f"thinking.budget_tokens: Input should be greater than or equal to {SMALLEST_BUDGET}")
    elif limit is not None and limit <= budget:
        yield Refusal("max_tokens: must be greater than thinking.budget_tokens")


def _refuse_prefill(body: Mapping[str, Any], facts: ModelFacts) -> Iterator[Refusal]:
    if body["messages"][-1]["role"] != "assistant":
        return
    if not facts.accepts_prefill:
        yield Refusal(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    elif thinks(body, facts):
        yield Refusal("messages: the final message cannot be an assistant message when thinking is enabled")


def _refuse_sampling(body: Mapping[str, Any], version: str, facts: ModelFacts) -> Iterator[Refusal]:
    given = [name for name in SAMPLING_DEFAULTS if name in body]
    changed = [name for name in given if body[name] != SAMPLING_DEFAULTS[name]]
    if version >= NO_SAMPLING_SINCE:
        # Even the default values are refused.
        yield from (
            Refusal(f"{name}: not permitted since anthropic-version {NO_SAMPLING_SINCE}") for name in given
        )
    elif not facts.accepts_sampling:
        yield from (Refusal(f"{name}: only the default value is supported by this model") for name in changed)
    elif facts.one_sampling_argument and {"temperature", "top_p"} <= set(given):
        yield Refusal(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
        )
    elif thinks(body, facts):
        yield from _refuse_sampling_while_thinking(body, changed)


def _refuse_sampling_while_thinking(body: Mapping[str, Any], changed: list[str]) -> Iterator[Refusal]:
    if "temperature" in changed or "top_k" in changed:
        yield Refusal("`temperature` may only be 1 and `top_k` must be unset when thinking is enabled.")
    if body.get("top_p", 1) < 0.95:
        yield Refusal("`top_p` must be between 0.95 and 1 when thinking is enabled.")
