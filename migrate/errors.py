"""What goes wrong, by what the caller can do about it.

MigrationError (Exception)
  PromptError (also ValueError)        a prompt, or a conversation to become one, is not in the format
  TranslationError (also ValueError)   understood, but the other API has no honest equivalent

ApiException (Exception)               what the SDK's 0.2 raised, for code that still catches it

MigrationWarning (UserWarning)         it works, and something about it may surprise
"""

from __future__ import annotations

__all__ = ["ApiException", "MigrationError", "MigrationWarning", "PromptError", "TranslationError"]


class MigrationError(Exception):
    """Root of everything this project raises on purpose."""


class PromptError(MigrationError, ValueError):
    """A prompt that has no reading as turns, or a conversation that no prompt can hold.

    code: a short stable name, such as "missing_human_turn".
    offset: where, in characters from 0; for a conversation, in the prompt it would have become.
    line, column: the same place, both counted from 1; only LF ends a line.
    """

    def __init__(self, message: str, code: str, offset: int, line: int, column: int) -> None:
        # All values go into args: that is what pickle and copy rebuild an exception from.
        super().__init__(message, code, offset, line, column)
        self.message = message
        self.code = code
        self.offset = offset
        self.line = line
        self.column = column

    @classmethod
    def at(cls, text: str, offset: int, code: str, message: str) -> PromptError:
        """The error with line and column worked out from `text`."""
        line = text.count("\n", 0, offset) + 1
        column = offset - text.rfind("\n", 0, offset)
        return cls(message, code, offset, line, column)

    def __str__(self) -> str:
        return f"{self.message} ({self.code}, line {self.line}, column {self.column}, offset {self.offset})"


class TranslationError(MigrationError, ValueError):
    """A request or value that the other API cannot express without changing its meaning."""


class ApiException(Exception):
    """What ``anthropic.ApiException`` of SDK 0.2 was: the error of its four methods, and of ours.

    For an answer with an error status, ``args`` are ("post request failed with status code: N", the
    decoded body), and the error is also the SDK's own for that status, with its attributes. For a
    prompt that 0.2 would not have sent, ``args`` is its one sentence about it.
    Source: anthropic==0.2.10 api.py.
    """


class MigrationWarning(UserWarning):
    """Something was carried over in a way whose effect may differ; the text says what and why."""
