"""The drop-in clients with real SDKs, over a real connection to the double.

The checks themselves are in clients_checks.py and clients_checks_02.py and run inside each SDK environment.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import migrate
from tests.sdks import MATRIX, NEWEST, NO_CERTIFICATES, sdk_python

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("clients_checks.py", "clients_checks_02.py")
VERSIONS = [pytest.param(version, marks=() if version == NEWEST else pytest.mark.slow) for version in MATRIX]


def checks_of(program: str) -> list[str]:
    names = [
        node.name
        for node in ast.parse(Path(__file__).with_name(program).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]
    return sorted(name for name in names if name.startswith("check_"))


@cache
def results(version: str, program: str) -> dict[str, str | None]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "AWS"))
    }
    environment.update(NO_CERTIFICATES, PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [str(sdk_python(version)), str(Path(__file__).with_name(program))],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str | None] = json.loads(done.stdout)
    return found


# One group per version: with several test processes, each version then runs in one of them only.
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("version", VERSIONS)
def test_each_check_holds(version: str, program: str) -> None:
    found = results(version, program)
    assert sorted(found) == checks_of(program)
    failed = {name: problem for name, problem in found.items() if problem is not None}
    assert not failed, "\n".join(str(problem) for problem in failed.values())


def test_the_public_names_are_all_there() -> None:
    client_names = {name for name in migrate.__all__ if "Anthropic" in name or "Client" in name}
    for name in set(migrate.__all__) - client_names:
        assert getattr(migrate, name) is not None
    assert set(migrate.__all__) <= set(dir(migrate))
    assert list(migrate.__all__) == sorted(migrate.__all__, key=lambda name: (not name.isupper(), name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    for module in (migrate, importlib.import_module("migrate.clients")):
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = module.nothing


HEAVY = ("anthropic", "pydantic", "libcst", "click", "httpx", "httpx2")
LIGHT = ["migrate", "migrate.models", "migrate.prompts", "migrate.clients", "migrate.responses"]


@pytest.mark.parametrize("module", LIGHT)
def test_importing_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
        cwd=ROOT,
    )
    assert done.stdout.strip() == "[]"


def test_without_the_sdk_the_message_says_what_to_install() -> None:
    program = "import sys; sys.modules['anthropic'] = None\nfrom migrate import Anthropic"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "pip install 'completions-to-messages[adapter]'" in done.stderr
