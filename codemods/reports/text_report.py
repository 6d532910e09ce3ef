# The report people read. Says nothing that the JSON report does not hold.
"""A report as text: one line per finding, what belongs to it indented below, a summary at the end."""

from __future__ import annotations

from collections.abc import Iterator

import click

from codemods.outcome import LADDER, Finding, OutcomeKind, Status
from codemods.reports import OUTCOME_KINDS, FileReport, Report

COLOURS = {"rewritten": "green", "bridged": "cyan", "review": "yellow", "manual": "red", "failed": "red"}

# What each rung means for the reader, before and after the files are written.
_WILL_BE: dict[Status, str] = {
    "rewritten": "to rewrite",
    "bridged": "to bridge",
    "review": "to review",
    "manual": "left to do by hand",
}
_WAS: dict[Status, str] = {
    "rewritten": "rewritten",
    "bridged": "bridged",
    "review": "to review",
    "manual": "left to do by hand",
}
_FILES: dict[OutcomeKind, tuple[str, str]] = {
    "unchanged": ("unchanged", "unchanged"),
    "rewritten": ("to rewrite", "rewritten"),
    "partly": ("to rewrite in part", "rewritten in part"),
    "skipped": ("skipped", "skipped"),
    "failed": ("failed", "failed"),
}


def text_report(report: Report, *, written: bool = False, verbose: bool = False) -> str:
    """The report in lines. `written`: the files have been changed, not only analysed.

    `verbose` adds the evidence of what is certain, the directories left out, and tracebacks.
    """
    blocks = ["\n".join(lines) for file in report.files if (lines := list(_file_lines(file, verbose)))]
    if verbose and report.directories_not_entered:
        blocks.append(
            "\n".join(f"{path}: not entered: {why}" for path, why in report.directories_not_entered)
        )
    blocks.append("\n".join(_summary_lines(report, written)))
    if report.next_steps:
        blocks.append("\n".join(["What to do next:", *(f"  - {step}" for step in report.next_steps)]))
    return "\n\n".join(blocks) + "\n"


def _file_lines(file: FileReport, verbose: bool) -> Iterator[str]:
    for finding in sorted(file.outcome.findings, key=lambda finding: (finding.line, finding.column)):
        yield _finding_line(file.path, finding)
        yield from _details(finding, verbose)
    if file.outcome.reason is not None:
        kind = click.style(file.outcome.kind, fg=COLOURS.get(file.outcome.kind))
        yield f"{file.path}: {kind}: {_one_line(file.outcome.reason)}"
    if verbose and file.traceback is not None:
        yield from (f"    {line}" for line in file.traceback.rstrip().splitlines())


def _finding_line(path: str, finding: Finding) -> str:
    status = click.style(finding.status, fg=COLOURS[finding.status])
    return f"{path}:{finding.line}:{finding.column} {finding.rule} {status} {_one_line(finding.message)}"


def _details(finding: Finding, verbose: bool) -> Iterator[str]:
    if verbose or finding.is_left:
        yield from (f"    because: {_one_line(line)}" for line in finding.evidence)
    yield from (f"    note: {_one_line(line)}" for line in finding.notes)
    if finding.suggestion:
        yield "    suggestion:"
        yield from (f"        {line}" for line in finding.suggestion.rstrip().splitlines())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _summary_lines(report: Report, written: bool) -> Iterator[str]:
    statuses, outcomes = report.status_counts(), report.outcome_counts()
    words = _WAS if written else _WILL_BE
    found = sum(statuses.values())
    if not found:
        yield "Nothing of the Text Completions API found."
    else:
        parts = [f"{statuses[status]} {words[status]}" for status in LADDER if statuses[status]]
        yield f"{_counted(found, 'finding')}: {', '.join(parts)}."
    files = [f"{outcomes[kind]} {_FILES[kind][written]}" for kind in OUTCOME_KINDS if outcomes[kind]]
    left_out = []
    if report.directories_not_entered:
        left_out.append(_counted(len(report.directories_not_entered), "directory"))
    if report.ignored_files:
        left_out.append(f"{_counted(report.ignored_files, 'file')} ignored by git")
    line = f"{_counted(len(report.files), 'file')}: {', '.join(files) or 'none looked at'}."
    yield f"{line} Left out: {', '.join(left_out)} (--verbose names directories)." if left_out else line


def _counted(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
