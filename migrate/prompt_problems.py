# Standard library only. Looks at a prompt that was refused and says why; never on the path of a good one.
"""Name the problem of a prompt that cannot be read as turns.

Order of the checks: is there any turn; does a Human turn come first; does an Assistant turn come
last; does each turn say something. Where a marker is missing, a near miss is looked for, because
the cause (a single newline, Windows newlines, a backslash and an n) helps more than the effect.
Source of the rules: the prompt validation page of the legacy Text Completions documentation.
"""

from __future__ import annotations

import itertools
import re

from .errors import PromptError
from .markers import LENIENT_OPENING, MARKERS, Role, is_blank, scan_markers

__all__ = ["ERROR_CODES", "prompt_problem"]

ERROR_CODES = frozenset(
    {
        "empty_assistant_turn",
        "empty_human_turn",
        "empty_prompt",
        "escaped_newlines",
        "first_turn_not_human",
        "last_turn_not_assistant",
        "malformed_assistant_marker",
        "missing_assistant_turn",
        "missing_human_turn",
        "no_turns",
        "non_lf_newlines",
    }
)

_ESCAPED = r"(?:(?:\\r)?\\n){2}"
_CARRIAGE = r"(?:\r\n?){2}"
# The CR of a CRLF is half a newline; counted as a whole one, a single CRLF would pass for two.
_ANY_NEWLINES = r"(?:\r\n|\r(?!\n)|\n){2}"

_Turn = tuple[int, int, Role]  # offset of the marker, offset of the text after its colon, role


def prompt_problem(prompt: str) -> PromptError:
    """The error for a prompt that is known to be wrong; `.code` is one of ERROR_CODES.

    Offsets: the first LF of the marker for a turn in the wrong place or without text, the newline
    before the label for a malformed marker, the end of the prompt for a missing Assistant turn.
    """
    if not prompt:
        return PromptError.at(prompt, 0, "empty_prompt", "the prompt is empty")
    turns = _turns(prompt)
    if not turns:
        return _no_turns(prompt)
    if turns[0][2] != "user":
        return _first_is_not_human(prompt, turns)
    if turns[-1][2] != "assistant":
        return _last_is_not_assistant(prompt, turns)
    return _empty_turn(prompt, turns)


def _turns(prompt: str) -> list[_Turn]:
    turns: list[_Turn] = []
    opening = LENIENT_OPENING.match(prompt)
    if opening:
        turns.append((0, prompt.index(":") + 1, "user"))
    turns.extend((offset, offset + len(MARKERS[role]), role) for offset, role in scan_markers(prompt))
    return turns


def _no_turns(prompt: str) -> PromptError:
    hidden = _hidden_marker(prompt, 0, len(prompt), "(?:Human|Assistant):", _ANY_NEWLINES)
    if hidden:
        return hidden
    message = 'the prompt holds neither a "\\n\\nHuman:" nor a "\\n\\nAssistant:" turn'
    return PromptError.at(prompt, 0, "no_turns", message + _label_hint(prompt, 0, len(prompt), "Human"))


def _first_is_not_human(prompt: str, turns: list[_Turn]) -> PromptError:
    offset = turns[0][0]
    hidden = _hidden_marker(prompt, 0, offset, "Human:", _ANY_NEWLINES)
    if hidden:
        return hidden
    hint = _label_hint(prompt, 0, offset, "Human")
    if any(role == "user" for _, _, role in turns):
        message = 'the first turn must be "\\n\\nHuman:", and this is an Assistant turn'
        return PromptError.at(prompt, offset, "first_turn_not_human", message + hint)
    message = 'there is no "\\n\\nHuman:" turn before this Assistant turn'
    return PromptError.at(prompt, offset, "missing_human_turn", message + hint)


def _last_is_not_assistant(prompt: str, turns: list[_Turn]) -> PromptError:
    offset, text_start, _ = turns[-1]
    hidden = _hidden_marker(prompt, text_start, len(prompt), "Assistant:", _CARRIAGE)
    if hidden:
        return hidden
    near = _last_label(prompt, text_start, len(prompt), "Assistant")
    if near is not None:
        message = 'this "Assistant:" is no turn marker: it needs exactly "\\n\\n" before it'
        return PromptError.at(prompt, near, "malformed_assistant_marker", message)
    if all(role == "user" for _, _, role in turns):
        message = 'the prompt ends without an "\\n\\nAssistant:" turn'
        return PromptError.at(prompt, len(prompt), "missing_assistant_turn", message)
    message = 'the last turn must be "\\n\\nAssistant:", and this is a Human turn'
    return PromptError.at(prompt, offset, "last_turn_not_assistant", message)


def _empty_turn(prompt: str, turns: list[_Turn]) -> PromptError:
    # The last turn is open and may be blank, hence pairs of neighbours.
    offset, role = next(
        (offset, role)
        for (offset, text_start, role), (text_end, _, _) in itertools.pairwise(turns)
        if is_blank(prompt[text_start:text_end])
    )
    code, label = ("empty_human_turn", "Human") if role == "user" else ("empty_assistant_turn", "Assistant")
    message = f"this {label} turn is blank, and the Messages API refuses blank content"
    return PromptError.at(prompt, offset, code, message)


def _hidden_marker(prompt: str, start: int, end: int, label: str, newlines: str) -> PromptError | None:
    """A marker whose newlines are spelled out or are not line feeds, between start and end."""
    escaped = re.compile(_ESCAPED + label).search(prompt, start, end)
    if escaped:
        message = "a turn marker is written with a backslash and an n in place of each line feed"
        return PromptError.at(prompt, escaped.start(), "escaped_newlines", message)
    other = re.compile(newlines + label).search(prompt, start, end)
    if other:
        message = 'a turn marker has CR or CRLF newlines; use prompt.replace("\\r\\n", "\\n") first'
        return PromptError.at(prompt, other.start(), "non_lf_newlines", message)
    return None


def _last_label(prompt: str, start: int, end: int, label: str) -> int | None:
    """Offset of the newline before the last line that starts with the label, indented or not."""
    last = None
    for found in re.compile(rf"[\r\n][ \t]*{label}:").finditer(prompt, start, end):
        last = found.start()
    return last


def _label_hint(prompt: str, start: int, end: int, label: str) -> str:
    near = _last_label(prompt, start, end, label)
    if near is None:
        return ""
    return f'; the line after offset {near} starts with "{label}:", without exactly "\\n\\n" before it'
