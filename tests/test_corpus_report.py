"""The corpus report counts what an engine does. The engine here is a fake with known faults."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from codemods.outcome import Finding, Outcome
from scripts import corpus_report
from scripts.labelled_sites import Label, ends_of, percentages

REWRITTEN = Finding("TC201", "rewritten", 1, 1, 1, 4, "done", evidence=("old()",))
MANUAL = Finding("TC202", "manual", 1, 1, 1, 4, "left", suggestion="new()")

# What a file holds decides what the fake does with it.
FILES = {
    "one/good.py": "old()\n",
    "one/nothing.py": "print(1)\n",
    "one/left.py": "left\nold()\n",
    "two/python2.py": "print 'old'\n",
    "two/raises.py": "raises = old\n",
    "two/grows.py": "grows = old\n",
    "two/breaks.py": "breaks = old\n",
    "two/forgets.py": "forgets = old\n",
}
COUNTS = {
    "files": 8, "candidates": 7, "rewritten": 2, "partly": 2, "unchanged": 1, "not_python_3": 1,
    "failed": 1, "broken": 1, "unstable": 1, "lost": 1,
}  # fmt: skip


def fake_rewrite(source: bytes, path: str, options: object, project: object) -> Outcome:
    if b"raises" in source:
        raise KeyError("old")
    if b"print '" in source:
        return Outcome("failed", source, reason="not Python 3")
    if b"forgets" in source:
        left = () if b"new" in source else (MANUAL,)
        return Outcome("partly", source.replace(b"old", b"new"), left)
    if b"grows" in source:
        return Outcome("rewritten", source + b"# again\n", (REWRITTEN,))
    if b"breaks" in source:
        return Outcome("unchanged" if b"(" in source else "rewritten", source.replace(b"old", b"("))
    if b"left" in source:
        return Outcome("partly", source.replace(b"old()", b"new()"), (MANUAL, REWRITTEN))
    return Outcome("unchanged", source)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    engine = SimpleNamespace(rewrite_source=fake_rewrite, is_candidate=lambda source: b"old" in source)
    monkeypatch.setitem(sys.modules, "codemods.rewrite", engine)
    monkeypatch.setitem(sys.modules, "codemods.project", SimpleNamespace(Project=lambda *a: None))
    rules = [SimpleNamespace(code="TC201", name="replace_call")]
    monkeypatch.setitem(sys.modules, "codemods.rules", SimpleNamespace(RULES=rules))
    return tmp_path / "corpus"


@pytest.mark.parametrize("python", [sys.executable, None], ids=["interpreter", "ast"])
def test_counts_files_and_troubles(corpus: Path, python: str | None) -> None:
    one = corpus_report.survey(str(corpus), corpus_report.real_engine, lambda source: b"old" in source)
    corpus_report.check_compiles(one.records, python)
    assert {key: count for key, count in one.counts().items() if count} == COUNTS


def test_prints_rungs_per_rule_and_no_code(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert corpus_report.main([str(corpus), "--changed", "--python310", sys.executable]) == 1
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    assert ["TC201", "replace_call", "2", "0", "0", "0", "2"] in rows
    assert ["TC202", "0", "0", "0", "2", "2"] in rows
    assert ["all", "rules", "2", "0", "0", "2", "4"] in rows
    assert f"{corpus}/two/raises.py: FAILED: raised KeyError: 'old'" in printed
    assert "old()" not in printed
    assert "new()" not in printed


def test_keeps_diffs_and_json_elsewhere(corpus: Path, tmp_path: Path) -> None:
    options = ["--diff-dir", str(tmp_path / "diffs"), "--json", str(tmp_path / "found.json")]
    corpus_report.main([str(corpus), *options, "--python310", sys.executable])
    assert "-old()\n+new()\n" in (tmp_path / "diffs/corpus/one/left.py.diff").read_text()
    found = json.loads((tmp_path / "found.json").read_text())
    records = {Path(record["path"]).name: record for record in found}
    assert records["python2.py"]["outcome"] == "not_python_3"
    assert [finding["rule"] for finding in records["left.py"]["findings"]] == ["TC202", "TC201"]
    assert not {"suggestion", "evidence"} & set(records["left.py"]["findings"][0])
    assert {name: (corpus / name).read_text() for name in FILES} == FILES


@pytest.mark.parametrize(
    "layout, projects",
    [(["a/x.py", "b/y.py"], ["a", "b"]), (["setup.cfg", "a/x.py"], ["."]), (["x.py"], ["."])],
)
def test_projects(tmp_path: Path, layout: Sequence[str], projects: Sequence[str]) -> None:
    for name in layout:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = corpus_report.projects_in(str(tmp_path))
    assert [str(Path(path).relative_to(tmp_path)) for path in found] == projects


def test_second_run_sees_the_rewritten_neighbours(corpus: Path) -> None:
    seen: list[Callable[[str], bytes | None]] = []

    def engine(root: str, paths: Sequence[str], read: Callable[[str], bytes | None]) -> corpus_report.Rewrite:
        seen.append(read)
        return lambda source, path: fake_rewrite(source, path, None, None)

    corpus_report.survey(str(corpus / "one"), engine, lambda source: b"old" in source)
    left = str(corpus / "one/left.py")
    assert [read(left) for read in seen] == [b"left\nold()\n", b"left\nnew()\n"]


LABELS = [
    # the line, and which end it must have
    (1, "sdk03", "rewritten"),  # a finding holds the line
    (13, "sdk02", "manual"),  # near a finding of no other label
    (40, "stream", "nothing"),  # no finding near
    (2, "async", "nothing"),  # near a finding that is another label's
    (60, "sdk03", "nothing"),  # only a constant stands there
]


def test_labelled_calls_are_joined_with_the_finding_there() -> None:
    findings = [
        Finding("TC001", "rewritten", 1, 1, 1, 4, ""),
        Finding("TC301", "manual", 9, 1, 10, 4, ""),
        Finding("TC002", "rewritten", 60, 1, 60, 4, ""),
    ]
    labels = [Label("a/b", "x.py", line, kind) for line, kind, _ in LABELS]
    ends = ends_of([*labels, Label("a/b", "absent.py", 1, "sdk03")], {"a+b/x.py": findings})
    assert [end for _, end, _ in ends] == [*(end for _, _, end in LABELS), "no file"]
    assert list(percentages(ends)) == ["rewritten, review or bridged: 20.0 %", "rewritten or review: 20.0 %"]


def test_a_finding_for_a_whole_notebook_is_that_of_all_its_calls() -> None:
    labels = [Label("a/b", "x.ipynb", line, "sdk03") for line in (5, 500)]
    ends = ends_of(labels, {"a+b/x.ipynb": [Finding("TC406", "manual", 9, 1, 9, 4, "")]})
    assert [end for _, end, _ in ends] == ["manual", "manual"]


def test_prints_how_labelled_calls_end(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"repo": "two", "path": "grows.py", "line": 1, "kind": "sdk03", "notes": "not read"},
        {"repo": "one", "path": "nothing.py", "line": 1, "kind": "stream", "site": "call"},
        {"repo": "one", "path": "nothing.py", "line": 9, "kind": "sdk03", "site": "params_dict"},
        {"repo": "one", "path": "README.md", "line": 1, "kind": "sdk03"},
        {"repo": "one", "path": "good.py", "line": 1, "kind": "negative"},
    ]
    (tmp_path / "labels.json").write_text(json.dumps(rows))
    corpus_report.main(
        [str(corpus), "--labels", str(tmp_path / "labels.json"), "--python310", sys.executable]
    )
    printed = capsys.readouterr().out
    assert ["all", "kinds", "1", "0", "0", "0", "1", "0", "2"] in [
        line.split() for line in printed.splitlines()
    ]
    assert "rewritten or review: 50.0 %" in printed
    assert "one/nothing.py:1: stream: nothing found" in printed


@pytest.mark.parametrize("wrong", [["absent"], [".", "--python310", "absent"]], ids=["folder", "python"])
def test_wrong_usage(wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        corpus_report.main(wrong)
    assert ended.value.code == 2
