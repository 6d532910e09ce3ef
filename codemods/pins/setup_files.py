# setup.py and setup.cfg: where setuptools reads requirements. Nothing of decisions.
"""Read the literal lists of setup.py, by the positions `ast` tells, and the lists of setup.cfg."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from codemods.pins import OWN_REQUIREMENT, SDK, Insert, Reading, Requirement
from codemods.pins.placing import PROBE, applied, item_beside, place_of
from codemods.pins.ranges import old_python, pep440_versions
from codemods.pins.requirements import newline_of, own_requirement, parts_of

_KEYWORDS = frozenset({"install_requires", "extras_require", "tests_require", "setup_requires"})
_OPENERS = frozenset({"open", "Path", "join", "joinpath"})
_LINE_END = re.compile(r"\r\n|\r|\n")


# -- setup.py --------------------------------------------------------------------------------------


def read_setup_py(text: str) -> Reading:
    """The requirements in setup.py. Raises ValueError for a text that is not Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, RecursionError) as error:
        raise ValueError(str(error)) from error
    setup = _SetupPy(text, tree)
    return Reading(
        tuple(setup.requirements()), old_python=setup.old_python(), read_by_code=tuple(setup.files())
    )


class _SetupPy:
    """A setup script. Requirements are strings in lists that reach a keyword of `setup`."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text = text
        self.tree = tree
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def requirements(self) -> Iterator[Requirement]:
        for node in self._literals():
            shown = node.value.strip()
            parts = parts_of(shown)
            if parts is None:
                continue
            start, end = self._span(node)
            literal = self.text[start:end]
            if literal[1:-1] != node.value or literal[0] not in "\"'":  # escapes, a prefix, pieces
                yield Requirement(
                    parts.name, start, end, shown, None, parts.versions, is_direct=parts.is_direct
                )
                continue
            first = start + 1 + len(node.value) - len(node.value.lstrip())
            spec = (first + parts.spec[0], first + parts.spec[1])
            beside: tuple[Insert, ...] | None = ()
            if parts.name == SDK:
                item = f"{literal[0]}{own_requirement(parts)}{literal[0]}"
                beside = self._beside(start, end, item)
            yield Requirement(
                parts.name,
                first,
                first + len(shown),
                shown,
                spec,
                parts.versions,
                beside=beside,
                is_direct=parts.is_direct,
            )

    def files(self) -> Iterator[str]:
        """Names of files that the script may open: whole in `open`, `Path` and `join`, or behind a `/`."""
        for node in ast.walk(self.tree):
            texts: list[ast.expr] = []
            if isinstance(node, ast.Call) and _called_name(node.func) in _OPENERS:
                texts = node.args
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                texts = [node.right]
            name = "/".join(text.value for text in texts if _is_text(text))
            if name and "\0" not in name:
                yield name

    def old_python(self) -> str | None:
        said = (
            keyword.value.value
            for call in ast.walk(self.tree)
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if keyword.arg == "python_requires" and isinstance(keyword.value, ast.Constant)
        )
        return next((old for text in said if (old := old_python(text, pep440_versions))), None)

    def _literals(self) -> Iterator[_Text]:
        seen: set[str] = set()
        stack = [
            keyword.value
            for call in ast.walk(self.tree)
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if keyword.arg in _KEYWORDS
        ]
        while stack:
            for node in ast.walk(stack.pop()):
                if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
                    yield from (item for item in node.elts if _is_text(item))
                elif isinstance(node, ast.Name) and node.id not in seen:
                    seen.add(node.id)
                    stack += _values_of(self.tree, node.id)

    def _span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._offset(node.lineno, node.col_offset)
        return start, self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        """`ast` counts columns in bytes of UTF-8."""
        start = self.starts[line - 1]
        return start + len(self.text[start : start + column].encode()[:column].decode())

    def _beside(self, start: int, end: int, item: str) -> tuple[Insert, ...] | None:
        inserts = item_beside(self.text, start, end, item)
        return inserts if self._adds_one(applied(self.text, inserts)) else None

    def _adds_one(self, text: str) -> bool:
        """Whether a text is this script with our requirement as one more item somewhere."""
        try:
            tree = ast.parse(text)
        except SyntaxError:
            return False
        added = 0
        for node in ast.walk(tree):
            if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
                kept = [
                    one for one in node.elts if not (_is_text(one) and one.value.startswith(OWN_REQUIREMENT))
                ]
                added += len(node.elts) - len(kept)
                node.elts = kept
        return added == 1 and ast.dump(tree) == ast.dump(self.tree)


class _Text(ast.Constant):
    """A string constant, for type checkers."""

    value: str


def _is_text(node: ast.expr) -> TypeGuard[_Text]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _values_of(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    """What a name or its items are set to, anywhere, and what is added to it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(_root_name(target) == name for target in targets):
                yield node.value
        elif isinstance(node, ast.Call) and _changed_name(node.func) == name:
            yield from node.args


