"""Which SDK a file needs, from below and from above, before and after the change."""

from __future__ import annotations

import json

import pytest

from codemods.outcome import Options
from codemods.rewrite import rewrite_source

CLIENT = "import anthropic\n\nclient = anthropic.Anthropic()\n"
PROMPT = 'prompt=f"{anthropic.HUMAN_PROMPT} Hi{anthropic.AI_PROMPT}"'


def call(model: str = '"claude-2.1"', prompt: str = PROMPT) -> str:
    return f"client.completions.create(model={model}, max_tokens_to_sample=9, {prompt})\n"


ASYNC = CLIENT.replace("Anthropic()", "AsyncAnthropic()")


def call_raw(resource: str, then: str) -> str:
    """A function that awaits a raw response of an asynchronous client and does something with it."""
    made = call().strip().replace("completions", resource)
    return f"async def ask():\n    raw = await {made}\n    {then}\n"


# The code; the floor; whether it leans on our library.
FLOORS = [
    (CLIENT + call(), "0.16.0", False),
    (CLIENT + call('"claude-instant-1"'), "0.47.0", False),
    (CLIENT + call(prompt="prompt=input()"), "0.40.0", True),
    (CLIENT + "import sys\n" + call("sys.argv[1]"), "0.47.0", True),
    (CLIENT + "client.messages.create(model='x')\n", "0.16.0", False),
    (CLIENT + call().replace("create", "with_raw_response.create"), "0.16.0", False),
    (ASYNC + call_raw("completions.with_raw_response", "print(raw.status_code)"), "0.16.0", False),
    (ASYNC + call_raw("completions.with_raw_response", "print(raw.parse().id)"), "1.0.0", False),
    (ASYNC + call_raw("with_raw_response.completions", "reply = raw.parse()"), "1.0.0", False),
    (ASYNC + call_raw("completions.with_raw_response", "print(raw.text)"), "0.40.0", True),
    (CLIENT + "client.messages.create(thinking={})\n" + call(), "0.47.0", False),
    (CLIENT + "with client.messages.stream(model='x') as s: pass\n", "0.16.0", False),
    ("from migrate import Anthropic  # in place of anthropic\n", "0.40.0", True),
    ("import migrate  # anthropic\n", "0.47.0", True),
    ("from migrate.versioning import api  # anthropic\n", None, False),
    (CLIENT, None, False),
    ("from migrate import completion_body, messages_body  # anthropic\n", None, True),
    ("from migrate import Conversation, messages_body  # anthropic\n", "0.40.0", True),
    (
        'import requests\n\ndef f(body):\n    url = "https://api.anthropic.com/v1/complete"\n'
        '    sent = {"x-api-key": "k", "anthropic-version": "2023-06-01"}\n'
        '    return requests.post(url, headers=sent, json=body).json()["completion"]\n',
        None,
        True,
    ),
    ("import anthropic, twilio\n\ntwilio.Client().messages.create(body='x')\n", None, False),
]


@pytest.mark.parametrize("source,floor,leans", FLOORS)
def test_floors_are_the_same_before_and_after_the_change(source: str, floor: str | None, leans: bool) -> None:
    first = rewrite_source(source.encode(), "a.py", Options())
    assert (first.sdk_floor, first.uses_bridge, first.old_sdk_lines) == (floor, leans, ())
    second = rewrite_source(first.source, "a.py", Options())
    assert second.kind == "unchanged"
    assert (second.sdk_floor, second.uses_bridge) == (floor, leans)


OLD = [
    (CLIENT + call(prompt='prompt="Hello"'), (4,)),
    (CLIENT + call() + "# to-messages: ignore\n", (5,)),
    (CLIENT + call().rstrip() + "  # to-messages: ignore[TC301] kept\n", (4,)),
    (CLIENT + 'HUMAN_PROMPT = 1\nprint(f"{anthropic.HUMAN_PROMPT!r}")\n', (5,)),
    ("from anthropic import get_tokenizer\n", (1,)),
    (CLIENT + "import requests\nrequests.post('https://api.anthropic.com/v1/complete')\n", ()),
    ("import anthropic_bedrock\n\nanthropic_bedrock.AnthropicBedrock().completions.create(prompt='x')\n", ()),
]


@pytest.mark.parametrize("source,lines", OLD)
def test_lines_that_need_the_old_sdk(source: str, lines: tuple[int, ...]) -> None:
    assert rewrite_source(source.encode(), "a.py", Options()).old_sdk_lines == lines


def test_a_notebook_tells_lines_of_its_file() -> None:
    cells = [{"cell_type": "code", "source": text.splitlines(True), "metadata": {}, "outputs": [], "execution_count": None}
             for text in (CLIENT, call(prompt='prompt="Hello"'), f"send({call().strip()})\n")]  # fmt: skip
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    outcome = rewrite_source(notebook.encode(), "a.ipynb", Options())
    [line] = outcome.old_sdk_lines
    assert "Hello" in notebook.splitlines()[line - 1]
    assert (outcome.sdk_floor, outcome.uses_bridge) == ("0.40.0", True)
    again = rewrite_source(outcome.source, "a.ipynb", Options())
    [line] = again.old_sdk_lines
    assert "Hello" in outcome.source.decode().splitlines()[line - 1]
    assert (again.kind, again.sdk_floor) == ("unchanged", "0.40.0")
