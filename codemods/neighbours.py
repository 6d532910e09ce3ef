# Values that come from the user's other files. Parses them on demand, keeps few, decides nothing.
"""What names of the run's other files are.

Each file that matters for a question is parsed once and gets an evaluator of its own, with which the
evaluator of the file at hand speaks. How many are kept, how large they may be and how many one file
may lead to is bounded; beyond that a name is unknown, with that reason.
"""

from __future__ import annotations

import re

from codemods.evaluate import Evaluator
from codemods.evaluation import Evaluation, Search
from codemods.flow import Flow
from codemods.project import Project
from codemods.source import NotPython, Source, read_source
from codemods.values import ProjectModule, Unknown, Value

_REPLACES = re.compile(rb"^[ \t]+(?:def[ \t]+)?(?:completions|messages)\b[ \t]*[:=(]", re.M)
# Parsed files are kept until they are this many, or their text is this long: a tree is 100 times larger.
_MOST_KEPT = 32
_MOST_KEPT_BYTES = 600_000
LARGEST = 300_000
_MARKERS = re.compile(rb"HUMAN_PROMPT|AI_PROMPT|(?:Human|Assistant):")


def parsed_source(project: Project | None, path: str, raw: bytes) -> Source:
    """The file as a syntax tree: the one that questions of other files have read already, or a new one.

    Raises NotPython as `read_source` does.
    """
    kept = _neighbours(project).kept(path, raw) if project is not None else None
    return read_source(raw) if kept is None else kept.source


def evaluator_for(project: Project | None, path: str, source: Source, raw: bytes) -> Evaluator:
    """The evaluator of the file that is analysed; with a project it sees the other files."""
    if project is None:
        return Evaluator(source, Flow(source.tree), None, path)
    return _neighbours(project).enter(path, source, raw)


def evaluator_at(project: Project, path: str) -> Evaluator | None:
    """The evaluator of another file than the one that is analysed; None if it cannot be had."""
    return _neighbours(project).evaluator_of(path)


def _neighbours(project: Project) -> Neighbours:
    if not isinstance(project.neighbours, Neighbours):
        project.neighbours = Neighbours(project)
    return project.neighbours


class Neighbours:
    """The parsed files of one project, and what their names are. One search at a time.

    A file has one tree and one evaluator for as long as it is kept: others know its parts by identity.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.search = Search()
        self._kept: dict[str, Evaluator | None] = {}
        self._raw: dict[str, bytes] = {}
        self._words: dict[str, str] = {}
        self._room = _MOST_KEPT

    def kept(self, path: str, raw: bytes) -> Evaluator | None:
        """The evaluator of the file, if it is kept and was made of the same bytes."""
        return self._kept.get(path) if self._raw.get(path) == raw else None

    def enter(self, path: str, source: Source, raw: bytes) -> Evaluator:
        """Begin with a file: make room for those it leads to."""
        self._room = _MOST_KEPT
        kept = self.kept(path, raw)
        if kept is not None and kept.source is source:
            return kept
        too_many = len(self._kept) > _MOST_KEPT or sum(map(len, self._raw.values())) > _MOST_KEPT_BYTES
        if too_many or path in self._kept:
            self._kept.clear()
            self._raw.clear()
        evaluator = Evaluator(source, Flow(source.tree), self, path)
        self._kept[path], self._raw[path] = evaluator, raw
        return evaluator

    # -- what evaluators ask --------------------------------------------------------------------

    def imported(self, importer: str, module: str, level: int, name: str) -> tuple[Value, ...] | None:
        stem = self.project.module_stem(importer, module, level)
        if stem is None:
            return None
        found = ProjectModule(self._words_for_module(stem, module), stem)
        return self.member(found, name) if name else (found,)

    def member(self, module: ProjectModule, name: str) -> tuple[Value, ...]:
        path = self.project.file_of(module.stem)
        found = self._values(path, name) if path is not None else ()
        inner = self.project.submodule(module.stem, name) if not found else None
        if inner is not None:
            return (ProjectModule(self._words_for_module(inner, name), inner),)
        return found or (Unknown(self.words_for(path or module.stem, name)),)

    def starred(self, importer: str, module: str, level: int, name: str) -> tuple[Value, ...]:
        path = self.project.module_path(importer, module, level)
        return self._values(path, name) if path is not None and not name.startswith("_") else ()

    def overrides(self, path: str, class_name: str) -> bool:
        derived = re.compile(rb"^[ \t]*class\s+\w+\([^)]*\b%b\b" % re.escape(class_name.encode()), re.M)
        for other in self.project.paths:
            if other != path and other.endswith(".py"):
                data = self.project.read(other) or b""
                if class_name.encode() in data and derived.search(data) and _REPLACES.search(data):
                    return True
        return False

    def importers_with(self, path: str, text: str) -> list[Evaluation] | None:
        found = self.project.importers_with(path, text)
        if found is None:
            return None
        evaluators = (self.evaluator_of(other) for other in found)
        return [one for one in evaluators if one is not None]

    def words_for(self, path: str, name: str) -> str:
        """Such as "client comes from app/state.py"; says if the file writes turn markers."""
        if path not in self._words:
            data = (self.project.read(path) or b"") if path.endswith(".py") else b""
            self._words[path] = ", which writes turn markers" if _MARKERS.search(data) else ""
        return f"{name} comes from {path}{self._words[path]}"

    def _words_for_module(self, stem: str, name: str) -> str:
        path = self.project.file_of(stem)
        words = f"{name or stem} is a module of the project"
        ending = self.words_for(path, name).removeprefix(f"{name} comes from {path}") if path else ""
        return words + ending

    # -- files ----------------------------------------------------------------------------------

    def _values(self, path: str, name: str) -> tuple[Value, ...]:
        where = self.words_for(path, name)
        data = self.project.read(path)
        if data is None:
            return (Unknown(where),)
        if not self.search.receivers and path not in self._kept and _is_plain_code(data, name):
            return (Unknown(where),)  # a class or function without any client: not worth parsing
        evaluator = self.evaluator_of(path)
        if evaluator is None:
            return (Unknown(f"{where}: it cannot be read, or is too large or too far away"),)
        return tuple(evaluator.exported(name))

    def evaluator_of(self, path: str) -> Evaluator | None:
        """The evaluator of a file; None if it is no Python, too large or one too many."""
        if path not in self._kept and self._room > 0:
            self._room -= 1
            self._kept[path] = self._parsed(path)
        if path not in self._kept:
            self.search.is_cut = True
        return self._kept.get(path)

    def _parsed(self, path: str) -> Evaluator | None:
        data = self.project.read(path)
        if data is None or len(data) > LARGEST:
            return None
        try:
            source = read_source(data)
        except NotPython:
            return None
        self._raw[path] = data
        return Evaluator(source, Flow(source.tree), self, path)


def _is_plain_code(data: bytes, name: str) -> bool:
    own = rb"^(?:async[ \t]+)?(?:def|class)[ \t]+%b\b" % re.escape(name.encode())
    return b"nthropic" not in data and re.search(own, data, re.M) is not None
