"""The SDK's requirement in every kind of dependency file: found, moved byte for byte, or left with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from codemods.floors import ADAPTER, version_text
from codemods.next_steps import next_steps
from codemods.outcome import Finding, Options, Outcome
from codemods.pins import OWN_PYTHON, OWN_REQUIREMENT, planning
from codemods.pins.demands import Demand
from codemods.pins.joining import real_paths
from codemods.pins.manifests import read_manifest
from codemods.pins.planning import edited, plan_manifest
from codemods.pins.ranges import (
    begins_below,
    conda_versions,
    forbids,
    highest,
    moved,
    poetry_versions,
    raised,
    stops_below_one,
)
from codemods.reports import FileReport, Report

PROJECT = Path(__file__).resolve().parents[1]
REWRITTEN = Demand(floor="0.40.0", floor_path="app.py", is_rewritten=True)
BRIDGED = Demand(floor="0.40.0", floor_path="app.py", is_rewritten=True, bridged_in="app.py")


def planned(
    name: str,
    content: bytes,
    demand: Demand = REWRITTEN,
    options: Options | None = None,
    not_ours: str | None = None,
) -> tuple[bytes, list[Finding]]:
    """The file's bytes after the plan, and what is said."""
    manifest = read_manifest(name, content)
    plan = plan_manifest(manifest, demand, options or Options(), not_ours)
    return manifest.encoded(edited(manifest.text, plan.edits)), plan.findings


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


# -- ranges ----------------------------------------------------------------------------------------

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
    assert forbids(SpecifierSet(versions), "0.39.7") is expected


_VERSIONS = st.builds("{}.{}.{}".format, *[st.integers(0, 3)] * 3)
_SETS = st.lists(
    st.builds("{}{}".format, st.sampled_from(["==", "<", "<=", ">", ">=", "!=", "~="]), _VERSIONS), max_size=3
)


@given(parts=_SETS, floor=_VERSIONS)
def test_a_range_that_forbids_allows_no_version_from_the_floor_on(parts: list[str], floor: str) -> None:
    versions = SpecifierSet(",".join(parts))
    every = [f"{a}.{b}.{c}" for a in range(5) for b in range(5) for c in range(6)]
    allowed = any(version in versions for version in every if Version(version) >= Version(floor))
    if allowed:
        assert not forbids(versions, floor)


@given(parts=_SETS, floor=_VERSIONS.filter(lambda version: version < "3"))
def test_a_moved_range_allows_from_the_floor_on_and_nothing_below(parts: list[str], floor: str) -> None:
    """What the old range shut out above the floor stays shut out."""
    versions = SpecifierSet(",".join(parts))
    new = SpecifierSet(moved(",".join(parts), versions, floor))
    every = [f"{a}.{b}.{c}" for a in range(4) for b in range(5) for c in range(6)]
    assert not any(version in new for version in every if Version(version) < Version(floor))
    shut_out = {part.version for part in versions if part.operator == "!="}
    assert not any(version in new for version in shut_out)
    if not any(part.operator in (">", ">=", "~=") for part in versions):
        assert not forbids(new, floor)


MOVED_RANGES = [
    ("==0.3.11", ">=0.40.0,<3"),
    ("~=0.3.1", ">=0.40.0,<3"),
    (">=0.3,<1", ">=0.40.0,<3"),
    (">=0.3, <1", ">=0.40.0, <3"),
    (">= 0.3 , < 1.0", ">= 0.40.0, < 3"),
    (">0.50,<1", ">0.50,<3"),
    ("~=0.50.1", ">=0.50.1,<3"),
    ("==0.50.*", ">=0.50,<3"),
    (">=0.3,!=0.30,!=0.41.0,<0.90", ">=0.40.0,!=0.41.0,<3"),
    ("<=0.3", ">=0.40.0,<3"),
    ("===0.3", ">=0.40.0,<3"),
    (">=0.3,<2", ">=0.40.0,<2"),
    (">=0.40,<1", ">=0.40,<3"),
    ("", ">=0.40.0,<3"),
]


@pytest.mark.parametrize("before,after", MOVED_RANGES)
def test_moved_ranges(before: str, after: str) -> None:
    assert moved(before, SpecifierSet(before), "0.40.0") == after


RAISED = [
    (">=0.3", ">=0.40.0"),
    (">0.3", ">=0.40.0"),
    (">=0.3,>=0.5,<2", ">=0.40.0,<2"),
    ("~=0.3", ">=0.40.0,<1"),
    ("==0.*", ">=0.40.0,<1"),
    ("~=0.3,<0.60", ">=0.40.0,<0.60,<1"),
]


@pytest.mark.parametrize("before,after", RAISED)
def test_raised_lower_bounds(before: str, after: str) -> None:
    assert begins_below(SpecifierSet(before), "0.40.0")
    assert raised(before, SpecifierSet(before), "0.40.0") == after
    assert not begins_below(SpecifierSet(after), "0.40.0")


