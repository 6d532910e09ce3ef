"""Where a call moves out of the read of its text: what is evaluated before it, and what new names may do.

fixtures/codemods/named_message runs whole programs.
"""

from __future__ import annotations

import json

import pytest

from codemods.outcome import Options
from codemods.rewrite import rewrite_source

HEAD = "import json\nimport anthropic\nclient = anthropic.Anthropic()\n"
CALL = 'client.completions.create(model="claude-2", max_tokens_to_sample=5, prompt="\\n\\nHuman: Hi\\n\\nAssistant:")'
TEXT = f"{CALL}.completion.strip()"
MOVED = "\nmessage = client.messages.create("


def rewritten(program: str, path: str = "program.py") -> str:
    outcome = rewrite_source((HEAD + program).encode(), path, Options())
    assert outcome.kind in ("rewritten", "partly"), outcome.reason
    return outcome.source.decode()


@pytest.mark.parametrize(
    "statement",
    [
        f"x = {TEXT}",
        f"x: str = {TEXT}",
        f"x = y = {TEXT}",
        f"x[json.dumps(1)] = {TEXT}",
        f"x, y = {TEXT}, len('a')",
        f"x = [1, 'a', json, {TEXT}]",
        f"x = {{'a': 1, 'b': {TEXT}, 'c': json.dumps(1)}}",
        f"print(1, client, {TEXT}, end='')",
        f"print(json.dumps({TEXT}), end='')",
        f"print('a', end={TEXT})",
        f"print(*{TEXT})",
        f"x = 'a' + {TEXT}",
        f"x = 'a' in {TEXT}",
        f"x = not {TEXT}",
        f"x = {TEXT} or 'a'",
        f"x = 'abc'[int({TEXT})]",
        f"x = {TEXT}; y = 1",
        f"{TEXT}",
    ],
)
def test_a_call_that_comes_first_moves_up(statement: str) -> None:
    assert rewritten(f"{statement}\n").count(MOVED) == 1


@pytest.mark.parametrize(
    "program",
    [
        f"x = len('a'), {TEXT}\n",
        f"x = json.decoder.JSONDecoder, {TEXT}\n",
        f"x = client.timeout, {TEXT}\n",
        f"x = [1][0], {TEXT}\n",
        f"x = f'{{client}}' + {TEXT}\n",
        f"x = {{**vars(json), 'a': {TEXT}}}\n",
        f"x = {{None: 1, **{{'a': {TEXT}}}}}\n",
        f"x = 0 < 1 < int({TEXT})\n",
        f"x = 'a' or {TEXT}\n",
        f"x = {TEXT} if 1 else 'a'\n",
        f"x = 'a' if {TEXT} else 'b'\n",
        f"x = lambda: {TEXT}\n",
        f"x = [{TEXT} for _ in (1, 2)]\n",
        f"x = [y for y in {TEXT}]\n",
        f"x = (y := 1), {TEXT}\n",
        f"x = ''\nx += {TEXT}\n",
        f"if {TEXT}: pass\n",
        f"while {TEXT} == 'a': pass\n",
        f"assert {TEXT}\n",
        f"with open({TEXT}): pass\n",
        f"def f(x={TEXT}): pass\n",
        f"@print({TEXT})\ndef f(): pass\n",
        f"class A:\n    x = {TEXT}\n",
        f"if 1: x = {TEXT}\n",
        f"y = 1; x = {TEXT}\n",
        f"count = 0\ndef f():\n    global count\n    count += 1\nx = count, {TEXT}\n",
        f"from a import *\nx = {TEXT}\n",
        f"x = {TEXT}\nprint(dir())\n",
        f"def f():\n    x = {TEXT}\n    return locals()\n",
        f"from a import *\ndef f():\n    return other, {TEXT}\n",
    ],
)
def test_others_stay(program: str) -> None:
    assert "message = " not in rewritten(program)


def test_a_package_gets_no_new_name() -> None:
    assert "message = " not in rewritten(f"x = {TEXT}\n", "package/__init__.py")
    assert "message = " in rewritten(f"def f():\n    return {TEXT}\n", "package/__init__.py")


def test_one_name_serves_all_of_a_scope_and_another_where_it_is_taken() -> None:
    assert rewritten(f"x = {TEXT}\ny = {TEXT}\n").count(MOVED) == 2
    assert rewritten(f"x = {TEXT}\nprint(message)\n").count("\nresponse = client.") == 1
    assert (
        rewritten(f"def f(message):\n    response = {TEXT}\n    return response\n").count(
            "\n    claude_message = client."
        )
        == 1
    )


def test_where_the_prompt_is_written_anew_no_name_is_added() -> None:
    """The line that the answer goes into becomes part of a list: the same bytes cannot change twice."""
    program = (
        'history = "\\n\\nHuman: Hi\\n\\nAssistant:"\n'
        "for _ in (1, 2):\n"
        "    history = history + client.completions.create("
        'model="claude-2", max_tokens_to_sample=5, prompt=history).completion + "\\n\\nHuman: More\\n\\nAssistant:"\n'
    )
    outcome = rewrite_source((HEAD + program).encode(), "program.py", Options())
    assert outcome.kind in ("rewritten", "partly"), outcome.reason
    again = rewrite_source(outcome.source, "program.py", Options())
    assert not again.changed
    compile(outcome.source, "program.py", "exec")


@pytest.mark.parametrize(
    "cell, moves",
    [
        (f"answer = {TEXT}\n", True),
        (f"def f():\n    return {TEXT}\n", True),
        (f"{TEXT}\n", False),
        (f"{TEXT};\n", True),
        (f"print({TEXT})\n", False),
        (f"%time answer = {TEXT}\n", False),
        (f"%%time\nanswer = {TEXT}\n", True),
    ],
)
def test_notebooks(cell: str, moves: bool) -> None:
    sources = [{"cell_type": "code", "source": [text]} for text in (HEAD, cell)]
    notebook = json.dumps({"cells": sources, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    outcome = rewrite_source(notebook, "n.ipynb", Options())
    text = "".join(json.loads(outcome.source)["cells"][1]["source"])
    assert ("message = " in text, "block.type" in text) == (moves, True)
