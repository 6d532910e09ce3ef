# Says what is left after `fix`; reads outcomes and pins, decides nothing about code.
"""What a person does after the files are written, in the order of doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codemods.pins import OWN, OWN_REQUIREMENT, SDK
from codemods.pins.elsewhere import forbidding_elsewhere
from codemods.pins.manifests import read_manifests
from codemods.pins.planning import ADD, LEFT, LOCKED, MOVE
from codemods.pins.ranges import forbids, highest
from codemods.reports import Report

_INSTALL = "install them, and renew your lock file, if you have one"


def next_steps(report: Report, dependency_files: Sequence[str]) -> tuple[str, ...]:
    """One sentence or two per step; empty if the run changed nothing and left nothing."""
    changed = [file.outcome for file in report.files if file.outcome.changed]
    steps: list[str] = []
    floors = [outcome.sdk_floor for outcome in changed if outcome.sdk_floor is not None]
    floor = highest(floors)
    if floor is not None:
        elsewhere = list(_elsewhere(report, floor, dependency_files))
        steps += _version_steps(report, floor, dependency_files, elsewhere)
        if elsewhere:
            steps.append(f"Files that are not read as dependency files forbid that: {', '.join(elsewhere)}.")
    added = _places(report, ADD)
    if added and not _places(report, MOVE):
        steps.append(f"{OWN} is among your requirements now ({', '.join(added)}): {_INSTALL}.")
    if any(outcome.uses_bridge for outcome in changed) and not added:
        with_sdk = any(outcome.uses_bridge and outcome.sdk_floor for outcome in changed)
        own, quoted = (OWN_REQUIREMENT, f'"{OWN_REQUIREMENT}"') if with_sdk else (OWN, OWN)
        steps.append(
            f"Add {own} to your dependencies and install it "
            f"(pip install {quoted}): bridged sites import it at run time."
        )
    if changed:
        steps.append("Read the changes, then run your tests.")
    steps += _left_steps(report)
    return tuple(steps)


def _elsewhere(report: Report, floor: str, dependency_files: Sequence[str]) -> Iterator[str]:
    changed = (file.path for file in report.files if file.outcome.changed)
    for place, text in forbidding_elsewhere((*changed, *dependency_files), floor):
        yield f'{place} ("{text}")'


def _version_steps(
    report: Report, floor: str, dependency_files: Sequence[str], elsewhere: Sequence[str]
) -> list[str]:
    needed = f"The new code needs {SDK}>={floor}"
    done, left = _places(report, MOVE), _places(report, LEFT, LOCKED)
    if done and not left:
        return [f"{needed}; your requirements say so now ({', '.join(done)}): {_INSTALL}."]
    if left:
        return [f"{needed}; what does not fit it is listed above, with what to write: {', '.join(left)}."]
    pins = list(_pins(dependency_files, floor))
    forbidding = [(place, text) for place, text, is_forbidden in pins if is_forbidden]
    if forbidding:
        return [
            f'{needed}, and {place} forbids it ("{text}"): '
            f"change that line to {SDK}>={floor} and renew your lock file, if you have one."
            for place, text in forbidding
        ]
    if pins:
        places = ", ".join(dict.fromkeys(place for place, _, _ in pins))
        return [f"{needed}; the pins found allow it ({places}). Make sure it is what you have installed."]
    if elsewhere:
        return [f"{needed}; no dependency file pins it. Make sure it is what you have installed."]
    return [f"{needed}; no pin was found. Make sure it is what you have installed."]


def _places(report: Report, *rules: str) -> list[str]:
    """Where findings of these rules stand, each place once."""
    found = (f"{path}:{one.line}" for path, one in report.findings() if one.rule in rules)
    return list(dict.fromkeys(found))


def _pins(dependency_files: Sequence[str], floor: str) -> Iterator[tuple[str, str, bool]]:
    """(place, text, whether it forbids the floor) of every range for the SDK."""
    for manifest in read_manifests(dependency_files):
        for one in manifest.reading.requirements:
            if one.name == SDK and one.versions:
                line, _ = manifest.position(one.start)
                yield f"{manifest.path}:{line}", one.text, forbids(one.versions, floor)


def _left_steps(report: Report) -> list[str]:
    counts = report.status_counts()
    steps = []
    if counts["review"]:
        steps.append(
            f"Review {_sites(counts['review'])}: each is listed above as review and marked "
            "TODO(to-messages …) unless you switched that off; delete the marker once you have looked."
        )
    if counts["manual"]:
        steps.append(
            f"Change {_sites(counts['manual'])} by hand: each is listed above as manual, with the reason."
        )
    failed = report.outcome_counts()["failed"]
    if failed:
        steps.append(f"See to {failed} failed file{'s' * (failed != 1)}, named above, and run fix again.")
    return steps


def _sites(number: int) -> str:
    return "1 place" if number == 1 else f"{number} places"
