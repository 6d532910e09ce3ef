# Reads the user's files; with replace.py, which writes them, the only module that touches them.
# It knows paths and bytes, no Python and no rules.
"""Find and read files.

Nothing here follows a symbolic link to a directory, so a loop of links cannot trap a run; nothing
opens a named pipe or a device, so it cannot wait for ever.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from codemods.gitignore import IgnoreRules, ignore_rules

PYTHON_SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
# Texts and data that can show the old call, or hold prompts; they are looked at and never changed.
DOCUMENT_SUFFIXES = (
    ".md", ".markdown", ".mdx", ".rst", ".txt", ".sh", ".bash", ".prompt", ".tmpl", ".j2", ".jinja",
    ".jinja2", ".yaml", ".yml", ".json", ".jsonl", ".toml",
)  # fmt: skip

# Directories that hold other people's code, or copies and by-products of the user's.
NOT_ENTERED = {
    ".git": "version control",
    ".hg": "version control",
    ".svn": "version control",
    "node_modules": "installed packages",
    "site-packages": "installed packages",
    "dist-packages": "installed packages",
    "__pypackages__": "installed packages",
    ".eggs": "installed packages",
    ".venv": "virtual environment",
    ".tox": "virtual environments",
    ".nox": "virtual environments",
    ".direnv": "virtual environment",
    "__pycache__": "cache",
    ".mypy_cache": "cache",
    ".pytest_cache": "cache",
    ".ruff_cache": "cache",
    ".hypothesis": "cache",
    ".ipynb_checkpoints": "cache",
    "buck-out": "build output",
    "_build": "build output",
}
# Only build output where a project's own build file stands beside them; else a package like any other.
BUILD_OUTPUT = frozenset({"build", "dist"})
BUILD_FILES = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})

_DEPENDENCY_FILES = frozenset(
    {"pyproject.toml", "setup.cfg", "setup.py", "Pipfile"}
    | {"poetry.lock", "Pipfile.lock", "uv.lock", "pdm.lock", "conda-lock.yml"}
)

_SHEBANG_BYTES = 256


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that cannot be looked at. kind: "skipped" on purpose · "failed" against the user's wish."""

    path: str
    kind: str
    reason: str


@dataclass(slots=True)
class Found:
    """What lies under the paths given: each list in the order of the walk, without doubles.

    `unusual` are files given by name that are not named like Python: to be looked at all the same.
    `documents` may be texts or data beside the code; of these, `named_documents` were given by name.
    """

    files: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    named_documents: set[str] = field(default_factory=set)
    unusual: set[str] = field(default_factory=set)
    problems: list[FileProblem] = field(default_factory=list)
    directories_not_entered: list[tuple[str, str]] = field(default_factory=list)
    ignored_files: int = 0
    without_python: list[str] = field(default_factory=list)
    dependency_files: list[str] = field(default_factory=list)
    named_dependency_files: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Directory:
    shown: str  # as the user wrote it, "" for the current directory
    absolute: str
    rules: IgnoreRules | None
    is_root: bool = False


def find_files(paths: Sequence[str]) -> Found:
    """Every Python file at or below `paths`. Never raises for a path that cannot be read."""
    walk = _Walk()
    for given in paths:
        shown = os.path.normpath(given)
        try:
            mode = os.stat(shown).st_mode
        except (OSError, ValueError) as error:
            walk.found.problems.append(FileProblem(shown, "failed", _why_not_found(shown, error)))
            continue
        if stat.S_ISDIR(mode):
            walk.find_below(shown)
        elif stat.S_ISREG(mode):
            walk.add_named_file(shown)
        else:
            reason = f"{_kind(mode)}, not a file: pipe it in and give `-`"
            walk.found.problems.append(FileProblem(shown, "failed", reason))
    walk.settle_links()
    return walk.found


def _why_not_found(path: str, error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):
        return "not a path: it holds a NUL character"
    if error.errno == errno.ELOOP:
        return "symbolic links in a circle: name the file they should lead to"
    if error.errno == errno.ENOENT:
        if os.path.islink(path):
            return "broken symbolic link: the file it names does not exist"
        return "no such file or directory: check the spelling and the current directory"
    return cannot("read", error)


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


def cannot(verb: str, error: OSError) -> str:
    """One line for an operating-system error: what could not be done, why, and what to do."""
    advice = {
        errno.EACCES: ": check its permissions",
        errno.EPERM: ": check its permissions and flags",
        errno.EROFS: ": mount the file system writable",
        errno.ENOSPC: ": make room on the disk",
    }
    text = (error.strerror or str(error)).lower()
    return f"cannot {verb} it: {text}{advice.get(error.errno or 0, '')}"


