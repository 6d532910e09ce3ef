# Opens dependency files and hands each to its reader. Decides nothing, writes nothing.
"""A dependency file as text and as the requirements in it, in whatever encoding it is kept."""

from __future__ import annotations

import codecs
import os
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from codemods.files import is_dependency_file, read_or_none
from codemods.pins import NAMES, NOTHING, SDK, Reading
from codemods.pins.conda import read_environment
from codemods.pins.locks import is_lock
from codemods.pins.requirements import read_requirements
from codemods.pins.setup_files import read_setup_cfg, read_setup_py
from codemods.pins.toml_tables import read_pipfile, read_pyproject

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_READERS: dict[str, Callable[[str], Reading]] = {
    "pyproject.toml": read_pyproject,
    "Pipfile": read_pipfile,
    "setup.py": read_setup_py,
    "setup.cfg": read_setup_cfg,
}
# Words without which no TOML, INI or Python file refers to another.
_REFERS = re.compile(r"\bfile\b|\bopen\b|\bPath\b|\bread_text\b")
_REQUIREMENT_SUFFIXES = ("", ".txt", ".in")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One dependency file. `problem`: why it cannot be read, though it names the SDK;
    `read_by`: the script whose code is all that refers to it."""

    path: str
    content: bytes
    text: str
    encoding: str
    bom: bytes
    reading: Reading = NOTHING
    problem: str | None = None
    is_constraints: bool = False
    read_by: str | None = None

    @property
    def real(self) -> str:
        return os.path.realpath(self.path)

    @property
    def is_lock(self) -> bool:
        return is_lock(self.path)

    @property
    def names_sdk(self) -> bool:
        wanted = any(one.name in NAMES[:2] for one in self.reading.requirements)
        return wanted or self.problem is not None or (self.is_lock and SDK in self.text)

    def encoded(self, text: str) -> bytes:
        return self.bom + text.encode(self.encoding)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        before = self.text[:offset].replace("\r\n", "\n").replace("\r", "\n")
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def read_manifest(path: str, content: bytes, *, constraints: bool = False) -> Manifest:
    """The file with the requirements in it; `constraints`: another file says that it holds limits only."""
    text, encoding, bom = _decoded(content)
    constraints = constraints or "constraints" in os.path.basename(path)
    if is_lock(path) or not (SDK in text.lower() or "-" in text or _REFERS.search(text)):
        return Manifest(path, content, text, encoding, bom)
    try:
        reading, problem = _reading(path, text, constraints), None
    except Exception as error:  # not of its format, or a bug of ours: either is said, and ends no run
        reading, problem = NOTHING, _in_words(error) if SDK in text.lower() else None
    return Manifest(path, content, text, encoding, bom, reading, problem, constraints)


def _in_words(error: Exception) -> str:
    text = str(error).split("\n", 1)[0]
    if isinstance(error, ValueError):
        return text
    if isinstance(error, (RecursionError, MemoryError)):
        return "too deeply nested"
    return f"a bug in to-messages: {type(error).__name__}: {text}"


def _reading(path: str, text: str, constraints: bool) -> Reading:
    name = os.path.basename(path)
    if name.endswith((".yml", ".yaml")):
        return read_environment(text) if SDK in text.lower() else NOTHING
    reader = _READERS.get(name)
    if reader is None:
        return read_requirements(text, constraints=constraints)
    return reader(text) if SDK in text.lower() or _REFERS.search(text) else NOTHING


def _decoded(content: bytes) -> tuple[str, str, bytes]:
    """Text, encoding and byte order mark. Latin-1 reads everything and gives each byte back."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            try:
                text = content[len(bom) :].decode(encoding)
            except UnicodeDecodeError:
                break
            return text, encoding, bom
    try:
        return content.decode("utf-8"), "utf-8", b""
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1", b""


def read_manifests(
    paths: Iterable[str], sources: Callable[[str], bytes | None] = read_or_none
) -> list[Manifest]:
    """The dependency files at these paths and all that they include, each once."""
    found: dict[str, Manifest] = {}
    stack = list(paths)[::-1]
    while stack:
        path = stack.pop()
        real = os.path.realpath(path)
        content = sources(path) if real not in found else None
        if content is not None:
            found[real] = read_manifest(path, content)
            stack += included(found[real])
    for limit in {os.path.realpath(one) for manifest in found.values() for one in limiting(manifest)}:
        if limit in found:
            found[limit] = read_manifest(found[limit].path, found[limit].content, constraints=True)
    _mark_read_by_code(found)
    return list(found.values())


def _mark_read_by_code(found: dict[str, Manifest]) -> None:
    """Whoever wrote such code may read the lines of the file in a way of his own."""
    plain = {os.path.realpath(path) for one in found.values() for path in _paths(one, one.reading.includes)}
    for script in list(found.values()):
        for path in _read_by_code(script):
            real = os.path.realpath(path)
            if real in found and real not in plain and not is_dependency_file(path):
                found[real] = replace(found[real], read_by=os.path.basename(script.path))


def included(manifest: Manifest) -> list[str]:
    """The files it refers to, as paths."""
    return [*_paths(manifest, manifest.reading.includes), *_read_by_code(manifest)]


def _read_by_code(manifest: Manifest) -> list[str]:
    paths = _paths(manifest, manifest.reading.read_by_code)
    return [path for path in paths if os.path.splitext(path)[1] in _REQUIREMENT_SUFFIXES]


def limiting(manifest: Manifest) -> list[str]:
    """Those among them that only limit versions."""
    return _paths(manifest, manifest.reading.limits)


def _paths(manifest: Manifest, names: Iterable[str]) -> list[str]:
    """What is fetched from elsewhere is left out."""
    directory = os.path.dirname(manifest.path)
    local = (one for one in names if "://" not in one)
    return [os.path.normpath(os.path.join(directory, *posixpath.normpath(one).split("/"))) for one in local]
