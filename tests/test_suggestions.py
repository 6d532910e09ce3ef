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
            None,
            id="head of a block",
        ),
    ],
)
def test_suggestion(source: str, options: Options, suggestion: str | None) -> None:
    found = left(source, options)
    assert found.status == "manual"
    assert found.suggestion == suggestion


def test_what_no_option_would_change_has_no_suggestion() -> None:
    outcome = rewrite_source(
        (HEAD + 'client.completions.create(model="claude-2", max_tokens_to_sample=9, prompt="x")\n').encode(),
        "a.py",
        Options(),
    )
    assert [one.suggestion for one in outcome.findings if one.rule == "TC302"] == [None]
