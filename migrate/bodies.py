"""Request and reply bodies as plain dicts, for programs that speak HTTP or boto3 themselves.

Pure: dicts in, dicts out; no SDK, no sockets. pydantic is not needed.
Sources: the vendor's pages on the two endpoints; AWS's pages on the two kinds of body.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from migrate.errors import MigrationWarning, TranslationError
from migrate.policy import DEFAULT_POLICY, Policy
from migrate.requests import plan_request, warning_text
from migrate.responses import legacy_stop, refusal, reply_text, spaced
from migrate.routes import BEDROCK_VERSION, Dialect

_HTTP = Dialect("anthropic", sampling="keyword", thinking="keyword", versioned=False)
_BEDROCK = Dialect("bedrock", sampling="keyword", thinking="keyword", versioned=False)
_TRANSLATED = frozenset(
    ("prompt", "model", "max_tokens_to_sample", "stop_sequences", "metadata", "temperature", "top_p", "top_k")
)
#: What Bedrock took where a body named no limit, in tokens. Source: AWS's page on the legacy body.
_BEDROCK_LIMIT = 200


def messages_body(
    body: Mapping[str, Any], *, model: str | None = None, migration: Policy = DEFAULT_POLICY
) -> dict[str, Any]:
    """The body for ``/v1/messages`` that asks what a body for ``/v1/complete`` asked.

    ``model`` is the Bedrock model id of a body for ``invoke_model``, which names none: then the result
    names none either and states ``anthropic_version``. Send a body for the vendor's own API with the
    header ``anthropic-version: 2023-06-01``. Keys that the old API did not know stay as they are.
    What had to change is a MigrationWarning.

    Raises TypeError if the prompt, the model or the limit is missing, PromptError if the prompt is
    not in the format, TranslationError for stop sequences of blanks only, and for a Bedrock prompt that
    ends in text for the assistant if the model does not continue it.
    """
    given = dict(body)
    if model is not None:
        given.setdefault("max_tokens_to_sample", _BEDROCK_LIMIT)
        given["model"] = model
    missing = [name for name in ("prompt", "model", "max_tokens_to_sample") if name not in given]
    if missing:
        raise TypeError(f"the body has no {missing[0]!r}")
    legacy = {name: value for name, value in given.items() if name in _TRANSLATED}
    if model is None:
        plan = plan_request(legacy, migration, _HTTP)
    else:  # the caller names the model, so another one cannot be chosen for a prompt's sake
        plan = plan_request(legacy, replace(migration, prefill="error"), _BEDROCK)
    if plan.cuts:
        raise TranslationError(f"Messages refuses {', '.join(map(repr, plan.cuts))} as stop sequences")
    if plan.notes:
        warnings.warn(warning_text(plan.notes), MigrationWarning, stacklevel=2)
    made = {**plan.arguments, **{name: value for name, value in given.items() if name not in _TRANSLATED}}
    if model is not None:
        del made["model"]
        made.setdefault("anthropic_version", BEDROCK_VERSION)
    return made


def completion_body(
    reply: Any, *, leading_space: bool = True, on_refusal: Literal["raise", "pass"] = "raise"
) -> Any:
    """The body of a Messages reply in the shape of the old one, for readers that expect that.

    ``completion`` (with the blank that it began with, unless ``leading_space=False``), ``stop_reason``
    and ``stop`` read as before. Anything that is not a Message comes back as it is: an error body has
    one shape in both APIs, and must not be mistaken for an empty answer.

    Raises RefusalError if the model refused to answer, unless ``on_refusal="pass"``.
    """
    if not isinstance(reply, Mapping) or reply.get("type") != "message":
        return reply
    reason = reply.get("stop_reason")
    if reason == "refusal" and on_refusal == "raise":
        raise refusal(reply.get("stop_details"), reply)
    text = reply_text(dict(reply))
    stop_reason, stop = legacy_stop(reason, reply.get("stop_sequence"))
    return {
        "completion": spaced(text) if leading_space else text,
        "stop_reason": stop_reason,
        "model": reply.get("model"),
        "stop": stop,
        "log_id": reply.get("id"),
        "type": "completion",
        "id": reply.get("id"),
    }
