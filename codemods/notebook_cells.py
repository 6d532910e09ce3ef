# Notebook files: where each code cell's source stands in the JSON text, and how it is written back.
# Knows the format, nothing of Python or IPython.
"""Code cells of a notebook file, of nbformat 3 and 4, and the same file with some sources changed.

A source is one string or a list of strings that are joined. Only the lines of a source that differ are
written anew, in the file's own layout and with the spellings it has (`\\u00e9` or é); every other byte
stays. Source of the format: nbformat's "The Notebook file format" and its v3 and v4 schemas.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from codemods.json_text import Node, read_json, spelled, units

_PYTHON = re.compile(r"i?python[\d.]*", re.IGNORECASE)
_ESCAPED_NON_ASCII = re.compile(r"\\u(?!00[0-7])[0-9a-fA-F]{4}")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")

Unit = tuple[str, str]  # a character and its spelling in the file


class BadNotebook(ValueError):
    """JSON that cannot be a notebook; the message says which cell is wrong."""


@dataclass(eq=False, slots=True)
class Cell:
    """A code cell. `number` counts all cells from 1, text cells too, as a reader would.

    has_parameters: a runner such as papermill puts other values behind those of this cell.
    """

    number: int
    source: Node
    text: str
    language: str | None
    has_parameters: bool


@dataclass(slots=True)
class Notebook:
    """A notebook file's text and its code cells in order. `language`: None if it says nothing."""

    text: str
    cells: list[Cell]
    language: str | None
    _line_starts: list[int] = field(default_factory=list)

    def is_python(self, cell: Cell) -> bool:
        """Whether the cell is Python, for all the file says."""
        language = cell.language or self.language
        return language is None or _PYTHON.fullmatch(language) is not None

    def place(self, cell: Cell, offset: int, *, is_end: bool = False) -> tuple[int, int]:
        """Line and column in the file, both from 1, of a character of the cell's text.

        is_end: of the end of the character before it.
        """
        at = self._index(cell, offset - 1, 1) if is_end and offset else self._index(cell, offset, 0)
        line = self.text.count("\n", 0, at) + 1
        return line, at - (self.text.rfind("\n", 0, at) + 1) + 1

    def _index(self, cell: Cell, offset: int, after: int) -> int:
        literals = _literals(cell.source)
        for literal in literals:
            spellings = units(self.text, literal)
            if offset < len(spellings):
                return literal.start + 1 + len("".join(spellings[: offset + after]))
            offset -= len(spellings)
        return literals[-1].end - 1 if literals else cell.source.start

    def with_sources(self, texts: Mapping[int, str]) -> str:
        """The file's text with new sources for the cells of these numbers."""
        ascii_only = self.text.isascii() and _ESCAPED_NON_ASCII.search(self.text) is not None
        out, position = [], 0
        for cell in sorted(self.cells, key=lambda one: one.source.start):
            if cell.number in texts and texts[cell.number] != cell.text:
                out += [
                    self.text[position : cell.source.start],
                    _SourceWriter(self.text, cell, ascii_only).written(texts[cell.number]),
                ]
                position = cell.source.end
        return "".join([*out, self.text[position:]])


def read_notebook(text: str) -> Notebook:
    """The notebook in a file's text. Raises NotJson or BadNotebook.

    JSON of another kind is a notebook without code cells.
    """
    root = read_json(text)
    language = _text_at(root, "metadata", "language_info", "name") or _text_at(
        root, "metadata", "kernelspec", "language"
    )
    cells = []
    for number, node in enumerate(_cell_nodes(root), 1):
        if _text_at(node, "cell_type") == "code" and (source := _source_of(node)) is not None:
            own = _text_at(node, "metadata", "vscode", "languageId") or _text_at(node, "language")
            tags = [tag.value for tag in _items(_at(_at(node, "metadata"), "tags"))]
            cells.append(Cell(number, source, _joined(source, number), own, "parameters" in tags))
    return Notebook(text, cells, language or _language_of_kernel(root))


def _language_of_kernel(root: Node) -> str | None:
    """What a kernel's name says where no language is named: `python3`, `conda_pytorch`, `ir`."""
    name = _text_at(root, "metadata", "kernelspec", "name")
    return "python" if name is not None and "py" in name.lower() else name


def _at(node: Node | None, key: str) -> Node | None:
    value = node.value if node is not None else None
    return value.get(key) if isinstance(value, dict) else None


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _text_at(node: Node | None, *keys: str) -> str | None:
    for key in keys:
        node = _at(node, key)
    return node.value if node is not None and isinstance(node.value, str) else None


def _cell_nodes(root: Node) -> Iterable[Node]:
    yield from _items(_at(root, "cells"))
    for sheet in _items(_at(root, "worksheets")):  # nbformat 3 and before
        yield from _items(_at(sheet, "cells"))


