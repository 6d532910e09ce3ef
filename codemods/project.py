# The user's other files: imports between them. Reads through the callback it is given.
"""What a file's neighbours import from it, and what it imports from them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

_FROM = re.compile(rb"from\s+([.\w]+)\s+import\s+(\([^)]*\)|[^\r\n#;]+)")
_STAR = re.compile(rb"from\s+([.\w]+)\s+import\s+\*")
_NAME = re.compile(rb"(\w+)(?:\s+as\s+\w+)?")
_OLD_MIGRATE = re.compile(rb"^\s*(?:from|import)\s+migrate\.(?:versioning|changeset|exceptions)\b", re.M)
_PATCH = re.compile(rb"\bCompletions\.create\s*=[^=]")
_OWN_NAMES = (b"with_completions", b"arguments_from_prompt")


class Project:
    """The files of one run. `read(path)` gives a file's bytes, or None if it cannot be read.

    Paths are compared as posix paths relative to `root`. Nothing is read before it is asked for.
    """

    def __init__(self, root: str, read: Callable[[str], bytes | None], paths: Sequence[str]) -> None:
        self.root = root
        self.read = read
        self.paths = tuple(paths)
        self._by_posix = {self._posix(path): path for path in paths}
        self._imported: dict[str, set[str]] | None = None
        self._old_migrate: list[str] | None = None
        self.kept: dict[str, object] = {}  # parsed neighbours, for whoever follows imports
        self._users: dict[str, list[str]] = {}  # module's last name -> files that import it whole
        self._patches: list[str] = []

    def _posix(self, path: str) -> str:
        text = str(path).replace("\\", "/")
        root = str(self.root).replace("\\", "/").rstrip("/")
        if root and root != "." and text.startswith(root + "/"):
            text = text[len(root) + 1 :]
        return posixpath.normpath(text)

    def names_imported_from(self, path: str) -> frozenset[str]:
        """Names that other files of the run may read from this one (by its module's last name)."""
        if self._imported is None:
            self._imported = self._index()
        posix = self._posix(path)
        stem = posixpath.basename(posix)[:-3] if posix.endswith(".py") else posixpath.basename(posix)
        if stem == "__init__":
            stem = posixpath.basename(posixpath.dirname(posix))
        for user in self._users.pop(stem, ()):  # read again: few modules are ever asked about
            attributes = re.findall(rb"\b%b\.(\w+)" % re.escape(stem.encode()), self._code(user) or b"")
            self._imported.setdefault(stem, set()).update(name.decode() for name in attributes)
        return frozenset(self._imported.get(stem, ()))

    def names(self, path: str, word: str) -> bool:
        """Whether another Python file of the run holds the word, and the two files can meet at all.

        A file that none of the others imports, and that imports none of them, shares no object with them.
        """
        if not self.names_imported_from(path) and not self._imports_others(path):
            return False
        pattern, wanted = re.compile(rb"\b%b\b" % re.escape(word.encode())), word.encode()
        others = (one for one in self.paths if one != path and one.endswith(".py"))
        return any(
            wanted in data and pattern.search(data) is not None
            for one in others
            if (data := self.read(one)) is not None
        )

    def _imports_others(self, path: str) -> bool:
        data = self.read(path) or b""
        modules = [match.group(1).decode() for match in _FROM.finditer(data)]
        for line in re.findall(rb"^[ \t]*import\s+([^\r\n#;]+)", data, re.M):
            modules.extend(re.findall(r"[.\w]+", line.decode("utf-8", "replace")))
        named = ((module.lstrip("."), len(module) - len(module.lstrip("."))) for module in modules)
        return any(level or self.module_path(path, module, 0) is not None for module, level in named)

    def patched_surface(self, path: str) -> str | None:
        """The file of the same part of the project that replaces the SDK's old method, if one does."""
        if self._imported is None:
            self._imported = self._index()
        return next((one for one in self._patches if self._is_near(one, path)), None)

    def _code(self, path: str) -> bytes | None:
        """The text to look for imports in. A notebook's is JSON: its line ends and quotes are escaped."""
        data = self.read(path) if path.endswith((".py", ".ipynb")) else None
        if data is None or path.endswith(".py"):
            return data
        return data.replace(b"\\n", b"\n").replace(b'\\"', b'"')

    def _is_near(self, one: str, other: str) -> bool:
        """Whether two files run in one program, for all we know: below one top folder, or beside it."""
        first, second = self._posix(one).split("/"), self._posix(other).split("/")
        return len(first) == 1 or first[0] == second[0]

    def _index(self) -> dict[str, set[str]]:
        index: dict[str, set[str]] = {}
        stems = {posixpath.basename(posix)[:-3].encode() for posix in self._by_posix if posix.endswith(".py")}
        stems |= {posixpath.basename(posixpath.dirname(posix)).encode() for posix in self._by_posix}
        for path in self.paths:
            data = self._code(path)
            if not data or b"import" not in data:
                continue
            for match in _FROM.finditer(data):
                module = match.group(1).rpartition(b".")[2]
                if module in stems:
                    names = {name.decode() for name in _NAME.findall(match.group(2))}
                    index.setdefault(module.decode(), set()).update(names)
            for match in _STAR.finditer(data):
                module = match.group(1).rpartition(b".")[2]
                if module in stems:
                    index.setdefault(module.decode(), set()).add("*")
            imported = set(re.findall(rb"import\s+([^\r\n#;]+)", data))
            modules = {word for line in imported for word in re.findall(rb"\w+", line)} & stems
            for line in imported:
                for name in set(re.findall(rb"\w+", line)) & stems if b" as " in line else ():
                    index.setdefault(name.decode(), set()).add("*")
            for name in modules:
                self._users.setdefault(name.decode(), []).append(path)
            if b"Completions.create" in data and _PATCH.search(data):
                self._patches.append(path)
        return index

    def own_migrate_module(self, path: str) -> str | None:
        """Why `from migrate import …` would not find us here; None if it would."""
        posix = self._posix(path)
        folder = posixpath.dirname(posix)
        for parent in dict.fromkeys(("", "src", folder)):
            for name in ("migrate.py", "migrate/__init__.py"):
                found = self._by_posix.get(posixpath.join(parent, name))
                if found is not None and not self._is_ours(found):
                    return f"the project has its own module `migrate` ({found})"
        return (
            "the project uses sqlalchemy-migrate, whose module is `migrate`"
            if self._uses_old_migrate(path)
            else None
        )

    def _is_ours(self, path: str) -> bool:
        data = self.read(path) or b""
        return all(name in data for name in _OWN_NAMES)

    def _uses_old_migrate(self, path: str) -> bool:
        if self._old_migrate is None:
            self._old_migrate = [
                one
                for one in self.paths
                if str(one).endswith(".py") and (data := self.read(one)) and b"migrate." in data
                if _OLD_MIGRATE.search(data) is not None
            ]
        return any(self._is_near(one, path) for one in self._old_migrate)

    def module_path(self, importer: str, module: str, level: int) -> str | None:
        """The file that an import in `importer` means, if it is one of the run's files."""
        parts = module.split(".") if module else []
        base = posixpath.dirname(self._posix(importer))
        for _ in range(level - 1):
            base = posixpath.dirname(base)
        starts = [base] if level else list(dict.fromkeys((base, "", "src", *self._roots(base))))
        for start in starts:
            stem = posixpath.join(start, *parts) if parts else start
            for candidate in (f"{stem}.py", posixpath.join(stem, "__init__.py")):
                found = self._by_posix.get(posixpath.normpath(candidate))
                if found is not None:
                    return found
        return None

    @staticmethod
    def _roots(folder: str) -> list[str]:
        """The folders above: a package's root may be any of them."""
        roots: list[str] = []
        while folder:
            folder = posixpath.dirname(folder)
            roots.append(folder)
        return roots
