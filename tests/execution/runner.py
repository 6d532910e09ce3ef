"""Runs program files one after another inside one interpreter that has loaded the SDK already.

Executed by the interpreter of an SDK environment; standard library only. Standard input brings one
JSON object per line: {"file", "folder", "environment", "seconds"}; standard output gives one back:
{"status", "stdout", "stderr"}. Each program runs in a forked child, so it starts with fresh modules
and leaves nothing behind; the SDK, which takes a second to import, is loaded once. Handlers that a
program leaves to the end of the interpreter (atexit) do not run.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import sys
import tempfile
import traceback
from typing import Any


def main() -> None:
    _load_sdk()
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)


def _load_sdk() -> None:
    """Import what every program needs, and what the SDK itself would import at the first use."""
    import asyncio  # noqa: F401
    import importlib.util

    if importlib.util.find_spec("anthropic") is None:
        from redirect import load_and_redirect  # beside this file, which is run as a script

        load_and_redirect()
        return
    import anthropic

    if not hasattr(anthropic, "Anthropic"):  # 0.2 loads everything with itself
        return
    with anthropic.Anthropic(api_key="none") as client:
        for resource in ("messages", "completions"):
            getattr(client, resource, None)


def _run(job: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            _become(job, out.fileno(), err.fileno())
        _, ended = os.waitpid(child, 0)
        status = os.waitstatus_to_exitcode(ended)
        return {"status": status, "stdout": _content(out), "stderr": _content(err)}


def _become(job: dict[str, Any], out: int, err: int) -> None:
    """Turn this (forked) process into the program; never returns."""
    signal.alarm(job["seconds"])  # a program that hangs is killed and shows as status -14
    sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))  # the old one has read ahead, into the next jobs
    for source, target in ((sys.stdin.fileno(), 0), (out, 1), (err, 2)):
        os.dup2(source, target)
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    sys.argv = [job["file"]]
    sys.path[0] = os.path.dirname(job["file"])
    sys.path.extend(filter(None, job["environment"].get("PYTHONPATH", "").split(os.pathsep)))
    status = _status_of(job["file"])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):  # the program may have closed it
            stream.flush()
    os._exit(status)


def _status_of(file: str) -> int:
    """Run the file as a script; the exit status it would have had."""
    try:
        runpy.run_path(file, run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _content(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode("utf-8", "replace"))


if __name__ == "__main__":
    main()
