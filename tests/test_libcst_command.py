"""The engine as a LibCST codemod: through LibCST's own command, and one module at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import libcst
import pytest
from libcst.codemod import CodemodContext, SkipFile

from codemods import shared_project
from codemods.libcst_command import ToMessagesCommand
from codemods.rewrite import is_candidate
from codemods.shared_project import SnapshotError, project_around

COMMAND = "codemods.libcst_command.ToMessagesCommand"
CLIENT = "import anthropic\n\nclient = anthropic.Anthropic()\nPROMPT = f'{anthropic.HUMAN_PROMPT} Hello{anthropic.AI_PROMPT}'\n"
CALL = """\
from client import PROMPT, client

reply = client.completions.create(model="claude-2.1", max_tokens_to_sample=9, temperature=0, prompt=PROMPT)
print(reply.completion.strip())
"""
REFUSED = """\
import anthropic

anthropic.Anthropic().completions.create(model="claude-2.1", max_tokens_to_sample=9, prompt="Hello")
"""
LOOK_ALIKE = "import openai\n\nprint(openai.OpenAI().completions.create(prompt='x'))\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(root: Path) -> None:
    """A small project whose files need each other, one of each kind, with odd bytes kept."""
    (root / "pyproject.toml").write_text("[project]\nname = 'sample'\n")
    (root / "client.py").write_text(CLIENT)
    for number in range(6):
        (root / f"call{number}.py").write_text(CALL)
    (root / "crlf.py").write_bytes(b"\xef\xbb\xbf" + CALL.replace("\n", "\r\n").encode() + b"x = 'no end'")
    (root / "latin.py").write_bytes(f"# -*- coding: latin-1 -*-\n{CALL}# é\n".encode("latin-1"))
    (root / "old.py").write_text(REFUSED)
    (root / "look_alike.py").write_text(LOOK_ALIKE)


def contents(root: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(root.iterdir()) if file.is_file()}


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False, timeout=120
    )


RUNS = [
    ("1", []),
    ("3", []),
    ("3", ["--bridge-only"]),
    ("2", ["--no-bridge", "--no-markers"]),
    ("2", ["--model", "claude-2.1=claude-sonnet-4-5"]),
]


@pytest.mark.parametrize("jobs,options", RUNS)
def test_the_runner_writes_what_fix_writes(tmp_path: Path, jobs: str, options: list[str]) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for root in (ours, theirs):
        root.mkdir()
        make(root)
    before = contents(ours)
    run(ours, "codemods", "fix", ".", *options)
    done = run(theirs, "libcst.tool", "codemod", "-x", COMMAND, ".", "--no-format", "--jobs", jobs, *options)
    assert done.returncode == 0, done.stderr
    assert contents(theirs) == contents(ours)
    assert contents(ours) != before
    assert ("TC302 manual" in done.stderr) == ("--bridge-only" not in options)
    assert ("TC201 review" in done.stderr) == (not any("bridge" in option for option in options))


def test_a_configured_module_needs_no_full_name(tree: Path) -> None:
    make(tree)
    (tree / ".libcst.codemod.yaml").write_text("modules: [codemods]\n")
    done = run(tree, "libcst.tool", "codemod", "libcst_command.ToMessagesCommand", "--no-format", "call0.py")
    assert done.returncode == 0, done.stderr
    assert b"messages.create" in (tree / "call0.py").read_bytes()


def test_wrong_options_are_refused_at_once(tree: Path) -> None:
    done = run(tree, "libcst.tool", "codemod", "-x", COMMAND, ".", "--ignore", "TC999")
    assert done.returncode == 2
    assert "no rule is called 'TC999'" in done.stderr


def transformed(source: str, context: CodemodContext | None = None, **arguments: object) -> libcst.Module:
    return ToMessagesCommand(context or CodemodContext(), **arguments).transform_module(
        libcst.parse_module(source)
    )


def test_a_module_without_a_file() -> None:
    context = CodemodContext()
    module = transformed(CLIENT + CALL.replace("from client import PROMPT, client\n", ""), context)
    assert 'client.messages.create(model="claude-opus-4-8", max_tokens=9' in module.code
    assert [warning.split()[1] for warning in context.warnings] == ["TC201"]


@pytest.mark.parametrize("source", ["x = 1\n", LOOK_ALIKE, REFUSED])
def test_an_unchanged_module_is_the_same_tree(source: str) -> None:
    tree = libcst.parse_module(source)
    assert ToMessagesCommand(CodemodContext()).transform_module_impl(tree) is tree


def test_the_project_file_is_heeded(tree: Path) -> None:
    make(tree)
    (tree / "pyproject.toml").write_text('[tool.to-messages]\naccept = ["TC201"]\n')
    context = CodemodContext(filename=str(tree / "call0.py"))
    assert "TODO" not in transformed(CALL, context).code
    assert context.warnings == []


def test_a_file_that_cannot_be_analysed_is_skipped_with_the_reason(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.to-messages]\nmodell = "x"\n')
    with pytest.raises(SkipFile, match="unknown key 'modell'"):
        transformed(CALL, CodemodContext(filename=str(tree / "a.py")), model=["claude-2=claude-opus-4-8"])
    with pytest.raises(SkipFile, match="left as it was"):
        transformed("import anthropic\nx = b'é'\n")  # LibCST reads it, Python does not


def test_neighbours_are_seen_as_they_were_when_the_run_began(tree: Path) -> None:
    make(tree)
    copies = tree / "copies"
    copies.mkdir()
    first, _ = project_around(str(tree), str(copies), is_candidate)
    (tree / "client.py").write_text("import anthropic\n# rewritten meanwhile\n")
    shared_project._kept.cache_clear()  # as another process would begin
    second, _ = project_around(str(tree), str(copies), is_candidate)
    assert first.read("client.py") == second.read("client.py") == CLIENT.encode()
    assert second.read("look_alike.py") == LOOK_ALIKE.encode()
    assert second.read("gone.py") is None


def test_a_copy_that_never_comes_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree)
    copies = tree / "copies"
    copies.mkdir()
    project_around(str(tree), str(copies), is_candidate)
    [ready] = [file for file in copies.iterdir() if not file.suffix]
    ready.unlink()
    shared_project._kept.cache_clear()
    monkeypatch.setattr(shared_project, "SECONDS_TO_WAIT", 0.05)
    with pytest.raises(SnapshotError, match="did not finish"):
        project_around(str(tree), str(copies), is_candidate)
