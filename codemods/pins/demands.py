# What code asks of the dependency files that serve it. Reads outcomes, no file.
"""The demands of several code files as one, each with the place that makes it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from codemods.pins.ranges import highest
from codemods.reports import FileReport

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Demand:
    """floor: the SDK that the code needs, by `floor_path` · is_rewritten: calls were rewritten in this
    run · bridged_in: a file that imports our package ·
    needs_extra: what imports it needs the SDK · old: places that need an SDK below 1.0 ·
    has_sdk_02: some of them one below 0.3 · failed: files that could not be analysed ·
    bedrock: a place that uses the package anthropic_bedrock."""

    floor: str | None = None
    floor_path: str = ""
    is_rewritten: bool = False
    bridged_in: str | None = None
    needs_extra: bool = True
    old: tuple[Place, ...] = ()
    has_sdk_02: bool = False
    failed: tuple[str, ...] = ()
    bedrock: Place | None = None


def demand_of(files: Iterable[FileReport]) -> Demand:
    """What these files ask together."""
    files = list(files)
    floor = highest([file.outcome.sdk_floor for file in files if file.outcome.sdk_floor])
    findings = [(file.path, one) for file in files for one in file.outcome.findings]
    return Demand(
        floor=floor,
        floor_path=next((file.path for file in files if file.outcome.sdk_floor == floor), ""),
        is_rewritten=any(file.outcome.changed and file.outcome.sdk_floor for file in files),
        bridged_in=next((file.path for file in files if file.outcome.uses_bridge), None),
        needs_extra=any(file.outcome.uses_bridge and file.outcome.sdk_floor for file in files),
        old=tuple((file.path, line) for file in files for line in file.outcome.old_sdk_lines),
        has_sdk_02=any(one.rule == "TC401" and one.status == "manual" for _, one in findings),
        failed=tuple(file.path for file in files if file.outcome.kind == "failed"),
        bedrock=next(((path, one.line) for path, one in findings if one.rule == "TC409"), None),
    )


def shown(place: Place) -> str:
    return f"{place[0].replace(os.sep, '/')}:{place[1]}"
