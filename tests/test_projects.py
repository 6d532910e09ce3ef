"""Projects of several files: what changes in each, what is reported, and that a second run changes nothing."""

from __future__ import annotations

import ast

import pytest

from codemods.outcome import Options
from codemods.project import Project
from codemods.rewrite import rewrite_source
from codemods.rules.blank_readers import beside
from tests.projects import FIXTURES, NAMES, files_in, findings_of, migrated


@pytest.mark.parametrize("name", NAMES)
def test_project(name: str) -> None:
    before, expected = files_in(FIXTURES / name / "before"), files_in(FIXTURES / name / "after")
    outcomes = migrated(before)
    changed = {file: outcome.source.decode() for file, outcome in outcomes.items() if outcome.changed}
    assert changed == {file: source.decode() for file, source in expected.items()}
    assert findings_of(outcomes) == (FIXTURES / name / "findings.txt").read_text("utf-8").split()
    for file, outcome in outcomes.items():
        assert outcome.kind != "failed", outcome.reason
        ast.parse(outcome.source, file, feature_version=(3, 10))


@pytest.mark.parametrize("name", NAMES)
def test_second_run_changes_nothing_and_finds_what_is_left(name: str) -> None:
    first = migrated(files_in(FIXTURES / name / "before"))
    second = migrated({file: outcome.source for file, outcome in first.items()})
    assert not [file for file, outcome in second.items() if outcome.changed]
    assert left(second) == left(first)


def left(outcomes: dict) -> set[tuple[str, str]]:  # type: ignore[type-arg]
    return {(file, one.rule) for file, outcome in outcomes.items() for one in outcome.findings if one.is_left}


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_files_does_not_matter(name: str) -> None:
    files = files_in(FIXTURES / name / "before")
    forwards, backwards = migrated(files), migrated(dict(reversed(files.items())))
    assert {file: outcome.source for file, outcome in forwards.items()} == {
        file: outcome.source for file, outcome in backwards.items()
    }


def outcome_of(files: dict[str, str], name: str) -> list[tuple[str, str]]:
    encoded = {file: text.encode() for file, text in files.items()}
    project = Project("", encoded.get, list(encoded))
    outcome = rewrite_source(encoded[name], name, Options(), project)
    return [(one.rule, one.status) for one in outcome.findings]


CALL = "def f(**o):\n    return {}.completions.create(**o)\n"
MADE = "import anthropic\nclient = anthropic.Anthropic()\n"
FOREIGN = "import openai\nclient = openai.OpenAI()\n"
BRIDGED, UNCERTAIN = [("TC104", "bridged")], [("TC301", "manual")]

