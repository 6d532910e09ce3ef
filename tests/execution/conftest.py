"""One double and one interpreter per SDK for all programs of a test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrate.double import Double
from tests.execution.programs import Interpreter
from tests.sdks import LEGACY, NEWEST, sdk_python


@pytest.fixture(scope="session")
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture(scope="session")
def legacy() -> Iterator[Interpreter]:
    with Interpreter(sdk_python(LEGACY), with_project=False) as interpreter:
        yield interpreter


@pytest.fixture(scope="session")
def newest() -> Iterator[Interpreter]:
    with Interpreter(sdk_python(NEWEST)) as interpreter:
        yield interpreter
