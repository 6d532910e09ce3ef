"""Fixtures under which the SDK's own tests of its completions run against our clients.

Copied as ``conftest.py`` beside the SDK's test files. Coroutines are run on one event loop here, so
that pytest needs no plugin.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Iterator
from typing import Any

import pytest

import migrate

migrate.install()  # gives ``anthropic.types.Completion`` back, which the tests import

LOOP = asyncio.new_event_loop()
OPTIONS = {"base_url": os.environ["TEST_API_BASE_URL"], "api_key": "any"}


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    LOOP.run_until_complete(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def client(request: Any) -> Iterator[Any]:
    with migrate.Anthropic(**OPTIONS, _strict_response_validation=request.param) as made:
        yield made


@pytest.fixture(scope="session")
def async_client(request: Any) -> Iterator[Any]:
    if isinstance(request.param, dict):
        pytest.skip("needs aiohttp; which HTTP library carries a request is the SDK's affair")
    made = migrate.AsyncAnthropic(**OPTIONS, _strict_response_validation=request.param)
    yield made
    LOOP.run_until_complete(made.close())
