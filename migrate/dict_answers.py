# May know: completions, the old arguments and the checks of SDK 0.2. No clients, no SDK.
"""What SDK 0.2 took and gave: keyword arguments as they came, and plain dicts.

Pure: values in, values out.
Source: anthropic==0.2.10 api.py; the keys of an answer under API version 2023-01-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrate.errors import ApiException
from migrate.prompts import AI_PROMPT, HUMAN_PROMPT
from migrate.requests import BODY_KEYS, REQUIRED
from migrate.responses import read

_SWITCHED_OFF = {"top_k": -1, "top_p": -1}  # as the vendor's page of that time said


def completion_dict(completion: Any, text: str | None = None) -> dict[str, Any]:
    """A completion as the dict that 0.2 returned; ``text`` stands in for its own.

    The keys are completion, stop_reason, model, stop, log_id, truncated and exception, of which the
    last two are always False and None.
    """
    return {
        "completion": completion.completion if text is None else text,
        "stop_reason": completion.stop_reason,
        "model": completion.model,
        "stop": read(completion, "stop"),
        "log_id": read(completion, "log_id"),
        "truncated": False,
        "exception": None,
    }


def checked_arguments(legacy: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without ``disable_checks``, after the checks that it would have switched off.

    Raises ApiException if 0.2 would not have sent the prompt: it had to begin with a Human turn, to
    hold an Assistant marker and not to end with a space.
    """
    arguments = dict(legacy)
    if not arguments.pop("disable_checks", False):
        _check_prompt(arguments["prompt"])
    for name, off in _SWITCHED_OFF.items():
        if arguments.get(name) == off:
            del arguments[name]
    return arguments


def server_problem(arguments: Mapping[str, Any]) -> str | None:
    """Why the server would have refused these names; None if it would not. 0.2 sent whatever it got."""
    for name in sorted(REQUIRED - arguments.keys()):
        return f"{name}: Field required"
    for name in arguments:
        if name not in BODY_KEYS and name != "stream":
            return f"{name}: Extra inputs are not permitted"
    return None


def _check_prompt(prompt: str) -> None:
    if not prompt.startswith(HUMAN_PROMPT):
        raise ApiException(f"Prompt must start with anthropic.HUMAN_PROMPT ({HUMAN_PROMPT!r})")
    if AI_PROMPT not in prompt:
        raise ApiException(f"Prompt must contain anthropic.AI_PROMPT ({AI_PROMPT!r})")
    if prompt.endswith(" "):
        raise ApiException("Prompt must not end with a space character")
