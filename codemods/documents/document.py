# One file that is no Python, as text with places. Values only.
"""A document and findings at places of its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from codemods.outcome import Finding, Outcome


@dataclass(frozen=True, slots=True)
class Document:
    """`rewrite` runs the code mod on a program; `cut`: only the start of the file was read.

    beside_old_code: the file stands in a project that asks, or asked, Anthropic's models by prompts.
    """

    path: str
    text: str
    rewrite: Callable[[str], Outcome]
    beside_old_code: bool = False
    cut: bool = False

    def lines(self, first: int, last: int) -> list[str]:
        """Lines of the text, counted from 1, both ends included."""
        return self.text.split("\n", last)[max(first - 1, 0) : last]

    def finding(
        self, rule: str, start: int, end: int, message: str, suggestion: str | None, *notes: str
    ) -> Finding:
        """A finding at a piece of the text, given by offsets."""
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        told = (*notes, "only the start of this large file was searched") if self.cut else notes
        return Finding(
            rule, "manual", line, column, end_line, end_column, message, notes=told, suggestion=suggestion
        )

    def _position(self, offset: int) -> tuple[int, int]:
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)


def decoded(data: bytes) -> str:
    """The text of a document, whatever its encoding; line ends as \\n."""
    text = data.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n") if "\r\n" in text else text