# files, and what is found in use.py
TABLE: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "namespace package": ({"a/b.py": MADE, "use.py": "import a.b\n" + CALL.format("a.b.client")}, BRIDGED),
    "under src": ({"src/a/b.py": MADE, "tests/use.py": "", "use.py": "from a.b import client\n" + CALL.format("client")}, BRIDGED),
    "relative, two up": ({"p/state.py": MADE, "p/q/r/use.py": "from ...state import client as c\n" + CALL.format("c")}, BRIDGED),
    "import in the function": ({"s.py": MADE, "use.py": "def f(**o):\n    from s import client\n    return client.completions.create(**o)\n"}, BRIDGED),
    "a name that only looks alike": ({"s.py": FOREIGN, "t.py": MADE, "use.py": "from s import client\n" + CALL.format("client")}, []),
    "sibling called like a package": ({"llms/__init__.py": "", "llms/openai.py": MADE, "llms/use.py": "import openai\n" + CALL.format("openai.OpenAI()")}, []),
    "the file's own name": ({"openai.py": "from openai import OpenAI\nimport anthropic\n" + CALL.format("OpenAI()")}, []),
    "client set on a module": ({"s.py": "client = None\n", "main.py": "import s, anthropic\ns.client = anthropic.Anthropic()\n", "use.py": "import s, anthropic\n" + CALL.format("s.client")}, BRIDGED),
    "set on an instance, both kinds": (
        {
            "s.py": "class S:\n    client = None\ns = S()\n",
            "m.py": "import anthropic\nfrom s import s\ns.client = anthropic.Anthropic()\n",
            "n.py": "import fake\nfrom s import s\nclass F: ...\ns.client = F()\n",
            "use.py": "import anthropic\nfrom s import s\n" + CALL.format("s.client"),
        },
        UNCERTAIN,
    ),
    "callers of both kinds": (
        {
            "m.py": "import anthropic\nfrom use import g\ng(anthropic.Anthropic())\n",
            "n.py": "import openai\nfrom use import g\ng(openai.OpenAI())\n",
            "use.py": "import anthropic\ndef g(c, **o):\n    return c.completions.create(**o)\n",
        },
        UNCERTAIN,
    ),
    "a caller of another function of that name": (
        {
            "m.py": "import anthropic\nfrom use import g\ng(anthropic.Anthropic())\n",
            "n.py": "import openai\nfrom other import g\ng(openai.OpenAI())\n",
            "other.py": "def g(c): ...\n",
            "use.py": "def g(c, **o):\n    return c.completions.create(**o)\n",
        },
        BRIDGED,
    ),
    "a default, and a fake that only a test passes": (
        {
            "tests/test_g.py": "import use\nclass F: ...\ndef test():\n    use.g(client=F())\n",
            "use.py": "import anthropic\nclient = anthropic.Anthropic()\ndef g(client=client, **o):\n    return client.completions.create(**o)\n",
        },
        BRIDGED,
    ),
    "a default, and another that the program passes": (
        {
            "m.py": "import use\nclass F: ...\nuse.g(client=F())\n",
            "use.py": "import anthropic\nclient = anthropic.Anthropic()\ndef g(client=client, **o):\n    return client.completions.create(**o)\n",
        },
        UNCERTAIN,
    ),
    "a fake that only a test passes": (
        {
            "m.py": "import anthropic\nfrom use import g\ng(anthropic.Anthropic())\n",
            "tests/test_g.py": "from use import g\nclass F: ...\ng(F())\n",
            "use.py": "import anthropic\ndef g(c, **o):\n    return c.completions.create(**o)\n",
        },
        BRIDGED,
    ),
    "constructor of a class below": (
        {
            "m.py": "import anthropic\nfrom use import Base\nclass Below(Base):\n    def __init__(self):\n        super().__init__(anthropic.Anthropic())\n",
            "use.py": "class Base:\n    def __init__(self, c):\n        self.c = c\n    def f(self, **o):\n        return self.c.completions.create(**o)\n",
        },
        BRIDGED,
    ),
    "too many callers": (
        {
            **{f"m{n}.py": "from use import g\n" for n in range(20)},
            "use.py": "import anthropic\ndef g(c, **o):\n    return c.completions.create(**o)\n",
        },
        UNCERTAIN,
    ),
    "a file that cannot be read as Python": ({"s.py": "print 'old'\nclient = 1\n", "use.py": "import anthropic\nfrom s import client\n" + CALL.format("client")}, UNCERTAIN),
    "a module of another project": ({"use.py": "import anthropic\nfrom nowhere import client\n" + CALL.format("client")}, UNCERTAIN),
    "validator of a model": (
        {
            "base.py": "import anthropic\nfrom pydantic import BaseModel, root_validator\nclass Common(BaseModel):\n    client: object = None\n    @root_validator()\n    def fill(cls, values):\n        values['client'] = anthropic.Anthropic()\n        return values\n",
            "use.py": "from base import Common\nclass LLM(Common):\n    def f(self, **o):\n        return self.client.completions.create(**o)\n",
        },
        BRIDGED,
    ),
    "fixture of a test": ({"test_use.py": "import anthropic, openai, pytest\n@pytest.fixture\ndef client():\n    return openai.OpenAI()\ndef test(client):\n    client.completions.create(prompt='a', **{})\n"}, []),
    "no way to the SDK": ({"s.py": "client = make()\n", "use.py": "from s import client\n" + CALL.format("client")}, []),
}  # fmt: skip


STATED = {
    "const.py": "LIMIT = 200_000\nSMALL = 200\nSTOP = '\\n'\nEND = 'END'\nclass S:\n    limit = 200_000\n    stop = ' '\ns = S()\n",
    "use.py": """import anthropic
import const
from const import s
def f(q):
    return anthropic.Anthropic().completions.create(
        model="claude-2.1",
        max_tokens_to_sample={limit},
        stop_sequences=[{stop}],
        prompt=f"\\n\\nHuman: {{q}}\\n\\nAssistant:",
    ).completion
""",
}


