# The engine as a codemod of LibCST. The only module that loads libcst.codemod; nothing imports it.
"""`python -m libcst.tool codemod -x codemods.libcst_command.ToMessagesCommand PATH…`

The same engine, options and `[tool.to-messages]` as `to-messages fix`, for pipelines built on LibCST.
Its runner finds the files, runs jobs, formats and writes; dependency files stay.
"""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

import libcst
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from codemods.config import PREFILL, ConfigError, settings_from
from codemods.outcome import Finding, Outcome
from codemods.rewrite import is_candidate, rewrite_source
from codemods.shared_project import SnapshotError, project_around


class ToMessagesCommand(CodemodCommand):
    """Rewrite one module; findings that a person has to see to become warnings."""

    DESCRIPTION = "Move code from Anthropic's Text Completions API to the Messages API."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """The options of `to-messages fix` that say how a site is rewritten."""
        add = arg_parser.add_argument
        add("--model", action="append", type=_checked("model"), metavar="OLD=NEW", help="Write NEW for OLD.")
        add("--default-model", type=_checked("default_model"), metavar="NEW", help="Write NEW for all.")
        add("--keep-sampling", action="store_true", help="Keep temperature, top_p and top_k.")
        add("--prefill", choices=PREFILL, help="What to do where the model refuses a prefill.")
        add("--select", action="append", type=_checked("select"), metavar="RULE", help="Only these rules.")
        add("--ignore", action="append", type=_checked("ignore"), metavar="RULE", help="Not these rules.")
        add("--bridge-only", action="store_true", help="Lean on the adapter everywhere, no other edit.")
        add("--no-bridge", action="store_true", help="Never lean on the adapter.")
        add("--no-markers", action="store_true", help="Write no TODO comments above review sites.")
        # Not an option: how the processes of this run, which get the same arguments, find each other.
        add("--snapshot", default=_new_snapshot(), help=argparse.SUPPRESS)

    def __init__(self, context: CodemodContext, snapshot: str | None = None, **arguments: Any) -> None:
        super().__init__(context)
        self._snapshot = snapshot
        self._arguments = {name: _plain(value) for name, value in arguments.items()}

    def transform_module_impl(self, tree: libcst.Module) -> libcst.Module:
        """The module of the rewritten source, or the same tree if nothing changes.

        Raises SkipFile for a file that cannot be analysed, with the reason.
        """
        source = tree.bytes
        if not is_candidate(source):
            return tree
        outcome = self._outcome(source)
        for finding in outcome.findings:
            if finding.is_left:
                self.warn(_warning(finding))
        if outcome.kind == "failed":
            raise SkipFile(f"left as it was: {outcome.reason}")
        if not outcome.changed:
            return tree
        return libcst.parse_module(outcome.source, config=tree.config_for_parsing)

    def _outcome(self, source: bytes) -> Outcome:
        path = self.context.filename
        directory = os.path.dirname(os.path.abspath(path)) if path else os.getcwd()
        try:
            options = settings_from(self._arguments, [directory]).options
            if path is None:
                return rewrite_source(source, "stdin.py", options)
            project, around = project_around(directory, self._snapshot, is_candidate)
            return rewrite_source(source, around.name_of(os.path.abspath(path)), options, project)
        except (ConfigError, SnapshotError) as error:
            raise SkipFile(f"left as it was: {error}") from error


def _warning(finding: Finding) -> str:
    place = f"{finding.line}:{finding.column} {finding.rule} {finding.status} {finding.message}"
    return f"{place}\n{finding.suggestion}" if finding.suggestion else place


def _plain(value: Any) -> Any:
    """Options given several times come as lists; not given, as None."""
    return tuple(value) if isinstance(value, list) else value


def _checked(name: str) -> Callable[[str], str]:
    """A type for argparse: the text as it is, if the option takes it."""

    def checked(value: str) -> str:
        try:
            settings_from({name: value if name == "default_model" else (value,)}, ["."])
        except ConfigError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return value

    return checked


def _new_snapshot() -> str:
    """A directory that lives as long as the process that reads the arguments."""
    path = tempfile.mkdtemp(prefix="to-messages-")
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(path, ignore_errors=True)

    atexit.register(remove)
    return path
