# From the documents of a run to their reports. Reads files, runs the engine on the programs in them.
"""Look through the files beside the code, and report those that hold something of ours.

A document without findings is in the report only if it was given by name: a project holds thousands
of files that are none of the tool's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from codemods.documents import Document, document_outcome, may_hold
from codemods.documents.document import decoded
from codemods.files import Found, cannot, read_or_none, read_start
from codemods.outcome import Outcome
from codemods.reports import FileReport
from codemods.worker import Analyst, Setting, Task, TooDeep, needs_worker

MOST_BYTES = 512 * 1024  # of one document; a data file may have gigabytes
# Code that asks Anthropic's models, or did before it was migrated.
_ASKS = re.compile(
    rb"max_tokens_to_sample|HUMAN_PROMPT|AI_PROMPT|anthropic\.claude"
    rb"|^[ \t]*(?:from|import)[ \t]+(?:anthropic|migrate)\b",
    re.M,
)


def document_reports(found: Found, candidates: Iterable[str], setting: Setting) -> list[FileReport]:
    """A report for each document with findings, and for each one given by name or not to be read."""
    reports: list[FileReport] = []
    rewrite = _rewriter(setting)
    asks: bool | None = None
    for path in found.documents:
        named = path in found.named_documents
        try:
            data = read_start(path, MOST_BYTES + 1)
        except OSError as error:
            reports.append(FileReport(path, Outcome("skipped", b"", reason=cannot("read", error))))
            continue
        if may_hold(data):
            asks = _asks(candidates) if asks is None else asks
            text = decoded(data[:MOST_BYTES])
            document = Document(path, text, rewrite, named or asks, len(data) > MOST_BYTES)
            outcome = document_outcome(document, setting.options)
        else:
            outcome = Outcome("unchanged", b"")
        if named or outcome.findings:
            reports.append(FileReport(path, outcome))
    return reports


def _asks(candidates: Iterable[str]) -> bool:
    return any(_ASKS.search(data) is not None for data in _contents(candidates))


def _contents(paths: Iterable[str]) -> Iterator[bytes]:
    for path in paths:
        data = read_or_none(path)
        if data is not None:
            yield data


def _rewriter(setting: Setting) -> Callable[[str], Outcome]:
    """Runs the engine on a program of a document; one that could exhaust the stack has failed."""
    analysts: list[Analyst] = []

    def rewrite(code: str) -> Outcome:
        source = code.encode("utf-8", "replace")
        if needs_worker(source):
            return Outcome("failed", source, reason="too large for an example")
        if not analysts:
            analysts.append(Analyst(setting))
        try:
            return analysts[0].answer(Task("example.py", source, "example.py")).outcome
        except TooDeep as error:
            return Outcome("failed", source, reason=str(error))

    return rewrite
