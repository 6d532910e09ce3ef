"""Files beside the code: what is found in them, what is not, and that they stay as they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codemods import document_search
from codemods.cli import main
from codemods.documents import Document, document_outcome, may_hold
from codemods.documents.bodies import converted_body
from codemods.example_blocks import code_blocks
from codemods.outcome import Finding, Options, Outcome
from codemods.rewrite import rewrite_source

CALL = 'client.completions.create(model="claude-2", max_tokens_to_sample=9, prompt=f"{HUMAN_PROMPT} Hi{AI_PROMPT}")'
PROGRAM = f"from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic\nclient = Anthropic()\nprint({CALL}.completion)\n"
CURL = """\
curl https://api.anthropic.com/v1/complete \\
  -H "x-api-key: $KEY" \\
  -d '{"model": "claude-2.1", "max_tokens_to_sample": 256, "prompt": "\\n\\nHuman: Hi\\n\\nAssistant:"}'
"""
CASSETTE = """\
interactions:
- request:
    body: '{"model": "claude-2", "max_tokens_to_sample": 9, "prompt": "\\n\\nHuman: Hi\\n\\nAssistant:"}'
    uri: https://api.anthropic.com/v1/complete
  response:
    body: {string: '{"completion": " Hi"}'}
"""
REPLY = '{"completion": " Hi", "stop_reason": "stop_sequence", "model": "claude-2.1", "log_id": "a"}'


def looked_at(
    path: str, text: str, beside: bool = True, options: Options | None = None
) -> tuple[Finding, ...]:
    def rewrite(code: str) -> Outcome:
        return rewrite_source(code.encode(), "example.py", Options())

    if not may_hold(text.encode()):
        return ()
    outcome = document_outcome(Document(path, text, rewrite, beside), options or Options())
    assert outcome.kind == "unchanged"
    return outcome.findings


FOUND = [
    ("fence", "README.md", f"# Use\n\n```python\n{PROGRAM}```\n", "TC414:4", "client.messages.create("),
    ("fence without a language", "a.md", f"```\n{PROGRAM}```\n", "TC414:2", 'messages=[{"role": "user", "content": "Hi"}]'),
    ("fence in a list", "a.md", f"- so:\n\n  ~~~py\n  {CALL}\n  ~~~\n", "TC414:4", "messages.create("),
    ("doctest in a fence", "a.md", f"```pycon\n>>> {CALL}\n```\n", "TC414:2", ">>> client.messages.create("),
    ("block of reStructuredText", "a.rst", f"Use\n===\n\n.. code-block:: python\n   :caption: ask\n\n   {CALL}\n\nEnd.\n",
     "TC414:7", "messages.create("),
    ("block after two colons", "a.txt", f"Use::\n\n    {CALL}\n", "TC414:3", "messages.create("),
    ("doctest in prose", "a.rst", f"Use:\n\n>>> {CALL}\nCompletion(…)\n", "TC414:3", ">>> client.messages.create("),
    ("code that is no program", "a.md", f"```python\n… {CALL} …\n```\n", "TC414:2", "client.messages.create("),
    ("curl", "a.md", f"```bash\n{CURL}```\n", "TC414:2", '"messages": [{"role": "user", "content": "Hi"}]'),
    ("curl in a script", "ask.sh", f"#!/bin/sh\n{CURL}", "TC414:2", "https://api.anthropic.com/v1/messages"),
    ("curl with double quotes", "ask.sh",
     'curl https://api.anthropic.com/v1/complete -d "{\\"prompt\\": \\"Hi\\", \\"max_tokens_to_sample\\": 9}"\n',
     "TC414:1", '{\\"max_tokens\\": 9, \\"messages\\"'),
    ("curl with a variable", "ask.sh",
     "curl https://api.anthropic.com/v1/complete -d '{\"model\": \"claude-2\", \"max_tokens_to_sample\": '$N'}'\n",
     "TC414:1", '"model": "claude-opus-4-8", "max_tokens": '),
    ("another language", "a.md", '```js\nfetch("https://api.anthropic.com/v1/complete")\n```\n', "TC414:2", "/v1/messages"),
    ("langchain", "a.md", "```python\nfrom langchain.llms import Anthropic\n```\n", "TC414:2", "langchain_anthropic"),
    ("whole prompt", "ask.txt", "Human: Answer {question}\n\nAssistant:\n", "TC415:1", '"content": "Answer {question}"'),
    ("prompt with system text", "ask.prompt", "Be brief.\n\nHuman: {{ q }}\n\nAssistant:", "TC415:1", '"system": "Be brief."'),
    ("prompt with the constants' names", "ask.j2", "{HUMAN_PROMPT} Hi{AI_PROMPT}", "TC415:1", '"content": "Hi"'),
    ("prompt in JSON", "a.json", '{"ask": "\\n\\nHuman: Hi {name}\\n\\nAssistant:"}', "TC415:1", '"content": "Hi {name}"'),
    ("prompt in a block of YAML", "a.yaml", "ask: |\n\n  Human: Hi\n\n  Assistant:\nnext: 1\n", "TC415:1", '"content": "Hi"'),
    ("quoted prompt in YAML", "a.yml", 'ask: "\\n\\nHuman: Hi\\n\\nAssistant: {"\n', "TC415:1", '"role": "assistant"'),
    ("prompt in TOML", "a.toml", 'ask = """\nHuman: Hi\n\nAssistant:"""\n', "TC415:1", '"content": "Hi"'),
    ("prompts of a data set", "a.jsonl", '{"prompt": "\\n\\nHuman: a\\n\\nAssistant:"}\n' * 30, "TC415:1",
     "to-messages prompt parse --jsonl --field prompt a.jsonl"),
    ("many prompts", "a.json", json.dumps([f"\n\nHuman: {n}\n\nAssistant:" for n in range(9)]), "TC415:1", '"content": "0"'),
    ("cassette", "cassettes/ask.yaml", CASSETTE, "TC416:4", '"messages": [{"role": "user", "content": "Hi"}]'),
    ("stored reply", "reply.json", REPLY, "TC416:1", '"text": "Hi"'),
    ("address in settings", "a.toml", 'url = "https://api.anthropic.com/v1/complete"\n', "TC403:1", "/v1/messages"),
]  # fmt: skip


@pytest.mark.parametrize(
    "path, text, place, part", [case[1:] for case in FOUND], ids=[case[0] for case in FOUND]
)
def test_found(path: str, text: str, place: str, part: str) -> None:
    (found,) = looked_at(path, text)
    assert f"{found.rule}:{found.line}" == place
    assert found.status == "manual"
    assert part in (found.suggestion or "")
    assert found.end_line <= text.count("\n") + 1


SILENT = [
    ("messages", "a.md", '```python\nimport anthropic\nanthropic.Anthropic().messages.create(model="claude-opus-4-8")\n```\n'),
    ("another SDK", "a.md", '```python\nimport openai\nopenai.completions.create(prompt="Hi", max_tokens=9)\n```\n'),
    ("a diff", "a.md", f"```diff\n-{CALL}\n```\n"),
    ("prose", "a.md", "Anthropic's client had completions.create and max_tokens_to_sample.\n"),
    ("an address of another service", "a.md", "curl https://code.example/v1/complete -d '{}'\nPOST /v1/completions\n".replace("/v1/complete ", "/v1/completed ")),
    ("a log of a conversation", "log.txt", "Human: Hi\n\nAssistant: Hello, how can I help you on this fine day?\n"),
    ("a finished answer", "a.jsonl", '{"chosen": "\\n\\nHuman: Hi\\n\\nAssistant: Hello, how can I help you on this day?"}\n'),
    ("labels in one paragraph", "a.txt", "Human: Hi\nAssistant: Hello\nHuman: Bye\nAssistant:"),
    ("another format", "a.txt", "### Human: Hi\n\n### Assistant:"),
    ("a prompt that ends in a Human turn", "a.txt", "Human: Hi\n\nAssistant: Hello\n\nHuman: Bye"),
    ("another API's reply", "reply.json", '{"completion": "Hi", "stop_reason": "length", "id": "cmpl-1"}'),
    ("a recording of another endpoint", "a.yaml", CASSETTE.replace("/v1/complete", "/v1/messages").replace('"prompt": "\\n\\nHuman: Hi\\n\\nAssistant:"', '"messages": []')),
]  # fmt: skip


@pytest.mark.parametrize("path, text", [case[1:] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(path: str, text: str) -> None:
    assert looked_at(path, text) == ()


@pytest.mark.parametrize("name", ["whole prompt", "prompt in JSON", "prompts of a data set", "stored reply"])
def test_words_alone_prove_nothing_where_no_code_asks(name: str) -> None:
    path, text = next((case[1], case[2]) for case in FOUND if case[0] == name)
    assert looked_at(path, text, beside=False) == ()


def test_many_prompts_are_told_once_and_counted() -> None:
    path, text = next((case[1], case[2]) for case in FOUND if case[0] == "prompts of a data set")
    (found,) = looked_at(path, text)
    assert found.message.startswith("30 prompts")


def test_a_long_prompt_has_no_suggestion() -> None:
    (found,) = looked_at("ask.txt", f"Human: {'word ' * 2000}\n\nAssistant:")
    assert found.suggestion is None


def test_what_stays_for_a_person_is_told_with_an_example() -> None:
    (found,) = looked_at(
        "a.md",
        f"```python\nimport anthropic_bedrock\n{PROGRAM.replace('anthropic ', 'anthropic_bedrock ')}```\n",
    )
    assert any("no Messages API" in note for note in found.notes)


@pytest.mark.parametrize(
    "text",
    [f"<!-- to-messages: ignore[TC414] the past -->\n```python\n{PROGRAM}```\n",
     "curl https://api.anthropic.com/v1/complete # to-messages: ignore\n",
     "# to-messages: ignore[document-example] old\ncurl https://api.anthropic.com/v1/complete\n"],
)  # fmt: skip
def test_a_comment_leaves_a_finding_out(text: str) -> None:
    assert looked_at("a.md", text) == ()
    assert looked_at("a.md", "curl https://api.anthropic.com/v1/complete # to-messages: ignore[TC415]\n")


@pytest.mark.parametrize(
    "options", [Options(ignore=frozenset({"TC414"})), Options(select=frozenset({"TC001"}))]
)
def test_options_switch_rules_off(options: Options) -> None:
    assert looked_at("a.sh", CURL, options=options) == ()


@pytest.mark.parametrize(
    "text",
    ["```python\n" * 20_000, "curl '" * 20_000, ">>> a\n" * 20_000, "a:\n" * 20_000, "x: |\n" * 20_000],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    document = Document("a.yaml", text + "Assistant:", lambda _: Outcome("unchanged", b""), True)
    assert document_outcome(document, Options()).findings == ()
    assert document_outcome(Document("a.md", text, document.rewrite, True), Options()).findings == ()


def test_blocks_are_told_in_order_and_once() -> None:
    text = "One:\n\n    a = 1\n\n```python\nb = 2\n```\n\n>>> c = 3\n3\n>>> d = 4\n\n.. code-block:: bash\n\n   e\n"
    assert [block.code.strip() for block in code_blocks(text)] == ["a = 1", "b = 2", "c = 3\nd = 4"]


@pytest.mark.parametrize(
    "before, after",
    [
        ('{"prompt": "Hi", "max_tokens_to_sample": 5}', {"max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}),
        ('{"model": "claude-2", "prompt": "\\n\\nHuman: Hi\\n\\nAssistant: Yes", "max_tokens_to_sample": 5}',
         {"model": "claude-opus-4-5-20251101", "max_tokens": 5,
          "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]}),
        ('{"model": "claude-instant-1", "prompt": "\\n\\nHuman: Hi\\n\\nAssistant:", "max_tokens_to_sample": 5, '
         '"temperature": 0, "stop_sequences": ["\\n\\nHuman:", "#"], "stream": true}',
         {"model": "claude-haiku-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}], "stream": True,
          "stop_sequences": ["#"], "thinking": {"type": "disabled"}}),
        ('{"model": "gpt-4", "prompt": "Hi"}', None),
        ("[1]", None),
        ("{no body}", None),
    ],
)  # fmt: skip
def test_bodies(before: str, after: object) -> None:
    new = converted_body(before)
    assert (None if new is None else json.loads(new)) == after


# -- through the front door ------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ask.py").write_text(PROGRAM)
    (tmp_path / "README.md").write_text(f"```python\n{PROGRAM}```\n")
    (tmp_path / "prompt.txt").write_text("Human: {question}\n\nAssistant:")
    (tmp_path / "LICENSE.txt").write_text("Anthropic is not named in it.\n")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def reported(*arguments: str) -> dict[str, list[str]]:
    """Path -> codes of the documents in the JSON report of `check`."""
    files = json.loads(run("check", *arguments, "--format", "json").stdout)["files"]
    for file in files:
        assert file["path"].endswith(".py") or file["outcome"] in ("unchanged", "skipped")
    return {
        file["path"]: [one["rule"] for one in file["findings"]]
        for file in files
        if not file["path"].endswith(".py")
    }


def test_documents_with_findings_are_files_of_the_report(tree: Path) -> None:
    assert reported(".") == {"README.md": ["TC414"], "prompt.txt": ["TC415"]}


def test_fix_leaves_documents_and_check_finds_them_again(tree: Path) -> None:
    before = {path: path.read_bytes() for path in tree.iterdir() if path.suffix != ".py"}
    assert run("fix", ".").exit_code == 1
    assert {path: path.read_bytes() for path in before} == before
    assert reported(".") == {"README.md": ["TC414"], "prompt.txt": ["TC415"]}


def test_prompts_without_code_that_asks_are_nobodys_business(tree: Path) -> None:
    (tree / "ask.py").write_text("print('Human: and Assistant:')\n")
    assert reported(".") == {"README.md": ["TC414"]}


def test_documents_that_git_ignores_are_left_out(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("*.md\n")
    assert reported(".") == {"prompt.txt": ["TC415"]}


def test_a_document_given_by_name_is_always_told(tree: Path) -> None:
    assert reported("LICENSE.txt", "prompt.txt") == {"LICENSE.txt": [], "prompt.txt": ["TC415"]}


def test_links_are_not_followed(tree: Path) -> None:
    os.symlink("README.md", tree / "other.md")
    assert "other.md" not in reported(".")


def test_of_a_large_file_the_start_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_search, "MOST_BYTES", 2_000)
    line = '{"prompt": "\\n\\nHuman: a\\n\\nAssistant:"}\n'
    (tree / "data.jsonl").write_text(line * 1_000)
    result = json.loads(run("check", "data.jsonl", "--format", "json").stdout)
    (found,) = result["files"][0]["findings"]
    assert found["message"] == f"{2_000 // len(line)} prompts with turn markers"
    assert "only the start" in found["notes"][-1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_document_that_cannot_be_read_is_skipped_with_the_reason(tree: Path) -> None:
    (tree / "README.md").chmod(0)
    assert "README.md: skipped: cannot read it" in run("check", ".").stdout


def test_code_too_deep_for_the_parser_ends_nothing(tree: Path) -> None:
    (tree / "deep.md").write_text(f"```python\nx = {'(' * 5000}{')' * 5000}  # max_tokens_to_sample\n```\n")
    assert run("check", ".").exit_code == 1
