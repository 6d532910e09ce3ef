# Values that come from the user's other files. Parses them on demand.
"""What an imported name is, looked up in the run's other files."""

from __future__ import annotations

import dataclasses

from codemods.evaluate import Evaluator
from codemods.flow import Flow
from codemods.project import Project
from codemods.source import NotPython, read_source
from codemods.values import Client, Constant, Foreign, Migrated, Symbol, Unknown, Value


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

    def _values(self, path: str, name: str) -> tuple[Value, ...]:
        data = self.project.read(path)
        if data is None:
            return (Unknown(f"{name} comes from {path}"),)
        try:
            source = read_source(data)
        except NotPython:
            return (Unknown(f"{name} comes from {path}, which cannot be read"),)
        flow = Flow(source.tree)
        evaluator = Evaluator(source, flow, Neighbours(self.project, path, self.depth + 1).lookup)
        found: list[Value] = []
        for definition in flow.module.definitions.get(name, ()):
            found.extend(_portable(value, name, path) for value in evaluator.values_of_definition(definition))
        return tuple(found) or (Unknown(f"{name} comes from {path}"),)


def _portable(value: Value, name: str, path: str) -> Value:
    """A value that means the same in the importing file."""
    if isinstance(value, Client):
        return dataclasses.replace(value, evidence=(*value.evidence, f"imported from {path}"))
    if isinstance(value, Symbol | Constant | Foreign | Migrated | Unknown):
        return value
    return Unknown(f"{name} comes from {path}")