def _source_of(node: Node) -> Node | None:
    return _at(node, "source") or _at(node, "input")


def _literals(source: Node) -> list[Node]:
    return _items(source) if isinstance(source.value, list) else [source]


def _joined(source: Node, number: int) -> str:
    parts = [literal.value for literal in _literals(source)]
    if not all(isinstance(part, str) for part in parts):
        raise BadNotebook(f"cell {number}: its source is neither text nor a list of lines")
    return "".join(map(str, parts))


@dataclass(slots=True)
class _Element:
    """One string of a source. `layout`: what stands between the one before and this; None if it is new."""

    units: list[Unit]
    literal: str | None = None
    layout: str | None = None


class _SourceWriter:
    """Writes one cell's source anew."""

    def __init__(self, text: str, cell: Cell, ascii_only: bool) -> None:
        self._text = text
        self._cell = cell
        self._ascii_only = ascii_only
        self._elements = [self._element(literal) for literal in _literals(cell.source)]
        self._spellings: dict[str, str] = {}
        for element in self._elements:
            for character, spelling in element.units:
                self._spellings.setdefault(character, spelling)

    def _element(self, literal: Node) -> _Element:
        assert isinstance(literal.value, str)
        spellings = units(self._text, literal)
        return _Element(
            list(zip(literal.value, spellings, strict=True)), self._text[literal.start : literal.end]
        )

    def written(self, new: str) -> str:
        """The JSON value that holds the new text."""
        source = self._cell.source
        if not isinstance(source.value, list):
            whole = self._elements[0].units
            for start, end, fresh in self._changes(new):
                whole[start:end] = fresh
            return _literal(whole)
        self._note_layout(source)
        elements = self._elements
        for start, end, fresh in self._changes(new):
            elements = _spliced(elements, start, end, fresh)
        return self._list(source, elements)

    def _changes(self, new: str) -> list[tuple[int, int, list[Unit]]]:
        """The lines that differ: a span of the old text and what stands there then. The last comes first."""
        old_lines, new_lines = _LINES.findall(self._cell.text), _LINES.findall(new)
        starts = [0]
        for line in old_lines:
            starts.append(starts[-1] + len(line))
        matcher = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False)
        return [
            (
                starts[low],
                starts[high],
                [self._unit(character) for character in "".join(new_lines[first:last])],
            )
            for tag, low, high, first, last in reversed(matcher.get_opcodes())
            if tag != "equal"
        ]

    def _unit(self, character: str) -> Unit:
        return character, self._spellings.get(character) or spelled(character, self._ascii_only)

    def _note_layout(self, source: Node) -> None:
        end = source.start + 1
        for element, literal in zip(self._elements, _literals(source), strict=True):
            element.layout = self._text[end : literal.start]
            end = literal.end

    def _list(self, source: Node, elements: list[_Element]) -> str:
        if not elements:
            return "[]"
        opening, between = self._layouts(source)
        out = ["["]
        for index, element in enumerate(elements):
            own = element.layout if element.layout is not None and "," in element.layout else between
            out += [own if index else opening, element.literal or _literal(element.units)]
        last = _literals(source)[-1:]
        closing = self._text[last[0].end : source.end] if last else "]"
        return "".join([*out, closing])

    def _layouts(self, source: Node) -> tuple[str, str]:
        """What the file writes before the first string of a list, and between two."""
        literals = _literals(source)
        if not literals:
            return "", ", "
        opening = self._text[source.start + 1 : literals[0].start]
        if len(literals) > 1:
            return opening, self._text[literals[0].end : literals[1].start]
        if opening:
            return opening, f",{opening}"
        return opening, "," if self._text[source.start - 1] == ":" else ", "


def _literal(whole: Iterable[Unit]) -> str:
    return '"' + "".join(spelling for _, spelling in whole) + '"'


def _spliced(elements: list[_Element], start: int, end: int, fresh: list[Unit]) -> list[_Element]:
    """The strings of a list once a span of their joined text is another; whole lines become strings."""
    begins = [0]
    for element in elements:
        begins.append(begins[-1] + len(element.units))
    low = next((index for index in range(len(elements)) if begins[index + 1] > start), len(elements))
    high = max((index + 1 for index in range(len(elements)) if begins[index] < end), default=0)
    high = max(high, low)
    if low == high and begins[low] < start:  # an insertion inside one string
        high += 1
    before = elements[low].units[: start - begins[low]] if low < high else []
    after = elements[high - 1].units[end - begins[high - 1] :] if low < high else []
    return [*elements[:low], *_by_line([*before, *fresh, *after]), *elements[high:]]


def _by_line(whole: list[Unit]) -> Iterable[_Element]:
    line: list[Unit] = []
    for unit in whole:
        line.append(unit)
        if unit[0] == "\n":
            yield _Element(line)
            line = []
    if line:
        yield _Element(line)
