# Lock files: which version they hold. Machine-written, so a pattern each; nothing is ever edited.
"""Read which version of the SDK a lock file has chosen, and whether it knows our own package."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from codemods.pins import OWN

# How each file is made anew.
RENEWED_BY = {
    "poetry.lock": "poetry lock",
    "Pipfile.lock": "pipenv lock",
    "uv.lock": "uv lock",
    "pdm.lock": "pdm lock",
    "conda-lock.yml": "conda-lock",
    "pylock.toml": "the command that wrote it",
}
_TABLE = re.compile(r'^name = "anthropic"\r?\nversion = "(?P<version>[^"]+)"', re.M)
_YAML = re.compile(r"^[ -]*name: anthropic\r?\n\s*version: ['\"]?(?P<version>[^\s'\"]+)", re.M)
_JSON = re.compile(r'"anthropic": \{[^{}]*?"version": "==(?P<version>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Locked:
    """The SDK in a lock file. `offset` is that of its version; `has_own`: our package is there, too."""

    offset: int
    version: Version
    has_own: bool


def is_lock(path: str) -> bool:
    name = os.path.basename(path)
    return name in RENEWED_BY or (name.startswith("pylock.") and name.endswith(".toml"))


def locked_versions(path: str, text: str) -> list[Locked]:
    """Each version of the SDK that the file holds; a lock for several platforms may hold several."""
    name = os.path.basename(path)
    pattern = _JSON if name == "Pipfile.lock" else _YAML if name.endswith(".yml") else _TABLE
    found = []
    for match in pattern.finditer(text):
        try:
            version = Version(match["version"])
        except InvalidVersion:
            continue
        found.append(Locked(match.start("version"), version, OWN in text))
    return found
