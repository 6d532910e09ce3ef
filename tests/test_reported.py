"""What is reported and not rewritten comes with the text to write, in the author's own names."""

from __future__ import annotations

import pytest

from codemods.outcome import Options
from codemods.project import Project
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
     'm.call_args.kwargs["messages"] == arguments_from_prompt(p)["messages"] and m.kwargs["max_tokens"] == 3'),
    (TESTED + "def test(m):\n    m.assert_called_with(prompt=ANY, model='claude-2', max_tokens_to_sample=3, temperature=0)\n",
     "TC405", 'm.assert_called_with(messages=ANY, model="claude-opus-4-8", max_tokens=3)'),
    (TESTED + "def test(m):\n    m.assert_called_with(prompt=build(q), max_tokens_to_sample=3)\n", "TC405",
     "m.assert_called_with(**arguments_from_prompt(build(q)), max_tokens=3)"),
    (TESTED + "from unittest.mock import Mock\nr = Mock(completion='a', stop_reason='max_tokens', id=1)\n", "TC405",
     'r = Mock(id=1, content=[Mock(type="text", text=\'a\')], stop_reason=\'max_tokens\')'),
    (TESTED + "class FakeClient:\n    class completions:\n        def create(**kw): return kw\n", "TC405",
     "class FakeClient:\n    class messages:\n        def create(**kw): return kw"),
    (TESTED + "class R:\n    completion = ' a'\nF = 'completions'\n", "TC405",
     'from anthropic.types import TextBlock\nclass R:\n    content = [TextBlock(type="text", text=\' a\')]'),
    (TESTED + "def test(c):\n    assert 'hi' in c.completions.create.call_args.kwargs['prompt']\n", "TC405",
     'assert \'hi\' in c.messages.create.call_args.kwargs["messages"][-1]["content"]'),
    (TESTED + "def test(httpx_mock):\n    httpx_mock.add_response(url='https://api.anthropic.com/v1/complete')\n", "TC405",
     'httpx_mock.add_response(url="https://api.anthropic.com/v1/messages")'),
    # Examples
    ('"""Ask.\n\n    >>> c.completions.create(model="claude-2", max_tokens_to_sample=9, prompt="\\\\n\\\\nHuman: Hi\\\\n\\\\nAssistant:")\n'
     '    Completion()\n"""\nimport anthropic', "TC407", '>>> c.messages.create(model="claude-opus-4-8", max_tokens=9, messages='),
    (TESTED + "client = anthropic.Anthropic()\nold = client.completions.create\ndef traced(**kw): return old(**kw)\n"
     "client.completions.create = traced\n", "TC405",
     "old = client.messages.create  # at line 4\nclient.messages.create = traced"),
    # Bodies of streams
    ("import json, requests\nURL = 'https://api.anthropic.com/v1/complete'\nB = {'prompt': p, 'max_tokens_to_sample': 3, 'stream': True}\n",
     "TC403", 'json.loads(line[5:]).get("delta", {}).get("text", "") of each line that begins with "data:"'),
    # Names and errors
    ("import anthropic\nHUMAN_PROMPT = 1\nt = f'{anthropic.HUMAN_PROMPT!r}'\n", "TC305",
     'HUMAN_PROMPT = "\\n\\nHuman:"  # on a line above, and HUMAN_PROMPT in place of anthropic.HUMAN_PROMPT'),
    ("import anthropic\nfrom openai import OpenAI\nc = anthropic.Anthropic() if a else OpenAI()\n"
     "c.completions.create(prompt=f'{anthropic.HUMAN_PROMPT} a{anthropic.AI_PROMPT}', **more)\n", "TC301",
     "prompt='\\n\\nHuman: a\\n\\nAssistant:'"),
    ("import anthropic\nfrom openai import OpenAI\nc = anthropic.Anthropic() if a else OpenAI()\n"
     "c.completions.create(prompt=f'{anthropic.HUMAN_PROMPT} a{anthropic.AI_PROMPT}', **more)\n", "TC002",
     "\\n\\nAssistant: in place of {anthropic.AI_PROMPT}"),
    ("import anthropic as sdk\nc = sdk.Anthropic()\nE = (sdk.InternalServerError,)\nwhile True:\n    try:\n"
     "        c.messages.create(max_tokens=3)\n    except E:\n        pass\n", "TC424",
     "except sdk.APIStatusError as error:  # behind the other handlers\n    if error.status_code != 529:\n        raise\n    pass"),
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


