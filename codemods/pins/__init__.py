# What the modules beside this one pass to each other: plain values, no files, no format.
"""The SDK's requirement in dependency files: find it, move it, say what is left.

`ranges` knows versions; `requirements`, `toml_tables`, `setup_files` and `conda` read one format each
and say where a version text stands; `manifests` opens files; `owners` tells whose code a file serves;
`planning` decides.

How a place is found: where a library tells positions (ast, PyYAML) it is asked. tomllib and
configparser tell none; there the library reads the meaning, the text is searched for the value, and a
place counts only if a change of just these characters changes just this value for the library too.
A parser of our own could err unseen; this cannot, it can only fail to find a place, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from packaging.specifiers import SpecifierSet

SDK = "anthropic"
BEDROCK = "anthropic-bedrock"
OWN = "completions-to-messages"
OWN_REQUIREMENT = f"{OWN}[adapter]"
OWN_TABLE = '{extras = ["adapter"], version = "*"}'  # the same, as Poetry and pipenv write it
OWN_PYTHON = "3.10"  # the first it runs on; a test compares it with pyproject.toml
NAMES = (SDK, BEDROCK, OWN)


@dataclass(frozen=True, slots=True)
class Insert:
    """Text to put at an offset."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One place that names a package of NAMES. Offsets are in characters.

    start, end: the requirement as shown · spec: where its version text stands, None if no place is
    certain; an empty span if it has none · versions: what it allows, None if that cannot be read ·
    is_hashed: tied to files by their hashes · beside: what adds our own requirement next to it, None
    if that cannot be done, empty if it must not · is_optional: installed only if asked for ·
    is_direct: from a URL or a folder, so it tells no version.
    """

    name: str
    start: int
    end: int
    text: str
    spec: tuple[int, int] | None
    versions: SpecifierSet | None
    is_hashed: bool = False
    beside: tuple[Insert, ...] | None = None
    is_optional: bool = False
    is_direct: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one text.

    `includes`: files it refers to, as written there; `limits`: those that only limit versions;
    `read_by_code`: those that its code may read, in whatever way;
    `old_python`: what it says of Python if that allows one our package does not run on.
    """

    requirements: tuple[Requirement, ...] = ()
    includes: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    is_generated: bool = False
    old_python: str | None = None
    read_by_code: tuple[str, ...] = ()


NOTHING = Reading()
