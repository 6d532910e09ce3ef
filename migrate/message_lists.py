# Standard library only. Reads foreign JSON values; knows nothing of prompts.
"""Read message lists of the Messages API and our own JSON, and name the place of what does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .errors import TranslationError
from .markers import MARKERS, is_blank

__all__ = ["conversation_fields", "system_text", "wire_turns"]


def wire_turns(messages: object) -> list[tuple[str, str]]:
    """(role, text) of each message; the texts of several blocks are joined with nothing between.

    Raises TranslationError for other roles, other blocks and keys that a prompt cannot express.
    """
    if isinstance(messages, str | bytes | Mapping) or not isinstance(messages, Iterable):
        raise TranslationError(f"messages is {_kind(messages)}; expected a list of messages")
    return [_turn(message, f"messages[{index}]") for index, message in enumerate(messages)]


def system_text(system: object) -> str | None:
    """The system text of a string or a list of text blocks; None when there is none or it is blank."""
    if system is None:
        return None
    text = _text_of(system, "system")
    return None if is_blank(text) else text


def conversation_fields(written: object, layout: Mapping[str, object]) -> dict[str, Any]:
    """The fields of a conversation written as JSON, their types checked.

    `layout` gives the names of the layout fields, each with a value of its type. With the key
    "prefill" it is our own form: "messages" comes back as dicts of role, content and separator.
    Without, it is {"system", "messages"} of the Messages API, returned as it is.
    """
    fields = _mapping(written, "the conversation")
    if "messages" not in fields:
        raise TranslationError('the conversation has no "messages"')
    if "prefill" not in fields:
        _refuse_other_keys(fields, {"system", "messages"}, "the conversation")
        return fields
    _refuse_other_keys(fields, {"system", "messages", "prefill", *layout}, "the conversation")
    for name in ("system", "prefill"):
        if fields.get(name) is not None:
            _check_type(fields[name], str, name)
    for name, default in layout.items():
        if name in fields:
            _check_type(fields[name], type(default), name)
    _check_type(fields["messages"], list, "messages")
    fields["messages"] = [
        _own_message(message, f"messages[{index}]") for index, message in enumerate(fields["messages"])
    ]
    return fields


def _turn(message: object, place: str) -> tuple[str, str]:
    fields = _mapping(message, place)
    _refuse_other_keys(fields, {"role", "content"}, place)
    return _role(fields, place), _text_of(fields.get("content"), f"{place}.content")


def _own_message(message: object, place: str) -> dict[str, str]:
    fields = _mapping(message, place)
    _refuse_other_keys(fields, {"role", "content", "separator"}, place)
    _role(fields, place)
    for name in ("content", "separator"):
        _check_type(fields.setdefault(name, " " if name == "separator" else None), str, f"{place}.{name}")
    return fields


def _text_of(content: object, place: str) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list | tuple):
        raise TranslationError(f"{place} is {_kind(content)}; expected a string or a list of text blocks")
    return "".join(_block_text(block, f"{place}[{index}]") for index, block in enumerate(content))


def _block_text(block: object, place: str) -> str:
    fields = _mapping(block, place)
    if fields.get("type") != "text":
        kind = fields.get("type")
        raise TranslationError(f"{place} is a block of type {kind!r}; a prompt can only hold text")
    # A reply turned into a dict carries empty extras, such as "citations": None.
    said = {key: value for key, value in fields.items() if value is not None}
    _refuse_other_keys(said, {"type", "text"}, place)
    _check_type(fields.get("text"), str, f"{place}.text")
    return str(fields["text"])


def _role(fields: Mapping[str, Any], place: str) -> str:
    role = fields.get("role")
    if not isinstance(role, str) or role not in MARKERS:
        raise TranslationError(f"{place}.role is {role!r}; a prompt has turns of user and assistant only")
    return role


def _mapping(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TranslationError(f"{place} is {_kind(value)}; expected an object with string keys")
    return dict(value)


def _refuse_other_keys(fields: Mapping[str, object], known: set[str], place: str) -> None:
    for name in fields:
        if name not in known:
            raise TranslationError(f"{place} has the key {name!r}, which a prompt cannot express")


def _check_type(value: object, expected: type, place: str) -> None:
    if not isinstance(value, expected):
        raise TranslationError(f"{place} is {_kind(value)}; expected {expected.__name__}")


def _kind(value: object) -> str:
    return "missing or null" if value is None else f"of type {type(value).__name__}"
