# What the text of a file says of imports and of names bound by texts. Bytes in, bytes out; no parser.
"""Searches of a file's bytes that are made of every file of a project, so they have to be quick."""

from __future__ import annotations

import re
from collections.abc import Iterator

# `patch("app.PROMPT", …)`, `setattr(app, "PROMPT", …)`: a name that is bound by a text, and where it stands.
_BINDERS = (b"patch", b"setattr")
_OPENS_CALL = re.compile(rb"[\w.]*\s*\(")
_DOTTED_NAME = re.compile(rb"[\"'}](?:([\w.]*)\.)?([A-Za-z_]\w*)[\"']")
# `import_module(name)` and its kin; `getattr(tools, name)`, with what it is asked of.
_LOADERS = (b"import_module", b"__import__(", b"run_module", b"spec_from_file_location")
_READS_BY_NAME = re.compile(rb"\b(?:getattr|vars)\(\s*(?:\w+\.)*(\w+)\s*[,)]")
_RENAMED = re.compile(rb"\bas\s+(\w+)")


def loads_by_text(data: bytes, statements: bytes, modules: set[bytes]) -> bool:
    """Whether a file may load a module by a text, or read a name of one of the `modules` it imports."""
    if any(word in data for word in _LOADERS):
        return True
    if b"getattr(" not in data and b"vars(" not in data:
        return False
    asked = set(_READS_BY_NAME.findall(data))
    return not asked.isdisjoint(modules) or not asked.isdisjoint(_RENAMED.findall(statements))


def names_bound_by_text(data: bytes) -> frozenset[tuple[str, str]]:
    """What the file's patches and `setattr` bind by a text: (last name of the module or "", name)."""
    texts = (_DOTTED_NAME.search(data, at, at + 200) for at in _ends_of_binders(data))
    found = ((text.group(1) or b"", text.group(2)) for text in texts if text is not None)
    return frozenset((module.rpartition(b".")[2].decode(), name.decode()) for module, name in found)


def _ends_of_binders(data: bytes) -> Iterator[int]:
    """Where the arguments of each `patch(…)` and `setattr(…)` begin; a plain search, asked of every file."""
    for word in _BINDERS:
        at = data.find(word)
        while at >= 0:
            opened = _OPENS_CALL.match(data, at + len(word))
            if opened is not None:
                yield opened.end()
            at = data.find(word, at + len(word))


def import_statements(data: bytes) -> bytes:
    """The lines that import something, to the end of their parentheses: all that an index has to search."""
    kept = []
    at = data.find(b"import")
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        end = end if end >= 0 else len(data)
        if b"(" in data[at:end] and b")" not in data[at:end]:
            end = max(end, data.find(b")", end) + 1)
        kept.append(data[start:end])
        at = data.find(b"import", end)
    return b"\n".join(kept)
