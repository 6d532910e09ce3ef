"""The drop-in clients: the SDK's own, with ``completions`` back in place.

The classes are made from those of the installed SDK when they are first asked for, so importing
this module loads no SDK.
"""

from __future__ import annotations

import inspect
import warnings
from functools import cache, wraps
from types import ModuleType, new_class
from typing import TYPE_CHECKING, Any, overload

from migrate import sdk
from migrate.client_options import client_options
from migrate.completions import AsyncCompletions, Completions
from migrate.dict_calls import DICT_METHODS, DictCalls
from migrate.errors import ApiException, MigrationWarning
from migrate.policy import DEFAULT_POLICY, Policy
from migrate.prompts import AI_PROMPT, HUMAN_PROMPT

if TYPE_CHECKING:
    import anthropic

_NAMES = {
    "Anthropic": "Anthropic",
    "AsyncAnthropic": "AsyncAnthropic",
    "AnthropicBedrock": "AnthropicBedrock",
    "AsyncAnthropicBedrock": "AsyncAnthropicBedrock",
    "Client": "Anthropic",
    "AsyncClient": "AsyncAnthropic",
}
_RESOURCE = "_migrate_completions"

__all__ = [*_NAMES, "install", "uninstall", "with_completions"]


class _CompletionsAttribute:
    """``client.completions``, kept in the instance once made.

    It takes precedence over what the SDK puts into the instance: 0.40 assigns its own resource while
    a client is made. Anything else that is assigned stays, so that tests can put a double there.
    """

    def __init__(self, policy: Policy = DEFAULT_POLICY) -> None:
        self.policy = policy

    def __get__(self, client: Any, owner: type | None = None) -> Any:
        if client is None:
            return self
        found = client.__dict__.get(_RESOURCE)
        if found is None:
            face = AsyncCompletions if sdk.is_async_class(type(client)) else Completions
            found = face(client, client.__dict__.get("_migration", self.policy))
            client.__dict__[_RESOURCE] = found
        return found

    def __set__(self, client: Any, value: object) -> None:
        if not sdk.is_sdk_class(type(value)):
            client.__dict__[_RESOURCE] = value

    def __delete__(self, client: Any) -> None:
        client.__dict__.pop(_RESOURCE, None)


class _Prefix:
    """What ``client.with_raw_response`` gives: the SDK's own, with our ``completions``."""

    def __init__(self, theirs: Any, completions: Any) -> None:
        self._theirs = theirs
        self.completions = completions

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_theirs" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self._theirs, name)


class _PrefixAttribute:
    """``client.with_raw_response`` or ``client.with_streaming_response``.

    theirs: the SDK's own attribute, where ours has taken its place in its class.
    """

    def __init__(self, name: str, theirs: Any = None) -> None:
        self.name = name
        self.theirs = theirs

    def __get__(self, client: Any, owner: type | None = None) -> Any:
        if client is None:
            return self
        theirs = client.__dict__.get(self.name)
        if theirs is None and self.theirs is not None:
            theirs = self.theirs.__get__(client, owner)
        elif theirs is None:
            theirs = getattr(_in_class(client, type(client)._adapted), self.name)
        return _Prefix(theirs, getattr(client.completions, self.name))

    def __set__(self, client: Any, value: object) -> None:
        client.__dict__[self.name] = value


class _Adapted:
    """Marks our client classes. Empty and last among the bases: a first base would change the layout."""

    __slots__ = ()


def _init(self: Any, *args: Any, migration: Policy | None = None, **options: Any) -> None:
    own, adapted = type(self), type(self)._adapted
    if _takes_a_key(adapted):
        args, options = (), client_options(args, options, is_async=sdk.is_async_class(own))
    if own.__dict__.get("_adapted") is None:  # a class that a user derived from ours
        adapted.__init__(self, *args, **options)
    else:
        self.__class__ = adapted
        try:
            adapted.__init__(self, *args, **options)
        finally:
            self.__class__ = own
    _set_policy(self, migration or DEFAULT_POLICY)


def _takes_a_key(cls: type) -> bool:
    """Whether a class stands where ``Client`` of SDK 0.2 stood; others have arguments of their own."""
    package = sdk.load_sdk()
    return cls is package.Anthropic or cls is package.AsyncAnthropic


def _set_policy(client: Any, policy: Policy) -> None:
    client._migration = policy
    client.__dict__.pop(_RESOURCE, None)  # SDK 0.40 asks for completions while a client is made


def _copy(self: Any, *args: Any, migration: Policy | None = None, **options: Any) -> Any:
    """A client with other options, as the SDK's method; ``migration`` replaces the policy."""
    own, adapted = type(self), type(self)._adapted
    if own.__dict__.get("_adapted") is None:
        made = adapted.copy(self, *args, **options)
    else:
        made = _in_class(self, adapted).copy(*args, **options)
        made.__class__ = own
    _set_policy(made, migration or self._migration)
    return made


