"""Every fixture of the code mod: what becomes of it, and what is said about it.

`fixtures/codemods/<topic>/<case>.before.py` is the input. Beside it may stand `<case>.after.py`, the
expected result (without it the file must stay as it is, byte for byte), and `<case>.findings.txt`, the
expected findings as lines `CODE:line:column:status`. A comment `# options: no_bridge, prefill=manual` in
the first line, or in the second after `# runs`, sets options.
"""

from __future__ import annotations

import ast
import functools
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.outcome import Options, Outcome
from codemods.rewrite import rewrite_source

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "codemods"
BEFORE, AFTER, FINDINGS = ".before.py", ".after.py", ".findings.txt"

# Cases that state more than the code mod can do so far: each reports itself once it can.
GAPS: dict[str, str] = {}


def case_name(file: Path) -> str:
    stem = file.name.removesuffix(BEFORE).removesuffix(AFTER).removesuffix(FINDINGS)
    return f"{file.parent.name}/{stem}"


# Programs that an older Python cannot read: there they are reported as failed.
NEWER = {"whole_files/newer_syntax": (3, 11)}
CASES = sorted(
    case
    for case in (case_name(file) for file in FIXTURES.glob(f"*/*{BEFORE}"))
    if sys.version_info >= NEWER.get(case, (3, 10))
)


def path_of(case: str, kind: str) -> Path:
    return FIXTURES / f"{case}{kind}"


def options_of(source: bytes) -> Options:
    """The options that a fixture asks for in its first two lines."""
    options = Options()
    for line in source.decode("latin-1").splitlines()[:2]:
        if line.startswith("# options:"):
            for word in line.removeprefix("# options:").split(","):
                options = _with_option(options, word.strip())
    return options


def _with_option(options: Options, word: str) -> Options:
    name, _, value = word.partition("=")
    if name == "no_bridge":
        return replace(options, bridge=False)
    if name == "no_markers":
        return replace(options, markers=False)
    if name in ("keep_sampling", "bridge_only"):
        return replace(options, **{name: True})
    if name == "model":
        old, new = value.split(":")
        return replace(options, models={**options.models, old: new})
    if name in ("ignore", "select", "accept"):
        return replace(options, **{name: frozenset(value.split())})
    if name in ("default_model", "prefill"):
        return replace(options, **{name: value})
    raise ValueError(f"no such option: {word}")


def as_lines(outcome: Outcome) -> list[str]:
    return [f"{one.rule}:{one.line}:{one.column}:{one.status}" for one in outcome.findings]


@functools.cache
def result_of(case: str) -> Outcome:
    source = path_of(case, BEFORE).read_bytes()
    return rewrite_source(source, f"{case}.py", options_of(source))


def with_gaps(cases: list[str]) -> list[object]:
    marks = {case: pytest.mark.xfail(reason=reason) for case, reason in GAPS.items()}
    return [pytest.param(case, marks=marks[case]) if case in marks else case for case in cases]


def test_every_expectation_has_its_program() -> None:
    files = (file for kind in (AFTER, FINDINGS) for file in FIXTURES.glob(f"*/*{kind}"))
    # The notebooks have a test of their own, tests/test_notebooks.py.
    expected = {case_name(file) for file in files if file.parent.name != "notebooks"}
    assert expected <= set(CASES) | set(NEWER)
    assert set(GAPS) <= set(CASES)


@pytest.mark.parametrize("case", with_gaps(CASES))
def test_case(case: str) -> None:
    outcome = result_of(case)
    after = path_of(case, AFTER)
    expected = (after if after.exists() else path_of(case, BEFORE)).read_bytes()
    assert outcome.source.decode("utf-8", "backslashreplace") == expected.decode("utf-8", "backslashreplace")
    assert outcome.source == expected
    assert outcome.changed == after.exists()
    left = [one for one in outcome.findings if one.status == "manual"]
    assert [one for one in left if not one.suggestion] == [], "what is left says what to write"
    check_grammar(case, outcome)
    findings = path_of(case, FINDINGS)
    if findings.exists():
        assert as_lines(outcome) == findings.read_text("utf-8").split()


@pytest.mark.parametrize("case", CASES)
def test_second_run_changes_nothing_and_finds_what_is_left(case: str) -> None:
    first = result_of(case)
    options = options_of(path_of(case, BEFORE).read_bytes())
    second = rewrite_source(first.source, f"{case}.py", options)
    assert second.source == first.source
    lost = _left(first) - _left(second)
    assert not lost or not options.markers, f"no longer reported: {lost}"


def _left(outcome: Outcome) -> Counter[tuple[str, str]]:
    return Counter((one.rule, one.status) for one in outcome.findings if one.is_left)


def is_for_the_oldest_python(source: bytes) -> bool:
    try:
        ast.parse(source, feature_version=(3, 10))
    except (SyntaxError, ValueError):
        return False
    return True


def check_grammar(case: str, outcome: Outcome) -> None:
    """The result is within the oldest grammar if the program was."""
    if outcome.changed:
        compile(outcome.source, case, "exec")
    assert is_for_the_oldest_python(outcome.source) or not is_for_the_oldest_python(
        path_of(case, BEFORE).read_bytes()
    )


def oldest_python() -> str | None:
    """A Python 3.10 that works: on PATH (where it may be a mere shim), or installed by pyenv."""
    installed = sorted(Path.home().glob(".pyenv/versions/3.10.*/bin/python3.10"))
    for python in (shutil.which("python3.10"), *map(str, installed)):
        if python and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


def test_results_compile_on_the_oldest_python() -> None:
    """The grammar of a newer Python takes f-strings that 3.10 refuses; only 3.10 itself can tell."""
    python = oldest_python()
    if python is None:
        pytest.skip("no python3.10 here")
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(CASES):
            if result_of(case).changed and is_for_the_oldest_python(result_of(case).source):
                (Path(folder) / f"{number}_{case.replace('/', '_')}.py").write_bytes(result_of(case).source)
        program = "import pathlib, sys\nfor f in sorted(pathlib.Path(sys.argv[1]).iterdir()): compile(f.read_bytes(), f.name, 'exec')"
        done = subprocess.run(
            [python, "-W", "ignore", "-c", program, folder], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
