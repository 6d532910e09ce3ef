# May know: nothing but values.
"""Scripted replies: what the double does instead of answering by itself, for one request each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How one request is answered. Every field left alone means: as the double does by itself.

    A request is checked first: a scripted text does not make a wrong request right, so that a test
    cannot pass by accident. Only `status` and `hang_up_after=0` come before the check.

    text              the answer, before stops and limit of the request
    stop_reason       in the words of Messages; text is then taken as it is, uncut.
                      On the legacy endpoint everything but "max_tokens" shows as "stop_sequence"
    stop_sequence     the sequence that matched, with stop_reason="stop_sequence"
    content           content blocks of a Message, verbatim (Messages only)
    pieces            the text in these pieces when streaming; sets the text as well
    fields            further fields of the body, laid over it (Messages: of the message)
    status            an error status such as 429 or 529
    error             the error's message; its type follows from the status
    headers           further response headers, such as {"retry-after": "0"}
    delay, pause      seconds before the answer; seconds between two events of a stream
    error_after       streaming: an error event (overloaded) after that many pieces of text
    bytes_per_write   streaming: the events cut into writes of that many bytes
    hang_up_after     the connection is closed after that many bytes of the body; 0: before any answer
    """

    text: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    content: tuple[Mapping[str, Any], ...] | None = None
    pieces: tuple[str, ...] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    pause: float = 0.0
    error_after: int | None = None
    bytes_per_write: int | None = None
    hang_up_after: int | None = None

    @classmethod
    def overloaded(cls, retry_after: float | None = None) -> Reply:
        """529, with a retry-after header in seconds if given."""
        return cls(status=529, error="Overloaded", headers=_retry_header(retry_after))

    @classmethod
    def rate_limited(cls, retry_after: float | None = None) -> Reply:
        """429, with a retry-after header in seconds if given."""
        return cls(
            status=429,
            error="Number of requests has exceeded your rate limit",
            headers=_retry_header(retry_after),
        )

    @classmethod
    def refused(cls, category: str | None = None, text: str = "") -> Reply:
        """A policy refusal as Messages reports it: status 200, perhaps some text, stop_reason "refusal"."""
        details = {"type": "refusal", "category": category, "explanation": None}
        return cls(text=text, stop_reason="refusal", fields={"stop_details": details})

    @property
    def whole_text(self) -> str | None:
        """The scripted text, None if the double is to answer by itself."""
        return "".join(self.pieces) if self.pieces is not None else self.text


def _retry_header(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": f"{seconds:g}"}
