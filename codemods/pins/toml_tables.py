# pyproject.toml and Pipfile: where their tools keep requirements. Nothing of decisions.
"""Read the requirements of PEP 621, PEP 735, Poetry, PDM, uv, Hatch, Rye and Flit, and of pipenv.

tomllib reads the meaning; `placing` finds the text. A value whose place is not certain, one with
escapes for instance, has no `spec` and is reported instead of edited.
"""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from codemods.pins import NAMES, OWN, OWN_TABLE, SDK, Insert, Reading, Requirement
from codemods.pins.placing import PROBE, applied, item_beside, line_below, place_of
from codemods.pins.ranges import old_python, pep440_versions, poetry_versions
from codemods.pins.requirements import own_requirement, parts_of

Path = tuple[str | int, ...]

# Lists of PEP 508 strings; "*" stands for every key.
_LISTS: tuple[tuple[str, ...], ...] = (
    ("project", "dependencies"),
    ("project", "optional-dependencies", "*"),
    ("dependency-groups", "*"),
    ("tool", "pdm", "dev-dependencies", "*"),
    ("tool", "uv", "dev-dependencies"),
    ("tool", "rye", "dev-dependencies"),
    ("tool", "hatch", "envs", "*", "dependencies"),
    ("tool", "hatch", "envs", "*", "extra-dependencies"),
    ("tool", "flit", "metadata", "requires"),
    ("tool", "flit", "metadata", "requires-extra", "*"),
)
# The same, but they only limit what others ask for.
_LIMITS = (("tool", "uv", "constraint-dependencies"), ("tool", "uv", "override-dependencies"))
# Files that hold requirements for pip.
_FILES = (
    ("tool", "setuptools", "dynamic", "dependencies", "file"),
    ("tool", "setuptools", "dynamic", "optional-dependencies", "*", "file"),
)
# Tables of name = constraint.
_POETRY: tuple[tuple[str, ...], ...] = (
    ("tool", "poetry", "dependencies"),
    ("tool", "poetry", "dev-dependencies"),
    ("tool", "poetry", "group", "*", "dependencies"),
)
_NOT_PACKAGES = ("source", "requires", "scripts", "pipenv")
_ALWAYS = (_LISTS[0], _POETRY[0])  # installed with the project itself
_OWN_ENTRY = f"{OWN} = {OWN_TABLE}"
_OWN_VALUE = {"extras": ["adapter"], "version": "*"}
# Keys beside which a copy of the entry for our own package means the same.
_PLAIN_KEYS = {"version", "extras"}
_FROM_ELSEWHERE = frozenset({"git", "url", "path", "file"})


def load_toml(text: str) -> dict[str, Any]:
    """The document. Raises ValueError for a text that is not TOML."""
    # The same library: from 3.11 on it is part of Python.
    module = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    document: dict[str, Any] = module.loads(text)
    return document


def read_pyproject(text: str) -> Reading:
    """The requirements in pyproject.toml. Raises ValueError for a text that is not TOML."""
    table = _Document(text)
    found = [
        replace(one, is_optional=pattern not in _ALWAYS)
        for patterns, read in (((*_LISTS, *_LIMITS), table.of_lists), (_POETRY, table.of_tables))
        for pattern in patterns
        for one in read(pattern)
    ]
    python = table.old_python(("project", "requires-python"), pep440_versions)
    python = python or table.old_python(("tool", "poetry", "dependencies", "python"), poetry_versions)
    return Reading(tuple(found), includes=tuple(table.files()), old_python=python)


def read_pipfile(text: str) -> Reading:
    """The requirements in a Pipfile. Raises ValueError for a text that is not TOML."""
    table = _Document(text)
    names = [name for name in table.root if name not in _NOT_PACKAGES]
    found = [
        replace(one, is_optional=name != "packages") for name in names for one in table.of_tables((name,))
    ]
    python = table.old_python(("requires", "python_version"), lambda text: pep440_versions(f"=={text}.*"))
    python = python or table.old_python(("requires", "python_full_version"), poetry_versions)
    return Reading(tuple(found), old_python=python)


