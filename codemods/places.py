# Where an argument stands: a keyword, a dict entry, an item store. Text only; no API knowledge.
"""Arguments of a call where they are written, and the edits that rename, replace or remove them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from codemods.edits import Edit, Slice, Span
from codemods.source import Source
from codemods.statements import removed_statements
from codemods.template_nodes import widen_over_parentheses

Parts = tuple[str | Slice, ...]


class Place(Protocol):
    """One argument. `value_span` includes the parentheses around the value."""

    @property
    def value(self) -> ast.expr: ...
    @property
    def value_span(self) -> Span: ...
    def rename(self, name: str) -> list[Edit]: ...
    def wrap(self, name: str, before: str, after: str) -> list[Edit]: ...
    def replace(self, pairs: Sequence[tuple[str, Parts]]) -> list[Edit]: ...
    def splat(self, before: str, after: str) -> list[Edit]: ...
    def append(self, name: str, text: str, order: int) -> list[Edit]: ...
    def indentation(self) -> str: ...


@dataclass(frozen=True, eq=False, slots=True)
class KeywordPlace:
    """`name=value` in a call."""

    source: Source
    call: ast.Call
    keyword: ast.keyword

    @property
    def value(self) -> ast.expr:
        return self.keyword.value

    @property
    def span(self) -> Span:
        return self.source.span(self.keyword)

    @property
    def value_span(self) -> Span:
        start, end = self.span
        name = len((self.keyword.arg or "").encode())
        match = re.compile(rb"\s*=\s*").match(self.source.data, start + name)
        return (match.end() if match else start), end

    def rename(self, name: str) -> list[Edit]:
        start = self.span[0]
        return [Edit(start, start + len((self.keyword.arg or "").encode()), (name,))]

    def wrap(self, name: str, before: str, after: str) -> list[Edit]:
        start, end = self.value_span
        return [Edit(self.span[0], start, (f"{name}={before}",)), Edit(end, end, (after,), -1)]

    def replace(self, pairs: Sequence[tuple[str, Parts]]) -> list[Edit]:
        return [Edit(*self.span, _joined(((f"{name}=", *parts) for name, parts in pairs), self.separator()))]

    def splat(self, before: str, after: str) -> list[Edit]:
        start, end = self.value_span
        return [Edit(self.span[0], start, (f"**{before}",)), Edit(end, end, (after,), -1)]

    def append(self, name: str, text: str, order: int) -> list[Edit]:
        return _appended(self.source, self.span, f"{name}={text}", order)

    def separator(self) -> str:
        return _separator(self.source, self.span)

    def indentation(self) -> str:
        return self.source.indentation(self.span[0])


@dataclass(frozen=True, eq=False, slots=True)
class EntryPlace:
    """`"name": value` in a dict display."""

    source: Source
    display: ast.Dict
    key: ast.Constant
    value: ast.expr

    @property
    def span(self) -> Span:
        return self.source.span(self.key)[0], self.value_span[1]

    @property
    def value_span(self) -> Span:
        start, end = self.source.span(self.value)
        low, high = self.source.span(self.key)[1], self.source.span(self.display)[1]
        return widen_over_parentheses(self.source.data, start, end, low, high)

    def rename(self, name: str) -> list[Edit]:
        return [Edit(*self.source.span(self.key), (self._quoted(name),))]

    def wrap(self, name: str, before: str, after: str) -> list[Edit]:
        start, end = self.value_span
        return [*self.rename(name), Edit(start, start, (before,), -9), Edit(end, end, (after,), -1)]

    def replace(self, pairs: Sequence[tuple[str, Parts]]) -> list[Edit]:
        written = ((f"{self._quoted(name)}: ", *parts) for name, parts in pairs)
        return [Edit(*self.span, _joined(written, self.separator()))]

    def splat(self, before: str, after: str) -> list[Edit]:
        start, end = self.value_span
        return [Edit(self.span[0], start, (f"**{before}",)), Edit(end, end, (after,), -1)]

    def append(self, name: str, text: str, order: int) -> list[Edit]:
        return _appended(self.source, self.span, f"{self._quoted(name)}: {text}", order)

    def separator(self) -> str:
        return _separator(self.source, self.span)

    def indentation(self) -> str:
        return self.source.indentation(self.span[0])

    def _quoted(self, name: str) -> str:
        quote = "'" if self.source.node_text(self.key).endswith("'") else '"'
        return f"{quote}{name}{quote}"


@dataclass(frozen=True, eq=False, slots=True)
class StorePlace:
    """`params["name"] = value` as a statement of its own."""

    source: Source
    statement: ast.Assign
    target: ast.Subscript
    value: ast.expr

    @property
    def value_span(self) -> Span:
        start, end = self.source.span(self.value)
        low, high = self.source.span(self.target)[1], self.source.span(self.statement)[1]
        return widen_over_parentheses(self.source.data, start, end, low, high)

    def rename(self, name: str) -> list[Edit]:
        return [Edit(*self.source.span(self.target.slice), (self._quoted(name),))]

    def wrap(self, name: str, before: str, after: str) -> list[Edit]:
        start, end = self.value_span
        return [*self.rename(name), Edit(start, start, (before,), -9), Edit(end, end, (after,), -1)]

    def replace(self, pairs: Sequence[tuple[str, Parts]]) -> list[Edit]:
        holder = self.source.node_text(self.target.value)
        written = ((f"{holder}[{self._quoted(name)}] = ", *parts) for name, parts in pairs)
        return [Edit(*self.source.span(self.statement), _joined(written, self._new_line()))]

    def splat(self, before: str, after: str) -> list[Edit]:
        holder = self.source.node_text(self.target.value)
        start, end = self.value_span
        whole = self.source.span(self.statement)
        return [
            Edit(whole[0], start, (f"{holder}.update({before}",)),
            Edit(end, whole[1], (f"{after})",), -1),
        ]

    def append(self, name: str, text: str, order: int) -> list[Edit]:
        holder = self.source.node_text(self.target.value)
        end = self.source.span(self.statement)[1]
        return [Edit(end, end, (f"{self._new_line()}{holder}[{self._quoted(name)}] = {text}",), order)]

    def indentation(self) -> str:
        return self.source.indentation(self.source.span(self.statement)[0])

    def _new_line(self) -> str:
        return self.source.newline + self.indentation()

    def _quoted(self, name: str) -> str:
        quote = "'" if self.source.node_text(self.target.slice).endswith("'") else '"'
        return f"{quote}{name}{quote}"


@dataclass(frozen=True, eq=False, slots=True)
class DefaultPlace:
    """`params.setdefault("name", value)` as a statement of its own."""

    source: Source
    statement: ast.Expr
    call: ast.Call
    value: ast.expr

    @property
    def value_span(self) -> Span:
        start, end = self.source.span(self.value)
        low, high = self.source.span(self.call.args[0])[1], self.source.span(self.call)[1] - 1
        return widen_over_parentheses(self.source.data, start, end, low, high)

    def rename(self, name: str) -> list[Edit]:
        return [Edit(*self.source.span(self.call.args[0]), (self._quoted(name),))]

    def wrap(self, name: str, before: str, after: str) -> list[Edit]:
        start, end = self.value_span
        return [*self.rename(name), Edit(start, start, (before,), -9), Edit(end, end, (after,), -1)]

    def replace(self, pairs: Sequence[tuple[str, Parts]]) -> list[Edit]:
        written = (
            (f"{self._holder()}.setdefault({self._quoted(name)}, ", *parts, ")") for name, parts in pairs
        )
        return [Edit(*self.source.span(self.statement), _joined(written, self._new_line()))]

    def splat(self, before: str, after: str) -> list[Edit]:
        start, end = self.value_span
        whole = self.source.span(self.statement)
        return [
            Edit(whole[0], start, (f"{self._holder()}.update({before}",)),
            Edit(end, whole[1], (f"{after})",), -1),
        ]

    def append(self, name: str, text: str, order: int) -> list[Edit]:
        end = self.source.span(self.statement)[1]
        added = f"{self._new_line()}{self._holder()}.setdefault({self._quoted(name)}, {text})"
        return [Edit(end, end, (added,), order)]

    def indentation(self) -> str:
        return self.source.indentation(self.source.span(self.statement)[0])

    def _new_line(self) -> str:
        return self.source.newline + self.indentation()

    def _holder(self) -> str:
        assert isinstance(self.call.func, ast.Attribute)
        return self.source.node_text(self.call.func.value)

    def _quoted(self, name: str) -> str:
        quote = "'" if self.source.node_text(self.call.args[0]).endswith("'") else '"'
        return f"{quote}{name}{quote}"


def _joined(written: Iterable[Parts], separator: str) -> Parts:
    out: list[str | Slice] = []
    for parts in written:
        if out:
            out.append(separator)
        out.extend(parts)
    return tuple(out)


_COMMENTED = re.compile(rb"[ \t]*,[ \t]*#[^\r\n]*(?:\r\n|\r|\n)")


def _appended(source: Source, span: Span, written: str, order: int) -> list[Edit]:
    """Another argument behind this one; a comment that ends its line stays with it."""
    end = span[1]
    commented = _COMMENTED.match(source.data, end)
    if commented is None or source.data[source.line_start(span[0]) : span[0]].strip():
        return [Edit(end, end, (f"{_separator(source, span)}{written}",), order)]
    line = f"{source.indentation(span[0])}{written},{source.newline}"
    return [Edit(commented.end(), commented.end(), (line,), order - 20)]


_ALONE = re.compile(rb"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?:\r|\n|$)")


def _separator(source: Source, span: Span) -> str:
    """How the author separates arguments: on lines of their own, or on one line."""
    line = source.line_start(span[0])
    before = source.data[line : span[0]]
    if before.strip() or not _ALONE.match(source.data, span[1]):
        return ", "
    return f",{source.newline}{before.decode()}"


def removals(source: Source, places: Sequence[Place]) -> list[Edit]:
    """Edits that take arguments away with their commas; comments beside them stay where they are."""
    statements: list[ast.stmt] = []
    by_holder: dict[ast.AST, list[Span]] = {}
    for place in places:
        if isinstance(place, StorePlace | DefaultPlace):
            statements.append(place.statement)
        elif isinstance(place, KeywordPlace):
            by_holder.setdefault(place.call, []).append(place.span)
        elif isinstance(place, EntryPlace):
            by_holder.setdefault(place.display, []).append(place.span)
    statements.extend(_emptied_updates(source, by_holder))
    edits = [Edit(*span) for span in removed_statements(source, statements)]
    for holder, spans in by_holder.items():
        edits.extend(Edit(*span) for span in span_removals(source, _items(source, holder), set(spans)))
    return edits


def _emptied_updates(source: Source, by_holder: dict[ast.AST, list[Span]]) -> list[ast.stmt]:
    """`params.update(…)` of which nothing is left: taken out of the holders, to go as a whole."""
    found: list[ast.stmt] = []
    for holder in list(by_holder):
        call = source.parents[holder] if isinstance(holder, ast.Dict) else holder
        statement = source.parents.get(call)
        if not isinstance(call, ast.Call) or not isinstance(statement, ast.Expr):
            continue
        arguments = len(call.args) + len(call.keywords)
        of_dict = (
            isinstance(holder, ast.Dict) and arguments == 1 and len(holder.values) == len(by_holder[holder])
        )
        nothing_left = of_dict or (holder is call and arguments == len(by_holder[holder]))
        if nothing_left and getattr(call.func, "attr", "") == "update":
            del by_holder[holder]
            found.append(statement)
    return found


def list_removals(
    source: Source, node: ast.List | ast.Tuple | ast.Set, gone: Sequence[ast.expr]
) -> list[Edit]:
    """The same for elements of a list display."""
    items = [_element_span(source, node, element) for element in node.elts]
    removed = {_element_span(source, node, element) for element in gone}
    return [Edit(*span) for span in span_removals(source, items, removed)]


def _element_span(source: Source, node: ast.expr, element: ast.expr) -> Span:
    low, high = source.span(node)
    start, end = source.span(element)
    return widen_over_parentheses(source.data, start, end, low + 1, high - 1)


def _items(source: Source, holder: ast.AST) -> list[Span]:
    if isinstance(holder, ast.Call):
        low, high = source.span(holder.func)[1], source.span(holder)[1]
        positional = [
            widen_over_parentheses(source.data, *source.span(argument), low + 1, high - 1)
            for argument in holder.args
        ]
        return sorted([*positional, *(source.span(keyword) for keyword in holder.keywords)])
    assert isinstance(holder, ast.Dict)
    spans: list[Span] = []
    for key, value in zip(holder.keys, holder.values, strict=True):
        end = widen_over_parentheses(
            source.data,
            *source.span(value),
            source.span(key)[1] if key else source.span(value)[0],
            source.span(holder)[1],
        )[1]
        spans.append((source.span(key)[0] if key is not None else source.span(value)[0] - 2, end))
    return spans


def span_removals(source: Source, items: list[Span], gone: set[Span]) -> list[Span]:
    """Deletions for runs of removed items in a comma-separated list."""
    out: list[Span] = []
    index = 0
    while index < len(items):
        if items[index] not in gone:
            index += 1
            continue
        last = index
        while last + 1 < len(items) and items[last + 1] in gone:
            last += 1
        out.extend(_run_removal(source, items, index, last))
        index = last + 1
    return out


def _run_removal(source: Source, items: list[Span], first: int, last: int) -> list[Span]:
    data = source.data
    gaps = [
        data[items[i][1] : items[i + 1][0]] for i in range(max(first - 1, 0), min(last + 1, len(items) - 1))
    ]
    if any(b"#" in gap for gap in gaps[(0 if last == len(items) - 1 else min(first, 1)) :]):
        return [_up_to_comment(source, items[i]) for i in range(first, last + 1)]
    if last + 1 < len(items):
        return [(items[first][0], items[last + 1][0])]
    if first > 0:
        return [(items[first - 1][1], items[last][1])]
    return [(items[first][0], _with_comma(data, items[last][1]))]


def _with_comma(data: bytes, end: int) -> int:
    match = re.compile(rb"[ \t]*,[ \t]*").match(data, end)
    return match.end() if match else end


def _up_to_comment(source: Source, item: Span) -> Span:
    """An item and its comma; its whole line too if nothing else stands there."""
    start, end = item[0], _with_comma(source.data, item[1])
    line = source.line_start(start)
    if source.data[line:start].strip() == b",":  # the author writes commas first
        start, end = source.data.index(b",", line), item[1]
    match = re.compile(rb"[ \t]*(\r\n|\r|\n)").match(source.data, end)
    if match and not source.data[line:start].strip():
        return line, match.end()
    return start, end
