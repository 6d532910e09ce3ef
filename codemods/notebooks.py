# A notebook from bytes to bytes. Knows the parts of a notebook; the engine it is handed knows the API.
"""`rewrite_notebook`: the code cells are one module in order; only the lines that change are written.

What is assumed: the cells run once, from the top to the bottom. A cell that cannot be read, and a
magic that is not known, are taken to read and to bind every name they mention.
"""

from __future__ import annotations

import codecs
import dataclasses
import re
from collections.abc import Callable, Iterator

from codemods.edits import Replacement
from codemods.ignores import is_text_ignored
from codemods.json_text import NotJson
from codemods.notebook_cells import BadNotebook, Cell, Notebook, read_notebook
from codemods.notebook_installs import forbidding_pins, needed_version
from codemods.notebook_module import NotebookModule, Unmappable
from codemods.outcome import Finding, Outcome

# What becomes of a module, and its changes as spans. The names given may be read from outside of it.
Engine = Callable[[bytes, frozenset[str]], tuple[Outcome, list[Replacement]]]

_RULE = "TC406"
_LEGACY = re.compile(
    r"HUMAN_PROMPT|AI_PROMPT|max_tokens_to_sample|/v1/complete(?![\w/])"
    r"|\banthropic\.(?:count_tokens|ApiException)|\.completions\.create\b(?=[^\n]*prompt)"
)
_READS = re.compile(r"\.completion\b(?!\()|" + _LEGACY.pattern)
_TOUCHED = "what would change touches a line that is not Python; the cell is left as it is"


def rewrite_notebook(raw: bytes, engine: Engine) -> Outcome:
    """What becomes of a notebook file; "failed" with the reason if it cannot be read as one."""
    bom = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    try:
        notebook = read_notebook(raw[len(bom) :].decode("utf-8"))
    except UnicodeDecodeError as error:
        return Outcome("failed", raw, reason=f"byte {error.start}: not UTF-8, as a notebook must be")
    except (NotJson, BadNotebook) as error:
        return Outcome("failed", raw, reason=str(error))
    outcome = _Rewriter(notebook, engine).outcome()
    return dataclasses.replace(outcome, source=bom + outcome.source if outcome.changed else raw)


class _Rewriter:
    """The work on one notebook."""

    def __init__(self, notebook: Notebook, engine: Engine) -> None:
        self.notebook = notebook
        self.engine = engine
        self.closed: set[int] = set()

    def outcome(self) -> Outcome:
        """Run the engine; a cell that cannot take its changes is closed, and all is planned again."""
        while True:
            module = NotebookModule(self.notebook, self.closed)
            outcome, replacements = self.engine(module.data, module.shared)
            try:
                texts = module.new_texts(replacements) if outcome.changed else {}
            except Unmappable as error:
                if error.number in self.closed:
                    raise AssertionError("a change in a cell that is closed") from error
                self.closed.add(error.number)
                continue
            return self._finished(module, outcome, texts)

    def _finished(self, module: NotebookModule, outcome: Outcome, texts: dict[int, str]) -> Outcome:
        findings = [self._placed(module, one) for one in outcome.findings]
        unread = list(self._unread(module))
        findings += unread
        findings += self._installs(module, outcome)
        old = {self.notebook.place(*module.cell_at(line, 1))[0] for line in outcome.old_sdk_lines}
        old_lines = tuple(sorted(old.union(one.line for one in unread)))
        ordered = tuple(sorted(findings, key=lambda one: (one.line, one.column, one.rule)))
        if outcome.kind == "failed":
            reason = f"its cells as one module: {module.in_cells(outcome.reason or '')}"
            return dataclasses.replace(outcome, findings=ordered, reason=reason)
        if not texts:
            floor = None if outcome.changed else outcome.sdk_floor
            leans = outcome.uses_bridge and not outcome.changed
            return Outcome("unchanged", b"", ordered, None, floor, leans, old_lines)
        source = self.notebook.with_sources(texts).encode()
        left = any(one.status == "manual" for one in ordered)
        return dataclasses.replace(
            outcome,
            kind="partly" if left else "rewritten",
            source=source,
            findings=ordered,
            old_sdk_lines=old_lines,
        )

    def _placed(self, module: NotebookModule, finding: Finding) -> Finding:
        """A finding of the module at its place in the file, with its lines named by cells."""
        start_cell, start = module.cell_at(finding.line, finding.column)
        end_cell, end = module.cell_at(finding.end_line, finding.end_column)
        line, column = self.notebook.place(start_cell, start)
        end_line, end_column = self.notebook.place(end_cell, end, is_end=True)
        # What another file says of itself names that file's own lines.
        elsewhere = any(" comes from " in text for text in finding.evidence)
        return dataclasses.replace(
            finding,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            message=f"cell {start_cell.number}: {module.in_cells(finding.message)}",
            evidence=finding.evidence if elsewhere else tuple(map(module.in_cells, finding.evidence)),
            notes=tuple(map(module.in_cells, finding.notes)),
        )

    # -- what is not Python --------------------------------------------------------------------

    def _unread(self, module: NotebookModule) -> Iterator[Finding]:
        """One finding for each stretch that names the old API and is no Python of this module."""
        for cell in self.notebook.cells:
            if not self.notebook.is_python(cell) and (match := _LEGACY.search(cell.text)):
                language = cell.language or self.notebook.language
                yield self._left(cell, *match.span(), f"`{match[0]}` in {language}: change it by hand")
        for segment in module.segments:
            cell, problem = segment.cell, segment.code.problem
            if cell.number in self.closed:
                yield self._left(cell, 0, len(cell.text.rstrip()), _TOUCHED)
                continue
            for piece in segment.code.pieces:
                text = cell.text[piece.start : piece.end] if piece.stand_in is not None else ""
                match = (_READS if problem else _LEGACY).search(text)
                if match is not None and not is_text_ignored(text, _RULE):
                    why = f"cannot be read ({problem})" if problem else "is no Python of this notebook"
                    start, end = (piece.start + offset for offset in match.span())
                    yield self._left(cell, start, end, f"`{match[0]}` in what {why}: change it by hand")

    def _installs(self, module: NotebookModule, outcome: Outcome) -> Iterator[Finding]:
        """Installations of an SDK that is too old for what the notebook's code is or becomes."""
        code = outcome.source if outcome.changed else module.data
        if not outcome.findings and not re.search(rb"\.messages\.create\b", code):
            return
        floor = needed_version(code)
        for segment in module.segments:
            for piece in segment.code.pieces:
                text = segment.cell.text[piece.start : piece.end] if piece.stand_in is not None else ""
                for start, end, pin in forbidding_pins(text, floor):
                    if not is_text_ignored(text, _RULE):
                        advice = f"anthropic>={floor}"
                        yield self._left(
                            segment.cell,
                            piece.start + start,
                            piece.start + end,
                            f"`{pin}` installs an SDK without the Messages API that the code needs; "
                            f"install {advice}",
                            advice,
                        )

    def _left(self, cell: Cell, start: int, end: int, message: str, suggestion: str | None = None) -> Finding:
        line, column = self.notebook.place(cell, start)
        end_line, end_column = self.notebook.place(cell, end, is_end=True)
        words = f"cell {cell.number}: {message}"
        return Finding(_RULE, "manual", line, column, end_line, end_column, words, suggestion=suggestion)