def _called_name(function: ast.expr) -> str:
    return str(getattr(function, "id", getattr(function, "attr", "")))


def _changed_name(method: ast.expr) -> str | None:
    """The name whose object a method call adds to."""
    adds = isinstance(method, ast.Attribute) and method.attr in ("extend", "update", "setdefault")
    return _root_name(method) if adds else None


def _root_name(node: ast.expr) -> str | None:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


# -- setup.cfg -------------------------------------------------------------------------------------

_OPTIONS = ("install_requires", "tests_require", "setup_requires")
_EXTRAS = "options.extras_require"


def read_setup_cfg(text: str) -> Reading:
    """The requirements in setup.cfg. Raises ValueError for a text that is no such file."""
    parser = _parsed(text)
    found: list[Requirement] = []
    for section, options in (("options", _OPTIONS), (_EXTRAS, None)):
        if parser.has_section(section):
            for option in options or parser.options(section):
                if parser.has_option(section, option):
                    optional = option != _OPTIONS[0]
                    found += [
                        replace(one, is_optional=optional)
                        for one in _of_option(text, parser, section, option)
                    ]
    python = parser.get("options", "python_requires", fallback=None)
    files = (_file_names(value) for section in ("options", _EXTRAS) for value in _values(parser, section))
    return Reading(
        tuple(found),
        includes=tuple(name for names in files for name in names),
        old_python=old_python(python, pep440_versions),
    )


def _values(parser: configparser.RawConfigParser, section: str) -> list[str]:
    """What a section says of requirements."""
    options = parser.items(section) if parser.has_section(section) else []
    return [value for name, value in options if section == _EXTRAS or name in _OPTIONS]


def _file_names(value: str) -> list[str]:
    """The files in setuptools' `file: a.txt, b.txt`."""
    directive, _, names = value.strip().partition(":")
    return [name.strip() for name in names.split(",")] if directive == "file" else []


def _parsed(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error
    return parser


def _meaning(parser: configparser.RawConfigParser) -> dict[str, dict[str, str]]:
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _of_option(
    text: str, parser: configparser.RawConfigParser, section: str, option: str
) -> Iterator[Requirement]:
    value = parser.get(section, option)
    lines = value.split("\n")
    for index, line in enumerate(lines):
        shown = re.sub(r"(^|\s)#.*", "", line).strip()
        parts = parts_of(shown)
        if parts is None:
            continue

        def is_it(new: str, index: int = index, shown: str = shown) -> bool:
            return _has_line(
                new, parser, section, option, (index, lines[index].replace(shown, shown + PROBE))
            )

        place = place_of(text, shown, is_it)
        if place is None:
            start = max(text.lower().find(parts.name), 0)
            yield Requirement(parts.name, start, start + len(shown), shown, None, parts.versions)
            continue
        spec = (place + parts.spec[0], place + parts.spec[1])
        beside: tuple[Insert, ...] | None = ()
        if parts.name == SDK:
            beside = _line_beside(text, parser, (section, option, index), place, own_requirement(parts))
        end = place + len(shown)
        yield Requirement(
            parts.name, place, end, shown, spec, parts.versions, beside=beside, is_direct=parts.is_direct
        )


def _has_line(
    text: str, parser: configparser.RawConfigParser, section: str, option: str, change: tuple[int, str]
) -> bool:
    """Whether a text means what `parser` holds, but for one line of one option."""
    lines = parser.get(section, option).split("\n")
    lines[change[0]] = change[1]
    expected = _meaning(parser)
    expected[section][option] = "\n".join(lines)
    try:
        return _meaning(_parsed(text)) == expected
    except ValueError:
        return False


def _line_beside(
    text: str, parser: configparser.RawConfigParser, where: tuple[str, str, int], place: int, own: str
) -> tuple[Insert, ...] | None:
    section, option, index = where
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    before = text[start:place]
    indent = "    " if before.strip() else before
    match = re.compile(r"[^\r\n]*").match(text, place)
    assert match is not None
    inserts = (Insert(match.end(), f"{newline_of(text)}{indent}{own}"),)
    line = parser.get(section, option).split("\n")[index]
    is_it = _has_line(applied(text, inserts), parser, section, option, (index, f"{line}\n{own}"))
    return inserts if is_it else None
