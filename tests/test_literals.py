"""String literals taken apart: every prefix, quote and escape, and where their characters stand."""

from __future__ import annotations

import ast
import re
import sys
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codemods.literals import Chars, Field, Token, dissect
from codemods.source import Source, read_source


def source_of(literal: str) -> Source:
    return read_source(f"x = {literal}\n".encode())


def tokens_of(literal: str) -> tuple[Token, ...]:
    source = source_of(literal)
    value = source.tree.body[0].value  # type: ignore[attr-defined]
    tokens = dissect(source, source.span(value))
    assert tokens is not None
    return tokens


def text_of(tokens: tuple[Token, ...]) -> str:
    return "".join(part.text for token in tokens for part in token.parts if isinstance(part, Chars))


PLAIN_PREFIXES = ("", "r", "R", "u", "U")
FORMATTED_PREFIXES = ("f", "F", "rf", "fr", "Rf", "fR", "RF")
QUOTES = ("'", '"', "'''", '"""')
BODIES = (
    *("", "abc", "äöü 🐟", "a b", "\\n\\n", "\\t", "\\\\", "\\x41", "\\101", "\\0", "\\u00e9", "\\U0001F41F"),
    *("\\N{SNOWMAN}", "\\a\\b\\f\\v\\r", "\\'", '\\"', "\\q", "\\\\n", "a\\\nb"),
)


def bodies_for(prefix: str, quote: str) -> list[str]:
    """The bodies that go together with a prefix and a quote."""
    found = []
    for body in BODIES:
        raw_field = {"f", "r"} <= set(prefix.lower()) and "{" in body
        # libcst does not read a raw f-string that goes on after a backslash.
        goes_on = {"f", "r"} <= set(prefix.lower()) and "\n" in body and len(quote) == 1
        if not raw_field and not goes_on:
            found.append(body)
    return found


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("prefix", [*PLAIN_PREFIXES, *FORMATTED_PREFIXES])
@pytest.mark.filterwarnings("ignore")
def test_characters_are_those_of_the_value(prefix: str, quote: str) -> None:
    bodies = bodies_for(prefix, quote)
    assert len(bodies) >= len(BODIES) - 2
    for body in bodies:
        check_characters(prefix, quote, body)


def check_characters(prefix: str, quote: str, body: str) -> None:
    formatted, raw = "f" in prefix.lower(), "r" in prefix.lower()
    literal = f"{prefix}{quote}{body}{quote}"
    (token,) = tokens_of(literal)
    assert text_of((token,)) == eval(literal), literal
    assert (token.prefix.lower(), token.quote) == (prefix.lower(), quote)
    assert (token.is_formatted, token.is_raw) == (formatted, raw)
    for part in token.parts:
        assert isinstance(part, Chars)
        assert list(part.starts) == sorted(part.starts)
        assert len(part.starts) == len(part.text) + 1


@pytest.mark.parametrize(
    "literal, texts, fields",
    [
        ('f"a{b}c"', ["a", "c"], ["b"]),
        ('f"a\\{b}"', ["a\\"], ["b"]),
        ('f"\\{{b\\}}"', ["\\{b\\}"], []),
        ('f"{b}"', [], ["b"]),
        ('f"{{{b}}}"', ["{", "}"], ["b"]),
        ('f"{ b !r:>{width}}x"', ["x"], ["b"]),
        ('f"{b=}"', [], ["b"]),
        ('f"""{\nb\n}"""', [], ["b"]),
        ("f'{d[\"k\"]}'", [], ['d["k"]']),
        ("f'{b}' 'c' f\"{d}\"", ["c"], ["b", "d"]),
        ('f"é{b}é{c}"', ["é", "é"], ["b", "c"]),
        ("f'{f\"{b}\"}'", [], ['f"{b}"']),
    ],
)
def test_fields(literal: str, texts: list[str], fields: list[str]) -> None:
    source = source_of(literal)
    parts = [part for token in tokens_of(literal) for part in token.parts]
    assert [part.text for part in parts if isinstance(part, Chars) and part.text] == texts
    assert [source.text(part.expression) for part in parts if isinstance(part, Field)] == fields


