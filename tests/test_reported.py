"""What is reported and not rewritten comes with the text to write, in the author's own names."""

from __future__ import annotations

import pytest

from codemods.outcome import Options
from codemods.rewrite import rewrite_source

TESTED = "import anthropic\nimport pytest\n"

SUGGESTED = [
    # LangChain and LlamaIndex
    ("from langchain.llms import Anthropic as A\nA(model='claude-2', top_p=1, verbose=True)", "TC412",
     'ChatAnthropic(model="claude-opus-4-8", verbose=True, max_tokens=256)'),
    ("from langchain.chat_models import ChatAnthropic as C\n", "TC412", "from langchain_anthropic import ChatAnthropic as C"),
    ("from langchain.chat_models import ChatAnthropic\nChatAnthropic(**settings)", "TC412", "ChatAnthropic(**settings)"),
    ("from langchain.chat_models import ChatAnthropic\nChatAnthropic(model=name, max_tokens_to_sample=n)", "TC412",
     "ChatAnthropic(model=name, max_tokens=n)"),
    ("from langchain_anthropic import AnthropicLLM\nAnthropicLLM(model='claude-2.1', max_tokens=5)", "TC412",
     'ChatAnthropic(model="claude-opus-4-8", max_tokens=5)'),
    ("from llama_index.llms import Anthropic\nAnthropic(temperature=0)", "TC413", 'Anthropic(model="claude-opus-4-8")'),
    # Token counts
    ("import anthropic\nc = anthropic.Anthropic()\nc.count_tokens(text=a + b)", "TC402",
     'c.messages.count_tokens(model="claude-opus-4-8", messages=[{"role": "user", "content": a + b}]).input_tokens'),
    # Instrumentation
    ('import anthropic\nwrap("anthropic.resources.completions", "AsyncCompletions.create")', "TC417",
     'wrap("anthropic.resources.messages", "AsyncMessages.create")'),
    # Tests
    (TESTED + "def test(m):\n    m.completions.create.return_value.completion = text\n", "TC405",
     'm.messages.create.return_value.content = [TextBlock(type="text", text=text)]'),
    (TESTED + "def test(m):\n    assert m.call_args.kwargs['prompt'] == p and m.kwargs['max_tokens_to_sample'] == 3\n", "TC405",
     'assert m.call_args.kwargs["messages"] == p and m.kwargs["max_tokens"] == 3'),
    (TESTED + "def test(m):\n    m.assert_called_with(prompt=ANY, model='claude-2', max_tokens_to_sample=3, temperature=0)\n",
     "TC405", 'm.assert_called_with(messages=ANY, model="claude-opus-4-8", max_tokens=3)'),
    (TESTED + "def test(m):\n    m.assert_called_with(prompt=build(q), max_tokens_to_sample=3)\n", "TC405",
     "m.assert_called_with(**arguments_from_prompt(build(q)), max_tokens=3)"),
    (TESTED + "from unittest.mock import Mock\nr = Mock(completion='a', stop_reason='max_tokens', id=1)\n", "TC405",
     'r = Mock(id=1, content=[Mock(type="text", text=\'a\')], stop_reason=\'max_tokens\')'),
    (TESTED + "def test(httpx_mock):\n    httpx_mock.add_response(url='https://api.anthropic.com/v1/complete')\n", "TC405",
     'httpx_mock.add_response(url="https://api.anthropic.com/v1/messages")'),
    # Examples
    ('"""Ask.\n\n    >>> c.completions.create(model="claude-2", max_tokens_to_sample=9, prompt="\\\\n\\\\nHuman: Hi\\\\n\\\\nAssistant:")\n'
     '    Completion()\n"""\nimport anthropic', "TC407", '>>> c.messages.create(model="claude-opus-4-8", max_tokens=9, messages='),
    # Names and errors
    ("import anthropic.tokenizer\n", "TC411", "count_tokens"),
    ("from anthropic.types.completion_create_params import Metadata\n", "TC411", "anthropic.types.MetadataParam"),
    ("import anthropic\nok = 'max_tokens_to_sample: ' in str(error)", "TC408", "anthropic.BadRequestError"),
]  # fmt: skip


@pytest.mark.parametrize("source, rule, part", SUGGESTED)
def test_suggestion(source: str, rule: str, part: str) -> None:
    outcome = rewrite_source(source.encode(), "a.py", Options())
    found = [one for one in outcome.findings if one.rule == rule]
    assert found
    assert part in (found[-1].suggestion or "")


SILENT = [
    "from langchain.prompts import Anthropic\n",
    "from .langchain.llms import Anthropic\nAnthropic(model='claude-2')",
    "import anthropic\nwrap('anthropic.resources.messages', 'Messages.create')",
    "import anthropic\ndef create(self, prompt, max_tokens_to_sample): ...",
    "import anthropic\nfrom unittest.mock import Mock\nMock(completion_tokens=3)",
    TESTED + "def test(m):\n    m.chat.completions.create.return_value.text = 1\n",
    TESTED + "def test(m):\n    m.assert_called_with(prompt='Hi', max_tokens=3)\n",
    TESTED + "def test(mock_openai):\n    mock_openai.completions.create.return_value.text = 1\n",
    TESTED + "def test(mocker):\n    make = mocker.patch('openai.OpenAI').return_value.completions.create\n",
    TESTED + "from unittest.mock import Mock\nusage = Mock(prompt=12, completion=30)\nusage.completion = 31",
    "import anthropic\nraise ValueError('prompt must start with a capital')",
    "import anthropic\nlog('prompt must start with', error)",
]


@pytest.mark.parametrize("source", SILENT)
def test_silent(source: str) -> None:
    assert rewrite_source(source.encode(), "a.py", Options()).findings == ()


def test_a_wrappers_settings_are_no_body_of_a_request() -> None:
    source = b"from langchain.llms import Bedrock\nBedrock(model_id='anthropic.claude-v2', model_kwargs={'max_tokens_to_sample': 9})\n"
    assert [one.rule for one in rewrite_source(source, "a.py", Options()).findings] == ["TC412"]


def test_a_mocked_route_is_told_as_a_test_and_not_as_a_request() -> None:
    source = b"import respx\nrespx.post('https://api.anthropic.com/v1/complete')\n"
    assert [one.rule for one in rewrite_source(source, "a.py", Options()).findings] == ["TC405"]
