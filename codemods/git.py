# Asks git about the state of files; changes nothing, and lets git run no program of the user's.
"""Which of some files hold work that git could not bring back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from codemods.files import work_tree

_PATHS_PER_CALL = 500
# Variables that a hook sets for its own git calls; we name the work tree ourselves.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


class GitError(Exception):
    """git could not say whether the files are committed; the text says why."""


def uncommitted(paths: Sequence[str]) -> dict[str, str]:
    """Those of `paths` that differ from the last commit, each with what git says of it.

    A file in no git work tree, or ignored by git, is not among them. Raises GitError if a file is
    in a work tree and git cannot be asked.
    """
    by_tree: dict[str, dict[str, str]] = {}
    for path in paths:
        real = os.path.realpath(path)
        top = work_tree(os.path.dirname(real))
        if top is not None:
            relative = os.path.relpath(real, top).replace(os.sep, "/")
            by_tree.setdefault(top, {})[relative] = path
    changed: dict[str, str] = {}
    for top, shown in by_tree.items():
        names = list(shown)
        for start in range(0, len(names), _PATHS_PER_CALL):
            changed.update(_changed_in(top, names[start : start + _PATHS_PER_CALL], shown))
    return changed


def _changed_in(top: str, names: Sequence[str], shown: Mapping[str, str]) -> dict[str, str]:
    states = _parse_status(_git_status(top, names))
    return {shown[name]: state for name, state in states.items() if name in shown}


def _git_status(top: str, names: Sequence[str]) -> bytes:
    # fsmonitor may name a program of the repository's own choosing; optional locks would write the index.
    command = ["git", "--literal-pathspecs", "--no-optional-locks", "-c", "core.fsmonitor=false"]
    command += ["-C", top, "status", "--porcelain", "-z", "--untracked-files=all", "--", *names]
    environment = {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
    environment["LC_ALL"] = "C"
    try:
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
    except OSError as error:
        raise GitError(f"{top} is a git work tree, but git cannot be run ({error.strerror})") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(f"git cannot read {top} ({lines[0] if lines else f'exit {done.returncode}'})")
    return done.stdout


def _parse_status(output: bytes) -> dict[str, str]:
    """Path relative to the work tree -> state. Source: git-status(1), "Porcelain Format Version 1", -z."""
    states: dict[str, str] = {}
    fields = iter(output.split(b"\0"))
    for field in fields:
        if len(field) < 4:
            continue
        code, name = field[:2].decode("ascii"), os.fsdecode(field[3:])
        if "R" in code or "C" in code:
            next(fields, None)  # the name it had before
        states[name] = "not in git yet" if code == "??" else "uncommitted changes"
    return states
