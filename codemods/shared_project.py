# One project as several processes saw it before any of them wrote. Knows files, no parser.
"""The project around a file, for a runner that writes each file as soon as it is done.

`to-messages fix` analyses everything before it writes anything, so each file is judged by what its
neighbours hold now. Under a runner that does not, a neighbour may be rewritten already when it is
looked at. So the first process that needs the project keeps a copy of all files that may change, in
a directory that all processes of the run were told of; nobody writes before that copy is there.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import time
from collections.abc import Callable

from codemods.files import read_or_none
from codemods.neighbourhood import Neighbourhood, neighbourhood_of, project_top
from codemods.project import Project

SECONDS_TO_WAIT = 300.0
_POLL_SECONDS = 0.02


class SnapshotError(Exception):
    """Another process was to copy the project and did not; the text says so."""


def project_around(
    directory: str, snapshot: str | None, is_candidate: Callable[[bytes], bool]
) -> tuple[Project, Neighbourhood]:
    """The project that holds a directory, as it was when the run began; kept for this process.

    `snapshot`: the directory for copies, None if this process is the only one. Raises SnapshotError.
    """
    real = os.path.realpath(directory)
    return _kept(project_top(real) or real, snapshot, is_candidate)


@functools.lru_cache(maxsize=64)
def _kept(
    root: str, snapshot: str | None, is_candidate: Callable[[bytes], bool]
) -> tuple[Project, Neighbourhood]:
    around = neighbourhood_of(root)
    originals = _originals(around, snapshot, is_candidate)

    def read(name: str) -> bytes | None:
        kept = originals.get(name)
        return read_or_none(os.path.join(around.root, name)) if kept is None else kept

    return Project(around.root, read, around.names), around


def _originals(
    around: Neighbourhood, snapshot: str | None, is_candidate: Callable[[bytes], bool]
) -> dict[str, bytes]:
    if snapshot is None:
        return _copied(around, is_candidate)
    key = hashlib.sha256(os.fsencode(around.root)).hexdigest()
    ready = os.path.join(snapshot, key)
    try:
        os.close(os.open(f"{ready}.begun", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return _awaited(ready)
    copies = _copied(around, is_candidate)
    with open(f"{ready}.part", "wb") as file:
        pickle.dump(copies, file)
    os.replace(f"{ready}.part", ready)
    return copies


def _awaited(ready: str) -> dict[str, bytes]:
    """The copies that another process makes. They are our own bytes, in a directory only we can enter."""
    end = time.monotonic() + SECONDS_TO_WAIT
    while not os.path.exists(ready):
        if time.monotonic() > end:
            raise SnapshotError("the process that was to copy the project's files did not finish: run again")
        time.sleep(_POLL_SECONDS)
    with open(ready, "rb") as file:
        copies: dict[str, bytes] = pickle.load(file)
    return copies


def _copied(around: Neighbourhood, is_candidate: Callable[[bytes], bool]) -> dict[str, bytes]:
    found = ((name, read_or_none(os.path.join(around.root, name))) for name in around.names)
    return {name: source for name, source in found if source is not None and is_candidate(source)}
