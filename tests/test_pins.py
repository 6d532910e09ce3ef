"""Pins of the SDK in every kind of dependency file, and what they forbid."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from codemods.next_steps import next_steps
from codemods.outcome import Finding, Outcome
from codemods.pins import Pin, find_pins, forbids, highest, pins_of, poetry_versions
from codemods.reports import FileReport, Report

PINS = [
    ("requirements.txt", "anthropic==0.3.11", ["==0.3.11"]),
    ("requirements.txt", "anthropic[vertex] >= 0.3, < 0.5 ; python_version > '3'  # why", ["<0.5,>=0.3"]),
    ("requirements.txt", "Anthropic~=0.3.1 --hash=sha256:00", ["~=0.3.1"]),
    ("requirements.txt", "anthropic==0.3.11 \\", ["==0.3.11"]),
    ("requirements.txt", "anthropic", []),
    ("requirements.txt", "# anthropic==0.3", []),
    ("requirements.txt", "anthropic-bedrock==0.8", []),
    ("requirements.txt", "my-anthropic==0.8", []),
    ("requirements.txt", "anthropic @ git+https://example.org/x", []),
    ("requirements.txt", "anthropic==not.a.version!!", []),
    ("pyproject.toml", 'dependencies = ["anthropic<1", "anthropic-bedrock==2", "x"]', ["<1"]),
    ("pyproject.toml", "    'anthropic>=0.2,<0.3',", ["<0.3,>=0.2"]),
    ("pyproject.toml", 'anthropic = "^0.3.10"', ["<0.4,>=0.3.10"]),
    ("pyproject.toml", 'anthropic = {version = "~0.39", extras = ["vertex"]}', ["<0.40,>=0.39"]),
    ("pyproject.toml", 'anthropic = {git = "https://example.org/x"}', []),
    ("pyproject.toml", 'anthropic = "*"', []),
    ("pyproject.toml", '# "anthropic<1"', []),
    ("setup.py", '    install_requires=["anthropic==0.2.*", "b"],', ["==0.2.*"]),
    ("setup.py", "import anthropic", []),
    ("setup.cfg", "    anthropic<0.4", ["<0.4"]),
    ("setup.cfg", "install_requires = anthropic==0.2", ["==0.2"]),
    ("Pipfile", 'anthropic = "==0.3.1"', ["==0.3.1"]),
    ("Pipfile", 'anthropic = {version = ">=0.3", extras = []}', [">=0.3"]),
    ("Pipfile", 'anthropic = "*"', []),
]


@pytest.mark.parametrize("name,line,versions", PINS, ids=[f"{case[0]}: {case[1]}" for case in PINS])
def test_pins_of_a_line(name: str, line: str, versions: list[str]) -> None:
    found = pins_of(f"some/{name}", f"\n{line}\n")
    assert [pin.versions for pin in found] == [SpecifierSet(text) for text in versions]
    assert all((pin.path, pin.line) == (f"some/{name}", 2) for pin in found)


POETRY = [
    ("^1.2.3", ">=1.2.3,<2"),
    ("^0.2.3", ">=0.2.3,<0.3"),
    ("^0.0.3", ">=0.0.3,<0.0.4"),
    ("^0.0", ">=0.0,<0.1"),
    ("^0", ">=0,<1"),
    ("~1.2.3", ">=1.2.3,<1.3"),
    ("~1", ">=1,<2"),
    ("~=0.3.1", "~=0.3.1"),
    ("0.3.1", "==0.3.1"),
    ("0.3.*", "==0.3.*"),
    (">=0.3,<0.5", ">=0.3,<0.5"),
    (">=0.3, !=0.4", ">=0.3,!=0.4"),
    ("*", ""),
]


@pytest.mark.parametrize("text,expected", POETRY)
def test_poetry_constraints(text: str, expected: str) -> None:
    assert poetry_versions(text) == SpecifierSet(expected)


@pytest.mark.parametrize("text", ["^x", "latest", "^1 || ^2"])
def test_what_is_no_constraint(text: str) -> None:
    assert poetry_versions(text) is None


FORBIDS = [
    ("==0.3.11", True),
    ("==0.39.*", False),
    ("<0.39", True),
    ("<=0.39.7", False),
    ("<0.39.7", True),
    ("<1", False),
    ("~=0.3.0", True),
    ("~=0.39.5", False),
    (">=0.3", False),
    (">0.39.7,<0.39.8", False),
    (">=2,<3", False),
    ("!=0.39.7", False),
    ("==0.39.7,!=0.39.7", True),
    ("===0.3", True),
]


@pytest.mark.parametrize("versions,expected", FORBIDS)
def test_what_forbids_a_floor(versions: str, expected: bool) -> None:
    assert forbids(Pin("requirements.txt", 1, versions, SpecifierSet(versions)), "0.39.7") is expected


_VERSIONS = st.builds("{}.{}.{}".format, *[st.integers(0, 3)] * 3)
_SETS = st.lists(
    st.builds("{}{}".format, st.sampled_from(["==", "<", "<=", ">", ">=", "!=", "~="]), _VERSIONS), max_size=3
)


@given(parts=_SETS, floor=_VERSIONS)
def test_a_pin_that_forbids_allows_no_version_from_the_floor_on(parts: list[str], floor: str) -> None:
    pin = Pin("requirements.txt", 1, "", SpecifierSet(",".join(parts)))
    every = [f"{a}.{b}.{c}" for a in range(5) for b in range(5) for c in range(6)]
    allowed = any(version in pin.versions for version in every if Version(version) >= Version(floor))
    if allowed:
        assert not forbids(pin, floor)


def test_highest() -> None:
    assert highest(["0.9", "0.40", "0.39.1"]) == "0.40"
    assert highest([]) is None


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfeanthropic==1\nanthropic==0.3\n")
    (tmp_path / "setup.py").write_text('setup(install_requires=["anthropic<0.3"])')
    names = ["requirements.txt", "setup.py", "gone.txt"]
    found = find_pins([str(tmp_path / name) for name in names])
    assert [(Path(pin.path).name, pin.line) for pin in found] == [("requirements.txt", 2), ("setup.py", 1)]


# -- what to do next -------------------------------------------------------------------------------


def finding(status: str) -> Finding:
    return Finding("TC901", status, 1, 1, 1, 2, "found")  # type: ignore[arg-type]


def report(*outcomes: Outcome) -> Report:
    return Report(tuple(FileReport(f"{number}.py", outcome, b"x") for number, outcome in enumerate(outcomes)))


def test_nothing_changed_and_nothing_left_needs_no_step() -> None:
    assert next_steps(report(Outcome("unchanged", b"")), []) == ()


def test_steps_name_the_pin_that_forbids_the_new_code(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("anthropic==0.3.11\nanthropic>=0.3\n")
    changed = [
        Outcome("rewritten", b"y", (finding("rewritten"),), sdk_floor=floor) for floor in ("0.9", "0.40")
    ]
    steps = next_steps(report(*changed), [str(path)])
    assert steps == (
        f'The new code needs anthropic>=0.40, and {path}:1 forbids it ("anthropic==0.3.11"): '
        "change that line to anthropic>=0.40 and renew your lock file, if you have one.",
        "Read the changes, then run your tests.",
    )


def test_steps_when_the_pins_allow_it_or_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("anthropic>=0.3\n")
    changed = report(Outcome("rewritten", b"y", sdk_floor="0.40"))
    assert f"the pins found allow it ({path}:1)" in next_steps(changed, [str(path)])[0]
    assert "no pin was found" in next_steps(changed, [])[0]


def test_steps_name_the_adapter_and_what_is_left_for_a_person() -> None:
    outcomes = (
        Outcome("partly", b"y", (finding("bridged"), finding("review"), finding("manual")), uses_bridge=True),
        Outcome("failed", b"", reason="cannot be parsed"),
    )
    adapter, tests, review, manual, failed = next_steps(report(*outcomes), [])
    assert 'pip install "completions-to-messages[adapter]"' in adapter
    assert "tests" in tests
    assert review.startswith("Review 1 place:")
    assert manual.startswith("Change 1 place by hand:")
    assert failed.startswith("See to 1 failed file,")
