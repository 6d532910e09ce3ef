# Versions and ranges as PEP 440 has them. Knows no file format but the notations of ranges.
"""Whether a range forbids a version, and the range that takes its place.

Read by the `packaging` library; Poetry's caret and tilde and conda's single `=` are translated to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from codemods.pins import OWN_PYTHON

# What is written is known to run on the SDK's majors 0 to 2; what 3 will change nobody knows. Major 1
# took the old API away, so a range has no reason to end below it once the old calls are gone.
BELOW = "3"
FIRST_WITHOUT_OLD_API = "1.0.0"
_LOWER = (">", ">=", "~=", "==")


def forbids(versions: SpecifierSet, floor: str) -> bool:
    """Whether the range allows no version from `floor` on.

    A range that allows any such version allows the floor, one of its own bounds, or a version
    just above one of these.
    """
    least = Version(floor)
    bounds = [least, *(version for version in map(_bound, versions) if version and version >= least)]
    above = [
        Version(f"{version.base_version}{tail}") for version in bounds for tail in (".0.0.1", ".0.0.0.0.1")
    ]
    return not any(versions.contains(version, prereleases=True) for version in (*bounds, *above))


def stops_below_one(versions: SpecifierSet) -> bool:
    """Whether a range, not one exact version, ends where the SDK dropped the old API."""
    return not any(map(_is_exact, versions)) and forbids(versions, FIRST_WITHOUT_OLD_API)


def _is_exact(part: Specifier) -> bool:
    return part.operator == "===" or (part.operator == "==" and not part.version.endswith(".*"))


def _bound(part: Specifier) -> Version | None:
    return None if part.operator == "===" else Version(part.version.removesuffix(".*"))


def moved(text: str, versions: SpecifierSet, floor: str) -> str:
    """The range to write in place of `text`, which means `versions`: from the floor to below BELOW.

    A lower bound above the floor, versions shut out above it and an upper bound beyond 1.0 stay.
    Blanks are set as in `text`.
    """
    least = Version(floor)
    lowest, lower = least, f">={floor}"
    reached = max(floor, FIRST_WITHOUT_OLD_API, key=Version)
    kept: list[str] = []
    upper = f"<{BELOW}"
    for part in sorted(versions, key=str):
        bound = _bound(part)
        if bound is None or _is_exact(part):
            continue
        if part.operator in (">", ">=", "~=", "==") and bound >= lowest:
            lowest = bound
            lower = f"{'>' if part.operator == '>' else '>='}{part.version.removesuffix('.*')}"
        elif part.operator == "!=" and bound >= least:
            kept.append(str(part))
        elif part.operator in ("<", "<=") and not forbids(SpecifierSet(str(part)), reached):
            upper = str(part)
    return _in_style_of(text, [lower, *kept, upper])


def begins_below(versions: SpecifierSet, floor: str) -> bool:
    """Whether the range has a lower bound, and allows versions from it on that are below the floor."""
    bounds = [bound for part in versions if part.operator in _LOWER and (bound := _bound(part)) is not None]
    return bool(bounds) and not any(map(_is_exact, versions)) and max(bounds) < Version(floor)


def raised(text: str, versions: SpecifierSet, floor: str) -> str:
    """The range to write in place of `text`, which means `versions`: the same from the floor on."""
    kept: list[str] = []
    for part in sorted(versions, key=str):
        if part.operator in ("~=", "=="):
            kept.append(f"<{_end_of(part)}")
        elif part.operator in ("<", "<=") or (part.operator == "!=" and _excludes_from(part, floor)):
            kept.append(str(part))
    return _in_style_of(text, [f">={floor}", *kept])


def _end_of(part: Specifier) -> str:
    """The first version that `~=0.3` or `==0.*` does not reach."""
    release = Version(part.version.removesuffix(".*")).release
    same = release[:-1] if part.operator == "~=" else release
    return ".".join(map(str, (*same[:-1], same[-1] + 1)))


def _excludes_from(part: Specifier, floor: str) -> bool:
    bound = _bound(part)
    return bound is None or part.version.endswith(".*") or bound >= Version(floor)


def _in_style_of(text: str, parts: Sequence[str]) -> str:
    if re.search(r"[<>=!~]\s+\d", text):
        parts = [re.sub(r"^([<>=!~]+)", r"\1 ", part) for part in parts]
    return (", " if re.search(r",\s", text) else ",").join(parts)


def pep440_versions(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        return None


def poetry_versions(text: str) -> SpecifierSet | None:
    """Poetry's constraint as a PEP 440 set, or None if it is neither.

    Source: Poetry's documentation, "Dependency specification": caret, tilde, wildcard, exact.
    """
    return _joined(text, _from_poetry)


def conda_versions(text: str) -> SpecifierSet | None:
    """The version part of a conda match specification, a build string included, or None.

    Source: conda's documentation, "Package match specifications": `=0.3` is 0.3.*, `0.3` and `==0.3` exact.
    """
    return _joined(text, _from_conda)


def old_python(text: object, read: Callable[[str], SpecifierSet | None]) -> str | None:
    """The constraint on Python as it stands, if it allows a version below OWN_PYTHON; else None."""
    if not isinstance(text, str):
        return None
    older = (f"3.{minor}.{patch}" for minor in range(int(OWN_PYTHON[2:])) for patch in range(30))
    ranges = [versions for part in text.split("||") if (versions := read(part.strip())) is not None]
    return text if any(version in versions for version in older for versions in ranges) else None


def _joined(text: str, translate: Callable[[str], str]) -> SpecifierSet | None:
    try:
        parts = [SpecifierSet(translate(part.strip())) for part in text.split(",")]
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


def _from_conda(text: str) -> str:
    match = re.fullmatch(r"(=?)([\w.*]+)(=[\w.*]+)?", text)
    if match is None or text == "*":
        return "" if text in ("", "*") else text
    fuzzy = match[1] and not match[3] and not match[2].endswith("*")
    return f"=={match[2]}{'.*' if fuzzy else ''}"


def _up_to_next(text: str, position: Callable[[tuple[int, ...]], int]) -> str:
    release = Version(text).release
    kept = position(release)
    following = [*release[:kept], release[kept] + 1]
    return f">={text},<{'.'.join(map(str, following))}"


def _caret_position(release: tuple[int, ...]) -> int:
    """The first number that is not zero is the one that may not change."""
    return next((place for place, number in enumerate(release) if number), len(release) - 1)


def highest(versions: Sequence[str]) -> str | None:
    """The highest of some version numbers."""
    return max(versions, key=Version, default=None)