@pytest.mark.parametrize(
    "limit, stop, expected",
    [
        ("const.SMALL", "const.END", "max_tokens=const.SMALL,"),
        ("const.LIMIT", "const.END", "max_tokens=min(const.LIMIT, 128000),"),
        ("s.limit", "const.END", "max_tokens=min(s.limit, 128000),"),
        ("const.SMALL", "const.STOP", "with_completions("),
        ("const.SMALL", "s.stop", "with_completions("),
    ],
)
def test_what_another_file_states_for_an_attribute(limit: str, stop: str, expected: str) -> None:
    files = {**STATED, "use.py": STATED["use.py"].format(limit=limit, stop=stop)}
    outcome = migrated({file: text.encode() for file, text in files.items()})["use.py"]
    assert expected in outcome.source.decode()


@pytest.mark.parametrize("name", TABLE)
def test_what_a_receiver_is(name: str) -> None:
    files, expected = TABLE[name]
    assert outcome_of(files, list(files)[-1]) == expected


@pytest.mark.parametrize(
    "there, read",
    [
        ("from dataclasses import dataclass\n@dataclass\nclass C:\n    stream: bool = False\n", "c.stream"),
        ("class C:\n    stream = False\n", "c.stream"),
        ("class C:\n    def stream(self):\n        return False\n", "c.stream()"),
        ("class C: ...\nstream = False\n", "there.stream"),
    ],
)
def test_a_value_that_another_file_may_change_proves_nothing(there: str, read: str) -> None:
    """Were `stream` taken for False, the argument would go and the reply be read as a message."""
    call = f'client.completions.create(model="claude-2", max_tokens_to_sample=5, prompt=p, stream={read})'
    use = (
        "import anthropic, there\nfrom there import C\nclient = anthropic.Anthropic()\n"
        f"def f(p, c: C):\n    return {call}.completion\n"
    )
    files = {"there.py": there.encode(), "use.py": use.encode()}
    project = Project("", files.get, list(files))
    rewritten = rewrite_source(files["use.py"], "use.py", Options(), project).source.decode()
    assert f"stream={read}" in rewritten


def test_files_that_import_each_other_by_many_names_end() -> None:
    """Every function asks every other one; the search is cut and says so, whatever the order."""
    count = 12
    names = [f"m{n}" for n in range(count)]
    files = {
        f"{name}.py": "".join(f"from {other} import f_{other}\n" for other in names if other != name)
        + f"def f_{name}(x):\n    return "
        + " or ".join(f"f_{other}(x)" for other in names if other != name)
        + "\n"
        for name in names
    }
    files["use.py"] = "import anthropic\nfrom m0 import f_m0\n" + CALL.format("f_m0(1)")
    assert outcome_of(files, "use.py") == UNCERTAIN


LIB = "from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic\nc = Anthropic()\n{}\n"
ASKED = (
    'c.completions.create(model="claude-2", max_tokens_to_sample=9, prompt=f"{HUMAN_PROMPT} {a}{AI_PROMPT}"'
)
ONE = LIB.format(f"def one(a):\n    return {ASKED}).completion")
PIECES = LIB.format(f"def one(a):\n    for p in {ASKED}, stream=True):\n        yield p.completion")
MANY = LIB.format(f"def one(a):\n    found = []\n    found.append({ASKED}).completion)\n    return found")
CLASS = LIB.format(f"class W:\n    def job(self, a):\n        return {ASKED}).completion")
CALLABLE = LIB.format(f"class W:\n    def __call__(self, a):\n        return {ASKED}).completion")
FIELD = LIB.format(f"class W:\n    @property\n    def now(self, a=1):\n        return {ASKED}).completion")
KEPT = LIB.format(f"class W:\n    def job(self, a):\n        self.answer = {ASKED}).completion")
FIELDS = LIB.format(
    "from dataclasses import dataclass\n@dataclass\nclass W:\n    answer: str\ndef one(a):\n    "
    f"return W({ASKED}).completion)"
)
VARIABLE = LIB.format(f"a = 'x'\nANSWER = {ASKED}).completion")
OWN_TEXT = LIB.format(f"class W:\n    def __init__(self, a):\n        self.text = {ASKED}).completion")
NAME = LIB.format(f"a = 1\nsaid = {ASKED}).completion")
HANDS_ON = LIB.format(f"from text import show\ndef one(a):\n    show({ASKED}).completion)")

