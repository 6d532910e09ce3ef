"""Reports as text, JSON and diffs; the real `git apply` is the judge of a diff."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Literal

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, PositiveInt

from codemods.outcome import Finding, Outcome, OutcomeKind, Status
from codemods.reports import FileReport, Report
from codemods.reports.diff_report import diff_report, unified_diff
from codemods.reports.json_report import json_report
from codemods.reports.text_report import text_report

# -- diff ------------------------------------------------------------------------------------------

DIFFS: list[tuple[str, bytes, bytes]] = [
    ("one line", b"a\nb\nc\n", b"a\nB\nc\n"),
    ("first and last line", b"a\nb\nc\n", b"A\nb\nC\n"),
    ("a line more", b"a\nc\n", b"a\nb\nc\n"),
    ("a line less", b"a\nb\nc\n", b"a\nc\n"),
    ("no final newline", b"a\nb", b"a\nB"),
    ("final newline lost", b"a\nb\n", b"a\nb"),
    ("final newline gained", b"a\nb", b"a\nb\n"),
    ("change away from the missing newline", b"a\n" + b"x\n" * 9 + b"b", b"A\n" + b"x\n" * 9 + b"b"),
    ("CRLF", b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
    ("CRLF without the last", b"a\r\nb", b"a\r\nB"),
    ("mixed line ends", b"a\r\nb\nc\rd\n", b"a\r\nB\nc\rd\n"),
    ("form feed in a line", b"a\x0cb\nc\n\x0c\nd\n", b"a\x0cb\nC\n\x0c\nd\n"),
    (
        "other separators in a line",
        b"a\x0b\x1c\xc2\x85\xe2\x80\xa8z\nb\n",
        b"a\x0b\x1c\xc2\x85\xe2\x80\xa8z\nB\n",
    ),
    ("Latin-1", b"# caf\xe9\nb = '\xff'\n", b"# caf\xe9\nb = '\xfe'\n"),
    ("byte order mark", b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfA\nb\n"),
    ("lines that look like a diff", b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n", b"--- a/x\n+++ b/y\n@@ -1 +1 @@\n"),
    ("from nothing", b"", b"a\n"),
    ("to nothing", b"a\n", b""),
    ("two hunks", b"a\n" + b"x\n" * 20 + b"b\n", b"A\n" + b"x\n" * 20 + b"B\n"),
    ("trailing blanks", b"a  \nb\t\n\n\n", b"a  \nB\t\n\n\n"),
]


def git(root: Path, *arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=root, input=content, capture_output=True, check=False)


def changed(path: str, before: bytes, after: bytes) -> FileReport:
    return FileReport(path, Outcome("rewritten", after), before)


@pytest.fixture(scope="module")
def work_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    git(root, "init", "-q")
    (root / "sub").mkdir()
    return root


@pytest.mark.parametrize("before,after", [case[1:] for case in DIFFS], ids=[case[0] for case in DIFFS])
def test_git_applies_the_diff(work_tree: Path, before: bytes, after: bytes) -> None:
    (work_tree / "sub" / "a.py").write_bytes(before)
    done = git(work_tree, "apply", content=unified_diff("sub/a.py", before, after))
    assert done.returncode == 0, done.stderr
    emptied = not after and not (work_tree / "sub" / "a.py").exists()
    assert emptied or (work_tree / "sub" / "a.py").read_bytes() == after


_LINES = st.lists(st.sampled_from([b"a", b"b", b"", b"\r", b"x\x0c", b"\xe9", b"-", b"\\"]), max_size=12)
_CONTENTS = st.builds(lambda lines, end: b"\n".join(lines) + end, _LINES, st.sampled_from([b"", b"\n"]))


@given(before=_CONTENTS.filter(bool), after=_CONTENTS.filter(bool))
def test_git_applies_any_diff(work_tree: Path, before: bytes, after: bytes) -> None:
    content = unified_diff("any.py", before, after)
    assert (content == b"") is (before == after)
    if content:
        (work_tree / "any.py").write_bytes(before)
        done = git(work_tree, "apply", content=content)
        assert done.returncode == 0, done.stderr
        assert (work_tree / "any.py").read_bytes() == after


@pytest.mark.parametrize(
    "name",
    [
        "plain.py",
        "with blank.py",
        "é.py",
        'quo"te.py',
        "back\\slash.py",
        "tab\there.py",
        "new\nline.py",
        "b'\udce9.py",
    ],
)
def test_git_finds_the_file_whatever_its_name(work_tree: Path, name: str) -> None:
    (work_tree / name).write_bytes(b"a\n")
    done = git(work_tree, "apply", content=unified_diff(name, b"a\n", b"b\n"))
    assert done.returncode == 0, done.stderr
    assert (work_tree / name).read_bytes() == b"b\n"


def test_the_diff_applies_in_the_directory_it_was_made_in(
    work_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the top of a work tree, with a path given from there or from the root of the disk."""
    monkeypatch.chdir(work_tree / "sub")
    for path in ("here.py", str(work_tree / "sub" / "here.py")):
        Path("here.py").write_bytes(b"a\n")
        done = git(work_tree / "sub", "apply", content=unified_diff(path, b"a\n", b"b\n"))
        assert done.returncode == 0, done.stderr
        assert Path("here.py").read_bytes() == b"b\n"


