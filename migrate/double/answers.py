# May know: the normal form of a question. No models, no endpoints, no sockets.
"""What the double says: a text that depends on nothing but the question, cut as the request demands.

The same question therefore gets the same text over either endpoint. A program can choose the text:
if the last user turn holds `SAY: some text`, the answer is `some text`, up to the end of that line;
`SAY: "two\\nlines"` is read as a JSON string.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from migrate.sameness import Question

THINKING_TOKENS = 64  # what the double spends on thinking, out of the limit of the request

_SAY = re.compile(r"SAY: ?(.*)")
_TOKEN = re.compile(r"\s*\S+")
_WORDS = (
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven"),
    *("inlet", "jetty", "knoll", "lagoon", "meadow", "north", "orchard", "prairie"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A text and why it ends: "end_turn", "max_tokens", or "stop_sequence" with the one that matched."""

    text: str
    stop_reason: Literal["end_turn", "max_tokens", "stop_sequence"] = "end_turn"
    stop_sequence: str | None = None


def answer_text(question: Question) -> str:
    """The whole answer to a question, before stops and limit; blanks at its ends only if SAY asks."""
    chosen = _chosen_text(question)
    if chosen is not None:
        return chosen
    digest = hashlib.sha256(repr((question.system, question.turns, question.prefill)).encode()).digest()
    words = [_WORDS[byte % len(_WORDS)] for byte in digest[:14]]
    return f"Reply {digest.hex()[:8]}: {' '.join(words[:8])}. And {' '.join(words[8:])}."


def cut_answer(text: str, stops: Iterable[str], limit: int | None) -> Answer:
    """The text up to the first stop sequence, which is left out, or up to `limit` tokens.

    A limit of 0 is allowed and gives nothing, as it does on Messages.
    """
    if limit is not None and limit <= 0:
        return Answer("", "max_tokens")
    ends = [(place, stop) for stop in stops if stop and (place := text.find(stop)) >= 0]
    place, stop = min(ends, default=(len(text), None))
    if limit is not None and count_tokens(text[:place]) > limit:
        return Answer("".join(pieces_of(text)[:limit]), "max_tokens")
    if stop is None:
        return Answer(text)
    return Answer(text[:place], "stop_sequence", stop)


def pieces_of(text: str) -> list[str]:
    """The text in tokens as the double counts them: words with the blanks before them; joined, the text."""
    pieces = _TOKEN.findall(text)
    rest = text[sum(map(len, pieces)) :]
    return [*pieces, rest] if rest else pieces


def count_tokens(text: str) -> int:
    """How many tokens the double counts in a text."""
    return len(pieces_of(text))


def _chosen_text(question: Question) -> str | None:
    said = [text for role, text in question.turns if role == "user"][-1:]
    found = _SAY.search(said[0]) if said else None
    if found is None:
        return None
    wish = found[1].strip()
    if not wish.startswith('"'):
        return wish
    try:
        return str(json.JSONDecoder().raw_decode(wish)[0])
    except json.JSONDecodeError:
        return wish