def _count_tokens(self: Any, text: str) -> Any:
    """About how many tokens a text has; removed in SDK 0.39 together with the old tokenizer.

    Asks the server, as there is no tokenizer to run here, and counts the text as one user turn of
    claude-opus-4-8, with a MigrationWarning: the number is not the one the old method gave. An
    asynchronous client returns an awaitable, as it did.
    """
    warnings.warn(
        "count_tokens asks the server how many tokens the text has as a user turn of "
        f"{_COUNTING_MODEL}; the old tokenizer gave another number",
        MigrationWarning,
        stacklevel=2,
    )
    counter = self.messages if hasattr(self.messages, "count_tokens") else self.beta.messages
    ask = {"model": _COUNTING_MODEL, "messages": [{"role": "user", "content": text}]}
    if not sdk.is_async_class(type(self)):
        return counter.count_tokens(**ask).input_tokens if text.strip() else 0

    async def count() -> int:
        return int((await counter.count_tokens(**ask)).input_tokens) if text.strip() else 0

    return count()


_COUNTING_MODEL = "claude-opus-4-8"

# What is laid over a client class of the SDK. The SDK asks in places whether a client is of its exact
# class (to look for credentials in the environment, to hand them on to copies). While its own code
# makes or copies a client, our classes therefore stand aside.
_LAID_OVER = {
    "HUMAN_PROMPT": HUMAN_PROMPT,
    "AI_PROMPT": AI_PROMPT,
    "completions": _CompletionsAttribute(),
    "with_raw_response": _PrefixAttribute("with_raw_response"),
    "with_streaming_response": _PrefixAttribute("with_streaming_response"),
    "count_tokens": _count_tokens,
    "__init__": _init,
    "copy": _copy,
    "with_options": _copy,
    **DICT_METHODS,
}


def _in_class(client: Any, cls: type) -> Any:
    """A second view of a client, with the same connections, as an instance of another class."""
    view: Any = object.__new__(cls)
    view.__dict__.update(client.__dict__)
    view.__dict__.pop(_RESOURCE, None)
    return view


@cache
def adapter_class(cls: type) -> Any:
    """A subclass of a client class of the SDK, or of one derived from it, that has ``completions``."""
    home = __name__ if cls.__module__.partition(".")[0] == "anthropic" else cls.__module__
    body = {**_LAID_OVER, "__module__": home, "__doc__": cls.__doc__, "_adapted": cls}
    return new_class(cls.__name__, (cls, _Adapted), exec_body=lambda namespace: namespace.update(body))


class _Facade(DictCalls):
    """``completions`` for a client that is not made from the SDK's classes: a wrapper, a double."""

    HUMAN_PROMPT = HUMAN_PROMPT
    AI_PROMPT = AI_PROMPT

    def __init__(self, client: Any, policy: Policy) -> None:
        self._wrapped = client
        self._migration = policy
        is_async = inspect.iscoroutinefunction(client.messages.create)
        self.completions = (AsyncCompletions if is_async else Completions)(client, policy)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_wrapped" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self._wrapped, name)

    def copy(self, *args: Any, migration: Policy | None = None, **options: Any) -> _Facade:
        return _Facade(self._wrapped.copy(*args, **options), migration or self._migration)

    def with_options(self, *args: Any, migration: Policy | None = None, **options: Any) -> _Facade:
        return _Facade(self._wrapped.with_options(*args, **options), migration or self._migration)


if TYPE_CHECKING:
    # Without the SDK its classes are Any to a type checker, and the first overload takes everything.

    @overload
    def with_completions(
        client: anthropic.AsyncAnthropic, *, migration: Policy | None = None
    ) -> AsyncAnthropic: ...
    @overload
    def with_completions(  # type: ignore[overload-cannot-match, unused-ignore]
        client: anthropic.Anthropic, *, migration: Policy | None = None
    ) -> Anthropic: ...
    @overload
    def with_completions(  # type: ignore[overload-cannot-match, unused-ignore]
        client: Any, *, migration: Policy | None = None
    ) -> Any: ...


def with_completions(client: Any, *, migration: Policy | None = None) -> Any:
    """The same client with ``completions``, answered by its ``messages``; the given one is not changed.

    It has the four methods of SDK 0.2 as well, ``completion`` and its sisters.

    For a client of the SDK, or of a class derived from it, the result is of a subclass of its class
    and shares its connections; copies made with ``with_options`` keep ``completions`` and the policy.
    Any other object with ``messages.create`` is wrapped. A client of ours comes back as it is, unless
    ``migration`` names another policy.
    """
    client_class: Any = type(client)
    if issubclass(client_class, _Adapted):
        return client if migration is None else client.copy(migration=migration)
    if not sdk.is_sdk_class(client_class):
        return _Facade(client, migration or DEFAULT_POLICY)
    made = _in_class(client, adapter_class(client_class))
    _set_policy(made, migration or DEFAULT_POLICY)
    return made