@pytest.mark.parametrize("versions", ["", "<2", ">=0.40", ">0.40.0", "==0.50.1", ">=0.3,>=0.41", "~=0.41"])
def test_what_needs_no_higher_lower_bound(versions: str) -> None:
    assert not begins_below(SpecifierSet(versions), "0.40.0")


@given(parts=_SETS, floor=_VERSIONS)
def test_a_raised_range_allows_what_it_did_from_the_floor_on(parts: list[str], floor: str) -> None:
    versions = SpecifierSet(",".join(parts))
    if not begins_below(versions, floor) or forbids(versions, floor):
        return
    new = SpecifierSet(raised(",".join(parts), versions, floor))
    every = [f"{a}.{b}.{c}" for a in range(5) for b in range(5) for c in range(6)]
    assert all(
        (version in new) == (version in versions and Version(version) >= Version(floor)) for version in every
    )


def test_a_lower_bound_stays_without_a_word_while_something_holds_it() -> None:
    before = b"anthropic>=0.3\n"
    demand = Demand(floor="0.16.0", floor_path="a.py", is_rewritten=True, old=(("b.py", 7),))
    assert planned("requirements.txt", before, demand) == (before, [])
    assert planned("requirements.txt", before, not_ours="because") == (before, [])


STOPS = [("<1", True), (">=0.3,<1.0", True), ("~=0.50.1", True), ("==0.50.*", True), ("<=1", False),
         ("==0.50.1", False), (">=0.3", False), ("<2", False), ("", False)]  # fmt: skip


@pytest.mark.parametrize("versions,expected", STOPS)
def test_what_stops_below_one(versions: str, expected: bool) -> None:
    assert stops_below_one(SpecifierSet(versions)) is expected


CONDA = [("=0.3", "==0.3.*"), ("=0.3.11", "==0.3.11.*"), ("==0.3.11", "==0.3.11"), ("0.3.*", "==0.3.*"),
         ("0.3.11", "==0.3.11"), (">=0.3,<0.5", ">=0.3,<0.5"), ("=0.3.11=py_0", "==0.3.11"), ("*", ""), ("", ""),
         ("=0.3.*", "==0.3.*")]  # fmt: skip


@pytest.mark.parametrize("text,expected", CONDA)
def test_conda_versions(text: str, expected: str) -> None:
    assert conda_versions(text) == SpecifierSet(expected)


@pytest.mark.parametrize("text", ["0.3|0.4", "[version='>0.3']", "latest!"])
def test_what_is_no_conda_version(text: str) -> None:
    assert conda_versions(text) is None


def test_highest() -> None:
    assert highest(["0.9", "0.40", "0.39.1"]) == "0.40"
    assert highest([]) is None


def test_the_floor_of_bridged_code_is_what_our_extra_asks_for() -> None:
    needed = f"anthropic>={'.'.join(map(str, ADAPTER[:2]))}"
    assert f'adapter = ["{needed}"]' in (PROJECT / "pyproject.toml").read_text("utf-8")
    assert version_text(ADAPTER) == "0.40.0"
    assert version_text(None) is None


# -- moved in place --------------------------------------------------------------------------------

