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
    """What an edit deletes: its span without the parts that some slice keeps."""
    kept: list[Span] = []
    for part in edit.parts:
        if isinstance(part, Slice):
            kept.extend(_without((part.start, part.end), part.deletions))
    return _without((edit.start, edit.end), kept)


def _without(span: Span, holes: Iterable[Span]) -> list[Span]:
    """The rest of a span once the holes are taken out of it."""
    rest: list[Span] = []
    position = span[0]
    for start, end in sorted(holes):
        if start > position:
            rest.append((position, min(start, span[1])))
        position = max(position, end)
    if position < span[1]:
        rest.append((position, span[1]))
    return [(start, end) for start, end in rest if start < end]
