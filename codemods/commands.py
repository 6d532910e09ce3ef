# What check, diff and fix do, between the words of the command line and the work itself.
"""The commands that look at code. Each returns its exit code.

check, diff: 0 nothing legacy left · 1 something to migrate or review · 2 a failure.
fix:         0 nothing left for a person · 1 review or manual sites remain · 2 a failure.
All: 130 after Ctrl-C; no file is ever half written.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import click

from codemods.analysis import Run, analyse, analyse_source
from codemods.config import ConfigError, Settings, settings_from
from codemods.dependencies import with_dependencies
from codemods.files import dependency_files_above
from codemods.progress import Progress
from codemods.replace import ReplaceError, write_output
from codemods.reports import Report

STDIN = "-"
NOTHING_LEFT, SOMETHING_LEFT, FAILURE, INTERRUPTED = 0, 1, 2, 130

Work = Callable[[Settings, Progress], int]


def check(paths: Sequence[str], arguments: Mapping[str, Any], stdin_name: str | None) -> int:
    """Analyse and report; write nothing."""

    def work(settings: Settings, progress: Progress) -> int:
        report = _analysed(paths, settings, stdin_name, progress)
        _print(_rendered(report, settings), settings.output)
        return _exit_code(report, settings, report.would_change())

    return _run(work, paths, arguments, stdin_name)


def diff(paths: Sequence[str], arguments: Mapping[str, Any], stdin_name: str | None) -> int:
    """The changes on standard output, the findings on standard error."""

    def work(settings: Settings, progress: Progress) -> int:
        from codemods.reports.diff_report import diff_report

        report = _analysed(paths, settings, stdin_name, progress)
        _print(diff_report(report), settings.output)
        _print(_rendered(report, settings), None, err=True)
        return _exit_code(report, settings, report.would_change())

    return _run(work, paths, arguments, stdin_name)


def fix(paths: Sequence[str], arguments: Mapping[str, Any], stdin_name: str | None) -> int:
    """Write the changes, report, and say what to do next."""

    def work(settings: Settings, progress: Progress) -> int:
        from codemods.next_steps import next_steps
        from codemods.writing import write_changes

        report = _analysed(paths, settings, stdin_name, progress)
        if list(paths) == [STDIN]:
            return _pass_through(report, settings)
        report = write_changes(report, progress, allow_dirty=settings.allow_dirty)
        progress.finish()
        dependency_files = dict.fromkeys((*report.dependency_files, *dependency_files_above(paths)))
        report = replace(report, next_steps=next_steps(report, list(dependency_files)))
        _print(_rendered(report, settings, written=True), settings.output)
        return _exit_code(report, settings, False)

    return _run(work, paths, arguments, stdin_name)


def _pass_through(report: Report, settings: Settings) -> int:
    """As a filter: the source, changed or not, on standard output; the findings beside it."""
    _print(report.files[0].outcome.source, settings.output)
    _print(_rendered(report, settings, written=True), None, err=True)
    return _exit_code(report, settings, False)


def _run(work: Work, paths: Sequence[str], arguments: Mapping[str, Any], stdin_name: str | None) -> int:
    _refuse_mixed_stdin(paths)
    start = os.path.dirname(stdin_name) or "." if stdin_name else paths[0]
    progress = Progress()
    try:
        settings = settings_from(arguments, ["." if start == STDIN else start])
        with progress:
            return work(settings, progress)
    except ConfigError as error:
        raise WrongUsage(str(error)) from error
    except ReplaceError as error:  # only --output is left to raise it
        raise WrongUsage(f"--output {arguments.get('output')}: {error}") from error
    except KeyboardInterrupt:
        click.echo(f"\n{_how_far(progress)}", err=True)
        return INTERRUPTED


def _refuse_mixed_stdin(paths: Sequence[str]) -> None:
    if STDIN in paths and len(paths) > 1:
        raise WrongUsage("`-` is standard input and stands alone: give it or paths, not both")


class WrongUsage(click.ClickException):
    """One line on standard error and exit code 2."""

    exit_code = FAILURE


def _how_far(progress: Progress) -> str:
    if progress.stage == "writing":
        return (
            f"Interrupted: {progress.done} of {progress.total} files written, each whole; "
            "run the command again for the rest."
        )
    stage = f" while {progress.stage} file {progress.done + 1} of {progress.total}" if progress.total else ""
    return f"Interrupted{stage}: nothing was written."


def _analysed(paths: Sequence[str], settings: Settings, stdin_name: str | None, progress: Progress) -> Report:
    if list(paths) == [STDIN]:
        source = sys.stdin.buffer.read()
        return Report((analyse_source(source, stdin_name or "stdin.py", settings.options),))
    # Syntax trees are very many objects that live long: collecting after every 700 new ones costs a tenth.
    gc.set_threshold(100_000, 20, 50)
    run = Run(tuple(paths), settings.options, settings.jobs)
    report = with_dependencies(analyse(run, progress), paths, settings.options, run.engine)
    progress.finish()
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    return report


def _rendered(report: Report, settings: Settings, *, written: bool = False) -> str:
    if settings.format == "json":
        from codemods.reports.json_report import json_report

        return json_report(report)
    from codemods.reports.text_report import text_report

    return text_report(report, written=written, verbose=settings.verbose)


def _print(content: str | bytes, output: str | None, *, err: bool = False) -> None:
    if output is not None:
        text = (
            click.unstyle(content).encode("utf-8", "backslashreplace")
            if isinstance(content, str)
            else content
        )
        write_output(output, text)
    elif isinstance(content, bytes):
        click.echo(content, nl=False)
    else:
        # Colours only where click finds a terminal, and never against https://no-color.org.
        stream_of_text = sys.stderr if err else sys.stdout
        safe = content.encode(stream_of_text.encoding or "utf-8", "backslashreplace")
        shown = safe.decode(stream_of_text.encoding or "utf-8")
        click.echo(shown, nl=False, err=err, color=False if os.environ.get("NO_COLOR") else None)


def _exit_code(report: Report, settings: Settings, to_change: bool) -> int:
    if report.has_failed():
        return FAILURE
    return SOMETHING_LEFT if to_change or report.is_left(strict=settings.strict) else NOTHING_LEFT
