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

from codemods.project import Project

_LOADS = re.compile(
    rb"\b(?:import_module|__import__|run_module|spec_from_file_location)\s*\(\s*"
    rb"(?:([fF]?[rR]?)([\"'])([^\"'\n]*)\2[ \t]*(\+?))?"
)
_LISTS = re.compile(rb"\b(?:iter_modules|walk_packages)\s*\(")
_HOLE = re.compile(r"\\\{[^{}]*\\\}|%s")
_READS_BY_NAME = re.compile(
    rb"\bgetattr\(\s*([A-Za-z_][\w.]*)\s*,\s*(?:[\"'](\w+)[\"'])?|\bvars\(\s*([A-Za-z_][\w.]*)\s*\)"
)
_ENTRY = re.compile(rb"([A-Za-z_][\w.]*)[ \t]*:[ \t]*([A-Za-z_]\w*)")
_BUILD_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_EVERY = "*"


def names_loaded(project: Project, path: str) -> frozenset[str]:
    """The functions of a file that others may use by a text; `*` for every public one."""
    dotted = _dotted(project, path)
    found = set(_entry_points(project, path, dotted))
    for loader in project.files_that_load():
        if loader != path and project.is_near(loader, path):
            data = project.read(loader) or b""
            if _loads_module(project, loader, data, path, dotted):
                return frozenset({_EVERY})
            found.update(_names_read(project, loader, data, path, dotted))
    return frozenset(found)


def _loads_module(project: Project, loader: str, data: bytes, path: str, dotted: str) -> bool:
    known: list[str] = []
    is_unknown = False
    for _, quote, text, plus in _LOADS.findall(data):
        pattern = _pattern(text.decode("utf-8", "replace") + ("{}" if plus else "")) if quote else ""
        known.append(pattern)
        is_unknown = is_unknown or not pattern
    if any(pattern and _fits(pattern, dotted) for pattern in known):
        return True
    if not is_unknown:
        return False
    stem = dotted.rpartition(".")[2].encode()
    if re.search(rb"[\"'](?:[\w.]*\.)?%b[\"']" % re.escape(stem), data):
        return True
    folder = posixpath.dirname(project.posix(loader))
    is_below = not folder or project.posix(path).startswith(f"{folder}/")
    return is_below and (_LISTS.search(data) is not None or not project.importers_of(path))


def _pattern(text: str) -> str:
    """The text of a module's name as a regular expression; empty if it says nothing of the name."""
    pattern = _HOLE.sub(r"[\\w.]+", re.escape(text.lstrip(".")))
    return pattern if re.search(r"[A-Za-z]", pattern.replace(r"[\w.]+", "")) else ""


def _fits(pattern: str, dotted: str) -> bool:
    """Whether a module goes by the name, from whichever folder it is counted."""
    return re.search(rf"(?:^|\.){pattern}$", dotted) is not None


def _names_read(project: Project, loader: str, data: bytes, path: str, dotted: str) -> Iterator[str]:
    """What `getattr(module, name)` may read of the module, under whichever name it was imported."""
    own = dotted.rpartition(".")[2].encode()
    names = {own, *re.findall(rb"\b%b\s+as\s+(\w+)" % re.escape(own), data)}
    for module, name, whole in _READS_BY_NAME.findall(data):
        last = (module or whole).rpartition(b".")[2]
        if last in names and path in project.imports_of(loader):
            yield name.decode() or _EVERY


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
