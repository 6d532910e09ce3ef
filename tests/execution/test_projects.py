"""Projects of several files do the same before and after, as a whole.

Every `fixtures/projects/*/before/main.py` whose first line is `# runs` takes part.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.double import Double
from tests.execution.compare import allowances, compare_runs
from tests.execution.programs import Interpreter
from tests.projects import FIXTURES, NAMES, files_in, migrated


def first_line(name: str) -> str:
    main = FIXTURES / name / "before" / "main.py"
    return main.read_text("utf-8").splitlines()[0] if main.exists() else ""


RUNNING = [name for name in NAMES if first_line(name).startswith("# runs")]


def test_there_are_projects_to_run() -> None:
    assert len(RUNNING) >= 12


@pytest.mark.parametrize("name", RUNNING)
def test_same_before_and_after(
    name: str, double: Double, legacy: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    before = FIXTURES / name / "before"
    outcomes = migrated(files_in(before))
    for file, outcome in outcomes.items():
        target = tmp_path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(outcome.source)
    assert any(outcome.changed for outcome in outcomes.values())
    old, new = legacy.run(before / "main.py", double), newest.run(tmp_path / "main.py", double)
    assert old.status == 0, f"the program itself fails:\n{old.stderr}"
    assert old.requests, "the program asks nothing"
    found = compare_runs(old, new, allowances(first_line(name)))
    assert not found, "\n".join(found)
