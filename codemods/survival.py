# Which bytes of the source are still there after a set of edits. Pure spans.
"""Tells whether a place of the source survives the planned edits."""

from __future__ import annotations

import bisect
from collections.abc import Iterable

from codemods.edits import Edit, Slice, Span


class Survival:
    """Answers `survives(span)` for the edits planned so far."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        gone: list[Span] = []
        for edit in edits:
            gone.extend(_gone(edit))
        self._gone = sorted(gone)
        self._starts = [start for start, _ in self._gone]

    def survives(self, span: Span) -> bool:
        """Whether no edit takes the span away (a span that moves with its bytes survives)."""
        index = bisect.bisect_right(self._starts, span[0])
        return not any(end >= span[1] for _, end in self._gone[:index])


def _gone(edit: Edit) -> list[Span]:
    """What an edit deletes: its span without the parts that move."""
    if edit.start == edit.end:
        return []
    slices = sorted((part for part in edit.parts if isinstance(part, Slice)), key=lambda part: part.start)
    if not slices:
        return [(edit.start, edit.end)]
    if len({(part.start, part.end) for part in slices}) == 1:
        return [(edit.start, slices[0].start), *_common(slices), (slices[0].end, edit.end)]
    return [span for part in slices for span in part.deletions]


def _common(slices: list[Slice]) -> list[Span]:
    """Spans that every one of several slices of the same source leaves out."""
    common = list(slices[0].deletions)
    for part in slices[1:]:
        common = [
            (max(a, c), min(b, d)) for a, b in common for c, d in part.deletions if max(a, c) < min(b, d)
        ]
    return common
