# Which files a file's meaning can depend on. Finds files, reads none.
"""The project around the files of a run.

A name may be read by a file the user did not give, and a module called `migrate` may stand beside
it; so the engine is shown the whole project, whichever part of it is to be changed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from codemods.files import PYTHON_SUFFIXES, find_files, work_tree

BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """`root` is an absolute path; `names` are files relative to it, with `/` between the parts."""

    root: str
    names: tuple[str, ...]

    def name_of(self, path: str) -> str:
        """A file of the run as it is called in `names`."""
        return _Names(self.root).name_of(path)


class _Names:
    """Names of files relative to a directory. Asks the system once per directory, not per file."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._prefixes: dict[str, str] = {}

    def name_of(self, path: str) -> str:
        directory, file = os.path.split(path)
        prefix = self._prefixes.get(directory)
        if prefix is None:
            relative = os.path.relpath(os.path.realpath(directory), self._root).replace(os.sep, "/")
            prefix = self._prefixes[directory] = "" if relative == "." else f"{relative}/"
        return prefix + file


def neighbourhood(given: Sequence[str], files: Sequence[str]) -> Neighbourhood:
    """The project that holds the paths `given`, of which the run looks at `files`.

    The project is the git work tree around them, else the nearest directory above with a build
    file. Without either it is the files given and those that stand beside them, named from the directory
    that holds the outermost package, as their imports name them.
    """
    real = [os.path.realpath(path) for path in given if os.path.exists(path)]
    directories = [path if os.path.isdir(path) else os.path.dirname(path) for path in real]
    try:
        common = os.path.commonpath(directories)
    except ValueError:  # on two drives
        common = directories[0]
    top = project_top(common)
    root = top or _above_packages(common)
    beside: list[str] = []
    if not any(root == path or root.startswith(path.rstrip(os.sep) + os.sep) for path in real):
        beside = find_files([root]).files if top else _python_files_in(directories)
    names = dict.fromkeys(map(_Names(root).name_of, (*files, *beside)))
    return Neighbourhood(root, tuple(names))


def neighbourhood_of(directory: str) -> Neighbourhood:
    """The project around a directory, whichever of its files are asked about later."""
    real = os.path.realpath(directory)
    top = project_top(real)
    beside = find_files([top]).files if top else _python_files_in([real])
    root = top or _above_packages(real)
    return Neighbourhood(root, tuple(map(_Names(root).name_of, beside)))


def project_top(directory: str) -> str | None:
    """The directory a project is rooted in, at or above an absolute path."""
    top = work_tree(directory)
    if top is not None:
        return top
    place = directory
    while not any(os.path.isfile(os.path.join(place, name)) for name in BUILD_FILES):
        parent = os.path.dirname(place)
        if parent == place:
            return None
        place = parent
    return place


def _above_packages(directory: str) -> str:
    """The nearest directory, at or above, that is no package."""
    while os.path.isfile(os.path.join(directory, "__init__.py")) and os.path.dirname(directory) != directory:
        directory = os.path.dirname(directory)
    return directory


def _python_files_in(directories: Sequence[str]) -> list[str]:
    files = []
    for directory in dict.fromkeys(directories):
        try:
            names = sorted(os.listdir(directory))
        except OSError:  # reported where the files themselves are looked for
            continue
        files += [os.path.join(directory, name) for name in names if name.endswith(PYTHON_SUFFIXES)]
        files += [os.path.join(directory, name, "__init__.py") for name in names]
    return [path for path in files if os.path.isfile(path)]
