"""Message -> Completion.

Pure: takes the SDK's objects or plain dicts, imports no SDK. pydantic is loaded at the first
completion, so that ``reply_text`` costs nothing to import.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from migrate.errors import TranslationError
from migrate.prompts import HUMAN_PROMPT

if TYPE_CHECKING:
    from migrate.legacy import Completion

#: Messages stop reason -> the one the old API would have given. Others, now or to come, have no
#: honest legacy value and pass through under their own name.
LEGACY_STOP_REASONS = {
    "end_turn": "stop_sequence",
    "stop_sequence": "stop_sequence",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
}


class RefusalError(TranslationError):
    """The model refused to answer, which the old API had no way to say.

    ``reply`` is the Message (None in a stream) and ``category`` the vendor's word for the reason,
    if it gave one. ``Policy(on_refusal="pass")`` returns such replies instead.
    """

    def __init__(self, message: str, reply: Any = None, category: str | None = None) -> None:
        super().__init__(message)
        self.reply = reply
        self.category = category

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.reply, self.category)


def read(value: Any, name: str) -> Any:
    """A field of an SDK object or of the dict it was parsed from; None if there is no such field."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)


def reply_text(message: Any) -> str:
    """The text of a Message: its text blocks joined, whatever stands before or between them.

    Thinking blocks and blocks of unknown type give nothing. A reply without text gives "".
    """
    blocks = read(message, "content") or ()
    return "".join([read(block, "text") or "" for block in blocks if read(block, "type") == "text"])


def refusal(details: Any, reply: Any = None) -> RefusalError:
    """The error for a reply whose stop reason is "refusal"; ``details`` are its stop_details."""
    category = read(details, "category")
    because = f" ({category})" if category else ""
    return RefusalError(
        f'the model refused to answer{because}; Policy(on_refusal="pass") returns such replies',
        reply,
        category,
    )


def legacy_stop(stop_reason: str | None, stop_sequence: str | None) -> tuple[str | None, str | None]:
    """(stop_reason, stop) as the old API gave them; a natural end was a stop at the Human marker."""
    stop = HUMAN_PROMPT if stop_reason == "end_turn" else stop_sequence
    return (LEGACY_STOP_REASONS.get(stop_reason, stop_reason) if stop_reason else None), stop


def first_cut(text: str, cuts: tuple[str, ...]) -> tuple[int, str] | None:
    """(offset, cut) of the stop sequence that is complete first, as a server that writes on would stop.

    Of two that end at the same place, the one that starts first.
    """
    found = [(offset + len(cut), offset, cut) for cut in cuts if (offset := text.find(cut)) >= 0]
    if not found:
        return None
    _, offset, cut = min(found)
    return offset, cut


def completion_from_message(
    message: Any,
    *,
    leading_space: bool = True,
    cuts: tuple[str, ...] = (),
    on_refusal: Literal["raise", "pass"] = "raise",
    cls: type[Completion] | None = None,
    unsent: str = "",
) -> Completion:
    """The completion that the old API would have sent for this reply.

    With ``leading_space`` a text that is not empty starts with a blank; the old completions did,
    unless the prompt ended in text for the assistant. ``cuts`` end the text as stop sequences do.
    ``unsent`` are blanks that ended the assistant text of the request and could not be sent: where the
    answer begins with them they are taken away, since the old one went on behind them.
    ``cls`` is what to make; by default a Completion that the loaded SDK takes for its own.
    Raises RefusalError for a refused reply, unless told to pass it.
    """
    legacy = _legacy()
    get: Callable[..., Any] = dict.get if isinstance(message, dict) else getattr
    reason = get(message, "stop_reason", None)
    if reason == "refusal" and on_refusal == "raise":
        raise refusal(get(message, "stop_details", None), message)
    text = reply_text(message).removeprefix(unsent)
    stop_reason, stop = legacy_stop(reason, get(message, "stop_sequence", None))
    if cuts and (found := first_cut(text, cuts)):
        text, stop_reason, stop = text[: found[0]], "stop_sequence", found[1]
    made: Completion = legacy.make_completion(
        id=get(message, "id", None),
        completion=spaced(text) if leading_space else text,
        model=get(message, "model", None),
        stop_reason=stop_reason,
        stop=stop,
        message=message,
        usage=get(message, "usage", None),
        cls=cls or legacy.completion_class(),
    )
    return made


@cache
def _legacy() -> Any:
    from migrate import legacy

    return legacy


def spaced(text: str) -> str:
    """``text`` with the one space in front that a completion used to have; "" stays."""
    return text if not text or text.startswith(" ") else " " + text


def as_completion(
    message: Any, *, leading_space: bool = True, on_refusal: Literal["raise", "pass"] = "raise"
) -> Completion:
    """A Message (or the dict of one) in the shape of the old answer, for readers that expect that.

    ``.completion``, ``.stop_reason``, ``.stop``, ``.id``, ``.model`` and ``.log_id`` read as before;
    ``.message`` is the Message and ``.usage`` its token counts. A reply does not show whether its
    request ended in text for the assistant: say ``leading_space=False`` where it did, since there
    the old completion continued that text as it stands.

    Raises RefusalError if the model refused to answer, unless ``on_refusal="pass"``, and
    TranslationError for the body of an error, which is no empty answer.
    """
    if isinstance(message, dict) and message.get("type") == "error":
        problem = message.get("error")
        raise TranslationError(f"the server answered with an error, not with a Message: {problem}")
    return completion_from_message(message, leading_space=leading_space, on_refusal=on_refusal)