SDK = "import anthropic\nclient = anthropic.Anthropic()\ndef ask(**o):\n    return client.completions.create(**o)\n"
SENT = "import requests\nBASE = 'https://api.anthropic.com/v1'\n"
WRITTEN = r'''"{\"prompt\":\"\\n\\nHuman: Hi\\n\\nAssistant:\",\"max_tokens_to_sample\":3,\"top_k\":9}"'''
BODY = "{'prompt': p, 'max_tokens_to_sample': 3}"

# the files, of which the last is looked at, and the rules of bodies found in it
BODIES: dict[str, tuple[list[str], list[str]]] = {
    "of the SDK's own call": ([SDK + f"jobs = [{BODY}]\nx['max_tokens_to_sample'] = 2\ny.update(max_tokens_to_sample=2)\n"], []),
    "handed to a function of the SDK's": ([SDK + "ask(prompt=p, max_tokens_to_sample=3)\n"], []),
    "imported beside the SDK": ([SDK + "from b import D\n", f"D = {BODY}\n"], []),
    "imported by a file that uses the SDK somewhere": ([SDK, "from a import ask\nfrom c import D\n", f"D = {BODY}\n"], []),
    "imported by a sender": ([SENT + "from b import D\n", f"D = {BODY}\n"], ["TC403"]),
    "imported by a sender and by the SDK's user": ([SDK + "from c import D\n", SENT + "from c import D\n", f"D = {BODY}\n"], ["TC403"]),
    "given to a sender by a user of the SDK": ([SENT, SDK + f"import a\na.send({BODY})\n"], ["TC403"]),
    "alone": ([f"D = {BODY}\n"], ["TC403"]),
    "of a request beside the SDK": ([SDK + f"import httpx\nhttpx.post(url, json={BODY})\n"], ["TC403"]),
    "as text beside the SDK": ([SDK + f"import json\nsend(json.dumps({BODY}))\n"], ["TC403"]),
    "asserted": ([SDK + f"assert seen == {BODY}\n"], ["TC403"]),
    "written as JSON": ([f"k = {{'modelId': 'anthropic.claude-v2', 'body': {WRITTEN}}}\nrt.invoke_model(**k)\n"], ["TC404"]),
    "text that is not JSON": (["s = 'claude takes prompt and max_tokens_to_sample'\n"], []),
    "by name to the user's own sender": ([SENT + "def post(path, **body): ...\npost('complete', prompt=p, max_tokens_to_sample=3)\n"], ["TC403"]),
    "by name to another library": ([SENT + "import litellm\nlitellm.completion(prompt=p, max_tokens_to_sample=3)\n"], []),
    "of a request that is rewritten": (
        [SENT + "D = {'model': 'claude-2', 'max_tokens_to_sample': 5}\ndef ask(q):\n    b = {'prompt': f'\\n\\nHuman: {q}\\n\\nAssistant:'}\n"
         "    b.update(D)\n    return requests.post(BASE + '/complete', json=b).json()['completion'].strip()\n"], []),
    "of a request whose body a function makes": (
        [SENT + "def body(q, n):\n    d = {'prompt': q}\n    d['max_tokens_to_sample'] = n\n    return d\ndef ask(q):\n"
         "    return requests.post(BASE + '/complete', json=body(q, 3)).json()['completion'].strip()\n"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_no_request_is_known_of(name: str) -> None:
    texts, expected = BODIES[name]
    files = {f"{letter}.py": text.encode() for letter, text in zip("abc", texts, strict=False)}
    last = list(files)[-1]
    outcome = rewrite_source(files[last], last, Options(), Project("", files.get, list(files)))
    found = [one.rule for one in outcome.findings if one.rule in ("TC403", "TC404")]
    assert found == expected


def test_a_body_that_is_written_as_json_is_shown_anew() -> None:
    source = f"k = {{'modelId': 'anthropic.claude-v2', 'body': {WRITTEN}}}\n".encode()
    (found,) = rewrite_source(source, "a.py", Options()).findings
    assert '{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 3, "anthropic_version"' in (
        found.suggestion or ""
    )


def test_a_body_for_the_vendors_own_api_is_shown_with_a_current_model() -> None:
    source = WRITTEN.replace("{", r"{\"model\":\"claude-2\",", 1).encode()
    (found,) = rewrite_source(b"data = " + source, "a.py", Options()).findings
    assert found.rule == "TC403"
    assert '"model": "claude-opus-4-8", "messages"' in (found.suggestion or "")


POST = "import requests\nclass C:\n    URL = 'https://api.anthropic.com/v1/complete'\n    def ask(self, p):\n"
ASK = "import json, boto3\ndef ask(b, m):\n"
REASONS = [
    (POST + "        return requests.post(self.URL, json={'prompt': p, 'max_tokens_to_sample': 3})\n",
     "TC403", "its address is kept in self.URL, which other code may read"),
    (ASK + "    d = {'prompt': 'x', **b, 'max_tokens_to_sample': 3}\n    return boto3.client('c').invoke_model(modelId=m, body=json.dumps(d))\n",
     "TC404", "**b comes from callers that are not all in sight, and the model is known only at run time"),
    ("# anthropic.claude-v2\ndef body(): return {'prompt': 'x', 'max_tokens_to_sample': 3}\n",
     "TC404", "a Text Completions body for Bedrock: which request sends it cannot be seen here"),
    ("import anthropic\nc = anthropic.Anthropic()\nh = ''\nfor q in ('a', 'b'):\n    if h == '':\n        print('new')\n"
     "    h += f'\\n\\nHuman: {q}\\n\\nAssistant:'\n    r = c.completions.create(model='claude-2', max_tokens_to_sample=2, prompt=h)\n"
     "    h += ' ' + r.completion.strip()\n", "TC101", "h is read at line 5 as the text that it is"),
    ("import anthropic\nfrom prompts import HELLO\nc = anthropic.Anthropic()\n"
     "c.completions.create(model='claude-2', max_tokens_to_sample=2, prompt=HELLO)\n",
     "TC101", "the prompt is HELLO of prompts, and a prompt is taken apart in its own file only"),
]  # fmt: skip


@pytest.mark.parametrize("source, rule, part", REASONS)
def test_reason(source: str, rule: str, part: str) -> None:
    """One finding for a call that is left or bridged, with the reason in words that fit the place."""
    (found,) = (
        one for one in rewrite_source(source.encode(), "a.py", Options()).findings if one.rule == rule
    )
    assert part in found.message


def test_a_list_without_answers_has_no_note_about_them() -> None:
    source = (
        "import anthropic\nc = anthropic.Anthropic()\nSYSTEM = 'Be terse.'\ndef ask(m):\n"
        "    p = f'{SYSTEM}\\n\\nHuman: {m.author}: {m.content}\\n\\nAssistant:'\n"
        "    return c.completions.create(model='claude-2', max_tokens_to_sample=2, prompt=p).completion.strip()\n"
    )
    notes = [
        note for one in rewrite_source(source.encode(), "a.py", Options()).findings for note in one.notes
    ]
    assert not any("an answer without text" in note for note in notes)


APP = "import anthropic\nclient = anthropic.Anthropic()\n"
# a test that does not name the SDK, and the lines of TC405 in it
TESTS = {
    "from unittest.mock import patch\n@patch('app.client')\ndef test(client):\n    client.completions.create.return_value = 1\n": [4],
    "import app\ndef test(kw):\n    assert kw['max_tokens_to_sample'] == 9\n": [3],
    "from types import SimpleNamespace as NS\nimport app\ndef test():\n    app.client = NS(completions=NS(create=f))\n": [4],
    "import app\nfrom unittest import mock\nclass F:\n    class completions:\n        def create(**kw):\n            return mock.Mock(completion=' a')\n": [3, 6],
    "from unittest.mock import patch\n@patch('other.client')\ndef test(client):\n    client.completions.create.return_value = 1\n": [],
    "import app\ndef test(client):\n    client.chat.completions.create.return_value = 1\n": [],
}  # fmt: skip


@pytest.mark.parametrize("test", TESTS)
def test_a_test_of_a_module_that_uses_the_sdk(test: str) -> None:
    files = {"app.py": APP.encode(), "other.py": b"client = 1\n", "tests/test_app.py": test.encode()}
    project = Project("", files.get, list(files))
    outcome = rewrite_source(test.encode(), "tests/test_app.py", Options(), project)
    assert [one.line for one in outcome.findings if one.rule == "TC405"] == TESTS[test]
