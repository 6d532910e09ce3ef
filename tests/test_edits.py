"""Edits as byte spans: composition, conflicts, and bytes that nobody asked to change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.edits import Edit, Overlap, Slice, apply_edits, replacements

SOURCE = b"0123456789"


@pytest.mark.parametrize(
    "edits, expected",
    [
        ([], b"0123456789"),
        ([Edit(2, 4)], b"01456789"),
        ([Edit(2, 4, ("ab",))], b"01ab456789"),
        ([Edit(3, 3, ("x",))], b"012x3456789"),
        ([Edit(0, 0, ("x",)), Edit(10, 10, ("y",))], b"x0123456789y"),
        ([Edit(4, 6, ("b",)), Edit(1, 2, ("a",))], b"0a23b6789"),
        ([Edit(2, 4, ("é",))], "01é456789".encode()),
        # Insertions at one place stand in their order, before what is replaced there.
        ([Edit(3, 3, ("b",), 2), Edit(3, 3, ("a",), 1)], b"012ab3456789"),
        ([Edit(3, 5, ("r",)), Edit(3, 3, ("i",))], b"012ir56789"),
        # What two rules both want is done once.
        ([Edit(2, 4, ("ab",)), Edit(2, 4, ("ab",))], b"01ab456789"),
        # Slices move the author's bytes, without what is deleted in them.
        ([Edit(2, 6, ("(", Slice(2, 6), ")"))], b"01(2345)6789"),
        ([Edit(2, 6, (Slice(4, 6), Slice(2, 4)))], b"0145236789"),
        ([Edit(2, 6, (Slice(2, 6), Slice(2, 6)))], b"01234523456789"),
        ([Edit(2, 6, ("[", Slice(2, 6, ((3, 5),)), "]"))], b"01[25]6789"),
        # Other edits inside a slice go along with it; those in a part that is dropped vanish.
        ([Edit(2, 6, ("(", Slice(2, 6), ")")), Edit(3, 4, ("x",))], b"01(2x45)6789"),
        ([Edit(2, 6, (Slice(2, 6, ((3, 5),)),)), Edit(3, 4, ("x",))], b"01256789"),
        ([Edit(2, 6, (Slice(5, 6),)), Edit(3, 4, ("x",))], b"0156789"),
        (
            [Edit(2, 8, ("(", Slice(2, 8), ")")), Edit(3, 6, ("[", Slice(3, 6), "]")), Edit(4, 5)],
            b"01(2[35]67)89",
        ),
    ],
)
def test_edits(edits: list[Edit], expected: bytes) -> None:
    assert apply_edits(SOURCE, edits) == expected
    assert apply_edits(SOURCE, reversed(edits)) == expected


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(2, 5, ("a",)), Edit(4, 6, ("b",))],
        [Edit(2, 6, (Slice(2, 4), Slice(4, 6))), Edit(3, 5, ("x",))],
        [Edit(2, 6, ("(", Slice(2, 6), ")")), Edit(5, 8, ("x",))],
        [Edit(2, 4, ("a",)), Edit(2, 4, ("b",))],
        [Edit(2, 6, ("gone",)), Edit(3, 4, ("x",))],
    ],
)
def test_edits_that_disagree(edits: list[Edit]) -> None:
    with pytest.raises(Overlap):
        apply_edits(SOURCE, edits)


@st.composite
def separate_edits(draw: st.DrawFn) -> tuple[bytes, list[Edit]]:
    """A text and edits of it that leave each other alone."""
    data = draw(st.binary(max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), unique=True, max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    return data, [Edit(start, end, (draw(st.text("xyzé", max_size=3)),)) for start, end in spans]


@given(separate_edits(), st.randoms(use_true_random=False))
def test_bytes_outside_of_edits_stay(case: tuple[bytes, list[Edit]], random: st.DrawFn) -> None:
    data, edits = case
    expected, position = b"", 0
    for edit in edits:
        expected += data[position : edit.start] + "".join(map(str, edit.parts)).encode()
        position = edit.end
    shuffled = list(edits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert apply_edits(data, shuffled) == expected + data[position:]
    assert replacements(data, shuffled) == [
        (edit.start, edit.end, "".join(map(str, edit.parts)).encode()) for edit in edits
    ]


@given(st.binary(max_size=30), st.data())
def test_a_slice_of_everything_changes_nothing(data: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(data)))
    end = draw.draw(st.integers(start, len(data)))
    assert apply_edits(data, [Edit(start, end, (Slice(start, end),))]) == data
