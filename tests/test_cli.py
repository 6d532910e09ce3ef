"""The commands through the front door: a folder in a temporary place, the command, what is there after."""

from __future__ import annotations

import errno
import inspect
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

import codemods.rewrite
from codemods import analysis, files, progress
from codemods.analysis import Run, analyse
from codemods.cli import main
from codemods.outcome import Options
from codemods.progress import Progress
from codemods.rules import RULES
from tests import fake_engine

PROJECT = Path(__file__).resolve().parents[1]

LEGACY = b"""\
from anthropic import Anthropic, HUMAN_PROMPT, AI_PROMPT

client = Anthropic()
answer = client.completions.create(
    model="claude-2.1",
    max_tokens_to_sample=300,
    prompt=f"{HUMAN_PROMPT} Hello{AI_PROMPT}",
)
print(answer.completion)
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fake(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tree, with an engine whose answers the words in a file decide."""
    monkeypatch.setitem(sys.modules, "codemods.rewrite", fake_engine)
    return tree


def make(root: Path, **contents: str | bytes) -> None:
    """make(root, a="x") writes a.py; "__" stands for a directory."""
    for name, content in contents.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def runner() -> CliRunner:
    """Both streams apart, which click 8.1 does when asked and click 8.2 always."""
    apart: dict[str, Any] = {"mix_stderr": False}
    return CliRunner(**(apart if "mix_stderr" in inspect.signature(CliRunner).parameters else {}))


def run(*arguments: str, source: bytes | None = None) -> Result:
    return runner().invoke(main, arguments, input=source, catch_exceptions=False)


