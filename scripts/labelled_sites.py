# How labelled calls end. Knows findings and places, neither the engine nor what the rules mean.
"""Join labelled places with the findings there, and count how each kind ends.

A label is a row {"repo": "owner/name", "path", "line", "kind", "site"}; its file is `owner+name/path`
below the folder that was surveyed. Of the labels only calls of the SDK in modules and notebooks count, not
the dicts of arguments that some have ("site" other than "call").
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.outcome import LADDER, Finding

CALL_KINDS = ("sdk03", "sdk02", "stream", "async")
PROGRAMS = (".py", ".pyi", ".pyw", ".ipynb")
ENDS = (*LADDER, "nothing", "no file")
# Rules that speak of what stands around a call: constants, types, token counts, removed names.
NOT_ABOUT_CALLS = frozenset({"TC002", "TC003", "TC004", "TC305", "TC402", "TC411"})
# A label may give the line of the assignment, the client or the keyword instead of the call's first.
NEAR = 6


@dataclass(frozen=True, slots=True)
class Label:
    """A call that someone has found by reading."""

    repo: str
    path: str
    line: int
    kind: str

    @property
    def file(self) -> str:
        return f"{self.repo.replace('/', '+')}/{self.path}"


def read_labels(path: Path) -> list[Label]:
    """The labels of SDK calls in modules and notebooks, whatever else each row says."""
    rows = json.loads(path.read_text("utf-8"))
    calls = (row for row in rows if row.get("site", "call") == "call")
    labels = (Label(row["repo"], row["path"], row["line"], row["kind"]) for row in calls)
    return [one for one in labels if one.kind in CALL_KINDS and one.path.endswith(PROGRAMS)]


def ends_of(labels: Sequence[Label], found: Mapping[str, Sequence[Finding]]) -> list[tuple[Label, str, str]]:
    """Each label with how it ended (one of ENDS) and the rule; `found` has the findings of each file."""
    lines: dict[str, list[int]] = {}
    for label in labels:
        lines.setdefault(label.file, []).append(label.line)
    return [(label, *_end(label, found.get(label.file), lines[label.file])) for label in labels]


def _end(label: Label, findings: Sequence[Finding] | None, lines: Sequence[int]) -> tuple[str, str]:
    if findings is None:
        return "no file", ""
    about = [one for one in findings if one.rule not in NOT_ABOUT_CALLS]
    here = [one for one in about if _holds(one, label.line)]
    # A finding that holds another labelled line is that label's, however near it stands.
    here = here or [
        one
        for one in about
        if _distance(one, label.line) <= NEAR and not any(_holds(one, line) for line in lines)
    ]
    here = here or [one for one in about if one.rule == "TC406"]  # one finding for a whole notebook
    if not here:
        return "nothing", ""
    nearest = min(here, key=lambda one: (_distance(one, label.line), one.line))
    return nearest.status, nearest.rule


def _holds(finding: Finding, line: int) -> bool:
    return finding.line <= line <= finding.end_line


def _distance(finding: Finding, line: int) -> int:
    return max(finding.line - line, line - finding.end_line, 0)


def label_rows(ends: Iterable[tuple[Label, str, str]]) -> Iterator[list[object]]:
    """Rows of a table, the first as head: how many labels of each kind end how."""
    counts = Counter((label.kind, end) for label, end, _ in ends)
    yield ["labelled calls", *ENDS, "all"]
    for kind in CALL_KINDS:
        yield [kind, *(counts[kind, end] for end in ENDS), sum(counts[kind, end] for end in ENDS)]
    totals = [sum(counts[kind, end] for kind in CALL_KINDS) for end in ENDS]
    yield ["all kinds", *totals, sum(totals)]


def percentages(ends: Sequence[tuple[Label, str, str]]) -> Iterator[str]:
    """The two figures that say how far the codemod reaches, of the labels whose file is there."""
    present = [end for _, end, _ in ends if end != "no file"]
    for statuses in (("rewritten", "review", "bridged"), ("rewritten", "review")):
        share = 100 * sum(end in statuses for end in present) / len(present) if present else 0.0
        yield f"{' or '.join([', '.join(statuses[:-1]), statuses[-1]])}: {share:.1f} %"
