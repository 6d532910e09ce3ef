#!/usr/bin/env python3
# Measures the codemod on real code, in memory. Knows the engine and the file walk, nothing of the rules.
"""Print what the codemod makes of folders of real code: sites per rung of the ladder and per rule.

    python scripts/corpus_report.py DEST [DEST …] [--changed] [--json FILE] [--diff-dir DIR] [--labels FILE]

A folder that holds Python or a project file is one project; otherwise each folder in it is one.
Nothing below DEST is written and no line of its code is printed. Exit status: 0 when the columns
in capitals are zero, 1 when one is not, 2 for a DEST that is not a folder.
"""

from __future__ import annotations

import argparse
import ast
import base64
import dataclasses
import difflib
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from codemods.files import find_files, read_file, read_or_none
from codemods.outcome import LADDER, Finding, Options, Outcome
from scripts.labelled_sites import ends_of, label_rows, percentages, read_labels

COLUMNS = {
    "files": "files", "candidates": "candidates", "rewritten": "rewritten", "partly": "partly",
    "unchanged": "unchanged", "skipped": "skipped", "not_python_3": "not Python 3",
    "failed": "FAILED", "broken": "NOT 3.10", "unstable": "2ND CHANGES", "lost": "2ND MISSES",
}  # fmt: skip
MUST_BE_ZERO = [key for key, title in COLUMNS.items() if title.isupper()]
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)

# For another interpreter: takes [name, base64 source] pairs, answers the names it cannot compile.
COMPILE_ALL = """
import base64, json, sys, warnings
warnings.simplefilter("ignore")
refused = []
for name, source in json.load(sys.stdin):
    try:
        compile(base64.b64decode(source), "<corpus>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        refused.append(name)
json.dump(refused, sys.stdout)
"""

Read = Callable[[str], "bytes | None"]
Rewrite = Callable[[bytes, str], Outcome]
Engine = Callable[[str, Sequence[str], Read], Rewrite]


@dataclass(slots=True)
class Record:
    """One candidate file and what became of it. `troubles`: keys of MUST_BE_ZERO with what was seen."""

    path: str
    before: bytes
    outcome: Outcome
    kind: str
    troubles: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Survey:
    """The files of one DEST, and its candidates."""

    dest: str
    paths: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    @property
    def name(self) -> str:
        return os.path.basename(os.path.normpath(self.dest))

    def counts(self) -> Counter[str]:
        counts = Counter(record.kind for record in self.records)
        counts.update(trouble for record in self.records for trouble in record.troubles)
        counts.update(files=len(self.paths), candidates=len(self.records))
        return counts


def real_engine(root: str, paths: Sequence[str], read: Read) -> Rewrite:
    """The codemod over one project whose files `read` returns."""
    engine = importlib.import_module("codemods.rewrite")
    project = importlib.import_module("codemods.project").Project(root, read, paths)
    return lambda source, path: engine.rewrite_source(source, path, Options(), project)


def projects_in(dest: str) -> list[str]:
    entries = sorted(os.scandir(dest), key=lambda entry: entry.name)
    marks = (".py", ".ipynb", "pyproject.toml", "setup.cfg")
    if any(entry.is_file() and entry.name.endswith(marks) for entry in entries):
        return [dest]
    return [entry.path for entry in entries if entry.is_dir()]


def survey(dest: str, engine: Engine, is_candidate: Callable[[bytes], bool]) -> Survey:
    """Rewrite every candidate below `dest`, and the results once more."""
    result = Survey(dest)
    for root in projects_in(dest):
        paths = find_files([root]).files
        result.paths += paths
        candidates = {path: source for path in paths if is_candidate(source := read_file(path))}
        rewrite = engine(root, paths, read_or_none)
        records = [record_of(rewrite, source, path) for path, source in candidates.items()]
        again = engine(root, paths, rewritten_tree(records))
        for record in records:
            record.troubles.update(second_run_troubles(again, record))
        result.records += records
    return result


