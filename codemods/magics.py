# What IPython's commands do to the names of a notebook. Text only.
"""The effect of a magic, a shell line or a cell that cannot be read.

A command that is not in these tables is taken to read and to bind every name it mentions.
Source: IPython 8, `IPython/core/magics/`.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from dataclasses import dataclass

# Commands that touch no names but those in `{name}` and `$name`.
_QUIET_LINES = frozenset(
    ("pip", "conda", "mamba", "micromamba", "uv", "cd", "ls", "ll", "cat", "mkdir", "rm", "cp",
     "mv", "pwd", "env", "set_env", "system", "sx", "sc", "load_ext", "unload_ext", "reload_ext",
     "autoreload", "matplotlib", "config", "who", "whos", "who_ls", "history", "hist", "load",
     "writefile", "logstart", "logstop", "xmode", "precision", "pprint", "pdb", "pdoc", "pinfo",
     "pinfo2", "psource", "pfile", "lsmagic", "magic", "quickref", "colors", "alias", "dirs",
     "pushd", "popd", "bookmark", "notebook", "dotenv", "tensorboard", "watermark")
)  # fmt: skip
_QUIET_CELLS = frozenset(
    ("bash", "sh", "zsh", "script", "system", "sx", "!", "cmd", "powershell", "writefile", "file",
     "html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG", "perl", "ruby",
     "python", "python2", "python3", "pypy")
)  # fmt: skip
# Commands that run the Python after them, with the options that take a value.
_PYTHON_LINES = {"time": "", "timeit": "nrpv", "prun": "DlsT"}
_PYTHON_CELLS = frozenset({"time", "timeit", "prun", "capture"})
_FORGETS_NAMES = "timeit"  # it runs its statement in a function of its own
# Commands that run code which is not written there.
_OPEN = frozenset({"rerun", "recall", "reset", "reset_selective", "xdel", "edit", "paste", "cpaste", "macro"})

_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
_INTERPOLATED = re.compile(r"\{([^{}]*)\}|\$([^\W\d]\w*)")
_LINE_MAGIC = re.compile(r"%{1,2}(\w+)[ \t]*")
_ASSIGNED = re.compile(r"^([^\W\d]\w*)[ \t]*(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_BUILTINS = frozenset(dir(builtins))
_BINDERS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class Effect:
    """A Python line that does to the names what the command may do; `reads` are names it may read.

    is_python: from `python_at` on it is Python that runs here. shows: an expression there is printed.
    """

    stand_in: str
    reads: frozenset[str] = frozenset()
    is_python: bool = False
    python_at: int = 0
    shows: bool = False


def effect_of_line(text: str) -> Effect:
    """Of a line that begins with one of IPython's escapes: `!ls`, `%time f()`, `?name`, `/f x`."""
    if text.startswith("?"):
        return Effect("pass")
    if text.startswith("!"):
        return Effect("pass", _interpolated(text))
    match = _LINE_MAGIC.match(text)
    if match is None:
        return effect_of_words(text)
    name, rest = match[1], text[match.end() :]
    if name in _PYTHON_LINES:
        return _python_line(name, match.end(), rest) or effect_of_words(rest)
    if name in _QUIET_LINES:
        return Effect("pass", _interpolated(text))
    return _OTHER_LINES.get(name, effect_of_words)(rest) if name not in _OPEN else _ANYTHING


def effect_of_cell_magic(name: str, arguments: str, body: str) -> Effect:
    """Of the first line of a cell if its body is Python, of the whole cell if not."""
    if name in _PYTHON_CELLS and (name != _FORGETS_NAMES or not _binds(body)):
        names = [word for word in arguments.split() if word.isidentifier()] if name == "capture" else []
        return Effect(_binding(names, otherwise="#"), is_python=True)
    if name in _QUIET_CELLS:
        named = _words(arguments) if re.search(r"--(?:out|err|proc)\b", arguments) else frozenset()
        return Effect(_binding(sorted(named)), named | _interpolated(arguments))
    return effect_of_words(f"{arguments}\n{body}")


def effect_of_words(text: str) -> Effect:
    """Of text that may read and bind every name in it."""
    words = _words(text)
    return Effect(_binding(sorted(words)), words)


def effect_of_parameters(text: str) -> Effect:
    """Of what a runner puts behind a cell of parameters: other values for its names."""
    names = frozenset(_ASSIGNED.findall(text))
    return Effect(_binding(sorted(names)), names)


_ANYTHING = Effect("exec(get_ipython())")


def _binding(names: list[str], otherwise: str = "pass") -> str:
    """A line that binds the names, or does not."""
    return f"if get_ipython(): {' = '.join(names)} = get_ipython()" if names else otherwise


def _words(text: str) -> frozenset[str]:
    # Builtins and keywords are words of every language; to rebind them would only blur the rest.
    return frozenset(
        word for word in _WORD.findall(text) if not keyword.iskeyword(word) and word not in _BUILTINS
    )


def _interpolated(text: str) -> frozenset[str]:
    found = (_words(inside) | _words(name) for inside, name in _INTERPOLATED.findall(text))
    return frozenset().union(*found)


def _python_line(name: str, at: int, rest: str) -> Effect | None:
    """The statement after `%time`; None if there is none that can be read."""
    takes_value = _PYTHON_LINES[name]
    options = rf"(?:-[{takes_value}][ \t]*\S+[ \t]+|-\w+[ \t]+)*" if takes_value else ""
    start = re.compile(options).match(rest).end()  # type: ignore[union-attr]
    statement = rest[start:].strip()
    try:
        body = ast.parse(statement).body
    except (SyntaxError, ValueError):
        return None
    if not body or (name == _FORGETS_NAMES and _binds(statement)):
        return None if body else Effect("pass")
    simple = not hasattr(body[0], "body")  # `%time for x in y: f(x)` cannot follow `with …:` on a line
    return Effect("", is_python=True, python_at=at + start, shows=name == "time") if simple else None


def _binds(python: str) -> bool:
    """Whether code binds any name; also if it cannot be read."""
    try:
        tree = ast.parse(python)
    except (SyntaxError, ValueError):
        return True
    return any(
        isinstance(node, _BINDERS) or (isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
        for node in ast.walk(tree)
    )


def _store(arguments: str) -> Effect:
    """`%store name` reads, `%store -r name` brings back, `%store -r` brings back everything."""
    words = arguments.split()
    names = [word for word in words if word.isidentifier()]
    if "-r" in words:
        return Effect(_binding(names)) if names else _ANYTHING
    return Effect("pass", frozenset(names))


def _run(arguments: str) -> Effect:
    """A script runs in a namespace of its own, whose names come here; a notebook runs in this one."""
    if ".ipynb" in arguments or re.search(r"(?:^|\s)-\w*i", arguments):
        return _ANYTHING
    return Effect("from get_ipython import *")


def _pylab(arguments: str) -> Effect:
    return Effect("from get_ipython import *")


_OTHER_LINES = {"store": _store, "run": _run, "pylab": _pylab}