@pytest.mark.parametrize(
    "literal, plain",
    [
        ('f"{b}"', True),
        ('f"{b!r}"', False),
        ('f"{b!s}"', False),
        ('f"{b:>3}"', False),
        ('f"{b=}"', False),
        ('f"{ b }"', True),
    ],
)
def test_plain_fields(literal: str, plain: bool) -> None:
    (field,) = [part for token in tokens_of(literal) for part in token.parts if isinstance(part, Field)]
    assert field.is_plain is plain


@pytest.mark.parametrize("literal", ['b"abc"', 'rb"abc"', 'b"a" b"c"'])
def test_bytes_are_no_text(literal: str) -> None:
    source = source_of(literal)
    assert dissect(source, source.span(source.tree.body[0].value)) is None  # type: ignore[attr-defined]


NESTED = "print(f'''{a} {\nfirst(b, 'x')} {c:{width}} {f\"{d.e}\"}''' f'{g[0]}')"


@pytest.mark.parametrize("name", ["a", "b", "c", "width", "g"])
def test_expressions_inside_f_strings_have_their_true_places(name: str) -> None:
    source = read_source(f"# é\n{NESTED}\n".encode())
    (node,) = [one for one in ast.walk(source.tree) if isinstance(one, ast.Name) and one.id == name]
    assert source.node_text(node) == name
    assert source.is_placed(node)


def test_attribute_inside_a_nested_f_string_has_its_place() -> None:
    source = read_source(NESTED.encode())
    (node,) = [one for one in ast.walk(source.tree) if isinstance(one, ast.Attribute)]
    assert source.node_text(node) == "d.e"


@st.composite
def literals(draw: st.DrawFn) -> str:
    """The source of one or several adjacent literals with any characters and escapes."""
    return " ".join(draw(_one_literal()) for _ in range(draw(st.integers(1, 3))))


@st.composite
def _one_literal(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from((*PLAIN_PREFIXES, *FORMATTED_PREFIXES)))
    quote = draw(st.sampled_from(QUOTES))
    piece = st.text("abn\"'{}\\x4\n\r\té🐟N", max_size=3) | st.sampled_from(
        (*BODIES, "{{", "}}", "{x}", "{x!r}")
    )
    return f"{prefix}{quote}{''.join(draw(st.lists(piece, max_size=6)))}{quote}"


@example("'\\\r'")
@example('"""\\\nb"""')
@given(literals())
def test_any_literal(literal: str) -> None:
    """Values agree with Python's own, every byte is accounted for, and nothing overlaps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = ast.parse(f"x = {literal}\n").body[0].value  # type: ignore[attr-defined]
        except (SyntaxError, ValueError):
            return
        if not isinstance(value, ast.Constant | ast.JoinedStr) or len(ast.parse(f"x = {literal}\n").body) > 1:
            return
        source = source_of(literal)
    span = source.span(source.tree.body[0].value)  # type: ignore[attr-defined]
    tokens = dissect(source, span)
    if tokens is None:
        return
    position = span[0]
    for token in tokens:
        assert token.span[0] >= position
        inside = token.span[0] + len(token.prefix) + len(token.quote)
        for part in token.parts:
            start, end = (part.starts[0], part.starts[-1]) if isinstance(part, Chars) else part.span
            # Only lines that go on, which say nothing, may stand before a part.
            assert not re.sub(rb"\\(?:\r\n?|\n)", b"", source.data[inside:start])
            assert start >= inside
            inside = end
        assert inside + len(token.quote) == token.span[1]
        position = token.span[1]
    assert position == span[1]
    assert text_of(tokens) == _literal_text(value)


def _literal_text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="reused quotes are new in 3.12")
def test_reused_quotes() -> None:
    assert text_of(tokens_of('f"a{d["k"]}b"')) == "ab"
