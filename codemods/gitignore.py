# Knows the patterns of .gitignore files and their order, nothing of directories on disk.
"""Decide whether a path is ignored, by the chain of .gitignore files above it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The patterns of one directory's ignore file, and those of the directories above it.

    `base` is an absolute path without a trailing separator; paths asked about are absolute too.
    """

    base: str
    spec: GitIgnoreSpec
    above: IgnoreRules | None = None

    def ignores(self, path: str, *, is_directory: bool) -> bool:
        """Whether git would ignore `path`. The nearest file that says anything about it decides.

        Source: gitignore(5), "patterns in the higher level files being overridden by those in
        lower level files down to the directory containing the file".
        """
        rules: IgnoreRules | None = self
        while rules is not None:
            relative = path[len(rules.base) + 1 :].replace("\\", "/")
            verdict = rules.spec.check_file(relative + "/" if is_directory else relative).include
            if verdict is not None:
                return verdict
            rules = rules.above
        return False


def ignore_rules(base: str, content: bytes, above: IgnoreRules | None) -> IgnoreRules:
    """The rules in force in directory `base` whose ignore file holds `content`.

    A pattern that git itself could not read is left out, as git does.
    """
    # Loaded here because most runs on a single file never meet an ignore file.
    from pathspec import GitIgnoreSpec

    lines = content.decode("utf-8", "surrogateescape").splitlines()
    return IgnoreRules(base.rstrip("/\\"), GitIgnoreSpec.from_lines(_readable(lines)), above)


def _readable(lines: Iterable[str]) -> list[str]:
    from pathspec import GitIgnoreSpec

    kept = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:  # for example a lone "!" or an unfinished escape
            continue
        kept.append(line)
    return kept
