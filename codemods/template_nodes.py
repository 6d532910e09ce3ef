# Prompt expressions as partly known text. Knows literals and the evaluator; writes no edits itself.
"""Templates: what a prompt expression says before it is run, and how to cut turns out of it.

`template_of(expression)` reads f-strings, `+`, `"".join([...])`, `.format(...)`, `%`, names with a
visible definition and the prompt constants however imported, and folds them into one flat text in
which every hole (an expression whose text we do not know) is one character. Turn markers are
sought in that flat text, so a marker that is spread over several pieces is found as well.

`cut(lo, hi)` answers with the byte spans that have to go so that only [lo, hi) of the flat text is
left: the author's own literals stay, with their quotes, escapes and holes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from codemods.flow import Definition
from codemods.literals import Token
from codemods.source import Source, Span
from codemods.template_spans import (
    all_before,
    all_behind,
    comments_between,
    outside,
    unmatched_parentheses,
)

# Stands for one hole in the flat text; a literal that holds it is not read as a template.
HOLE = "\ue0f7"


class CannotCut(Exception):
    """The markers stand where they cannot be cut out; the message says why."""


@dataclass(slots=True)
class Cut:
    """What a cut needs: spans to delete, and the definitions (with the reading name) it touches.

    keeps_comments: comments beside what goes stay; else they forbid the cut, as where a text is cut
    into several.
    """

    keeps_comments: bool = False
    deletions: list[Span] = field(default_factory=list)
    touched: list[tuple[Definition, ast.expr | None]] = field(default_factory=list)


@dataclass(slots=True)
class Template:
    """Base: an expression with its flat text."""

    node: ast.expr
    flat: str

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        """Delete what is outside of [lo, hi); called only if something is kept."""
        raise CannotCut("it is not written out where the prompt is made")

    def holes(self) -> Iterator[ast.expr]:
        """The expressions whose text is not known."""
        return iter(())


@dataclass(slots=True)
class Hole(Template):
    """An operand we know nothing of."""

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        raise CannotCut("a value that is only known at run time would be cut")

    def holes(self) -> Iterator[ast.expr]:
        yield self.node


@dataclass(slots=True)
class Joined(Hole):
    """`"".join(text for … in …)`: how often the text comes is not known. element: the one text."""

    element: Template
    comprehension: ast.GeneratorExp | ast.ListComp


@dataclass(slots=True)
class Known(Template):
    """A name or attribute whose whole text is known but defined elsewhere: kept or dropped whole."""

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        if lo > 0 or hi < len(self.flat):
            raise CannotCut("a constant holds both a turn marker and other text")


@dataclass(slots=True)
class Piece:
    """A run of a literal: characters with their offsets, or a field with what it shows."""

    text: str
    starts: tuple[int, ...] = ()
    span: Span = (0, 0)
    inner: Template | None = None
    is_filled_later: bool = False
    doubled: bool = False
    # Whether the field shows nothing but a text, so that the text may stand without the literal.
    is_text: bool = False

    @property
    def is_field(self) -> bool:
        """A replacement field: of the f-string, or of a later `.format` or `%`."""
        return not self.starts


@dataclass(slots=True)
class Literal(Template):
    """One or several adjacent string tokens."""

    source: Source
    tokens: list[tuple[Token, list[Piece]]]

    def holes(self) -> Iterator[ast.expr]:
        for _, pieces in self.tokens:
            for piece in pieces:
                if piece.inner is not None:
                    yield from piece.inner.holes()

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        alone = self._text_alone(lo, hi)
        if alone is not None:
            whole, kept_span = self.source.span(self.node), self.source.span(alone)
            out.deletions.extend([(whole[0], kept_span[0]), (kept_span[1], whole[1])])
            return
        position = 0
        kept: list[int] = []
        plans: list[Cut] = []
        for index, (token, pieces) in enumerate(self.tokens):
            end = position + sum(len(piece.text) for piece in pieces)
            plan = Cut(out.keeps_comments)
            if position < hi and end > lo:
                kept.append(index)
                _cut_token(self.source, token, pieces, lo - position, hi - position, plan)
            plans.append(plan)
            position = end
        if not kept:
            raise CannotCut("nothing would be left of a literal")
        for index in kept:
            out.deletions.extend(plans[index].deletions)
            out.touched.extend(plans[index].touched)
        self._drop_tokens(kept[0], kept[-1], out)

    def _text_alone(self, lo: int, hi: int) -> ast.expr | None:
        """The one text that is left of the literal; None if more is left, or anything but a text."""
        position = 0
        left: list[Piece] = []
        for piece in (piece for _, pieces in self.tokens for piece in pieces):
            if position < hi and position + len(piece.text) > lo:
                left.append(piece)
            position += len(piece.text)
        if len(left) != 1 or not left[0].is_text or not isinstance(left[0].inner, Hole):
            return None
        return left[0].inner.node if self._has_no_comment() else None

    def _has_no_comment(self) -> bool:
        spans = [token.span for token, _ in self.tokens]
        return b"#" not in outside(self.source.data, *self.source.span(self.node), spans)

    def _drop_tokens(self, first: int, last: int, out: Cut) -> None:
        spans = [token.span for token, _ in self.tokens]
        if first > 0:
            _delete_before(self.source, (spans[0][0], spans[first][0]), spans, out)
        if last < len(spans) - 1:
            _delete_behind(self, self.source, (spans[last][1], spans[-1][1]), spans, out)


def _cut_token(source: Source, token: Token, pieces: list[Piece], lo: int, hi: int, out: Cut) -> None:
    position = 0
    fields_left = False
    kept_start, kept_end = 0, 0
    for piece in pieces:
        end = position + len(piece.text)
        a, b = max(lo - position, 0), min(hi - position, len(piece.text))
        if piece.is_field:
            if a >= b:
                out.deletions.append(piece.span)
            else:
                fields_left = fields_left or not piece.is_filled_later
                kept_start, kept_end = kept_start or piece.span[0], piece.span[1]
                if (a, b) != (0, len(piece.text)):
                    assert piece.inner is not None
                    piece.inner.cut(a, b, out)
        else:
            a, b = min(a, len(piece.text)), max(b, 0)
            if a >= b:
                out.deletions.append((piece.starts[0], piece.starts[-1]))
            else:
                _delete(out, piece.starts[0], piece.starts[a])
                _delete(out, piece.starts[b], piece.starts[-1])
                kept_start, kept_end = kept_start or piece.starts[a], piece.starts[b]
        position = end
    if token.is_formatted and not fields_left:
        _drop_formatting(token, pieces, lo, hi, out)
    _shorten_quotes(source, token, kept_start, kept_end, out)


def _delete(out: Cut, start: int, end: int) -> None:
    if start < end:
        out.deletions.append((start, end))


def _drop_formatting(token: Token, pieces: list[Piece], lo: int, hi: int, out: Cut) -> None:
    """An f-string that lost its last hole becomes a plain literal, its doubled braces single."""
    at = token.span[0] + token.prefix.lower().index("f")
    out.deletions.append((at, at + 1))
    position = 0
    for piece in pieces:
        kept = lo <= position < hi
        if piece.is_filled_later and kept and piece.span[1] - piece.span[0] > 3 and piece.doubled:
            out.deletions.append((piece.span[0], piece.span[0] + 1))
            out.deletions.append((piece.span[1] - 1, piece.span[1]))
        if not piece.is_field:
            for index, char in enumerate(piece.text):
                width = piece.starts[index + 1] - piece.starts[index]
                if char in "{}" and width == 2 and lo <= position + index < hi:
                    out.deletions.append((piece.starts[index], piece.starts[index] + 1))
        position += len(piece.text)


def _shorten_quotes(source: Source, token: Token, kept_start: int, kept_end: int, out: Cut) -> None:
    """A triple-quoted literal whose lines were only markers becomes an ordinary one."""
    if len(token.quote) != 3 or kept_end <= kept_start:
        return
    whole, kept = source.data[slice(*token.span)], source.data[kept_start:kept_end]
    if b"\n" not in whole or b"\n" in kept or b"\r" in kept:
        return
    if token.quote[0].encode() in kept or kept.endswith(b"\\"):
        return
    start = token.span[0] + len(token.prefix)
    out.deletions.extend([(start, start + 2), (token.span[1] - 2, token.span[1])])


@dataclass(slots=True)
class Concat(Template):
    """Operands in order: of `+`, or the elements of a list that is joined by nothing."""

    source: Source
    operands: list[Template]
    is_sum: bool

    def holes(self) -> Iterator[ast.expr]:
        for operand in self.operands:
            yield from operand.holes()

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        position = 0
        kept: list[int] = []
        for index, operand in enumerate(self.operands):
            end = position + len(operand.flat)
            if position < hi and end > lo:
                kept.append(index)
                a, b = max(lo - position, 0), min(hi - position, len(operand.flat))
                if (a, b) != (0, len(operand.flat)):
                    operand.cut(a, b, out)
            position = end
        if not kept:
            raise CannotCut("nothing would be left of a sum")
        self._drop_operands(kept[0], kept[-1], out)

    def _drop_operands(self, first: int, last: int, out: Cut) -> None:
        spans = [self.outer_span(index) for index in range(len(self.operands))]
        start, end = self.edges()
        if first > 0:
            _delete_before(self.source, (start, spans[first][0]), spans, out)
        if last < len(spans) - 1:
            _delete_behind(self, self.source, (spans[last][1], end), spans, out)
        if first > 0 or last < len(spans) - 1:
            out.deletions.extend(unmatched_parentheses(self.source.data, spans[first : last + 1]))

    def edges(self) -> Span:
        """The span the operands fill: the sum itself, or the inside of the list's brackets."""
        if self.is_sum:
            return self.source.span(self.node)
        assert isinstance(self.node, ast.Call)
        start, end = self.source.span(self.node.args[0])
        return start + 1, end - 1

    def outer_span(self, index: int) -> Span:
        """An operand with the parentheses around it."""
        start, end = self.source.span(self.operands[index].node)
        low, high = self.edges()
        return widen_over_parentheses(self.source.data, start, end, low, high)


