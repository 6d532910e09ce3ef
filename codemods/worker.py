# Runs the engine on one file and survives whatever happens; knows processes, not rules.
"""Analyse one file so that nothing it holds can end the run.

Most files are analysed in this process. A file that is large, deeply nested or one long chain of
operators can exhaust the stack of a parser written in C or Rust, which no `except` catches; such a
file goes to a worker process with a large stack. If that dies or takes too long, the file has
failed and the rest go on. The same workers serve `--jobs`.

The worker is started with `python -I`: from the user's directory nothing can be imported, so a
file there called like a module of the standard library is not run.
"""

from __future__ import annotations

import ast
import contextlib
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Any, Protocol, cast

from codemods.files import PYTHON_SUFFIXES, read_or_none
from codemods.outcome import Options, Outcome

ENGINE = "codemods.rewrite"

LARGE_BYTES = 1_000_000
DEEP_BRACKETS = 60  # real code stays under 20; CPython itself refuses 200
LONG_LINE_BYTES = 3_000  # a chain of 1,500 operators on one line is at least this long
LONG_BRACKET_LINES = 400
LONG_CHAIN = 300  # `elif` arms, or lines continued by a backslash

WORKER_STACK_BYTES = 512 * 1024 * 1024  # address space; only what is used becomes memory
WORKER_RECURSION = 40_000
SECONDS_PER_FILE = 120.0

_LONG_LINE = re.compile(rb"[^\n]{%d}" % LONG_LINE_BYTES)
_BRACKET_OR_NEWLINE = re.compile(rb"[()\[\]{}\n]")
_LENGTH = struct.Struct(">Q")


class Engine(Protocol):
    """What the module named ENGINE offers."""

    def is_candidate(self, source: bytes) -> bool: ...
    def rewrite_source(self, source: bytes, path: str, options: Options, project: Any = None) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One file to analyse. `name`: what the project calls it.

    `unusual`: named by the user, but not named like Python.
    """

    path: str
    source: bytes
    name: str
    unusual: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a task. `traceback` is there if the fault is ours."""

    outcome: Outcome
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for every task of a run, and can be sent to another process.

    `names` are the project's files, relative to the absolute path `root`; empty: no project.
    """

    options: Options
    root: str = ""
    names: tuple[str, ...] = ()
    engine: str = ENGINE
    seconds_per_file: float = SECONDS_PER_FILE  # in a worker process only


class TooDeep(Exception):
    """The file needs more stack than this process has."""


def load_engine(name: str = ENGINE) -> Engine:
    """The engine module, imported when first asked for."""
    return cast(Engine, import_module(name))


def needs_worker(source: bytes) -> bool:
    """Whether a parser could run out of stack on `source`; cheap, and wrong only on the safe side.

    A multi-line string may make it say yes for nothing, which costs one process start. Measured
    with libcst 1.9: nothing under 1,000 levels of any construct ends the process.
    """
    if len(source) > LARGE_BYTES or _LONG_LINE.search(source):
        return True
    if source.count(b"elif ") > LONG_CHAIN or source.count(b"\\\n") > LONG_CHAIN:
        return True
    depth = lines_open = 0
    for match in _BRACKET_OR_NEWLINE.finditer(source):
        token = match[0]
        if token == b"\n":
            lines_open = lines_open + 1 if depth else 0
        elif token in b"([{":
            depth += 1
        elif depth:
            depth -= 1
        if depth > DEEP_BRACKETS or lines_open > LONG_BRACKET_LINES:
            return True
    return False


class Analyst:
    """Runs the engine in this process, with one project index for all its files."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._engine = load_engine(setting.engine)
        self._project: object | None = None

    def answer(self, task: Task) -> Answer:
        """The engine's outcome, or a failed one. Raises TooDeep; any other fault becomes an answer."""
        try:
            if task.unusual and (reason := why_not_python(task.source)):
                return failed(task, reason)
            if task.unusual and not self._engine.is_candidate(task.source):
                return Answer(Outcome("unchanged", task.source))
            return Answer(self._rewrite(task))
        except (RecursionError, MemoryError) as error:
            raise TooDeep(type(error).__name__) from error
        except Exception as error:
            return _bug(task, error)

    def _rewrite(self, task: Task) -> Outcome:
        setting = self._setting
        if self._project is None and setting.names:
            from codemods.project import Project

            self._project = Project(setting.root, self._read, setting.names)
        return self._engine.rewrite_source(task.source, task.name, setting.options, self._project)

    def _read(self, name: str) -> bytes | None:
        return read_or_none(os.path.join(self._setting.root, name))


def failed(task: Task, reason: str) -> Answer:
    return Answer(Outcome("failed", task.source, reason=reason))


