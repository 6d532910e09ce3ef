# Whose code a dependency file serves. Knows directories, no versions.
"""Which dependency files belong to which code, also where one tree holds several projects.

A dependency file serves the code below its folder; a folder without code (`requirements/`, `docker/`)
serves the code around it. Code is served by the nearest folder above it that names the SDK, and by
what the files there include.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from codemods.pins.manifests import Manifest, included


class Owners:
    """`code`: real paths of the run's Python files, setup.py left out; `roots`: of the directories given."""

    def __init__(self, manifests: Sequence[Manifest], code: Iterable[str], roots: Sequence[str]) -> None:
        self._with_code: set[str] = set()
        for path in code:
            self._add_above(path)
        self._roots = roots
        self._homes: dict[str, list[Manifest]] = {}
        by_path = {manifest.real: manifest for manifest in manifests}
        for manifest in manifests:
            home = self.home(manifest)
            if home is not None:
                self._homes.setdefault(home, []).extend(_with_included(manifest, by_path))

    def _add_above(self, path: str) -> None:
        place = os.path.dirname(path)
        while place not in self._with_code:
            self._with_code.add(place)
            place = os.path.dirname(place)

    def home(self, manifest: Manifest) -> str | None:
        """The directory whose code a dependency file serves."""
        place = os.path.dirname(manifest.real)
        root = next((root for root in self._roots if _is_below(place, root)), None)
        while place not in self._with_code:
            parent = os.path.dirname(place)
            if place in (root, parent):
                return None
            place = parent
        return place

    def serving(self, path: str) -> list[Manifest]:
        """The dependency files that serve a Python file: manifests and, judged by themselves, locks."""
        return [*self._nearest(path, locks=False), *self._nearest(path, locks=True)]

    def _nearest(self, path: str, *, locks: bool) -> list[Manifest]:
        place = os.path.dirname(path)
        while True:
            here = [one for one in self._homes.get(place, ()) if one.is_lock == locks]
            parent = os.path.dirname(place)
            if any(one.names_sdk for one in here) or place == parent:
                return here if place != parent else []
            place = parent


def _with_included(manifest: Manifest, by_path: dict[str, Manifest]) -> list[Manifest]:
    found: dict[str, Manifest] = {}
    stack = [manifest]
    while stack:
        one = stack.pop()
        if one.real not in found:
            found[one.real] = one
            paths = (os.path.realpath(path) for path in included(one))
            stack += [by_path[path] for path in paths if path in by_path]
    return list(found.values())


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def is_given(path: str, given: Sequence[str]) -> bool:
    """Whether a real path is one of those given, or lies below one."""
    return any(_is_below(path, one) for one in given)
