"""What the installed SDK is like: its arguments, its API version, its errors.

Loads ``anthropic`` at the first question and reads only its public names.
"""

from __future__ import annotations

import importlib
import inspect
from functools import cache
from types import new_class
from typing import Any

from migrate.errors import PromptError
from migrate.models import Provider
from migrate.routes import Dialect


def load_sdk() -> Any:
    """The ``anthropic`` module; ImportError with the next step if it is not installed."""
    try:
        return importlib.import_module("anthropic")
    except ModuleNotFoundError as error:
        if error.name != "anthropic":
            raise
        message = "the drop-in clients need the SDK: pip install 'completions-to-messages[adapter]'"
        raise ImportError(message, name="anthropic") from error


def is_sdk_class(cls: type) -> bool:
    """Whether a class is the SDK's own or made from one of its."""
    return any(base.__module__.partition(".")[0] == "anthropic" for base in cls.__mro__)


def is_async_class(cls: type) -> bool:
    """Whether a client class of the SDK is one of its asynchronous ones."""
    return any(base.__name__ == "AsyncAPIClient" for base in cls.__mro__)


@cache
def dialect_of(cls: type) -> Dialect:
    """How calls through a client of this class have to be worded."""
    names = [base.__name__ for base in cls.__mro__]
    provider: Provider = "anthropic"
    for word, name in (("Bedrock", "bedrock"), ("Vertex", "vertex")):
        if any(word in base for base in names):
            provider = name  # type: ignore[assignment]
    sdk = load_sdk()
    arguments = inspect.signature(sdk.resources.Messages.create).parameters
    return Dialect(
        provider=provider,
        sampling="keyword" if "temperature" in arguments else "extra_body",
        thinking="keyword" if "thinking" in arguments else "extra_body",
        # The Bedrock client that speaks plain Messages has no version of its own in the body.
        versioned=int(sdk.__version__.partition(".")[0]) >= 2 and not any("Mantle" in base for base in names),
    )


@cache
def default_timeout() -> Any:
    """The time-out of a client whose maker named none."""
    return load_sdk().DEFAULT_TIMEOUT


@cache
def joined_stream(shell: type, name: str) -> Any:
    """``shell`` as a subclass of the SDK's ``Stream`` or ``AsyncStream``, for isinstance checks.

    SDK 0.x answers such checks for its exact class only; nothing can be done about that there.
    """
    return new_class(shell.__name__, (shell, getattr(load_sdk(), name)))


#: The legacy server said this of a prompt without a Human turn in front; programs look for it.
_SERVER_WORDS = 'prompt must start with "\n\nHuman:" turn after an optional system prompt'
_NOT_HUMAN_FIRST = frozenset({"no_turns", "missing_human_turn", "first_turn_not_human"})


def rejected_prompt(error: PromptError, base_url: str) -> PromptError:
    """The error that the old server's 400 would have become, which is a PromptError as well.

    ``status_code``, ``response``, ``request`` and ``body`` are set as the SDK sets them; ``code``,
    ``offset``, ``line`` and ``column`` say where the prompt is wrong.
    """
    sdk = load_sdk()
    httpx = importlib.import_module(sdk.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])
    words = f"{_SERVER_WORDS}; {error}" if error.code in _NOT_HUMAN_FIRST else f"prompt: {error}"
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    request = httpx.Request("POST", base_url.rstrip("/") + "/v1/complete")
    response = httpx.Response(400, request=request, json=body)
    rejected: PromptError = rejection_class()(error, response, body, base_url)
    return rejected


@cache
def rejection_class() -> Any:
    """The class of such errors: PromptError and the installed SDK's BadRequestError in one."""
    bad_request = load_sdk().BadRequestError

    class PromptRejectedError(PromptError, bad_request):  # type: ignore[misc, valid-type, unused-ignore]
        def __init__(self, error: PromptError, response: Any, body: Any, base_url: str) -> None:
            message = f"Error code: 400 - {body}"
            bad_request.__init__(self, message, response=response, body=body)
            self.code, self.offset = error.code, error.offset
            self.line, self.column = error.line, error.column
            self._made_of = error, base_url

        def __str__(self) -> str:
            return str(self.message)

        def __reduce__(self) -> Any:
            return rejected_prompt, self._made_of

    return PromptRejectedError
