"""Run a program under an SDK against the double, and say what it printed and asked."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from migrate.double import Double, Recorded
from tests.sdks import NO_CERTIFICATES

RUNNER = Path(__file__).with_name("runner.py")
PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 20  # a program that takes longer is killed

# What boto3 wants to know before it asks anything.
_AWS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
_labels = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a program did. `requests` are in the order of arrival."""

    status: int
    stdout: str
    stderr: str
    requests: tuple[Recorded, ...]


class Interpreter:
    """An SDK environment's Python that has loaded the SDK and runs programs one by one.

    with Interpreter(sdk_python("2.12.0")) as interpreter:
        run = interpreter.run(Path("program.py"), double)
    """

    def __init__(self, python: Path, *, with_project: bool = True) -> None:
        """`with_project` makes our packages importable for the programs, as bridged code needs."""
        self._python = python
        self._path = str(PROJECT) if with_project else ""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate()  # the end of its input ends it

    def run(self, file: Path, double: Double, *, slash: bool = False) -> Run:
        """Run the file as a script, in an empty folder, with the double as its server.

        `slash` ends the base URL in one: SDK 0.2 joins its path to the URL as a link is joined to a
        page, and would lose the label otherwise. A program of that time asks for it with "sdk 0.2".
        """
        label = f"{file.stem}-{next(_labels)}"
        environment = {
            "ANTHROPIC_API_KEY": "sk-double",
            "ANTHROPIC_BASE_URL": double.base_url_for(label) + "/" * slash,
            "PYTHONPATH": self._path,
            **NO_CERTIFICATES,
            **_AWS,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": double.base_url_for(label),
        }
        with tempfile.TemporaryDirectory() as folder:
            job = {
                "file": str(file.resolve()),
                "folder": folder,
                "environment": environment,
                "seconds": SECONDS,
            }
            done = self._hand_over(json.dumps(job))
        return Run(done["status"], done["stdout"], done["stderr"], tuple(double.requests_for(label)))

    def _hand_over(self, job: str) -> dict[str, Any]:
        with self._lock:
            if self._process is None:
                self._process = self._started()
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(job + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._python} ended; what it printed is above")
        return dict(json.loads(line))

    def _started(self) -> subprocess.Popen[str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "PYTHON"))
        }
        return subprocess.Popen(
            [str(self._python), "-u", str(RUNNER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "127.0.0.1"},
        )


def run_program(python: Path, file: Path, double: Double) -> tuple[str, list[Recorded]]:
    """What the program printed, and what it asked. Starts an interpreter for it; Interpreter serves many."""
    with Interpreter(python) as interpreter:
        run = interpreter.run(file, double)
    if run.status != 0:
        raise RuntimeError(f"{file} ended with {run.status}:\n{run.stderr}")
    return run.stdout, list(run.requests)
