# May know: how SDK 0.2 made a client, and how the installed one does.
"""Arguments of ``Client(...)`` as SDK 0.2 took them -> keyword arguments of the SDK's client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from migrate import sdk

_NAMES = ("api_key", "api_url", "proxy_url", "default_request_timeout")
_PATH = "v1/complete"


def client_options(
    arguments: Sequence[Any], options: Mapping[str, Any], *, is_async: bool = False
) -> dict[str, Any]:
    """The keyword arguments that make the client which 0.2 would have made; others pass as they are.

    0.2 took api_key, api_url, proxy_url and default_request_timeout, by place as well. ``api_url``
    becomes ``base_url``, up to its last slash, because 0.2 joined its path to it as a link is joined to
    a page; ``default_request_timeout`` becomes ``timeout`` (seconds, a pair for connecting and reading,
    or None); ``proxy_url`` an ``http_client`` that uses it for https, as 0.2 did.
    Raises TypeError if two arguments say the same.
    """
    if len(arguments) > len(_NAMES):
        raise TypeError(f"Client takes {len(_NAMES)} positional arguments ({', '.join(_NAMES)})")
    given = dict(zip(_NAMES, arguments, strict=False))
    if twice := given.keys() & options.keys():
        raise TypeError(f"Client got multiple values for argument {min(twice)!r}")
    given.update(options)
    _move(given, "api_url", "base_url", _base_url)
    _move(given, "default_request_timeout", "timeout", _timeout)
    _move(
        given, "proxy_url", "http_client", lambda url: url and sdk.connections(is_async=is_async, proxy=url)
    )
    return given


def _move(given: dict[str, Any], old: str, new: str, value: Callable[[Any], Any]) -> None:
    if old in given:
        if new in given:
            raise TypeError(f"{old} is what SDK 0.2 called {new}; give one of the two")
        given[new] = value(given.pop(old))


def _base_url(api_url: str | None) -> str | None:
    return api_url and urljoin(api_url, _PATH).removesuffix(f"/{_PATH}")


def _timeout(seconds: Any) -> Any:
    if not isinstance(seconds, tuple):
        return seconds
    connect, between_reads = seconds
    return sdk.load_sdk().Timeout(between_reads, connect=connect)
