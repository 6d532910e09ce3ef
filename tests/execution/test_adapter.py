"""Unchanged legacy programs on the newest SDK, through ``install()``, and the same programs rewritten.

The adapter and the codemod translate by the same functions; here they are held against each other. For
each fixture program that can run: under the SDK it was written for it prints what it prints under the newest SDK with
the adapter, and the adapter asks what the rewritten program asks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.outcome import Options
from migrate.double import Double
from tests.execution.compare import (
    ANY_ORDER,
    BLANK_STOPS,
    allowances,
    compare_requests,
    compare_runs,
    stated_sdk,
)
from tests.execution.notebook_script import as_script, stated_line
from tests.execution.programs import PROJECT, Interpreter, Run
from tests.execution.test_fixtures import case_name, running_programs
from tests.sdks import NONE, OLDEST

LAUNCHER = """\
import runpy, sys, warnings
import migrate
warnings.simplefilter("ignore", migrate.MigrationWarning)
migrate.install()
sys.path.insert(0, {folder!r})
sys.argv = [{program!r}]
runpy.run_path({program!r}, run_name="__main__")
"""


def run_adapted(
    program: Path, double: Double, newest: Interpreter, folder: Path, *, slash: bool = False
) -> Run:
    launcher = folder / f"adapted_{program.stem.replace('.', '_')}.py"
    launcher.write_text(LAUNCHER.format(program=str(program), folder=str(program.parent)), "utf-8")
    return newest.run(launcher, double, slash=slash)


def test_the_sample_application_runs_unchanged(
    double: Double, legacy: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    program = PROJECT / "examples" / "legacy_app" / "run.py"
    old = legacy.run(program, double)
    new = run_adapted(program, double, newest, tmp_path)
    found = compare_runs(old, new, frozenset({ANY_ORDER, BLANK_STOPS}))
    assert not found, "\n".join([*found, new.stderr])
    assert {request.path for request in new.requests} == {"/v1/messages"}


def programs_with_sdk() -> list[Path]:
    """The adapter is for those that call the SDK."""
    return [one for one in running_programs() if stated_sdk(stated_line(one)) != NONE]


# Three runs for each program: one in thirty every day, all of them with the slow tests.
PROGRAMS = [
    pytest.param(program, id=case_name(program), marks=() if number % 30 == 0 else pytest.mark.slow)
    for number, program in enumerate(programs_with_sdk())
]


@pytest.mark.parametrize("before", PROGRAMS)
def test_the_adapter_and_the_codemod_ask_the_same(
    before: Path,
    double: Double,
    written_for: Callable[[str], Interpreter],
    newest: Interpreter,
    tmp_path: Path,
) -> None:
    from codemods.rewrite import rewrite_source

    first_line = stated_line(before)
    allowed, sdk = allowances(first_line), stated_sdk(first_line)
    slash = sdk == OLDEST
    after = tmp_path / "rewritten" / before.name
    after.parent.mkdir()
    after.write_bytes(rewrite_source(before.read_bytes(), str(before), Options()).source)
    before, after = as_script(before, tmp_path), as_script(after, after.parent)
    adapted = run_adapted(before, double, newest, tmp_path, slash=slash)
    old = written_for(sdk).run(before, double, slash=slash)
    found = compare_runs(old, adapted, allowed | {BLANK_STOPS})
    assert not found, "\n".join([*found, adapted.stderr])
    apart = compare_requests(newest.run(after, double, slash=slash).requests, adapted.requests, allowed)
    assert not apart, "\n".join(apart)
