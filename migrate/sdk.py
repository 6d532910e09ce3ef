"""What the installed SDK is like: its arguments, its API version, its errors.

Loads ``anthropic`` at the first question and reads only its public names.
"""

from __future__ import annotations

import importlib
import inspect
from functools import cache
from types import new_class
from typing import Any

from migrate.errors import ApiException, PromptError
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
def twin_class(cls: type) -> Any:
    """The SDK's class for calls of the other kind, as AsyncAnthropic for Anthropic; None if it has none."""
    package = load_sdk()
    for base in cls.__mro__:
        name = base.__name__
        if getattr(package, name, None) is base:
            return getattr(
                package, name.removeprefix("Async") if is_async_class(cls) else f"Async{name}", None
            )
    return None


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
def http_library() -> Any:
    """httpx, or httpx2, which SDK 1.0 and later use."""
    return importlib.import_module(load_sdk().DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])


@cache
def _certificates() -> Any:
    """The trusted certificates; to read them takes longer than all else that goes into a client."""
    return http_library().create_ssl_context()


def connections(*, is_async: bool, proxy: str | None = None) -> Any:
    """An HTTP client as the SDK makes them; https goes through ``proxy``, a URL, if there is one."""
    package, library = load_sdk(), http_library()
    options: dict[str, Any] = {"verify": _certificates()}
    if proxy:
        transport = library.AsyncHTTPTransport if is_async else library.HTTPTransport
        limits = package.DEFAULT_CONNECTION_LIMITS
        options["mounts"] = {"https://": transport(proxy=proxy, verify=_certificates(), limits=limits)}
    made = (package.DefaultAsyncHttpxClient if is_async else package.DefaultHttpxClient)(**options)
    made.legacy_proxy = proxy
    return made


def is_usual(connections: Any) -> bool:
    """Whether an HTTP client of a client is one that nobody chose, or ours."""
    return hasattr(connections, "legacy_proxy") or type(connections).__name__.endswith("HttpxClientWrapper")


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
    words = f"{_SERVER_WORDS}; {error}" if error.code in _NOT_HUMAN_FIRST else f"prompt: {error}"
    response, body = _refusal(words, base_url)
    rejected: PromptError = rejection_class()(error, response, body, base_url)
    return rejected


def refused_request(words: str, base_url: str) -> Any:
    """The SDK's error for a request that the old server would have refused with these words."""
    response, body = _refusal(words, base_url)
    return load_sdk().BadRequestError(f"Error code: 400 - {body}", response=response, body=body)


def _refusal(words: str, base_url: str) -> tuple[Any, dict[str, Any]]:
    """(response, body) of the old server's 400."""
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    request = http_library().Request("POST", base_url.rstrip("/") + "/v1/complete")
    return http_library().Response(400, request=request, json=body), body


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


def api_exception(error: Any) -> ApiException:
    """An APIStatusError as SDK 0.2 raised it: an ApiException with its ``args``, and still the SDK's."""
    theirs = next(cls for cls in type(error).__mro__ if cls.__module__.partition(".")[0] == "anthropic")
    made: ApiException = api_exception_class(theirs).__new__(api_exception_class(theirs))
    made.__dict__.update(error.__dict__)
    made.args = (f"post request failed with status code: {error.status_code}", error.body)
    return made


@cache
def api_exception_class(theirs: type) -> Any:
    """ApiException and a class of the SDK in one. A pickled one comes back as a plain ApiException."""

    def fill(body: dict[str, Any]) -> None:
        body.update(__module__=ApiException.__module__, __reduce__=lambda self: (ApiException, self.args))

    return new_class("ApiException", (ApiException, theirs), exec_body=fill)
