"""Options of the command line and [tool.to-messages], together and wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from codemods.config import ConfigError, nearest_section, settings_from
from codemods.outcome import Options


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()  # nothing above the temporary directory counts
    return tmp_path


def write(project: Path, section: str, directory: str = ".") -> None:
    (project / directory).mkdir(parents=True, exist_ok=True)
    (project / directory / "pyproject.toml").write_text(section)


def test_without_anything_the_defaults() -> None:
    settings = settings_from({}, ["."])
    assert settings.options == Options()
    assert (settings.strict, settings.allow_dirty, settings.jobs, settings.format) == (
        False,
        False,
        None,
        "text",
    )


OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"model": ("claude-2.1=claude-opus-4-8", "mine=yours")},
        {"models": {"claude-2.1": "claude-opus-4-8", "mine": "yours"}},
    ),
    ({"default_model": "claude-opus-4-8"}, {"default_model": "claude-opus-4-8"}),
    ({"keep_sampling": True}, {"keep_sampling": True}),
    ({"prefill": "manual"}, {"prefill": "manual"}),
    ({"select": ("TC101,TC203",)}, {"select": frozenset({"TC101", "TC203"})}),
    ({"ignore": ("keep_prefill",)}, {"ignore": frozenset({"TC203"})}),
    ({"ignore": ("tc203", "bridge-prompt")}, {"ignore": frozenset({"TC101", "TC203"})}),
    ({"bridge_only": True}, {"bridge_only": True}),
    ({"no_bridge": True}, {"bridge": False}),
    ({"no_markers": True}, {"markers": False}),
]


@pytest.mark.parametrize("arguments,expected", OPTIONS, ids=[str(case[0]) for case in OPTIONS])
def test_options_of_the_command_line(arguments: dict[str, Any], expected: dict[str, Any]) -> None:
    assert settings_from(arguments, ["."]).options == Options(**expected)


def test_every_key_of_the_section(project: Path) -> None:
    write(
        project,
        """
        [tool.to-messages]
        model = {"claude-2.1" = "claude-opus-4-8"}
        default-model = "claude-haiku-5-5"
        keep-sampling = true
        prefill = "manual"
        select = ["TC101", "TC203"]
        ignore = ["TC101"]
        accept = ["TC203"]
        no-bridge = true
        strict = true
        no-markers = true
        allow-dirty = true
        jobs = 3
        format = "json"
        output = "report.json"
        verbose = true
        """,
    )
    settings = settings_from({}, ["."])
    assert settings.options == Options(
        models={"claude-2.1": "claude-opus-4-8"},
        default_model="claude-haiku-5-5",
        keep_sampling=True,
        prefill="manual",
        select=frozenset({"TC101", "TC203"}),
        ignore=frozenset({"TC101"}),
        accept=frozenset({"TC203"}),
        bridge=False,
        markers=False,
    )
    assert (settings.strict, settings.allow_dirty, settings.jobs) == (True, True, 3)
    assert (settings.format, settings.output, settings.verbose) == ("json", "report.json", True)


def test_the_command_line_counts_before_the_file_and_lists_are_joined(project: Path) -> None:
    write(
        project,
        '[tool.to-messages]\nmodel = ["a=b", "c=d"]\nignore = "TC101"\nprefill = "manual"\njobs = 2\n',
    )
    settings = settings_from(
        {"model": ("a=z",), "ignore": ("TC203",), "prefill": "fallback", "jobs": 5}, ["."]
    )
    assert settings.options.models == {"a": "z", "c": "d"}
    assert settings.options.ignore == {"TC101", "TC203"}
    assert settings.options.prefill == "fallback"
    assert settings.jobs == 5


def test_the_nearest_section_above_the_first_path(project: Path) -> None:
    write(project, "[tool.to-messages]\nstrict = true\n")
    write(project, "[tool.other]\n", "src")
    write(project, "[tool.to-messages]\njobs = 2\n", "src/app")
    (project / "src" / "app" / "a.py").touch()
    (project / "src" / "lib").mkdir()
    assert nearest_section("src/app/a.py") == ("src/app/pyproject.toml", {"jobs": 2})
    assert nearest_section("src/lib") == ("pyproject.toml", {"strict": True})
    assert nearest_section("not/there/yet") == ("pyproject.toml", {"strict": True})


def test_the_search_ends_at_the_work_tree(project: Path) -> None:
    write(project, "[tool.to-messages]\nstrict = true\n")
    subprocess.run(["git", "init", "-q", str(project / "inner")], check=True)
    assert nearest_section("inner") == ("", {})


WRONG_SECTIONS = [
    ("[tool.to-messages\n", "pyproject.toml: not valid TOML: "),
    ("# to-messages\n\udce9", "pyproject.toml: not UTF-8 at byte 14: save it as UTF-8"),
    ("[tool]\nto-messages = 3\n", "pyproject.toml: tool.to-messages must be a table"),
    ("[tool.to-messages]\nignroe = []\n", "has an unknown key 'ignroe': did you mean 'ignore'?"),
    (
        "[tool.to-messages]\nkeep_sampling = true\n",
        "unknown key 'keep_sampling': did you mean 'keep-sampling'?",
    ),
    ("[tool.to-messages]\nqqq = 1\n", "unknown key 'qqq': known keys are accept, allow-dirty, "),
    ("[tool.to-messages]\nstrict = 'yes'\n", "[tool.to-messages] strict: 'yes' is neither true nor false"),
    ("[tool.to-messages]\nprefill = 'drop'\n", "prefill: 'drop' is not one of fallback, manual"),
    ("[tool.to-messages]\njobs = 0\n", "jobs: 0 is not a whole number from 1 on"),
    ("[tool.to-messages]\njobs = true\n", "jobs: True is not a whole number from 1 on"),
    ("[tool.to-messages]\noutput = 7\n", "output: 7 is not a text"),
    ("[tool.to-messages]\nignore = [7]\n", "ignore: [7] is not a list of texts"),
    ("[tool.to-messages]\naccept = ['TC999']\n", "accept: no rule is called 'TC999'"),
    ("[tool.to-messages]\nmodel = ['claude-2.1']\n", "model: 'claude-2.1' is not OLD=NEW"),
    ("[tool.to-messages]\nmodel = 7\n", "model: 7 is not a list of texts"),
    (
        "[tool.to-messages]\nbridge-only = true\nno-bridge = true\n",
        "bridge-only and no-bridge exclude each other",
    ),
]


@pytest.mark.parametrize("section,message", WRONG_SECTIONS, ids=[case[1] for case in WRONG_SECTIONS])
def test_a_broken_section_is_one_clear_line(project: Path, section: str, message: str) -> None:
    (project / "pyproject.toml").write_bytes(section.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        settings_from({}, ["."])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


WRONG_OPTIONS = [
    ({"model": ("claude-2.1",)}, "--model: 'claude-2.1' is not OLD=NEW, as in claude-2.1=claude-opus-4-8"),
    ({"model": ("=x",)}, "--model: '=x' is not OLD=NEW"),
    ({"model": ("a=b=c",)}, "--model: 'a=b=c' is not OLD=NEW"),
    (
        {"model": ("x=claude-2.0",)},
        "--model: claude-2.0 does not answer any more since 2025-07-21: choose claude-opus-4-8",
    ),
    ({"default_model": "claude-instant-1"}, "--default-model: claude-instant-1 does not answer any more"),
    ({"default_model": " "}, "--default-model: ' ' is not a text"),
    ({"ignore": ("TC0001",)}, "--ignore: no rule is called 'TC0001': did you mean 'TC001'?"),
    ({"select": ("bridge_promt",)}, "did you mean 'bridge-prompt'?"),
    ({"select": ("zzz",)}, "--select: no rule is called 'zzz': `to-messages rules` lists them"),
]


@pytest.mark.parametrize("arguments,message", WRONG_OPTIONS, ids=[case[1] for case in WRONG_OPTIONS])
def test_a_wrong_option_is_one_clear_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_from(arguments, ["."])
    assert message in str(caught.value)
