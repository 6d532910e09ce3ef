# Standard library only: works with no SDK installed, and loads none.
"""Prompt strings of the Text Completions API, read and written exactly.

    >>> conversation = parse_prompt("Be brief.\\n\\nHuman: Hello\\n\\nAssistant:")
    >>> conversation.system, conversation.messages[0].content, conversation.prefill
    ('Be brief.', 'Hello', None)
    >>> render_prompt(conversation)
    'Be brief.\\n\\nHuman: Hello\\n\\nAssistant:'
    >>> arguments_from_prompt("\\n\\nHuman: Hello\\n\\nAssistant:")
    {'messages': [{'role': 'user', 'content': 'Hello'}]}

The grammar. A turn marker is LF LF and "Human:" or "Assistant:", in this case. At the very start
a Human label with one LF or none is a marker too. Text before the first marker is the system
text, unless it is blank. One space after the colon separates, everything else is content. The
last turn is an Assistant turn and open: its text, if not blank, is the prefill.
Source: the prompt validation and migration pages of the legacy Text Completions documentation.
"""

from __future__ import annotations

import itertools
from typing import Any

from .conversation import WARNING_CODES, WIRE_BLANKS, Conversation, Message, PromptWarning
from .errors import PromptError
from .markers import AI_PROMPT, BLANKS, HUMAN_PROMPT, LENIENT_OPENING, ROLES, TURN, is_blank, scan_markers
from .prompt_problems import ERROR_CODES, prompt_problem

__all__ = [
    "AI_PROMPT",
    "ERROR_CODES",
    "HUMAN_PROMPT",
    "RENDER_ERROR_CODES",
    "WARNING_CODES",
    "Conversation",
    "Message",
    "PromptError",
    "PromptWarning",
    "arguments_from_prompt",
    "parse_prompt",
    "render_prompt",
    "scan_markers",
]

# What only `render_prompt` can meet: no prompt read by `parse_prompt` has these problems.
RENDER_ERROR_CODES = frozenset({"invalid_conversation", "marker_in_text"})


def parse_prompt(prompt: str, *, strict: bool = False) -> Conversation:
    """The conversation that a prompt spells out; `render_prompt` gives the same prompt back.

    Raises PromptError with a code of ERROR_CODES if the prompt is not in the format. With
    `strict`, the first thing that would be a warning is an error with that warning's code.
    """
    if not isinstance(prompt, str):
        raise TypeError(f"a prompt is a str, not {type(prompt).__name__}")
    before, *pieces = TURN.split(prompt)
    lenient = LENIENT_OPENING.match(before)
    if lenient:
        pieces[:0] = ["Human", lenient[2], before[lenient.end() :]]
    roles = list(map(ROLES.__getitem__, pieces[::3]))
    separators, texts = pieces[1::3], pieces[2::3]
    if not roles or roles[0] != "user" or roles[-1] != "assistant" or _any_blank(texts[:-1]):
        raise prompt_problem(prompt)
    has_system = not lenient and not is_blank(before)
    roles.pop()
    last_separator, last_text = separators.pop(), texts.pop()
    has_prefill = not is_blank(last_text)
    conversation = Conversation(
        system=before if has_system else None,
        messages=tuple(
            [
                Message(role, text, separator)
                for role, text, separator in zip(roles, texts, separators, strict=True)
            ]
        ),
        prefill=last_text if has_prefill else None,
        opening=lenient[1] if lenient else "\n\n" if has_system else before + "\n\n",
        prefill_separator=last_separator if has_prefill else " ",
        tail="" if has_prefill else last_separator + last_text,
    )
    if strict:
        _refuse_warnings(conversation)
    return conversation


def render_prompt(conversation: Conversation) -> str:
    """The prompt of a conversation; `parse_prompt` gives an equal conversation back.

    Raises PromptError for a conversation that no prompt can hold: a text that holds a turn marker
    ("marker_in_text"), a layout or role that is not one ("invalid_conversation"), or turns that
    `parse_prompt` would refuse (its code). Offsets are those in the prompt it would have become.
    """
    if not _holds_only_text(conversation):
        message = "system, messages and prefill must hold strings"
        raise PromptError.at("", 0, "invalid_conversation", message)
    prompt = "".join(conversation.pieces())
    # Reading it back is the definition of valid, so it is also the check.
    try:
        if parse_prompt(prompt) == conversation:
            return prompt
    except PromptError:
        _refuse_stray_marker(prompt, conversation)
        raise
    _refuse_stray_marker(prompt, conversation)
    message = "no prompt can hold this: a blank system text or prefill, or a layout that is not one"
    raise PromptError.at(prompt, 0, "invalid_conversation", message)


def arguments_from_prompt(prompt: str, model: str | None = None) -> dict[str, Any]:
    """Keyword arguments for `messages.create`, made for `**`: "messages", and "system" if there is any.

    Raises PromptError if the prompt is not in the format, and TranslationError if it has a prefill
    that `model`, the one the request is for, is known to refuse.
    """
    return parse_prompt(prompt).arguments_for(model, stacklevel=3)


def one_turn_arguments(prompt: str) -> dict[str, Any] | None:
    """`arguments_from_prompt(prompt)` of a prompt that is one Human turn; None for every other.

    Most prompts are, and the adapter reads one for each call: this makes no Conversation.
    """
    before, _, turn = prompt.partition(HUMAN_PROMPT)
    content, open_turn, tail = turn.partition(AI_PROMPT)
    if not open_turn or not is_blank(tail) or is_blank(content):
        return None
    if HUMAN_PROMPT in content or AI_PROMPT in before or LENIENT_OPENING.match(before):
        return None
    arguments: dict[str, Any] = {"messages": [{"role": "user", "content": content.removeprefix(" ")}]}
    if not is_blank(before) and (system := before.rstrip(WIRE_BLANKS)):
        arguments["system"] = system
    return arguments


def _any_blank(texts: list[str]) -> bool:
    # is_blank for each, without a Python call for each: this is the inner loop of parsing.
    return not all(map(str.strip, texts, itertools.repeat(BLANKS)))


def _refuse_warnings(conversation: Conversation) -> None:
    for found in sorted(conversation.warnings, key=lambda warning: warning.offset)[:1]:
        raise PromptError(found.message, found.code, found.offset, found.line, found.column)


def _holds_only_text(conversation: Conversation) -> bool:
    texts = [conversation.opening, conversation.prefill_separator, conversation.tail]
    texts += [text for text in (conversation.system, conversation.prefill) if text is not None]
    for message in conversation.messages:
        texts += [message.role, message.content, message.separator]
    return all(isinstance(text, str) for text in texts)


def _refuse_stray_marker(prompt: str, conversation: Conversation) -> None:
    """Raise for a marker that is part of a text, and not between two turns."""
    meant = set(conversation.marker_offsets())
    found = [offset for offset, _ in scan_markers(prompt)]
    if LENIENT_OPENING.match(prompt):
        found.insert(0, 0)
    for offset in found:
        if offset not in meant:
            message = "a text holds a turn marker here, and would be read as two turns"
            raise PromptError.at(prompt, offset, "marker_in_text", message)