def rewritten_tree(records: Sequence[Record]) -> Read:
    """Reads the project as a real run would have left it."""
    after = {record.path: record.outcome.source for record in records}
    return lambda path: after[path] if path in after else read_or_none(path)


def record_of(rewrite: Rewrite, source: bytes, path: str) -> Record:
    outcome = guarded(rewrite, source, path)
    kind = "not_python_3" if outcome.kind == "failed" and not parses(source) else outcome.kind
    return Record(path, source, outcome, kind)


def guarded(rewrite: Rewrite, source: bytes, path: str) -> Outcome:
    """The engine promises never to raise; a broken promise is a figure here, not the end of the run."""
    try:
        return rewrite(source, path)
    except Exception as error:
        return Outcome("failed", source, reason=f"raised {type(error).__name__}: {error}")


def second_run_troubles(again: Rewrite, record: Record) -> dict[str, str]:
    """What a run over the rewritten project still changes, and what it no longer reports."""
    first, second = record.outcome, guarded(again, record.outcome.source, record.path)
    troubles = {}
    if second.source != first.source:
        troubles["unstable"] = "a second run changes it"
    left_before, left_after = (sum(f.is_left for f in outcome.findings) for outcome in (first, second))
    if left_after < left_before:
        troubles["lost"] = f"{left_before} findings left for a person, {left_after} found again"
    return troubles


def parses(source: bytes, feature_version: tuple[int, int] | None = None) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source, feature_version=feature_version)
        except UNREADABLE:
            return False
    return True


def check_compiles(records: Iterable[Record], python: str | None) -> None:
    """Note rewritten modules that Python 3.10 refuses although it took the original."""
    changed = [r for r in records if r.outcome.changed and r.path.endswith((".py", ".pyi", ".pyw"))]
    refused = refused_sources({r.path: r.outcome.source for r in changed}, python)
    refused_before = refused_sources({r.path: r.before for r in changed if r.path in refused}, python)
    for record in changed:
        if record.path in refused - refused_before:
            record.troubles["broken"] = "Python 3.10 cannot compile the result"


def find_python310() -> str | None:
    """A Python 3.10 on the PATH or among pyenv's; a pyenv shim can stand for one that is not there."""
    versions = sorted(Path.home().glob(".pyenv/versions/3.10.*/bin/python"))
    candidates = [shutil.which("python3.10"), *map(str, versions)]
    return next((path for path in candidates if path is not None and runs(path)), None)


def runs(python: str) -> bool:
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def refused_sources(sources: dict[str, bytes], python: str | None) -> set[str]:
    if python is None:
        return {path for path, source in sources.items() if not parses(source, (3, 10))}
    batch = [[path, base64.b64encode(source).decode()] for path, source in sources.items()]
    command = [python, "-I", "-c", COMPILE_ALL]
    done = subprocess.run(command, input=json.dumps(batch), capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def table(rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Lines of `rows`, the first as head; the first column to the left, numbers to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in [texts[0], ["-" * width for width in widths], *texts[1:]]:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), *numbers]).rstrip()


def file_table(surveys: Sequence[Survey]) -> Iterator[str]:
    counted = [(one.name, one.counts()) for one in surveys]
    if len(counted) > 1:
        counted.append(("all folders", sum((counts for _, counts in counted), Counter())))
    rows = [[name, *(counts[key] for key in COLUMNS)] for name, counts in counted]
    return table([["folder", *COLUMNS.values()], *rows])


def rule_table(findings: Sequence[Finding], names: dict[str, str]) -> Iterator[str]:
    def row(name: str, some: Sequence[Finding]) -> list[object]:
        return [name, *(sum(f.status == status for f in some) for status in LADDER), len(some)]

    rules = sorted({finding.rule for finding in findings})
    rows = [row(f"{rule} {names.get(rule, '')}", [f for f in findings if f.rule == rule]) for rule in rules]
    return table([["rule", *LADDER, "all"], *rows, row("all rules", findings)])


