# Files that install packages and are no dependency files. Reads them by lines; nothing is ever edited.
"""Versions of the SDK named in Dockerfiles, tox.ini, noxfile.py and workflows of GitHub."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from codemods.files import read_or_none, shown_path, work_tree
from codemods.pins.ranges import forbids, pep440_versions

_NAMES = re.compile(r"(?:.*\.)?Dockerfile(?:\..*)?|Containerfile|tox\.ini|noxfile\.py")
_WORKFLOWS = os.path.join(".github", "workflows")
_PINNED = re.compile(
    r"(?<![\w./-])anthropic(?:\[[\w\s,-]*\])?\s*(?P<versions>(?:[<>=!~]=?=?\s*[\w.*+!]+\s*,?\s*)+)", re.I
)


def forbidding_elsewhere(paths: Iterable[str], floor: str) -> Iterator[tuple[str, str]]:
    """(place, text) of each line beside the project of `paths` that allows no SDK from `floor` on."""
    for path in _files(_directories(paths)):
        content = (read_or_none(path) or b"").decode("utf-8", "replace")
        for number, line in enumerate(content.splitlines(), 1):
            for match in _PINNED.finditer("" if line.lstrip().startswith("#") else line):
                versions = pep440_versions(match["versions"].strip(" ,"))
                if versions is not None and forbids(versions, floor):
                    yield f"{shown_path(path)}:{number}", match[0].strip(" ,")


def _directories(paths: Iterable[str]) -> list[str]:
    """Those of the files and above, up to the work tree's top or to what holds all of them."""
    places = sorted({os.path.dirname(os.path.realpath(path)) for path in paths})
    found: dict[str, None] = {}
    for place in places:
        top = work_tree(place) or os.path.commonpath(places)
        while place not in found:
            found[place] = None
            if place in (top, os.path.dirname(place)):
                break
            place = os.path.dirname(place)
    return list(found)


def _files(directories: Iterable[str]) -> Iterator[str]:
    for directory in directories:
        for name in _listed(directory):
            if _NAMES.fullmatch(name):
                yield os.path.join(directory, name)
        workflows = os.path.join(directory, _WORKFLOWS)
        for name in _listed(workflows):
            if name.endswith((".yml", ".yaml")):
                yield os.path.join(workflows, name)


def _listed(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
