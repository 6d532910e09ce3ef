# The report other programs read; keys may be added, never renamed or removed.
"""A report as JSON, version 1.

    {"version": 1, "summary": {…}, "files": [{"path", "outcome", "reason", "findings": [
        {"rule", "status", "line", "column", "end_line", "end_column", "message",
         "evidence", "notes", "suggestion"}]}]}

Lines and columns count from 1, columns in characters, the end is exclusive. `outcome` is one of
unchanged, rewritten, partly, skipped, failed; `status` one of rewritten, bridged, review, manual.
"""

from __future__ import annotations

import json
import os

from codemods.outcome import Finding
from codemods.reports import FileReport, Report

VERSION = 1

JsonObject = dict[str, object]


def json_report(report: Report) -> str:
    """The whole report as one JSON document that ends in a newline."""
    return json.dumps(report_object(report), indent=2, ensure_ascii=True) + "\n"


def report_object(report: Report) -> JsonObject:
    """The same as plain dicts and lists. Every file of the run is there, also the unchanged."""
    return {
        "version": VERSION,
        "summary": _summary(report),
        "files": [_file(file) for file in report.files],
        "directories_not_entered": [
            {"path": _shown(path), "reason": reason} for path, reason in report.directories_not_entered
        ],
        "warnings": list(report.warnings),
        "next_steps": list(report.next_steps),
    }


def _summary(report: Report) -> JsonObject:
    statuses = report.status_counts()
    return {
        "files": len(report.files),
        "outcomes": report.outcome_counts(),
        "findings": sum(statuses.values()),
        "statuses": statuses,
        "rules": report.rule_counts(),
        "files_ignored_by_git": report.ignored_files,
    }


def _file(file: FileReport) -> JsonObject:
    outcome = file.outcome
    described: JsonObject = {
        "path": _shown(file.path),
        "outcome": outcome.kind,
        "reason": outcome.reason,
        "findings": [_finding(finding) for finding in outcome.findings],
    }
    if outcome.sdk_floor is not None:
        described["sdk_floor"] = outcome.sdk_floor
    if outcome.uses_bridge:
        described["uses_bridge"] = True
    if file.traceback is not None:
        described["traceback"] = file.traceback
    return described


def _finding(finding: Finding) -> JsonObject:
    return {
        "rule": finding.rule,
        "status": finding.status,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "message": finding.message,
        "evidence": list(finding.evidence),
        "notes": list(finding.notes),
        "suggestion": finding.suggestion,
    }


def _shown(path: str) -> str:
    """A name that is not UTF-8 on disk keeps its odd bytes as escapes, so the JSON stays valid."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
