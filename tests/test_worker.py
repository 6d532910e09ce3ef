"""Worker processes, which sources go to them, and the project a file is shown with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.neighbourhood import neighbourhood
from codemods.outcome import Options
from codemods.worker import Setting, Task, Worker, needs_worker, number_of_jobs

FAKE = Setting(Options(), engine="tests.fake_engine", seconds_per_file=30.0)

SOURCES = [
    ("nothing", b"", False),
    ("ordinary code", b"x = f(a, [b, {c: (d, e)}])\n" * 3000, False),
    ("a large file", b"x = 1\n" * 200_000, True),
    ("a long line", b"x = " + b"+".join([b"a"] * 2000), True),
    ("deep brackets", b"x = " + b"(" * 70 + b")" * 70, True),
    ("brackets one after the other", b"x = " + b"()" * 70, False),
    ("a bracket open for long", b"x = (\n" + b"a +\n" * 500 + b")\n", True),
    ("a short table", b"x = [\n" + b"    1,\n" * 300 + b"]\n", False),
    ("many arms", b"if a: pass\n" + b"elif b: pass\n" * 400, True),
    ("lines continued", b"x = a" + b"+\\\na" * 400, True),
    ("closing brackets too many", b")" * 200, False),
]


@pytest.mark.parametrize("source,expected", [case[1:] for case in SOURCES], ids=[case[0] for case in SOURCES])
def test_which_sources_go_to_a_worker(source: bytes, expected: bool) -> None:
    assert needs_worker(source) is expected


@given(source=st.binary())
def test_small_sources_stay(source: bytes) -> None:
    assert not needs_worker(source) or len(source) > 60


@pytest.mark.parametrize(
    "wanted,candidates,jobs", [(None, 0, 1), (None, 39, 1), (5, 3, 3), (2, 100, 2), (4, 0, 1)]
)
def test_number_of_jobs(wanted: int | None, candidates: int, jobs: int) -> None:
    assert number_of_jobs(wanted, candidates) == jobs


def test_several_processes_for_many_files() -> None:
    assert number_of_jobs(None, 1000) == min(os.cpu_count() or 1, 8)


def test_a_worker_answers_and_is_gone_when_closed() -> None:
    worker = Worker(FAKE)
    first = worker.answer(Task("a.py", b"# LEGACY\n", "a.py"))
    process = worker._process
    assert process is not None
    second = worker.answer(Task("b.py", b"\xff# BRIDGE\n", "b.py"))
    worker.close()
    assert first.outcome.source == b"# MESSAGES\n"
    assert second.outcome.kind == "failed"  # not UTF-8, which is that file's trouble
    assert process.poll() is not None


def test_a_worker_that_died_is_started_again() -> None:
    worker = Worker(FAKE)
    try:
        died = worker.answer(Task("a.py", b"# LEGACY CRASH\n", "a.py"))
        assert died.outcome.kind == "failed"
        assert worker.answer(Task("b.py", b"# LEGACY\n", "b.py")).outcome.kind == "rewritten"
    finally:
        worker.close()


def test_a_worker_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    answer = Worker(FAKE).answer(Task("a.py", b"# LEGACY\n", "a.py"))
    assert answer.outcome.kind == "failed"
    assert answer.outcome.reason == "no worker process could be started for it: No such file or directory"


# -- the project around the files given ----------------------------------------------------------------


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


NAMES = ("src/app/main.py", "src/app/prompts.py", "tests/test_main.py", "migrate.py")


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.py", "setup.cfg", ".git"])
def test_the_whole_project_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, *NAMES)
    if mark == ".git":
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    else:
        make(tmp_path, mark)
    around = neighbourhood(["src/app/main.py"], ["src/app/main.py"])
    assert around.root == str(tmp_path.resolve())
    assert set(around.names) == {*NAMES, *(["setup.py"] if mark == "setup.py" else [])}
    assert around.names[0] == around.name_of("src/app/main.py") == "src/app/main.py"
    assert around.name_of(str(tmp_path / "migrate.py")) == "migrate.py"


def test_without_a_project_the_files_beside_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / ".")
    make(tmp_path, "a/one.py", "a/two.py", "a/migrate/__init__.py", "a/sub/three.py", "b/four.py")
    around = neighbourhood(["a/one.py"], ["a/one.py"])
    assert around.root == str((tmp_path / "a").resolve())
    assert set(around.names) == {"one.py", "two.py", "migrate/__init__.py"}


def test_a_directory_given_whole_is_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, "proj/pyproject.toml", "proj/a.py", "proj/pkg/b.py")
    around = neighbourhood(["proj"], ["proj/a.py", "proj/pkg/b.py"])
    assert around.root == str((tmp_path / "proj").resolve())
    assert around.names == ("a.py", "pkg/b.py")


def test_a_package_given_by_itself_is_named_as_its_imports_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, "top/__init__.py", "top/pkg/__init__.py", "top/pkg/a.py", "top/pkg/sub/b.py")
    around = neighbourhood(["top/pkg"], ["top/pkg/__init__.py", "top/pkg/a.py", "top/pkg/sub/b.py"])
    assert around.root == str(tmp_path.resolve())
    assert {"top/pkg/a.py", "top/pkg/sub/b.py"} <= set(around.names)


def test_paths_in_two_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, "one/a.py", "two/b.py", "two/c.py")
    around = neighbourhood(["one", "two/b.py", "gone"], ["one/a.py", "two/b.py"])
    assert around.root == str(tmp_path.resolve())
    assert set(around.names) == {"one/a.py", "two/b.py", "two/c.py"}
