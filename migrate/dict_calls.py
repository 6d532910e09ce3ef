# May know: clients with ``completions`` and the installed SDK. What 0.2 gave and took is in dict_answers.
"""The four methods of SDK 0.2, on any client that has ``completions``.

That SDK had one class of client for synchronous and asynchronous calls. Here a call of the other kind
goes through a twin of the client: made for the call, with connections of its own that are closed after
it, as 0.2 opened them for each asynchronous call. Nothing is then left behind in an event loop.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from migrate import sdk
from migrate.completions import AsyncCompletions, Completions, call_site
from migrate.dict_answers import checked_arguments, completion_dict, server_problem
from migrate.errors import MigrationWarning, TranslationError
from migrate.policy import DEFAULT_POLICY


class DictCalls:
    """``completion``, ``completion_stream`` and their asynchronous sisters: keywords in, dicts out.

    All take what ``POST /v1/complete`` took, and ``disable_checks``. For an error status they raise
    ApiException, as they do for a prompt that 0.2 refused to send unless ``disable_checks`` is true.
    """

    def completion(self, **legacy: Any) -> dict[str, Any]:
        """[SDK 0.2] A completion as a dict, answered by the Messages API."""
        with _api_errors():
            arguments = _arguments(self, "completion", legacy)
            completions, made_for_it = _completions(self, is_async=False)
            with made_for_it:
                return completion_dict(completions.create(**arguments))

    def completion_stream(self, **legacy: Any) -> Iterator[dict[str, Any]]:
        """[SDK 0.2] A completion while it is written: each dict has the whole text so far.

        The last one has the stop reason. Nothing is sent before the first one is asked for.
        """
        if not legacy.pop("stream", True):  # as 0.2 answered that
            yield DictCalls.completion(self, **legacy)
            return
        text = ""
        with _api_errors():
            arguments = _arguments(self, "completion_stream", legacy)
            completions, made_for_it = _completions(self, is_async=False)
            with made_for_it, completions.create(**arguments, stream=True) as chunks:
                for chunk in chunks:
                    text += chunk.completion
                    yield completion_dict(chunk, text)

    async def acompletion(self, **legacy: Any) -> dict[str, Any]:
        """[SDK 0.2] The asynchronous ``completion``."""
        with _api_errors():
            arguments = _arguments(self, "acompletion", legacy)
            completions, made_for_it = _completions(self, is_async=True)
            async with made_for_it:
                return completion_dict(await completions.create(**arguments))

    async def acompletion_stream(self, **legacy: Any) -> AsyncIterator[dict[str, Any]]:
        """[SDK 0.2] The asynchronous ``completion_stream``: awaiting it gives the iterator."""
        return _written(self, legacy)


async def _written(client: Any, legacy: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    if not legacy.pop("stream", True):
        yield await DictCalls.acompletion(client, **legacy)
        return
    text = ""
    with _api_errors():
        arguments = _arguments(client, "acompletion_stream", legacy)
        completions, made_for_it = _completions(client, is_async=True)
        async with made_for_it, await completions.create(**arguments, stream=True) as chunks:
            async for chunk in chunks:
                text += chunk.completion
                yield completion_dict(chunk, text)


#: The methods, to be laid over classes that we cannot derive from DictCalls.
DICT_METHODS = {name: method for name, method in vars(DictCalls).items() if "completion" in name}


def _arguments(client: Any, method: str, legacy: Mapping[str, Any]) -> dict[str, Any]:
    arguments = checked_arguments(legacy)
    if arguments.pop("stream", False):
        raise TranslationError(f"{method}() never could read a stream; call {method}_stream()")
    if problem := server_problem(arguments):
        raise sdk.refused_request(problem, str(getattr(client, "base_url", "")))
    return arguments


@contextmanager
def _api_errors() -> Iterator[None]:
    """Error statuses leave as ApiException; what never became an answer stays the SDK's connection error."""
    try:
        yield
    except sdk.load_sdk().APIStatusError as error:
        raise sdk.api_exception(error) from error


def _completions(client: Any, *, is_async: bool) -> tuple[Any, Any]:
    """``completions`` for calls of that kind, and what has to be open while they last."""
    if is_async == (sdk.is_async_class(type(client)) or isinstance(client.completions, AsyncCompletions)):
        return client.completions, nullcontext()
    twin = _twin(client, is_async=is_async)
    face = AsyncCompletions if is_async else Completions
    return face(twin, getattr(client.completions, "policy", DEFAULT_POLICY)), twin


def _twin(client: Any, *, is_async: bool) -> Any:
    """A client with the same options for calls of the other kind."""
    client_class: Any = type(client)
    cls = sdk.twin_class(client_class)
    kind = "an asynchronous" if is_async else "a synchronous"
    if cls is None:
        raise TypeError(
            f"this is the call of {kind} client, and none can be made like this {client_class.__name__}"
        )
    theirs = getattr(client, "_client", None)
    if not sdk.is_usual(theirs):
        _warn(
            f"{kind} call is made with connections of its own; the http_client of this client cannot serve it"
        )
    view = object.__new__(cls)
    view.__dict__.update(client.__dict__)
    return cls.copy(
        view, http_client=sdk.connections(is_async=is_async, proxy=getattr(theirs, "legacy_proxy", None))
    )


def _warn(message: str) -> None:
    site = call_site()
    warnings.warn_explicit(message, MigrationWarning, site.filename, site.line, site.module, site.registry)
