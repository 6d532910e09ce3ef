"""Templates: the flat text of a prompt expression, and what is left of it after a cut.

Holes are bound to the very character that stands for them, so an expression's value is its flat
text, and the value after a cut must be that part of it.
"""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.edits import Edit, apply_edits
from codemods.evaluate import Evaluator
from codemods.flow import Flow
from codemods.source import Source, read_source
from codemods.template_nodes import HOLE, CannotCut, Cut, Template
from codemods.templates import TemplateReader

HEAD = "from anthropic import HUMAN_PROMPT as H, AI_PROMPT as A\n"
NAMES = {"H": "\n\nHuman:", "A": "\n\nAssistant:", "q": HOLE, "r": HOLE, "d": {"k": HOLE}, "f": lambda: HOLE}


def read(expression: str, before: str = "") -> tuple[Source, Template]:
    """The template of an expression, on a line of its own behind the `before` statements."""
    source = read_source(f"{HEAD}{before}use(\n{expression}\n)\n".encode())
    evaluator = Evaluator(source, Flow(source.tree))
    call = source.tree.body[-1].value  # type: ignore[attr-defined]
    return source, TemplateReader(source, evaluator).template_of(call.args[0])


def run(program: str) -> str:
    """What the program hands to `use`."""
    seen: list[str] = []
    exec(program.replace(HEAD, ""), {**NAMES, "use": seen.append})
    return seen[-1]


def cut(expression: str, lo: int, hi: int, before: str = "") -> str:
    """The whole program after the cut."""
    source, template = read(expression, before)
    out = Cut()
    template.cut(lo, hi, out)
    deletions = dict.fromkeys(out.deletions)
    return apply_edits(source.data, [Edit(*span) for span in deletions]).decode()


@pytest.mark.parametrize(
    "expression, flat",
    [
        ('"a b"', "a b"),
        (r'"\n\nHuman: caf\u00e9"', "\n\nHuman: café"),
        (r'r"\n"', r"\n"),
        ('"a" "b" f"{q}"', "ab*"),
        ('f"a{q}b{q!r}c{q:>3}"', "a*b*c*"),
        ('f"{{{q}}}"', "{*}"),
        ('f"{H} {q}{A}"', "\n\nHuman: *\n\nAssistant:"),
        ('f"{H!r}"', "*"),
        ('f"{H:>20}"', "*"),
        ('rf"{H} {q}"', "\n\nHuman: *"),
        ('H + " " + q + A', "\n\nHuman: *\n\nAssistant:"),
        ('(H + (" " + q)) + A', "\n\nHuman: *\n\nAssistant:"),
        ('"".join([H, " ", q, A])', "\n\nHuman: *\n\nAssistant:"),
        ('" ".join([H, q])', "*"),
        ('"".join((H, q))', "*"),
        ('"".join(q)', "*"),
        ('"a {} b {k!r} {{}}".format(q, k=r)', "a * b * {}"),
        ('"a %s b %(x)d %%" % q', "a * b * %"),
        ('"%s%s" % (q, r)', "**"),
        ("q", "*"),
        ("f()", "*"),
        ("1 + 2", "**"),
        ('d["k"]', "*"),
        ('b"a"', "*"),
        ('"a".upper()', "*"),
        ("f'{d[\"k\"]}'", "*"),
    ],
)
def test_flat_text(expression: str, flat: str) -> None:
    _, template = read(expression)
    assert template.flat == flat.replace("*", HOLE)


