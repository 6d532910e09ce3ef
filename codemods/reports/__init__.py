# Reports read outcomes and make text or bytes; they touch no file and know no rule.
"""What a run found, as values; the modules beside this one turn it into text, JSON and diffs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import get_args

from codemods.outcome import LADDER, Finding, Outcome, OutcomeKind

OUTCOME_KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file and what became of it. `before` is its content if the outcome changes it, else empty.

    `is_manifest`: a dependency file, whose change is right only if those of the code are made.
    """

    path: str
    outcome: Outcome
    before: bytes = b""
    traceback: str | None = None
    is_manifest: bool = False

    def failed(self, reason: str) -> FileReport:
        """The same file, not written after all."""
        return self.not_written("failed", reason)

    def not_written(self, kind: OutcomeKind, reason: str) -> FileReport:
        """The same file left as it was: every site in it is still there for a person."""
        findings = tuple(_left(finding) for finding in self.outcome.findings)
        outcome = Outcome(kind, self.before, findings, reason)
        return replace(self, outcome=outcome, before=b"")


@dataclass(frozen=True, slots=True)
class Report:
    """All files of a run in the order they were found; each has exactly one outcome.

    `warnings` are single lines about the run as a whole. `dependency_files` are those met on the
    way; `next_steps` is filled by `fix`.
    """

    files: tuple[FileReport, ...] = ()
    directories_not_entered: tuple[tuple[str, str], ...] = ()
    ignored_files: int = 0
    warnings: tuple[str, ...] = ()
    dependency_files: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()

    def findings(self) -> Iterator[tuple[str, Finding]]:
        for file in self.files:
            for finding in file.outcome.findings:
                yield file.path, finding

    def outcome_counts(self) -> dict[str, int]:
        """Number of files of each outcome, all five always there."""
        return _counted(OUTCOME_KINDS, (file.outcome.kind for file in self.files))

    def status_counts(self) -> dict[str, int]:
        """Number of findings on each rung of the ladder, all four always there."""
        return _counted(LADDER, (finding.status for _, finding in self.findings()))

    def rule_counts(self) -> dict[str, dict[str, int]]:
        """Rule -> status -> number of findings, only what occurs, in the order of the codes."""
        counts: dict[str, dict[str, int]] = {}
        for _, finding in self.findings():
            statuses = counts.setdefault(finding.rule, {})
            statuses[finding.status] = statuses.get(finding.status, 0) + 1
        return dict(sorted(counts.items()))

    def has_failed(self) -> bool:
        return any(file.outcome.kind == "failed" for file in self.files)

    def is_left(self, *, strict: bool) -> bool:
        """Whether a person still has something to do; `strict` counts bridged sites too."""
        left = ("review", "manual", "bridged") if strict else ("review", "manual")
        return any(finding.status in left for _, finding in self.findings())

    def would_change(self) -> bool:
        return any(file.outcome.changed for file in self.files)


def _left(finding: Finding) -> Finding:
    if finding.status == "manual":
        return finding
    note = f"would be {finding.status}, but the file was not written"
    return replace(finding, status="manual", notes=(*finding.notes, note))


def _counted(keys: Iterable[str], values: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys(keys, 0)
    for value in values:
        counts[value] += 1
    return counts
