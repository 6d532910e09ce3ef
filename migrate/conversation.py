# Standard library only. Knows what a conversation is and how it is written down as JSON and on the
# wire; reading and writing prompt text is in prompts.py.
"""A prompt as values: system text, turns, prefill, and the layout that makes the way back exact."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import MigrationWarning, PromptError, TranslationError
from .markers import AI_PROMPT, BLANKS, MARKERS, is_blank, line_columns
from .message_lists import conversation_fields, system_text, wire_turns

__all__ = ["WARNING_CODES", "Conversation", "Message", "PromptWarning"]

_WARNINGS = {
    "consecutive_assistant_turns": "two Assistant turns in a row; the Messages API reads them as one",
    "consecutive_user_turns": "two Human turns in a row; the Messages API reads them as one",
    "leading_newlines_missing": 'the first "Human:" lacks its "\\n\\n", which the old server repaired',
    "list_ends_on_assistant": "the message list ends on an assistant message, taken as the prefill",
    "prefill_trailing_whitespace_stripped": "the prefill ends in whitespace, which is not sent",
    "trailing_whitespace_after_last_marker": "whitespace after the last marker is no prefill and is not sent",
    "whitespace_before_first_turn": "whitespace before the first turn is no system text and is not sent",
}
WARNING_CODES = frozenset(_WARNINGS)

_WHOLE_TURN_AT_THE_END = (
    "the prompt has a whole Assistant turn before the open one; sent as messages, the model "
    "continues that turn and does not begin a new one"
)

# The server refuses a final assistant text that ends in whitespace, and does not say what it counts
# as such. On the wire every space Unicode knows is cut, not only those that make a turn blank.
WIRE_BLANKS = BLANKS + "\x1c\x1d\x1e\x1f\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

_LAYOUT_DEFAULTS = {"opening": "\n\n", "prefill_separator": " ", "tail": "", "from_list": False}


@dataclass(frozen=True, slots=True)
class Message:
    """One turn.

    role: "user" or "assistant". separator: what stands between the colon and the text, " " or "".
    """

    role: str
    content: str
    separator: str = " "


@dataclass(frozen=True, slots=True)
class PromptWarning:
    """One thing in an accepted prompt worth a look. Places as in PromptError."""

    code: str
    offset: int
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a prompt says, in spoken order, and how it was laid out.

    system: text before the first Human marker, or None.
    messages: the turns, without the open Assistant turn at the end.
    prefill: text of that open turn, which the model is to continue, or None.

    Layout, compared like the rest, so that a prompt comes back byte for byte:
    opening: what stands before the first "Human:" beside the system text ("\\n\\n" as a rule).
    prefill_separator: " " or "" between the last colon and the prefill; " " without a prefill.
    tail: blanks after the last marker when there is no prefill.

    from_list tells whether the turns came from a message list; only `warnings` looks at it.
    """

    system: str | None = None
    messages: tuple[Message, ...] = ()
    prefill: str | None = None
    opening: str = "\n\n"
    prefill_separator: str = " "
    tail: str = ""
    from_list: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # A list would compare unequal to what parsing gives and could change under us.
        object.__setattr__(self, "messages", tuple(self.messages))

    @classmethod
    def from_messages(cls, messages: Iterable[Mapping[str, Any]], system: object = None) -> Conversation:
        """The conversation of a Messages API list: content a string or a list of text blocks.

        A final assistant message becomes the prefill. `system` is a string, a list of text blocks
        or None; blank means None. Raises TranslationError, naming the place, for anything that a
        prompt has no words for: images, tool calls, other roles.
        """
        turns = [Message(role, content) for role, content in wire_turns(messages)]
        system = system_text(system)
        if not turns or turns[-1].role != "assistant":
            return cls(system, tuple(turns), from_list=True)
        prefill = turns.pop().content
        return cls(system, tuple(turns), None if is_blank(prefill) else prefill, from_list=True)

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> Conversation:
        """The conversation that `to_dict` wrote, or that a plain {"system", "messages"} holds.

        The key "prefill" tells them apart: without it, a final assistant message is the prefill.
        Raises TranslationError, naming the place, for any other key or type.
        """
        fields = conversation_fields(written, _LAYOUT_DEFAULTS)
        if "prefill" not in fields:
            return cls.from_messages(fields["messages"], fields.get("system"))
        messages = tuple(Message(**message) for message in fields.pop("messages"))
        return cls(messages=messages, **fields)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: "system", "messages", "prefill", and the layout where it is not the usual one.

        A message is {"role", "content"} and, when no space followed the colon, "separator": "".
        """
        written: dict[str, Any] = {
            "system": self.system,
            "messages": [_message_dict(message) for message in self.messages],
            "prefill": self.prefill,
        }
        layout = {name: getattr(self, name) for name in _LAYOUT_DEFAULTS}
        return written | {name: value for name, value in layout.items() if value != _LAYOUT_DEFAULTS[name]}

    def to_messages(self) -> list[dict[str, str]]:
        """The list for `messages.create(messages=...)`: {"role": "user" | "assistant", "content": str}.

        The prefill is the last, assistant message. What would be refused is cut: whitespace at the
        end of a final assistant message, and the message if nothing is left of it.
        """
        listed = [{"role": message.role, "content": message.content} for message in self.messages]
        if self.prefill is not None:
            listed.append({"role": "assistant", "content": self.prefill})
        while listed and listed[-1]["role"] == "assistant":
            listed[-1]["content"] = listed[-1]["content"].rstrip(WIRE_BLANKS)
            if listed[-1]["content"]:
                break
            listed.pop()
        return listed

    def to_arguments(self, model: str | None = None) -> dict[str, Any]:
        """Keyword arguments for `messages.create`: "messages" and "system", each only when there is any.

        Raises TranslationError if the list ends on an assistant message and `model` is known to
        refuse that. Warns (MigrationWarning) if it ends on an assistant message that was a whole
        turn: the model will continue that text, where the old one began a new turn.
        """
        return self.arguments_for(model, stacklevel=3)

    def arguments_for(self, model: str | None, *, stacklevel: int) -> dict[str, Any]:
        """`to_arguments` for a caller that stands between; `stacklevel` as in `warnings.warn`."""
        arguments: dict[str, Any] = {}
        listed = self.to_messages()
        if listed:
            arguments["messages"] = listed
        system = self._sent_system()
        if system:
            arguments["system"] = system
        if listed and listed[-1]["role"] == "assistant":
            _check_final_assistant(model, listed[-1]["content"])
            if not self._sent_prefill():
                warnings.warn(_WHOLE_TURN_AT_THE_END, MigrationWarning, stacklevel=stacklevel)
        return arguments

    def same_turns(self, other: Conversation) -> bool:
        """Whether both say the same in the same turns; layout and blanks that are not sent do not count."""
        return self._turns() == other._turns()

    @property
    def warnings(self) -> tuple[PromptWarning, ...]:
        """What deserves a look, one entry per place, ordered by code, then place.

        Derived from the fields; places are those in the rendered prompt.
        """
        found = sorted(self._hazards(), key=lambda hazard: hazard[1])
        if not found:
            return ()
        places = line_columns("".join(self.pieces()), (offset for _, offset in found))
        listed = [
            PromptWarning(code, offset, line, column, _WARNINGS[code])
            for (code, offset), (line, column) in zip(found, places, strict=True)
        ]
        return tuple(sorted(listed, key=lambda warning: (warning.code, warning.offset)))

    def pieces(self) -> Iterator[str]:
        """The texts that make up the prompt when joined.

        Only the roles are checked here (PromptError); `render_prompt` checks the rest.
        """
        yield self.system or ""
        yield self.opening
        marker_start = 2
        for message in self.messages:
            yield _marker(message.role)[marker_start:]
            yield message.separator
            yield message.content
            marker_start = 0
        yield AI_PROMPT[marker_start:]
        yield self.tail if self.prefill is None else self.prefill_separator + self.prefill

    def marker_offsets(self) -> list[int]:
        """Where each turn marker starts in the prompt, the open turn's last; in characters."""
        # The opening holds the two LF of the first marker, unless they are missing.
        position = len(self.system or "") + len(self.opening) - 2
        offsets = [position if self.opening.endswith("\n\n") else 0]
        for message in self.messages:
            position += len(_marker(message.role)) + len(message.separator) + len(message.content)
            offsets.append(position)
        return offsets

    def _sent_prefill(self) -> str:
        return (self.prefill or "").rstrip(WIRE_BLANKS)

    def _sent_system(self) -> str:
        return (self.system or "").rstrip(WIRE_BLANKS)

    def _turns(self) -> tuple[object, ...]:
        turns = [(message.role, message.content) for message in self.messages]
        return self._sent_system(), turns, self._sent_prefill()

    def _hazards(self) -> Iterator[tuple[str, int]]:
        """(code, offset) of each warning, in no order."""
        offsets = self.marker_offsets()
        last_text = offsets[-1] + len(AI_PROMPT)
        if self.system is None and self.opening in ("", "\n"):
            yield "leading_newlines_missing", 0
        elif self.opening != "\n\n":
            yield "whitespace_before_first_turn", 0
        roles = [*(message.role for message in self.messages), "assistant"]
        for (role, following), offset in zip(itertools.pairwise(roles), offsets[1:], strict=True):
            if role == following:
                yield f"consecutive_{role}_turns", offset
        if self.prefill is None:
            if self.tail:
                yield "trailing_whitespace_after_last_marker", last_text
            return
        if self.from_list:
            yield "list_ends_on_assistant", offsets[-1]
        sent = self._sent_prefill()
        if sent != self.prefill:
            yield "prefill_trailing_whitespace_stripped", last_text + len(self.prefill_separator) + len(sent)


def _marker(role: str) -> str:
    if role not in MARKERS:
        message = f"a message has the role {role!r}; a prompt has turns of user and assistant only"
        raise PromptError.at("", 0, "invalid_conversation", message)
    return MARKERS[role]


def _message_dict(message: Message) -> dict[str, str]:
    written = {"role": message.role, "content": message.content}
    return written if message.separator == " " else written | {"separator": message.separator}


def _check_final_assistant(model: str | None, text: str) -> None:
    if model is not None and _refuses_prefill(model):
        start = text if len(text) <= 40 else text[:40] + "..."
        raise TranslationError(
            f"{model} refuses a request that ends on an assistant message, and this prompt ends on "
            f"{start!r}; take a model that accepts a prefill, or say it in the user turn"
        )


def _refuses_prefill(model: str) -> bool:
    # Looked up late: the converter must load without the model table.
    from .models import find_model

    facts = find_model(model)
    return facts is not None and facts.accepts_prefill is False