# A "|" stands where the range begins and ends; what is between becomes the text at the right.
IN_PLACE = [
    ("requirements.txt", "anthropic|==0.3.11|", ">=0.40.0,<3"),
    ("requirements.txt", "# c\r\nanthropic[bedrock,vertex] |>= 0.3, < 0.5| ; python_version > '3'  # why\r\nx==1\r\n", ">= 0.40.0, < 3"),
    ("requirements.txt", "  Anthropic |~= 0.3.1|\t# c", ">= 0.40.0,< 3"),
    ("requirements-dev.txt", "anthropic|==0.3.11| \\\n    --config-settings x\nb\n", ">=0.40.0,<3"),
    ("requirements/base.in", "anthropic (|<0.4|)\n", ">=0.40.0,<3"),
    ("constraints.txt", "anthropic|<0.4|\n", ">=0.40.0,<3"),
    ("requirements.txt", "\ufeffanthropic|<0.4|\n", ">=0.40.0,<3"),
    ("pyproject.toml", '[project]\nkeywords = ["anthropic"]\ndependencies = ["anthropic|<1|", "anthropic-bedrock==2", "x"]', ">=0.40.0,<3"),
    ("pyproject.toml", "[project]\r\ndependencies = [\r\n    'anthropic |>=0.2,<0.3|',  # c\r\n]\r\n", ">=0.40.0,<3"),
    ("pyproject.toml", "[project]\ndependencies = ['anthropic (|>=0.2,<0.3|) ; python_version > \"3\"']", ">=0.40.0,<3"),
    ("pyproject.toml", "[project.optional-dependencies]\nllm = ['x', 'anthropic|==0.3|']", ">=0.40.0,<3"),
    ("pyproject.toml", "[dependency-groups]\ndev = [{include-group = 'x'}, 'anthropic|==0.3|']\nx = []", ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nother = "^0.3.10"  # anthropic = "^0.3.10"\nanthropic = "|^0.3.10|"', ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nanthropic = {version = "|~0.39|", extras = ["vertex"]}', ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.poetry.dependencies.anthropic]\nversion = "|0.3|"\noptional = true', ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.poetry.group.llm.dependencies]\nanthropic = "|>=0.3, <0.4|"', ">=0.40.0, <3"),
    ("pyproject.toml", '[tool.poetry.dev-dependencies]\nAnthropic = "|^0.3|"', ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.pdm.dev-dependencies]\ntest = ["anthropic|~=0.3|"]', ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.uv]\ndev-dependencies = ["anthropic|~=0.3|"]', ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.uv]\nconstraint-dependencies = ["anthropic|~=0.3|"]', ">=0.40.0,<3"),
    ("pyproject.toml", '[tool.hatch.envs.default]\ndependencies = ["anthropic|~=0.3|"]', ">=0.40.0,<3"),
    ("setup.py", 'from setuptools import setup\nsetup(keywords=["anthropic<1"], install_requires=["é", "anthropic|==0.2.*|", "b"])', ">=0.40.0,<3"),
    ("setup.py", "# é\r\nREQS = ['x']\r\nREQS += ['anthropic|<1|']\r\nsetup(install_requires=REQS)\r\n", ">=0.40.0,<3"),
    ("setup.py", 'extras = {}\nextras["llm"] = ("anthropic|<1|",)\nsetup(extras_require=extras)', ">=0.40.0,<3"),
    ("setup.py", 'reqs = []\nreqs.extend(["anthropic|<1|"])\nsetup(install_requires=reqs)', ">=0.40.0,<3"),
    ("setup.cfg", "[metadata]\nname = anthropic\n[options]\ninstall_requires =\n    click\n    anthropic|<0.4|\n", ">=0.40.0,<3"),
    ("setup.cfg", "[options]\r\ninstall_requires = anthropic|==0.2|\r\n", ">=0.40.0,<3"),
    ("setup.cfg", "[options.extras_require]\nllm =\n  anthropic|<0.4|\nall =\n  x\n", ">=0.40.0,<3"),
    ("Pipfile", '[packages]\nopenai = "==0.3.1"\nanthropic = "|==0.3.1|"\n', ">=0.40.0,<3"),
    ("Pipfile", '[dev-packages]\nanthropic = {version = "|<0.4|", extras = []}\n', ">=0.40.0,<3"),
    ("environment.yml", "dependencies:\n  - python=3.11\n  - anthropic|=0.3|\n", ">=0.40.0,<3"),
    ("environment.yml", "dependencies:\r\n  - conda-forge::anthropic |0.3.*|  # c\r\n  - x\r\n", ">=0.40.0,<3"),
    ("environment.yaml", 'dependencies:\n- pip:\n  - -r x.txt\n  - "anthropic|==0.3.11|"\n', ">=0.40.0,<3"),
    ("environment.yml", "dependencies: ['anthropic|=0.3|', x]\n", ">=0.40.0,<3"),
]  # fmt: skip


