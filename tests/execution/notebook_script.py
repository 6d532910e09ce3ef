"""A notebook as a script that does what running all its cells does, written without the code mod's reading.

Only what the fixtures use is understood: a cell magic `%%time` or `%%capture` runs its body, any other
drops the cell; `%time x` runs x; other lines that begin with `%`, `!` or `?` or end with `?` are dropped.
The last expression of a cell is printed, unless a semicolon follows; `await` may stand anywhere.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

_SCRIPT = """\
import ast, asyncio, inspect

cells = {cells!r}
loop = asyncio.new_event_loop()
names = {{"__name__": "__main__"}}


def run(tree, mode):
    code = compile(tree, "cell", mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    value = eval(code, names)
    return loop.run_until_complete(value) if code.co_flags & inspect.CO_COROUTINE else value


for cell in cells:
    body = ast.parse(cell).body
    shown = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    run(ast.Module(body, []), "exec")
    value = run(ast.Expression(shown.value), "eval") if shown else None
    if value is not None and not cell.rstrip().endswith(";"):
        print(repr(value))
"""


def stated_line(file: Path) -> str:
    """The line in which a program says how it runs: the first, of a notebook that of its first code cell."""
    source = file.read_bytes()
    if file.suffix == ".ipynb":
        return (_code_cells(source) or [""])[0].partition("\n")[0]
    return source.partition(b"\n")[0].decode("utf-8-sig", "replace").strip()


def as_script(file: Path, folder: Path) -> Path:
    """The program itself, or the script that a notebook's cells are, written into the folder."""
    if file.suffix != ".ipynb":
        return file
    script = folder / f"{file.stem}.py"
    script.write_text(script_of(file.read_bytes()), "utf-8")
    return script


def script_of(notebook: bytes) -> str:
    """The program that the code cells are, in order."""
    cells = [python for text in _code_cells(notebook) if (python := _python_of(text)) is not None]
    return _SCRIPT.format(cells=cells)


def _code_cells(notebook: bytes) -> list[str]:
    root = json.loads(notebook.decode("utf-8-sig"))
    cells = root["cells"] if "cells" in root else root["worksheets"][0]["cells"]
    sources = (cell.get("source", cell.get("input")) for cell in cells if cell["cell_type"] == "code")
    return ["".join(source) for source in sources]


def _python_of(cell: str) -> str | None:
    magic = re.match(r"\s*%%(\w+).*\n", cell)
    if magic is not None:
        return _python_of(cell[magic.end() :]) if magic[1] in ("time", "capture") else None
    kept, continued, in_text = [], False, False
    for line in cell.split("\n"):
        escaped = re.match(r"(\s*)%time (.*)", line)
        if continued:
            continued = line.endswith("\\")
        elif in_text or escaped or not re.match(r"\s*(?:[!?]|%\w)|\w+ = !|.*\?$", line):
            kept.append(escaped[1] + escaped[2] if escaped and not in_text else line)
            in_text ^= line.count('"""') % 2 == 1
        else:
            continued = line.endswith("\\")
            kept.append(line[: len(line) - len(line.lstrip())] + "pass")
    return "\n".join(kept)
