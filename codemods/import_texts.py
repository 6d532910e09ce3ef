# What the text of a file says of imports and of names bound by texts. Bytes in, bytes out; no parser.
"""Searches of a file's bytes that are made of every file of a project, so they have to be quick."""

from __future__ import annotations

import re
from collections.abc import Iterator

# `patch("app.PROMPT", …)`, `setattr(app, "PROMPT", …)`: a name that is bound by a text, and where it stands.
_BINDERS = (b"patch", b"setattr")
_OPENS_CALL = re.compile(rb"[\w.]*\s*\(")
_DOTTED_NAME = re.compile(rb"[\"'}](?:([\w.]*)\.)?([A-Za-z_]\w*)[\"']")
# `import_module(name)` and its kin; their lines are among those that `import_statements` gives.
_LOADERS = (b"import_module", b"__import__(", b"run_module", b"importlib")


def loads_by_text(data: bytes, statements: bytes) -> bool:
    """Whether a file may load a module, or read a name of one, by a text: asked of every file."""
    return any(word in statements for word in _LOADERS) or b"getattr(" in data


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
