# Which files of a project may meet objects of another. Follows import statements; parses nothing.
"""The files that may get an object, or a function, of one file without importing that file.

    main.py: from llm import LLM; from judge import Judge; Judge(LLM())      judge.py imports nothing

Whoever imports a file, over a few others as well, may hand what it has to everything else that it
imports; and what the file itself imports may hold the classes above its own. How far and how many is
bounded: near files come first.
"""

from __future__ import annotations

from collections.abc import Iterable

from codemods.project import Project

_MOST_FILES = 80
_HIGHEST = 3  # files that import it, that import these, …
_DEEPEST = 3  # what each of them imports, what these import, …


def files_met(project: Project, path: str) -> list[str]:
    """Python files that share a program with this one, near ones first; neither it nor notebooks."""
    found: dict[str, None] = {path: None}
    risen, level = {path}, [path]
    for _ in range(_HIGHEST + 1):
        _add_imported(project, level, found)
        above = dict.fromkeys(one for file in level for one in project.importers_of(file))
        level = [one for one in above if one not in risen]
        level = level[: max(0, _MOST_FILES - len(found))]
        risen.update(level)
        found.update(dict.fromkeys(level))
    return [one for one in found if one != path and one.endswith(".py")]


def _add_imported(project: Project, above: Iterable[str], found: dict[str, None]) -> None:
    level = list(above)
    for _ in range(_DEEPEST):
        below = dict.fromkeys(one for file in level for one in sorted(project.imports_of(file)))
        level = [one for one in below if one not in found][: max(0, _MOST_FILES - len(found))]
        found.update(dict.fromkeys(level))
