# The syntax of notebook cells: what is Python in them and what is IPython's own. Text only.
"""A cell as Python: every stretch that is not Python has a stand-in that is.

    !pip install anthropic            pass
    files = !ls {folder}              files = get_ipython()
    %time answer = ask(question)      with get_ipython(): answer = ask(question)
    %run helpers.py                   from get_ipython import *
    %sql rows << SELECT 1             if get_ipython(): rows = SELECT = get_ipython()
    resp.completion                   print(resp.completion)

The last: a cell shows its last expression. A notebook that reads such outputs again (`_`, `Out[3]`) hands
them to unknown code instead.
A stand-in says what analysis has to know: which names may be bound there, and (in `reads`) which are
read. `get_ipython` is bound nowhere, so what it gives is unknown.

Source of the rules: IPython 8, `IPython/core/inputtransformer2.py` and `magics/execution.py`.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from codemods.magics import Effect, effect_of_cell_magic, effect_of_line, effect_of_words

_CELL_MAGIC = re.compile(r"%%(\S+)[ \t]*([^\n]*)\n?")
_ESCAPE = re.compile(r"[ \t]*(?=[!?%,;/])")
_HELP = re.compile(r"%{0,2}[\w.*\[\]'\"]+\?{1,2}[ \t]*\r?\n?")
_AUTOMAGIC = re.compile(r"(?:pip3?|conda|mamba|uv|cd|ls|ll|cat|mkdir|rm|cp|mv)[ \t][^\n]*\n?")
_TOKEN = re.compile(
    r'''(?P<string>"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""|\'\'\'[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*\'\'\''''
    r"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')"""
    r"""|(?P<skip>\#[^\n]*|\\\r?\n)|(?P<newline>\n)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
    r"""|(?P<assign>(?<![=<>!+\-*/%&|^@:])=(?!=))|[^"'#\\\n()\[\]{}=]+|.""",
    re.DOTALL,
)
# Calls that give None, for which nothing is shown.
_GIVE_NONE = frozenset({"print", "display"})
_METHODS_GIVE_NONE = frozenset(
    {"append", "extend", "insert", "remove", "clear", "sort", "reverse", "update", "add"}
)
_READS_OUTPUTS = re.compile(r"(?<![\w.])(?:_{1,3}|_\d+|Out)\s*[.\[)]")
_SHOWN, _SHOWN_AND_KEPT = "print(", "get_ipython("
_STATEMENT_OF_LINE = "with get_ipython(): "
_ASSIGNED = re.compile(r"[ \t]*(?=[!%])")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """cell[start:end], and what stands for it in the module; None: the text itself."""

    start: int
    end: int
    stand_in: str | None = None


@dataclass(slots=True)
class CellCode:
    """A cell's pieces in order, without gaps. `problem`: why it cannot be read, if so."""

    text: str
    pieces: list[Piece] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    problem: str | None = None

    @property
    def hidden(self) -> list[str]:
        """The stretches that are not Python."""
        return [self.text[one.start : one.end] for one in self.pieces if one.stand_in and one.end > one.start]

    def python(self) -> str:
        return "".join(
            self.text[one.start : one.end] if one.stand_in is None else one.stand_in for one in self.pieces
        )

    @property
    def reads_outputs(self) -> bool:
        """Whether it uses what an earlier cell has shown."""
        return _READS_OUTPUTS.search(self.text) is not None

    def keep_outputs(self) -> None:
        """What the cell shows is read again by others."""
        for index, piece in enumerate(self.pieces):
            if piece.stand_in is not None and piece.stand_in.endswith(_SHOWN):
                kept = piece.stand_in.removesuffix(_SHOWN) + _SHOWN_AND_KEPT
                self.pieces[index] = Piece(piece.start, piece.end, kept)

    def is_line_statement(self, offset: int) -> bool:
        """Whether an offset lies in the statement of a line magic, which must stay on its line."""
        for before, piece in zip(self.pieces, self.pieces[1:], strict=False):
            if piece.start <= offset < piece.end:
                opens = (before.stand_in or "").startswith(_STATEMENT_OF_LINE)
                return opens and "\n" not in self.text[piece.start : offset]
        return False

    def add(self, start: int, end: int, effect: Effect | None = None) -> None:
        """One more piece, after the others; without an effect it is Python."""
        if effect is not None:
            self.reads |= effect.reads
            self.pieces.append(Piece(start, end, effect.stand_in))
        elif end > start:
            self.pieces.append(Piece(start, end))


def read_cell(text: str) -> CellCode:
    """The cell as Python; one that cannot be read is hidden as a whole. `text` ends in a newline."""
    code = CellCode(text)
    position = _read_head(code)
    if position < len(text):
        _read_lines(code, position)
    problem = problem_of_python(code.python())
    if problem is None:
        _show_last_expression(code)
        return code
    if _AUTOMAGIC.fullmatch(text):
        return hidden_cell(text, effect_of_line("!" + text))
    return hidden_cell(text, effect_of_words(text), problem)


def hidden_cell(text: str, effect: Effect, problem: str | None = None) -> CellCode:
    """A cell that is left whole."""
    code = CellCode(text, problem=problem)
    code.add(0, len(text), Effect(effect.stand_in + "\n", effect.reads))
    return code


