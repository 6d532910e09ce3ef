"""``client.completions``, answered by ``client.messages``.

The only module that sends anything, and it does so through the client it was given. Planning and
reading are the same for both faces; the classes below differ in how they call and wait.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from migrate import sdk
from migrate.errors import MigrationWarning, PromptError
from migrate.policy import Policy
from migrate.replies import (
    AsyncCompletionStream,
    AsyncRawCompletion,
    AsyncStreamedManager,
    CompletionStream,
    RawCompletion,
    StreamedManager,
)
from migrate.requests import LEGACY_TIMEOUT, RequestPlan, Translator, check_legacy_names, warning_text
from migrate.responses import completion_from_message
from migrate.streams import LegacyChunks

if TYPE_CHECKING:
    from typing import Literal, overload

    from typing_extensions import Required, TypedDict, Unpack

    from migrate.legacy import Completion

    class LegacyArguments(TypedDict, total=False):
        """What ``completions.create`` of SDK 0.125.0 takes beside ``stream``."""

        max_tokens_to_sample: Required[int]
        model: Required[str]
        prompt: Required[str]
        metadata: Any
        stop_sequences: Sequence[str] | Any
        temperature: float | Any
        top_k: int | Any
        top_p: float | Any
        betas: Sequence[str] | Any
        extra_headers: Mapping[str, Any] | None
        extra_query: Mapping[str, object] | None
        extra_body: object
        timeout: Any


_MakeStream = Callable[[Any, LegacyChunks], Any]
_OURS = frozenset({"migrate", "anthropic"})


class CallSite(NamedTuple):
    """Where a call stands in the user's code, and the register of warnings given there."""

    filename: str
    line: int
    module: str
    registry: dict[Any, Any]


