# Says what is left after `fix`; reads outcomes and pins, decides nothing about code.
"""What a person does after the files are written, in the order of doing it."""

from __future__ import annotations

from collections.abc import Sequence

from codemods.pins import Pin, find_pins, forbids, highest
from codemods.reports import Report

ADAPTER = "completions-to-messages[adapter]"


def next_steps(report: Report, dependency_files: Sequence[str]) -> tuple[str, ...]:
    """One sentence or two per step; empty if the run changed nothing and left nothing."""
    changed = [file.outcome for file in report.files if file.outcome.changed]
    steps: list[str] = []
    floors = [outcome.sdk_floor for outcome in changed if outcome.sdk_floor is not None]
    floor = highest(floors)
    if floor is not None:
        steps += _version_steps(floor, find_pins(dependency_files))
    if any(outcome.uses_bridge for outcome in changed):
        steps.append(
            f"Add {ADAPTER} to your dependencies and install it "
            f'(pip install "{ADAPTER}"): bridged sites import it at run time.'
        )
    if changed:
        steps.append("Read the changes, then run your tests.")
    steps += _left_steps(report)
    return tuple(steps)


def _version_steps(floor: str, pins: Sequence[Pin]) -> list[str]:
    needed = f"The new code needs anthropic>={floor}"
    forbidding = [pin for pin in pins if forbids(pin, floor)]
    if forbidding:
        return [
            f'{needed}, and {pin.path}:{pin.line} forbids it ("{pin.text}"): '
            f"change that line to anthropic>={floor} and renew your lock file, if you have one."
            for pin in forbidding
        ]
    if pins:
        places = ", ".join(dict.fromkeys(f"{pin.path}:{pin.line}" for pin in pins))
        return [f"{needed}; the pins found allow it ({places}). Make sure it is what you have installed."]
    return [f"{needed}; no pin was found. Make sure it is what you have installed."]


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
