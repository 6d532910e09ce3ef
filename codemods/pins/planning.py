# Decides what becomes of one dependency file. Values in, values out; opens nothing.
"""Move a range, add our own requirement, or say what a person has to write, and why."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from codemods.ignores import comment_rules
from codemods.outcome import Finding, Options, Status
from codemods.pins import BEDROCK, OWN, OWN_PYTHON, OWN_REQUIREMENT, OWN_TABLE, SDK, Insert, Requirement
from codemods.pins.demands import Demand, shown
from codemods.pins.locks import RENEWED_BY, locked_versions
from codemods.pins.manifests import Manifest, read_manifest
from codemods.pins.ranges import begins_below, forbids, moved, raised, stops_below_one

MOVE, ADD, LOCKED, LEFT = "TC031", "TC032", "TC431", "TC432"


@dataclass(slots=True)
class ManifestPlan:
    """What to write in one dependency file, and what to say about it."""

    edits: list[tuple[int, int, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def plan_manifest(manifest: Manifest, demand: Demand, options: Options, not_ours: str | None) -> ManifestPlan:
    """The plan for a dependency file whose code asks `demand`.

    `not_ours`: why the file must not be edited in this run whatever it holds, or None.
    """
    planner = _Planner(manifest, demand, options, not_ours)
    if manifest.is_lock:
        planner.judge_lock()
    elif manifest.problem is not None:
        planner.report_problem()
    else:
        planner.plan()
        if not _is_sound(manifest, planner.made):
            return ManifestPlan(findings=[_unsound(one) for one in planner.made.findings])
    return planner.made


def _is_sound(manifest: Manifest, plan: ManifestPlan) -> bool:
    """Whether the text after the edits reads as what was meant: each new range, and nothing lost."""
    if not plan.edits:
        return True
    after = manifest.encoded(edited(manifest.text, plan.edits))
    again = read_manifest(manifest.path, after, constraints=manifest.is_constraints)
    names = [one.name for one in again.reading.requirements if one.name != OWN]
    expected = [one.name for one in manifest.reading.requirements if one.name != OWN]
    ranges = [one.versions for one in again.reading.requirements if one.name == SDK]
    new = [text for start, end, text in plan.edits if OWN not in text and text[:1] in ("<", ">")]
    added = any(OWN in text for _, _, text in plan.edits)
    has_own = any(one.name == OWN for one in again.reading.requirements)
    return (
        sorted(names) == sorted(expected)
        and has_own >= added
        and all(SpecifierSet(text) in ranges for text in new)
    )


def _unsound(finding: Finding) -> Finding:
    message = f"{finding.message}; but the changed file would not read as it should: change it yourself"
    return replace(finding, rule=LEFT, status="manual", message=message)


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text after the edits, which do not overlap."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


class _Planner:
    def __init__(self, manifest: Manifest, demand: Demand, options: Options, not_ours: str | None) -> None:
        self.manifest = manifest
        self.demand = demand
        self.options = options
        self.not_ours = not_ours
        self.made = ManifestPlan()
        self.own = OWN_REQUIREMENT if demand.needs_extra else OWN

    # -- what to do --------------------------------------------------------------------------------

    def plan(self) -> None:
        left: list[Requirement] = []
        for one in self.manifest.reading.requirements:
            if self._is_ignored(one):
                continue
            if one.name == BEDROCK and self.demand.bedrock is not None:
                self._report_bedrock(one)
            elif one.name == SDK and self.demand.floor is not None:
                left += [one] if self._judge(one, self.demand.floor) else []
        if self.demand.bridged_in is not None:
            self._add_own(self.demand.bridged_in, left)

    def _judge(self, one: Requirement, floor: str) -> bool:
        """Move the range or report it; whether it was left though it forbids the new code."""
        if one.is_hashed or self.manifest.reading.is_generated:
            if one.versions is not None and forbids(one.versions, floor):
                self._report_generated(one, floor)
            return False
        if one.is_direct:
            self._report_direct(one, floor)
            return True
        if one.versions is None:
            why = f"its range cannot be read here; the new code needs {SDK}>={floor}: see that it is allowed"
            self._report(LEFT, "manual", one, why)
            return True
        wrong = forbids(one.versions, floor)
        if not wrong and not self._has_low_bounds(one.versions, floor):
            return False
        hold = self._why_hold(one)
        if hold is None:
            self._move(one, floor)
        elif wrong:
            self._leave(one, floor, *hold)
        return wrong and hold is not None

    def _has_low_bounds(self, versions: SpecifierSet, floor: str) -> bool:
        """Whether a range that allows the new code ends too early or begins too early."""
        return (self.demand.is_rewritten and stops_below_one(versions)) or begins_below(versions, floor)

    def _why_hold(self, one: Requirement) -> tuple[str, str] | None:
        """Why the range stays: (short reason, what to do)."""
        demand = self.demand
        if demand.old:
            number = "1 place needs" if len(demand.old) == 1 else f"{len(demand.old)} places need"
            where = shown(demand.old[0])
            reason = f"{number} an SDK below 1.0 ({where}), which moving it would break"
            return reason, "see to these first"
        if demand.failed:
            return (
                f"{demand.failed[0]} could not be analysed and may need the old SDK",
                "see to that file first",
            )
        if self.manifest.read_by is not None:
            return f"only the code of {self.manifest.read_by} reads it", "write it yourself"
        if self.not_ours is not None:
            return self.not_ours, "write it yourself, or name the file as well"
        if one.spec is None:
            return "its text cannot be placed with certainty", "write it yourself"
        return None

    def _move(self, one: Requirement, floor: str) -> None:
        if not self.options.rule_is_on(MOVE):
            return
        assert one.spec is not None
        assert one.versions is not None
        old = self.manifest.text[slice(*one.spec)]
        why = f"the new code needs {SDK}>={floor}"
        if forbids(one.versions, floor):
            new = moved(old, one.versions, floor)
        elif self.demand.is_rewritten and stops_below_one(one.versions):
            new = moved(old, one.versions, floor)
            why = "the calls that kept the SDK below 1.0 are gone"
        else:
            new = raised(old, one.versions, floor)
        self.made.edits.append((*one.spec, new))
        self._report(MOVE, "rewritten", one, f'{why}: "{old}" becomes "{new}"', self._evidence())

    def _leave(self, one: Requirement, floor: str, reason: str, advice: str) -> None:
        if not self.options.rule_is_on(MOVE):
            return
        notes: tuple[str, ...] = ()
        assert one.versions is not None
        new = moved(self.manifest.text[slice(*one.spec)] if one.spec else "", one.versions, floor)
        if self.demand.old and not self.demand.has_sdk_02:
            both = re.sub(r"<\s*3$", "<1", new)
            notes = (f"until then {SDK}{both} has both APIs; afterwards write the suggestion",)
        message = f"the new code needs {SDK}>={floor}, which this forbids, but {reason}: {advice}"
        self._report(LEFT, "manual", one, message, self._evidence(), notes, self._line_with(one, new))

    def _evidence(self) -> tuple[str, ...]:
        return (f"{self.demand.floor_path} uses the Messages API",)

    def _report_direct(self, one: Requirement, floor: str) -> None:
        new = moved("", SpecifierSet(), floor)
        named = re.match(r"[\w.-]+(?:\s*\[[^\]]*\])?(?=\s*@)", one.text)
        marker = re.search(r"\s+;.*", one.text)
        suggestion = f"{named[0] if named else SDK}{new}{marker[0] if marker else ''}"
        if one.text.endswith("="):
            suggestion = f'{one.text} "{new}"'
        message = (
            f"it comes from a URL or a folder, so its version cannot be told; the new code needs "
            f"{SDK}>={floor}: see that it is that, or name a version"
        )
        self._report(LEFT, "manual", one, message, self._evidence(), suggestion=suggestion)

    def _report_bedrock(self, one: Requirement) -> None:
        assert self.demand.bedrock is not None
        where = shown(self.demand.bedrock)
        message = f"the package {BEDROCK} has no Messages API, and {where} still uses it"
        suggestion = f"{SDK}[bedrock], once that code imports AnthropicBedrock from {SDK}"
        self._report(LEFT, "manual", one, message, suggestion=suggestion)

    # -- our own requirement -----------------------------------------------------------------------

    def _add_own(self, bridged_in: str, left: Sequence[Requirement]) -> None:
        requirements = self.manifest.reading.requirements
        if self.manifest.is_constraints or any(one.name == OWN for one in requirements):
            return
        if self.manifest.reading.is_generated:
            self._ask_to_make_anew(requirements)
            return
        if not self.options.rule_is_on(ADD):
            return
        wanted = [
            one
            for one in requirements
            if one.name == SDK and one.beside != () and not one.is_hashed and not self._is_ignored(one)
        ]
        always = [one for one in wanted if not one.is_optional]
        evidence = (f"{bridged_in} imports `migrate`",)
        inserts: set[Insert] = set()
        for one in always or wanted:
            reason = self._why_not_own()
            if reason is None:
                reason = "the SDK's requirement is left beside it" if one in left else self.not_ours
            if one.beside is None or reason is not None:
                self._ask_for_own(one, evidence, reason or "it cannot be added here with certainty")
            else:
                inserts.update(one.beside)
                message = f"bridged code imports this package: {self.own} is added beside it"
                self._report(ADD, "rewritten", one, message, evidence)
        self.made.edits += [
            (insert.offset, insert.offset, self._as_needed(insert.text)) for insert in inserts
        ]

    def _as_needed(self, text: str) -> str:
        """The text of an insert, without the extra if nothing needs it."""
        if self.demand.needs_extra:
            return text
        return text.replace(OWN_REQUIREMENT, OWN).replace(OWN_TABLE, '"*"')

    def _why_not_own(self) -> str | None:
        """Why our package could not be installed if it were added."""
        if self.manifest.read_by is not None:
            return f"only the code of {self.manifest.read_by} reads them"
        python = self.manifest.reading.old_python
        if python is None:
            return None
        return (
            f'it needs Python {OWN_PYTHON} or later, and this file says "{python}" of Python: '
            f"raise that to >={OWN_PYTHON} first"
        )

    def _ask_to_make_anew(self, requirements: Sequence[Requirement]) -> None:
        sdk = next((one for one in requirements if one.name == SDK), None)
        if sdk is not None and not self.made.findings:
            message = f"it does not hold {OWN}, which bridged code imports: make the file anew"
            self._report(LOCKED, "manual", sdk, message, self._evidence())

    def _ask_for_own(self, one: Requirement, evidence: tuple[str, ...], reason: str) -> None:
        message = f"bridged code needs {self.own}, which is not among these: {reason}; add it yourself"
        self._report(LEFT, "manual", one, message, evidence, suggestion=self.own)

    # -- what is only reported ---------------------------------------------------------------------

    def judge_lock(self) -> None:
        name = os.path.basename(self.manifest.path)
        renew = (
            f"renew it ({RENEWED_BY.get(name, 'with the command that wrote it')}) once the ranges are right"
        )
        for locked in locked_versions(self.manifest.path, self.manifest.text):
            if self.demand.floor is not None and locked.version < Version(self.demand.floor):
                message = (
                    f"it holds {SDK} {locked.version}, the new code needs {SDK}>={self.demand.floor}: {renew}"
                )
            elif self.demand.bridged_in is not None and not locked.has_own:
                message = f"it does not hold {OWN}, which bridged code imports: {renew}"
            else:
                continue
            end = locked.offset + len(str(locked.version))
            self._report_at(LOCKED, "manual", (locked.offset, end), message, self._evidence())

    def _report_generated(self, one: Requirement, floor: str) -> None:
        message = (
            f"a locked version that the new code cannot use (it needs {SDK}>={floor}): "
            "make the file anew with the tool that wrote it"
        )
        self._report(LOCKED, "manual", one, message, self._evidence())

    def report_problem(self) -> None:
        if self.demand.floor is None:
            return
        start = max(self.manifest.text.lower().find(SDK), 0)
        message = (
            f"it cannot be read ({self.manifest.problem}); the new code needs "
            f"{SDK}>={self.demand.floor}: see that it is allowed"
        )
        self._report_at(LEFT, "manual", (start, start + len(SDK)), message, self._evidence())

    # -- words -------------------------------------------------------------------------------------

    def _line_with(self, one: Requirement, new: str) -> str:
        """The line as it has to be, or at least the requirement."""
        if one.spec is None:
            return f"{SDK}{new}"
        text = self.manifest.text
        start = max(text.rfind("\n", 0, one.start), text.rfind("\r", 0, one.start)) + 1
        match = re.compile(r"[^\r\n]*").match(text, one.spec[1])
        assert match is not None
        return (text[start : one.spec[0]] + new + text[one.spec[1] : match.end()]).strip()

    def _is_ignored(self, one: Requirement) -> bool:
        match = re.compile(r"[^\r\n]*").match(self.manifest.text, one.end)
        assert match is not None
        rules = comment_rules(match[0])
        return rules is not None and (not rules or not rules.isdisjoint((MOVE, ADD, LOCKED, LEFT)))

    def _report(
        self,
        rule: str,
        status: Status,
        one: Requirement,
        message: str,
        evidence: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
        suggestion: str | None = None,
    ) -> None:
        self._report_at(rule, status, (one.start, one.end), message, evidence, notes, suggestion)

    def _report_at(
        self,
        rule: str,
        status: Status,
        span: tuple[int, int],
        message: str,
        evidence: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
        suggestion: str | None = None,
    ) -> None:
        if self.options.rule_is_on(rule):
            start, end = map(self.manifest.position, span)
            self.made.findings.append(
                Finding(rule, status, *start, *end, message, evidence, notes, suggestion)
            )
