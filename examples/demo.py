"""Migrate a copy of the sample application, show what became of it, compile it and run it.

`make demo` runs this in the local environment. The copy lands in a temporary folder that stays,
so that you can look at it; nothing in the repository is changed. The migrated program talks to the
local double of the API, never to a network.
"""

from __future__ import annotations

import compileall
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from migrate.double import Double

SAMPLE = Path(__file__).with_name("legacy_app")
LEFT = 1  # the exit status of `to-messages` when something is left for a person


def main() -> int:
    copy = Path(tempfile.mkdtemp(prefix="to-messages-demo-")) / SAMPLE.name
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for command in ("diff", "fix"):
        if step(f"to-messages {command}", [sys.executable, "-m", "codemods", command, "."], copy) > LEFT:
            return 2
    title("compile every file")
    if not compileall.compile_dir(copy, quiet=1):
        return 2
    print("all of them compile")
    with Double() as double:
        server = {"ANTHROPIC_BASE_URL": double.base_url, "ANTHROPIC_API_KEY": "any"}
        status = step(
            "run it against the local double of the API", [sys.executable, "run.py"], copy, **server
        )
        asked = [request.path for request in double.requests]
    served = {path: asked.count(path) for path in ("/v1/messages", "/v1/complete")}
    print("\nrequests:", ", ".join(f"{count} to {path}" for path, count in served.items()))
    print(f"The migrated copy is in {copy}; compare it with {SAMPLE}.")
    return status


def step(what: str, command: list[str], folder: Path, **environment: str) -> int:
    """Run one command in the copy and let its output through; its exit status."""
    shown = shlex.join(["python" if part == sys.executable else part for part in command])
    title(f"{what}: {shown}")
    return subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=False).returncode


def title(text: str) -> None:
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
