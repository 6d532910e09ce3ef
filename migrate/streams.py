"""Messages events -> legacy chunks, one at a time.

Pure and sans-IO: ``feed`` takes an event (the SDK's object or a dict) and returns the chunks it
completes, ``finish`` tells that the stream has ended. Nothing here reads or closes a connection.

    state        events that matter                      next
    -----------  --------------------------------------  -------------------
    opening      message_start                           speaking
    speaking     text deltas -> chunks; message_delta     speaking
    speaking     message_stop -> last chunk               done
    speaking     a cut -> chunk and last chunk            done
    done         nothing more is given                    done

Source: anthropic==0.125.0 (``event: completion`` chunks) and the streaming page of each API: text
was incremental, and the last chunk was empty and carried the stop reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from migrate.responses import first_cut, legacy_stop, read, refusal

if TYPE_CHECKING:
    from migrate.legacy import Completion


class LegacyChunks:
    """The state of one stream.

    ``done``: no further event can give a chunk. ``cut``: it ended at one of ``cuts``, so that the
    rest of the reply need not be read.
    """

    def __init__(
        self,
        *,
        leading_space: bool = True,
        cuts: tuple[str, ...] = (),
        on_refusal: Literal["raise", "pass"] = "raise",
        unsent: str = "",
    ) -> None:
        from migrate.legacy import completion_class, make_completion

        self.done = False
        self.cut = False
        self._make, self._class = make_completion, completion_class()
        self._lead = leading_space
        self._cuts = cuts
        self._unsent = unsent  # blanks that the reply may begin with and the old one did not
        self._plain = not leading_space and not cuts and not unsent
        self._on_refusal = on_refusal
        self._held = ""  # text that may be the start of a cut
        self._id: str | None = None
        self._model: str | None = None
        self._ending: tuple[str | None, str | None] | None = None  # Messages stop_reason, stop_sequence
        self._usage: Any = None

    def feed(self, event: Any) -> list[Completion]:
        """The chunks that this event completes, mostly none or one.

        Raises RefusalError when the reply turns out to be refused, unless told to pass it.
        """
        if self.done:
            return []
        is_object = not isinstance(event, dict)
        if is_object and self._plain and event.type == "content_block_delta":
            # Nine of ten events of a stream end here, with nothing to hold back and no space to add.
            delta = event.delta
            if delta.type == "text_delta" and (text := delta.text):
                return [self._make(self._id, text, self._model, cls=self._class)]
            return []
        kind = event.type if is_object else event["type"]
        if kind == "content_block_delta":
            delta = read(event, "delta")
            return self._text(read(delta, "text") or "") if read(delta, "type") == "text_delta" else []
        if kind == "content_block_start":
            block = read(event, "content_block")
            return self._text(read(block, "text") or "") if read(block, "type") == "text" else []
        if kind == "message_start":
            self._begin(read(event, "message"))
        elif kind == "message_delta":
            self._end(event)
        elif kind == "message_stop":
            return self.finish()
        return []

    def finish(self) -> list[Completion]:
        """What is left when the stream ends: held text, and the last chunk if the reply was complete."""
        if self.done:
            return []
        self.done = True
        chunks = [self._chunk(self._spaced(self._held))] if self._held else []
        self._held = ""
        if self._ending is not None:
            chunks.append(self._chunk("", *legacy_stop(*self._ending), usage=self._usage))
        return chunks

    def _begin(self, message: Any) -> None:
        self._id, self._model = read(message, "id"), read(message, "model")
        self._usage = read(message, "usage")

    def _end(self, event: Any) -> None:
        delta = read(event, "delta")
        reason = read(delta, "stop_reason")
        if reason == "refusal" and self._on_refusal == "raise":
            self.done = True
            raise refusal(read(delta, "stop_details"))
        self._ending = reason, read(delta, "stop_sequence")
        self._usage = read(event, "usage") or self._usage

    def _text(self, text: str) -> list[Completion]:
        if self._unsent:
            text = self._without_unsent(text)
        if not text:
            return []
        if not self._cuts:
            return [self._chunk(self._spaced(text))]
        text = self._held + text
        if found := first_cut(text, self._cuts):
            return self._stop_at(text[: found[0]], found[1])
        kept = self._open_end(text)
        ready, self._held = text[: len(text) - kept], text[len(text) - kept :]
        return [self._chunk(self._spaced(ready))] if ready else []

    def _without_unsent(self, text: str) -> str:
        """The text behind the unsent blanks, or all of it once it is certain that they are not there."""
        text, self._held = self._held + text, ""
        if len(text) < len(self._unsent) and self._unsent.startswith(text):
            self._held = text
            return ""
        text, self._unsent = text.removeprefix(self._unsent), ""
        self._plain = not self._lead and not self._cuts
        return text

    def _open_end(self, text: str) -> int:
        """How many characters at the end of ``text`` may be the start of a cut."""
        longest = max(map(len, self._cuts)) - 1
        for size in range(min(longest, len(text)), 0, -1):
            if any(cut.startswith(text[-size:]) for cut in self._cuts):
                return size
        return 0

    def _stop_at(self, text: str, cut: str) -> list[Completion]:
        self.done = self.cut = True
        self._held = ""
        chunks = [self._chunk(self._spaced(text))] if text else []
        return [*chunks, self._chunk("", "stop_sequence", cut, usage=self._usage)]

    def _spaced(self, text: str) -> str:
        if self._lead:
            self._lead = False
            self._plain = not self._cuts
            return text if text.startswith(" ") else " " + text
        return text

    def _chunk(
        self, text: str, stop_reason: str | None = None, stop: str | None = None, usage: Any = None
    ) -> Completion:
        return self._make(
            id=self._id,
            completion=text,
            model=self._model,
            stop_reason=stop_reason,
            stop=stop,
            usage=usage,
            cls=self._class,
        )
