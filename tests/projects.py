"""The example projects: several files each, with what the codemod makes of them.

fixtures/projects/NAME/before/…   the project; a main.py whose first line is `# runs` can be run
fixtures/projects/NAME/after/…    the files that change, as they are then
fixtures/projects/NAME/findings.txt   path:rule:line:column:status, one a line
"""

from __future__ import annotations

from pathlib import Path

from codemods.outcome import Options, Outcome
from codemods.project import Project
from codemods.rewrite import rewrite_source

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "projects"
NAMES = sorted(folder.name for folder in FIXTURES.iterdir())


def files_in(folder: Path) -> dict[str, bytes]:
    """The Python files below a folder by their path in it; none if there is no such folder."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*.py"))}


def migrated(files: dict[str, bytes]) -> dict[str, Outcome]:
    """What becomes of each file, all of them in sight."""
    project = Project("", files.get, list(files))
    return {name: rewrite_source(source, name, Options(), project) for name, source in files.items()}


def findings_of(outcomes: dict[str, Outcome]) -> list[str]:
    """Everything that is reported but the plain work on constants."""
    return [
        f"{name}:{one.rule}:{one.line}:{one.column}:{one.status}"
        for name, outcome in outcomes.items()
        for one in outcome.findings
        if one.rule != "TC002"
    ]
