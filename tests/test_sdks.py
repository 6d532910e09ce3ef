"""Environments are made once, also when several ask at the same time, and again after a failure."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import sdks


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The versions that were built; building takes a moment and makes a folder only."""
    versions: list[str] = []

    def build(home: Path, python: Path, version: str, extras: tuple[str, ...]) -> None:
        versions.append("-".join([version, *extras]))
        home.mkdir(exist_ok=True)
        time.sleep(0.1)
        if version == "broken":
            raise RuntimeError("no such version")

    monkeypatch.setenv("TO_MESSAGES_SDKS", str(tmp_path))
    monkeypatch.setattr(sdks, "_build", build)
    return versions


def test_one_builds_and_the_others_wait(built: list[str]) -> None:
    with ThreadPoolExecutor(4) as asking:
        found = set(asking.map(sdks.sdk_python, ["1.2.3"] * 8))
    assert built == ["1.2.3"]
    assert len(found) == 1


def test_extras_have_an_environment_of_their_own(built: list[str]) -> None:
    assert sdks.sdk_python("1.2.3") != sdks.sdk_python("1.2.3", extras=("bedrock",))
    assert built == ["1.2.3", "1.2.3-bedrock"]


def test_a_failed_build_is_tried_again(built: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no such version"):
            sdks.sdk_python("broken")
    assert built == ["broken", "broken"]
