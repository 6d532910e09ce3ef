# Lines of a notebook that install the SDK. Reads text; knows version ranges.
"""Installations in a notebook that pin the SDK to a version its code cannot use afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMAND = re.compile(r"(?:\\\r?\n|[^\n#])+")  # up to a comment, with continued lines
_INSTALLER = re.compile(r"\b(?:pip[\d.]*|conda|mamba|uv)\s")
_INSTALL = re.compile(r"\s(?:install|add)\s")
_PINNED = re.compile(
    r"(?<![\w./-])anthropic(?:\[[\w\s,-]*\])?\s*(?P<versions>(?:[<>=!~]=?=?\s*[\w.*+!]+\s*,?\s*)+)",
    re.IGNORECASE,
)
_FLOOR, _FLOOR_OF_ADAPTER, _FLOOR_OF_THINKING = "0.16.0", "0.40.0", "0.47.0"
_FAR = "9999"  # stands for every later version


def needed_version(code: bytes) -> str:
    """The first version of the SDK that has what rewritten code uses."""
    if b"thinking=" in code or b'"thinking"' in code:
        return _FLOOR_OF_THINKING
    return _FLOOR_OF_ADAPTER if re.search(rb"^\s*from migrate import", code, re.MULTILINE) else _FLOOR


def forbidding_pins(text: str, floor: str) -> Iterator[tuple[int, int, str]]:
    """Each pin of an installation in a cell that allows no version from `floor` on: start, end, text."""
    for line in _COMMAND.finditer(text):
        if not (line.start() == 0 or text[line.start() - 1] == "\n"):
            continue  # a comment
        if _INSTALLER.search(line[0]) is None or _INSTALL.search(line[0]) is None:
            continue
        for pin in _PINNED.finditer(text, line.start(), line.end()):
            if _forbids(pin["versions"].strip(" \t,"), floor):
                end = pin.start() + len(pin[0].rstrip(" \t,"))
                yield pin.start(), end, text[pin.start() : end]


def _forbids(versions: str, floor: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    conda = re.sub(r"(?<![=<>!~])=(?!=)\s*([\w.]+)", r"==\1.*", versions)
    try:
        allowed = SpecifierSet(conda)
    except InvalidSpecifier:
        return False
    named = [Version(part.version.removesuffix(".*")) for part in allowed if part.operator != "==="]
    bounds = [version for version in (Version(floor), *named) if version >= Version(floor)]
    above = [Version(f"{version.base_version}.0.0.1") for version in bounds]
    return not any(allowed.contains(one, prereleases=True) for one in (*bounds, *above, Version(_FAR)))
