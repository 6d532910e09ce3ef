"""Did two runs of a program, before and after its migration, do the same?

They did if they asked the same (`migrate.sameness`) in the same order, were answered with the same
texts, ended alike and printed the same. One thing is allowed for: every completion began with a
space that a message does not have, so runs of spaces right before an answer's text are left out of
the comparison of what was printed. A program that prints part of an answer, or its length, prints
something else afterwards, and that is a difference.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import replace

from migrate.double import Recorded
from migrate.double.answers import pieces_of
from migrate.sameness import asked, differences
from tests.execution.programs import Run
from tests.sdks import LEGACY, NONE, OLDEST

ANSWERING = ("/complete", "/messages", "/invoke", "/invoke-with-response-stream")


ANY_ORDER = "any order"  # several things are asked at once
BLANK_STOPS = "blank stops"  # Messages takes no blank stop sequences: the adapter cuts the answer instead
ALLOWANCES = frozenset({ANY_ORDER, BLANK_STOPS})
NOTHING: frozenset[str] = frozenset()
SDK_02 = "sdk 0.2"  # was written for the first SDK, and runs under it before
NO_SDK = "no sdk"  # asks with an HTTP library or boto3, before and after


def allowances(first_line: str) -> frozenset[str]:
    """What a program says in its first line, "# runs: any order, blank stops"; ValueError for anything else."""
    return _stated(first_line) - {SDK_02, NO_SDK}


def stated_sdk(first_line: str) -> str:
    """The SDK that a program says it was written for: "# runs: sdk 0.2", "# runs: no sdk", or else the usual."""
    stated = _stated(first_line)
    return OLDEST if SDK_02 in stated else NONE if NO_SDK in stated else LEGACY


def _stated(first_line: str) -> frozenset[str]:
    stated = first_line.strip().removeprefix("# runs").removeprefix(":")
    named = frozenset(word.strip() for word in stated.split(",") if word.strip())
    known = {*ALLOWANCES, SDK_02, NO_SDK}
    if not named <= known:
        raise ValueError(f"{first_line!r}: only {sorted(known)} can follow '# runs:'")
    return named


def compare_runs(before: Run, after: Run, allowed: frozenset[str] = NOTHING) -> list[str]:
    """One readable line (or block) per difference; empty if the two did the same.

    `allowed` are ALLOWANCES: requests may come in another order; blank stop sequences may be missing
    afterwards, and what was printed has to show that their effect is not.
    """
    found = []
    if before.status != after.status:
        found.append(f"ended with {after.status} instead of {before.status}:\n{after.stderr}")
    found += compare_requests(before.requests, after.requests, allowed)
    found += compare_output(before, after)
    return found


def compare_requests(
    before: Iterable[Recorded], after: Iterable[Recorded], allowed: frozenset[str] = NOTHING
) -> list[str]:
    """Differences in what was asked and answered, each with the number of the request."""
    old, new = _answering(before, allowed), _answering(after, allowed)
    found = [f"{len(old)} requests became {len(new)}"] if len(old) != len(new) else []
    for number, pair in enumerate(zip(old, new, strict=False), start=1):
        found += [f"request {number}: {line}" for line in _compare_request(*pair, allowed)]
    return found


def compare_output(before: Run, after: Run) -> list[str]:
    """The difference of what was printed as one unified diff, in a list; empty if there is none."""
    texts = [request.text for run in (before, after) for request in run.requests if request.text]
    old, new = normal_output(before.stdout, texts), normal_output(after.stdout, texts)
    if old == new:
        return []
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "printed before", "printed after", lineterm=""
    )
    return ["\n".join(lines) or f"printed {new!r} instead of {old!r}"]


def normal_output(output: str, texts: Iterable[str]) -> str:
    """The output without the spaces right before an answer's text or first piece, plain, repr or JSON."""
    shown = {
        form
        for text in texts
        for part in (text.strip(), *pieces_of(text.strip())[:1])
        for form in _forms(part)
    }
    for text in sorted(shown - {""}, key=len, reverse=True):
        # Programs also print answers in capitals, so case does not count in finding them.
        output = re.sub(f"(?i) +(?={re.escape(text)})", "", output)
    return output


def _forms(text: str) -> tuple[str, ...]:
    return text, repr(text)[1:-1], json.dumps(text)[1:-1]


def _answering(requests: Iterable[Recorded], allowed: frozenset[str]) -> list[Recorded]:
    asking = [request for request in requests if request.path.endswith(ANSWERING)]
    return sorted(asking, key=lambda request: request.text or "") if ANY_ORDER in allowed else asking


def _compare_request(before: Recorded, after: Recorded, allowed: frozenset[str]) -> list[str]:
    if after.status >= 400 or before.status >= 400:
        same = before.status == after.status
        return [] if same else [f"was answered with status {after.status} instead of {before.status}"]
    old, new = asked(before.path, before.body), asked(after.path, after.body)
    heard = {stop for stop in old.stops if stop.strip()} if BLANK_STOPS in allowed else old.stops
    found = differences(replace(old, stops=frozenset(heard)), new)
    if before.text != after.text and heard == old.stops:
        found.append(f"was answered {after.text!r} instead of {before.text!r}")
    return found
