"""Projects of several files: what changes in each, what is reported, and that a second run changes nothing."""

from __future__ import annotations

import ast

import pytest

from codemods.outcome import Options
from codemods.project import Project
from codemods.rewrite import rewrite_source
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
