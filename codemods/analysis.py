# From paths to a report: finds files, searches bytes, hands candidates to the engine. Writes nothing.
"""Analyse files and collect what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass

from codemods.document_search import document_reports
from codemods.files import Found, cannot, find_files, read_file
from codemods.neighbourhood import Neighbourhood, neighbourhood
from codemods.outcome import Options, Outcome, OutcomeKind
from codemods.progress import Progress
from codemods.reports import FileReport, Report
from codemods.worker import (
    ENGINE,
    SECONDS_PER_FILE,
    Analyst,
    Answer,
    Engine,
    Setting,
    Task,
    TooDeep,
    Worker,
    Workers,
    failed,
    load_engine,
    needs_worker,
    number_of_jobs,
)

_NOTHING_OF_OURS = Outcome("unchanged", b"")
_WAITING_PER_JOB = 4  # files read ahead for each process, so that memory stays small


@dataclass(frozen=True, slots=True)
class Run:
    """What to analyse and how. `jobs` None: one process for few candidates, several for many."""

    paths: tuple[str, ...]
    options: Options
    jobs: int | None = None
    engine: str = ENGINE
    seconds_per_file: float = SECONDS_PER_FILE


def analyse(run: Run, progress: Progress) -> Report:
    """Every file at or below the paths, each with one outcome; nothing is written.

    The whole is analysed before anything is written, so each file is judged by what its
    neighbours hold now, not by what this run makes of them.
    """
    found = find_files(run.paths)
    reports = _search(found, load_engine(run.engine), progress)
    candidates = [path for path in found.files if path not in reports]
    documents = document_reports(found, candidates, Setting(run.options, engine=run.engine))
    if not candidates:
        return _collected(found, reports, documents)
    around = neighbourhood(run.paths, found.files)
    setting = Setting(run.options, around.root, around.names, run.engine, run.seconds_per_file)
    tasks = _tasks(candidates, found, around, reports)
    progress.start("analysing", len(candidates))
    for task, answer in _answers(tasks, setting, number_of_jobs(run.jobs, len(candidates))):
        reports[task.path] = _report(task, answer)
        progress.advance()
    return _collected(found, reports, documents)


def analyse_source(source: bytes, path: str, options: Options, engine: str = ENGINE) -> FileReport:
    """One source that is in no file, such as standard input."""
    if not load_engine(engine).is_candidate(source):
        return FileReport(path, Outcome("unchanged", source))
    task = Task(path, source, path)
    [(_, answer)] = _one_by_one([task], Setting(options, engine=engine))
    return _report(task, answer)


def _search(found: Found, engine: Engine, progress: Progress) -> dict[str, FileReport]:
    """A report for each file that holds nothing of ours or cannot be read; the rest are candidates."""
    reports: dict[str, FileReport] = {}
    progress.start("searching", len(found.files))
    for path in found.files:
        try:
            if path not in found.unusual and not engine.is_candidate(read_file(path)):
                reports[path] = FileReport(path, _NOTHING_OF_OURS)
        except OSError as error:
            reports[path] = _failed(path, cannot("read", error))
        except MemoryError:
            reports[path] = _failed(path, "too large to read into memory: split the file")
        progress.advance()
    return reports


def _failed(path: str, reason: str) -> FileReport:
    return FileReport(path, Outcome("failed", b"", reason=reason))


def _tasks(
    candidates: Iterable[str], found: Found, around: Neighbourhood, reports: dict[str, FileReport]
) -> Iterator[Task]:
    for path in candidates:
        try:
            yield Task(path, read_file(path), around.name_of(path), path in found.unusual)
        except OSError as error:  # it was readable a moment ago
            reports[path] = _failed(path, cannot("read", error))


def _answers(tasks: Iterable[Task], setting: Setting, jobs: int) -> Iterator[tuple[Task, Answer]]:
    return _one_by_one(tasks, setting) if jobs == 1 else _side_by_side(tasks, setting, jobs)


def _one_by_one(tasks: Iterable[Task], setting: Setting) -> Iterator[tuple[Task, Answer]]:
    analyst: Analyst | None = None
    with closing(Worker(setting)) as worker:
        for task in tasks:
            if needs_worker(task.source):
                yield task, worker.answer(task)
                continue
            analyst = analyst or Analyst(setting)
            try:
                yield task, analyst.answer(task)
            except TooDeep:
                yield task, worker.answer(task)


def _side_by_side(tasks: Iterable[Task], setting: Setting, jobs: int) -> Iterator[tuple[Task, Answer]]:
    pool = ThreadPoolExecutor(jobs)
    with closing(Workers(setting)) as workers:
        try:
            waiting: dict[Future[Answer], Task] = {}
            for task in tasks:
                waiting[pool.submit(workers.answer, task)] = task
                if len(waiting) >= jobs * _WAITING_PER_JOB:
                    yield from _finished(waiting)
            while waiting:
                yield from _finished(waiting)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _finished(waiting: dict[Future[Answer], Task]) -> Iterator[tuple[Task, Answer]]:
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        task = waiting.pop(future)
        try:
            answer = future.result()
        except Exception as error:  # one file's trouble must not end the others' work
            answer = failed(task, f"a bug in to-messages while talking to its worker process: {error!r}")
        yield task, answer


def _report(task: Task, answer: Answer) -> FileReport:
    before = task.source if answer.outcome.changed else b""
    return FileReport(task.path, answer.outcome, before, answer.traceback)


def _collected(found: Found, reports: dict[str, FileReport], documents: list[FileReport]) -> Report:
    files = [*(reports[path] for path in found.files), *documents]
    files += [FileReport(path, _NOTHING_OF_OURS, is_manifest=True) for path in found.named_dependency_files]
    for problem in found.problems:
        kind: OutcomeKind = "failed" if problem.kind == "failed" else "skipped"
        files.append(FileReport(problem.path, Outcome(kind, b"", reason=problem.reason)))
    return Report(
        tuple(files),
        tuple(found.directories_not_entered),
        found.ignored_files,
        warnings=tuple(f"{path}: no Python files here: check the path" for path in found.without_python),
        dependency_files=tuple(found.dependency_files),
    )