def problem_of_python(python: str) -> str | None:
    """Why a cell's text is no Python that a notebook runs.

    A notebook compiles each statement by itself, so a `__future__` import may come late; and `await`
    may stand outside of functions.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for statement in ast.parse(python).body:
                alone = ast.Module([statement], [])
                compile(alone, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except ValueError as error:  # NUL characters, lone surrogates
        return str(error)
    return None


# -- what is not Python ----------------------------------------------------------------------------


def _read_head(code: CellCode) -> int:
    """The cell magics in front; the offset behind them, the end if the body is not Python."""
    position = re.compile(r"(?:[ \t]*\r?\n)*").match(code.text).end()  # type: ignore[union-attr]
    if not code.text.startswith("%%", position):
        return 0
    code.add(0, position)
    while match := _CELL_MAGIC.match(code.text, position):
        body = code.text[match.end() :]
        effect = effect_of_cell_magic(match[1], match[2].strip(), body)
        end = match.end() if effect.is_python else len(code.text)
        code.add(position, end, Effect(effect.stand_in + "\n", effect.reads))
        if not effect.is_python:
            return end
        position = end
    return position


def _read_lines(code: CellCode, position: int) -> None:
    text, done = code.text, position
    while position < len(text):
        start, end, effect = _next_statement(text, position)
        if effect is not None:
            code.add(done, start)
            done = _add_escaped(code, start, end, effect)
        position = end
    code.add(done, len(text))


def _add_escaped(code: CellCode, start: int, end: int, effect: Effect) -> int:
    """The pieces of a stretch that is not Python, or that opens with what is not; where they end."""
    if not effect.is_python:
        last = end - len(_trailing_newline(code.text[start:end]))
        code.add(start, last, effect)
        return last
    body = start + effect.python_at
    first = ast.parse(code.text[body:end].strip()).body[0]
    if not (effect.shows and _is_shown(first)):
        code.add(start, body, Effect(_STATEMENT_OF_LINE))
        return body
    code.add(start, body, Effect(_STATEMENT_OF_LINE + _SHOWN))
    last = body + _span(code.text[body:end], first)[1]
    code.add(body, last)
    code.add(last, last, Effect(")"))
    return last


def _next_statement(text: str, position: int) -> tuple[int, int, Effect | None]:
    """The next logical line: what of it is not Python (start, end, effect), or the whole and no effect."""
    escape = _ESCAPE.match(text, position)
    if escape is not None:
        end = _continued(text, escape.end())
        return escape.end(), end, effect_of_line(text[escape.end() : end])
    depth, at, only_simple = 0, position, True
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None
        at = token.end()
        if token.lastgroup == "newline" and depth <= 0:
            break
        depth += {"open": 1, "close": -1}.get(token.lastgroup or "", 0)
        if token.lastgroup == "assign" and depth == 0 and (value := _ASSIGNED.match(text, at)):
            end = _continued(text, value.end())
            effect = effect_of_line(text[value.end() : end])
            return value.end(), end, Effect("get_ipython()", effect.reads)
        only_simple = only_simple and token.lastgroup != "skip"
    line = text[position:at]
    if only_simple and "?" in line and _HELP.fullmatch(line.lstrip(" \t")):
        return position + len(line) - len(line.lstrip(" \t")), at, Effect("pass")
    return position, at, None


def _continued(text: str, position: int) -> int:
    """The end of a line that IPython reads, with the lines that a backslash adds."""
    while True:
        end = text.find("\n", position) + 1 or len(text)
        if not text[position:end].rstrip("\r\n").endswith("\\") or end == len(text):
            return end
        position = end


def _trailing_newline(text: str) -> str:
    return text[len(text.rstrip("\r\n")) :]


# -- what a cell shows -----------------------------------------------------------------------------


def _show_last_expression(code: CellCode) -> None:
    """A cell prints its last expression unless a semicolon ends it: `print(` and `)` say so."""
    python = code.python()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        body = ast.parse(python).body
    if not body or not _is_shown(body[-1]):
        return
    start, end = _span(python, body[-1])
    if re.match(r"[ \t]*;", python[end:]) is None:
        code.pieces = list(_wrapped(code, start, end))


def _is_shown(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr) or isinstance(statement.value, ast.Constant):
        return False
    called = statement.value.func if isinstance(statement.value, ast.Call) else None
    return (
        getattr(called, "id", "") not in _GIVE_NONE and getattr(called, "attr", "") not in _METHODS_GIVE_NONE
    )


def _span(python: str, node: ast.stmt) -> tuple[int, int]:
    """Where a statement stands, in characters; `ast` counts columns in bytes."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(python))]
    places = ((node.lineno, node.col_offset), (node.end_lineno or 1, node.end_col_offset or 0))
    start, end = (
        starts[line - 1] + len(python[starts[line - 1] :].encode()[:column].decode())
        for line, column in places
    )
    return start, end


def _wrapped(code: CellCode, start: int, end: int) -> Iterator[Piece]:
    """The pieces with a call around a span of the module's text, if the cell's own text is there."""
    position = 0
    for piece in code.pieces:
        length = piece.end - piece.start if piece.stand_in is None else len(piece.stand_in)
        inside = position <= start and end <= position + length
        if piece.stand_in is None and inside:
            low, high = piece.start + start - position, piece.start + end - position
            yield from _not_empty(Piece(piece.start, low))
            yield Piece(low, low, _SHOWN)
            yield Piece(low, high)
            yield Piece(high, high, ")")
            yield from _not_empty(Piece(high, piece.end))
        else:
            yield piece
        position += length


def _not_empty(piece: Piece) -> Iterator[Piece]:
    if piece.end > piece.start:
        yield piece