def test_a_file_elsewhere_is_named_from_the_root(work_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work_tree / "sub")
    header = f"--- a{work_tree.resolve()}/x.py\n".encode()
    assert unified_diff(str(work_tree.resolve() / "x.py"), b"a\n", b"b\n").startswith(header)
    assert unified_diff("../x.py", b"a\n", b"b\n").startswith(header)


def test_a_report_diff_holds_only_changed_files() -> None:
    report = Report((changed("a.py", b"a\n", b"b\n"), FileReport("b.py", Outcome("unchanged", b"x"))))
    assert diff_report(report) == b"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n"


# -- text and JSON ---------------------------------------------------------------------------------


def finding(status: Status, line: int = 1, **more: Any) -> Finding:
    return Finding(f"TC{line}", status, line, 5, line, 9, "what was found", **more)


EVERYTHING = Report(
    files=(
        FileReport("a.py", Outcome("unchanged", b"")),
        FileReport(
            "b.py",
            Outcome(
                "partly",
                b"new",
                (
                    finding(
                        "manual",
                        30,
                        evidence=("bound at line 3",),
                        suggestion="client.messages.create(\n    x,\n)",
                    ),
                    finding("rewritten", 10, evidence=("bound at line 2",), notes=("temperature dropped",)),
                    finding("bridged", 20),
                    finding("review", 25, evidence=("read at line 4",)),
                ),
                sdk_floor="0.40",
                uses_bridge=True,
            ),
            b"old",
        ),
        FileReport(
            "c.py", Outcome("failed", b"", reason="a bug in to-messages"), traceback="Traceback\n  KeyError\n"
        ),
        FileReport("d\udce9.py", Outcome("skipped", b"", reason="a named pipe")),
    ),
    directories_not_entered=((".venv", "virtual environment"),),
    ignored_files=2,
    warnings=("docs: no Python files here",),
    next_steps=("Run your tests.",),
)

TEXT = """\
b.py:10:5 TC10 rewritten what was found
    note: temperature dropped
b.py:20:5 TC20 bridged what was found
b.py:25:5 TC25 review what was found
    because: read at line 4
b.py:30:5 TC30 manual what was found
    because: bound at line 3
    suggestion:
        client.messages.create(
            x,
        )

c.py: failed: a bug in to-messages

d\udce9.py: skipped: a named pipe

4 findings: 1 to rewrite, 1 to bridge, 1 to review, 1 left to do by hand.
4 files: 1 unchanged, 1 to rewrite in part, 1 skipped, 1 failed. \
Left out: 1 directory, 2 files ignored by git (--verbose names directories).

What to do next:
  - Run your tests.
"""


def test_text_report() -> None:
    assert click.unstyle(text_report(EVERYTHING)) == TEXT


def test_text_report_after_writing_and_verbose() -> None:
    text = text_report(EVERYTHING, written=True, verbose=True)
    assert "1 rewritten, 1 bridged, 1 to review, 1 left to do by hand." in text
    assert "1 unchanged, 1 rewritten in part, 1 skipped, 1 failed." in text
    assert "    because: bound at line 2\n" in text
    assert "    Traceback\n      KeyError\n" in text
    assert ".venv: not entered: virtual environment" in text


def test_text_report_of_nothing() -> None:
    report = Report((FileReport("a.py", Outcome("unchanged", b"")),))
    assert text_report(report) == "Nothing of the Text Completions API found.\n1 file: 1 unchanged.\n"
    assert text_report(Report()).endswith("0 files: none looked at.\n")


def test_a_finding_is_one_line_whatever_its_message_holds() -> None:
    report = Report(
        (FileReport("a.py", Outcome("unchanged", b"", (Finding("TC1", "manual", 1, 1, 1, 2, "a\n  b"),))),)
    )
    assert "manual\x1b[0m a b\n" in text_report(report)


