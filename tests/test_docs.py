"""What the documents say is true: their examples are run, their tables are compared with the code."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from codemods.cli import main
from codemods.config import settings_from
from codemods.outcome import LADDER, Options, Outcome
from codemods.reports import FileReport, Report
from codemods.reports.json_report import report_object
from codemods.rewrite import rewrite_source
from codemods.rules import RULES
from migrate.completions import Completions
from migrate.policy import Policy

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text("utf-8")
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])


def section(title: str) -> str:
    """The README from a heading up to the next one of its height."""
    level = re.search(rf"^(#+) {re.escape(title)}$", README, re.M)
    assert level is not None, f"README.md has no section {title!r}"
    rest = README[level.end() :]
    following = re.search(rf"^#{{1,{len(level[1])}}} [A-Z]", rest, re.M)
    return rest[: following.start()] if following else rest


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


# -- before and after ------------------------------------------------------------------------------

BEFORE_AND_AFTER = re.compile(
    r"^```python\n# before\n(?P<before>.*?)^```\n+"
    r"^```(?:python\n# after(?:: (?P<status>\w+))?\n(?P<after>.*?)|text\n(?P<report>.*?))^```$",
    re.M | re.S,
)
PAIRS = list(BEFORE_AND_AFTER.finditer(README))


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["status"] or "unnamed" for pair in PAIRS])
def test_before_and_after_are_what_the_code_mod_does(pair: re.Match[str]) -> None:
    outcome = rewrite_source(pair["before"].encode(), "example.py", Options())
    if pair["report"] is None:
        assert outcome.source.decode() == pair["after"]
        assert {finding.status for finding in outcome.findings} == {pair["status"] or "rewritten"}
    else:
        assert outcome.source.decode() == pair["before"]
        lines = [
            f"{one.line}:{one.column} {one.rule} {one.status} {one.message}\n" for one in outcome.findings
        ]
        assert "".join(lines) == pair["report"]


def test_every_rung_has_an_example() -> None:
    assert len(blocks("python\n# before", README)) == len(PAIRS)
    assert {pair["status"] or "rewritten" for pair in PAIRS if pair["report"] is None} | {"manual"} == set(
        LADDER
    )
    for status in LADDER:
        assert f"**{status}**" in section("The ladder")


# -- examples --------------------------------------------------------------------------------------


def modules_with_examples() -> list[str]:
    files = [
        file for package in ("migrate", "codemods") for file in sorted((PROJECT / package).rglob("*.py"))
    ]
    with_examples = [file for file in files if re.search(r"^\s*>>> ", file.read_text("utf-8"), re.M)]
    return [".".join(file.relative_to(PROJECT).with_suffix("").parts) for file in with_examples]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert result.failed == 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_examples_in_documents(document: Path) -> None:
    examples = "\n".join(blocks("pycon", document.read_text("utf-8")))
    test = doctest.DocTestParser().get_doctest(examples, {}, document.name, str(document), 0)
    failures: list[str] = []
    assert doctest.DocTestRunner().run(test, out=failures.append).failed == 0, "".join(failures)


def shell_examples() -> Iterator[tuple[str, str]]:
    for block in blocks("console"):
        for example in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = example.partition("\n")
            yield command, output


@pytest.mark.parametrize("command, output", list(shell_examples()))
def test_examples_for_the_shell(command: str, output: str) -> None:
    runnable = command.replace("to-messages ", f"'{sys.executable}' -m codemods ")
    done = subprocess.run(
        ["bash", "-c", runnable], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == output.split()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_python_in_documents_is_python(document: Path) -> None:
    for block in blocks("python", document.read_text("utf-8")):
        compile(block, document.name, "exec")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), target


# -- tables ----------------------------------------------------------------------------------------


def test_every_rule_has_its_row() -> None:
    rows = [line for line in section("Rules").splitlines() if line.startswith("| TC")]
    assert rows == [f"| {rule.code} | `{rule.name}` | {rule.status} | {rule.summary} |" for rule in RULES]


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


@pytest.mark.parametrize("name, command", list(commands()))
def test_every_command_and_option_is_mentioned(name: str, command: click.Command) -> None:
    assert f"to-messages {name}" in README
    assert command.help
    options = [option for one in command.params if isinstance(one, click.Option) for option in one.opts]
    missing = [option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", README)]
    assert missing == []


def test_no_option_is_made_up() -> None:
    known = {"--help", "--version"}
    for _, command in commands():
        known.update(option for one in command.params for option in one.opts)
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]+", README)) <= known


def test_the_configuration_is_one(tmp_path: Path) -> None:
    [example] = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(example, "utf-8")
    settings = settings_from({}, [str(tmp_path)])
    assert settings.options == Options(
        models={"claude-2.1": "claude-opus-4-8"},
        prefill="manual",
        ignore=frozenset({"TC002"}),
        accept=frozenset({"TC201"}),
    )


def test_every_legacy_argument_has_its_row() -> None:
    table = section("What happens to each argument")
    rows = "".join(re.findall(r"^\| (`.*?) \|", table, re.M))
    named = set(re.findall(r"`(\w+)`", rows))
    assert named == set(inspect.signature(Completions.create).parameters) - {"self"}


def test_every_policy_field_has_its_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)`", section("Policy"), re.M)
    fields = {name: getattr(Policy(), name) for name in (one.name for one in dataclasses.fields(Policy))}
    assert rows == [(name, str(json.dumps(v) if isinstance(v, str) else v)) for name, v in fields.items()]


def test_the_report_schema_names_every_key() -> None:
    outcome = rewrite_source(b"from anthropic import HUMAN_PROMPT\nprint(HUMAN_PROMPT)\n", "a.py", Options())
    outcome = dataclasses.replace(outcome, sdk_floor="0.16.0", uses_bridge=True)
    assert isinstance(outcome, Outcome)
    report = Report((FileReport("a.py", outcome, traceback="…"),), (("venv", "why"),))
    schema = section("JSON report")
    named = set(re.findall(r'"(\w+)"', schema))
    assert keys_of(report_object(report)) <= named


def keys_of(value: object) -> set[str]:
    """All keys of a JSON value that are names; those below "rules" are codes."""
    if isinstance(value, dict):
        inner = [keys_of(one) for key, one in value.items() if key != "rules"]
        return {key for key in value if isinstance(key, str)}.union(*inner)
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def test_the_quick_start_is_the_makefile() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    [commands_shown] = blocks("", section("Quick start"))
    assert commands_shown.split("\n") == ["make demo", "make check", ""]
    for target in re.findall(r"make ([\w-]+)", commands_shown):
        assert re.search(rf"^{target}:", makefile, re.M)
