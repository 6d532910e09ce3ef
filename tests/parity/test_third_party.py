"""Libraries written for completions, unchanged, on the newest SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.double import Double
from tests.sdks import NEWEST, cache_folder

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(__file__).with_name("third_party_program.py")
# llm 0.19 is the last that uses these hooks as they were; it imports httpx, which SDK 1.0 dropped.
LIBRARIES = ("llm-claude==0.4.0", "llm<0.20", "langchain-community==0.0.20", "httpx<1", "setuptools<81")


def environment_with_libraries() -> Path:
    """The interpreter of a cached environment with the newest SDK and both libraries."""
    home = cache_folder() / f"{NEWEST}-libraries-py{sys.version_info.major}.{sys.version_info.minor}"
    python, ready = home / "bin" / "python", home / "ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"anthropic=={NEWEST}", *LIBRARIES], check=True)
        ready.touch()
    return python


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="these old libraries have no wheels for Python 3.13")
def test_libraries_that_know_completions_only() -> None:
    with Double() as double:
        done = subprocess.run(
            [str(environment_with_libraries()), str(PROGRAM), double.base_url],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        paths = {(request.path, request.status) for request in double.requests}
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "llm": " Hello",
        "llm streamed": [" one", " two", ""],
        "llm conversation": " second",
        # LangChain ends its prompts in text for the assistant, so there is no leading space.
        "langchain": "one two ",
        "langchain streamed": ["one", " two", ""],
        "langchain async": ["later", ["a", " b", ""]],
    }
    assert paths == {("/v1/messages", 200)}