class _Document:
    """A TOML text and its meaning."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = load_toml(text)

    def old_python(self, path: Sequence[str], read: Callable[[str], SpecifierSet | None]) -> str | None:
        """What is said there of Python, if it allows one that is too old for our package."""
        return next(
            (old for _, value in _matching(self.root, path) if (old := old_python(value, read))), None
        )

    def files(self) -> Iterator[str]:
        """The files that setuptools reads requirements from: one, or a list of them."""
        for pattern in _FILES:
            for _, value in _matching(self.root, pattern):
                names = value if isinstance(value, list) else [value]
                yield from (name for name in names if isinstance(name, str))

    def of_lists(self, pattern: Sequence[str]) -> Iterator[Requirement]:
        for path, items in _matching(self.root, pattern):
            for index, value in enumerate(items if isinstance(items, list) else ()):
                parts = parts_of(value.strip()) if isinstance(value, str) else None
                if parts is None or not isinstance(value, str):
                    continue
                place = self._place((*path, index), value)
                if place is None:
                    yield self._unplaced(parts.name, value.strip(), parts.versions)
                    continue
                start = place + len(value) - len(value.lstrip())
                spec = (start + parts.spec[0], start + parts.spec[1])
                beside: tuple[Insert, ...] | None = ()
                if parts.name == SDK and pattern not in _LIMITS:
                    beside = self._item_beside((*path, index), place, value, own_requirement(parts))
                shown = value.strip()
                end = start + len(shown)
                yield Requirement(
                    parts.name,
                    start,
                    end,
                    shown,
                    spec,
                    parts.versions,
                    beside=beside,
                    is_direct=parts.is_direct,
                )

    def of_tables(self, pattern: Sequence[str]) -> Iterator[Requirement]:
        for path, table in _matching(self.root, pattern):
            for key, value in table.items() if isinstance(table, dict) else ():
                name = canonicalize_name(key)
                if name in NAMES:
                    yield from self._keyed((*path, key), name, value)

    def _keyed(self, path: Path, name: str, value: Any) -> Iterator[Requirement]:
        """`anthropic = "^0.3"`, a table with a version, or a list of such tables."""
        if isinstance(value, list):
            for index, one in enumerate(value):
                for found in self._keyed((*path, index), name, one):
                    yield replace(found, beside=None)
            return
        version = value.get("version") if isinstance(value, dict) else value
        if not isinstance(version, str):
            if isinstance(value, dict) and not _FROM_ELSEWHERE.isdisjoint(value):
                yield self._from_elsewhere(name)
            return
        place = self._place((*path, "version") if isinstance(value, dict) else path, version)
        shown = f'{path[-1] if isinstance(path[-1], str) else name} = "{version}"'
        if place is None:
            yield self._unplaced(name, shown, poetry_versions(version))
            return
        span = (place, place + len(version))
        plain = not isinstance(value, dict) or value.keys() <= _PLAIN_KEYS
        beside = self._entry_beside(path, place) if plain and name == SDK else None
        yield Requirement(name, *span, shown, span, poetry_versions(version), False, beside)

    def _from_elsewhere(self, name: str) -> Requirement:
        """An entry for a package from git, a URL or a folder, at the line that begins with its name."""
        pattern = rf"^[ \t]*(?:\[[^\]\n]*)?[\"']?(?P<name>{name.replace('-', '[-_.]')})\b"
        match = re.compile(pattern, re.M | re.I).search(self.text)
        start, end = match.span("name") if match else (0, 0)
        return Requirement(name, start, end, f"{name} =", None, None, beside=None, is_direct=True)

    def _place(self, path: Path, value: str) -> int | None:
        return place_of(self.text, value, self._means(lambda new: _put(new, path, value + PROBE)))

    def _item_beside(self, path: Path, place: int, value: str, own: str) -> tuple[Insert, ...] | None:
        quote = self.text[place - 1]
        inserts = item_beside(self.text, place - 1, place + len(value) + 1, f"{quote}{own}{quote}")
        last = path[-1]
        assert isinstance(last, int)
        is_it = self._means(lambda new: _get(new, path[:-1]).insert(last + 1, own))
        return inserts if is_it(applied(self.text, inserts)) else None

    def _entry_beside(self, path: Path, place: int) -> tuple[Insert, ...] | None:
        inserts = (line_below(self.text, place, _OWN_ENTRY),)
        is_it = self._means(lambda new: _put(new, (*path[:-1], OWN), _OWN_VALUE))
        return inserts if is_it(applied(self.text, inserts)) else None

    def _means(self, change: Callable[[dict[str, Any]], None]) -> Callable[[str], bool]:
        """Whether a text means this document with one change."""
        expected = copy.deepcopy(self.root)
        change(expected)

        def is_it(text: str) -> bool:
            try:
                return load_toml(text) == expected
            except ValueError:
                return False

        return is_it

    def _unplaced(self, name: str, shown: str, versions: Any) -> Requirement:
        start = max(self.text.lower().find(name), 0)
        return Requirement(name, start, start + len(name), shown, None, versions)


def _matching(node: Any, pattern: Sequence[str], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every node whose path of keys fits the pattern."""
    if not pattern:
        yield path, node
    elif isinstance(node, dict):
        for key in node if pattern[0] == "*" else [pattern[0]] if pattern[0] in node else ():
            yield from _matching(node[key], pattern[1:], (*path, key))


def _get(node: Any, path: Path) -> Any:
    for key in path:
        node = node[key]
    return node


def _put(node: Any, path: Path, value: Any) -> None:
    _get(node, path[:-1])[path[-1]] = value
