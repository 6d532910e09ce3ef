# Values that come from the user's other files. Parses them on demand.
"""What an imported name is, looked up in the run's other files."""

from __future__ import annotations

import dataclasses
import re

from codemods.evaluate import Evaluator
from codemods.flow import Flow
from codemods.project import Project
from codemods.source import NotPython, read_source
from codemods.values import Client, Constant, Foreign, Migrated, Symbol, Unknown, UserClass, Value

_REPLACES = re.compile(rb"^[ \t]+(?:def[ \t]+)?(?:completions|messages)\b[ \t]*[:=(]", re.M)
# How many parsed files are kept at a time: memory stays small on large projects.
_MOST_KEPT = 32
_MARKERS = re.compile(rb"HUMAN_PROMPT|AI_PROMPT|(?:Human|Assistant):")


class Neighbours:
    """Names that a file imports from the run's other files."""

    def __init__(self, project: Project, path: str, depth: int = 0) -> None:
        self.project = project
        self.path = path
        self.depth = depth

    def lookup(self, module: str, level: int, name: str) -> tuple[Value, ...] | None:
        """Values of an imported name; None if the module is not one of the run's files."""
        found = self.project.module_path(self.path, module, level)
        if found is None and name:
            found_module = self.project.module_path(self.path, f"{module}.{name}" if module else name, level)
            return None if found_module is None else (Unknown(f"{name} is a module of the project"),)
        if found is None:
            return None
        if not name or self.depth > 3:
            return (Unknown(f"{module} is a module of the project"),)
        return self._values(found, name)

    def overrides(self, class_name: str) -> bool:
        """Whether another file of the run derives from the class and sets `completions` or `messages`."""
        derived = re.compile(rb"^[ \t]*class\s+\w+\([^)]*\b%b\b" % re.escape(class_name.encode()), re.M)
        for path in self.project.paths:
            if path != self.path and path.endswith(".py"):
                data = self.project.read(path) or b""
                if class_name.encode() in data and derived.search(data) and _REPLACES.search(data):
                    return True
        return False

    def _values(self, path: str, name: str) -> tuple[Value, ...]:
        data = self.project.read(path)
        if data is None:
            return (Unknown(f"{name} comes from {path}"),)
        suffix = ", which writes turn markers" if _MARKERS.search(data) else ""
        where = f"{name} comes from {path}{suffix}"
        if b"nthropic" not in data and _is_own_code(data, name):
            return (Unknown(where),)  # a class or function without any client: not worth parsing
        evaluator = self._evaluator(path, data)
        if evaluator is None:
            return (Unknown(f"{name} comes from {path}, which cannot be read"),)
        found: list[Value] = []
        for definition in evaluator.flow.module.definitions.get(name, ()):
            values = evaluator.values_of_definition(definition)
            found.extend(_portable(evaluator, value, where) for value in values)
        return tuple(found) or (Unknown(where),)

    def _evaluator(self, path: str, data: bytes) -> Evaluator | None:
        """The evaluator of another file, kept for its next name; None if the file cannot be read."""
        kept = self.project.kept
        if path not in kept:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            try:
                source = read_source(data)
            except NotPython:
                return None
            lookup = Neighbours(self.project, path, self.depth + 1).lookup
            kept[path] = Evaluator(source, Flow(source.tree), lookup)
        found = kept[path]
        assert isinstance(found, Evaluator)
        return found


def _is_own_code(data: bytes, name: str) -> bool:
    return (
        re.search(rb"^(?:async[ \t]+)?(?:def|class)[ \t]+%b\b" % re.escape(name.encode()), data, re.M)
        is not None
    )


def _portable(evaluator: Evaluator, value: Value, where: str) -> Value:
    """A value that means the same in the importing file."""
    if isinstance(value, Client):
        return dataclasses.replace(value, evidence=(*value.evidence, where))
    if isinstance(value, Symbol | Constant | Foreign | Migrated | Unknown):
        return value
    if isinstance(value, UserClass):
        made = evaluator.instance_of(value.node)
        return made if isinstance(made, Unknown) else Unknown(where)
    return Unknown(where)
