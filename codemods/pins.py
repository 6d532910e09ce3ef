# Reads dependency files, changes none. Knows version ranges, nothing of Python code.
"""Find where a project pins the anthropic SDK, and whether a pin forbids a version.

Versions and ranges are those of PEP 440 and requirement lines those of PEP 508, read by the
`packaging` library; Poetry's caret and tilde are translated to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os.path import basename

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from codemods.files import read_or_none

PACKAGE = "anthropic"

_QUOTED = re.compile(
    r"""(?P<quote>["'])(?P<text>anthropic(?![\w.-]*[\w])[^"'\n]*)(?P=quote)""", re.IGNORECASE
)
_KEYED = re.compile(r"""^\s*["']?anthropic["']?\s*=\s*(?P<value>.+?)\s*$""", re.IGNORECASE)
_VERSION_KEY = re.compile(r"""version\s*=\s*["'](?P<text>[^"']*)["']""")


@dataclass(frozen=True, slots=True)
class Pin:
    """One place that says which versions of the SDK may be installed. `versions`: PEP 440."""

    path: str
    line: int
    text: str
    versions: SpecifierSet


def find_pins(paths: Sequence[str]) -> list[Pin]:
    """The pins in these files. A file or a line that cannot be read as one is passed over."""
    pins: list[Pin] = []
    for path in paths:
        content = read_or_none(path)
        if content is not None and PACKAGE.encode() in content.lower():
            pins += pins_of(path, content.decode("utf-8", "replace"))
    return pins


def pins_of(path: str, text: str) -> list[Pin]:
    """The pins in a dependency file's text; `path` says which kind of file it is."""
    name = basename(path)
    read_line = _READERS.get(name, _requirement_line)
    pins = []
    for number, line in enumerate(text.splitlines(), 1):
        for found, versions in read_line(line):
            if versions:
                pins.append(Pin(path, number, found, versions))
    return pins


_Found = Iterator[tuple[str, SpecifierSet]]


def _requirement_line(line: str) -> _Found:
    """A line of requirements.txt, or one of the same form inside setup.cfg."""
    text = re.split(r"\s#|\s--hash|\\$", line.split("=", 1)[-1] if _is_setup_cfg_list(line) else line)[
        0
    ].strip()
    requirement = _requirement(text)
    if requirement is not None:
        yield text, requirement.specifier


def _is_setup_cfg_list(line: str) -> bool:
    return line.replace(" ", "").startswith("install_requires=")


def _quoted_requirements(line: str) -> _Found:
    """Requirements written as strings: setup.py, and the lists of pyproject.toml."""
    if line.lstrip().startswith("#"):
        return
    for match in _QUOTED.finditer(line):
        requirement = _requirement(match["text"])
        if requirement is not None:
            yield match["text"], requirement.specifier


def _keyed_version(line: str) -> _Found:
    """`anthropic = "^0.3"` or `anthropic = {version = "^0.3", extras = […]}`: Poetry and Pipfile."""
    match = _KEYED.match(line)
    if match is None:
        return
    value = match["value"]
    inner = (
        _VERSION_KEY.search(value)
        if value.startswith("{")
        else re.match(r"""["'](?P<text>[^"']*)["']""", value)
    )
    versions = poetry_versions(inner["text"]) if inner else None
    if inner is not None and versions is not None:
        yield f"{PACKAGE} = {inner['text']!r}".replace("'", '"'), versions


def _pyproject_line(line: str) -> _Found:
    keyed = list(_keyed_version(line))
    yield from keyed or _quoted_requirements(line)


_READERS: dict[str, Callable[[str], _Found]] = {
    "pyproject.toml": _pyproject_line,
    "setup.py": _quoted_requirements,
    "Pipfile": _keyed_version,
}


def _requirement(text: str) -> Requirement | None:
    if not text.lower().startswith(PACKAGE):
        return None
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return requirement if canonicalize_name(requirement.name) == PACKAGE else None


def poetry_versions(text: str) -> SpecifierSet | None:
    """Poetry's constraint as a PEP 440 set, or None if it is neither.

    Source: Poetry's documentation, "Dependency specification": caret, tilde, wildcard, exact.
    """
    try:
        parts = [SpecifierSet(_from_poetry(part.strip())) for part in text.split(",")]
    except (InvalidSpecifier, InvalidVersion):
        return None
    joined = SpecifierSet()
    for part in parts:
        joined &= part
    return joined


def _from_poetry(text: str) -> str:
    if text in ("", "*"):
        return ""
    if text[0] == "^":
        return _up_to_next(text[1:].strip(), _caret_position)
    if text[0] == "~" and not text.startswith("~="):
        return _up_to_next(text[1:].strip(), lambda release: min(1, len(release) - 1))
    return text if text[0] in "<>=!~" else f"=={text}"


def _up_to_next(text: str, position: Callable[[tuple[int, ...]], int]) -> str:
    release = Version(text).release
    kept = position(release)
    following = [*release[:kept], release[kept] + 1]
    return f">={text},<{'.'.join(map(str, following))}"


def _caret_position(release: tuple[int, ...]) -> int:
    """The first number that is not zero is the one that may not change."""
    return next((place for place, number in enumerate(release) if number), len(release) - 1)


def forbids(pin: Pin, floor: str) -> bool:
    """Whether no version from `floor` on may be installed beside this pin.

    A range that allows any such version allows the floor, one of its own bounds, or a version
    just above one of these.
    """
    least = Version(floor)
    named = [Version(part.version.removesuffix(".*")) for part in pin.versions if part.operator != "==="]
    bounds = [version for version in (least, *named) if version >= least]
    above = [
        Version(f"{version.base_version}{tail}") for version in bounds for tail in (".0.0.1", ".0.0.0.0.1")
    ]
    return not any(pin.versions.contains(version, prereleases=True) for version in (*bounds, *above))


def highest(versions: Sequence[str]) -> str | None:
    """The highest of some version numbers."""
    return max(versions, key=Version, default=None)
