"""Dependency files through the front door: whose code they serve, when they are edited, what is said."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codemods.cli import main

CLEAN = """\
from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic

reply = Anthropic().completions.create(
    model="claude-2.1", max_tokens_to_sample=9, prompt=f"{HUMAN_PROMPT} Hello{AI_PROMPT}"
)
print(reply.completion.strip())
"""
BRIDGED = CLEAN.replace('f"{HUMAN_PROMPT} Hello{AI_PROMPT}"', "input()").replace(
    "AI_PROMPT, HUMAN_PROMPT, ", ""
)
REFUSED = CLEAN.replace('f"{HUMAN_PROMPT} Hello{AI_PROMPT}"', '"Hello"').replace(
    "AI_PROMPT, HUMAN_PROMPT, ", ""
)
IGNORED = CLEAN.replace("\n)\n", "\n)  # to-messages: ignore\n")
PIN, MOVED = "anthropic==0.3.11\n", "anthropic>=0.16.0,<3\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(tree: Path, **files: str) -> None:
    """make(tree, **{"a/b.py": "text"})"""
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content.encode())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def report(*arguments: str) -> dict[str, Any]:
    """path -> its entry in the JSON report"""
    document = json.loads(run(*arguments, "--format", "json").stdout)
    return {entry["path"]: entry for entry in document["files"]}


def rules(entry: dict[str, Any] | None) -> list[str]:
    return [finding["rule"] for finding in entry["findings"]] if entry else []


def test_check_reports_diff_shows_and_fix_edits(tree: Path) -> None:
    make(tree, **{"app.py": CLEAN, "requirements.txt": PIN})
    entry = report("check", ".")["requirements.txt"]
    assert (entry["outcome"], entry["reason"], rules(entry)) == ("rewritten", None, ["TC031"])
    assert "-anthropic==0.3.11\n+anthropic>=0.16.0,<3\n" in run("diff", ".").stdout
    assert (tree / "requirements.txt").read_text() == PIN
    done = run("fix", ".")
    assert done.exit_code == 0
    assert (
        "The new code needs anthropic>=0.16.0; your requirements say so now (requirements.txt:1)"
        in done.stdout
    )
    assert (tree / "requirements.txt").read_text() == MOVED
    assert run("check", ".").exit_code == 0
    assert run("diff", ".").stdout == ""


def test_a_diff_of_everything_applies(tree: Path) -> None:
    make(
        tree,
        **{
            "app.py": BRIDGED,
            "requirements.txt": "anthropic==0.3.11",
            "setup.py": "setup(install_requires=['anthropic<0.4'])\r\n",
        },
    )
    (tree / "changes").write_bytes(run("diff", ".").stdout_bytes)
    subprocess.run(["git", "apply", "changes"], check=True, cwd=tree)
    assert (
        tree / "requirements.txt"
    ).read_bytes() == b"anthropic>=0.40.0,<3\ncompletions-to-messages[adapter]"
    assert (tree / "setup.py").read_bytes() == (
        b"setup(install_requires=['anthropic>=0.40.0,<3', 'completions-to-messages[adapter]'])\r\n"
    )
    assert run("check", ".").exit_code == 0


def test_setup_py_has_one_entry_though_it_is_code_as_well(tree: Path) -> None:
    make(
        tree, **{"app.py": CLEAN, "setup.py": "import anthropic\nsetup(install_requires=['anthropic<0.4'])\n"}
    )
    entries = json.loads(run("check", ".", "--format", "json").stdout)["files"]
    assert [entry["path"] for entry in entries] == ["app.py", "setup.py"]
    assert rules(entries[1]) == ["TC031"]


@pytest.mark.parametrize("left", [REFUSED, IGNORED, "import anthropic (\n"])
def test_the_pin_stays_while_something_needs_the_old_sdk(tree: Path, left: str) -> None:
    make(tree, **{"app.py": CLEAN, "left.py": left, "requirements.txt": PIN})
    before = report("check", ".")["requirements.txt"]
    assert (before["outcome"], rules(before)) == ("unchanged", ["TC432"])
    assert "left.py" in before["findings"][0]["message"]
    assert run("fix", ".").exit_code in (1, 2)
    assert (tree / "requirements.txt").read_text() == PIN
    after = report("check", ".")["requirements.txt"]
    assert after == before
    (tree / "left.py").unlink()
    run("fix", ".")
    assert (tree / "requirements.txt").read_text() == MOVED


def test_what_lies_outside_the_paths_given_is_told_and_not_touched(tree: Path) -> None:
    make(tree, **{"src/app.py": CLEAN, "requirements.txt": "x\n" + PIN})
    for given in (["src"], ["src/app.py"]):
        entry = report("check", *given)["requirements.txt"]
        [finding] = entry["findings"]
        assert (finding["rule"], finding["suggestion"]) == ("TC432", MOVED.strip())
        assert "not among the paths given" in finding["message"]
    assert run("fix", "src").exit_code == 1
    assert (tree / "requirements.txt").read_text() == "x\n" + PIN
    assert rules(report("check", "src")["requirements.txt"]) == ["TC432"]


def test_a_dependency_file_can_be_named(tree: Path) -> None:
    make(tree, **{"src/app.py": CLEAN, "tests/plain.py": "x = 1\n", "requirements.txt": PIN})
    assert run("fix", "src", "requirements.txt").exit_code == 0
    assert (tree / "requirements.txt").read_text() == MOVED
    assert report("check", "requirements.txt")["requirements.txt"]["outcome"] == "unchanged"


def test_code_that_was_left_out_keeps_a_named_file_as_it_is(tree: Path) -> None:
    make(tree, **{"src/app.py": CLEAN, "tests/test_app.py": REFUSED, "requirements.txt": PIN})
    entry = report("fix", "src", "requirements.txt")["requirements.txt"]
    assert rules(entry) == ["TC432"]
    assert os.path.join("tests", "test_app.py") in entry["findings"][0]["message"]
    assert (tree / "requirements.txt").read_text() == PIN


def test_each_project_of_a_tree_has_its_own_files(tree: Path) -> None:
    names = ["a/requirements.txt", "b/requirements.txt", "c/requirements.txt", "requirements.txt"]
    make(tree, **dict.fromkeys(names, PIN))
    make(
        tree,
        **{"a/pkg/app.py": CLEAN, "b/app.py": "import anthropic\n", "c/app.py": CLEAN, "c/old.py": REFUSED},
    )
    run("fix", ".")
    assert {name for name in names if (tree / name).read_text() == MOVED} == {"a/requirements.txt"}
    assert rules(report("check", ".").get("c/requirements.txt")) == ["TC432"]


def test_the_nearest_files_that_name_the_sdk_count(tree: Path) -> None:
    make(
        tree,
        **{
            "requirements.txt": PIN,
            "svc/setup.cfg": "[flake8]\n",
            "svc/requirements.txt": "x\n",
            "svc/app.py": CLEAN,
        },
    )
    run("fix", ".")
    assert (tree / "requirements.txt").read_text() == MOVED


def test_a_folder_without_code_serves_the_code_around_it(tree: Path) -> None:
    names = ["requirements/base.txt", "docker/requirements.txt", "deploy/env/environment.yml"]
    make(
        tree,
        **{names[0]: PIN, names[1]: PIN, names[2]: "dependencies:\n  - anthropic=0.3\n", "src/app.py": CLEAN},
    )
    assert run("fix", ".").exit_code == 0
    assert all(">=0.16.0,<3" in (tree / name).read_text() for name in names)


def test_an_included_file_serves_both_who_include_it(tree: Path) -> None:
    make(
        tree,
        **{
            "common/llm.txt": PIN,
            "a/requirements.txt": "-r ../common/llm.txt\n",
            "b/requirements.txt": "-r ../common/llm.txt\n-c limits.txt\n",
            "b/limits.txt": PIN,
            "a/app.py": BRIDGED,
            "b/app.py": REFUSED,
        },
    )
    assert rules(report("fix", ".")["common/llm.txt"])[0] == "TC432"
    (tree / "b/app.py").write_text(BRIDGED)
    run("fix", ".")
    assert (tree / "common/llm.txt").read_text() == "anthropic>=0.40.0,<3\ncompletions-to-messages[adapter]\n"
    assert (tree / "b/limits.txt").read_text() == "anthropic>=0.40.0,<3\n"


@pytest.mark.parametrize(
    "name,text",
    [
        ("pyproject.toml", '[tool.setuptools.dynamic]\ndependencies = {file = ["deps.txt"]}\n'),
        ("pyproject.toml", '[tool.setuptools.dynamic]\ndependencies = {file = "deps.txt"}\n'),
        (
            "pyproject.toml",
            '[tool.setuptools.dynamic.optional-dependencies]\nllm = {file = ["a.txt", "./deps.txt"]}\n',
        ),
        ("setup.cfg", "[options]\ninstall_requires = file: deps.txt\n"),
        ("setup.cfg", "[options.extras_require]\nllm = file: a.txt, deps.txt\n"),
    ],
)
def test_files_that_setuptools_reads_are_followed(tree: Path, name: str, text: str) -> None:
    make(tree, **{"app.py": CLEAN, name: text, "deps.txt": PIN, "other.txt": PIN})
    assert run("fix", ".").exit_code == 0
    assert [(tree / one).read_text() for one in ("deps.txt", "other.txt")] == [MOVED, PIN]
    assert run("check", ".").exit_code == 0


@pytest.mark.parametrize(
    "how",
    [
        'open("deps.txt").read().splitlines()',
        'open(os.path.join(HERE, "deps.txt")).readlines()',
        'Path("deps.txt").read_text().split()',
        '(HERE / "deps.txt").read_text().split()',
    ],
)
def test_files_that_the_code_of_setup_py_reads_are_told_and_not_touched(tree: Path, how: str) -> None:
    setup = f'readme = open("README.md").read()\nsetup(install_requires={how})\n'
    make(tree, **{"app.py": BRIDGED, "setup.py": setup, "deps.txt": PIN, "README.md": PIN})
    entries = report("fix", ".")
    assert (tree / "deps.txt").read_text() == PIN
    assert rules(entries["deps.txt"]) == ["TC432", "TC432"]
    assert "only the code of setup.py reads it" in entries["deps.txt"]["findings"][0]["message"]
    assert "README.md" not in entries
    assert rules(report("check", ".")["deps.txt"]) == ["TC432", "TC432"]
    make(tree, **{"deps.txt": "anthropic>=0.50\ncompletions-to-messages[adapter]\n"})
    assert "deps.txt" not in report("check", ".")


def test_a_requirements_file_that_setup_py_reads_is_edited(tree: Path) -> None:
    make(
        tree,
        **{
            "app.py": CLEAN,
            "setup.py": 'setup(install_requires=open("requirements.txt").read().split())\n',
            "requirements.txt": PIN,
        },
    )
    run("fix", ".")
    assert (tree / "requirements.txt").read_text() == MOVED


ELSEWHERE = [
    ("Dockerfile", "FROM python\nRUN pip install anthropic==0.7.0 flask\n", 2, "anthropic==0.7.0"),
    ("api.Dockerfile", 'RUN pip install "anthropic[vertex]>=0.3,<0.4"\n', 1, "anthropic[vertex]>=0.3,<0.4"),
    ("tox.ini", "[testenv]\ndeps =\n    anthropic==0.7.0\n    pytest\n", 3, "anthropic==0.7.0"),
    ("noxfile.py", 'def tests(session):\n    session.install("anthropic~=0.3.0")\n', 2, "anthropic~=0.3.0"),
    (".github/workflows/ci.yml", "- run: pip install anthropic==0.7.0\n", 1, "anthropic==0.7.0"),
]


@pytest.mark.parametrize("name,text,line,pin", ELSEWHERE)
@pytest.mark.parametrize("pinned", [{}, {"requirements.txt": PIN}])
def test_pins_in_other_files_are_told_and_not_touched(
    tree: Path, name: str, text: str, line: int, pin: str, pinned: dict[str, str]
) -> None:
    make(tree, **{"src/app.py": CLEAN, "main.py": "", name: text, **pinned})
    (tree / ".git").mkdir()
    said = run("fix", ".", "--allow-dirty").stdout
    hint = f'{os.path.join(*name.split("/"))}:{line} ("{pin}")'
    assert hint in said
    assert "no pin was found" not in said
    assert (tree / name).read_text() == text


@pytest.mark.parametrize("text", ["RUN pip install anthropic\n", "RUN pip install anthropic==0.50.0\n",
                                  "# pip install anthropic==0.3\n", "RUN pip install my-anthropic==0.3\n"])  # fmt: skip
def test_other_files_that_allow_the_new_code_are_not_told(tree: Path, text: str) -> None:
    make(tree, **{"app.py": CLEAN, "Dockerfile": text})
    assert "Dockerfile" not in run("fix", ".").stdout


def test_files_that_include_each_other_come_to_an_end(tree: Path) -> None:
    make(
        tree,
        **{
            "requirements.txt": "-r requirements-b.txt\n",
            "requirements-b.txt": "-r requirements.txt\n" + PIN,
            "app.py": CLEAN,
        },
    )
    assert run("fix", ".").exit_code == 0
    assert (tree / "requirements-b.txt").read_text().endswith(MOVED)


def test_a_bug_of_ours_fails_one_file_and_no_run(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree, **{"app.py": CLEAN, "requirements.txt": PIN})

    def broken(*arguments: object) -> None:
        raise KeyError("a name nobody expected")

    monkeypatch.setattr("codemods.pins.joining.plan_manifest", broken)
    entries = report("fix", ".")
    assert entries["app.py"]["outcome"] == "rewritten"
    assert entries["requirements.txt"]["outcome"] == "failed"
    assert "a name nobody expected" in entries["requirements.txt"]["reason"]


def test_a_lock_file_is_found_until_it_is_renewed(tree: Path) -> None:
    lock = '[[package]]\nname = "anthropic"\nversion = "{}"\n'
    make(
        tree,
        **{
            "app.py": CLEAN,
            "pyproject.toml": '[project]\ndependencies = ["anthropic<1"]\n',
            "uv.lock": lock.format("0.3.11"),
        },
    )
    assert run("fix", ".").exit_code == 1
    entry = report("check", ".")["uv.lock"]
    assert (entry["outcome"], rules(entry)) == ("unchanged", ["TC431"])
    (tree / "uv.lock").write_text(lock.format("2.12.0"))
    assert "uv.lock" not in report("check", ".")


@pytest.mark.parametrize("how", ["--no-pins", "pins", "no-pins"])
def test_pins_can_be_left_alone(tree: Path, how: str) -> None:
    make(tree, **{"app.py": CLEAN, "requirements.txt": PIN})
    if not how.startswith("--"):
        make(tree, **{"pyproject.toml": f"[tool.to-messages]\n{how} = {str(how == 'no-pins').lower()}\n"})
    done = run("fix", ".", *[how] * how.startswith("--"))
    assert done.exit_code == 0
    assert (tree / "requirements.txt").read_text() == PIN
    assert 'requirements.txt:1 forbids it ("anthropic==0.3.11")' in done.stdout


def test_uncommitted_changes_in_a_dependency_file_stop_everything(tree: Path) -> None:
    make(tree, **{"app.py": CLEAN, "requirements.txt": PIN})
    for command in (
        ["init", "-q"],
        ["add", "app.py"],
        ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], check=True, cwd=tree)
    assert run("fix", ".").exit_code == 2
    assert (tree / "app.py").read_text() == CLEAN
    assert run("fix", ".", "--allow-dirty").exit_code == 0
    assert (tree / "requirements.txt").read_text() == MOVED


def test_no_pin_moves_when_code_cannot_be_written(tree: Path) -> None:
    make(tree, **{"app.py": CLEAN, "requirements.txt": PIN})
    (tree / "app.py").chmod(0o444)
    entries = report("fix", ".")
    assert entries["app.py"]["outcome"] == entries["requirements.txt"]["outcome"] == "failed"
    assert "app.py could not be written" in entries["requirements.txt"]["reason"]
    assert (tree / "requirements.txt").read_text() == PIN


def test_files_that_git_ignores_and_links_out_of_the_paths_stay(tree: Path) -> None:
    make(
        tree,
        **{
            "given/app.py": CLEAN,
            "given/.gitignore": "requirements-local.txt\n",
            "given/requirements-local.txt": PIN,
            "elsewhere.txt": PIN,
        },
    )
    (tree / "given" / "requirements.txt").symlink_to("../elsewhere.txt")
    subprocess.run(["git", "init", "-q", "given"], check=True, cwd=tree)
    assert rules(report("fix", "given", "--allow-dirty")[os.path.join("given", "requirements.txt")]) == [
        "TC432"
    ]
    assert (tree / "elsewhere.txt").read_text() == (tree / "given/requirements-local.txt").read_text() == PIN


def test_projects_without_old_code_hear_nothing(tree: Path) -> None:
    make(
        tree,
        **{
            "app.py": "import anthropic\n\nanthropic.Anthropic().messages.create()\n",
            "requirements.txt": "anthropic>=0.30,<1\n",
        },
    )
    assert run("check", ".").exit_code == 0
    make(tree, **{"app.py": "import openai\n", "requirements.txt": PIN})
    assert run("check", ".").exit_code == 0


def test_code_that_was_migrated_by_hand_finds_its_pin(tree: Path) -> None:
    make(
        tree,
        **{
            "app.py": "import anthropic\n\nanthropic.Anthropic().messages.create(thinking={})\n",
            "requirements.txt": PIN,
        },
    )
    assert run("fix", ".").exit_code == 0
    assert (tree / "requirements.txt").read_text() == "anthropic>=0.47.0,<3\n"


def test_code_that_only_converts_bodies_asks_for_no_sdk(tree: Path) -> None:
    body = (
        'import requests\n\ndef f(body):\n    url = "https://api.anthropic.com/v1/complete"\n'
        '    sent = {"x-api-key": "k", "anthropic-version": "2023-06-01"}\n'
        '    return requests.post(url, headers=sent, json=body).json()["completion"]\n'
    )
    make(tree, **{"app.py": body, "requirements.txt": "requests\n"})
    done = run("fix", ".")
    assert "messages_body(" in (tree / "app.py").read_text()
    assert "Add completions-to-messages to your dependencies" in done.stdout
    assert "anthropic>=" not in done.stdout and "[adapter]" not in done.stdout
    make(tree, **{"requirements.txt": PIN})
    run("fix", ".")
    assert (tree / "requirements.txt").read_text() == PIN + "completions-to-messages\n"


def test_standard_input_has_no_dependency_files(tree: Path) -> None:
    make(tree, **{"requirements.txt": PIN})
    done = CliRunner().invoke(main, ["fix", "-"], input=CLEAN)
    assert (done.exit_code, (tree / "requirements.txt").read_text()) == (0, PIN)
