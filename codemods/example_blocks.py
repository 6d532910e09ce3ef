# Code inside texts: fences, indented blocks, doctests. Knows text only; nothing of what the code means.
"""Find the Python examples in a text and put changed code back into the same form.

    ```python … ```           a fence in Markdown
    .. code-block:: python    an indented block in reStructuredText, also after a line that ends in a colon
    a doctest                 whose output lines are left out

One pass over the lines: linear, whatever the text holds.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Generator, Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_DIRECTIVE = re.compile(
    r"\s*\.\. (?:code-block|code|sourcecode|testcode|ipython)::[ \t]*(?P<info>[\w+-]*)\s*$"
)
_OPTION = re.compile(r"\s*:[\w-]+:")
_PYTHON = frozenset({"", "python", "py", "python3", "pycon", "ipython", "ipython3", "jupyter", "{code-cell}"})


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`code` is the program, dedented and without prompts; `start` and `end` are offsets in the text."""

    code: str
    start: int
    end: int
    is_doctest: bool = False

    def in_form(self, code: str) -> str:
        """Other code, written the way this block is."""
        if not self.is_doctest:
            return code
        lines = code.rstrip("\n").split("\n")
        return "\n".join((">>> " if _opens(line) else "... ") + line for line in lines)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def margin(self) -> int:
        shown = self.text.expandtabs()
        return len(shown) - len(shown.lstrip())


def _opens(line: str) -> bool:
    """Whether a line begins a statement, as far as its first character says."""
    return bool(line) and line[0] not in " \t)]}"


def code_blocks(text: str) -> Iterator[CodeBlock]:
    """Every Python example, in the order of the text; none overlaps another."""
    lines = _lines(text)
    at = 0
    while at < len(lines):
        line = lines[at].text.rstrip()
        if (fence := _FENCE.match(line)) is not None:
            stop = _fence_end(lines, at + 1, fence)
            if _is_python(fence["info"]):
                yield from _block(lines[at + 1 : stop])
            at = stop + 1
        elif line.lstrip().startswith(">>>"):
            stop = _doctest_end(lines, at)
            yield from _block(lines[at:stop])
            at = stop
        elif (directive := _DIRECTIVE.match(line)) is not None:
            at = yield from _directed(lines, at, directive["info"])
        elif line.endswith(":"):
            at = yield from _indented(lines, at)
        else:
            at += 1


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    at = 0
    for line in text.splitlines(keepends=True):
        found.append(_Line(line, at))
        at += len(line)
    return found


def _is_python(info: str) -> bool:
    words = info.replace("{", " {").split()
    return (words[0].lower().rstrip(",") if words else "") in _PYTHON


def _fence_end(lines: list[_Line], at: int, fence: re.Match[str]) -> int:
    while at < len(lines) and not lines[at].text.strip(" \t>\r\n").startswith(fence["fence"]):
        at += 1
    return at


def _doctest_end(lines: list[_Line], at: int) -> int:
    """Behind the last doctest line of a group; groups that only blank lines part belong together."""
    end = at
    while at < len(lines):
        text = lines[at].text.strip()
        if text.startswith((">>>", "...")):
            end = at + 1
        elif text.startswith(("```", '"""')) or (not text and not _follows_prompt(lines, at)):
            break
        at += 1
    return end


def _follows_prompt(lines: list[_Line], at: int) -> bool:
    following = next((line.text.strip() for line in lines[at + 1 : at + 3] if line.text.strip()), "")
    return following.startswith(">>>")


def _directed(lines: list[_Line], at: int, info: str) -> Generator[CodeBlock, None, int]:
    first = at + 1
    while first < len(lines) and _OPTION.match(lines[first].text):
        first += 1
    stop = _indented_end(lines, first, lines[at].margin)
    if _is_python(info):
        yield from _block(lines[first:stop])
    return max(stop, at + 1)


def _indented(lines: list[_Line], at: int) -> Generator[CodeBlock, None, int]:
    """What stands below a line that ends in a colon, if it stands further in and is no fence."""
    stop = _indented_end(lines, at + 1, lines[at].margin)
    body = lines[at + 1 : stop]
    if any(_FENCE.match(line.text.rstrip()) or line.text.rstrip().endswith("::") for line in body):
        return at + 1
    if any(line.text.strip() for line in body):
        yield from _block(body)
    return max(stop, at + 1)


def _indented_end(lines: list[_Line], at: int, margin: int) -> int:
    end = at
    while at < len(lines) and (not lines[at].text.strip() or lines[at].margin > margin):
        if lines[at].text.strip():
            end = at + 1
        at += 1
    return end


def _block(lines: list[_Line]) -> Iterator[CodeBlock]:
    if not lines:
        return
    body = "".join(line.text for line in lines)
    prompted = [line.text.strip() for line in lines if line.text.strip().startswith((">>>", "..."))]
    if any(line.startswith(">>>") for line in prompted):
        code = "".join(f"{line[4:]}\n" for line in prompted)
        yield CodeBlock(code, lines[0].start, lines[-1].end, True)
    else:
        yield CodeBlock(textwrap.dedent(body), lines[0].start, lines[-1].end)
