# Bytes in, bytes out: a diff shows a file in the file's own encoding.
"""The changes of a run as one unified diff that `git apply` and `patch -p1` take.

Lines end at a line feed and nowhere else, as git sees them: a form feed, a lone carriage return or
U+2028 inside a line stays inside it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator

from codemods.reports import FileReport, Report

CONTEXT_LINES = 3
_NO_NEWLINE = b"\n\\ No newline at end of file\n"


def diff_report(report: Report) -> bytes:
    """The diff of every changed file, one after the other; empty if nothing changes."""
    return b"".join(file_diff(file) for file in report.files if file.outcome.changed)


def file_diff(file: FileReport) -> bytes:
    """The diff of one file, or nothing if its bytes stay the same."""
    return unified_diff(file.path, file.before, file.outcome.source)


def unified_diff(path: str, before: bytes, after: bytes) -> bytes:
    """The diff that turns `before` into `after`, for a file at `path`.

    The header has no `diff --git` line, so git takes the names as relative to the directory it is
    called in, which is the one this command was called in.
    """
    hunks = list(_hunks(_lines(before), _lines(after)))
    if not hunks:
        return b""
    name = _diff_name(path)
    header = b"--- " + _header_name(b"a/" + name) + b"+++ " + _header_name(b"b/" + name)
    return header + b"".join(hunks)


def _lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    whole = [line + b"\n" for line in lines[:-1]]
    return whole if not lines[-1] else [*whole, lines[-1]]


def _hunks(before: list[bytes], after: list[bytes]) -> Iterator[bytes]:
    matcher = difflib.SequenceMatcher(None, before, after)
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        first, last = group[0], group[-1]
        old, new = _range(first[1], last[2]), _range(first[3], last[4])
        parts = [f"@@ -{old} +{new} @@\n".encode()]
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                parts += [_marked(b" ", line) for line in before[old_start:old_end]]
                continue
            parts += [_marked(b"-", line) for line in before[old_start:old_end]]
            parts += [_marked(b"+", line) for line in after[new_start:new_end]]
        yield b"".join(parts)


def _range(start: int, end: int) -> str:
    """A hunk's range. An empty one names the line before it. Source: POSIX diff, unified format."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _marked(mark: bytes, line: bytes) -> bytes:
    return mark + line if line.endswith(b"\n") else mark + line + _NO_NEWLINE


def _diff_name(path: str) -> bytes:
    """The path as it stands after `a/`: relative to the current directory where it lies below it."""
    if os.path.isabs(path) or path.startswith(os.pardir):
        absolute = os.path.abspath(path)
        relative = os.path.relpath(absolute)
        # git takes no name that climbs out of its directory; from the root, `git apply` finds it.
        path = absolute.lstrip("/\\") if relative.startswith(os.pardir) else relative
    return os.fsencode(path.replace(os.sep, "/"))


def _header_name(name: bytes) -> bytes:
    """A name as git writes it: quoted if it holds control characters, ended by a tab if blanks.

    Source: git-diff(1), "Generating patch text with -p", on unusual characters in file names.
    """
    if any(byte < 0x20 or byte in b'"\\\x7f' for byte in name):
        return b'"' + b"".join(_escaped(byte) for byte in name) + b'"\n'
    return name + (b"\t\n" if b" " in name else b"\n")


def _escaped(byte: int) -> bytes:
    if byte in b'"\\':
        return b"\\" + bytes([byte])
    return f"\\{byte:03o}".encode() if byte < 0x20 or byte >= 0x7F else bytes([byte])
