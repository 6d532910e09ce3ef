# Knows the patterns of .gitignore files and their order, nothing of directories on disk.
"""Decide whether a path is ignored, by the chain of .gitignore files above it.

Written out here because the library made for it (pathspec 0.12 and 1.1) answers another question,
whether a file lies in an ignored place, and so differs from git where patterns bring things back:
`*`, `!*`, `b` ignores a directory b, and `!a/**` does not bring back the directory a. A walk asks
about each directory in turn, which needs less; the tests compare it with git itself.

Sources: gitignore(5), and git's wildmatch.c for what a pattern matches, byte by byte.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

# The named classes of wildmatch.c, for ASCII as there.
_NAMED_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t\n\r\f\v",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_PIECE = re.compile(
    rb"(?P<any_depth>(?:(?<=/)|(?<=\A))\*\*+(?=/|\Z)/?)|(?P<star>\*+)|(?P<one>\?)|(?P<set>\[)|\\(?P<escaped>.)|(?P<plain>[^\\])",
    re.DOTALL,
)
_SET_ITEM = re.compile(rb"\[:(?P<named>[a-z]*):\]|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^]\\]))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of an ignore file. `expression` is matched with the last part of a path if `by_name`,
    else with the path from the ignore file's directory on."""

    expression: re.Pattern[bytes]
    brings_back: bool
    directories_only: bool
    by_name: bool


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The patterns of one directory's ignore file, and those of the directories above it.

    `base` is an absolute path without a trailing separator; paths asked about are absolute too.
    `patterns` stand in the order of the file.
    """

    base: str
    patterns: tuple[Pattern, ...]
    above: IgnoreRules | None = None

    def ignores(self, path: str, *, is_directory: bool) -> bool:
        """Whether git would ignore `path`, if it does not ignore a directory above it.

        The last pattern that matches decides, in the nearest ignore file that has one.
        """
        rules: IgnoreRules | None = self
        while rules is not None:
            relative = os.fsencode(path[len(rules.base) + 1 :]).replace(
                b"\\" if os.sep == "\\" else b"/", b"/"
            )
            name = relative.rpartition(b"/")[2]
            for pattern in reversed(rules.patterns):
                if pattern.directories_only and not is_directory:
                    continue
                if pattern.expression.fullmatch(name if pattern.by_name else relative):
                    return not pattern.brings_back
            rules = rules.above
        return False


def ignore_rules(base: str, content: bytes, above: IgnoreRules | None) -> IgnoreRules:
    """The rules in force in directory `base` whose ignore file holds `content`."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    patterns = [pattern for line in lines if (pattern := read_pattern(line.removesuffix(b"\r"))) is not None]
    return IgnoreRules(base.rstrip("/\\"), tuple(patterns), above)


def read_pattern(line: bytes) -> Pattern | None:
    """The pattern of one line, or None for a blank, a comment, or what git never matches."""
    if line.startswith(b"#"):
        return None
    text = _without_trailing_blanks(line)
    brings_back = text.startswith(b"!")
    text = text[1:] if brings_back else text
    directories_only = text.endswith(b"/")
    text = text[:-1] if directories_only else text
    by_name = b"/" not in text
    expression = _expression(text.removeprefix(b"/"), by_name=by_name)
    if not text or expression is None:
        return None
    return Pattern(re.compile(expression, re.DOTALL), brings_back, directories_only, by_name)


def _without_trailing_blanks(line: bytes) -> bytes:
    """Blanks at the end go, unless a backslash stands before them."""
    kept = re.fullmatch(rb"((?:\\.|[^\\ ]|\\\Z| +(?=[^ ]))*) *", line, re.DOTALL)
    return kept[1] if kept else line


def _expression(glob: bytes, *, by_name: bool) -> bytes | None:
    """A regular expression for a glob, or None if git takes it for broken, which matches nothing."""
    parts: list[bytes] = []
    place = 0
    while place < len(glob):
        piece = _PIECE.match(glob, place)
        if piece is None:  # a backslash at the very end
            return None
        place = piece.end()
        if piece["any_depth"] is not None and not by_name:
            parts.append(rb"(?:.*/)?" if piece["any_depth"].endswith(b"/") else rb".*")
        elif piece["star"] is not None or piece["any_depth"] is not None:
            parts.append(rb"[^/]*")
        elif piece["one"] is not None:
            parts.append(rb"[^/]")
        elif piece["set"] is not None:
            described = _set(glob, place)
            if described is None:
                return None
            place = described[1]
            parts.append(described[0])
        else:
            parts.append(re.escape(piece["escaped"] or piece["plain"]))
    return b"".join(parts)


def _set(glob: bytes, place: int) -> tuple[bytes, int] | None:
    """The expression for a set whose "[" ends at `place`, and where it ends; None if it never does."""
    negated = glob[place : place + 1] in (b"!", b"^")
    place += negated
    items: list[bytes] = []
    first = place
    while glob[place : place + 1] != b"]" or place == first:
        item = _SET_ITEM.match(glob, place)
        if item is None:
            return None
        place = item.end()
        if item["named"] is not None:
            if item["named"] not in _NAMED_CLASSES:
                return None
            items.append(_NAMED_CLASSES[item["named"]])
            continue
        low, high = item["low"][-1:], (item["high"] or item["low"])[-1:]
        high = max(low, high)  # a range the wrong way round holds where it begins
        items.append(re.escape(low) + b"-" + re.escape(high))
    return rb"(?!/)[" + (b"^" if negated else b"") + b"".join(items) + b"]", place + 1