@pytest.mark.parametrize(
    "before, expression, flat",
    [
        ("p = 'a'\n", "p + q", "a*"),
        ("p = f'{H} {q}'\n", "p + A", "\n\nHuman: *\n\nAssistant:"),
        ("p = f'{H} {q}'\np += A\n", "p", "\n\nHuman: *\n\nAssistant:"),
        ("p = 'a'\nif q:\n    p = 'b'\n", "p", "*"),
        ("p = f'{H} a'\nfor i in q:\n    p += 'b'\n", "p", "*"),
        ("sep = '\\n\\n'\n", 'f"{sep}Human: {q}{sep}Assistant:"', "\n\nHuman: *\n\nAssistant:"),
        ("def g():\n    return H\n", "g() + q", "\n\nHuman:*"),
        ('def g(n):\n    return f"{H} {n}"\n', "g(q) + A", "\n\nHuman: *\n\nAssistant:"),
        ("def g(n):\n    return n\n", "g(q) + A", "*\n\nAssistant:"),
        ("def g(n):\n    if n:\n        return H\n    return A\n", "g(q) + q", "**"),
        ("def g():\n    yield H\n    return H\n", "g() + q", "**"),
        ("async def g():\n    return H\n", "g() + q", "**"),
        ('g = lambda n: f"{H} {n}"\n', "g(q) + q", "\n\nHuman: **"),
        ("from anthropic import *\n", "HUMAN_PROMPT + q", "\n\nHuman:*"),
        ("import anthropic\n", "anthropic.HUMAN_PROMPT + q", "\n\nHuman:*"),
        ("import anthropic\nc = anthropic.Anthropic()\n", "c.HUMAN_PROMPT + q", "\n\nHuman:*"),
        ("T = '\\n\\nHuman: {}'\n", "T.format(q)", "\n\nHuman: *"),
        ("T = '{h} {}{a}'\n", "T.format(q, h=H, a=A)", "\n\nHuman: *\n\nAssistant:"),
        ("T = '{} {}{}'\n", "T.format(H, q, A)", "\n\nHuman: *\n\nAssistant:"),
        ("T = '{0} {1}{1}{2}'\n", "T.format(H, q, A)", "\n\nHuman: **\n\nAssistant:"),
        ("T = '{h!r} {}'\n", "T.format(q, h=H)", "*"),
        ("T = '{h.x} {}'\n", "T.format(q, h=H)", "*"),
        ("T = '{h} {}'\n", "T.format(q, h=H, **r)", "*"),
        ("T = '{h} {}'\n", "T.format(*q, h=H)", "*"),
        ("T = q\n", "T.format(h=H)", "*"),
        ("T = '\\n\\nHuman: %s'\n", "T % q", "\n\nHuman: *"),
        ("T = '\\n\\nHuman: <q>!'\n", "T.replace('<q>', q)", "\n\nHuman: *!"),
        ("T = '\\n\\nHuman: <a><b>'\n", "T.replace('<a>', q).replace('<b>', r)", "\n\nHuman: **"),
        ("T = '\\n\\nHuman: <a>{}'\n", "T.replace('<a>', q).format(r)", "\n\nHuman: **"),
        ("T = f'\\n\\nHuman: {q} <a>'\n", "T.replace('<a>', q)", "*"),
        ("T = '\\n\\nHuman: <a>'\n", "T.replace('<a>', q, 1)", "*"),
        ("T = '\\n\\nHuman: {{a}}'\n", "T.replace('{{a}}', q)", "\n\nHuman: *"),
        ("T = f'{H} {{a}}'\n", "T.replace('{a}', q)", "\n\nHuman: *"),
        ("T = f'{H} {{{{a}}}}'\n", "T.replace('{{a}}', q)", "*"),
        ("T = f'{H} <{{a}}>'\n", "T.replace('<{a}>', q)", "*"),
    ],
)
def test_flat_text_through_names(before: str, expression: str, flat: str) -> None:
    _, template = read(expression, before)
    assert template.flat == flat.replace("*", HOLE)