def _comments(source: Source, where: Span, spans: list[Span], out: Cut) -> list[Span]:
    """The comments in a part that goes. Raises CannotCut if they have no place then."""
    comments = comments_between(source.data, where, spans)
    if comments and not out.keeps_comments:
        raise CannotCut("a comment stands between the pieces that go")
    return comments


def _delete_before(source: Source, where: Span, spans: list[Span], out: Cut) -> None:
    out.deletions.extend(all_before(source.data, where, _comments(source, where, spans, out)))


def _delete_behind(template: Template, source: Source, where: Span, spans: list[Span], out: Cut) -> None:
    node = source.span(template.node)
    out.deletions.extend(all_behind(source.data, node, where, _comments(source, where, spans, out)))


def widen_over_parentheses(data: bytes, start: int, end: int, low: int, high: int) -> Span:
    """Grow a span over pairs of parentheses around it, inside [low, high)."""
    while True:
        before, after = start - 1, end
        while before >= low and data[before : before + 1] in b" \t\r\n\f":
            before -= 1
        while after < high and data[after : after + 1] in b" \t\r\n\f":
            after += 1
        if (
            before < low
            or after >= high
            or data[before : before + 1] != b"("
            or data[after : after + 1] != b")"
        ):
            return start, end
        start, end = before, after + 1


