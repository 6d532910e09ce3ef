"""The same calls under SDK 0.2.10 with its own client and under each later SDK with ours."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from migrate.double import Double, Recorded, Reply
from tests.parity.test_parity import unlike_requests
from tests.sdks import MATRIX, NEWEST, NO_CERTIFICATES, OLDEST, sdk_python

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(__file__).with_name("program_02.py")
# 0.2 asks once, later SDKs up to three times.
SCRIPTS: dict[str, tuple[Reply, ...]] = {
    "unauthorized": (Reply(status=401, error="invalid x-api-key"),),
    "rate limited for good": (Reply.rate_limited(0.01),) * 3,
    "overloaded for good": (Reply.overloaded(0.01),) * 3,
    "server error": (Reply(status=500, error="oops", headers={"x-should-retry": "false"}),),
    "events byte by byte": (Reply(bytes_per_write=1),),
    "error in mid-stream": (Reply(error_after=1),),
}


def scripted(request: Recorded, number: int) -> Reply | None:
    script = SCRIPTS.get(unquote(request.label).rpartition("/")[2].removeprefix("streamed: "), ())
    return script[number] if number < len(script) else None


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with Double(respond_with=lambda request: scripted(request, count(request) - 1)) as running:

        def count(request: Recorded) -> int:
            return len(running.requests_for(request.label))

        yield running


Run = Callable[[str, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def results(double: Double) -> Run:
    """(SDK version, mode, face) -> what the program printed; each is run once."""

    @cache
    def run(version: str, mode: str, face: str) -> dict[str, Any]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
        environment.update(NO_CERTIFICATES, PYTHONPATH="" if mode == "legacy" else str(ROOT))
        environment["NO_PROXY"] = "127.0.0.1"
        url = double.base_url_for(f"{version} {mode} {face}/")
        done = subprocess.run(
            [str(sdk_python(version)), str(PROGRAM), mode, face, url],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


MODES = ("class", "facade", "install", "async class")
QUICK = {(NEWEST, "class")}
PAIRS = [
    pytest.param(version, mode, marks=() if (version, mode) in QUICK else pytest.mark.slow)
    for version in MATRIX
    for mode in MODES
]


@pytest.mark.parametrize("face", ["sync", pytest.param("async", marks=pytest.mark.slow)])
@pytest.mark.parametrize("version, mode", PAIRS)
def test_the_adapter_behaves_as_the_first_sdk(
    version: str, mode: str, face: str, double: Double, results: Run
) -> None:
    before, after = results(OLDEST, "legacy", face), results(version, mode, face)
    assert list(before) == list(after)
    for name in before:
        assert comparable(name, after[name]) == comparable(name, before[name]), name
        old = double.requests_for(f"{OLDEST} legacy {face}/{name}")
        new = double.requests_for(f"{version} {mode} {face}/{name}")
        for one, other in zip(old, new, strict=False):
            assert (one.path, other.path) == ("/v1/complete", "/v1/messages")
            if one.status == 200:
                assert not unlike_requests(one, other), name
        if all(request.status == 200 for request in old) and name != "streamed where it cannot be":
            assert len(old) == len(new), name


def test_the_cases_show_answers_streams_and_errors(results: Run) -> None:
    found = results(OLDEST, "legacy", "sync")
    assert found["natural end"]["completion"] == " Hello there, friend"
    texts = [chunk["completion"] for chunk in found["streamed: custom stop"]]
    assert texts == [" one", " one two", " one two ", " one two "]
    assert found["rate limited for good"] == {
        "chunks": [],
        "caught as": "ApiException",
        "said": "post request failed with status code: 429",
        "type": "rate_limit_error",
    }
    assert found["system text"]["said"].startswith("Prompt must start with")


def comparable(name: str, result: Any) -> Any:
    """0.2 met an error event as text that it could not read; what came before it has to be the same."""
    return result["chunks"] if name == "streamed: error in mid-stream" else result
