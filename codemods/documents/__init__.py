# Files beside the code: documents, data, recordings. Takes text, gives findings; touches no file.
"""What a file that is no Python says about the old API.

    README.md, docs/*.rst, *.sh      examples in Python and curl lines                    TC414
    prompts/*.txt, *.yaml, *.jsonl   prompts with turn markers, beside code that asks     TC415
    cassettes/*.yaml, *.json         recorded requests to /v1/complete and their replies  TC416

Such files are never changed. A search for a few words decides which are looked at.
"""

from __future__ import annotations

import os
import re

from codemods.documents.document import Document
from codemods.documents.examples import example_findings
from codemods.documents.prompt_texts import prompt_findings
from codemods.documents.recordings import recording_findings
from codemods.outcome import Finding, Options, Outcome
from codemods.rules import find_rule

__all__ = ["Document", "document_outcome", "may_hold"]

_TEXTS = frozenset((".md", ".markdown", ".mdx", ".rst", ".txt", ".sh", ".bash"))
_DATA = frozenset((".yaml", ".yml", ".json", ".toml"))
_OLD_WORDS = (b"/v1/complete", b"/v1\\/complete", b"max_tokens_to_sample", b"HUMAN_PROMPT")
_CALLS = (b"completions.create", b"count_tokens", b".completion(", b"langchain", b"llama_index")
_IGNORE = re.compile(r"to-messages:\s*ignore(?:\[([\w,\s-]*)\])?")


def may_hold(data: bytes) -> bool:
    """Whether a document can hold anything of ours: a few searches for words."""
    if any(word in data for word in _OLD_WORDS) or (b"Human:" in data and b"Assistant:" in data):
        return True
    if b'"completion"' in data and b'"stop_reason"' in data:
        return True
    return b"nthropic" in data and any(word in data for word in _CALLS)


def document_outcome(document: Document, options: Options) -> Outcome:
    """The findings of one file; the outcome is always "unchanged", with no content."""
    kind = os.path.splitext(document.path)[1].lower()
    found: list[Finding] = []
    if kind in _TEXTS:
        found += example_findings(document)
    if kind in _DATA:
        found += recording_findings(document)
    if not found and document.beside_old_code:
        found += prompt_findings(document, kind)
    kept = [one for one in found if _is_on(one, options) and not _is_ignored(document, one)]
    return Outcome("unchanged", b"", tuple(sorted(kept, key=lambda one: (one.line, one.column, one.rule))))


def _is_on(finding: Finding, options: Options) -> bool:
    selected = not options.select or finding.rule in options.select
    return selected and finding.rule not in options.ignore


def _is_ignored(document: Document, finding: Finding) -> bool:
    """Whether a comment on the finding's first line, above it, or above its fence leaves it alone."""
    for line in document.lines(finding.line - 2, finding.line):
        if (match := _IGNORE.search(line)) is not None:
            names = (match[1] or "").replace(",", " ").split()
            codes = {rule.code if (rule := find_rule(name)) else name for name in names}
            if not codes or finding.rule in codes:
                return True
    return False
