# Which names of a file are reached by texts: modules loaded by name, entry points. Regular expressions only.
"""The names of a module that code may use without any import statement that says so.

    importlib.import_module(f"providers.{name}")     every public function of each module in `providers`
    getattr(tools, name)                             every public function of the module `tools`
    ask = "bot.cli:main"  in pyproject.toml          `main` of bot/cli.py

Where nothing of the module's name is written, it may be each one beside or below the loading file that
no file imports, and those that the loading file names in a text.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.project import Project

_LOADS = re.compile(
    rb"\b(?:import_module|__import__|run_module|spec_from_file_location)\s*\(\s*"
    rb"(?:([fF]?[rR]?)([\"'])([^\"'\n]*)\2[ \t]*(\+?))?"
)
_LISTS = re.compile(rb"\b(?:iter_modules|walk_packages)\s*\(")
_HOLE = re.compile(r"\\\{[^{}]*\\\}|%s")
_READS_BY_NAME = re.compile(rb"getattr\(\s*([A-Za-z_][\w.]*)\s*,\s*(?:[\"'](\w+)[\"'])?")
_MAY_LOAD = (b"import_module", b"__import__(", b"run_module", b"spec_from_file_location")
_RENAMED = re.compile(rb"\b(\w+)\s+as\s+(\w+)")
_WORDS = re.compile(rb"[\"'](?:[\w.]*\.)?(\w+)[\"']")
_ENTRY = re.compile(rb"([A-Za-z_][\w.]*)[ \t]*:[ \t]*([A-Za-z_]\w*)")
_BUILD_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_EVERY = "*"


@dataclass(frozen=True, slots=True)
class _Loader:
    """What one file loads by texts: modules by patterns, by names it does not show, and names of modules.

    words: last names in its texts. read: what `getattr` is asked of, with the name if it is written out.
    """

    patterns: tuple[str, ...]
    is_unknown: bool
    lists: bool
    words: frozenset[str]
    read: tuple[tuple[str, str], ...]


def names_loaded(project: Project, path: str) -> frozenset[str]:
    """The functions of a file that others may use by a text; `*` for every public one."""
    dotted = _dotted(project, path)
    found = set(_entry_points(project, path, dotted))
    for file in project.files_that_load(path):
        loader = _loader(project, file)
        if _loads_module(project, file, loader, path, dotted):
            return frozenset({_EVERY})
        found.update(_names_read(project, file, loader, path, dotted))
    return frozenset(found)


def _loader(project: Project, file: str) -> _Loader:
    if file not in project.known_loaders:
        project.known_loaders[file] = _parsed(project.read(file) or b"")
    found = project.known_loaders[file]
    assert isinstance(found, _Loader)
    return found


def _parsed(data: bytes) -> _Loader:
    loads: list[str] = []
    if any(word in data for word in _MAY_LOAD):
        loads = [
            _pattern(text.decode("utf-8", "replace") + ("{}" if plus else "")) if quote else ""
            for _, quote, text, plus in _LOADS.findall(data)
        ]
    is_unknown = not all(loads)
    read = _READS_BY_NAME.findall(data)
    renamed = {new: old for old, new in _RENAMED.findall(data)} if read else {}
    last = [(module.rpartition(b".")[2], name) for module, name in read]
    return _Loader(
        tuple(filter(None, loads)),
        is_unknown,
        is_unknown and _LISTS.search(data) is not None,
        frozenset(word.decode() for word in _WORDS.findall(data)) if is_unknown else frozenset(),
        tuple((renamed.get(module, module).decode(), name.decode() or _EVERY) for module, name in last),
    )


def _loads_module(project: Project, file: str, loader: _Loader, path: str, dotted: str) -> bool:
    if any(_fits(pattern, dotted) for pattern in loader.patterns):
        return True
    if not loader.is_unknown or dotted.rpartition(".")[2] in loader.words:
        return loader.is_unknown
    folder = posixpath.dirname(project.posix(file))
    is_below = not folder or project.posix(path).startswith(f"{folder}/")
    return is_below and (loader.lists or not project.importers_of(path))


def _pattern(text: str) -> str:
    """The text of a module's name as a regular expression; empty if it says nothing of the name."""
    pattern = _HOLE.sub(r"[\\w.]+", re.escape(text.lstrip(".")))
    return pattern if re.search(r"[A-Za-z]", pattern.replace(r"[\w.]+", "")) else ""


def _fits(pattern: str, dotted: str) -> bool:
    """Whether a module goes by the name, from whichever folder it is counted."""
    return re.search(rf"(?:^|\.){pattern}$", dotted) is not None


def _names_read(project: Project, file: str, loader: _Loader, path: str, dotted: str) -> Iterator[str]:
    """What `getattr(module, name)` may read of the module, under whichever name it was imported."""
    own = dotted.rpartition(".")[2]
    named = [name for module, name in loader.read if module == own]
    if named and path in project.imports_of(file):
        yield from named


def _entry_points(project: Project, path: str, dotted: str) -> Iterator[str]:
    """The functions of the module that the build files above it name: `bot.cli:main`."""
    folder = path
    while folder:
        folder = posixpath.dirname(folder.replace("\\", "/").rstrip("/"))
        for file in _BUILD_FILES:
            for module, name in _ENTRY.findall(project.read(posixpath.join(folder, file)) or b""):
                if _fits(re.escape(module.decode()), dotted):
                    yield name.decode()
        if folder == posixpath.dirname(folder):
            return


def _dotted(project: Project, path: str) -> str:
    return project.posix(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
