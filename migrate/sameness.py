# May know: the prompt grammar and the model table. No sockets, no SDK, no pydantic.
"""When do two requests ask the same? The one definition, for tests, comparisons and the double.

A body of either endpoint has a normal form, `Asked`. Two requests ask the same if their normal forms
show no `differences`:

- system text, turns and prefill are equal after removing one leading space and trailing blanks of
  each text (the space after a turn marker's colon was a habit, not content; neither API lets
  trailing blanks matter);
- limits are equal. Text Completions capped a limit silently, Messages refuses one above the model's
  maximum, so a limit cut down to the maximum of the model that the Messages body names is the same;
- stop sequences are equal as sets, leaving out the Human marker, which always ended a completion;
- the user id of the metadata and streaming are equal.

Model, sampling and thinking are not part of it: they cannot be the same on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from migrate.errors import TranslationError
from migrate.markers import is_blank
from migrate.models import find_model
from migrate.prompts import HUMAN_PROMPT, parse_prompt

__all__ = ["Asked", "Question", "asked", "differences", "plain_text"]


@dataclass(frozen=True, slots=True)
class Question:
    """What decides the answer's text. Texts are in normal form; absent or blank ones are None."""

    system: str | None
    turns: tuple[tuple[str, str], ...]  # (role, text) in spoken order, without the prefill
    prefill: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The normal form of one request. `limit` is in tokens, None if the body has none.

    `ceiling` is the most tokens the named model may write; known for Messages bodies only, since
    the legacy endpoint knew no such error. It is not compared, it says which limits mean the same.
    """

    question: Question
    limit: int | None
    stops: frozenset[str]
    user: str | None
    stream: bool
    ceiling: int | None = None


def asked(path: str, body: Mapping[str, Any]) -> Asked:
    """The normal form of a request to `path`: .../complete, .../messages or Bedrock's .../invoke.

    Raises PromptError for a prompt that has no reading, TranslationError for a body that is not of
    the documented shape or another path.
    """
    endpoint = path.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
    if endpoint == "complete":
        return _asked_of_legacy(body)
    if endpoint == "messages":
        return _asked_of_messages(body)
    if endpoint in ("invoke", "invoke-with-response-stream"):
        model = unquote(path.rstrip("/").rsplit("/", 2)[1])
        whole = {**body, "model": model, "stream": endpoint != "invoke"}
        return _asked_of_legacy(whole) if "prompt" in body else _asked_of_messages(whole)
    raise TranslationError(f"{path} is neither Text Completions nor Messages")


def differences(before: Asked, after: Asked) -> list[str]:
    """One readable line for each way in which the two ask something else; empty when they ask the same."""
    found = [
        *_different("system", before.question.system, after.question.system),
        *_different_turns(before.question.turns, after.question.turns),
        *_different("prefill", before.question.prefill, after.question.prefill),
    ]
    if _cut(before.limit, after.ceiling) != _cut(after.limit, before.ceiling):
        found += _different("limit", before.limit, after.limit)
    found += _different("stop sequences", sorted(before.stops), sorted(after.stops))
    found += _different("metadata user_id", before.user, after.user)
    found += _different("stream", before.stream, after.stream)
    return found


def plain_text(text: str) -> str:
    """A text in normal form: without one leading space, without trailing blanks.

    A blank is what Unicode calls a space, or what the prompt grammar does.
    """
    plain = text.removeprefix(" ")
    end = len(plain)
    while end and (plain[end - 1].isspace() or is_blank(plain[end - 1])):
        end -= 1
    return plain[:end]


def _asked_of_legacy(body: Mapping[str, Any]) -> Asked:
    prompt = body.get("prompt")
    if not isinstance(prompt, str):
        raise TranslationError("prompt: a string is missing")
    conversation = parse_prompt(prompt)
    turns = [(message.role, message.content) for message in conversation.messages]
    question = _question(conversation.system, turns, conversation.prefill)
    return _with_settings(question, body, body.get("max_tokens_to_sample"), None)


def _asked_of_messages(body: Mapping[str, Any]) -> Asked:
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise TranslationError("messages: a list of objects is missing")
    turns = [(str(message.get("role")), _text_of(message.get("content"))) for message in messages]
    facts = find_model(str(body.get("model")))
    question = _question(_text_of(body.get("system")), turns, None)
    return _with_settings(question, body, body.get("max_tokens"), facts.max_output_tokens if facts else None)


def _question(system: str | None, turns: Iterable[tuple[str, str]], prefill: str | None) -> Question:
    """The question in normal form. An assistant turn at the end is the prefill.

    That is how Messages says it; and where a prompt opens an Assistant turn right after another one,
    Messages reads the two as one, which is open.
    """
    plain = [(role, plain_text(text)) for role, text in turns]
    opening = plain_text(prefill or "")
    while not opening and plain and plain[-1][0] == "assistant":
        opening = plain.pop()[1]
    return Question(plain_text(system or "") or None, tuple(plain), opening or None)


def _with_settings(question: Question, body: Mapping[str, Any], limit: Any, ceiling: int | None) -> Asked:
    return Asked(
        question=question,
        limit=limit if isinstance(limit, int) else None,
        stops=frozenset(body.get("stop_sequences") or ()) - {HUMAN_PROMPT},
        user=(body.get("metadata") or {}).get("user_id"),
        stream=bool(body.get("stream")),
        ceiling=ceiling,
    )


def _text_of(content: Any) -> str:
    """The text of a message's content or of a system text: a string, or text blocks joined."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise TranslationError("content: neither text nor a list of blocks")
    return "".join(str(block.get("text", "")) for block in content if isinstance(block, dict))


def _cut(limit: int | None, ceiling: int | None) -> int | None:
    return limit if limit is None or ceiling is None else min(limit, ceiling)


def _different(what: str, before: object, after: object) -> list[str]:
    return [] if before == after else [f"{what}: {_shown(before)} became {_shown(after)}"]


def _different_turns(before: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...]) -> list[str]:
    found = [
        line
        for number, (old, new) in enumerate(zip(before, after, strict=False), start=1)
        for line in _different(f"turn {number}", f"{old[0]}: {old[1]}", f"{new[0]}: {new[1]}")
    ]
    shared = min(len(before), len(after))
    found += [f"turn {n}: {_shown(f'{r}: {t}')} is gone" for n, (r, t) in enumerate(before, 1) if n > shared]
    found += [f"turn {n}: {_shown(f'{r}: {t}')} is new" for n, (r, t) in enumerate(after, 1) if n > shared]
    return found


def _shown(value: object) -> str:
    text = repr(value)
    return "nothing" if value in (None, []) else text if len(text) <= 120 else f"{text[:58]} … {text[-58:]}"
