# Examples in documents: Python by the code mod itself, curl lines by their JSON. Finds; edits nothing.
"""Find examples of the old call in Markdown, reStructuredText, plain text and shell scripts.

    found:  ```python … client.completions.create(prompt=…) … ```     suggestion: the block, rewritten
    found:  curl https://api.anthropic.com/v1/complete -d '{"prompt": …}'    suggestion: the line for Messages

Left in silence: blocks in which the code mod finds nothing, and lines of a diff, which tell of the past.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codemods.documents.bodies import ADDRESS, converted_body
from codemods.documents.document import Document
from codemods.example_blocks import CodeBlock, code_blocks
from codemods.outcome import Finding

_MESSAGE = "an example shows the old call, which readers copy"
_ADVICE = "client.messages.create(model=..., max_tokens=..., messages=[...])"
_OLD_WORDS = ("max_tokens_to_sample", "HUMAN_PROMPT")
_CURL = re.compile(r"\bcurl\b")
_LONGEST_COMMAND = 5_000  # characters
_MOST_NOTES = 3


def example_findings(document: Document) -> list[Finding]:
    found = list(_python_examples(document))
    found += _commands(document)
    found += _addresses(document, found)
    return found


def _python_examples(document: Document) -> Iterator[Finding]:
    if document.path.endswith((".sh", ".bash")):
        return
    for block in code_blocks(document.text):
        finding = _block_finding(document, block)
        if finding is not None:
            yield finding


def _block_finding(document: Document, block: CodeBlock) -> Finding | None:
    outcome = document.rewrite(block.code)
    end = block.start + len(document.text[block.start : block.end].rstrip())
    start = (
        block.start + len(document.text[block.start : end]) - len(document.text[block.start : end].lstrip())
    )
    if outcome.kind == "failed":
        is_old = ".completion" in block.code and any(word in block.code for word in _OLD_WORDS)
        return document.finding("TC414", start, end, _MESSAGE, _ADVICE) if is_old else None
    if not outcome.findings:
        return None
    if outcome.changed:
        suggestion = block.in_form(outcome.source.decode("utf-8")).rstrip("\n")
    else:
        suggestion = "\n".join(one.suggestion for one in outcome.findings if one.suggestion) or _ADVICE
    told = dict.fromkeys(one.message for one in outcome.findings if one.is_left)
    return document.finding("TC414", start, end, _MESSAGE, suggestion, *list(told)[:_MOST_NOTES])


# -- curl -----------------------------------------------------------------------------------------


def _commands(document: Document) -> Iterator[Finding]:
    at = 0
    while (match := _CURL.search(document.text, at)) is not None:
        end, bodies = _command_end(document.text, match.start())
        command = document.text[match.start() : end]
        if ADDRESS.search(command):
            yield document.finding(
                "TC414", match.start(), end, _MESSAGE, _converted_command(command, bodies, match.start())
            )
        at = max(end, match.end())


def _command_end(text: str, start: int) -> tuple[int, list[tuple[int, int]]]:
    """Where a shell command ends, and the spans inside its quotes; lines go on after a backslash."""
    at, limit = start, min(len(text), start + _LONGEST_COMMAND)
    opened = -1
    bodies: list[tuple[int, int]] = []
    while at < limit:
        character = text[at]
        if opened >= 0:
            if character == "\\" and text[opened - 1] == '"':
                at += 1
            elif character == text[opened - 1]:
                bodies.append((opened, at))
                opened = -1
        elif character in "'\"":
            opened = at + 1
        elif character == "\\":
            at += 1
        elif character in "\n`":
            return at, bodies
        at += 1
    end = text.find("\n", start)
    return (at, bodies) if opened < 0 else (end if end >= 0 else limit, [])


def _converted_command(command: str, bodies: list[tuple[int, int]], offset: int) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in ((first - offset, last - offset) for first, last in bodies):
        pieces += [ADDRESS.sub("/v1/messages", command[at:start]), _converted_argument(command, start, end)]
        at = end
    pieces.append(ADDRESS.sub("/v1/messages", command[at:]))
    return "".join(pieces)


def _converted_argument(command: str, start: int, end: int) -> str:
    """What stands in one pair of quotes: a body is translated, an address is replaced."""
    text, quote = command[start:end], command[start - 1]
    if not text.lstrip().startswith("{"):
        return ADDRESS.sub("/v1/messages", text)
    plain = text.replace('\\"', '"').replace("\\\\", "\\") if quote == '"' else text
    new = converted_body(plain, indent=2 if "\n" in text else None)
    if new is None:
        return text
    if quote == '"':
        return new.replace("\\", "\\\\").replace('"', '\\"')
    return new.replace("'", "'\\''")


# -- other mentions -------------------------------------------------------------------------------


def _addresses(document: Document, told: list[Finding]) -> Iterator[Finding]:
    """Lines with the old address in other languages' examples, and in prose."""
    if "nthropic" not in document.text:
        return
    within = [(one.line, one.end_line) for one in told]
    for match in ADDRESS.finditer(document.text):
        line = document.text.count("\n", 0, match.start()) + 1
        start = document.text.rfind("\n", 0, match.start()) + 1
        end = document.text.find("\n", match.end())
        text = document.text[start : end if end >= 0 else len(document.text)]
        if any(first <= line <= last for first, last in within) or text.startswith(("-", "+")):
            continue
        if "http" in text or "POST" in text:
            within.append((line, line))
            message = "a document names the address /v1/complete, which no model answers any more"
            shown = ADDRESS.sub("/v1/messages", text).strip()
            yield document.finding("TC414", match.start(), match.end(), message, shown)
