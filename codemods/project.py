# The user's other files: imports between them. Reads through the callback it is given.
"""What a file's neighbours import from it, and what it imports from them."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Callable, Sequence

from codemods.import_texts import import_statements, loads_by_text, names_bound_by_text

_FROM = re.compile(rb"from\s+([.\w]+)\s+import\s+(\([^)]*\)|[^\r\n#;]+)")
_STAR = re.compile(rb"from\s+([.\w]+)\s+import\s+\*")
_NAME = re.compile(rb"(\w+)(?:\s+as\s+\w+)?")
_WHOLE = re.compile(rb"^[ \t]*import\s+([^\r\n#;]+)", re.M)
_DOTTED = re.compile(rb"[A-Za-z_][\w.]*")
_DOTTED_TEXT = re.compile(rb"[\"']([A-Za-z_]\w*(?:\.\w+)+)[\"']")
_IMPORTED = re.compile(rb"import\s+([^\r\n#;]+)")
# `getattr(thing, name)`: which attribute is not told.
_COMPUTED = re.compile(rb"\bgetattr\(\s*([\w.]+)\s*,\s*[^\s\"']")
_WORD = re.compile(rb"\w+")
_OLD_MIGRATE = re.compile(rb"^\s*(?:from|import)\s+migrate\.(?:versioning|changeset|exceptions)\b", re.M)
_PATCH = re.compile(rb"\bCompletions\.create\s*=[^=]")
# How many files may import a module for them to be searched for a word, and how many may hold it.
_MOST_IMPORTERS = 200
_MOST_HOLDERS = 12
_MOST_FOLLOWED = 60  # files that imports are followed through, to see whether they come to the SDK
# Packages whose names their users like to give to modules: `llms/openai.py`.
PROVIDERS = frozenset(
    ("anthropic", "anthropic_bedrock", "openai", "cohere", "together", "groq", "mistralai", "litellm",
     "boto3", "langchain", "llama_index", "transformers", "replicate", "fireworks", "vertexai", "google",
     "requests", "httpx")
)  # fmt: skip
_OWN_NAMES = (b"with_completions", b"arguments_from_prompt")


class Project:
    """The files of one run. `read(path)` gives a file's bytes, or None if it cannot be read.

    Paths are compared as posix paths relative to `root`. Nothing is read before it is asked for.
    """

    def __init__(self, root: str, read: Callable[[str], bytes | None], paths: Sequence[str]) -> None:
        self.root = root
        self.read = read
        self.paths = tuple(paths)
        self._by_posix = {self.posix(path): path for path in paths}
        self._imported: dict[str, set[str]] | None = None
        self._old_migrate: list[str] = []
        self.neighbours: object = None  # what follows imports keeps its parsed files here
        self.known_loaders: dict[str, object] = {}  # and what looks for texts that load modules its finds
        self._known_folders: set[str] | None = None
        self._known_names: set[str] | None = None
        self._importers: dict[str, list[str]] = {}  # last name of a module -> files that may import it
        self._users: dict[str, list[str]] = {}  # module's last name -> files that import it whole
        self._patches: list[str] = []
        self._read_by_text: dict[str, bool] = {}
        self._loaders: dict[str, list[str]] = {}  # by the top folder
        self._imports: dict[str, frozenset[str]] = {}
        self._bound_by_text: dict[str, frozenset[tuple[str, str]]] = {}
        self._set_in: dict[str, set[str]] = {}  # last name of a module -> its names that others set
        self._used_beside_sdk: set[str] = set()  # last names that files with the SDK import

    def posix(self, path: str) -> str:
        """A path with `/` between its parts, from the project's root."""
        text = str(path).replace("\\", "/")
        root = str(self.root).replace("\\", "/").rstrip("/")
        if root and root != "." and text.startswith(root + "/"):
            text = text[len(root) + 1 :]
        return posixpath.normpath(text)

    def names_imported_from(self, path: str) -> frozenset[str]:
        """Names that other files of the run may read from this one (by its module's last name)."""
        if self._imported is None:
            self._imported = self._index()
        stem = self._stem(path)
        module = stem.encode() + b"."
        reads = re.compile(rb"\b%b(\w+)(\s*=[^=])?" % re.escape(module))
        for user in self._users.pop(stem, ()):  # read again: few modules are ever asked about
            code = self._code(user) or b""
            for name, is_set in reads.findall(code) if module in code else ():
                self._imported.setdefault(stem, set()).add(name.decode())
                if is_set:
                    self._set_in.setdefault(stem, set()).add(name.decode())
        return frozenset(self._imported.get(stem, ()))

    def names_bound_from_outside(self, path: str) -> frozenset[str]:
        """Names of the module that another file may bind anew: `app.PROMPT = …`, or by a text as tests do."""
        self.names_imported_from(path)
        stem = self._stem(path)
        importers = set(self._importers.get(stem, ()))
        by_text = {
            name
            for file, named in self._bound_by_text.items()
            for module, name in named
            if module == stem or (not module and file in importers)
        }
        return frozenset(by_text | self._set_in.get(stem, set()))

    def names(self, path: str, word: str) -> bool:
        """Whether another Python file of the run holds the word, and the two files can meet at all.

        A file that none of the others imports, and that imports none of them, shares no object with them.
        """
        if not self.names_imported_from(path) and not self._imports_others(path):
            return False
        if self._is_read_by_text(path):
            return True  # it may be any word
        pattern, wanted = re.compile(rb"\b%b\b" % re.escape(word.encode())), word.encode()
        others = (one for one in self.paths if one != path and one.endswith(".py"))
        return any(
            wanted in data and pattern.search(data) is not None
            for one in others
            if (data := self.read(one)) is not None
        )

    def _is_read_by_text(self, path: str) -> bool:
        """Whether a file that imports this one reads attributes by computed names: `getattr(a, name)`."""
        if path not in self._read_by_text:
            users = self.all_importers_with(path, "getattr(")
            stem = self._stem(path).encode()  # what is read of the module itself is no attribute of a class
            codes = (self._code(one) or b"" for one in users or ())
            found = {owner for code in codes for owner in _COMPUTED.findall(code)}
            self._read_by_text[path] = users is None or bool(found - {stem})
        return self._read_by_text[path]

    def _imports_others(self, path: str) -> bool:
        data = self.read(path) or b""
        modules = [match.group(1).decode() for match in _FROM.finditer(data)]
        for line in re.findall(rb"^[ \t]*import\s+([^\r\n#;]+)", data, re.M):
            modules.extend(re.findall(r"[.\w]+", line.decode("utf-8", "replace")))
        named = ((module.lstrip("."), len(module) - len(module.lstrip("."))) for module in modules)
        return any(level or self.module_path(path, module, 0) is not None for module, level in named)

    def _stem(self, path: str) -> str:
        """The last name of a file's module."""
        posix = self.posix(path)
        stem = posixpath.basename(posix)[:-3] if posix.endswith(".py") else posixpath.basename(posix)
        return posixpath.basename(posixpath.dirname(posix)) if stem == "__init__" else stem

    def patched_surface(self, path: str) -> str | None:
        """The file of the same part of the project that replaces the SDK's old method, if one does."""
        if self._imported is None:
            self._imported = self._index()
        return next((one for one in self._patches if self.is_near(one, path)), None)

    def _code(self, path: str) -> bytes | None:
        """The text to look for imports in. A notebook's is JSON: its line ends and quotes are escaped."""
        data = self.read(path) if path.endswith((".py", ".ipynb")) else None
        if data is None or path.endswith(".py"):
            return data
        return data.replace(b"\\n", b"\n").replace(b'\\"', b'"')

    def is_near(self, one: str, other: str) -> bool:
        """Whether two files run in one program, for all we know: below one top folder, or beside it."""
        return self._top(one) in ("", self._top(other))

    def _index(self) -> dict[str, set[str]]:
        index: dict[str, set[str]] = {}
        stems = {posixpath.basename(posix)[:-3].encode() for posix in self._by_posix if posix.endswith(".py")}
        stems |= {posixpath.basename(posixpath.dirname(posix)).encode() for posix in self._by_posix}
        for path in self.paths:
            data = self._code(path)
            if not data or b"import" not in data:
                continue
            if named := names_bound_by_text(data):
                self._bound_by_text[path] = named
            statements = import_statements(data)
            if b"migrate." in statements and path.endswith(".py") and _OLD_MIGRATE.search(statements):
                self._old_migrate.append(path)
            meant = self._index_names(statements, stems, index)
            imported = set(_IMPORTED.findall(statements))
            modules = set(_WORD.findall(b" ".join(imported))) & stems
            renamed = b" ".join(line for line in imported if b" as " in line)
            for name in set(_WORD.findall(renamed)) & stems:
                index.setdefault(name.decode(), set()).add("*")
            for name in modules:
                self._users.setdefault(name.decode(), []).append(path)
            for name in meant | modules:
                self._importers.setdefault(name.decode(), []).append(path)
            if loads_by_text(data, statements):
                self._loaders.setdefault(self._top(path), []).append(path)
            if b"nthropic" in data:
                self._used_beside_sdk.update(name.decode() for name in meant | modules)
                if _PATCH.search(data):
                    self._patches.append(path)
        return index

    @staticmethod
    def _index_names(data: bytes, stems: set[bytes], index: dict[str, set[str]]) -> set[bytes]:
        """Add the names a file imports to the index; return the last names of modules it may import."""
        found = _FROM.findall(data)
        meant = set(_NAME.findall(b",".join(names for _, names in found))) & stems
        for whole, names in found:
            module = whole.rpartition(b".")[2]
            if module in stems:
                meant.add(module)
                imported = index.setdefault(module.decode(), set())
                imported.update(name.decode() for name in _NAME.findall(names))
        for match in _STAR.finditer(data):
            module = match.group(1).rpartition(b".")[2]
            if module in stems:
                meant.add(module)
                index.setdefault(module.decode(), set()).add("*")
        return meant

    def own_migrate_module(self, path: str) -> str | None:
        """Why `from migrate import …` would not find us here; None if it would."""
        posix = self.posix(path)
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
        if self._imported is None:
            self._imported = self._index()
        return any(self.is_near(one, path) for one in self._old_migrate)

    def module_path(self, importer: str, module: str, level: int) -> str | None:
        """The file that an import in `importer` means, if it is one of the run's files."""
        stem = self.module_stem(importer, module, level)
        return None if stem is None else self.file_of(stem)

    def module_stem(self, importer: str, module: str, level: int) -> str | None:
        """The module or package that an import means: its path without a suffix; None if it is not ours."""
        parts = module.split(".") if module else []
        if not level and parts and parts[0] not in self._first_names():
            return None  # most imports are of other packages: quickly told
        own = self.posix(importer)
        base = posixpath.dirname(own)
        for _ in range(level - 1):
            base = posixpath.dirname(base)
        for start in [base] if level else self._starts(base, parts[0]):
            stem = posixpath.normpath(posixpath.join(start, *parts) if parts else start or ".")
            found = self.file_of(stem)
            if (found is not None and self.posix(found) != own) or stem in self._folders():
                return stem
        return None

    def _starts(self, base: str, top: str) -> list[str]:
        """Where an absolute import may begin: in a package, a sibling does not hide what is installed."""
        starts = list(dict.fromkeys((base, "", "src", *self._roots(base))))
        in_package = posixpath.join(base, "__init__.py") in self._by_posix
        if in_package and (top in PROVIDERS or top in sys.stdlib_module_names):
            starts.remove(base)
        return starts

    def file_of(self, stem: str) -> str | None:
        """The file of a module or package, if it is one of the run's."""
        for candidate in (f"{stem}.py", posixpath.join(stem, "__init__.py")):
            found = self._by_posix.get(posixpath.normpath(candidate))
            if found is not None:
                return found
        return None

    def submodule(self, stem: str, name: str) -> str | None:
        """A module or package inside a package."""
        inner = posixpath.normpath(posixpath.join(stem, name))
        return inner if self.file_of(inner) is not None or inner in self._folders() else None

    def _first_names(self) -> set[str]:
        """The last names of all files and folders: every import of the user's own begins with one."""
        if self._known_names is None:
            files = (posixpath.basename(posix).removesuffix(".py") for posix in self._by_posix)
            self._known_names = {*files, *map(posixpath.basename, self._folders())}
        return self._known_names

    def _folders(self) -> set[str]:
        """Every folder with Python below it: each may be a package, with or without an `__init__.py`."""
        if self._known_folders is None:
            self._known_folders = set()
            for posix in self._by_posix:
                folder = posixpath.dirname(posix) if posix.endswith(".py") else ""
                while folder and folder not in self._known_folders:
                    self._known_folders.add(folder)
                    folder = posixpath.dirname(folder)
        return self._known_folders

    def leads_to_sdk(self, path: str, data: bytes) -> bool:
        """Whether a file imports one that names the SDK, over at most three others, or is imported by one."""
        if self._imported is None:
            self._imported = self._index()
        if self._stem(path) in self._used_beside_sdk:
            return True
        level, seen = [(path, data)], {path}
        for _ in range(3):
            below = [(one, self.read(one) or b"") for file in level for one in self._imports_of(*file)]
            level = [(one, content) for one, content in dict(below).items() if one not in seen]
            if any(b"nthropic" in content for _, content in level):
                return True
            seen.update(one for one, _ in level)
            if len(seen) > _MOST_FOLLOWED:
                return True  # it may, and the evaluator has bounds of its own
        return False

    def tests_sdk(self, path: str, data: bytes) -> bool:
        """Whether a test imports, or patches by name, a file that uses the SDK or is used beside it."""
        if self.leads_to_sdk(path, data):
            return True
        met = self._imports_of(path, data)
        for dotted in _DOTTED_TEXT.findall(data):
            parts = dotted.decode().split(".")
            stems = (".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1))
            met.update(one for stem in stems if (one := self.module_path(path, stem, 0)) is not None)
        return any(self._meets_sdk(one) for one in met)

    def _meets_sdk(self, path: str) -> bool:
        data = self.read(path) or b""
        return b"nthropic" in data or self.leads_to_sdk(path, data)

    def around(self, path: str) -> list[bytes] | None:
        """The texts of the files that import this one, and of what these and it import; None: too many."""
        importers = self.importers_with(path, "")
        if importers is None:
            return None
        near = {*importers, *self._imports_of(path, self.read(path) or b"")}
        near.update(*(self._imports_of(one, self._code(one) or b"") for one in importers))
        return [data for one in near if (data := self._code(one)) is not None]

    def imports_of(self, path: str) -> frozenset[str]:
        """The run's files that a file imports, by its import statements."""
        if path not in self._imports:
            self._imports[path] = frozenset(self._imports_of(path, self._code(path) or b""))
        return self._imports[path]

    def importers_of(self, path: str) -> list[str]:
        """The files near this one that import it by a name that leads to it."""
        if self._imported is None:
            self._imported = self._index()
        importers = dict.fromkeys(self._importers.get(self._stem(path), ()))
        near = [one for one in importers if self.is_near(one, path) or self.is_near(path, one)]
        return [one for one in near[:_MOST_IMPORTERS] if one != path and path in self.imports_of(one)]

    def files_that_load(self, path: str) -> list[str]:
        """The other files near this one that may load modules, or read their names, by texts."""
        self._imported = self._index() if self._imported is None else self._imported
        near = ("", top) if (top := self._top(path)) else tuple(self._loaders)
        return [one for folder in near for one in self._loaders.get(folder, ()) if one != path]

    def _top(self, path: str) -> str:
        """The top folder that a file stands below; empty beside the top folders."""
        return self.posix(path).rpartition("/")[0].partition("/")[0]

    def _imports_of(self, path: str, data: bytes) -> set[str]:
        """The run's files that a file's import statements name, found without a parser."""
        found: set[str | None] = set()
        for match in _FROM.finditer(data):
            dotted = match.group(1).decode("utf-8", "replace")
            module = dotted.lstrip(".")
            level = len(dotted) - len(module)
            stem = self.module_stem(path, module, level)
            if stem is not None:
                found.add(self.file_of(stem))
                inner = (self.submodule(stem, name.decode()) for name in _NAME.findall(match.group(2)))
                found.update(self.file_of(one) for one in inner if one is not None)
        for match in _WHOLE.finditer(data):
            found.update(self.module_path(path, name.decode(), 0) for name in _DOTTED.findall(match.group(1)))
        return {one for one in found if one is not None}

    def importers_with(self, path: str, text: str) -> list[str] | None:
        """The files that import a module, or a package that does, and hold a text; None if they are many."""
        holders = self.all_importers_with(path, text)
        return holders if holders is not None and len(holders) <= _MOST_HOLDERS else None

    def all_importers_with(self, path: str, text: str) -> list[str] | None:
        """The same, however many hold the text; None only if too many import the module to be searched."""
        if self._imported is None:
            self._imported = self._index()
        found: dict[str, None] = {}
        stems = [self._stem(path)]
        for stem in stems:
            importers = self._importers.get(stem, [])
            found.update(dict.fromkeys(importers))
            packages = (self._stem(one) for one in importers if one.endswith("__init__.py"))
            stems.extend(dict.fromkeys(one for one in packages if one not in stems))
            if len(found) > _MOST_IMPORTERS:
                return None
        wanted = text.encode()
        return [one for one in found if one != path and wanted in (self.read(one) or b"")]

    @staticmethod
    def _roots(folder: str) -> list[str]:
        """The folders above: a package's root may be any of them."""
        roots: list[str] = []
        while folder:
            folder = posixpath.dirname(folder)
            roots.append(folder)
        return roots
