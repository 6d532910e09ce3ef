"""One double and one interpreter per SDK for all programs of a test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from migrate.double import Double
from tests.execution.programs import Interpreter
from tests.sdks import LEGACY, NEWEST, NONE, OLDEST, sdk_python


@pytest.fixture(scope="session")
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture(scope="session")
def legacy() -> Iterator[Interpreter]:
    with Interpreter(sdk_python(LEGACY), with_project=False) as interpreter:
        yield interpreter


@pytest.fixture(scope="session")
def oldest() -> Iterator[Interpreter]:
    with Interpreter(sdk_python(OLDEST), with_project=False) as interpreter:
        yield interpreter


@pytest.fixture(scope="session")
def without_sdk() -> Iterator[Interpreter]:
    with Interpreter(sdk_python(NONE)) as interpreter:
        yield interpreter


@pytest.fixture(scope="session")
def written_for(request: pytest.FixtureRequest) -> Callable[[str], Interpreter]:
    """The interpreter with the SDK of that version; an environment that no program needs is not made."""
    names = {OLDEST: "oldest", LEGACY: "legacy", NONE: "without_sdk"}
    return lambda version: request.getfixturevalue(names[version])


@pytest.fixture(scope="session")
def newest() -> Iterator[Interpreter]:
    with Interpreter(sdk_python(NEWEST)) as interpreter:
        yield interpreter
