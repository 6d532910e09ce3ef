"""The sample application does the same before and after `to-messages fix`, as a whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from migrate.double import Double
from tests.execution.compare import ANY_ORDER, compare_runs
from tests.execution.programs import PROJECT, Interpreter

SAMPLE = PROJECT / "examples" / "legacy_app"


def test_same_before_and_after(
    double: Double, legacy: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    copy = tmp_path / "legacy_app"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    fixed = subprocess.run(
        [sys.executable, "-m", "codemods", "fix", str(copy)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert fixed.returncode in (0, 1), fixed.stderr
    old, new = legacy.run(SAMPLE / "run.py", double), newest.run(copy / "run.py", double)
    assert old.status == 0, old.stderr
    # Its drafts are asked for at the same time, and may arrive in any order.
    found = compare_runs(old, new, frozenset({ANY_ORDER}))
    assert not found, "\n".join([*found, fixed.stdout, fixed.stderr])