def call_site() -> CallSite:
    """The innermost frame that is neither ours nor the SDK's."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").partition(".")[0] in _OURS and frame.f_back is not None:
        frame = frame.f_back
    module = frame.f_globals.get("__name__", "<unknown>")
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    return CallSite(frame.f_code.co_filename, frame.f_lineno, module, registry)


class _Calls:
    """What every face of ``completions`` shares: planning a request and reading its answer."""

    def __init__(self, client: Any, policy: Policy) -> None:
        self._client = client
        self.policy = policy
        client_class: Any = type(client)
        self._translator = Translator(policy, sdk.dialect_of(client_class))

    @cached_property
    def _class(self) -> type[Completion]:
        from migrate.legacy import completion_class

        return completion_class()

    @cached_property
    def _awaitable_class(self) -> type[Completion]:
        from migrate.legacy import completion_class

        return completion_class(awaitable=True)

    def _plan(self, legacy: Mapping[str, Any], site: CallSite | None = None) -> RequestPlan:
        """The plan of a call. What it changes is a warning, once per call site under the usual filters."""
        try:
            plan = self._translator.plan(legacy)
        except PromptError as error:
            raise sdk.rejected_prompt(error, str(getattr(self._client, "base_url", ""))) from error
        if plan.notes:
            site = site or call_site()
            warnings.warn_explicit(
                warning_text(plan.notes),
                MigrationWarning,
                site.filename,
                site.line,
                site.module,
                site.registry,
            )
        # As SDK 0.125 did for completions. It also lifts the SDK's refusal to wait for long answers.
        if "timeout" not in plan.arguments:
            untouched = sdk.default_timeout()
            timeout = getattr(self._client, "timeout", untouched)
            if timeout is untouched or timeout == untouched:
                plan.arguments["timeout"] = LEGACY_TIMEOUT
        return plan

    def _read(self, plan: RequestPlan, stream: _MakeStream, answer: Any, *, awaitable: bool = False) -> Any:
        """The completion or stream that an answer of messages.create is."""
        leading_space = self.policy.leading_space and not plan.prefilled
        on_refusal = self.policy.on_refusal
        if plan.arguments.get("stream"):
            chunks = LegacyChunks(
                leading_space=leading_space, cuts=plan.cuts, on_refusal=on_refusal, unsent=plan.unsent
            )
            return stream(answer, chunks)
        return completion_from_message(
            answer,
            leading_space=leading_space,
            cuts=plan.cuts,
            on_refusal=on_refusal,
            cls=self._awaitable_class if awaitable else self._class,
            unsent=plan.unsent,
        )

    def _reader(self, plan: RequestPlan, stream: _MakeStream) -> Callable[..., Any]:
        """(answer of messages.create, awaitable=False) -> completion or stream."""
        return partial(self._read, plan, stream)

    def _send(self, legacy: dict[str, Any]) -> Any:
        raise NotImplementedError


def _declared(
    self: Any,
    *,
    max_tokens_to_sample: int,
    model: str,
    prompt: str,
    metadata: Any = None,
    stop_sequences: Any = None,
    stream: Any = None,
    temperature: Any = None,
    top_k: Any = None,
    top_p: Any = None,
    betas: Any = None,
    extra_headers: Any = None,
    extra_query: Any = None,
    extra_body: Any = None,
    timeout: Any = None,
) -> Any:
    """[Legacy] Create a text completion; it is answered by the Messages API.

    Takes what ``completions.create`` of SDK 0.125.0 took. Returns a Completion, or with
    ``stream=True`` a stream of them. What cannot stay as it was is a MigrationWarning, once per call
    site; the client's Policy decides what happens.

    Raises the SDK's own errors. A prompt that is not in the format raises its BadRequestError, which
    is also a PromptError with the offset.
    """


def _create(owner: str) -> Any:
    """The ``create`` method: the arguments are checked here and now, as they were."""
    name = f"{owner}.create"

    def create(self: _Calls, *positional: object, **legacy: Any) -> Any:
        if positional:
            raise TypeError(f"create() takes 1 argument(s) but {len(positional) + 1} were given")
        check_legacy_names(legacy, name)
        return self._send(legacy)

    create.__qualname__ = name
    create.__doc__ = _declared.__doc__
    create.__signature__ = inspect.signature(_declared)  # type: ignore[attr-defined]
    return create


def _stream(messages: Any, chunks: LegacyChunks) -> Any:
    return sdk.joined_stream(CompletionStream, "Stream")(messages, chunks)


def _async_stream(messages: Any, chunks: LegacyChunks) -> Any:
    return sdk.joined_stream(AsyncCompletionStream, "AsyncStream")(messages, chunks)


class Completions(_Calls):
    """``completions`` of a synchronous client."""

    if TYPE_CHECKING:

        @overload
        def create(self, *, stream: Literal[True], **legacy: Unpack[LegacyArguments]) -> CompletionStream: ...
        @overload
        def create(
            self, *, stream: Literal[False] | None = None, **legacy: Unpack[LegacyArguments]
        ) -> Completion: ...
        @overload
        def create(
            self, *, stream: bool, **legacy: Unpack[LegacyArguments]
        ) -> Completion | CompletionStream: ...
        def create(self, **legacy: Any) -> Any: ...

    else:
        create = _create("Completions")

    @cached_property
    def with_raw_response(self) -> CompletionsWithRawResponse:
        """The same calls, giving the raw response whose ``parse()`` is the completion."""
        return CompletionsWithRawResponse(self._client, self.policy)

    @cached_property
    def with_streaming_response(self) -> CompletionsWithStreamingResponse:
        """The same calls as context managers, giving a response whose body is not read yet."""
        return CompletionsWithStreamingResponse(self._client, self.policy)

    def _send(self, legacy: dict[str, Any]) -> Any:
        plan = self._plan(legacy)
        return self._read(plan, _stream, self._client.messages.create(**plan.arguments))


class CompletionsWithRawResponse(_Calls):
    """``completions.with_raw_response`` of a synchronous client."""

    create: Callable[..., RawCompletion] = _create("Completions")

    def _send(self, legacy: dict[str, Any]) -> RawCompletion:
        plan = self._plan(legacy)
        raw = self._client.messages.with_raw_response.create(**plan.arguments)
        return RawCompletion(raw, self._reader(plan, _stream))


class CompletionsWithStreamingResponse(_Calls):
    """``completions.with_streaming_response`` of a synchronous client."""

    create: Callable[..., StreamedManager] = _create("Completions")

    def _send(self, legacy: dict[str, Any]) -> StreamedManager:
        plan = self._plan(legacy)
        manager = self._client.messages.with_streaming_response.create(**plan.arguments)
        return StreamedManager(manager, self._reader(plan, _stream))


class AsyncCompletions(_Calls):
    """``completions`` of an asynchronous client."""

    if TYPE_CHECKING:

        @overload
        async def create(
            self, *, stream: Literal[True], **legacy: Unpack[LegacyArguments]
        ) -> AsyncCompletionStream: ...
        @overload
        async def create(
            self, *, stream: Literal[False] | None = None, **legacy: Unpack[LegacyArguments]
        ) -> Completion: ...
        @overload
        async def create(
            self, *, stream: bool, **legacy: Unpack[LegacyArguments]
        ) -> Completion | AsyncCompletionStream: ...
        async def create(self, **legacy: Any) -> Any: ...

    else:
        create = _create("AsyncCompletions")

    @cached_property
    def with_raw_response(self) -> AsyncCompletionsWithRawResponse:
        """The same calls, giving the raw response whose ``parse()`` is the completion."""
        return AsyncCompletionsWithRawResponse(self._client, self.policy)

    @cached_property
    def with_streaming_response(self) -> AsyncCompletionsWithStreamingResponse:
        """The same calls as context managers, giving a response whose body is not read yet."""
        return AsyncCompletionsWithStreamingResponse(self._client, self.policy)

    # The call site is known now; the errors of the request belong to the moment it is awaited.
    def _send(self, legacy: dict[str, Any]) -> Awaitable[Any]:
        return self._answer(legacy, call_site())

    async def _answer(self, legacy: dict[str, Any], site: CallSite) -> Any:
        plan = self._plan(legacy, site)
        return self._read(plan, _async_stream, await self._client.messages.create(**plan.arguments))


class AsyncCompletionsWithRawResponse(_Calls):
    """``completions.with_raw_response`` of an asynchronous client."""

    create: Callable[..., Awaitable[AsyncRawCompletion]] = _create("AsyncCompletions")

    def _send(self, legacy: dict[str, Any]) -> Awaitable[AsyncRawCompletion]:
        return self._answer(legacy, call_site())

    async def _answer(self, legacy: dict[str, Any], site: CallSite) -> AsyncRawCompletion:
        plan = self._plan(legacy, site)
        raw = await self._client.messages.with_raw_response.create(**plan.arguments)
        return await AsyncRawCompletion.of(raw, self._reader(plan, _async_stream))


class AsyncCompletionsWithStreamingResponse(_Calls):
    """``completions.with_streaming_response`` of an asynchronous client."""

    create: Callable[..., AsyncStreamedManager] = _create("AsyncCompletions")

    def _send(self, legacy: dict[str, Any]) -> AsyncStreamedManager:
        site = call_site()

        def begin() -> tuple[Any, Callable[..., Any]]:
            plan = self._plan(legacy, site)
            manager = self._client.messages.with_streaming_response.create(**plan.arguments)
            return manager, self._reader(plan, _async_stream)

        return AsyncStreamedManager(begin)
