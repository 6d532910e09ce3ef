# Turns in the flat text of a template. The grammar itself is migrate.prompts'.
"""Where the system text, the turns and the prefill stand in a template's flat text."""

from __future__ import annotations

from dataclasses import dataclass

from codemods.template_nodes import HOLE
from migrate.markers import BLANKS, LENIENT_OPENING, MARKERS, Role, is_blank, scan_markers
from migrate.prompts import parse_prompt

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Turn:
    role: Role
    range: Range


@dataclass(frozen=True, slots=True)
class Layout:
    """Ranges of the flat text, without markers and separators. Blank parts are left out."""

    system: Range | None
    turns: tuple[Turn, ...]
    prefill: Range | None

    @property
    def ends_on_assistant(self) -> bool:
        """Whether the model is to go on from words of its own, as a prefill or a whole last turn."""
        return self.prefill is not None or self.turns[-1].role == "assistant"

    @property
    def is_single(self) -> bool:
        """One Human turn and nothing else."""
        alone = self.system is None and self.prefill is None and len(self.turns) == 1
        return alone and self.turns[0].role == "user"


def layout_of(flat: str) -> Layout:
    """The layout of a prompt. Raises migrate's PromptError where the server would refuse it."""
    parse_prompt(flat)
    marks = [(offset, offset + len(MARKERS[role]), role) for offset, role in scan_markers(flat)]
    opening = LENIENT_OPENING.match(flat)
    if opening:
        marks.insert(0, (0, opening.group().index(":") + 1, "user"))
    ends = [start for start, _, _ in marks[1:]] + [len(flat)]
    turns = [
        Turn(role, (after + (flat[after : after + 1] == " "), end))
        for (_, after, role), end in zip(marks, ends, strict=True)
    ]
    system = (0, marks[0][0])
    prefill = _right_stripped(flat, turns[-1].range)
    return Layout(
        None if is_blank(flat[slice(*system)]) else _right_stripped(flat, system),
        tuple(turns[:-1]),
        None if prefill[0] >= prefill[1] else prefill,
    )


def _right_stripped(flat: str, where: Range) -> Range:
    start, end = where
    return start, start + len(flat[start:end].rstrip(BLANKS))


def has_hole(flat: str, where: Range) -> bool:
    return HOLE in flat[slice(*where)]