@dataclass(slots=True)
class Named(Template):
    """A name whose one definition in this file is a template; cutting changes the definition."""

    definition: Definition
    inner: Template

    def holes(self) -> Iterator[ast.expr]:
        return self.inner.holes()

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        assert isinstance(self.node, ast.Name)
        out.touched.append((self.definition, self.node))
        self.inner.cut(lo, hi, out)


@dataclass(slots=True)
class Through(Template):
    """What a function returns, or its callers pass: cut where it is written. use: what reads it."""

    definition: Definition
    use: ast.expr
    inner: Template

    def holes(self) -> Iterator[ast.expr]:
        return self.inner.holes()

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        out.touched.append((self.definition, self.use))
        self.inner.cut(lo, hi, out)


@dataclass(slots=True)
class Appended(Template):
    """`name += text`: the value so far and what is added by this statement."""

    source: Source
    definition: Definition
    before: Template
    added: Template

    def holes(self) -> Iterator[ast.expr]:
        yield from self.before.holes()
        yield from self.added.holes()

    def cut(self, lo: int, hi: int, out: Cut) -> None:
        edge = len(self.before.flat)
        if lo >= edge:
            raise CannotCut("nothing would be left of the first part")
        if (lo, min(hi, edge)) != (0, edge):
            self.before.cut(lo, min(hi, edge), out)
        if hi <= edge:
            out.deletions.append(whole_statement(self.source, self.definition.node))
        elif hi < len(self.flat):
            self.added.cut(0, hi - edge, out)


def whole_statement(source: Source, node: ast.AST) -> Span:
    """The lines of a statement that stands alone on them and is not its block's only one."""
    start, end = source.span(node)
    parent = source.parents[node]
    block = next(
        (
            body
            for name in ("body", "orelse", "finalbody")
            if node in (body := getattr(parent, name, None) or [])
        ),
        None,
    )
    if block is None or len(block) == 1:
        raise CannotCut("a block would be left empty")
    line = source.line_start(start)
    after = source.line_of(end)
    next_line = source.line_starts[after] if after < len(source.line_starts) else len(source.data)
    if source.data[line:start].strip() or source.data[end:next_line].strip():
        raise CannotCut("a statement shares its line with something else")
    return line, next_line