def _has_python_shebang(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            first = file.read(_SHEBANG_BYTES).split(b"\n", 1)[0]
    except OSError:
        return False  # reading it whole will fail in turn, and that is reported
    return first.startswith(b"#!") and b"python" in first


class _Walk:
    """What has been found so far, and which files are already in it."""

    def __init__(self) -> None:
        self.found = Found()
        self.seen: set[str] = set()  # absolute paths
        self.roots: list[str] = []  # absolute paths of the directories given
        self.links: list[str] = []

    def add_named_file(self, shown: str) -> None:
        real = os.path.realpath(shown)
        if real in self.seen:
            return
        self.seen.add(real)
        if is_dependency_file(shown) and not shown.endswith(PYTHON_SUFFIXES):
            self.found.dependency_files.append(shown)
            self.found.named_dependency_files.append(shown)
            return
        if shown.endswith(DOCUMENT_SUFFIXES):
            self.found.documents.append(shown)
            self.found.named_documents.add(shown)
            return
        self.found.files.append(shown)
        if not shown.endswith(PYTHON_SUFFIXES) and not _has_python_shebang(shown):
            self.found.unusual.add(shown)

    def find_below(self, shown: str) -> None:
        absolute = os.path.realpath(shown)
        self.roots.append(absolute)
        before = len(self.seen)
        root = _Directory("" if shown == "." else shown, absolute, _rules_above(absolute), is_root=True)
        stack = [root]
        while stack:
            stack.extend(reversed(list(self._look_into(stack.pop()))))
        if len(self.seen) == before:
            self.found.without_python.append(shown)

    def _look_into(self, directory: _Directory) -> Iterator[_Directory]:
        try:
            with os.scandir(directory.shown or ".") as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            self.found.problems.append(FileProblem(directory.shown or ".", "failed", cannot("read", error)))
            return
        names = {entry.name for entry in entries}
        if not directory.is_root and not ENVIRONMENT_MARKS.isdisjoint(names):
            self.found.directories_not_entered.append((directory.shown, "virtual environment"))
            return
        rules = directory.rules
        if ".gitignore" in names:
            rules = _with_ignore_file(directory.absolute, rules)
        for entry in entries:
            shown = f"{directory.shown}{os.sep}{entry.name}" if directory.shown else entry.name
            place = _Directory(shown, f"{directory.absolute}{os.sep}{entry.name}", rules)
            if not entry.is_dir(follow_symlinks=False):
                self._consider_file(entry, place)
            elif (reason := _why_not_entered(entry.name, place, names)) is None:
                yield place
            else:
                self.found.directories_not_entered.append((shown, reason))

    def _consider_file(self, entry: os.DirEntry[str], place: _Directory) -> None:
        shown, found = place.shown, self.found
        if is_dependency_file(shown) and not (
            place.rules and place.rules.ignores(place.absolute, is_directory=False)
        ):
            found.dependency_files.append(shown)
        if not entry.name.endswith(PYTHON_SUFFIXES):
            if entry.name.endswith(DOCUMENT_SUFFIXES):
                self._consider_document(entry, place)
            elif entry.is_symlink() and entry.is_dir():
                found.directories_not_entered.append((shown, "symbolic link to a directory"))
        elif place.rules is not None and place.rules.ignores(place.absolute, is_directory=False):
            found.ignored_files += 1
        elif entry.is_symlink():
            self.links.append(shown)
        elif not entry.is_file(follow_symlinks=False):
            kind = _kind(entry.stat(follow_symlinks=False).st_mode)
            found.problems.append(FileProblem(shown, "skipped", f"{kind}, not a file"))
        elif place.absolute not in self.seen:
            self.seen.add(place.absolute)
            found.files.append(shown)

    def _consider_document(self, entry: os.DirEntry[str], place: _Directory) -> None:
        """A regular file that git does not ignore. A link's target is looked at where it stands."""
        if place.rules is not None and place.rules.ignores(place.absolute, is_directory=False):
            return
        if entry.is_file(follow_symlinks=False) and place.absolute not in self.seen:
            self.found.documents.append(place.shown)

    def settle_links(self) -> None:
        """Say of each link met on the walk why it is not looked at: a file is done where it stands."""
        for shown in self.links:
            try:
                mode = os.stat(shown).st_mode
            except OSError as error:
                self.found.problems.append(FileProblem(shown, "skipped", _why_not_found(shown, error)))
                continue
            if stat.S_ISDIR(mode):
                self.found.directories_not_entered.append((shown, "symbolic link to a directory"))
            else:
                reason = self._why_link_is_left(os.path.realpath(shown))
                self.found.problems.append(FileProblem(shown, "skipped", reason))

    def _why_link_is_left(self, real: str) -> str:
        if real in self.seen:
            return "symbolic link to a file that is looked at itself"
        if any(real.startswith(root + os.sep) for root in self.roots):
            return "symbolic link to a file that is left out"
        return "symbolic link to a file outside the paths given: name that file to have it looked at"


def _why_not_entered(name: str, place: _Directory, names: set[str]) -> str | None:
    reason = NOT_ENTERED.get(name)
    if reason is None and name in BUILD_OUTPUT and not BUILD_FILES.isdisjoint(names):
        reason = "build output"
    if reason is None and place.rules is not None and place.rules.ignores(place.absolute, is_directory=True):
        reason = "ignored by git"
    return reason


def _rules_above(absolute: str) -> IgnoreRules | None:
    """Ignore files between the top of the git work tree and `absolute`, which is not included."""
    top = work_tree(absolute)
    if top is None:
        return None
    rules = None
    exclude = os.path.join(top, ".git", "info", "exclude")
    if os.path.isfile(exclude):
        rules = ignore_rules(top, read_file(exclude), None)
    place = top
    for part in os.path.relpath(absolute, top).split(os.sep):
        if part == ".":
            break
        rules = _with_ignore_file(place, rules)
        place = os.path.join(place, part)
        if rules is not None and rules.ignores(place, is_directory=True):
            return None  # the user named an ignored directory: it is meant to be looked at
    return rules


def work_tree(path: str) -> str | None:
    """The top of the git work tree that holds the absolute path `path`, or None."""
    place = path
    while not os.path.lexists(os.path.join(place, ".git")):
        parent = os.path.dirname(place)
        if parent == place:
            return None
        place = parent
    return place


def _with_ignore_file(directory: str, rules: IgnoreRules | None) -> IgnoreRules | None:
    path = os.path.join(directory, ".gitignore")
    if not os.path.isfile(path):
        return rules
    with contextlib.suppress(OSError):  # git, too, goes on without an ignore file it cannot read
        return ignore_rules(directory, read_file(path), rules)
    return rules


def is_dependency_file(path: str) -> bool:
    """Whether a file of this name can pin a version of a package."""
    directory, name = os.path.split(path)
    if name in _DEPENDENCY_FILES or (name.startswith("pylock.") and name.endswith(".toml")):
        return True
    if name.startswith("environment") and name.endswith((".yml", ".yaml")):
        return True
    if not name.endswith((".txt", ".in")):
        return False
    named = "requirements" in name or "constraints" in name
    return named or os.path.basename(directory) in ("requirements", "constraints")


def dependency_files_above(paths: Sequence[str]) -> list[str]:
    """Files that can pin versions, in the directories above `paths` up to the project's top.

    The top is the nearest directory above that holds .git, else the one nearest to the path that
    holds a dependency file at all.
    """
    files: dict[str, None] = {}
    for given in paths:
        start = os.path.realpath(given)
        top = work_tree(start)
        place = start
        while place != (parent := os.path.dirname(place)):
            # The directory given is walked anyway; what is above it is not.
            if place != start or not os.path.isdir(place):
                here = _dependency_files_in(place)
                files.update(dict.fromkeys(here))
                if top is None and here:
                    break
            if place == top:
                break
            place = parent
    return list(files)


def _dependency_files_in(directory: str) -> list[str]:
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    paths = (os.path.join(directory, name) for name in names)
    return [shown_path(path) for path in paths if is_dependency_file(path) and os.path.isfile(path)]


def shown_path(absolute: str) -> str:
    """`absolute` as short as it can be said from the current directory."""
    relative = os.path.relpath(absolute)
    return absolute if relative.startswith(os.pardir) else relative


def read_file(path: str) -> bytes:
    """The bytes of a file. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def read_start(path: str, most: int) -> bytes:
    """The first `most` bytes of a file. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return file.read(most)


def read_or_none(path: str) -> bytes | None:
    """The bytes of a regular file, or None where there is none to read."""
    try:
        if not os.path.isfile(path):
            return None
        return read_file(path)
    except (OSError, ValueError):
        return None
