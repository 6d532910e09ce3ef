"""An engine of the same shape as `codemods.rewrite` whose every answer a test can bring about.

What a source holds decides: LEGACY is rewritten to MESSAGES, BRIDGE, REVIEW and MANUAL are findings
of those kinds, BUG, DEEP, CRASH and SLEEP are faults.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import threading
import time

from codemods.outcome import Finding, Options, Outcome, Status

_WORDS: dict[str, Status] = {
    "LEGACY": "rewritten",
    "BRIDGE": "bridged",
    "REVIEW": "review",
    "MANUAL": "manual",
}
_CODES = {"rewritten": "TC901", "bridged": "TC902", "review": "TC903", "manual": "TC904"}
_WORD = re.compile("|".join(_WORDS))


def is_candidate(source: bytes) -> bool:
    return b"LEGACY" in source or b"BRIDGE" in source or b"REVIEW" in source or b"MANUAL" in source


def rewrite_source(source: bytes, path: str, options: Options, project: object = None) -> Outcome:
    _break_down(source)
    try:
        ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return Outcome("failed", source, reason=f"cannot be parsed: {error}")
    text = source.decode("latin-1")
    findings = tuple(_finding(text, match) for match in _WORD.finditer(text))
    left = any(finding.status == "manual" for finding in findings)
    after = re.sub(rb"LEGACY", b"MESSAGES", source).replace(b"BRIDGE", b"CARRIED").replace(b"REVIEW", b"READ")
    if after == source:
        return Outcome("unchanged", source, findings)
    return Outcome("partly" if left else "rewritten", after, findings, None, "0.40", b"BRIDGE" in source)


def _finding(text: str, match: re.Match[str]) -> Finding:
    status = _WORDS[match[0]]
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
    return Finding(
        _CODES[status],
        status,
        line,
        column,
        line,
        column + len(match[0]),
        f"{match[0]} found",
        evidence=(f"the word stands in line {line}",),
        notes=("one note",),
        suggestion="write\n    this" if status == "manual" else None,
    )


def _break_down(source: bytes) -> None:
    if b"BUG" in source:
        raise KeyError("a name the rule did not expect")
    if b"DEEP" in source and threading.current_thread() is threading.main_thread():
        raise RecursionError
    if b"BOTTOMLESS" in source:
        raise RecursionError
    if b"PRINT" in source:
        print("not part of the answer")
        sys.stdout.flush()
    if b"CRASH" in source:
        os.abort()
    if b"SLEEP" in source:
        time.sleep(60)