# lib.py, the other files, and who is said to count on the blank; "" if nobody does
BLANKS: dict[str, tuple[str, dict[str, str], str]] = {
    "cut": (ONE, {"app.py": "from lib import one\ndef sign(q):\n    return one(q)[1:]\n"}, "app.py, line 3, cuts the text"),
    "compared": (ONE, {"app.py": "import lib\nprint(lib.one(1) == ' Yes')\n"}, "app.py, line 2, compares"),
    "next prompt": (ONE, {"app.py": "from lib import one\np = '\\n\\nHuman: a\\n\\nAssistant:' + one(1)\n"}, "app.py, line 2, puts the text into another prompt"),
    "by another name": (ONE, {"app.py": "from lib import one as ask\nprint(ask(1)[1:])\n"}, "app.py, line 2,"),
    "two files on": (ONE, {"a.py": "from lib import one\ndef f(q):\n    return one(q)\n", "b.py": "from a import f\nprint(f(1)[1:])\n"}, "b.py, line 2,"),
    "by a package": (ONE, {"p/__init__.py": "from lib import one\n", "b.py": "from p import one\nprint(one(1)[1:])\n"}, "b.py, line 2,"),
    "collected": (ONE, {"app.py": "from lib import one\nr = []\nr.append(one(1))\nfor x in r:\n    print(x[1:])\n"}, "app.py, line 5,"),
    "handed over": (ONE, {"app.py": "from lib import one\nprint([x[1:] for x in map(one, 'ab')])\n"}, "app.py, line 2, cuts the text"),
    "handed to somebody": (ONE, {"app.py": "from lib import one\nregister(one)\nprint('abc'[1:])\n"}, "line 2 of app.py goes on"),
    "attribute": (OWN_TEXT, {"app.py": "from lib import W\nprint(W(1).text[:3])\n"}, "app.py, line 2, cuts the text"),
    "attribute of another": (OWN_TEXT, {"app.py": "from lib import W\nclass V:\n    text = 'abc'\nprint(V().text[:3], W(1).text.strip())\n"}, ""),
    "name of the module": (NAME, {"app.py": "import lib\nprint(len(lib.said))\n"}, "app.py, line 2, measures the text"),
    "name of another module": (NAME, {"o.py": "said = 'abc'\n", "app.py": "import lib\nimport o\nprint(len(o.said), lib.said.strip())\n"}, ""),
    "name imported from another": (NAME, {"o.py": "said = 'abc'\n", "app.py": "import lib\nfrom o import said\nprint(len(said), lib.said.strip())\n"}, ""),
    "name imported": (NAME, {"app.py": "from lib import said as s\nprint(s[:3])\n"}, "app.py, line 2, cuts the text"),
    "in a list": (MANY, {"app.py": "from lib import one\nfor x in one(1):\n    print(x[1:])\n"}, "app.py, line 3,"),
    "pieces": (PIECES, {"app.py": "from lib import one\nprint(''.join(one(1))[1:])\n"}, "app.py, line 2,"),
    "method": (CLASS, {"app.py": "from lib import W\nw = W()\nprint(w.job(1)[1:])\n"}, "app.py, line 3,"),
    "method of a parameter": (CLASS, {"app.py": "import lib\ndef f(w):\n    return w.job(1)[1:]\n"}, "app.py, line 3,"),
    "method from below": (CLASS, {"app.py": "import lib\nclass V(lib.W):\n    def job(self, a):\n        return super().job(a)[1:]\n"}, "app.py, line 4,"),
    "called object": (CALLABLE, {"app.py": "from lib import W\nprint(W()(1)[1:])\n"}, "app.py, line 2,"),
    "property": (FIELD, {"app.py": "from lib import W\nprint(W().now[1:])\n"}, "app.py, line 2,"),
    "handed to another file": (HANDS_ON, {"text.py": "def show(t):\n    print(t[1:])\n"}, "text.py, line 2,"),
    "too large": (ONE, {"app.py": "from lib import one\nprint(one(1)[1:])\n" + "#" * 300_000}, "app.py, which is not looked into"),
    "notebook": (ONE, {"app.ipynb": '{"cells": [{"source": ["from lib import one\\n", "one(1)[1:]"]}]}'}, "app.ipynb, which is not looked into"),
    "many files": (ONE, {f"m{n}.py": "from lib import one\nprint(one(1)" + ("[1:]" if n == 19 else "") + ")\n" for n in range(20)}, "m19.py, which is not looked into"),
    "kept in an attribute": (KEPT, {"app.py": "from lib import W\nw = W()\nw.job(1)\nprint(w.answer[:3])\n"}, "app.py, line 4,"),
    "kept by a parameter": (KEPT, {"app.py": "import lib\ndef f(w):\n    return w.answer == ' Yes'\n"}, "app.py, line 3,"),
    "kept in a field": (FIELDS, {"app.py": "from lib import one\nprint(one(1).answer[:3])\n"}, "app.py, line 2,"),
    "kept in a variable": (VARIABLE, {"app.py": "import lib\nprint(lib.ANSWER[:3])\n"}, "app.py, line 2,"),
    "kept in a renamed variable": (VARIABLE, {"app.py": "from lib import ANSWER as A\nprint(len(A))\n"}, "app.py, line 2,"),
    "kept and printed": (KEPT, {"app.py": "from lib import W\nw = W()\nprint(w.answer, w.answer.strip()[:3])\n"}, ""),
    "kept, and another's is cut": (KEPT, {"app.py": "import lib\nclass V:\n    answer = 'x'\nprint(V().answer[:3])\n"}, ""),
    "a variable that is printed": (VARIABLE, {"app.py": "from lib import ANSWER\nprint(ANSWER)\n"}, ""),
    "met by a class": (CLASS, {"main.py": "from lib import W\nfrom judge import J\nJ(W())\n", "judge.py": "class J:\n    def __init__(self, w):\n        self.w = w\n    def yes(self, q):\n        return self.w.job(q) == ' Yes'\n"}, "judge.py, line 5,"),
    "met by a function of an unknown object": (CLASS, {"main.py": "import lib, judge\njudge.yes(lib.W())\n", "judge.py": "def yes(w):\n    return w.job(1) == ' Yes'\n"}, "judge.py, line 2,"),
    "met two files on": (CLASS, {"make.py": "from lib import W\nmade = W()\n", "main.py": "import make, judge\n", "judge.py": "def yes(w):\n    return w.job(1)[1:]\n"}, "judge.py, line 2,"),
    "by a module's variable": (CLASS, {"make.py": "from lib import W\nmade = W()\n", "main.py": "import make\nprint(make.made.job(1)[1:])\n"}, "main.py, line 2,"),
    "a called object that is met": (CALLABLE, {"main.py": "from lib import W\nfrom judge import yes\nyes(W())\n", "judge.py": "def yes(w):\n    return w(1) == ' Yes'\n"}, "judge.py, line 2,"),
    "a property that is met": (FIELD, {"main.py": "from lib import W\nfrom judge import yes\nyes(W())\n", "judge.py": "def yes(w):\n    return w.now == ' Yes'\n"}, "judge.py, line 2,"),
    "kept and met": (KEPT, {"main.py": "from lib import W\nfrom judge import yes\nyes(W())\n", "judge.py": "def yes(w):\n    return w.answer == ' Yes'\n"}, "judge.py, line 2,"),
    "stated by a protocol": (CLASS, {"main.py": "from lib import W\nfrom judge import yes\nyes(W())\n", "judge.py": "from typing import Protocol\nclass P(Protocol):\n    def job(self, a) -> str: ...\ndef yes(w: P):\n    return w.job(1) == ' Yes'\n"}, "judge.py, line 5,"),
    "a function that is met": (ONE, {"main.py": "from lib import one\nfrom judge import yes\nyes(one)\n", "judge.py": "def yes(f):\n    return f(1) == ' Yes'\n"}, "judge.py, line 2,"),
    "a bound method that is met": (CLASS, {"main.py": "from lib import W\nfrom judge import yes\nyes(W().job)\n", "judge.py": "def yes(f):\n    return f(1) == ' Yes'\n"}, "judge.py, line 2,"),
    "a function in a field": (ONE, {"main.py": "from lib import one\nfrom judge import J\nJ(f=one).yes()\n", "judge.py": "from dataclasses import dataclass\n@dataclass\nclass J:\n    f: object\n    def yes(self):\n        return self.f(1) == ' Yes'\n"}, "judge.py, line 6,"),
    "a function in a registry": (ONE + "REG = {'one': one}\n", {"main.py": "from lib import REG\nprint(REG.get('one')(1) == ' Yes')\n"}, "main.py, line 2,"),
    "a function that a decorator registers": (LIB.format(f"from reg import register\n@register('one')\ndef one(a):\n    return {ASKED}).completion"), {"reg.py": "REG = {}\ndef register(name):\n    def keep(f):\n        REG[name] = f\n        return f\n    return keep\n", "main.py": "import lib\nfrom reg import REG\nprint(REG['one'](1) == ' Yes')\n"}, "main.py, line 3,"),
    "a method that a registry keeps": (LIB.format(f"from reg import registry\n@registry.add\ndef one(a):\n    return {ASKED}).completion"), {"reg.py": "class R:\n    def __init__(self):\n        self.kept = {}\n    def add(self, f):\n        self.kept[f.__name__] = f\n        return f\n    def of(self, name):\n        return self.kept[name]\nregistry = R()\n", "main.py": "import lib\nfrom reg import registry\nprint(registry.of('one')(1) == ' Yes')\n"}, "main.py, line 3,"),
    "a function set on a module": (ONE + "import shared\nshared.ask = one\n", {"shared.py": "ask = None\n", "main.py": "import lib, shared\nprint(shared.ask(1) == ' Yes')\n"}, "main.py, line 2,"),
    "a text set on a module": (LIB.format(f"import shared\ndef one(a):\n    shared.last = {ASKED}).completion"), {"shared.py": "last = None\n", "main.py": "import lib, shared\nlib.one(1)\nprint(shared.last == ' Yes')\n"}, "main.py, line 3,"),
    "a prompt in a base": (LIB.format(f"from base import B\nclass W(B):\n    def job(self, a):\n        return {ASKED}).completion"), {"base.py": "class B:\n    def job(self, a): ...\n    def twice(self, a):\n        return self.job(self.job(a)).strip()\n"}, "puts the text into another prompt"),
    "met and stripped": (CLASS, {"main.py": "import lib, judge\njudge.yes(lib.W())\n", "judge.py": "def yes(w):\n    return w.job(1).strip()[1:]\n"}, ""),
    "never met": (CLASS, {"main.py": "import lib\nlib.W().job(1).strip()\n", "judge.py": "def yes(w):\n    return w.job(1) == ' Yes'\n"}, ""),
    "met, another's is read": (CLASS, {"main.py": "import lib, judge\njudge.yes(judge.V())\n", "judge.py": "class V:\n    def job(self, a):\n        return a\ndef yes(w):\n    return w.job(1) == ' Yes'\n"}, ""),
    "met, a package's is read": (CLASS, {"main.py": "import lib, judge\njudge.yes()\n", "judge.py": "import queue\ndef yes():\n    return queue.Queue().job(1) == ' Yes'\n"}, ""),
    "a function handed to a harmless one": (ONE, {"main.py": "from lib import one\nfrom judge import yes\nyes(one)\n", "judge.py": "def yes(f):\n    return f(1).strip() == 'Yes'\n"}, ""),
    "printed": (ONE, {"app.py": "from lib import one\nprint(one(1), one(2).strip()[1:])\n"}, ""),
    "another module's": (ONE, {"o.py": "def one(q):\n    return q\n", "app.py": "import lib\nfrom o import one\nprint(one(1)[1:])\n"}, ""),
    "a package's": (ONE, {"app.py": "import lib\nfrom elsewhere import one\nprint(one(1)[1:])\n"}, ""),
    "another class's": (CLASS, {"app.py": "from lib import W\nclass V:\n    def job(self, a):\n        return a\nprint(V().job(1)[1:], W().job(1).strip())\n"}, ""),
    "made, not called": (CALLABLE, {"app.py": "from lib import W\nw = W()\nprint([1, 2][1:])\n"}, ""),
    "pieces printed": (PIECES, {"app.py": "from lib import one\nfor x in one(1):\n    print(x, end='')\n"}, ""),
    "many harmless files": (ONE, {f"m{n}.py": "from lib import one\nprint(one(1))\n" for n in range(20)}, ""),
    "handed to a harmless one": (HANDS_ON, {"text.py": "def show(t):\n    print(t)\n"}, ""),
}  # fmt: skip


