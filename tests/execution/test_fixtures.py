"""Fixture programs do the same before and after: the promise "never silently wrong", executed.

Every `fixtures/codemods/*/*.before.py` whose first line is `# runs` takes part. `# runs: any order`
is for programs that ask several things at once, `# runs: blank stops` for those that stop at newlines,
`# runs: sdk 0.2` for those that were written for the first SDK, `# runs: no sdk` for those that ask
with an HTTP library or boto3, before and after. A notebook takes part if that is the first line of its
first code cell; its cells are run as one script.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codemods.outcome import Options
from migrate.double import Double
from tests.execution.compare import allowances, compare_runs, stated_sdk
from tests.execution.notebook_script import as_script, stated_line
from tests.execution.programs import PROJECT, Interpreter
from tests.sdks import NONE, OLDEST

FIXTURES = PROJECT / "fixtures" / "codemods"


def running_programs() -> list[Path]:
    """The fixture programs that say of themselves that they can run."""
    files = sorted([*FIXTURES.glob("*/*.before.py"), *FIXTURES.glob("*/*.before.ipynb")])
    return [file for file in files if stated_line(file).startswith("# runs")]


def case_name(file: Path) -> str:
    return f"{file.parent.name}/{file.name.partition('.before.')[0]}"


def test_there_are_programs_to_run() -> None:
    assert running_programs()


# The traps and every tenth program each day; all of them with the slow tests.
PROGRAMS = [
    pytest.param(
        program,
        id=case_name(program),
        marks=() if number % 10 == 0 or program.parent.name == "traps" else pytest.mark.slow,
    )
    for number, program in enumerate(running_programs())
]


@pytest.mark.parametrize("before", PROGRAMS)
def test_same_before_and_after(
    before: Path,
    double: Double,
    written_for: Callable[[str], Interpreter],
    newest: Interpreter,
    tmp_path: Path,
) -> None:
    from codemods.rewrite import rewrite_source

    source = before.read_bytes()
    outcome = rewrite_source(source, str(before), Options())
    assert outcome.changed, f"nothing was rewritten: {outcome.findings}"
    after = tmp_path / "rewritten" / before.name
    after.parent.mkdir()
    after.write_bytes(outcome.source)
    first_line = stated_line(before)
    before, after = as_script(before, tmp_path), as_script(after, after.parent)
    sdk = stated_sdk(first_line)
    legacy = written_for(sdk)
    current = legacy if sdk == NONE else newest
    with ThreadPoolExecutor(1) as other:
        new_run = other.submit(current.run, after, double, slash=sdk == OLDEST)
        old, new = legacy.run(before, double, slash=sdk == OLDEST), new_run.result()
    assert old.status == 0, f"the program itself fails:\n{old.stderr}"
    assert old.requests, "the program asks nothing"
    found = compare_runs(old, new, allowances(first_line))
    assert not found, "\n".join([*found, "", outcome.source.decode("utf-8", "replace")])
