"""What the adapter hands back: raw responses and streams around the SDK's own.

Each wraps one object of the SDK, shows completions where it would show messages, and leaves the
rest (headers, status, request id, close) to it. No SDK is imported here.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from migrate.streams import LegacyChunks

if TYPE_CHECKING:
    from migrate.legacy import Completion


class CompletionStream:
    """Chunks of a completion, read as they are asked for. Ends the connection when it is done or dropped."""

    def __init__(self, messages: Any, chunks: LegacyChunks) -> None:
        self._messages = messages
        self.response = messages.response
        self._iterator = _translated(messages, chunks)

    def __iter__(self) -> Iterator[Completion]:
        return self._iterator

    def __next__(self) -> Completion:
        return next(self._iterator)

    def __enter__(self) -> CompletionStream:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return _of_wrapped(self, "_messages", name)

    def close(self) -> None:
        """Close the connection; what is left of the text is lost."""
        self._messages.close()


class AsyncCompletionStream:
    """The asynchronous twin of CompletionStream."""

    def __init__(self, messages: Any, chunks: LegacyChunks) -> None:
        self._messages = messages
        self.response = messages.response
        self._iterator = _translated_async(messages, chunks)

    def __aiter__(self) -> AsyncIterator[Completion]:
        return self._iterator

    async def __anext__(self) -> Completion:
        return await anext(self._iterator)

    async def __aenter__(self) -> AsyncCompletionStream:
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.close()

    def __getattr__(self, name: str) -> Any:
        return _of_wrapped(self, "_messages", name)

    async def close(self) -> None:
        """Close the connection; what is left of the text is lost."""
        await self._messages.close()


# These are functions and not methods: a generator that knew its stream would form a cycle with it,
# and a stream that is dropped half read would stay open until the garbage collector came by.


def _translated(messages: Any, chunks: LegacyChunks) -> Iterator[Completion]:
    try:
        for event in messages:
            yield from chunks.feed(event)
            if chunks.cut:
                return
        yield from chunks.finish()
    finally:
        messages.close()


async def _translated_async(messages: Any, chunks: LegacyChunks) -> AsyncIterator[Completion]:
    try:
        async for event in messages:
            for chunk in chunks.feed(event):
                yield chunk
            if chunks.cut:
                return
        for chunk in chunks.finish():
            yield chunk
    finally:
        await messages.close()


Reader = Callable[..., Any]  # (parsed answer of the SDK, awaitable=False) -> completion or stream


class RawCompletion:
    """Result of ``with_raw_response``: the SDK's raw response, whose ``parse()`` gives the completion.

    Headers, status, request id and the like are the real ones. ``text`` and ``content`` are the body
    as the old API would have sent it; the body that came is at ``http_response``.
    """

    def __init__(self, raw: Any, read: Reader) -> None:
        self._raw = raw
        self._read = read

    def __getattr__(self, name: str) -> Any:
        return _of_wrapped(self, "_raw", name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._raw!r}>"

    def parse(self, *, to: Any = None) -> Any:
        """The completion, or the stream of its chunks; ``to`` reads the real body as that type instead."""
        return self._read(self._raw.parse()) if to is None else self._raw.parse(to=to)

    @property
    def text(self) -> str:
        answer = self.parse()
        # A stream has no text yet; the SDK's own response says so in its own way.
        written: str = answer.to_json(indent=None) if hasattr(answer, "to_json") else self._raw.text
        return written

    @property
    def content(self) -> bytes:
        return self.text.encode()


class AsyncRawCompletion(RawCompletion):
    """The asynchronous one: ``parse()`` may be awaited or not, whatever the SDK at hand wants."""

    def __init__(self, raw: Any, read: Reader, answer: Any) -> None:
        super().__init__(raw, read)
        self._answer = answer

    @classmethod
    async def of(cls, raw: Any, read: Reader) -> AsyncRawCompletion:
        # From SDK 1.0 parse() is a coroutine. The body is here already, so parsing now costs no wait.
        answer = raw.parse()
        return cls(raw, read, await answer if inspect.isawaitable(answer) else answer)

    def parse(self, *, to: Any = None) -> Any:
        return self._read(self._answer, awaitable=True) if to is None else self._raw.parse(to=to)


class StreamedCompletion:
    """What ``with_streaming_response`` yields: the SDK's response, its body not read yet.

    ``parse()`` gives the completion. ``read``, ``text``, ``json`` and the ``iter_`` methods are those
    of the SDK and give the real body.
    """

    def __init__(self, raw: Any, read: Reader) -> None:
        self._raw = raw
        self._read = read

    def __getattr__(self, name: str) -> Any:
        return _of_wrapped(self, "_raw", name)

    def parse(self, *, to: Any = None) -> Any:
        """The completion, or the stream of its chunks; ``to`` reads the real body as that type instead."""
        return self._read(self._raw.parse()) if to is None else self._raw.parse(to=to)


class AsyncStreamedCompletion(StreamedCompletion):
    """The asynchronous one, whose ``parse()`` has to be awaited, as it had to be."""

    async def parse(self, *, to: Any = None) -> Any:
        return self._read(await self._raw.parse()) if to is None else await self._raw.parse(to=to)


class StreamedManager:
    """The context manager of ``with_streaming_response.create``."""

    def __init__(self, manager: Any, read: Reader) -> None:
        self._manager = manager
        self._read = read

    def __enter__(self) -> StreamedCompletion:
        return StreamedCompletion(self._manager.__enter__(), self._read)

    def __exit__(self, *problem: Any) -> None:
        self._manager.__exit__(*problem)


class AsyncStreamedManager:
    """Its asynchronous twin. ``begin`` runs on entry, where the old one sent its request."""

    def __init__(self, begin: Callable[[], tuple[Any, Reader]]) -> None:
        self._begin = begin
        self._manager: Any = None

    async def __aenter__(self) -> AsyncStreamedCompletion:
        self._manager, read = self._begin()
        return AsyncStreamedCompletion(await self._manager.__aenter__(), read)

    async def __aexit__(self, *problem: Any) -> None:
        await self._manager.__aexit__(*problem)


def _of_wrapped(wrapper: Any, slot: str, name: str) -> Any:
    """An attribute that the wrapper leaves to what it wraps; safe while a copy is being made."""
    if name.startswith("__") or slot not in wrapper.__dict__:
        raise AttributeError(name)
    return getattr(wrapper.__dict__[slot], name)
