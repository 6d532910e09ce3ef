"""`python -m migrate.double`: serve both endpoints on loopback until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from migrate.double.server import Double


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM. Prints the base URL as the only line on standard output."""
    parser = argparse.ArgumentParser(
        prog="python -m migrate.double",
        description="A local double of Text Completions and Messages. Point ANTHROPIC_BASE_URL at it.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; a free one by default")
    parser.add_argument("--record", metavar="FILE", help="write each request to FILE as a line of JSON")
    chosen = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        try:
            record = (
                stack.enter_context(open(chosen.record, "w", encoding="utf-8")) if chosen.record else None
            )
            double = stack.enter_context(Double(port=chosen.port, record=record))
        except (OSError, OverflowError) as error:
            print(f"cannot serve: {error}", file=sys.stderr)
            return 2
        print(double.base_url, flush=True)
        _wait_for_the_end()
    return 0


def _wait_for_the_end() -> None:
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    ended.wait()


if __name__ == "__main__":
    sys.exit(main())