def report(surveys: Sequence[Survey], names: dict[str, str], show_changed: bool) -> Iterator[str]:
    """The lines to print: the tables, then the files that need a look."""
    records = [record for one in surveys for record in one.records]
    yield from file_table(surveys)
    yield ""
    yield from rule_table([finding for record in records for finding in record.outcome.findings], names)
    for record in records:
        failure = {"failed": record.outcome.reason} if record.kind == "failed" else {}
        for trouble, seen in {**failure, **record.troubles}.items():
            yield f"{record.path}: {COLUMNS[trouble]}: {seen}"
        if show_changed and record.outcome.changed:
            yield f"{record.path}: {record.kind}"


def label_report(surveys: Sequence[Survey], labels: Path) -> Iterator[str]:
    """How the labelled calls end, and in which files one has no finding at all."""
    found = {
        os.path.relpath(record.path, one.dest).replace(os.sep, "/"): record.outcome.findings
        for one in surveys
        for record in one.records
    }
    there = {**dict.fromkeys(_files_below(surveys), ()), **found}
    ends = ends_of(read_labels(labels), there)
    yield from table(list(label_rows(ends)))
    yield from percentages(ends)
    for label, end, _ in ends:
        if end == "nothing":
            yield f"{label.file}:{label.line}: {label.kind}: nothing found"


def _files_below(surveys: Iterable[Survey]) -> Iterator[str]:
    for one in surveys:
        yield from (os.path.relpath(path, one.dest).replace(os.sep, "/") for path in one.paths)


def diff_of(record: Record, name: str) -> str:
    before, after = (decoded(s).splitlines(keepends=True) for s in (record.before, record.outcome.source))
    lines = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith(("\n", "\r")) else f"{line}\n" for line in lines)


def decoded(source: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding, "replace")


def write_diffs(surveys: Iterable[Survey], directory: Path) -> None:
    for one in surveys:
        for record in filter(lambda record: record.outcome.changed, one.records):
            name = os.path.relpath(record.path, one.dest)
            target = directory / one.name / f"{name}.diff"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(diff_of(record, name), encoding="utf-8")


def as_json(record: Record) -> dict[str, object]:
    """A record without the fields of a finding that quote the code."""
    findings = [dataclasses.asdict(finding) for finding in record.outcome.findings]
    for finding in findings:
        del finding["suggestion"], finding["evidence"]
    about = {"path": record.path, "outcome": record.kind, "reason": record.outcome.reason}
    return {**about, "troubles": record.troubles, "findings": findings}


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the codemod makes of folders of real code.")
    parser.add_argument("dest", nargs="+", metavar="DEST")
    parser.add_argument("--changed", action="store_true", help="list the changed files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the findings of each file")
    parser.add_argument("--diff-dir", type=Path, metavar="DIR", help="keep a diff of each changed file")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="labelled calls: how they end")
    parser.add_argument("--python310", metavar="PATH", help="an interpreter of Python 3.10")
    options = parser.parse_args(argv)
    if options.python310 and not runs(options.python310):
        parser.error(f"{options.python310}: does not run; give the path of a Python 3.10")
    options.python310 = options.python310 or find_python310()
    for dest in options.dest:
        if not os.path.isdir(dest):
            parser.error(f"{dest}: not a folder; give folders of source code")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    is_candidate = importlib.import_module("codemods.rewrite").is_candidate
    names = {rule.code: rule.name for rule in importlib.import_module("codemods.rules").RULES}
    surveys = [survey(dest, real_engine, is_candidate) for dest in options.dest]
    records = [record for one in surveys for record in one.records]
    check_compiles(records, options.python310)
    print("\n".join(report(surveys, names, options.changed)))
    print(f"\nCompiled by {options.python310 or 'ast.parse for 3.10, no python3.10 was found'}.")
    if options.labels:
        print("\n" + "\n".join(label_report(surveys, options.labels)))
    if options.json:
        options.json.write_text(json.dumps([as_json(record) for record in records], indent=1) + "\n")
    if options.diff_dir:
        write_diffs(surveys, options.diff_dir)
    counts = sum((one.counts() for one in surveys), Counter[str]())
    return int(any(counts[key] for key in MUST_BE_ZERO))


if __name__ == "__main__":
    sys.exit(main())