class Contract(BaseModel):
    """What other programs are written against: these keys, these types; further keys may come."""

    model_config = ConfigDict(strict=True, extra="allow")


class FindingContract(Contract):
    rule: str
    status: Literal["rewritten", "bridged", "review", "manual"]
    line: PositiveInt
    column: PositiveInt
    end_line: PositiveInt
    end_column: PositiveInt
    message: str
    evidence: list[str]
    notes: list[str]
    suggestion: str | None


class FileContract(Contract):
    path: str
    outcome: Literal["unchanged", "rewritten", "partly", "skipped", "failed"]
    reason: str | None
    findings: list[FindingContract]


class ReportContract(Contract):
    version: Literal[1]
    summary: dict[str, Any]
    files: list[FileContract]


def test_json_report_keeps_the_contract() -> None:
    report = json.loads(json_report(EVERYTHING))
    ReportContract.model_validate(report)
    assert report["summary"] == {
        "files": 4,
        "outcomes": {"unchanged": 1, "rewritten": 0, "partly": 1, "skipped": 1, "failed": 1},
        "findings": 4,
        "statuses": {"rewritten": 1, "bridged": 1, "review": 1, "manual": 1},
        "rules": {
            "TC10": {"rewritten": 1},
            "TC20": {"bridged": 1},
            "TC25": {"review": 1},
            "TC30": {"manual": 1},
        },
        "files_ignored_by_git": 2,
    }
    assert [file["path"] for file in report["files"]] == ["a.py", "b.py", "c.py", "d\\xe9.py"]
    assert report["files"][1]["findings"][0] == {
        "rule": "TC30",
        "status": "manual",
        "line": 30,
        "column": 5,
        "end_line": 30,
        "end_column": 9,
        "message": "what was found",
        "evidence": ["bound at line 3"],
        "notes": [],
        "suggestion": "client.messages.create(\n    x,\n)",
    }
    assert (report["files"][1]["sdk_floor"], report["files"][1]["uses_bridge"]) == ("0.40", True)
    assert report["files"][2]["traceback"].startswith("Traceback")
    assert report["next_steps"] == ["Run your tests."]
    assert report["warnings"] == ["docs: no Python files here"]
    assert report["directories_not_entered"] == [{"path": ".venv", "reason": "virtual environment"}]


_KINDS: list[OutcomeKind] = ["unchanged", "rewritten", "partly", "skipped", "failed"]
_STATUSES: list[Status] = ["rewritten", "bridged", "review", "manual"]
_FINDINGS = st.builds(
    Finding,
    st.text(),
    st.sampled_from(_STATUSES),
    *[st.integers(1, 99)] * 4,
    st.text(),
    evidence=st.lists(st.text(), max_size=2).map(tuple),
    suggestion=st.none() | st.text(),
)
_REPORTS = st.lists(
    st.builds(
        FileReport,
        st.text(),
        st.builds(
            Outcome,
            st.sampled_from(_KINDS),
            st.binary(),
            st.lists(_FINDINGS, max_size=3).map(tuple),
            st.none() | st.text(),
        ),
    ),
    max_size=4,
).map(lambda files: Report(tuple(files)))


@given(report=_REPORTS)
def test_any_report_is_json_and_text(report: Report) -> None:
    read = json.loads(json_report(report))
    ReportContract.model_validate(read)
    assert sum(read["summary"]["outcomes"].values()) == len(report.files) == len(read["files"])
    assert sum(read["summary"]["statuses"].values()) == sum(len(file["findings"]) for file in read["files"])
    assert text_report(report).endswith("\n")


# -- what a report says as a whole -----------------------------------------------------------------


@pytest.mark.parametrize(
    "status,left,strictly",
    [("rewritten", False, False), ("bridged", False, True), ("review", True, True), ("manual", True, True)],
)
def test_what_is_left(status: Status, left: bool, strictly: bool) -> None:
    report = Report((FileReport("a.py", Outcome("rewritten", b"", (finding(status),))),))
    assert report.is_left(strict=False) is left
    assert report.is_left(strict=True) is strictly


def test_a_file_that_was_not_written_leaves_every_site_to_a_person() -> None:
    file = EVERYTHING.files[1].failed("read-only file")
    assert (file.outcome.kind, file.outcome.source, file.outcome.reason) == (
        "failed",
        b"old",
        "read-only file",
    )
    assert {found.status for found in file.outcome.findings} == {"manual"}
    assert file.outcome.findings[1].notes == (
        "temperature dropped",
        "would be rewritten, but the file was not written",
    )
    assert not file.outcome.uses_bridge
    assert os.fsencode(file.path) == b"b.py"
