# The second half of `fix`: puts analysed changes on disk. Decides nothing about code.
"""Write the changed files, each whole or not at all."""

from __future__ import annotations

from dataclasses import replace

from codemods.git import GitError, uncommitted
from codemods.progress import Progress
from codemods.replace import ReplaceError, replace_file
from codemods.reports import FileReport, Report

_ADVICE = "commit or stash, or pass --allow-dirty"


def write_changes(report: Report, progress: Progress, *, allow_dirty: bool) -> Report:
    """Write every changed file and report those that could not be as failed.

    If any file to change holds work that git could not bring back, nothing at all is written:
    changes may depend on each other across files. Dependency files come last, and only if all code
    is written: what could not be may need the old SDK. `progress` tells how far an interrupt let it come.
    """
    changes = sorted((file for file in report.files if file.outcome.changed), key=lambda one: one.is_manifest)
    if not allow_dirty and (reasons := _why_not_write(changes)):
        return _mapped(report, {path: _refused(reason) for path, reason in reasons.items()})
    progress.start("writing", len(changes))
    failures: dict[str, str] = {}
    for file in changes:
        try:
            if file.is_manifest and failures:
                raise ReplaceError(f"{next(iter(failures))} could not be written: see to it and run again")
            replace_file(file.path, file.before, file.outcome.source)
        except ReplaceError as error:
            failures[file.path] = str(error)
        progress.advance()
    return _mapped(report, failures)


def _why_not_write(changes: list[FileReport]) -> dict[str, str]:
    """The reason for each file, or nothing if all may be written."""
    paths = [file.path for file in changes]
    try:
        dirty = uncommitted(paths)
    except GitError as error:
        return dict.fromkeys(paths, f"{error}, so it is not known what would be lost")
    if not dirty:
        return {}
    example = next(iter(dirty))
    return {path: dirty.get(path, f"{example} has {dirty[example]}") for path in paths}


def _refused(reason: str) -> str:
    return f"not written: {reason}; {_ADVICE}"


def _mapped(report: Report, failures: dict[str, str]) -> Report:
    files = (file.failed(failures[file.path]) if file.path in failures else file for file in report.files)
    return replace(report, files=tuple(files))
