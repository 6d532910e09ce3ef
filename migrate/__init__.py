"""The run-time half of the migration from Text Completions to Messages.

Names load on first use (PEP 562), so that ``import migrate`` loads neither an SDK nor pydantic
and the prompt converter works where none is installed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate.bodies import completion_body, messages_body
    from migrate.clients import (
        Anthropic,
        AnthropicBedrock,
        AsyncAnthropic,
        AsyncAnthropicBedrock,
        AsyncClient,
        Client,
        install,
        uninstall,
        with_completions,
    )
    from migrate.errors import ApiException, MigrationError, MigrationWarning, PromptError, TranslationError
    from migrate.legacy import Completion
    from migrate.models import model_arguments
    from migrate.policy import Policy
    from migrate.prompts import (
        AI_PROMPT,
        HUMAN_PROMPT,
        Conversation,
        Message,
        arguments_from_prompt,
        parse_prompt,
        render_prompt,
    )
    from migrate.requests import arguments_from_legacy
    from migrate.responses import as_completion, reply_text

_HOMES = {
    "migrate.bodies": ("completion_body", "messages_body"),
    "migrate.clients": (
        "Anthropic",
        "AnthropicBedrock",
        "AsyncAnthropic",
        "AsyncAnthropicBedrock",
        "AsyncClient",
        "Client",
        "install",
        "uninstall",
        "with_completions",
    ),
    "migrate.errors": (
        "ApiException",
        "MigrationError",
        "MigrationWarning",
        "PromptError",
        "TranslationError",
    ),
    "migrate.legacy": ("Completion",),
    "migrate.models": ("model_arguments",),
    "migrate.policy": ("Policy",),
    "migrate.prompts": (
        "AI_PROMPT",
        "HUMAN_PROMPT",
        "Conversation",
        "Message",
        "arguments_from_prompt",
        "parse_prompt",
        "render_prompt",
    ),
    "migrate.requests": ("arguments_from_legacy",),
    "migrate.responses": ("as_completion", "reply_text"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AI_PROMPT",
    "HUMAN_PROMPT",
    "Anthropic",
    "AnthropicBedrock",
    "ApiException",
    "AsyncAnthropic",
    "AsyncAnthropicBedrock",
    "AsyncClient",
    "Client",
    "Completion",
    "Conversation",
    "Message",
    "MigrationError",
    "MigrationWarning",
    "Policy",
    "PromptError",
    "TranslationError",
    "arguments_from_legacy",
    "arguments_from_prompt",
    "as_completion",
    "completion_body",
    "install",
    "messages_body",
    "model_arguments",
    "parse_prompt",
    "render_prompt",
    "reply_text",
    "uninstall",
    "with_completions",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
