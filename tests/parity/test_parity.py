"""The same programs under SDK 0.125.0 with its own completions and under each SDK with ours."""

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
from migrate.sameness import asked, differences
from tests.parity.cases import CASES
from tests.sdks import LEGACY, MATRIX, NEWEST, NO_CERTIFICATES, sdk_python

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(__file__).with_name("program.py")

_ANSWERED: tuple[Reply, ...] = ()
SCRIPTS: dict[str, tuple[Reply, ...]] = {
    "overloaded, then answered": (Reply.overloaded(0.01),),
    "rate limited twice, then answered": (Reply.rate_limited(0.01), Reply.rate_limited(0.01)),
    "connection dropped, then answered": (Reply(hang_up_after=0),),
    "overloaded for good": (Reply.overloaded(0.01),) * 2,
    "unauthorized": (Reply(status=401, error="invalid x-api-key"),),
    "server error": (Reply(status=500, error="oops", headers={"x-should-retry": "false"}),),
    "too slow": (Reply(delay=1.0),),
    "events in pieces of 7 bytes": (Reply(bytes_per_write=7),),
    "events byte by byte": (Reply(bytes_per_write=1),),
    "error in mid-stream": (Reply(error_after=1),),
    "connection lost in mid-stream": (Reply(hang_up_after=700),),
}


def scripted(request: Recorded, number: int) -> Reply | None:
    name = unquote(request.label).rpartition("/")[2].removeprefix("streamed: ").removeprefix("raw: ")
    script = SCRIPTS.get(name, _ANSWERED)
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
        base_url = double.base_url_for(f"{version} {mode} {face}/")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
        environment.update(NO_CERTIFICATES, PYTHONPATH="" if mode == "legacy" else str(ROOT))
        done = subprocess.run(
            [str(sdk_python(version)), str(PROGRAM), mode, face, base_url],
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


ALL = [(version, mode) for version in MATRIX for mode in ("class", "facade", "install")]
PAIRS = [pytest.param(*pair, marks=() if pair == (NEWEST, "class") else pytest.mark.slow) for pair in ALL]


@pytest.mark.parametrize("face", ["sync", pytest.param("async", marks=pytest.mark.slow)])
@pytest.mark.parametrize("version, mode", PAIRS)
def test_the_adapter_behaves_as_the_old_sdk(
    version: str, mode: str, face: str, double: Double, results: Run
) -> None:
    before, after = results(LEGACY, "legacy", face), results(version, mode, face)
    for name in before:
        assert comparable(name, before[name]) == comparable(name, after[name]), name
    for name, _, _ in CASES:
        old = requests_of(double, f"{LEGACY} legacy {face}/{name}")
        new = requests_of(double, f"{version} {mode} {face}/{name}")
        if not name.startswith(("broken prompt", "streamed: broken", "raw: broken")):
            assert len(old) == len(new), name
        for one, other in zip(old, new, strict=False):
            assert other.path == "/v1/messages"
            assert not unlike_requests(one, other), name


@pytest.mark.slow
def test_both_faces_of_the_old_sdk_agree(results: Run) -> None:
    assert results(LEGACY, "legacy", "sync") == results(LEGACY, "legacy", "async")


def comparable(name: str, result: Any) -> Any:
    """How far a stream came before its connection was lost depends on the size of the events."""
    if name == "streamed: connection lost in mid-stream":
        assert result["chunks"][0]["completion"] == " one"
        return result["caught as"]
    return result


def requests_of(double: Double, label: str) -> list[Recorded]:
    return double.requests_for(label)


def unlike_requests(old: Recorded, new: Recorded) -> list[str]:
    """Ways in which the adapter asked something else; blank stop sequences are applied after the answer."""
    body = dict(old.body)
    body["stop_sequences"] = [stop for stop in body.get("stop_sequences") or () if stop.strip()]
    return differences(asked(old.path, body), asked(new.path, new.body))