IN_PLACE += [
    ("requirements.txt", "anthropic|>=0.3|\n", ">=0.40.0"),
    ("requirements.txt", "anthropic |>= 0.3, < 2|\n", ">= 0.40.0, < 2"),
    ("requirements.txt", "anthropic|>0.3,!=0.5,!=0.50.1,<=2.4|  # c\n", ">=0.40.0,!=0.50.1,<=2.4"),
    ("requirements.txt", "anthropic|~=0.39|\n", ">=0.40.0,<3"),
    ("pyproject.toml", '[project.optional-dependencies]\nllm = ["anthropic|>=0.5|"]', ">=0.40.0"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nanthropic = "|>=0.3,<3.0|"', ">=0.40.0,<3.0"),
    ("environment.yml", "dependencies:\n  - anthropic|>=0.3|\n", ">=0.40.0"),
]


@pytest.mark.parametrize("name,marked,expected", IN_PLACE, ids=[f"{case[0]}: {case[1]}" for case in IN_PLACE])
def test_a_range_is_moved_and_every_other_byte_stays(name: str, marked: str, expected: str) -> None:
    head, old, tail = marked.split("|")
    after, findings = planned(name, (head + old + tail).encode())
    assert after == (head + expected + tail).encode()
    assert rules(findings) == ["TC031"]
    assert planned(name, after) == (after, [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-8"])
def test_a_file_keeps_its_encoding(encoding: str) -> None:
    before, after = (
        f"\ufeff# é\r\nanthropic{text}\r\n".encode(encoding) for text in ("==0.3", ">=0.40.0,<3")
    )
    assert planned("requirements.txt", before)[0] == after


def test_bytes_that_are_no_text_stay() -> None:
    assert (
        planned("requirements.txt", b"# \xff\xfe\nanthropic==0.3\n")[0]
        == b"# \xff\xfe\nanthropic>=0.40.0,<3\n"
    )


STAYS = [
    ("requirements.txt", "anthropic\n"),
    ("requirements.txt", "anthropic>=0.40\n"),
    ("requirements.txt", "anthropic<2\n"),
    ("requirements.txt", "anthropic==0.50.0\n"),
    ("requirements.txt", "# anthropic==0.3\n"),
    ("requirements.txt", "my-anthropic==0.3\nanthropic-tools==0.1\nlangchain-anthropic==0.1\n"),
    ("requirements.txt", "anthropic==not.a.version!!\n"),
    ("requirements.txt", "-e ./anthropic==0.3\n"),
    ("requirements.txt", "anthropic==0.3  # to-messages: ignore\n"),
    ("requirements.txt", "anthropic==0.3  # to-messages: ignore[TC031] pinned for the old service\n"),
    ("pyproject.toml", '[project]\nname = "anthropic"\ndescription = "anthropic<1"\n'),
    ("pyproject.toml", '[build-system]\nrequires = ["anthropic<1"]\n'),
    ("pyproject.toml", '[tool.poetry.dependencies]\nanthropic = "*"\n'),
    ("pyproject.toml", '# "anthropic<1"\n'),
    ("pyproject.toml", '[tool.poetry.extras]\nllm = ["anthropic"]\n'),
    ("setup.py", 'X = ["anthropic<1"]\nsetup(name="x", keywords=X)\n'),
    ("setup.py", 'setup(install_requires=["anthropic"])\n'),
    ("setup.cfg", "[options]\npackages =\n    anthropic<0.4\n"),
    ("Pipfile", '[packages]\nanthropic = "*"\n[scripts]\nanthropic = "==0.3"\n'),
    ("environment.yml", "name: anthropic=0.3\ndependencies:\n  - langchain-anthropic=0.1\n  - anthropic\n"),
]


@pytest.mark.parametrize("name,text", STAYS)
@pytest.mark.parametrize("not_ours", [None, "because"])
def test_what_stays_without_a_word(name: str, text: str, not_ours: str | None) -> None:
    assert planned(name, text.encode(), not_ours=not_ours) == (text.encode(), [])


# -- left, with the reason -------------------------------------------------------------------------

HASHED = "anthropic==0.3.11 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
LEFT = [
    ("requirements.txt", HASHED, "TC431"),
    ("requirements.txt", "#\n# This file is autogenerated by pip-compile with Python 3.11\n#\nanthropic==0.3.11\n", "TC431"),
    ("requirements.txt", "# This file was autogenerated by uv via the following command:\nanthropic==0.3.11\n", "TC431"),
    ("setup.py", 'setup(install_requires=["anthropic" "<0.4", "anthropic\\x3c0.4"])\n', "TC432 TC432"),
    ("setup.py", "setup(install_requires=[r'anthropic<0.4'])\n", "TC432"),
    ("setup.py", "print 'anthropic'\n", "TC432"),
    ("setup.py", "anthropic" + "(" * 5000, "TC432"),
    ("pyproject.toml", "anthropic = " + "[" * 5000, "TC432"),
    ("environment.yml", "anthropic: " + "[" * 1200, "TC432"),
    ("environment.yml", "a: &a [anthropic=0.3]\ndependencies: *a\n", "TC432"),
    ("requirements.txt", "anthropic==0.3.11\n    # via -r requirements.in\n", "TC431"),
    ("setup.cfg", "anthropic\n", "TC432"),
    ("pyproject.toml", "[project\nanthropic\n", "TC432"),
    ("pyproject.toml", '[project]\ndependencies = ["anthropic\\u003c0.4"]\n', "TC432"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nanthropic = "^0.3 || ^0.4"\n', "TC432"),
    ("environment.yml", "dependencies: [anthropic=0.3, x]\n", "TC432"),
    ("environment.yml", "dependencies:\n  - anthropic[version='>0.3']\n  - {\n", "TC432"),
]  # fmt: skip


@pytest.mark.parametrize("name,text,expected", LEFT, ids=lambda case: case[:60])
def test_what_is_left_and_reported(name: str, text: str, expected: str) -> None:
    after, findings = planned(name, text.encode())
    assert after == text.encode()
    assert rules(findings) == expected.split()
    assert all(finding.status == "manual" for finding in findings)


# A requirement that tells no version; the line to write.
DIRECT = [
    ("requirements.txt", "x\nanthropic @ git+https://example.org/x@v0.7.0  # c\n", "anthropic>=0.40.0,<3"),
    ("requirements.txt", "anthropic[vertex] @ file:///x.whl ; python_version > '3'\n",
     "anthropic[vertex]>=0.40.0,<3 ; python_version > '3'"),
    ("requirements.txt", "-e git+https://example.org/x@v0.7.0#egg=anthropic\n", "anthropic>=0.40.0,<3"),
    ("requirements.txt", "git+https://github.com/anthropics/anthropic-sdk-python@v0.7.0\n", "anthropic>=0.40.0,<3"),
    ("requirements.txt", "./wheels/anthropic-0.7.0-py3-none-any.whl\n", "anthropic>=0.40.0,<3"),
    ("pyproject.toml", '[project]\ndependencies = ["x", "anthropic @ https://example.org/x.whl"]\n', "anthropic>=0.40.0,<3"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nanthropic = {git = "https://example.org/x", tag = "v0.7.0"}\n',
     'anthropic = ">=0.40.0,<3"'),
    ("Pipfile", '[packages]\nanthropic = {path = "./x"}\n', 'anthropic = ">=0.40.0,<3"'),
    ("setup.py", "setup(install_requires=['anthropic@git+https://example.org/x'])\n", "anthropic>=0.40.0,<3"),
    ("setup.cfg", "[options]\ninstall_requires =\n    anthropic @ git+https://example.org/x\n", "anthropic>=0.40.0,<3"),
    ("environment.yml", "dependencies:\n- pip:\n  - anthropic @ git+https://example.org/x\n", "anthropic>=0.40.0,<3"),
]  # fmt: skip


@pytest.mark.parametrize("name,text,suggestion", DIRECT, ids=lambda case: case[:60])
def test_a_requirement_that_tells_no_version_is_left_and_told(name: str, text: str, suggestion: str) -> None:
    after, [finding] = planned(name, text.encode())
    assert (after, finding.rule, finding.status) == (text.encode(), "TC432", "manual")
    assert "its version cannot be told" in finding.message
    assert finding.suggestion == suggestion


@pytest.mark.parametrize(
    "text",
    [
        "my-anthropic @ git+https://example.org/x\n",
        "git+https://example.org/x#egg=anthropic-tools\n",
        "./wheels/anthropic_tools-0.7.0-py3-none-any.whl\n",
        "# anthropic @ git+https://example.org/x\n",
        "anthropic @ git+https://example.org/x  # to-messages: ignore\n",
    ],
)
def test_what_is_no_requirement_of_the_sdk_from_elsewhere(text: str) -> None:
    assert planned("requirements.txt", text.encode()) == (text.encode(), [])


def test_a_result_that_does_not_read_as_meant_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "edited", lambda text, edits: text)
    before = b"anthropic==0.3\n"
    plan = plan_manifest(read_manifest("requirements.txt", before), BRIDGED, Options(), None)
    assert plan.edits == []
    assert [(one.rule, one.status) for one in plan.findings] == [("TC432", "manual")] * 2


def test_calls_that_need_the_old_sdk_keep_the_pin() -> None:
    demand = Demand(floor="0.16.0", floor_path="a.py", is_rewritten=True, old=(("b.py", 7), ("b.py", 9)))
    after, [finding] = planned("requirements.txt", b"x\nanthropic==0.3.11  # c\n", demand)
    assert after == b"x\nanthropic==0.3.11  # c\n"
    assert (finding.rule, finding.status, finding.line, finding.column) == ("TC432", "manual", 2, 1)
    assert "2 places need an SDK below 1.0 (b.py:7)" in finding.message
    assert finding.notes == (
        "until then anthropic>=0.16.0,<1 has both APIs; afterwards write the suggestion",
    )
    assert finding.suggestion == "anthropic>=0.16.0,<3  # c"


def test_no_sdk_has_both_where_calls_of_sdk_02_are_left() -> None:
    demand = Demand(floor="0.16.0", floor_path="a.py", old=(("b.py", 7),), has_sdk_02=True)
    _, [finding] = planned("requirements.txt", b"anthropic==0.2.10", demand)
    assert finding.rule == "TC432"
    assert finding.notes == ()


def test_a_pin_that_has_what_is_needed_is_not_reported_for_calls_that_are_left() -> None:
    demand = Demand(floor="0.16.0", floor_path="a.py", is_rewritten=True, old=(("b.py", 7),))
    assert planned("requirements.txt", b"anthropic>=0.20,<1", demand) == (b"anthropic>=0.20,<1", [])


def test_a_file_that_could_not_be_analysed_keeps_the_pin() -> None:
    demand = Demand(floor="0.16.0", floor_path="a.py", is_rewritten=True, failed=("b.py",))
    _, [finding] = planned("requirements.txt", b"anthropic==0.3", demand)
    assert finding.rule == "TC432"
    assert "b.py could not be analysed" in finding.message


def test_a_cap_below_one_falls_only_in_the_run_that_rewrites_its_calls() -> None:
    before = b"anthropic>=0.40,<1\n"
    assert planned("requirements.txt", before)[0] == b"anthropic>=0.40,<3\n"
    standing = Demand(floor="0.40.0", floor_path="app.py")
    assert planned("requirements.txt", before, standing) == (before, [])


@pytest.mark.parametrize("off", [{"ignore": frozenset({"TC031"})}, {"select": frozenset({"TC001"})}])
def test_rules_can_be_switched_off(off: dict[str, frozenset[str]]) -> None:
    before = b"anthropic==0.3\n"
    assert planned("requirements.txt", before, options=Options(**off)) == (before, [])  # type: ignore[arg-type]


def test_the_bedrock_package_is_reported_while_code_uses_it() -> None:
    before = b"anthropic-bedrock==0.8\n"
    _, [finding] = planned("requirements.txt", before, Demand(bedrock=("app.py", 3)))
    assert (finding.rule, "app.py:3 still uses it" in finding.message) == ("TC432", True)
    assert planned("requirements.txt", before) == (before, [])


LOCKS = [
    ("poetry.lock", '[[package]]\nname = "anthropic"\nversion = "{}"\n', "poetry lock"),
    ("uv.lock", 'version = 1\n\n[[package]]\nname = "anthropic"\nversion = "{}"\n', "uv lock"),
    ("pdm.lock", '[[package]]\r\nname = "anthropic"\r\nversion = "{}"\r\n', "pdm lock"),
    ("pylock.toml", '[[packages]]\nname = "anthropic"\nversion = "{}"\n', "the command that wrote it"),
    ("conda-lock.yml", "package:\n- name: anthropic\n  version: {}\n", "conda-lock"),
    (
        "Pipfile.lock",
        '{{"default": {{\n"anthropic": {{\n"hashes": ["x"],\n"version": "=={}"\n}}}}}}\n',
        "pipenv lock",
    ),
]


@pytest.mark.parametrize("name,text,command", LOCKS)
def test_a_lock_that_is_too_old_is_reported_and_never_edited(name: str, text: str, command: str) -> None:
    old, new = (text.format(version).encode() for version in ("0.3.11", "0.50.0"))
    after, [finding] = planned(name, old)
    assert after == old
    assert (finding.rule, finding.status) == ("TC431", "manual")
    assert "0.3.11" in finding.message and f"({command})" in finding.message
    assert planned(name, new) == (new, [])
    assert rules(planned(name, new, BRIDGED)[1]) == ["TC431"]
    assert planned(name, new + b"# completions-to-messages", BRIDGED)[1] == []


# -- our own requirement ---------------------------------------------------------------------------

OWN = OWN_REQUIREMENT
ADDED = [
    ("requirements.txt", "anthropic>=0.40\nx\n", f"anthropic>=0.40\n{OWN}\nx\n"),
    ("requirements.txt", "x\r\nanthropic", f"x\r\nanthropic\r\n{OWN}"),
    (
        "requirements.txt",
        "anthropic[bedrock] ; python_version > '3'  # c\n",
        f"anthropic[bedrock] ; python_version > '3'  # c\n{OWN} ; python_version > '3'\n",
    ),
    (
        "pyproject.toml",
        '[project]\ndependencies = [\n  "anthropic",  # c\n  "x",\n]\n',
        f'[project]\ndependencies = [\n  "anthropic",  # c\n  "{OWN}",\n  "x",\n]\n',
    ),
    (
        "pyproject.toml",
        "[project]\r\ndependencies = [\r\n\t'x',\r\n\t'anthropic'  # c\r\n]\r\n",
        f"[project]\r\ndependencies = [\r\n\t'x',\r\n\t'anthropic',  # c\r\n\t'{OWN}'\r\n]\r\n",
    ),
    (
        "pyproject.toml",
        '[project]\ndependencies = ["anthropic", "x"]\noptional-dependencies.dev = ["anthropic"]\n',
        f'[project]\ndependencies = ["anthropic", "{OWN}", "x"]\noptional-dependencies.dev = ["anthropic"]\n',
    ),
    (
        "pyproject.toml",
        '[project.optional-dependencies]\na = ["anthropic"]\nb = ["anthropic"]\n',
        f'[project.optional-dependencies]\na = ["anthropic", "{OWN}"]\nb = ["anthropic", "{OWN}"]\n',
    ),
    (
        "pyproject.toml",
        '[tool.poetry.dependencies]\nanthropic = "*"  # c\nx = "*"\n',
        '[tool.poetry.dependencies]\nanthropic = "*"  # c\n'
        'completions-to-messages = {extras = ["adapter"], version = "*"}\nx = "*"\n',
    ),
    (
        "Pipfile",
        '[packages]\nanthropic = {version = "*"}',
        '[packages]\nanthropic = {version = "*"}\ncompletions-to-messages = {extras = ["adapter"], version = "*"}',
    ),
    (
        "setup.py",
        "setup(\n    install_requires=[\n        'anthropic'\n    ],\n)\n",
        f"setup(\n    install_requires=[\n        'anthropic',\n        '{OWN}'\n    ],\n)\n",
    ),
    (
        "setup.py",
        'setup(install_requires=("anthropic",))\n',
        f'setup(install_requires=("anthropic", "{OWN}",))\n',
    ),
    (
        "setup.cfg",
        "[options]\ninstall_requires =\n  anthropic\n  x\n",
        f"[options]\ninstall_requires =\n  anthropic\n  {OWN}\n  x\n",
    ),
    (
        "environment.yml",
        "dependencies:\n  - anthropic=0.50\n  - pip:\n    - x  # c\nname: y\n",
        f"dependencies:\n  - anthropic=0.50\n  - pip:\n    - x  # c\n    - {OWN}\nname: y\n",
    ),
]


@pytest.mark.parametrize("name,before,after", ADDED, ids=[f"{case[0]}: {case[1]}" for case in ADDED])
def test_our_requirement_is_added_in_the_same_style(name: str, before: str, after: str) -> None:
    demand = Demand(floor="0.40.0", floor_path="app.py", bridged_in="app.py")
    result, findings = planned(name, before.encode(), demand)
    assert result == after.encode()
    assert set(rules(findings)) == {"TC032"}
    assert planned(name, result, demand) == (result, [])


PLAIN = "completions-to-messages"
ADDED_WITHOUT_EXTRA = [
    ("requirements.txt", "anthropic==0.3.11\n", f"anthropic==0.3.11\n{PLAIN}\n"),
    (
        "pyproject.toml",
        '[project]\ndependencies = ["anthropic<1"]\n',
        f'[project]\ndependencies = ["anthropic<1", "{PLAIN}"]\n',
    ),
    (
        "Pipfile",
        '[packages]\nanthropic = "*"\n',
        f'[packages]\nanthropic = "*"\n{PLAIN} = "*"\n',
    ),
]


@pytest.mark.parametrize("name,before,after", ADDED_WITHOUT_EXTRA)
def test_code_that_needs_no_sdk_needs_no_extra(name: str, before: str, after: str) -> None:
    demand = Demand(bridged_in="app.py", needs_extra=False)
    result, [finding] = planned(name, before.encode(), demand)
    assert (result, finding.rule) == (after.encode(), "TC032")
    assert "[adapter]" not in finding.message
    assert planned(name, result, demand) == (result, [])


NOT_ADDED = [
    ("constraints.txt", "anthropic>=0.40\n", ""),
    ("requirements.txt", "anthropic>=0.40\ncompletions_to_messages\n", ""),
    ("requirements.txt", "x\n", ""),
    ("requirements.txt", "# autogenerated by pip-compile\nanthropic==0.50\n", "TC431"),
    ("pyproject.toml", '[tool.uv]\noverride-dependencies = ["anthropic"]\n', ""),
    ("pyproject.toml", '[tool.poetry.dependencies.anthropic]\nversion = "*"\n', "TC432"),
    ("pyproject.toml", '[tool.poetry.dependencies]\nanthropic = {version = "*", optional = true}\n', "TC432"),
    ("environment.yml", "dependencies:\n  - anthropic=0.50\n", "TC432"),
    ("setup.py", 'setup(install_requires=[("anthropic")])\n', "TC432"),
]


@pytest.mark.parametrize("name,text,expected", NOT_ADDED)
def test_where_our_requirement_is_not_added(name: str, text: str, expected: str) -> None:
    demand = Demand(floor="0.40.0", floor_path="app.py", bridged_in="app.py")
    after, findings = planned(name, text.encode(), demand)
    assert (after, rules(findings)) == (text.encode(), expected.split())


OLD_PYTHON = [
    ("pyproject.toml", '[project]\nrequires-python = ">=3.8"\ndependencies = ["anthropic"]\n', ">=3.8"),
    ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.9"\nanthropic = "*"\n', "^3.9"),
    ("pyproject.toml", '[tool.poetry.dependencies]\npython = "~3.9 || ^3.11"\nanthropic = "*"\n', "~3.9 || ^3.11"),
    ("Pipfile", '[packages]\nanthropic = "*"\n[requires]\npython_version = "3.9"\n', "3.9"),
    ("Pipfile", '[packages]\nanthropic = "*"\n[requires]\npython_full_version = "3.9.7"\n', "3.9.7"),
    ("setup.cfg", "[options]\npython_requires = >=3.6, <4\ninstall_requires =\n  anthropic\n", ">=3.6, <4"),
    ("setup.py", "setup(python_requires='>=3.9.2', install_requires=['anthropic'])\n", ">=3.9.2"),
    ("environment.yml", "dependencies:\n  - python=3.8\n  - pip:\n    - anthropic>=0.50\n", "=3.8"),
]  # fmt: skip


@pytest.mark.parametrize("name,text,shown", OLD_PYTHON)
def test_our_requirement_is_not_added_where_an_older_python_is_allowed(
    name: str, text: str, shown: str
) -> None:
    demand = Demand(floor="0.40.0", floor_path="app.py", bridged_in="app.py")
    after, [finding] = planned(name, text.encode(), demand)
    assert (after, finding.rule, finding.suggestion) == (text.encode(), "TC432", OWN)
    assert f'needs Python 3.10 or later, and this file says "{shown}" of Python' in finding.message


NEW_PYTHON = [
    ("pyproject.toml", '[project]\nrequires-python = ">=3.10"\ndependencies = ["anthropic"]\n'),
    ("pyproject.toml", '[project]\nrequires-python = ">3.9.99"\ndependencies = ["anthropic"]\n'),
    ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.10"\nanthropic = "*"\n'),
    ("Pipfile", '[packages]\nanthropic = "*"\n[requires]\npython_version = "3.12"\n'),
    ("setup.cfg", "[options]\npython_requires = >=3.11\ninstall_requires =\n  anthropic\n"),
    ("setup.py", "setup(python_requires='>=3.10', install_requires=['anthropic'])\n"),
    ("environment.yml", "dependencies:\n  - python>=3.8\n  - pip:\n    - anthropic>=0.50\n"),
    ("environment.yml", "dependencies:\n  - python=3.11\n  - pip:\n    - anthropic>=0.50\n"),
]


@pytest.mark.parametrize("name,text", NEW_PYTHON)
def test_our_requirement_is_added_where_python_is_new_enough(name: str, text: str) -> None:
    demand = Demand(floor="0.40.0", floor_path="app.py", bridged_in="app.py")
    _, findings = planned(name, text.encode(), demand)
    assert rules(findings) == ["TC032"]
    assert OWN_PYTHON in (PROJECT / "pyproject.toml").read_text("utf-8").split("requires-python")[1][:12]


def test_an_older_python_does_not_keep_the_pin() -> None:
    text = b'[project]\nrequires-python = ">=3.8"\ndependencies = ["anthropic<1"]\n'
    after, findings = planned("pyproject.toml", text)
    assert (after, rules(findings)) == (text.replace(b"<1", b">=0.40.0,<3"), ["TC031"])


def test_a_file_out_of_reach_is_told_both_lines() -> None:
    before = b"anthropic==0.3\n"
    after, findings = planned("requirements.txt", before, BRIDGED, not_ours="it is not among the paths given")
    assert after == before
    assert [(one.rule, one.suggestion) for one in findings] == [
        ("TC432", "anthropic>=0.40.0,<3"),
        ("TC432", OWN),
    ]


_LINES = st.lists(
    st.sampled_from(
        [
            "anthropic==0.3.11",
            "anthropic",
            "x==1",
            "# anthropic<1",
            "",
            "anthropic<1 \\",
            "  y",
            "-r z.txt",
            "é",
            "\x0c",
        ]
    ),
    max_size=8,
)


@given(
    lines=_LINES, newline=st.sampled_from(["\n", "\r\n", "\r"]), demand=st.sampled_from([REWRITTEN, BRIDGED])
)
def test_a_second_plan_changes_nothing(lines: list[str], newline: str, demand: Demand) -> None:
    once, _ = planned("requirements.txt", newline.join(lines).encode(), demand)
    assert planned("requirements.txt", once, demand)[0] == once


@given(content=st.binary(max_size=60), name=st.sampled_from([case[0] for case in IN_PLACE]))
def test_any_bytes_have_a_plan(content: bytes, name: str) -> None:
    assert planned(name, b"anthropic" + content, BRIDGED)[0].startswith(b"anthropic")


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


def test_steps_say_what_the_requirements_do_and_no_more() -> None:
    changed = FileReport("a.py", Outcome("rewritten", b"y", sdk_floor="0.40.0"), b"x")

    def first_step(*rules_found: str) -> str:
        found = tuple(Finding(rule, "rewritten", 1, 1, 1, 2, "found") for rule in rules_found)
        manifest = FileReport("r.txt", Outcome("rewritten", b"y", found), b"x", is_manifest=True)
        return " ".join(next_steps(Report((changed, manifest)), []))

    assert "your requirements say so now (r.txt:1)" in first_step("TC031", "TC032")
    assert "say so now" not in first_step("TC032")
    assert "no pin was found" in first_step("TC032")
    assert "r.txt:1): install them" in first_step("TC032")
    assert "what does not fit it is listed above" in first_step("TC031", "TC432")


def test_steps_name_the_adapter_and_what_is_left_for_a_person() -> None:
    outcomes = (
        Outcome("partly", b"y", (finding("bridged"), finding("review"), finding("manual")), uses_bridge=True),
        Outcome("failed", b"", reason="cannot be parsed"),
    )
    adapter, tests, review, manual, failed = next_steps(report(*outcomes), [])
    assert "pip install completions-to-messages)" in adapter
    [_, with_sdk, _] = next_steps(report(Outcome("partly", b"y", sdk_floor="0.40.0", uses_bridge=True)), [])
    assert 'pip install "completions-to-messages[adapter]"' in with_sdk
    assert "tests" in tests
    assert review.startswith("Review 1 place:")
    assert manual.startswith("Change 1 place by hand:")
    assert failed.startswith("See to 1 failed file,")


def test_real_paths_are_those_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").touch()
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "b.py").symlink_to("real/a.py")
    names = ["real/a.py", "folder/a.py", "b.py", "real/../b.py", "real/.", "real", "absent/c.py", "b.py/.."]
    paths = [str(tmp_path / "x")[:-1] + name for name in names]
    assert list(real_paths(paths)) == [os.path.realpath(path) for path in paths]
