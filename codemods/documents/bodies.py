# A request body of the old API as a plain dict, and as text that only looks like JSON. No files.
"""Old request bodies, translated for a suggestion.

before: {"model": "claude-2", "max_tokens_to_sample": 256, "prompt": "\\n\\nHuman: Hi\\n\\nAssistant:"}
after:  {"model": "claude-opus-4-8", "max_tokens": 256, "messages": [{"role": "user", "content": "Hi"}]}
"""

from __future__ import annotations

import json
import re
from typing import Any

from migrate.errors import MigrationError
from migrate.markers import is_blank
from migrate.models import find_model, prefill_fallback, successor_of
from migrate.prompts import parse_prompt

ADDRESS = re.compile(r"/v1\\?/complete(?![\w/])")
_SAMPLING = ("temperature", "top_p", "top_k")
_KEPT = ("stream", "metadata")
_STRING = r'"(?:[^"\\\n]|\\.)*"'
_PROMPT_ITEM = re.compile(rf'"prompt"\s*:\s*({_STRING})')
_MODEL_ITEM = re.compile(rf'("model"\s*:\s*)({_STRING})')


def messages_body(body: object) -> dict[str, Any] | None:
    """The Messages body for an old one; None if it is none."""
    if not isinstance(body, dict) or not isinstance(body.get("prompt"), str):
        return None
    if "max_tokens_to_sample" not in body and find_model(body.get("model")) is None:
        return None
    turns, has_prefill = _turns(body["prompt"])
    facts = successor_of(body.get("model")) or find_model(body.get("model"))
    facts = prefill_fallback() if has_prefill else facts
    new: dict[str, Any] = {"model": facts.id} if facts is not None else {}
    if facts is None and "model" in body:
        new["model"] = body["model"]
    new["max_tokens"] = body.get("max_tokens_to_sample", 256)
    new.update(turns)
    new.update({name: body[name] for name in _KEPT if name in body})
    stops = [one for one in body.get("stop_sequences") or () if not is_blank(one) and one.strip() != "Human:"]
    if stops:
        new["stop_sequences"] = stops
    if facts is not None and facts.accepts_sampling:
        new.update({name: body[name] for name in _SAMPLING if name in body})
    if facts is not None and facts.thinking_off:
        new["thinking"] = dict(facts.thinking_off)
    return new


def _turns(prompt: str) -> tuple[dict[str, Any], bool]:
    try:
        conversation = parse_prompt(prompt)
    except MigrationError:
        return {"messages": [{"role": "user", "content": prompt}]}, False
    return conversation.to_arguments(), conversation.prefill is not None


def converted_body(text: str, indent: int | None = None) -> str | None:
    """The text of a body, translated; keys and values it cannot read are only renamed. None: no body."""
    try:
        new = messages_body(json.loads(text))
    except ValueError:
        return _renamed(text)
    return None if new is None else json.dumps(new, ensure_ascii=False, indent=indent)


def _renamed(text: str) -> str | None:
    """A body with shell variables or dots in it, which is no JSON."""
    if "max_tokens_to_sample" not in text:
        return None
    text = text.replace("max_tokens_to_sample", "max_tokens")
    text = _MODEL_ITEM.sub(lambda match: match[1] + _model(match[2]), text)
    return _PROMPT_ITEM.sub(lambda match: _prompt_items(match[1]), text)


def _model(literal: str) -> str:
    facts = successor_of(json.loads(literal))
    return json.dumps(facts.id) if facts is not None else literal


def _prompt_items(literal: str) -> str:
    turns, _ = _turns(json.loads(literal, strict=False))
    return ", ".join(
        f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in turns.items()
    )
