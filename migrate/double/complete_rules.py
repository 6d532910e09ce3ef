# May know: JSON shapes, the prompt grammar, model facts as a value. No sockets, no clock.
"""Which bodies `/v1/complete` refused.

Sources: the vendor's reference of the endpoint (shapes; what it said of top_k and top_p in 2023 is
quoted in LangChain's docstrings), its page on prompt validation (turns and length), error texts quoted
in public issues.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from migrate.double.answers import count_tokens
from migrate.double.fields import check_fields, list_of, nullable, number, record, text, truth, whole_number
from migrate.double.refusals import Refusal
from migrate.double.wire import CUMULATIVE_VERSION
from migrate.errors import PromptError
from migrate.models import ModelFacts
from migrate.prompts import parse_prompt

MUST_START = 'prompt must start with "\\n\\nHuman:" turn after an optional system prompt'
MUST_END = 'prompt must end with "\\n\\nAssistant:" turn'
NO_FINAL_ASSISTANT = frozenset(
    {"last_turn_not_assistant", "malformed_assistant_marker", "missing_assistant_turn"}
)
LONGEST_PROMPT = 100_000 - 1  # tokens

FIELDS = {
    "model": text(),
    "prompt": text(minimum=1),
    "max_tokens_to_sample": whole_number(1),
    "stop_sequences": list_of(text()),
    "temperature": number(0, 1),
    "top_p": number(0, 1),
    "top_k": whole_number(0),
    "metadata": record({"user_id": nullable(text(maximum=256))}),
    "stream": truth,
}
REQUIRED = ("model", "prompt", "max_tokens_to_sample")
SWITCHED_OFF = -1  # what top_k and top_p were by default under the first version, and could be given as


def refuse_complete(
    body: Mapping[str, Any], facts: ModelFacts | None, version: str = "2023-06-01"
) -> Refusal | None:
    """The first reason to refuse the body, None if it is accepted. `facts` are those of body["model"].

    A model that was retired long ago is accepted: the double stands for the endpoint in its day.
    """
    given: Mapping[str, Any] = body
    if version == CUMULATIVE_VERSION:
        off = {name for name in ("top_k", "top_p") if body.get(name) == SWITCHED_OFF}
        given = {name: value for name, value in body.items() if name not in off}
    shape = (Refusal(problem) for problem in check_fields(given, FIELDS, REQUIRED))
    return next(chain(shape, _refuse_model(body, facts), _refuse_prompt(body)), None)


def _refuse_model(body: Mapping[str, Any], facts: ModelFacts | None) -> Iterator[Refusal]:
    if facts is None:
        yield Refusal(f"model: {body['model']}", status=404)
    elif not facts.served_text_completions:
        message = f'"{body["model"]}" is not supported on this API. Please use the Messages API instead.'
        yield Refusal(message)


def _refuse_prompt(body: Mapping[str, Any]) -> Iterator[Refusal]:
    """The first turn must be Human and the last Assistant, text after which is a prefill."""
    prompt = str(body["prompt"])
    try:
        parse_prompt(prompt)
    except PromptError as error:
        rule = MUST_END if error.code in NO_FINAL_ASSISTANT else MUST_START
        yield Refusal(f"{rule} ({error})")
    if count_tokens(prompt) >= LONGEST_PROMPT:
        yield Refusal(f"prompt is too long: it must be shorter than {LONGEST_PROMPT} tokens")
