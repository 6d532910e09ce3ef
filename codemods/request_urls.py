# The address of a request as it is written. Knows the two paths and nothing of bodies.
"""Find the end of an address in the author's text, so that one word of it can change."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from codemods.edits import Edit, Span
from codemods.flow import Definition
from codemods.plans import Context

_LEGACY = "/v1/complete"
_MESSAGES = "/v1/messages"
_HOST = "https://api.anthropic.com"
_WORD = "complete"


@dataclass(frozen=True, slots=True)
class Address:
    """An address that ends in the legacy path.

    text: all of it, None if part is known at run time only. word: where "complete" stands, None if it
    stands where it cannot be edited. touched: the constants it goes through, each with its load.
    """

    node: ast.expr
    text: str | None
    word: Span | None
    touched: tuple[tuple[Definition, ast.Name], ...] = ()

    @property
    def is_vendors(self) -> bool:
        return self.text == _HOST + _LEGACY

    @property
    def messages_text(self) -> str | None:
        return None if self.text is None else self.text.removesuffix(_LEGACY) + _MESSAGES

    def edit(self) -> Edit | None:
        return None if self.word is None else Edit(*self.word, ("messages",))


def address_of(context: Context, node: ast.expr) -> Address | None:
    """The address an expression gives, if it surely ends in the legacy path."""
    text = context.evaluator.text_of(node) or _joined_text(context, node)
    found = _last_word(context, node)
    if found is None:
        ends = text is not None and text.endswith(_LEGACY)
        return Address(node, text, None) if ends else None
    word, written, touched = found
    if written.endswith(_LEGACY) or (text is not None and text.endswith(_LEGACY)):
        return Address(node, text, word, tuple(touched))
    return None


def _joined_text(context: Context, node: ast.expr) -> str | None:
    """The text of an f-string whose holes are constants."""
    if not isinstance(node, ast.JoinedStr):
        return None
    pieces = [_piece(context, value) for value in node.values]
    return None if None in pieces else "".join(piece or "" for piece in pieces)


def _piece(context: Context, value: ast.expr) -> str | None:
    if not isinstance(value, ast.FormattedValue):
        return str(value.value) if isinstance(value, ast.Constant) else None
    plain = value.conversion == -1 and value.format_spec is None
    return context.evaluator.text_of(value.value) if plain else None


_Found = tuple[Span, str, list[tuple[Definition, ast.Name]]]


def _last_word(context: Context, node: ast.expr) -> _Found | None:
    """(where, the literal it ends, names gone through) of the word at the end of the address."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _in_literal(context, node, node.value)
    if isinstance(node, ast.JoinedStr) and node.values:
        last = node.values[-1]
        if isinstance(last, ast.Constant):
            return _in_literal(context, node, str(last.value))
        if isinstance(last, ast.FormattedValue) and last.conversion == -1 and last.format_spec is None:
            return _last_word(context, last.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _last_word(context, node.right)
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "urljoin":
        return _last_word(context, node.args[1]) if len(node.args) == 2 else None
    return _behind_name(context, node) if isinstance(node, ast.Name) else None


def _in_literal(context: Context, node: ast.expr, value: str) -> _Found | None:
    written = context.source.node_text(node)
    match = re.search(_WORD + r"(?=(?:'''|\"\"\"|'|\")$)", written)
    if match is None or not value.endswith(_WORD) or not context.source.is_placed(node):
        return None
    start = context.source.span(node)[0] + len(written[: match.start()].encode())
    return (start, start + len(_WORD)), value, []


def _behind_name(context: Context, node: ast.Name) -> _Found | None:
    reaching = context.flow.reaching(node)
    if len(reaching.definitions) != 1 or not reaching.complete:
        return None
    (definition,) = reaching.definitions
    if definition.kind != "assign" or definition.path or definition.value is None:
        return None
    if not context.can_edit(definition):
        return None
    found = _last_word(context, definition.value)
    return None if found is None else (found[0], found[1], [*found[2], (definition, node)])
