# Changes as byte spans. Knows nothing of Python; applies them, composed, to the source bytes.
"""Edits: a span of the source and what stands there afterwards.

A replacement is a row of new texts and `Slice`s, pieces of the author's own source that move with
their bytes. An edit inside a deletion vanishes with it; one inside a replacement by
text alone is a conflict. Other edits that fall inside a slice are applied there, so that an f-string can be
rewrapped and an expression inside it rewritten by two rules that know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Span = tuple[int, int]
Replacement = tuple[int, int, bytes]  # a span of the source and what stands there then


@dataclass(frozen=True, slots=True)
class Slice:
    """The source between two offsets, without the spans in `deletions`."""

    start: int
    end: int
    deletions: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace [start, end) by the parts in order. Empty parts delete; start == end inserts.

    `order` sorts insertions at one offset; edits that are equal are made once.
    """

    start: int
    end: int
    parts: tuple[str | Slice, ...] = ()
    order: int = 0


def moved(edit: Edit, by: int) -> Edit:
    """The same edit of a text that begins `by` bytes later."""
    parts = tuple(
        part
        if isinstance(part, str)
        else Slice(part.start - by, part.end - by, tuple((a - by, b - by) for a, b in part.deletions))
        for part in edit.parts
    )
    return Edit(edit.start - by, edit.end - by, parts, edit.order)


class Overlap(Exception):
    """Two different edits want the same bytes."""


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The source after all edits. Raises Overlap if two of them disagree."""
    return _render(data, 0, len(data), _sorted(edits))


def replacements(data: bytes, edits: Iterable[Edit]) -> list[Replacement]:
    """The same as spans of the source, in order and apart, each with the bytes that stand there then."""
    return list(_replaced(data, 0, len(data), _sorted(edits)))


def _sorted(edits: Iterable[Edit]) -> list[Edit]:
    distinct = dict.fromkeys(edits)
    return sorted(distinct, key=lambda edit: (edit.start, edit.end != edit.start, -edit.end, edit.order))


def _render(data: bytes, start: int, end: int, edits: Sequence[Edit]) -> bytes:
    out: list[bytes] = []
    position = start
    for low, high, replacement in _replaced(data, start, end, edits):
        out += (data[position:low], replacement)
        position = high
    out.append(data[position:end])
    return b"".join(out)


def _replaced(data: bytes, start: int, end: int, edits: Sequence[Edit]) -> Iterator[Replacement]:
    """The outermost edits, each with what the edits inside it make of its bytes."""
    position = start
    index = 0
    while index < len(edits):
        edit = edits[index]
        inner_end = index + 1
        while inner_end < len(edits) and edits[inner_end].start < edit.end:
            inner_end += 1
        inner = edits[index + 1 : inner_end]
        if edit.start < position or edit.end > end:
            raise Overlap(f"edits overlap at byte {edit.start}")
        yield edit.start, edit.end, _replacement(data, edit, inner)
        position = edit.end
        index = inner_end


def _replacement(data: bytes, edit: Edit, inner: Sequence[Edit]) -> bytes:
    for one in inner:
        if one.end > edit.end:
            raise Overlap(f"edits overlap at byte {one.start}")
    slices = [part for part in edit.parts if isinstance(part, Slice)]
    if inner and edit.parts and not slices:
        raise Overlap(f"edits overlap at byte {edit.start}")
    if slices and inner:
        _check_home(inner, slices)
    out: list[bytes] = []
    for part in edit.parts:
        if isinstance(part, str):
            out.append(part.encode("utf-8"))
        else:
            inside = [one for one in inner if part.start <= one.start and one.end <= part.end]
            kept = [one for one in inside if not _is_deleted(one, part.deletions)]
            removals = [Edit(*span) for span in part.deletions]
            out.append(_render(data, part.start, part.end, _sorted([*kept, *removals])))
    return b"".join(out)


def _check_home(inner: Sequence[Edit], slices: Sequence[Slice]) -> None:
    """An edit whose bytes survive in no slice vanishes with them; one that straddles is a conflict."""
    for one in inner:
        for part in slices:
            if (
                one.start < part.end
                and part.start < one.end
                and not (part.start <= one.start and one.end <= part.end)
            ):
                raise Overlap(f"edits overlap at byte {one.start}")


def _is_deleted(edit: Edit, deletions: Sequence[Span]) -> bool:
    if edit.start == edit.end and edit.order <= 0:  # an insertion that belongs to what follows
        return any(start <= edit.start < end for start, end in deletions)
    return any(start <= edit.start and edit.end <= end for start, end in deletions)
