# A notebook's cells as one module, and the way back. Knows cells and offsets, nothing of the old API.
"""The code cells of a notebook in order, as one Python module.

Each cell is a segment; a comment line stands before each, so that the end of one cell and the start of
the next are two places. Offsets of the module are bytes, those of a cell are characters.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from dataclasses import dataclass

from codemods.cell_syntax import CellCode, Piece, hidden_cell, read_cell
from codemods.edits import Replacement
from codemods.magics import Effect, effect_of_parameters, effect_of_words
from codemods.notebook_cells import Cell, Notebook

_MARKER = re.compile(rb"# TODO\(to-messages [^\r\n]*")
_FIRST_CODE = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LINE_NAMED = re.compile(r"(cell \d+, )?\bline (\d+)\b")


class Unmappable(Exception):
    """A change that cannot be made in the cell of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"cell {number}")
        self.number = number


@dataclass(slots=True)
class Segment:
    """One cell in the module: its bytes are data[start:end]. `bounds[i]` is where piece i begins."""

    cell: Cell
    code: CellCode
    start: int
    end: int
    bounds: list[int]

    def piece_at(self, offset: int) -> tuple[int, Piece]:
        index = max(bisect.bisect_right(self.bounds, offset) - 1, 0)
        return self.bounds[index], self.code.pieces[index]


