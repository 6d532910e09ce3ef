"""A call that an option leaves is reported with the text it would have become."""

from __future__ import annotations

import pytest

from codemods.outcome import Finding, Options
from codemods.rewrite import rewrite_source

HEAD = "from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic\nclient = Anthropic()\n"
PREFILLED = (
    'r = client.completions.create(model="claude-2", max_tokens_to_sample=9, '
    'prompt=f"{HUMAN_PROMPT} hi{AI_PROMPT} Yes")\n'
)
OPAQUE = 'r = client.completions.create(model="claude-2", max_tokens_to_sample=9, prompt=build())\n'


def left(source: str, options: Options) -> Finding:
    (found,) = [one for one in rewrite_source(source.encode(), "a.py", options).findings if one.rule in RULES]
    return found


RULES = ("TC203", "TC303", "TC304")


@pytest.mark.parametrize(
    "source, options, suggestion",
    [
        pytest.param(
            HEAD + PREFILLED,
            Options(prefill="manual"),
            'r = client.messages.create(model="claude-opus-4-5-20251101", max_tokens=9, messages=[\n'
            '    {"role": "user", "content": "hi"},\n    {"role": "assistant", "content": "Yes"},\n])',
            id="prefill",
        ),
        pytest.param(
            HEAD + OPAQUE,
            Options(bridge=False),
            'r = client.messages.create(model="claude-opus-4-8", max_tokens=9, **arguments_from_prompt(build()))',
            id="no bridge",
        ),
        pytest.param(
            HEAD + OPAQUE,
            Options(ignore=frozenset({"TC101"})),
            'r = client.messages.create(model="claude-opus-4-8", max_tokens=9, **arguments_from_prompt(build()))',
            id="rule ignored",
        ),
        pytest.param(
            HEAD + f"if r: {OPAQUE}",
            Options(bridge=False),
            'r = client.messages.create(model="claude-opus-4-8", max_tokens=9, **arguments_from_prompt(build()))',
            id="one-line block",
        ),
        pytest.param(
            HEAD + OPAQUE.replace("r = ", "while ").rstrip() + ": pass\n",
            Options(bridge=False),
            'with_completions(client).completions.create(model="claude-2", max_tokens_to_sample=9, prompt=build())',
            id="head of a block",
        ),
    ],
)
def test_suggestion(source: str, options: Options, suggestion: str | None) -> None:
    found = left(source, options)
    assert found.status == "manual"
    assert found.suggestion == suggestion


CALL = 'completions.create(model="claude-2", max_tokens_to_sample=9, prompt={})'


@pytest.mark.parametrize(
    "rule, source, suggestion",
    [
        pytest.param("TC302", f"client.{CALL.format(repr('x'))}\n", '"\\n\\nHuman: " + prompt + "\\n\\nAssistant:"', id="no turns"),
        pytest.param("TC302", f"client.{CALL.format(repr(chr(10) * 2 + 'Human: x'))}\n", '"\\n\\nAssistant:"', id="no end"),
        pytest.param(
            "TC306",
            f"while (r := client.{CALL.format('p')}).stop_reason == 'max_tokens':\n    p += r.completion\n",
            f"with_completions(client).{CALL.format('p')}",
            id="continued answer",
        ),
        pytest.param(
            "TC301",
            "import anthropic\nfrom unittest import mock\nclient = mock.Mock() if DRY else anthropic.Anthropic()\nr = client."
            + CALL.format("build()") + "\n",
            'r = client.messages.create(model="claude-opus-4-8", max_tokens=9, **arguments_from_prompt(build()))',
            id="whose client",
        ),
        pytest.param(
            "TC301",
            'import anthropic\nr = getattr(anthropic.Anthropic(), "completions").create(prompt=build())\n',
            "with_completions(anthropic.Anthropic()).completions",
            id="fetched by name",
        ),
        pytest.param(
            "TC402",
            "r = client.completions.create(model='claude-2', prompt=p, max_tokens_to_sample=9000 - client.count_tokens(p))\n",
            "from migrate import arguments_from_prompt\n"
            'client.messages.count_tokens(model="claude-opus-4-8", **arguments_from_prompt(p)).input_tokens',
            id="limit from a count",
        ),
        pytest.param(
            "TC401",
            "import anthropic\nc = anthropic.Client('k', proxy_url=P)\nprint(c.completion(prompt=build()))\n",
            "anthropic.Client(api_key='k', http_client=anthropic.DefaultHttpxClient(proxy=P))",
            id="proxy of SDK 0.2",
        ),
    ],
)  # fmt: skip
def test_every_call_that_is_left_says_what_to_write(rule: str, source: str, suggestion: str) -> None:
    outcome = rewrite_source((HEAD + source).encode(), "a.py", Options())
    assert next(one.suggestion for one in outcome.findings if one.rule == rule) == suggestion
