"""What expressions are: every common way to reach a client, and what must not be taken for one.

The expression asked about is what the last statement of a program hands to `ask(…)`; in a program
with several, all of them.
"""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.evaluate import Evaluator
from codemods.flow import Flow
from codemods.source import read_source
from codemods.values import (
    Client,
    Constant,
    CreateMethod,
    Foreign,
    Migrated,
    Resource,
    Symbol,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
)

IMPORT = "import anthropic\n"


def values(program: str) -> list[Value]:
    source = read_source(program.encode())
    evaluator = Evaluator(source, Flow(source.tree))
    calls = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ask"
    ]
    return [evaluator.value_of(call.args[0]) for call in calls]


def kind(value: Value) -> str:
    """The value in one word, clients by their flavour."""
    if isinstance(value, Client):
        return value.flavour
    return type(value).__name__.lower()


CLIENTS: dict[str, tuple[str, str]] = {
    # imports
    "module": (f"{IMPORT}ask(anthropic.Anthropic())", "sync"),
    "module alias": ("import anthropic as a\nask(a.Anthropic())", "sync"),
    "from import": ("from anthropic import Anthropic\nask(Anthropic())", "sync"),
    "from import alias": ("from anthropic import Anthropic as C\nask(C())", "sync"),
    "old name": (f"{IMPORT}ask(anthropic.Client())", "sync"),
    "async": ("from anthropic import AsyncAnthropic\nask(AsyncAnthropic())", "async"),
    "old async name": (f"{IMPORT}ask(anthropic.AsyncClient())", "async"),
    "bedrock": ("from anthropic import AnthropicBedrock\nask(AnthropicBedrock())", "bedrock"),
    "bedrock package": ("from anthropic_bedrock import AnthropicBedrock\nask(AnthropicBedrock())", "bedrock_package"),
    "star import": ("from anthropic import *\nask(Anthropic())", "sync"),
    "import in a function": ("def f():\n    import anthropic\n    ask(anthropic.Anthropic())", "sync"),
    "guarded import": ("try:\n    import anthropic\nexcept ImportError:\n    anthropic = None\nask(anthropic.Anthropic())", "sync"),
    "guarded from import": ("try:\n    from anthropic import Anthropic\nexcept ImportError:\n    Anthropic = None\nask(Anthropic())", "sync"),
    "type checking import": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from anthropic import Anthropic\ndef f(c: 'Anthropic'):\n    ask(c)", "sync"),
    "submodule": ("from anthropic._client import Anthropic\nask(Anthropic())", "sync"),
    "class under a name": (f"{IMPORT}C = anthropic.Anthropic\nask(C())", "sync"),
    # names
    "assigned": (f"{IMPORT}c = anthropic.Anthropic()\nask(c)", "sync"),
    "annotated": (f"{IMPORT}c: anthropic.Anthropic = anthropic.Anthropic()\nask(c)", "sync"),
    "passed on": (f"{IMPORT}c = anthropic.Anthropic()\nd = c\nask(d)", "sync"),
    "unpacked": (f"{IMPORT}c, n = anthropic.Anthropic(), 1\nask(c)", "sync"),
    "walrus": (f"{IMPORT}ask(c := anthropic.Anthropic())", "sync"),
    "with": (f"{IMPORT}with anthropic.Anthropic() as c:\n    ask(c)", "sync"),
    "async with": ("from anthropic import AsyncAnthropic\nasync def f():\n    async with AsyncAnthropic() as c:\n        ask(c)", "async"),
    "loop over clients": (f"{IMPORT}for c in (anthropic.Anthropic(), anthropic.Client()):\n    ask(c)", "sync"),
    "or": (f"{IMPORT}def f(c=None):\n    c = c or anthropic.Anthropic()\n    ask(c)", "sync"),
    "conditional": (f"{IMPORT}c = anthropic.Anthropic() if k else None\nask(c)", "sync"),
    "either flavour": (f"{IMPORT}c = anthropic.Anthropic() if k else anthropic.AsyncAnthropic()\nask(c)", "unstated"),
    "global": (f"{IMPORT}c = None\ndef init():\n    global c\n    c = anthropic.Anthropic()\ndef f():\n    ask(c)", "sync"),
    "outer function": (f"{IMPORT}def f():\n    c = anthropic.Anthropic()\n    def g():\n        ask(c)", "sync"),
    # parameters
    "annotated parameter": (f"{IMPORT}def f(c: anthropic.Anthropic):\n    ask(c)", "sync"),
    "string annotation": ("from anthropic import Anthropic\ndef f(c: 'Anthropic'):\n    ask(c)", "sync"),
    "optional annotation": ("from typing import Optional\nfrom anthropic import Anthropic\ndef f(c: Optional[Anthropic] = None):\n    ask(c)", "sync"),
    "union annotation": ("from anthropic import Anthropic\ndef f(c: Anthropic | None):\n    ask(c)", "sync"),
    "annotated type": ("from typing import Annotated\nfrom anthropic import Anthropic\ndef f(c: Annotated[Anthropic, 'x']):\n    ask(c)", "sync"),
    "default": (f"{IMPORT}def f(c=anthropic.Anthropic()):\n    ask(c)", "sync"),
    "passed by a caller": (f"{IMPORT}def f(c):\n    ask(c)\nf(anthropic.Anthropic())", "sync"),
    "passed by keyword": (f"{IMPORT}def f(a, c):\n    ask(c)\nf(1, c=anthropic.Anthropic())", "sync"),
    # attributes
    "of self": (f"{IMPORT}class B:\n    def __init__(self):\n        self.c = anthropic.Anthropic()\n    def f(self):\n        ask(self.c)", "sync"),
    "of self, from a parameter": (f"{IMPORT}class B:\n    def __init__(self, c: anthropic.Anthropic):\n        self.c = c\n    def f(self):\n        ask(self.c)", "sync"),
    "of self, maybe None": (f"{IMPORT}class B:\n    c = None\n    def f(self):\n        if self.c is None:\n            self.c = anthropic.Anthropic()\n        ask(self.c)", "sync"),
    "class attribute": (f"{IMPORT}class B:\n    c = anthropic.Anthropic()\n    def f(self):\n        ask(self.c)", "sync"),
    "dataclass field": ("from dataclasses import dataclass\nfrom anthropic import Anthropic\n@dataclass\nclass B:\n    c: Anthropic\n    def f(self):\n        ask(self.c)", "sync"),
    "property": (f"{IMPORT}class B:\n    @property\n    def c(self):\n        return anthropic.Anthropic()\n    def f(self):\n        ask(self.c)", "sync"),
    "inherited": (f"{IMPORT}class A:\n    def __init__(self):\n        self.c = anthropic.Anthropic()\nclass B(A):\n    def f(self):\n        ask(self.c)", "sync"),
    "beside a sibling": (f"{IMPORT}class A: ...\nclass G(A):\n    def __init__(self):\n        self.c = object()\nclass B(A):\n    def __init__(self):\n        self.c = anthropic.Anthropic()\n    def f(self):\n        ask(self.c)", "sync"),
    "set by a class mixed in": (f"{IMPORT}class S:\n    def __init__(self):\n        self.c = anthropic.Anthropic()\nclass U:\n    def f(self):\n        ask(self.c)\nclass B(S, U): ...", "sync"),
    "maker that may be missing": ("try:\n    from anthropic import Anthropic\nexcept ImportError:\n    Anthropic = None\nc = Anthropic()\nask(c)", "sync"),
    "passed by a caller, and a mock": (f"{IMPORT}from unittest.mock import MagicMock\ndef f(c):\n    ask(c)\nf(anthropic.Anthropic())\ndef test():\n    f(MagicMock())", "sync"),
    "of an instance": (f"{IMPORT}class B:\n    def __init__(self):\n        self.c = anthropic.Anthropic()\nb = B()\nask(b.c)", "sync"),
    "classmethod": (f"{IMPORT}class B:\n    c = anthropic.Anthropic()\n    @classmethod\n    def f(cls):\n        ask(cls.c)", "sync"),
    "getattr": (f"{IMPORT}class B:\n    c = anthropic.Anthropic()\nask(getattr(B(), 'c'))", "sync"),
    # functions and classes of the file
    "returned": (f"{IMPORT}def make():\n    return anthropic.Anthropic()\nask(make())", "sync"),
    "return annotation": (f"{IMPORT}def make() -> anthropic.Anthropic:\n    return build()\nask(make())", "sync"),
    "cached singleton": (f"{IMPORT}_c = None\ndef get():\n    global _c\n    if _c is None:\n        _c = anthropic.Anthropic()\n    return _c\nask(get())", "sync"),
    "lambda": (f"{IMPORT}make = lambda: anthropic.Anthropic()\nask(make())", "sync"),
    "context manager of ours": (f"{IMPORT}from contextlib import contextmanager\n@contextmanager\ndef make():\n    yield anthropic.Anthropic()\nwith make() as c:\n    ask(c)", "sync"),
    "subclass": (f"{IMPORT}class C(anthropic.Anthropic): ...\nask(C())", "sync"),
    "self of a subclass": (f"{IMPORT}class C(anthropic.Anthropic):\n    def f(self):\n        ask(self)", "sync"),
    "with_options": (f"{IMPORT}ask(anthropic.Anthropic().with_options(timeout=1))", "sync"),
    "copy": (f"{IMPORT}ask(anthropic.Anthropic().copy())", "sync"),
    "awaited maker": (f"{IMPORT}async def make():\n    return anthropic.AsyncAnthropic()\nasync def f():\n    ask(await make())", "async"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLIENTS)
def test_clients(name: str) -> None:
    program, flavour = CLIENTS[name]
    (value,) = values(program)
    assert kind(value) == flavour, value
    assert isinstance(value, Client) and value.evidence


OTHERS: dict[str, tuple[str, type[Value]]] = {
    "another package": ("import openai\nask(openai.OpenAI())", Foreign),
    "own class of that name": ("class Anthropic: ...\nask(Anthropic())", UserInstance),
    "own class after the import": ("from anthropic import Anthropic\nclass Anthropic: ...\nask(Anthropic())", UserInstance),
    "shadowed parameter": ("from anthropic import Anthropic\ndef f(Anthropic):\n    ask(Anthropic())", Unknown),
    "either provider": (f"{IMPORT}import openai\nc = anthropic.Anthropic() if k else openai.OpenAI()\nask(c)", Unknown),
    "either provider by branch": (f"{IMPORT}import openai\nif k:\n    c = anthropic.Anthropic()\nelse:\n    c = openai.OpenAI()\nask(c)", Unknown),
    "of the base of siblings": (f"{IMPORT}class A:\n    def f(self):\n        ask(self.c)\nclass G(A):\n    def __init__(self):\n        self.c = object()\nclass B(A):\n    def __init__(self):\n        self.c = anthropic.Anthropic()", Unknown),
    "below a sibling as well": (f"{IMPORT}class A: ...\nclass G(A):\n    def __init__(self):\n        self.c = object()\nclass B(A):\n    def __init__(self):\n        self.c = anthropic.Anthropic()\n    def f(self):\n        ask(self.c)\nclass D(G, B): ...", Unknown),
    "a mock by choice": (f"{IMPORT}from unittest.mock import MagicMock\nc = MagicMock() if k else anthropic.Anthropic()\nask(c)", Unknown),
    "only a mock": ("from unittest.mock import MagicMock\nask(MagicMock())", Foreign),
    "plain parameter": (f"{IMPORT}def f(c):\n    ask(c)", Unknown),
    "unbound": ("ask(c)", Unknown),
    "built-in": ("ask(len)", Foreign),
    "text": ("ask('a')", Constant),
    "none": ("ask(None)", Constant),
    "module itself": (f"{IMPORT}ask(anthropic)", Symbol),
    "class itself": (f"{IMPORT}ask(anthropic.Anthropic)", Symbol),
    "relative import": ("from .clients import c\nask(c)", Unknown),
    "resource": (f"{IMPORT}ask(anthropic.Anthropic().completions)", Resource),
    "method": (f"{IMPORT}ask(anthropic.Anthropic().completions.create)", CreateMethod),
    "wrapped method": (f"{IMPORT}ask(anthropic.Anthropic().completions.with_raw_response.create)", CreateMethod),
    "messages": (f"{IMPORT}ask(anthropic.Anthropic().messages)", Foreign),
    "ours": ("from migrate import with_completions\nask(with_completions(c))", Migrated),
    "handed to another package": (f"{IMPORT}import wrapper\nask(wrapper.trace(anthropic.Anthropic()))", Unknown),
    "own function": ("def f(): ...\nask(f)", UserFunction),
    "own class": ("class C: ...\nask(C)", UserClass),
    "recursion": ("def f(x):\n    return f(x)\nask(f(1))", Unknown),
    "name of itself": ("x = x\nask(x)", Unknown),
    "item of a mixed display": (f"{IMPORT}import openai\nd = {{'a': anthropic.Anthropic(), 'b': openai.OpenAI()}}\nask(d[k])", Unknown),
    "written by exec": (f"{IMPORT}def f():\n    c = anthropic.Anthropic()\n    exec(k)\n    ask(c)", Client),
    "default of a field": ("from dataclasses import dataclass\n@dataclass\nclass B:\n    stream: bool = False\ndef f(b: B):\n    ask(b.stream)", Unknown),
    "replaced resource": (f"{IMPORT}class C(anthropic.Anthropic):\n    completions = 1\nask(C())", Unknown),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_others(name: str) -> None:
    program, expected = OTHERS[name]
    (value,) = values(program)
    assert isinstance(value, expected), value


@pytest.mark.parametrize(
    "program, text",
    [
        ("from anthropic import HUMAN_PROMPT\nask(HUMAN_PROMPT)", "\n\nHuman:"),
        (f"{IMPORT}ask(anthropic.AI_PROMPT)", "\n\nAssistant:"),
        (f"{IMPORT}ask(anthropic.Anthropic().HUMAN_PROMPT)", "\n\nHuman:"),
        (
            f"{IMPORT}class B:\n    c = anthropic.Anthropic()\n    def f(self):\n        ask(self.c.AI_PROMPT)",
            "\n\nAssistant:",
        ),
        ("A = 'x'\nask(A + 'y')", "xy"),
        ("A = 'x'\nB = A\ndef f():\n    ask(B)", "x"),
        ("class C:\n    A = 'x'\n    def f(self):\n        ask(self.A)", "x"),
    ],
)
def test_constants(program: str, text: str) -> None:
    (value,) = values(program)
    assert value == Constant(text)


def test_more_than_four_possible_values_are_unknown() -> None:
    arms = "".join(f"elif k == {n}:\n    x = '{n}'\n" for n in range(6))
    (value,) = values(f"if k == 9:\n    x = '9'\n{arms}ask(x)")
    assert isinstance(value, Unknown | Foreign)


def test_evidence_says_where_the_client_was_made_and_imported() -> None:
    (value,) = values(f"{IMPORT}\nc = anthropic.Anthropic()\nask(c)")
    assert isinstance(value, Client)
    assert "line 3" in value.evidence[0]


EXPRESSIONS = st.recursive(
    st.sampled_from(["c", "m", "None", "(1)", "'a'", "x", "self", "f()", "anthropic", "len"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["completions", "create", "messages", "a"])).map(".".join),
        inner.map(lambda text: f"{text}()"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} or {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} if x else {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"[{two[0]}, {two[1]}][0]"),
        inner.map(lambda text: f"(lambda: {text})()"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, EXPRESSIONS)
def test_every_expression_has_a_value_and_the_same_one_twice(first: str, second: str) -> None:
    program = f"{IMPORT}c = anthropic.Anthropic()\nm = c\nx = {first}\ndef f():\n    return x\nask({second})"
    assert values(program) == values(program)
    assert all(isinstance(value, Value) for value in values(program))