@pytest.mark.parametrize(
    "expression, kept",
    [
        ('f"{H} {q}{A}"', 'f"{q}"'),
        ('f"{H} a{A}"', '"a"'),
        ('f"{H} {{a}}{A}"', '"{a}"'),
        ('f"{H} {{{q}}}{A}"', 'f"{{{q}}}"'),
        (r'"\n\nHuman: caf\u00e9 \"x\"\n\nAssistant:"', r'"caf\u00e9 \"x\""'),
        ("'\\n\\nHuman: it\\'s\\n\\nAssistant:'", "'it\\'s'"),
        ('"\\n\\nHuman: a\\\nb\\n\\nAssistant:"', '"a\\\nb"'),
        ('f"""{H} a\n{q}\nb{A}"""', 'f"""a\n{q}\nb"""'),
        ('"""\n\nHuman: one line\n\nAssistant:"""', '"one line"'),
        ('f"{H} " f"{q}" f"{A}"', 'f"{q}"'),
        ('f"{H} a " f"{q}{A}"', '"a " f"{q}"'),
        ('H + " " + q + A', "q"),
        ('H + " a " + q + " b" + A', '"a " + q + " b"'),
        ('H + (" a" + q) + A', '"a" + q'),
        ('"".join([H, " ", q, " b", A])', '"".join([q, " b"])'),
        ('"\\n\\nHuman: {} and {{}}\\n\\nAssistant:".format(q)', '"{} and {{}}".format(q)'),
        ('"{h} {} {{}}{a}".format(q, h=H, a=A)', '"{} {{}}".format(q)'),
        ('"{h} {q}{a}".format(h=H, q=q, a=A)', '"{q}".format(q=q)'),
        ('"{} {}{}".format(H, q, A)', '"{}".format(q)'),
        ('"{0} {1}{2}".format(H, q, A)', '"{1}".format(H, q, A)'),
        ('"{h} a{a}".format(h=H, a=A)', '"a".format()'),
        ('"\\n\\nHuman: %s, 50%%\\n\\nAssistant:" % q', '"%s, 50%%" % q'),
        ("f'{H} {d[\"k\"]}{A}'", "f'{d[\"k\"]}'"),
        ('f"{H} {q!r:>{r}}{A}"', 'f"{q!r:>{r}}"'),
    ],
)
def test_cutting_a_single_turn(expression: str, kept: str) -> None:
    _, template = read(expression)
    lo = template.flat.index("Human: ") + len("Human: ")
    hi = template.flat.index("\n\nAssistant:")
    result = cut(expression, lo, hi)
    assert result.removeprefix(f"{HEAD}use(\n").removesuffix("\n)\n") == kept
    if "!r" not in expression:
        assert run(result) == template.flat[lo:hi].replace("\n\nHuman:", NAMES["H"])  # type: ignore[arg-type]


def test_cutting_a_definition_names_what_it_touches() -> None:
    source, template = read("p", "p = f'{H} {q}{A}'\n")
    out = Cut()
    template.cut(len("\n\nHuman: "), len("\n\nHuman: ") + 1, out)
    ((definition, use),) = out.touched
    assert definition.name == "p" and use is template.node
    assert "p = f'{q}'" in apply_edits(source.data, [Edit(*span) for span in out.deletions]).decode()


@pytest.mark.parametrize(
    "before, expression, lo, hi",
    [
        ("", "q", 0, 0),
        ("", "f()", 0, 0),
        # The marker and other text in one imported value: nothing here to cut.
        ("class T:\n    x: str = H + ' a'\n", 'f"{T.x} b"', 9, 11),
        # A comment among the arguments of which one would go.
        ("", '"{h} {q}{a}".format(h=H,  # ours\n q=q, a=A)', 9, 10),
    ],
)
def test_what_cannot_be_cut(before: str, expression: str, lo: int, hi: int) -> None:
    _, template = read(expression, before)
    with pytest.raises(CannotCut):
        template.cut(lo, hi, Cut())


PIECES = (
    "a",
    " ",
    "\\n",
    "é",
    "{{",
    "}}",
    "\\x41",
    "{H}",
    "{A}",
    "{q}",
    "{r}",
    "{d['k']}",
    "{f()}",
    "Human:",
    "\\\\",
)
FORMATTED = st.lists(st.sampled_from(PIECES), max_size=5).map(lambda parts: f'f"{"".join(parts)}"')
PLAIN = st.lists(
    st.sampled_from(("a", " ", "\\n", "é", "\\x41", "{", "\\\\", "\\N{BULLET}")), max_size=5
).map(lambda parts: f'"{"".join(parts)}"')
LITERALS = st.lists(FORMATTED | PLAIN, min_size=1, max_size=3).map(" ".join)
OPERANDS = LITERALS | st.sampled_from(("q", "H", "A", "f()", "d['k']"))
SUMS = st.lists(OPERANDS, min_size=1, max_size=4).flatmap(
    lambda rows: st.sampled_from(
        (" + ".join(rows), "(" + " + ".join(rows) + ")", f'"".join([{", ".join(rows)}])')
    )
)


@given(SUMS)
def test_the_flat_text_is_the_value(expression: str) -> None:
    source, template = read(expression)
    assert template.flat == run(source.data.decode())


@given(SUMS, st.data())
def test_a_cut_leaves_that_part_of_the_value(expression: str, data: st.DataObject) -> None:
    source, template = read(expression)
    lo = data.draw(st.integers(0, len(template.flat)))
    hi = data.draw(st.integers(lo, len(template.flat)))
    if lo == hi:
        return
    try:
        result = cut(expression, lo, hi)
    except CannotCut:
        return
    ast.parse(result)
    assert run(result) == run(source.data.decode())[lo:hi]
