"""Compare a program of your own before and after its migration.

    python -m tests.execution BEFORE.py [AFTER.py]

BEFORE runs under the last SDK with Text Completions (under 0.2 if its first line is "# runs: sdk 0.2"),
AFTER under the newest one; without AFTER the codemod writes it. Notebooks (.ipynb) run as scripts. Prints what each asked and printed, then the differences. Exit 0 if there are none.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from codemods.outcome import Options
from migrate.double import Double
from tests.execution.compare import ALLOWANCES, compare_runs, stated_sdk
from tests.execution.notebook_script import as_script, stated_line
from tests.execution.programs import Interpreter, Run
from tests.sdks import NEWEST, NONE, OLDEST, sdk_python


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.execution", description="Run BEFORE and AFTER and compare."
    )
    parser.add_argument("before", type=Path, metavar="BEFORE.py")
    parser.add_argument(
        "after", type=Path, metavar="AFTER.py", nargs="?", help="default: what the codemod makes of it"
    )
    parser.add_argument("--allow", choices=sorted(ALLOWANCES), action="append", default=[])
    chosen = parser.parse_args()
    sdk = _sdk_of(chosen.before)
    slash = sdk == OLDEST
    current = NONE if sdk == NONE else NEWEST
    with tempfile.TemporaryDirectory() as folder, Double() as double:
        after = chosen.after or _rewritten(chosen.before, Path(folder))
        before, after = (
            as_script(chosen.before, _folder(folder, "old")),
            as_script(after, _folder(folder, "new")),
        )
        with Interpreter(sdk_python(sdk)) as legacy, Interpreter(sdk_python(current)) as newest:
            old = legacy.run(before, double, slash=slash)
            new = newest.run(after, double, slash=slash)
    _show(f"before: {chosen.before} on anthropic {sdk}", old)
    _show(f"after: {after} on anthropic {current}", new)
    found = compare_runs(old, new, frozenset(chosen.allow))
    print("\n".join(found) or "no difference")
    return 1 if found else 0


def _sdk_of(program: Path) -> str:
    """The SDK that the program says it was written for."""
    first_line = stated_line(program)
    return stated_sdk(first_line if first_line.startswith("# runs") else "")


def _folder(parent: str, name: str) -> Path:
    folder = Path(parent, name)
    folder.mkdir()
    return folder


def _rewritten(before: Path, folder: Path) -> Path:
    from codemods.rewrite import rewrite_source  # loads the parser, which a comparison does not need

    outcome = rewrite_source(before.read_bytes(), str(before), Options())
    for finding in outcome.findings:
        print(f"{before}:{finding.line}:{finding.column}: {finding.rule} {finding.status}: {finding.message}")
    after = folder / before.name
    after.write_bytes(outcome.source)
    print(outcome.source.decode("utf-8", "replace"))
    return after


def _show(title: str, run: Run) -> None:
    print(f"--- {title}: status {run.status}")
    for request in run.requests:
        print(f"asked {request.path} -> {request.status}: {json.dumps(request.body)}")
    print(f"printed:\n{run.stdout}" + (f"\nstderr:\n{run.stderr}" if run.status else ""))


if __name__ == "__main__":
    sys.exit(main())