_MISSING = object()
_replaced: list[tuple[Any, str, object]] = []


def install(*, migration: Policy | None = None) -> None:
    """CHANGE THE INSTALLED ``anthropic`` PACKAGE for the whole running process.

    For programs whose ``import anthropic`` cannot be edited. Puts ``completions`` (answered by the
    Messages API; behind ``with_raw_response`` and ``with_streaming_response`` as well), the four methods of
    SDK 0.2 and ``count_tokens`` on Anthropic, AsyncAnthropic, AnthropicBedrock and AsyncAnthropicBedrock,
    the two constants on the module and these classes, and
    ``anthropic.types.Completion`` where it is gone. ``ApiException`` is back, and Anthropic and
    AsyncAnthropic (Client, AsyncClient) take the arguments of 0.2 as well.
    Call it before anything does ``from anthropic import HUMAN_PROMPT``. On SDK 0.x it replaces the
    SDK's own ``completions``, whose endpoint no model serves any more.

    Calling it again only changes the policy. ``uninstall()`` puts everything back.
    """
    package = sdk.load_sdk()
    uninstall()
    attribute = _CompletionsAttribute(migration or DEFAULT_POLICY)
    for name in sorted(set(_NAMES.values())):
        cls = getattr(package, name)
        _put(cls, "completions", attribute)
        _put(cls, "HUMAN_PROMPT", HUMAN_PROMPT)
        _put(cls, "AI_PROMPT", AI_PROMPT)
        _put(cls, "count_tokens", _count_tokens)
        for prefix in ("with_raw_response", "with_streaming_response"):
            _put(cls, prefix, _PrefixAttribute(prefix, inspect.getattr_static(cls, prefix, None)))
        for method in DICT_METHODS:
            _put(cls, method, DICT_METHODS[method])
        if _takes_a_key(cls):
            _put(cls, "__init__", _accepting_old_options(cls.__init__))
    _put(package, "ApiException", ApiException)
    _put(package, "HUMAN_PROMPT", HUMAN_PROMPT)
    _put(package, "AI_PROMPT", AI_PROMPT)
    if not hasattr(package.types, "Completion"):
        from migrate.legacy import completion_class

        _put(package.types, "Completion", completion_class())


def _accepting_old_options(init: Any) -> Any:
    @wraps(init)
    def accepting(self: Any, *args: Any, **options: Any) -> None:
        init(self, **client_options(args, options, is_async=sdk.is_async_class(type(self))))

    return accepting


def uninstall() -> None:
    """Take back what ``install()`` did. Clients made in between lose ``completions`` again."""
    while _replaced:
        place, name, before = _replaced.pop()
        if before is _MISSING:
            delattr(place, name)
        else:
            setattr(place, name, before)


def _put(place: type | ModuleType, name: str, value: object) -> None:
    _replaced.append((place, name, vars(place).get(name, _MISSING)))
    setattr(place, name, value)


if TYPE_CHECKING:

    class Anthropic(DictCalls, anthropic.Anthropic):  # type: ignore[misc, unused-ignore]
        HUMAN_PROMPT: str  # type: ignore[misc, unused-ignore]
        AI_PROMPT: str  # type: ignore[misc, unused-ignore]
        completions: Completions  # type: ignore[assignment, unused-ignore]

        def __init__(self, *sdk_02: Any, migration: Policy | None = None, **options: Any) -> None: ...

    class AsyncAnthropic(DictCalls, anthropic.AsyncAnthropic):  # type: ignore[misc, unused-ignore]
        HUMAN_PROMPT: str  # type: ignore[misc, unused-ignore]
        AI_PROMPT: str  # type: ignore[misc, unused-ignore]
        completions: AsyncCompletions  # type: ignore[assignment, unused-ignore]

        def __init__(self, *sdk_02: Any, migration: Policy | None = None, **options: Any) -> None: ...

    class AnthropicBedrock(DictCalls, anthropic.AnthropicBedrock):  # type: ignore[misc, unused-ignore]
        completions: Completions  # type: ignore[assignment, unused-ignore]

        def __init__(self, *args: Any, migration: Policy | None = None, **options: Any) -> None: ...

    class AsyncAnthropicBedrock(DictCalls, anthropic.AsyncAnthropicBedrock):  # type: ignore[misc, unused-ignore]
        completions: AsyncCompletions  # type: ignore[assignment, unused-ignore]

        def __init__(self, *args: Any, migration: Policy | None = None, **options: Any) -> None: ...

    Client = Anthropic
    AsyncClient = AsyncAnthropic

else:

    def __getattr__(name: str) -> Any:
        if name not in _NAMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = adapter_class(getattr(sdk.load_sdk(), _NAMES[name]))
        globals()[name] = value
        return value
