# Draws on standard error; nothing else knows how.
"""A progress bar for work that takes longer than a second, on a terminal only."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

SECONDS_BEFORE_SHOWN = 1.0


class Progress:
    """Counts what is done and shows it once the work has taken a second.

    `done` and `total` tell how far the present stage is, also when nothing is drawn.
    """

    def __init__(self, *, enabled: bool | None = None) -> None:
        self._enabled = sys.stderr.isatty() if enabled is None else enabled
        self._began = time.monotonic()
        self._bar: ProgressBar[int] | None = None
        self._drawn = 0
        self.stage = ""
        self.done = 0
        self.total = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps; the bar of the one before is finished."""
        self.finish()
        self.stage, self.total, self.done, self._drawn = stage, total, 0, 0

    def advance(self) -> None:
        self.done += 1
        if self._enabled and (self._bar or time.monotonic() - self._began > SECONDS_BEFORE_SHOWN):
            self._draw()

    def _draw(self) -> None:
        if self._bar is None:
            import click

            self._bar = click.progressbar(length=self.total, label=self.stage, file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(self.done - self._drawn)
        self._drawn = self.done

    def finish(self) -> None:
        """Take the bar away, so that what is printed next begins on a line of its own."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
