"""Finding, reading and replacing files, on real directories."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods import files, replace
from codemods.files import FileProblem, Found, dependency_files_above, find_files, read_or_none
from codemods.git import GitError, uncommitted
from codemods.gitignore import IgnoreRules, ignore_rules
from codemods.replace import ReplaceError, replace_file, write_output


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(root: Path, *names: str, text: str = "x = 1\n") -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def shown(found: Found) -> list[str]:
    return [path.replace(os.sep, "/") for path in found.files]


# -- what is found ---------------------------------------------------------------------------------

WALKS = [
    (
        "python files of every kind",
        ["a.py", "b.pyi", "c.pyw", "d.ipynb"],
        ["a.py", "b.pyi", "c.pyw", "d.ipynb"],
    ),
    ("nothing else", ["a.py", "notes.txt", "py", "a.py.bak", "script"], ["a.py"]),
    (
        "below directories, in order",
        ["b/z.py", "a/y.py", "x.py", "a/b/c.py"],
        ["x.py", "a/y.py", "a/b/c.py", "b/z.py"],
    ),
    ("an environment", ["a.py", "env/pyvenv.cfg", "env/lib/b.py"], ["a.py"]),
    ("a conda environment", ["a.py", "env/conda-meta/history", "env/lib/b.py"], ["a.py"]),
    ("a hidden environment", [".venv/b.py", "a.py"], ["a.py"]),
    ("installed packages", ["x/site-packages/b.py", "node_modules/c/d.py", "a.py"], ["a.py"]),
    ("caches", ["__pycache__/b.py", ".mypy_cache/c.py", ".tox/py/d.py", "a.py"], ["a.py"]),
    ("build output beside its build file", ["pyproject.toml", "build/b.py", "dist/c.py", "a.py"], ["a.py"]),
    ("a package called build", ["pkg/build/b.py", "a.py"], ["a.py", "pkg/build/b.py"]),
    ("hidden directories of the user", [".github/scripts/b.py", "a.py"], ["a.py", ".github/scripts/b.py"]),
    ("a directory named like a file", ["x.py/inner.py", "a.py"], ["a.py", "x.py/inner.py"]),
]


@pytest.mark.parametrize("names,expected", [case[1:] for case in WALKS], ids=[case[0] for case in WALKS])
def test_walk_finds(tree: Path, names: list[str], expected: list[str]) -> None:
    make(tree, *names)
    assert shown(find_files(["."])) == expected


def test_paths_are_shown_as_the_user_gave_them(tree: Path) -> None:
    make(tree, "src/a.py")
    assert shown(find_files(["src"])) == ["src/a.py"]
    assert shown(find_files(["./src/"])) == ["src/a.py"]
    assert find_files([str(tree / "src")]).files == [str(tree / "src" / "a.py")]


def test_a_file_is_found_once_however_often_it_is_named(tree: Path) -> None:
    make(tree, "src/a.py")
    assert shown(find_files(["src/a.py", "src", ".", str(tree / "src" / "a.py")])) == ["src/a.py"]


def test_named_directories_are_entered_whatever_they_are_called(tree: Path) -> None:
    make(tree, "site-packages/a.py", "env/pyvenv.cfg", "env/b.py")
    assert shown(find_files(["site-packages", "env"])) == ["site-packages/a.py", "env/b.py"]


def test_directories_left_out_are_named_with_the_reason(tree: Path) -> None:
    make(tree, "a.py", ".venv/b.py", "env/pyvenv.cfg", "__pycache__/c.py")
    assert find_files(["."]).directories_not_entered == [
        (".venv", "virtual environment"),
        ("__pycache__", "cache"),
        ("env", "virtual environment"),
    ]


@pytest.mark.parametrize(
    "name,content,unusual",
    [
        ("script", "#!/usr/bin/env python3\n", False),
        ("script", "#!/bin/sh\n", True),
        ("script", "", True),
        ("notes.text", "hello\n", True),
        ("a.py", "", False),
        ("A.ipynb", "{}", False),
    ],
)
def test_a_named_file_is_always_looked_at(tree: Path, name: str, content: str, unusual: bool) -> None:
    make(tree, name, text=content)
    found = find_files([name])
    assert shown(found) == [name]
    assert (name in found.unusual) is unusual


def test_a_directory_without_python_is_told(tree: Path) -> None:
    make(tree, "docs/readme.txt")
    found = find_files(["docs"])
    assert found.files == []
    assert found.without_python == ["docs"]


# -- .gitignore ------------------------------------------------------------------------------------

IGNORES = [
    ("a pattern", {".gitignore": "*_pb2.py\n"}, ["a.py", "x_pb2.py"], ["a.py"]),
    ("a directory", {".gitignore": "gen/\n"}, ["a.py", "gen/b.py", "src/gen/c.py"], ["a.py"]),
    ("an anchored directory", {".gitignore": "/gen/\n"}, ["gen/b.py", "src/gen/c.py"], ["src/gen/c.py"]),
    ("brought back", {".gitignore": "*.py\n!keep.py\n"}, ["a.py", "keep.py"], ["keep.py"]),
    (
        "a nested file counts before",
        {".gitignore": "*.py", "src/.gitignore": "!b.py"},
        ["a.py", "src/b.py"],
        ["src/b.py"],
    ),
    ("a nested file counts below only", {"src/.gitignore": "b.py"}, ["b.py", "src/b.py"], ["b.py"]),
    ("anchored in a nested file", {"src/.gitignore": "/b.py"}, ["src/b.py", "src/x/b.py"], ["src/x/b.py"]),
    ("a pattern git cannot read", {".gitignore": "!\nb.py\n"}, ["a.py", "b.py"], ["a.py"]),
    ("not UTF-8", {".gitignore": "caf\udce9\nb.py\n"}, ["a.py", "b.py"], ["a.py"]),
    ("Windows line ends", {".gitignore": "b.py\r\ngen/\r\n"}, ["a.py", "b.py", "gen/c.py"], ["a.py"]),
]


@pytest.mark.parametrize(
    "ignores,names,expected", [case[1:] for case in IGNORES], ids=[case[0] for case in IGNORES]
)
def test_ignored_files_are_left_out(
    tree: Path, ignores: dict[str, str], names: list[str], expected: list[str]
) -> None:
    make(tree, *names)
    for name, content in ignores.items():
        make(tree, name)
        (tree / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    assert shown(find_files(["."])) == expected


def test_ignore_files_above_count_inside_a_work_tree(tree: Path) -> None:
    git(tree, "init", "-q")
    make(tree, "src/app/a.py", "src/app/b.py", "src/app/c.py")
    (tree / ".gitignore").write_text("b.py\n")
    (tree / ".git" / "info" / "exclude").write_text("c.py\n")
    assert shown(find_files(["src/app"])) == ["src/app/a.py"]


def test_an_ignored_path_named_by_the_user_is_looked_at(tree: Path) -> None:
    git(tree, "init", "-q")
    make(tree, "out/a.py", "out/sub/b.py")
    (tree / ".gitignore").write_text("out/\n")
    assert shown(find_files(["out"])) == ["out/a.py", "out/sub/b.py"]
    assert shown(find_files(["out/a.py"])) == ["out/a.py"]


def test_ignored_files_are_counted(tree: Path) -> None:
    make(tree, "a.py", "b.py", "c.py")
    (tree / ".gitignore").write_text("[bc].py\n")
    assert find_files(["."]).ignored_files == 2


# Names and patterns from few letters, so that they often meet; the real git is the judge.
_PARTS = st.sampled_from(["a", "b", "ab", "a b", "é", "[", "\\", "a]", "!a", "#a", "B1"])
_NAMES = st.lists(_PARTS, min_size=1, max_size=3).map("/".join)
_GLOBS = st.lists(
    st.sampled_from(
        ["a", "b", "*", "**", "/", "/", "?", "[ab]", "[!a]", "[^b]", "[]a]", "[a-b]", "[b-a]", "[[:alpha:]]",
         "[[:nope:]]", "[\\]]", "[", "]", "\\", "\\*", "\\!", "\\#", " ", "\\ ", "é", "#", "!", "-", "1", "A-Z"]
    ),
    max_size=5,
).map("".join)  # fmt: skip
_PATTERNS = st.lists(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "", "!"]),
        st.sampled_from(["", "/", "**/"]),
        st.one_of(
            _NAMES, _GLOBS, st.sampled_from(["*", "a*", "?b", "[ab]", "a/*", "a/**", "**/b", "a/**/b"])
        ),
        st.sampled_from(["", "", "/", " ", "\r"]),
    ),
    max_size=4,
)


@pytest.fixture(scope="module")
def work_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("judge")
    git(root, "init", "-q")
    return root


@given(patterns=_PATTERNS, name=_NAMES)
def test_rules_agree_with_git(work_tree: Path, patterns: list[str], name: str) -> None:
    content = "\n".join(patterns) + "\n"
    (work_tree / ".gitignore").write_bytes(content.encode())
    judge = ["git", "-C", str(work_tree), "check-ignore", "--no-index", "-q", name]
    expected = subprocess.run(judge, check=False).returncode == 0
    assert _ignored_on_the_way(ignore_rules("/top", content.encode(), None), name) is expected


def _ignored_on_the_way(rules: IgnoreRules, name: str) -> bool:
    """As the walk asks: each directory first, and nothing below an ignored one."""
    parts = name.split("/")
    directories = ["/top/" + "/".join(parts[:depth]) for depth in range(1, len(parts))]
    if any(rules.ignores(directory, is_directory=True) for directory in directories):
        return True
    return rules.ignores("/top/" + name, is_directory=False)


# -- what cannot be looked at ----------------------------------------------------------------------


def test_a_missing_path_names_itself_and_the_rest_is_found(tree: Path) -> None:
    make(tree, "a.py")
    found = find_files(["nope.py", "a.py"])
    assert shown(found) == ["a.py"]
    assert found.problems == [
        FileProblem(
            "nope.py", "failed", "no such file or directory: check the spelling and the current directory"
        )
    ]


def test_a_path_with_a_nul_is_a_problem_not_a_crash() -> None:
    [problem] = find_files(["a\0b"]).problems
    assert problem.reason == "not a path: it holds a NUL character"


def test_links_in_a_circle(tree: Path) -> None:
    make(tree, "src/a.py")
    (tree / "src" / "up").symlink_to(tree / "src")
    (tree / "src" / "loop.py").symlink_to("loop.py")
    found = find_files(["src"])
    assert shown(found) == ["src/a.py"]
    assert found.directories_not_entered == [("src/up", "symbolic link to a directory")]
    [problem] = found.problems
    assert (problem.path, problem.kind) == ("src/loop.py", "skipped")
    assert "in a circle" in problem.reason
    [named] = find_files(["src/loop.py"]).problems
    assert named.kind == "failed"


def test_links_to_files_are_told_and_their_targets_done_once(tree: Path) -> None:
    make(tree, "src/a.py", "elsewhere/b.py")
    (tree / "src" / "same.py").symlink_to("a.py")
    (tree / "src" / "out.py").symlink_to("../elsewhere/b.py")
    (tree / "src" / "broken.py").symlink_to("gone.py")
    found = find_files(["src"])
    assert shown(found) == ["src/a.py"]
    assert {problem.path: problem.reason.split(":")[0] for problem in found.problems} == {
        "src/same.py": "symbolic link to a file that is looked at itself",
        "src/out.py": "symbolic link to a file outside the paths given",
        "src/broken.py": "broken symbolic link",
    }
    assert shown(find_files(["src/out.py"])) == ["src/out.py"]


def test_a_named_link_to_a_directory_is_entered(tree: Path) -> None:
    make(tree, "real/a.py")
    (tree / "link").symlink_to("real")
    assert shown(find_files(["link"])) == ["link/a.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_named_pipes_and_sockets_are_never_opened(tree: Path) -> None:
    make(tree, "a.py")
    os.mkfifo(tree / "pipe.py")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("socket.py")
        found = find_files(["."])
        named = find_files(["pipe.py"])
    assert shown(found) == ["a.py"]
    assert [(problem.path, problem.kind, problem.reason) for problem in found.problems] == [
        ("pipe.py", "skipped", "a named pipe, not a file"),
        ("socket.py", "skipped", "a socket, not a file"),
    ]
    [problem] = named.problems
    assert (problem.kind, problem.reason) == ("failed", "a named pipe, not a file: pipe it in and give `-`")


def test_a_directory_that_cannot_be_listed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree, "a.py", "locked/b.py")
    real = os.scandir

    def scandir(path: str) -> object:
        if path == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find_files(["."])
    assert shown(found) == ["a.py"]
    assert found.problems == [
        FileProblem("locked", "failed", "cannot read it: permission denied: check its permissions")
    ]


def test_read_or_none(tree: Path) -> None:
    make(tree, "a.py", text="é")
    assert read_or_none("a.py") == "é".encode()
    assert read_or_none("b.py") is None
    assert read_or_none(".") is None
    assert read_or_none("a\0b") is None


# -- dependency files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name,is_one",
    [
        ("requirements.txt", True),
        ("requirements-dev.txt", True),
        ("requirements/base.txt", True),
        ("requirements.in", True),
        ("constraints.txt", True),
        ("pyproject.toml", True),
        ("setup.py", True),
        ("setup.cfg", True),
        ("Pipfile", True),
        ("notes.txt", False),
        ("requirements.md", False),
        ("Pipfile.lock", True),
        ("uv.lock", True),
        ("pylock.dev.toml", True),
        ("dev-requirements.txt", True),
        ("environment.yml", True),
        ("environment-dev.yaml", True),
        ("docker-compose.yml", False),
        ("package.lock", False),
    ],
)
def test_dependency_file_names(name: str, is_one: bool) -> None:
    assert files.is_dependency_file(name) is is_one


def test_dependency_files_of_the_project_around_a_path(tree: Path) -> None:
    git(tree, "init", "-q")
    make(tree, "requirements.txt", "pyproject.toml", "src/app/setup.cfg", "src/app/pkg/a.py")
    expected = [os.path.join("src", "app", "setup.cfg"), "pyproject.toml", "requirements.txt"]
    assert dependency_files_above(["src/app/pkg"]) == expected
    assert dependency_files_above(["src/app/pkg/a.py"]) == expected


# -- replacing -------------------------------------------------------------------------------------


def test_replace_keeps_mode_links_and_leaves_no_litter(tree: Path) -> None:
    make(tree, "real/a.py", text="before")
    (tree / "link.py").symlink_to("real/a.py")
    os.chmod("real/a.py", 0o750)
    replace_file("link.py", b"before", b"\xffafter\r\n")
    assert (tree / "real" / "a.py").read_bytes() == b"\xffafter\r\n"
    assert (tree / "link.py").is_symlink()
    assert stat.S_IMODE((tree / "real" / "a.py").stat().st_mode) == 0o750
    assert os.listdir("real") == ["a.py"]


def test_a_file_that_changed_meanwhile_is_not_replaced(tree: Path) -> None:
    make(tree, "a.py", text="edited")
    with pytest.raises(ReplaceError, match="changed while this command ran"):
        replace_file("a.py", b"before", b"after")
    assert (tree / "a.py").read_text() == "edited"


def test_a_read_only_file_is_not_replaced_even_by_root(tree: Path) -> None:
    make(tree, "a.py", text="before")
    os.chmod("a.py", 0o444)
    with pytest.raises(ReplaceError, match=r"read-only file: make it writable \(chmod u\+w\)"):
        replace_file("a.py", b"before", b"after")
    assert (tree / "a.py").read_text() == "before"


def test_a_file_that_is_gone(tree: Path) -> None:
    with pytest.raises(ReplaceError, match="cannot write it: no such file"):
        replace_file("a.py", b"before", b"after")


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_a_fault_at_any_step_leaves_the_whole_old_file(
    tree: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: BaseException
) -> None:
    make(tree, "a.py", text="before")

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(replace.os, step, fail)
    with pytest.raises((ReplaceError, KeyboardInterrupt)) as caught:
        replace_file("a.py", b"before", b"after")
    if isinstance(fault, OSError):
        assert "no space left on device: make room on the disk" in str(caught.value)
    assert (tree / "a.py").read_text() == "before"
    assert os.listdir(tree) == ["a.py"]


def test_output_is_written_new_over_old_and_to_a_device(tree: Path) -> None:
    write_output("new.json", b"one")
    write_output("new.json", b"two")
    assert (tree / "new.json").read_bytes() == b"two"
    write_output(os.devnull, b"gone")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    with pytest.raises(ReplaceError, match="cannot write it: no such file"):
        write_output("missing/new.json", b"one")


# -- git -------------------------------------------------------------------------------------------


def test_files_git_could_not_bring_back(tree: Path) -> None:
    git(tree, "init", "-q")
    make(tree, "clean.py", "edited.py", "staged.py", "old name.py", ".gitignore", text="x = 1\n" * 9)
    (tree / ".gitignore").write_text("ignored.py\n")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "start")
    make(tree, "edited.py", "staged.py", "new é.py", "ignored.py", text="y = 2\n")
    git(tree, "add", "staged.py")
    git(tree, "mv", "old name.py", "renamed.py")
    names = ["clean.py", "edited.py", "staged.py", "renamed.py", "new é.py", "ignored.py"]
    assert uncommitted(names) == {
        "edited.py": "uncommitted changes",
        "staged.py": "uncommitted changes",
        "renamed.py": "uncommitted changes",
        "new é.py": "not in git yet",
    }
    assert uncommitted([str(tree / "edited.py")]) == {str(tree / "edited.py"): "uncommitted changes"}


def test_names_are_not_read_as_patterns(tree: Path) -> None:
    git(tree, "init", "-q")
    make(tree, "a[1].py", ":(top)b.py")
    assert uncommitted(["a[1].py", ":(top)b.py"]) == {
        "a[1].py": "not in git yet",
        ":(top)b.py": "not in git yet",
    }


def test_outside_git_nothing_is_uncommitted(tree: Path) -> None:
    make(tree, "a.py")
    if files.work_tree(str(tree)) is not None:
        pytest.skip("the temporary directory lies in a git work tree")
    assert uncommitted(["a.py"]) == {}


def test_git_that_cannot_answer_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree, "a.py")
    (tree / ".git").mkdir()
    with pytest.raises(GitError, match="git cannot read"):
        uncommitted(["a.py"])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="git cannot be run"):
        uncommitted(["a.py"])


def test_git_runs_no_program_of_the_repository(tree: Path) -> None:
    git(tree, "init", "-q")
    make(tree, "a.py")
    hook = tree / "hook.sh"
    hook.write_text("#!/bin/sh\ntouch executed\n")
    hook.chmod(0o755)
    git(tree, "config", "core.fsmonitor", str(hook))
    assert uncommitted(["a.py"]) == {"a.py": "not in git yet"}
    assert not (tree / "executed").exists()
