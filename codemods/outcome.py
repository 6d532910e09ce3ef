# What one file's analysis says: plain values, no parser, no files. Everything may import this.
"""Findings, outcomes and options: the values that pass between engine, reports and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["rewritten", "bridged", "review", "manual"]
OutcomeKind = Literal["unchanged", "rewritten", "partly", "skipped", "failed"]

LADDER: tuple[Status, ...] = ("rewritten", "bridged", "review", "manual")


@dataclass(frozen=True, slots=True)
class Finding:
    """One report entry. Lines count from 1, columns from 1 in characters, the end is exclusive."""

    rule: str
    status: Status
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    evidence: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    suggestion: str | None = None

    @property
    def is_left(self) -> bool:
        """Whether a person still has something to do here."""
        return self.status in ("review", "manual")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `source` is the new content in the file's own encoding.

    kind: "unchanged" nothing of ours, or everything left as it stands ·
    "rewritten" every site changed · "partly" some sites changed, some left ·
    "skipped" not looked at, with the reason · "failed" could not be analysed, with the reason.

    sdk_floor: the lowest SDK that has what the file's Messages code uses, None without such code.
    uses_bridge: the file imports our run-time library. old_sdk_lines: what stays and needs an SDK
    below 1.0. All three tell of the file as it is after the change.
    """

    kind: OutcomeKind
    source: bytes
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    sdk_floor: str | None = None
    uses_bridge: bool = False
    old_sdk_lines: tuple[int, ...] = ()

    @property
    def changed(self) -> bool:
        return self.kind in ("rewritten", "partly")


@dataclass(frozen=True, slots=True)
class Options:
    """How sites are rewritten; one field per command-line option of the same name."""

    models: Mapping[str, str] = field(default_factory=dict)
    default_model: str | None = None
    keep_sampling: bool = False
    prefill: Literal["fallback", "manual"] = "fallback"
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    accept: frozenset[str] = frozenset()
    bridge_only: bool = False
    bridge: bool = True
    markers: bool = True
    pins: bool = True

    def rule_is_on(self, rule: str) -> bool:
        """Whether `select` and `ignore` leave the rule on."""
        return (not self.select or rule in self.select) and rule not in self.ignore