def json_of(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = run(*arguments, "--format", "json")
    return result.exit_code, json.loads(result.stdout)


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {file["path"]: file["outcome"] for file in report["files"]}


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def program(*arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """The real command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "codemods", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=environment, timeout=60, **more)


# -- exit codes: the table -------------------------------------------------------------------------

EXIT_CODES = [
    # what the file holds, check and diff, fix, fix --strict
    ("x = 1", 0, 0, 0),
    ("LEGACY", 1, 0, 0),
    ("BRIDGE", 1, 0, 1),
    ("REVIEW", 1, 1, 1),
    ("MANUAL", 1, 1, 1),
    ("LEGACY BUG", 2, 2, 2),
    ("LEGACY = (", 2, 2, 2),
]


@pytest.mark.parametrize("text,checked,fixed,strictly", EXIT_CODES, ids=[case[0] for case in EXIT_CODES])
def test_exit_codes(fake: Path, text: str, checked: int, fixed: int, strictly: int) -> None:
    source = text if text.endswith(("1", "(")) else f"# {text}\n"
    make(fake, a=source, b=source)
    assert run("check", "a.py").exit_code == checked
    assert run("diff", "a.py").exit_code == checked
    assert (fake / "a.py").read_text() == source
    assert run("fix", "a.py").exit_code == fixed
    assert run("fix", "--strict", "b.py").exit_code == strictly


def test_a_bridge_that_stands_is_left_only_for_the_strict(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codemods.outcome import Finding, Outcome

    standing = Outcome("unchanged", b"", (Finding("TC902", "bridged", 1, 1, 1, 2, "bridged"),))
    monkeypatch.setattr(fake_engine, "rewrite_source", lambda *_: standing)
    make(fake, a="# BRIDGE\n")
    assert run("check").exit_code == 0
    assert run("check", "--strict").exit_code == 1


@pytest.mark.parametrize("command", ["check", "diff", "fix"])
def test_failure_counts_before_what_is_left(fake: Path, command: str) -> None:
    make(fake, a="# LEGACY REVIEW\n", b="# LEGACY BUG\n")
    assert run(command, ".").exit_code == 2


# -- check -----------------------------------------------------------------------------------------


def test_check_of_nothing(fake: Path) -> None:
    make(fake, a="x = 1\n")
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Nothing of the Text Completions API found.\n1 file: 1 unchanged.\n"


def test_check_reports_every_file_and_writes_nothing(fake: Path) -> None:
    make(fake, a="# LEGACY\n", b="x = 1\n", c__d="# LEGACY\n# MANUAL\n", e="# MANUAL\n")
    before = {path: path.read_bytes() for path in fake.rglob("*.py")}
    code, report = json_of("check")
    assert code == 1
    assert outcomes(report) == {
        "a.py": "rewritten",
        "b.py": "unchanged",
        "e.py": "unchanged",
        "c/d.py": "partly",
    }
    assert report["summary"]["statuses"] == {"rewritten": 2, "bridged": 0, "review": 0, "manual": 2}
    assert {path: path.read_bytes() for path in fake.rglob("*.py")} == before


def test_check_text_is_one_line_per_finding(fake: Path) -> None:
    make(fake, a="x = 1  # LEGACY\n")
    first, note, *_ = run("check").stdout.splitlines()
    assert first == "a.py:1:10 TC901 rewritten LEGACY found"
    assert note == "    note: one note"


def test_check_says_what_fix_then_says(fake: Path) -> None:
    make(fake, a="# LEGACY MANUAL\n", b="# REVIEW\n")
    _, checked = json_of("check")
    _, fixed = json_of("fix", ".")
    assert checked["files"] == fixed["files"]


def test_output_goes_to_a_file(fake: Path) -> None:
    make(fake, a="# LEGACY\n")
    result = run("check", "--format", "json", "--output", "report.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((fake / "report.json").read_text())["version"] == 1
    run("check", "--output", "report.txt")
    assert "\x1b" not in (fake / "report.txt").read_text()
    wrong = run("check", "--output", "no/such/place.json")
    assert wrong.exit_code == 2
    assert wrong.stderr == "Error: --output no/such/place.json: cannot write it: no such file or directory\n"


def test_colours_are_for_terminals(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(fake, a="# LEGACY\n")
    assert "\x1b[32m" not in runner().invoke(main, ["check"]).stdout
    assert "\x1b[32m" in runner().invoke(main, ["check"], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in runner().invoke(main, ["check"], color=True).stdout


# -- diff ------------------------------------------------------------------------------------------


def test_diff_applies_and_gives_what_fix_gives(fake: Path) -> None:
    sources = {
        "crlf": b"x = 1\r\n# LEGACY\r\n",
        "latin": b"# coding: latin-1\n# caf\xe9 LEGACY",
        "feed": b"a = 1\n\x0c\nb = 2  # LEGACY\n\x0c\n",
        "bom": b"\xef\xbb\xbf# LEGACY\n",
    }
    for place in ("one", "two"):
        make(fake, **{f"{place}__{name}": source for name, source in sources.items()})
    result = run("diff", "one")
    assert result.exit_code == 1
    assert "4 findings: 4 to rewrite." in result.stderr
    done = subprocess.run(
        ["git", "apply"], input=result.stdout_bytes, capture_output=True, check=False, cwd=fake
    )
    assert done.returncode == 0, done.stderr
    assert run("fix", "two").exit_code == 0
    for name, source in sources.items():
        expected = source.replace(b"LEGACY", b"MESSAGES")
        assert (fake / "one" / f"{name}.py").read_bytes() == expected
        assert (fake / "two" / f"{name}.py").read_bytes() == expected


def test_diff_of_nothing_is_empty(fake: Path) -> None:
    make(fake, a="# MANUAL\n")
    result = run("diff")
    assert (result.exit_code, result.stdout) == (1, "")


def test_diff_to_a_file(fake: Path) -> None:
    make(fake, a="# LEGACY\n")
    assert run("diff", "--output", "changes.diff").stdout == ""
    assert (fake / "changes.diff").read_bytes().startswith(b"--- a/a.py\n+++ b/a.py\n")


def test_diff_with_json_findings_on_standard_error(fake: Path) -> None:
    make(fake, a="# LEGACY\n")
    assert json.loads(run("diff", "--format", "json").stderr)["summary"]["findings"] == 1


# -- fix -------------------------------------------------------------------------------------------


def test_fix_needs_a_path() -> None:
    result = run("fix")
    assert result.exit_code == 2
    assert "Missing argument 'PATH...'" in result.stderr


def test_fix_writes_only_what_changes(fake: Path) -> None:
    make(fake, a="# LEGACY\n", b="# MANUAL\n", c="x = 1\n")
    os.chmod("a.py", 0o755)
    untouched = (fake / "c.py").stat()
    assert run("fix", ".").exit_code == 1
    assert (fake / "a.py").read_text() == "# MESSAGES\n"
    assert (fake / "b.py").read_text() == "# MANUAL\n"
    assert stat.S_IMODE((fake / "a.py").stat().st_mode) == 0o755
    assert ((fake / "c.py").stat().st_ino, (fake / "c.py").stat().st_mtime_ns) == (
        untouched.st_ino,
        untouched.st_mtime_ns,
    )
    assert sorted(os.listdir(fake)) == ["a.py", "b.py", "c.py"]


def test_fix_ends_with_what_to_do_next(fake: Path) -> None:
    make(fake, src__a="# LEGACY BRIDGE REVIEW MANUAL\n")
    (fake / "pyproject.toml").write_text('[project]\ndependencies = [\n  "anthropic>=0.3,<0.5",\n]\n')
    text = run("fix", "src").stdout
    steps = text[text.index("What to do next:") :].splitlines()[1:]
    assert len(steps) == 5
    assert steps[0] == (
        "  - The new code needs anthropic>=0.40; what does not fit it is listed above, with what to write: "
        "pyproject.toml:3."
    )
    assert "completions-to-messages[adapter]" in steps[1]
    assert "run your tests" in steps[2]
    assert steps[3].startswith("  - Review 1 place")
    assert steps[4].startswith("  - Change 3 places by hand")


def test_a_second_fix_changes_nothing_and_says_so(fake: Path) -> None:
    make(fake, a="# LEGACY\n")
    run("fix", "a.py")
    result = run("fix", "a.py")
    assert result.exit_code == 0
    assert result.stdout == "Nothing of the Text Completions API found.\n1 file: 1 unchanged.\n"


@pytest.mark.parametrize(
    "edit,state", [("x = 2  # LEGACY\n", "uncommitted changes"), (None, "not in git yet")]
)
def test_fix_does_not_write_over_uncommitted_work(fake: Path, edit: str | None, state: str) -> None:
    git(fake, "init", "-q")
    make(fake, clean="# LEGACY\n", dirty="x = 1  # LEGACY\n", other="x = 1\n")
    git(fake, "add", "clean.py", *(["dirty.py"] if edit else []))
    git(fake, "commit", "-qm", "start")
    if edit:
        make(fake, dirty=edit)
    before = {path.name: path.read_bytes() for path in fake.glob("*.py")}
    code, report = json_of("fix", ".")
    assert code == 2
    assert {path.name: path.read_bytes() for path in fake.glob("*.py")} == before
    reasons = {file["path"]: file["reason"] for file in report["files"]}
    assert reasons["dirty.py"] == f"not written: {state}; commit or stash, or pass --allow-dirty"
    assert reasons["clean.py"] == f"not written: dirty.py has {state}; commit or stash, or pass --allow-dirty"
    assert reasons["other.py"] is None
    assert run("fix", "--allow-dirty", ".").exit_code == 0
    assert b"MESSAGES" in (fake / "dirty.py").read_bytes()


def test_fix_asks_git_only_about_files_it_changes(fake: Path) -> None:
    git(fake, "init", "-q")
    make(fake, a="# LEGACY\n", b="x = 1\n")
    git(fake, "add", ".")
    git(fake, "commit", "-qm", "start")
    make(fake, b="x = 2\n")
    assert run("fix", ".").exit_code == 0
    assert (fake / "a.py").read_text() == "# MESSAGES\n"


def test_fix_where_git_cannot_answer(fake: Path) -> None:
    (fake / ".git").mkdir()
    make(fake, a="# LEGACY\n")
    code, report = json_of("fix", ".")
    assert code == 2
    assert "git cannot read" in report["files"][0]["reason"]
    assert "--allow-dirty" in report["files"][0]["reason"]
    assert (fake / "a.py").read_text() == "# LEGACY\n"


def test_a_read_only_file_fails_and_the_rest_is_done(fake: Path) -> None:
    make(fake, a="# LEGACY\n", b="# LEGACY\n")
    os.chmod("a.py", 0o444)
    code, report = json_of("fix", ".")
    assert code == 2
    assert outcomes(report) == {"a.py": "failed", "b.py": "rewritten"}
    assert report["files"][0]["reason"] == "read-only file: make it writable (chmod u+w) and run again"
    assert (fake / "a.py").read_text() == "# LEGACY\n"
    assert (fake / "b.py").read_text() == "# MESSAGES\n"
    assert json_of("check")[0] == 1  # reading it is no trouble


# -- standard input --------------------------------------------------------------------------------


def test_standard_input(fake: Path) -> None:
    cookie = b"# coding: latin-1\r\n"
    source = cookie + b"# caf\xe9 LEGACY\r\n"
    checked = run("check", "-", source=source)
    assert (checked.exit_code, checked.stdout.splitlines()[0]) == (
        1,
        "stdin.py:2:8 TC901 rewritten LEGACY found",
    )
    diffed = run("diff", "-", "--stdin-filename", "src/a.py", source=source)
    assert diffed.stdout_bytes == (
        b"--- a/src/a.py\n+++ b/src/a.py\n@@ -1,2 +1,2 @@\n # coding: latin-1\r\n"
        b"-# caf\xe9 LEGACY\r\n+# caf\xe9 MESSAGES\r\n"
    )
    fixed = run("fix", "-", source=source)
    assert (fixed.exit_code, fixed.stdout_bytes) == (0, cookie + b"# caf\xe9 MESSAGES\r\n")
    assert "1 rewritten" in fixed.stderr
    assert os.listdir(fake) == []


@pytest.mark.parametrize("source", [b"x = 1\n", b"", b"# MANUAL\n", b"# LEGACY BUG\n"])
def test_fix_passes_on_what_it_cannot_change(fake: Path, source: bytes) -> None:
    assert run("fix", "-", source=source).stdout_bytes == source


def test_standard_input_stands_alone(fake: Path) -> None:
    result = run("check", "-", "a.py")
    assert result.exit_code == 2
    assert result.stderr == "Error: `-` is standard input and stands alone: give it or paths, not both\n"


# -- bad input: one clear line, the rest is done, the right exit code ---------------------------------


def unreadable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Root may read everything, so the system's answer is put in its place."""
    real = files.read_file

    def read_file(path: str) -> bytes:
        if os.path.basename(path) == name:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(analysis, "read_file", read_file)


def broken_cookie(tree: Path, _: pytest.MonkeyPatch) -> None:
    (tree / "bad.py").write_bytes(b"# coding: no-such-codec\n" + LEGACY)


def written(content: bytes) -> Callable[[Path, pytest.MonkeyPatch], None]:
    return lambda tree, _: (tree / "bad.py").write_bytes(content) and None


BAD_FILES: list[tuple[str, Callable[[Path, pytest.MonkeyPatch], None], str | None]] = [
    # what it is, how it comes about, part of the reason (None: nothing wrong with it)
    ("missing", lambda tree, _: None, "no such file or directory: check the spelling"),
    ("Python 2", written(LEGACY.replace(b"print(answer.completion)", b"print answer.completion")), "line 9"),
    ("NUL bytes", written(LEGACY + b"\0"), "NUL byte"),
    ("nested parentheses", written(LEGACY + b"(" * 10_000 + b")" * 10_000), "paren"),
    ("unbalanced parentheses", written(LEGACY + b"(" * 10_000), "paren"),
    # Python 3.12 alone has a limit of its own for its parser's tree, which no larger stack lifts.
    (
        "+ chain",
        written(LEGACY + b"x = " + b" + ".join([b"1"] * 5_000)),
        "too deeply nested" if sys.version_info[:2] == (3, 12) else None,
    ),
    ("broken cookie", broken_cookie, "no-such-codec"),
    ("not in its encoding", written(LEGACY + b"# \xff\xfe\n"), "utf-8"),
    (
        "unreadable",
        lambda tree, patch: (tree / "bad.py").touch() or unreadable(patch, "bad.py"),
        "permission denied",
    ),
    ("link to itself", lambda tree, _: os.symlink("bad.py", tree / "bad.py"), "symbolic links in a circle"),
    ("broken link", lambda tree, _: os.symlink("gone.py", tree / "bad.py"), "broken symbolic link"),
    ("named pipe", lambda tree, _: os.mkfifo(tree / "bad.py"), "a named pipe, not a file"),
    ("empty", written(b""), None),
    ("only blanks", written(b"\n\n  \n"), None),
    ("prose", written(b"Dear anthropic,\nthis is not Python.\n"), "line 1"),
    ("directory", lambda tree, _: (tree / "bad.py").mkdir(), None),
]


@pytest.mark.parametrize(
    "arise,reason", [case[1:] for case in BAD_FILES], ids=[case[0] for case in BAD_FILES]
)
def test_bad_files(
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    arise: Callable[[Path, pytest.MonkeyPatch], None],
    reason: str | None,
) -> None:
    arise(tree, monkeypatch)
    make(tree, good=LEGACY)
    result = run("fix", "bad.py", "good.py")
    assert result.exit_code == (2 if reason else 0), result.stdout
    lines = [
        line for line in click.unstyle(result.stdout).splitlines() if line.startswith("bad.py: failed: ")
    ]
    if reason is None:
        assert lines == []
    else:
        assert len(lines) == 1, result.stdout
        assert reason.lower() in lines[0].lower()
    assert b"messages.create" in (tree / "good.py").read_bytes()  # the rest is done


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file the system itself cannot read")
def test_a_file_whose_reading_fails(tree: Path) -> None:
    result = run("check", "/proc/self/mem")
    assert result.exit_code == 2
    assert "/proc/self/mem: failed: cannot read it: input/output error" in click.unstyle(result.stdout)


@pytest.mark.parametrize("content", ["Dear all,\nthis is not Python.\n", "PK\x03\x04\0\0"])
def test_a_file_that_is_not_python(tree: Path, content: str) -> None:
    (tree / "notes.text").write_text(content)
    result = run("check", "notes.text")
    assert result.exit_code == 2
    assert "notes.text: failed: not Python (" in click.unstyle(result.stdout)
    assert ".py, .pyi, .pyw, .ipynb" in result.stdout


def test_a_script_without_an_ending_is_python_if_it_reads_as_python(tree: Path) -> None:
    (tree / "script").write_bytes(LEGACY)
    (tree / "other").write_text("x = 1\n")
    code, report = json_of("check", "script", "other")
    assert code == 1
    assert outcomes(report) == {"script": "rewritten", "other": "unchanged"}


def test_a_directory_without_python(tree: Path) -> None:
    (tree / "docs").mkdir()
    result = run("check", "docs")
    assert result.exit_code == 0
    assert result.stderr == "warning: docs: no Python files here: check the path\n"


WRONG_USAGE = [
    (["--ignore", "TC0001"], "Error: --ignore: no rule is called 'TC0001': did you mean 'TC001'?"),
    (
        ["--select", "bridge-promt"],
        "Error: --select: no rule is called 'bridge-promt': did you mean 'bridge-prompt'?",
    ),
    (
        ["--model", "claude-2.1"],
        "Error: --model: 'claude-2.1' is not OLD=NEW, as in claude-2.1=claude-opus-4-8",
    ),
    (
        ["--default-model", "claude-2.0"],
        "Error: --default-model: claude-2.0 does not answer any more since 2025-07-21",
    ),
    (["--bridge-only", "--no-bridge"], "Error: bridge-only and no-bridge exclude each other: choose one"),
    (["--prefill", "drop"], "Error: Invalid value for '--prefill'"),
    (["--jobs", "0"], "Error: Invalid value for '--jobs'"),
    (["--format", "xml"], "Error: Invalid value for '--format'"),
    (["--no-such-option"], "Error: No such option"),
]


@pytest.mark.parametrize("options,message", WRONG_USAGE, ids=[" ".join(case[0]) for case in WRONG_USAGE])
def test_wrong_usage(tree: Path, options: list[str], message: str) -> None:
    make(tree, a=LEGACY)
    result = run("fix", *options, "a.py")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert (tree / "a.py").read_bytes() == LEGACY


def test_a_broken_section_of_pyproject(tree: Path) -> None:
    make(tree, a=LEGACY)
    (tree / "pyproject.toml").write_text("[tool.to-messages]\nignroe = []\n")
    result = run("check", "a.py")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: pyproject.toml: [tool.to-messages] has an unknown key 'ignroe': did you mean 'ignore'?\n"
    )


# -- survive anything ------------------------------------------------------------------------------


def test_a_bug_of_ours_is_called_one(fake: Path) -> None:
    make(fake, a="# LEGACY BUG\n", b="# LEGACY\n")
    result = run("fix", ".")
    assert result.exit_code == 2
    text = click.unstyle(result.stdout)
    assert "a.py: failed: a bug in to-messages, not in this file: KeyError: " in text
    assert "fake_engine.py:" in text
    assert "Traceback" not in text
    assert (fake / "b.py").read_text() == "# MESSAGES\n"
    assert "    Traceback (most recent call last):" in run("check", "-v").stdout
    _, report = json_of("check")
    assert "in _break_down" in report["files"][0]["traceback"]


FAULTS = [
    ("# LEGACY DEEP\n", "rewritten", None),  # the worker's stack is larger
    (
        "# LEGACY BOTTOMLESS\n",
        "failed",
        "too deeply nested to analyse (RecursionError): simplify or split the file",
    ),
    (
        f"# LEGACY CRASH {'x' * 3000}\n",
        "failed",
        "the parser's process ended (SIGABRT, aborted): simplify or split",
    ),
    (f"# LEGACY SLEEP {'x' * 3000}\n", "failed", "the analysis took longer than 2 seconds: split the file"),
    (f"# LEGACY PRINT {'x' * 3000}\n", "rewritten", None),
    (f"# LEGACY BUG {'x' * 3000}\n", "failed", "a bug in to-messages"),
]


@pytest.mark.parametrize("jobs", [1, 2])
def test_faults_in_a_worker(tree: Path, jobs: int) -> None:
    """Each fault becomes that file's outcome, and the files after it are done."""
    make(tree, **{f"f{number}": text for number, (text, _, _) in enumerate(FAULTS)}, last="# LEGACY\n")
    run_of_all = Run((".",), Options(), jobs=jobs, engine="tests.fake_engine", seconds_per_file=2.0)
    report = analyse(run_of_all, Progress())
    *faulty, last = report.files
    assert last.outcome.kind == "rewritten"
    for file, (_, kind, reason) in zip(faulty, FAULTS, strict=True):
        assert file.outcome.kind == kind, file.outcome.reason
        assert (reason or "") in (file.outcome.reason or "")


def test_many_processes_find_what_one_finds(tree: Path) -> None:
    for number in range(12):
        make(tree, **{f"d{number % 3}__f{number}": LEGACY if number % 2 else b"x = 1\n"})
    assert json_of("check", "--jobs", "3") == json_of("check", "--jobs", "1")


def test_a_worker_imports_nothing_of_the_users(tree: Path) -> None:
    """Modules of the user's that are called like the library's must not be run."""
    trap = b"open('executed', 'w').close()\nraise SystemExit('the user\\'s code ran')\n"
    make(tree, ast=trap, json=trap, struct=trap, pickle=trap, tomllib=trap, difflib=trap, a=LEGACY)
    make(tree, long=LEGACY + b"# " + b"x" * 4000)
    done = program("check", ".", "--jobs", "2", cwd=tree)
    assert done.returncode == 1, done.stderr
    assert b"a.py:" in done.stdout
    assert not (tree / "executed").exists()


@pytest.mark.parametrize("stage", ["searching", "analysing"])
def test_interrupted_before_anything_is_written(
    fake: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    make(fake, a="# LEGACY\n", b="# LEGACY\n")
    function = {"searching": "is_candidate", "analysing": "rewrite_source"}[stage]
    real = getattr(fake_engine, function)
    calls: list[object] = []

    def interrupted(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(fake_engine, function, interrupted)
    result = run("fix", ".")
    assert result.exit_code == 130
    assert result.stderr == f"\nInterrupted while {stage} file 2 of 2: nothing was written.\n"
    assert (fake / "a.py").read_text() == (fake / "b.py").read_text() == "# LEGACY\n"


INTERRUPT_AT_THE_SECOND_RENAME = """
import os, signal, sys
# A shell that starts the tests in the background has them ignore Ctrl-C, and so would we.
signal.signal(signal.SIGINT, signal.default_int_handler)
from codemods import replace
real, calls = os.replace, []
def rename(source, target):
    calls.append(target)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGINT)
    real(source, target)
replace.os.replace = rename
from codemods.cli import main
main(["fix", "."])
"""


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="needs signals")
def test_ctrl_c_while_writing_leaves_whole_files(tree: Path) -> None:
    make(tree, a=LEGACY, b=LEGACY, c=LEGACY)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", INTERRUPT_AT_THE_SECOND_RENAME]
    done = subprocess.run(command, capture_output=True, check=False, env=environment, cwd=tree, timeout=60)
    assert done.returncode == 130, done.stderr
    assert (
        b"Interrupted: 1 of 3 files written, each whole; run the command again for the rest." in done.stderr
    )
    contents = [(tree / f"{name}.py").read_bytes() for name in "abc"]
    assert contents[0] != LEGACY
    assert contents[1:] == [LEGACY, LEGACY]
    assert sorted(os.listdir(tree)) == ["a.py", "b.py", "c.py"]
    assert run("fix", ".").exit_code == 0
    assert (tree / "b.py").read_bytes() == (tree / "c.py").read_bytes() == contents[0]


def test_the_engine_sees_files_beside_those_given(tree: Path) -> None:
    """A constant that another file imports must stay, even if only its own file is fixed."""
    (tree / "pyproject.toml").touch()
    make(tree, pkg__prompts=b"from anthropic import HUMAN_PROMPT\n", pkg____init__=b"")
    make(tree, app__main=b"from pkg.prompts import HUMAN_PROMPT\nprint(HUMAN_PROMPT)\n")
    run("fix", "pkg/prompts.py")
    fixed = (tree / "pkg" / "prompts.py").read_text()
    assert "HUMAN_PROMPT =" in fixed or "import HUMAN_PROMPT" in fixed


# -- progress --------------------------------------------------------------------------------------


def test_the_progress_bar_waits_a_second_and_needs_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with Progress(enabled=True) as bar:
        bar.start("analysing", 4)
        bar.advance()
        assert capsys.readouterr().err == ""
        clock[0] = 1.5
        bar.advance()
        bar.advance()
        assert (bar.done, bar.total) == (3, 4)
    assert "analysing" in capsys.readouterr().err
    with Progress() as quiet:  # standard error is no terminal here
        quiet.start("analysing", 4)
        clock[0] = 9.0
        quiet.advance()
    assert capsys.readouterr().err == ""


# -- the tables, the converter, help ---------------------------------------------------------------


def test_models() -> None:
    text = run("models").stdout
    assert text.startswith("Models as of 20")
    [line] = [line for line in text.splitlines() if line.startswith("claude-2.1 ")]
    assert line.split()[:5] == ["claude-2.1", "anthropic", "retired", "2025-07-21", "claude-opus-4-8"]
    facts = {model["id"]: model for model in json.loads(run("models", "--format", "json").stdout)["models"]}
    assert facts["claude-2.1"]["default_successor"] == "claude-opus-4-8"


def test_rules() -> None:
    lines = run("rules").stdout.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [[rule.code, rule.name] for rule in RULES]
    assert [rule["code"] for rule in json.loads(run("rules", "--format", "json").stdout)] == [
        rule.code for rule in RULES
    ]


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_explain(rule: Any) -> None:
    text = run("explain", rule.code).stdout
    assert text.startswith(f"{rule.code} {rule.name} ({rule.status})\n")
    assert run("explain", rule.name).stdout == text
    assert "why:" in text


def test_explain_what_is_no_rule() -> None:
    result = run("explain", "TC0001")
    assert result.exit_code == 2
    assert result.stderr == "Error: explain: no rule is called 'TC0001': did you mean 'TC001'?\n"


def test_prompt_parse_and_render(tree: Path) -> None:
    prompt = "\n\nHuman: Hello\n\nAssistant:"
    parsed = run("prompt", "parse", source=prompt.encode())
    assert parsed.exit_code == 0
    assert json.loads(parsed.stdout)["messages"] == [{"role": "user", "content": "Hello"}]
    assert run("prompt", "render", source=parsed.stdout_bytes).stdout_bytes == prompt.encode()
    (tree / "prompt.txt").write_bytes(prompt.encode())
    assert run("prompt", "parse", "prompt.txt").stdout == parsed.stdout
    assert run("prompt", "parse", "gone.txt").exit_code == 2
    bad = run("prompt", "parse", source=b"Hello")
    assert bad.exit_code == 1
    assert bad.stderr.startswith("error: ")


def test_prompt_lines() -> None:
    lines = b'{"id": 1, "ask": "\\n\\nHuman: a\\n\\nAssistant:"}\nnot JSON\n'
    parsed = run("prompt", "parse", "--jsonl", "--field", "ask", source=lines)
    assert parsed.exit_code == 1
    assert "line 2:" in parsed.stderr
    first, second = parsed.stdout_bytes.splitlines(keepends=True)
    assert json.loads(first)["ask"]["messages"] == [{"role": "user", "content": "a"}]
    assert second == b"not JSON\n"
    assert (
        run("prompt", "render", "--jsonl", "--field", "ask", source=parsed.stdout_bytes).stdout_bytes == lines
    )
    wrong = run("prompt", "parse", "--field", "ask")
    assert wrong.exit_code == 2
    assert "give --jsonl with it" in wrong.stderr


COMMANDS = ["check", "diff", "fix", "models", "rules", "explain", "prompt", "prompt parse", "prompt render"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "..." not in run("--help").stdout.split("Commands:")[1].split("Exit codes")[0]
    assert f"Usage: main {command}" in result.stdout


@pytest.mark.parametrize(
    "option",
    ["--model", "--default-model", "--keep-sampling", "--prefill", "--select", "--ignore", "--bridge-only",
     "--no-bridge", "--strict", "--no-markers", "--allow-dirty", "--jobs", "--format", "--output"],
)  # fmt: skip
def test_options_of_the_contract(option: str) -> None:
    for command in ("check", "diff", "fix"):
        assert option in run(command, "--help").stdout


def test_version_and_the_module() -> None:
    assert run("--version").stdout.startswith("to-messages ")
    done = program("--version")
    assert (done.returncode, done.stdout) == (0, run("--version").stdout_bytes)


def test_help_loads_click_and_little_else() -> None:
    statement = (
        "import sys; from codemods.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", statement], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(done.stdout.rpartition(").")[2].split())
    ours = {name for name in loaded if name.startswith(("codemods", "migrate"))}
    assert ours == {"codemods", "codemods.cli"}
    assert loaded.isdisjoint({"libcst", "pydantic", "packaging", "json", "multiprocessing"})


def test_a_search_without_hits_loads_no_parser(tree: Path) -> None:
    make(tree, a="x = 1\n")
    statement = (
        "import sys; from codemods.cli import main\n"
        "try: main(['check', '.'])\nexcept SystemExit: print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", statement],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=tree,
    )
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"pydantic", "packaging", "libcst", "anthropic"})


@pytest.mark.parametrize("function", ["is_candidate", "rewrite_source"])
def test_the_fake_engine_has_the_shape_of_the_real_one(function: str) -> None:
    real = inspect.signature(getattr(codemods.rewrite, function))
    assert list(inspect.signature(getattr(fake_engine, function)).parameters) == list(real.parameters)
