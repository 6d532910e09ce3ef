# Prompts kept in files. Knows where strings stand in a few formats; parses them with the converter.
"""Find prompts with turn markers in text, JSON, YAML and TOML files.

    found:  Human: Answer {question}           prompts/ask.txt
            (blank line)
            Assistant:
    write:  {"messages": [{"role": "user", "content": "Answer {question}"}]}

Holes stay as they are. Only in projects whose code asks by prompts, and only texts that the old API
would have taken as they stand: they open with a Human turn, after any system text, and end in an open
Assistant turn. A log of a conversation, or a data set of finished answers, ends otherwise.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.documents.document import Document
from codemods.outcome import Finding
from migrate.errors import MigrationError
from migrate.prompts import parse_prompt

_WHOLE = frozenset((".txt", ".prompt", ".tmpl", ".j2", ".jinja", ".jinja2", ".md"))
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LONG_STRING = re.compile(r'"""(.*?)"""|\'\'\'(.*?)\'\'\'', re.S)
_BLOCK_SCALAR = re.compile(r"^(?P<indent> *)(?:- +)?(?:[\w.\"' -]+: *)?\|[+-]?\d?[ \t]*$", re.M)
_KEY_BEFORE = re.compile(r'"([\w.-]+)"\s*:\s*$')
_HOLES = re.compile(r"\{+\s*(?:anthropic\.)?(HUMAN_PROMPT|AI_PROMPT)\s*\}+|\$\{?(HUMAN_PROMPT|AI_PROMPT)\}?")
_TEXTS = {"HUMAN_PROMPT": "\n\nHuman:", "AI_PROMPT": "\n\nAssistant:"}
_PROGRAM = ("completions.create", "max_tokens_to_sample", "import anthropic", "from anthropic")
_LONGEST_PREFILL = 40  # characters; a longer text, or a whole sentence, is an answer
_LONGEST_SUGGESTION = 4_000  # characters
_TOLD_SINGLY = 5
_NOTE = (
    "code that is bridged (`arguments_from_prompt`) reads the file as it is; change it only together with "
    "the code that reads it"
)


@dataclass(frozen=True, slots=True)
class _Prompt:
    start: int
    end: int
    text: str
    field: str = ""


def prompt_findings(document: Document, kind: str) -> list[Finding]:
    """One finding for each prompt, or one for the file where they are many."""
    prompts = [one for one in _texts(document, kind) if _is_prompt(one.text)]
    if not prompts:
        return []
    if kind == ".jsonl" or len(prompts) > _TOLD_SINGLY:
        return [_one_for_all(document, prompts, kind)]
    return [
        document.finding(
            "TC415", one.start, one.end, "a prompt with turn markers", _converted(one.text), _NOTE
        )
        for one in prompts
    ]


def _one_for_all(document: Document, prompts: list[_Prompt], kind: str) -> Finding:
    first = prompts[0]
    many = "1 prompt" if len(prompts) == 1 else f"{len(prompts)} prompts"
    if kind == ".jsonl" and first.field:
        suggestion: str | None = f"to-messages prompt parse --jsonl --field {first.field} {document.path}"
    else:
        suggestion = _converted(first.text)
    return document.finding("TC415", first.start, first.end, f"{many} with turn markers", suggestion, _NOTE)


def _is_prompt(text: str) -> bool:
    if "Human:" not in text or "Assistant:" not in text:
        return False
    try:
        conversation = parse_prompt(text)
    except MigrationError:
        return False
    prefill = (conversation.prefill or "").strip()
    return len(prefill) <= _LONGEST_PREFILL and not prefill.endswith((".", "!", "?"))


def _converted(text: str) -> str | None:
    """The arguments for messages.create as JSON; None where that would be long."""
    shown = json.dumps(parse_prompt(text).to_arguments(), indent=2, ensure_ascii=False)
    return shown if len(shown) <= _LONGEST_SUGGESTION else None


# -- where texts stand ----------------------------------------------------------------------------


def _texts(document: Document, kind: str) -> Iterator[_Prompt]:
    text = document.text
    if kind in _WHOLE:
        if (kind == ".md" and "```" in text) or any(word in text for word in _PROGRAM):
            return
        yield _Prompt(0, len(text.rstrip()), _with_markers(text))
        return
    if kind in (".yaml", ".yml"):
        yield from _block_scalars(text)
    if kind == ".toml":
        for match in _LONG_STRING.finditer(text):
            yield _Prompt(
                match.start(), match.end(), _with_markers((match[1] or match[2] or "").removeprefix("\n"))
            )
    for match in _STRING.finditer(text):
        if "Assistant:" in match[0] or "AI_PROMPT" in match[0]:
            key = _KEY_BEFORE.search(text, max(0, match.start() - 80), match.start())
            yield _Prompt(
                match.start(), match.end(), _with_markers(_unescaped(match[0])), key[1] if key else ""
            )


def _unescaped(literal: str) -> str:
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:  # an escape that only YAML or TOML has
        return literal[1:-1].replace("\\n", "\n")


def _with_markers(text: str) -> str:
    return _HOLES.sub(lambda match: _TEXTS[match[1] or match[2]], text)


def _block_scalars(text: str) -> Iterator[_Prompt]:
    for match in _BLOCK_SCALAR.finditer(text):
        margin = len(match["indent"])
        start = at = end = match.end() + 1
        while at < len(text):
            stop = text.find("\n", at) + 1 or len(text)
            line = text[at:stop]
            if line.strip():
                if len(line) - len(line.lstrip(" ")) <= margin:
                    break
                end = stop
            at = stop
        body = text[start:end]
        if "Assistant:" in body or "AI_PROMPT" in body:
            yield _Prompt(match.start(), end - 1, _with_markers(textwrap.dedent(body)))