def why_not_python(source: bytes) -> str | None:
    """Why a file that is not named like Python is none, or None if it parses."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError) as error:
        names = ", ".join(PYTHON_SUFFIXES)
        detail = getattr(error, "msg", None) or str(error)
        return f"not Python ({detail}): give files that end in {names}, or Python scripts"
    return None


def _bug(task: Task, error: Exception) -> Answer:
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(where.filename)}:{where.lineno}"
    text = " ".join(str(error).split())[:200]
    reason = (
        f"a bug in to-messages, not in this file: {type(error).__name__}: {text} ({place}); "
        "the file stays as it is; please report it with the traceback that --verbose prints"
    )
    return Answer(Outcome("failed", task.source, reason=reason), "".join(traceback.format_exception(error)))


class Worker:
    """One worker process, started when first needed and again after it died. One task at a time."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._seconds = setting.seconds_per_file
        self._process: subprocess.Popen[bytes] | None = None

    def answer(self, task: Task) -> Answer:
        """The worker's answer; if it dies or takes too long, a failed one that says so."""
        try:
            process = self._process or self._start()
        except OSError as error:
            return failed(task, f"no worker process could be started for it: {error.strerror or error}")
        expired = threading.Event()
        timer = threading.Timer(self._seconds, _kill, (process, expired))
        timer.daemon = True
        timer.start()
        try:
            _send(cast(IO[bytes], process.stdin), task)
            return cast(Answer, _receive(cast(IO[bytes], process.stdout)))
        except (EOFError, OSError, pickle.UnpicklingError):
            status = self._end(process)
            ended = f"the parser's process ended ({_how_ended(status)}): simplify or split the file"
            late = f"the analysis took longer than {self._seconds:g} seconds: split the file"
            return failed(task, late if expired.is_set() else ended)
        finally:
            timer.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        search = [os.path.abspath(entry) for entry in sys.path if entry]
        path = [*search, package]
        program = f"import sys; sys.path[:] = {path!r}; from codemods.worker import serve; serve()"
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._process = process
        with contextlib.suppress(OSError):  # if it is dead already, the task's answer will say so
            _send(cast(IO[bytes], process.stdin), self._setting)
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        self._process = None
        with contextlib.suppress(OSError):
            process.kill() if process.poll() is None and _still_runs(process) else None
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                cast(IO[bytes], stream).close()
        return process.wait()

    def close(self) -> None:
        """End the process; a task under way in another thread gets an answer that says it died."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
            self._end(self._process)


def _still_runs(process: subprocess.Popen[bytes]) -> bool:
    """A process that crashed closes its pipes a moment before it can be waited for."""
    try:
        process.wait(timeout=1.0)
    except subprocess.TimeoutExpired:
        return True
    return False


def _kill(process: subprocess.Popen[bytes], expired: threading.Event) -> None:
    expired.set()
    with contextlib.suppress(OSError):
        process.kill()


def _how_ended(status: int) -> str:
    if status >= 0:
        return f"exit {status}"
    import signal

    names = {signal.SIGSEGV: "out of stack", signal.SIGABRT: "aborted", signal.SIGKILL: "killed"}
    number = signal.Signals(-status)
    return f"{number.name}, {names[number]}" if number in names else number.name


def _send(stream: IO[bytes], value: object) -> None:
    content = pickle.dumps(value)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def _receive(stream: IO[bytes]) -> object:
    """The next value sent. Raises EOFError at the end."""
    (length,) = _LENGTH.unpack(_read_exactly(stream, _LENGTH.size))
    return pickle.loads(_read_exactly(stream, length))


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content


def serve() -> None:
    """The worker's side: answer tasks from standard input until it ends."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to deal with
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a stray print must not reach the answers
    sys.setrecursionlimit(WORKER_RECURSION)
    _in_large_stack(lambda: _answer_all(tasks, answers))


def _in_large_stack(work: Callable[[], None]) -> None:
    for size in (WORKER_STACK_BYTES, WORKER_STACK_BYTES // 8, 0):
        threading.stack_size(size)
        thread = threading.Thread(target=work, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system grants no stack of this size
            continue
        thread.join()
        return


def _answer_all(tasks: IO[bytes], answers: IO[bytes]) -> None:
    with contextlib.suppress(EOFError, BrokenPipeError):
        analyst = Analyst(cast(Setting, _receive(tasks)))
        while True:
            task = cast(Task, _receive(tasks))
            try:
                answer = analyst.answer(task)
            except TooDeep as error:
                answer = failed(task, f"too deeply nested to analyse ({error}): simplify or split the file")
            _send(answers, answer)


class Workers:
    """A fixed number of worker processes, used by as many threads."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._own = threading.local()
        self._all: list[Worker] = []

    def answer(self, task: Task) -> Answer:
        """The answer of this thread's worker."""
        worker: Worker | None = getattr(self._own, "worker", None)
        if worker is None:
            worker = self._own.worker = Worker(self._setting)
            self._all.append(worker)
        return worker.answer(task)

    def close(self) -> None:
        for worker in self._all:
            worker.close()


def number_of_jobs(wanted: int | None, candidates: int) -> int:
    """How many processes to use: as asked, else one for few files and several for many."""
    if wanted is not None:
        return max(1, min(wanted, candidates))
    if candidates < 40:  # below, starting processes costs more than it saves
        return 1
    return max(1, min(os.cpu_count() or 1, 8))