class NotebookModule:
    """`data` is the module; `shared` are names that something we cannot read may read."""

    def __init__(self, notebook: Notebook, closed: Iterable[int] = ()) -> None:
        """`closed`: the numbers of cells that are not to be touched."""
        self.notebook = notebook
        cells = [cell for cell in notebook.cells if notebook.is_python(cell) and cell.text]
        self.newline = "\r\n" if any("\r\n" in cell.text for cell in cells) else "\n"
        self.segments: list[Segment] = []
        codes = [self._code(cell, cell.number in closed) for cell in cells]
        if any(code.reads_outputs for code in codes):
            for code in codes:
                code.keep_outputs()
        # Two lines above, so that no comment of the first cell is taken for an encoding cookie.
        parts = [f"#{self.newline}".encode()]
        position = len(parts[0])
        for cell, code in zip(cells, codes, strict=True):
            parts.append(f"#{self.newline}".encode())
            position += len(parts[-1])
            segment, data = self._segment(cell, code, position)
            self.segments.append(segment)
            parts.append(data)
            position = segment.end
        self.data = b"".join(parts)
        self.shared = frozenset().union(*(one.code.reads for one in self.segments))
        self._line_starts = [0, *(match.end() for match in _LINE_END.finditer(self.data))]

    def _code(self, cell: Cell, is_closed: bool) -> CellCode:
        text = self._whole_lines(cell.text)
        code = hidden_cell(text, effect_of_words(text)) if is_closed else read_cell(text)
        if cell.has_parameters:
            effect = effect_of_parameters(text)
            code.add(len(text), len(text), Effect(effect.stand_in + "\n", effect.reads))
        return code

    def _segment(self, cell: Cell, code: CellCode, start: int) -> tuple[Segment, bytes]:
        bounds, data = [], b""
        for piece in code.pieces:
            bounds.append(start + len(data))
            if piece.stand_in is None:
                data += code.text[piece.start : piece.end].encode()
            else:
                data += piece.stand_in.replace("\n", self.newline).encode()
        return Segment(cell, code, start, start + len(data), bounds), data

    def _whole_lines(self, text: str) -> str:
        return text if text.endswith("\n") else text + self.newline

    # -- the way back --------------------------------------------------------------------------

    def new_texts(self, replacements: Iterable[Replacement]) -> dict[int, str]:
        """The cells that change, by number, with their new text. Raises Unmappable."""
        texts: dict[int, str] = {}
        changes: dict[int, list[tuple[int, int, str]]] = {}
        for start, end, new in replacements:
            segment, low, high = self._span(start, end, new)
            text = _MARKER.sub(lambda match: self.in_cells(match[0].decode()).encode(), new).decode()
            if segment.code.is_line_statement(low):
                text = _on_one_line(text)
            changes.setdefault(self.segments.index(segment), []).append((low, high, text))
        for index, many in changes.items():
            cell = self.segments[index].cell
            texts[cell.number] = self._changed(self.segments[index], many)
        return texts

    def _span(self, start: int, end: int, new: bytes) -> tuple[Segment, int, int]:
        """Where a replacement falls: a cell and a span of its text."""
        if start == end == 0:
            segment, offset = self._top()
            return segment, offset, offset
        segment = self._segment_at(start)
        if end > segment.end:
            raise Unmappable(segment.cell.number)
        for bound, piece in zip(segment.bounds, segment.code.pieces, strict=True):
            covered = piece.stand_in and start <= bound < end
            if covered and (new or piece.end > piece.start):
                raise Unmappable(segment.cell.number)
        return segment, self._exactly(segment, start), self._exactly(segment, end)

    def _exactly(self, segment: Segment, offset: int) -> int:
        """The cell's offset for one of the module, which must not be inside of a stand-in."""
        bound, piece = segment.piece_at(offset)
        if piece.stand_in is not None and bound < offset < bound + len(piece.stand_in.encode()):
            raise Unmappable(segment.cell.number)
        return self._offset(segment, offset)

    def _offset(self, segment: Segment, offset: int) -> int:
        bound, piece = segment.piece_at(offset)
        if piece.stand_in is None:
            return piece.start + len(self.data[bound:offset].decode("utf-8", "ignore"))
        return piece.start if offset == bound else piece.end

    def _segment_at(self, offset: int) -> Segment:
        """The segment that holds an offset, or that ends or begins nearest to it."""
        index = max(bisect.bisect_right([one.start for one in self.segments], offset) - 1, 0)
        return self.segments[index]

    def _top(self) -> tuple[Segment, int]:
        """Where the first statement of the notebook stands, behind installations and magics."""
        for segment in self.segments:
            for piece in segment.code.pieces:
                first = _FIRST_CODE.search(segment.code.text, piece.start, piece.end)
                if piece.stand_in is None and first:
                    return segment, first.start()
        raise AssertionError("a notebook without code is not changed")

    def _changed(self, segment: Segment, changes: list[tuple[int, int, str]]) -> str:
        old, out, position = segment.code.text, [], 0
        for low, high, new in changes:
            if low < position:
                raise Unmappable(segment.cell.number)
            out += [old[position:low], new]
            position = high
        text = "".join([*out, old[position:]])
        after = read_cell(self._whole_lines(text)) if text else CellCode("")
        if after.problem is not None or after.hidden != segment.code.hidden:
            raise Unmappable(segment.cell.number)
        return text if segment.cell.text.endswith("\n") else text.removesuffix(self.newline)

    # -- places in words and numbers -----------------------------------------------------------

    def in_cells(self, text: str) -> str:
        """The text with lines of the module named as lines of cells."""
        return _LINE_NAMED.sub(self._line_of_cell, text)

    def _line_of_cell(self, match: re.Match[str]) -> str:
        line = int(match[2])
        if match[1] or not 0 < line <= len(self._line_starts) or not self.segments:
            return match[0]
        cell, offset = self.cell_at(line, 1)
        return f"cell {cell.number}, line {cell.text.count(chr(10), 0, offset) + 1}"

    def cell_at(self, line: int, column: int) -> tuple[Cell, int]:
        """The cell, and the offset in its text, of a line and column of the module."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.data)
        before = self.data[start:end].decode("utf-8", "replace")[: column - 1]
        offset = start + len(before.encode())
        segment = self._segment_at(offset)
        within = min(max(offset, segment.start), segment.end)
        return segment.cell, min(self._offset(segment, within), len(segment.cell.text))


def _on_one_line(text: str) -> str:
    """New code, whose lines are broken inside brackets only, without the breaks."""
    return re.sub(r"\s*\n\s*", _joint, text)


def _joint(match: re.Match[str]) -> str:
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    return "" if before in ("(", "[", "{") or after in (")", "]", "}") else " "
