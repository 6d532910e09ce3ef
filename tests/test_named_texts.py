"""Where a reply's text that is read several times gets a name, and which. fixtures/codemods/named_text runs it."""

from __future__ import annotations

import json

import pytest

from codemods.outcome import Options
from codemods.project import Project
from codemods.rewrite import rewrite_source

HEAD = "import anthropic\nclient = anthropic.Anthropic()\n"
CALL = 'client.completions.create(model="claude-2", max_tokens_to_sample=5, prompt="\\n\\nHuman: Hi\\n\\nAssistant:")'
JOIN = '"".join(block.text for block in r.content if block.type == "text")'
TWO_READS = "print(r.completion.strip())\nprint(r.completion.strip())\n"


def rewritten(program: str, path: str = "program.py", **others: str) -> str:
    """The program after its head; `others` are modules beside it."""
    files = {path: HEAD + program, **{f"{name}.py": text for name, text in others.items()}}
    encoded = {name: text.encode() for name, text in files.items()}
    outcome = rewrite_source(encoded[path], path, Options(), Project("", encoded.get, list(encoded)))
    assert outcome.kind in ("rewritten", "partly"), outcome.reason
    return outcome.source.decode()


def test_the_line_stands_under_the_call() -> None:
    lines = rewritten(f"r = {CALL}  # asks\n{TWO_READS}").splitlines()
    assert lines[-3:] == [f"text = {JOIN}", "print(text.strip())", "print(text.strip())"]
    assert lines[-4].endswith("  # asks")


@pytest.mark.parametrize(
    "program, name",
    [
        (f"r = {CALL}\n{TWO_READS}", "text"),
        (f"r = {CALL}\n{TWO_READS}text = 1\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}def f(text): pass\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}def f():\n    global text\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}import text\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}from a import b as text\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}try: pass\nexcept OSError as text: pass\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}print([text for text in '']); r_text = 1\n", "reply"),
        (f"r = {CALL}\n{TWO_READS}x = lambda text, r_text, reply: 0\n", "answer"),
        (f"r = {CALL}\n{TWO_READS}print(text)\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}__all__ = ['text']\n", "r_text"),
        (f"r = {CALL}\n{TWO_READS}other = dict(text=1).text\n", "text"),
    ],
)
def test_the_name(program: str, name: str) -> None:
    assert f"\n{name} = {JOIN}\nprint({name}.strip())\n" in rewritten(program)


@pytest.mark.parametrize(
    "program",
    [
        f"r = {CALL}\nprint(r.completion.strip(), bool(r))\n",
        f"r = {CALL}\nx = lambda: r.completion.strip(), r.completion.strip()\n",
        f"r = {CALL}\nx = lambda: (r.completion.strip(), r.completion.strip())\n",
        f"r = {CALL}\nx = [r.completion.strip() for _ in range(2)], r.completion.strip()\n",
        f"r = {CALL}\nx = [1 for _ in (1, 2) for _ in r.completion.strip()], r.completion.strip()\n",
        f"def f():\n    return r.completion.strip()\nr = {CALL}\nprint(f(), r.completion.strip())\n",
        f"if 1: r = {CALL}\n{TWO_READS}",
        f"x = 1; r = {CALL}\n{TWO_READS}",
        f"r = {CALL}; x = 1\n{TWO_READS}",
        f"r = x = {CALL}\n{TWO_READS}",
        f"r = {CALL}\n{TWO_READS}del r\n",
        f"r = {CALL}\nif r:\n    r = {CALL}\n{TWO_READS}",
        f"for _ in (1, 2):\n    try:\n        r = {CALL}\n    except OSError:\n        r = None\n"
        "    if r:\n        print(r.completion.strip(), r.completion.strip())\n",
        f"r = {CALL}\n{TWO_READS}x = text, r_text, reply, answer\n",
        f"from a import *\nr = {CALL}\n{TWO_READS}",
        f"r = {CALL}\n{TWO_READS}print(dir())\n",
    ],
)
def test_reads_that_are_written_out(program: str) -> None:
    assert rewritten(program).count(JOIN) == program.count(".completion.strip()")


def test_a_module_whose_names_spread_gets_no_new_ones() -> None:
    program = f"r = {CALL}\n{TWO_READS}"
    assert rewritten(program, user="from program import client\n").count(JOIN) == 1
    private = program.replace("r =", "_r =").replace("(r.", "(_r.")
    assert rewritten(private, user="import program\n").count("block.type") == 1
    assert rewritten(private, user="from program import *\n").count("block.type") == 2
    assert rewritten(program, user="from program import text\n").count("r_text") == 3
    assert rewritten(program, "package/__init__.py").count(JOIN) == 2
    indented = "".join(f"    {line}\n" for line in program.splitlines())
    assert rewritten(f"def f():\n{indented}", "package/__init__.py").count(JOIN) == 1


@pytest.mark.parametrize(
    "cells, joins",
    [
        ([f"r = {CALL}\n", TWO_READS], 1),
        ([f"r = {CALL}\n", TWO_READS, f"r = {CALL}\n", TWO_READS], 4),
        ([f"r = {CALL}\n", TWO_READS, "!echo {text} {r_text}\n"], 1),
        ([f"%time r = {CALL}\n", TWO_READS], 2),
        ([f"%%time\nr = {CALL}\n", TWO_READS], 1),
    ],
)
def test_notebooks(cells: list[str], joins: int) -> None:
    sources = [{"cell_type": "code", "source": [text]} for text in [HEAD, *cells]]
    notebook = json.dumps({"cells": sources, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    outcome = rewrite_source(notebook, "n.ipynb", Options())
    texts = ["".join(cell["source"]) for cell in json.loads(outcome.source)["cells"]]
    assert "".join(texts).count(".join(block.text for block in r.content") == joins
    assert outcome.kind == "rewritten"
