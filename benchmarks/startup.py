"""How long `to-messages --help` takes beside `python -c "import click"`; the promise is 1.5 times.

    python benchmarks/startup.py [ROUNDS]

Both are started in turn, so that a busy machine slows both; the medians of the processor times
(user and system, of the child alone) are compared. Exit code 1 if the promise is broken.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

PROMISE = 1.5
LOADED = """
import sys
from codemods.cli import main
try:
    main(["--help"])
finally:
    print(*sys.modules, file=sys.stderr)
"""
TOO_HEAVY = {"libcst", "pydantic", "packaging", "anthropic", "codemods.worker", "migrate", "json"}


def seconds(command: list[str]) -> tuple[float, float]:
    """Processor and wall-clock seconds of one run."""
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after, ended = os.times(), time.perf_counter()
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system, ended - began


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    bare = [sys.executable, "-c", "import click"]
    # What the installed console script does.
    help_command = [sys.executable, "-c", "from codemods.cli import main; main(['--help'], 'to-messages')"]
    for command in (bare, help_command):  # compiled files and the disk cache
        seconds(command)
    pairs = [(seconds(bare), seconds(help_command)) for _ in range(rounds)]
    wall = statistics.median(helped[1] for _, helped in pairs) / statistics.median(
        base[1] for base, _ in pairs
    )
    click_ms = 1000 * statistics.median(base[1] for base, _ in pairs)
    help_ms = 1000 * statistics.median(helped[1] for _, helped in pairs)
    print(
        f"import click: {click_ms:.1f} ms   --help: {help_ms:.1f} ms   ratio {wall:.2f} (promise {PROMISE})"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=False
    ).stderr.split()
    heavy = sorted(TOO_HEAVY.intersection(loaded))
    print(f"modules loaded by --help: {len(loaded)}; of the heavy ones: {', '.join(heavy) or 'none'}")
    return 0 if wall <= PROMISE and not heavy else 1


if __name__ == "__main__":
    sys.exit(main())