ASK = LIB.format(f"def ask(q, other=1):\n    return {ASKED.replace('{a}', '{q}')}).completion.strip()")
ASK_OF_CLASS = LIB.format(
    f"class Bot:\n    def ask(self, q):\n        return {ASKED.replace('{a}', '{q}')}).completion.strip()"
)
TURNS = "'a\\n\\nAssistant: b\\n\\nHuman: c'"
# lib.py, the other files, and who is said to pass turns; "" if nobody does
PASSED_TURNS: dict[str, tuple[str, dict[str, str], str]] = {
    "written at the call": (ASK, {"app.py": f"from lib import ask\nask({TURNS})\n"}, "app.py, line 2,"),
    "with the SDK's constants": (ASK, {"app.py": "import anthropic, lib\nlib.ask(f'a{anthropic.AI_PROMPT} b{anthropic.HUMAN_PROMPT} c')\n"}, "app.py, line 2,"),
    "by keyword, from a constant": (ASK, {"app.py": f"import lib\nX = {TURNS}\nprint(lib.ask(other=2, q=X))\n"}, "app.py, line 3,"),
    "by its name": (ASK, {"app.py": "import lib\ndef f(history):\n    return lib.ask(history)\n"}, "app.py, line 3,"),
    "two files on": (ASK, {"a.py": "import lib\ndef f(t):\n    return lib.ask(t)\n", "b.py": f"from a import f\nf({TURNS})\n"}, "a.py, line 3,"),
    "to a method": (ASK_OF_CLASS, {"app.py": f"from lib import Bot\nBot().ask({TURNS})\n"}, "app.py, line 2,"),
    "beside a loose marker": (ASK, {"app.py": "import lib\nM = '\\n\\nHuman:'\nsave(M)\ndef f(t):\n    return lib.ask(t)\n"}, "app.py, line 5,"),
    "plain text": (ASK, {"app.py": "import lib\nprint(lib.ask('hello'), lib.ask(input(), other='x'))\n"}, ""),
    "turns for somebody else": (ASK, {"app.py": f"import lib\nprint(lib.ask('hello'), other({TURNS}))\n"}, ""),
    "another module's": (ASK, {"o.py": "def ask(q):\n    return q\n", "app.py": f"import lib\nfrom o import ask\nask({TURNS})\n"}, ""),
    "for another parameter": (ASK, {"app.py": f"import lib\nlib.ask('hello', {TURNS})\n"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSED_TURNS)
def test_turns_that_other_files_pass(name: str) -> None:
    lib, others, reason = PASSED_TURNS[name]
    files = {"lib.py": lib.encode(), **{file: text.encode() for file, text in others.items()}}
    outcome = rewrite_source(files["lib.py"], "lib.py", Options(), Project("", files.get, list(files)))
    [found] = [one for one in outcome.findings if one.rule != "TC002"]
    assert (found.rule, found.status) == (("TC101", "bridged") if reason else ("TC001", "rewritten"))
    assert reason in found.message


@pytest.mark.parametrize("name", BLANKS)
def test_who_counts_on_the_leading_blank_in_other_files(name: str) -> None:
    lib, others, reason = BLANKS[name]
    files = {"lib.py": lib.encode(), **{file: text.encode() for file, text in others.items()}}
    project = Project("", files.get, list(files))
    outcome = rewrite_source(files["lib.py"], "lib.py", Options(), project)
    [found] = [one for one in outcome.findings if one.rule != "TC002"]
    kept = "rewritten" if lib == PIECES else "review"
    assert found.status == (kept if reason else "rewritten")
    assert reason in found.message + " ".join(found.notes)


@pytest.mark.parametrize(
    "home, path, seen",
    [
        ("a.py", "b.py", "b.py"),
        ("a.py", "lib/b.py", "lib/b.py"),
        ("src/app/a.py", "src/app/b.py", "b.py"),
        ("src/app/a.py", "src/lib/b.py", "../lib/b.py"),
        ("/home/me/src/app/a.py", "/home/me/src/lib/b.py", "../lib/b.py"),
        ("src\\app\\a.py", "src\\app\\b.py", "b.py"),
    ],
)
def test_another_file_is_named_as_seen_from_this_one(home: str, path: str, seen: str) -> None:
    assert beside(home, path) == seen
