# Joins the dependency files to a report. Reads files, writes none; decides nothing about versions.
"""One run's code and the dependency files that serve it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from codemods.files import (
    dependency_files_above,
    find_files,
    is_dependency_file,
    read_or_none,
    shown_path,
)
from codemods.outcome import Options, Outcome
from codemods.pins.demands import Demand, demand_of
from codemods.pins.manifests import Manifest, read_manifests
from codemods.pins.owners import Owners, is_given
from codemods.pins.planning import ManifestPlan, edited, plan_manifest
from codemods.reports import FileReport, Report


class Joining:
    """A run's report, and what its dependency files add to it. `asking`: the code that asks for any."""

    def __init__(
        self,
        report: Report,
        asking: Sequence[FileReport],
        paths: Sequence[str],
        options: Options,
        is_candidate: Callable[[bytes], bool],
    ) -> None:
        self.before = report
        self.asking = asking
        self.options = options
        self.is_candidate = is_candidate
        self.given = [os.path.realpath(path) for path in paths]
        self.code = dict(zip(real_paths(file.path for file in report.files), report.files, strict=True))
        above = dependency_files_above(paths)
        self.manifests = read_manifests(dict.fromkeys((*report.dependency_files, *above)), self._content)
        roots = [path for path in self.given if os.path.isdir(path)]
        code = (path for path in self.code if not is_dependency_file(path))
        self.owners = Owners(self.manifests, code, roots)
        self._left_out: dict[str, str | None] = {}

    def _content(self, path: str) -> bytes | None:
        """What the file holds once this run's changes of code are in it: setup.py is both."""
        file = self.code.get(os.path.realpath(path))
        return file.outcome.source if file is not None and file.outcome.changed else read_or_none(path)

    def report(self) -> Report:
        files = dict(self.code)
        for manifest, demand in self._demands():
            try:
                plan = plan_manifest(manifest, demand, self.options, self._why_not_edit(manifest))
            except Exception as error:  # one file's trouble must not end the run
                files[manifest.real] = _failed(manifest, error)
                continue
            if plan.findings:
                files[manifest.real] = _joined(files.get(manifest.real), manifest, plan)
        return replace(self.before, files=tuple(files.values()))

    def _demands(self) -> list[tuple[Manifest, Demand]]:
        served: dict[str, list[FileReport]] = {}
        for file in self.asking:
            for manifest in self.owners.serving(os.path.realpath(file.path)):
                served.setdefault(manifest.real, []).append(file)
        return [
            (manifest, demand_of(served[manifest.real]))
            for manifest in self.manifests
            if manifest.real in served
        ]

    def _why_not_edit(self, manifest: Manifest) -> str | None:
        if not is_given(manifest.real, self.given):
            return "it is not among the paths given"
        home = self.owners.home(manifest)
        if home is None or is_given(home, self.given):
            return None
        if home not in self._left_out:
            self._left_out[home] = self._code_left_out(home)
        left_out = self._left_out[home]
        return f"the paths given leave out {left_out}, which it serves as well" if left_out else None

    def _code_left_out(self, home: str) -> str | None:
        """A file below `home` that may use the SDK and is not part of this run."""
        for path in find_files([home]).files:
            if os.path.realpath(path) not in self.code and self.is_candidate(read_or_none(path) or b""):
                return shown_path(path)
        return None


def real_paths(paths: Iterable[str]) -> Iterator[str]:
    """`os.path.realpath` of many files, which resolves each of their folders once."""
    folders: dict[str, str] = {}
    for path in paths:
        folder, name = os.path.split(path)
        if os.path.islink(path) or name in ("", ".", ".."):
            yield os.path.realpath(path)
            continue
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        yield os.path.join(folders[folder], name)


def _failed(manifest: Manifest, error: Exception) -> FileReport:
    reason = (
        f"a bug in to-messages, not in this file: {type(error).__name__}: {error}; "
        "the file stays as it is; please report it with the traceback that --verbose prints"
    )
    shown = "".join(traceback.format_exception(error))
    return FileReport(manifest.path, Outcome("failed", manifest.content, reason=reason), b"", shown, True)


def _joined(file: FileReport | None, manifest: Manifest, plan: ManifestPlan) -> FileReport:
    """The dependency file's entry; `file`: the one it has already, as code."""
    after = manifest.encoded(edited(manifest.text, plan.edits))
    findings = (*(file.outcome.findings if file else ()), *plan.findings)
    before = file.before if file is not None and file.outcome.changed else manifest.content
    if after == before:
        return FileReport(manifest.path, Outcome("unchanged", before, findings), is_manifest=True)
    left = any(one.status == "manual" for one in findings)
    outcome = Outcome("partly" if left else "rewritten", after, findings)
    if file is not None:
        outcome = replace(file.outcome, kind=outcome.kind, source=after, findings=findings)
    return FileReport(manifest.path, outcome, before, is_manifest=True)
