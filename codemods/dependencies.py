# The step between analysis and report that looks at dependency files; loads its parts only if needed.
"""After the code is analysed: what becomes of the dependency files that serve it."""

from __future__ import annotations

from collections.abc import Sequence

from codemods.outcome import Options, Outcome
from codemods.reports import Report
from codemods.worker import ENGINE, load_engine


def with_dependencies(report: Report, paths: Sequence[str], options: Options, engine: str = ENGINE) -> Report:
    """The report with the dependency files that have findings, behind the code they serve."""
    asking = [file for file in report.files if _asks(file.outcome)]
    if not options.pins or not asking:
        return report
    from codemods.pins.joining import Joining

    return Joining(report, asking, paths, options, load_engine(engine).is_candidate).report()


def _asks(outcome: Outcome) -> bool:
    """Whether the code of a file asks anything of a dependency file."""
    asks = outcome.sdk_floor is not None or outcome.uses_bridge or outcome.kind == "failed"
    return asks or bool(outcome.old_sdk_lines) or any(one.rule == "TC409" for one in outcome.findings)
