"""Send what programs ask the vendor's or AWS's servers to the double, whatever library they ask with.

Executed by the interpreter of an environment without the SDK. A program names
https://api.anthropic.com itself, so each library is changed at the one place where a request with its
final address leaves; the address is taken from the environment when that happens. boto3 takes another
address by itself, from AWS_ENDPOINT_URL_BEDROCK_RUNTIME.
"""

from __future__ import annotations

import functools
import importlib
import os
import urllib.request
from collections.abc import Callable
from typing import Any

VENDOR = "https://api.anthropic.com"


def load_and_redirect() -> None:
    """Import what the programs use, once, and change it."""
    importlib.import_module("boto3")
    importlib.import_module("asyncio")
    for change in (_requests, _httpx, _aiohttp, _urllib):
        change()


def address(url: str) -> str:
    """The double's address for one of the vendor's."""
    return url.replace(VENDOR, os.environ["ANTHROPIC_BASE_URL"].rstrip("/"), 1)


def _requests() -> None:
    session = importlib.import_module("requests").Session

    def send(old: Callable[..., Any], self: Any, request: Any, **options: Any) -> Any:
        request.url = address(request.url)
        return old(self, request, **options)

    _wrap(session, "send", send)


def _httpx() -> None:
    httpx = importlib.import_module("httpx")

    def handle(old: Callable[..., Any], self: Any, request: Any) -> Any:
        request.url = httpx.URL(address(str(request.url)))
        return old(self, request)

    _wrap(httpx.HTTPTransport, "handle_request", handle)
    _wrap(httpx.AsyncHTTPTransport, "handle_async_request", handle)


def _aiohttp() -> None:
    session = importlib.import_module("aiohttp").ClientSession

    def request(old: Callable[..., Any], self: Any, method: str, url: Any, **options: Any) -> Any:
        return old(self, method, address(str(url)), **options)

    _wrap(session, "_request", request)


def _urllib() -> None:
    def opened(old: Callable[..., Any], self: Any, asked: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(asked, urllib.request.Request):
            asked.full_url = address(asked.full_url)
        else:
            asked = address(asked)
        return old(self, asked, *rest, **options)

    _wrap(urllib.request.OpenerDirector, "open", opened)


def _wrap(owner: Any, name: str, around: Callable[..., Any]) -> None:
    old = getattr(owner, name)

    @functools.wraps(old)
    def new(*given: Any, **options: Any) -> Any:
        return around(old, *given, **options)

    setattr(owner, name, new)
