"""Programs of the first SDK can be run before, and what they do is compared like any other's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from migrate.double import Double
from tests.execution.compare import compare_runs
from tests.execution.programs import PROJECT, Interpreter, Run

OPENING = """\
# runs: sdk 0.2
import asyncio
import os

import anthropic
from anthropic import AI_PROMPT, HUMAN_PROMPT

client = anthropic.Client(os.environ["ANTHROPIC_API_KEY"], api_url=os.environ["ANTHROPIC_BASE_URL"])
ASK = {"prompt": f"{HUMAN_PROMPT} What is new?{AI_PROMPT}", "model": "claude-v1", "max_tokens_to_sample": 300}

"""
BODIES = {
    "whole": """
reply = client.completion(stop_sequences=[HUMAN_PROMPT, "</answer>"], **ASK)
print("said:", reply["completion"], reply["stop_reason"], reply["truncated"], reply["exception"])
""",
    "stream": """
shown = ""
for event in client.completion_stream(stream=True, **ASK):
    print(event["completion"][len(shown):], end="", flush=True)
    shown = event["completion"]
print()
print(shown, event["stop_reason"])
""",
    "async": """
async def main():
    reply = await client.acompletion(**ASK)
    print("said:", reply["completion"])

asyncio.run(main())
""",
    "async stream": """
async def main():
    response = await client.acompletion_stream(**ASK)
    async for event in response:
        print(event["completion"], event["stop_reason"])

asyncio.run(main())
""",
    "error": """
try:
    client.completion(**{**ASK, "model": "claude-v99"})
except anthropic.ApiException as error:
    print(error.args[0], error.args[1]["error"]["type"])
try:
    client.completion(**{**ASK, "prompt": "What is new?"})
except anthropic.ApiException as error:
    print(error)
""",
}
# The opening for the newest SDK. The bodies stay as they are, but for the name of the error.
BRIDGED = {
    "client of ours": """\
import asyncio
import os

import migrate
from migrate import AI_PROMPT, HUMAN_PROMPT

client = migrate.Client(os.environ["ANTHROPIC_API_KEY"], api_url=os.environ["ANTHROPIC_BASE_URL"])
""",
    "client of the SDK": """\
import asyncio
import os

import anthropic
import migrate
from migrate import AI_PROMPT, HUMAN_PROMPT

client = migrate.with_completions(
    anthropic.Anthropic(api_key=os.environ["ANTHROPIC_API_KEY"], base_url=os.environ["ANTHROPIC_BASE_URL"])
)
""",
}
ASK_LINE = OPENING.splitlines()[-2]
# What a person would write for the first of them.
PLAIN = """\
# runs: sdk 0.2
import os
import anthropic

client = anthropic.Anthropic(
    api_key=os.environ["ANTHROPIC_API_KEY"], base_url=os.environ["ANTHROPIC_BASE_URL"]
)
reply = client.messages.create(
    model="claude-haiku-4-5",
    max_tokens=300,
    stop_sequences=["</answer>"],
    messages=[{"role": "user", "content": "What is new?"}],
)
text = "".join(block.text for block in reply.content if block.type == "text")
print("said:", text, "stop_sequence", False, None)
"""


def run_text(text: str, folder: Path, interpreter: Interpreter, double: Double) -> Run:
    file = folder / "program.py"
    file.write_text(text)
    return interpreter.run(file, double, slash=True)


def test_a_program_of_the_first_sdk_is_compared_with_a_plain_one(
    double: Double, oldest: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    old = run_text(OPENING + BODIES["whole"], tmp_path, oldest, double)
    assert old.status == 0, old.stderr
    assert old.stdout.startswith("said:  Reply ")
    (request,) = old.requests
    assert (request.path, request.headers["anthropic-version"]) == ("/v1/complete", "2023-01-01")
    assert compare_runs(old, run_text(PLAIN, tmp_path, newest, double)) == []
    wrong = run_text(PLAIN.replace("What is", "What was"), tmp_path, newest, double)
    assert "turn 1" in "\n".join(compare_runs(old, wrong))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("opening", BRIDGED.values(), ids=BRIDGED)
def test_the_adapter_stands_in_for_its_client(
    opening: str, body: str, double: Double, oldest: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    old = run_text(OPENING + body, tmp_path, oldest, double)
    assert old.status == 0, old.stderr
    after = opening + ASK_LINE + body.replace("anthropic.ApiException", "migrate.ApiException")
    new = run_text(after, tmp_path, newest, double)
    assert {request.path for request in new.requests} == {"/v1/messages"}
    assert compare_runs(old, new) == []


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_unchanged_programs_run_after_install(
    body: str, double: Double, oldest: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    old = run_text(OPENING + body, tmp_path, oldest, double)
    new = run_text("import migrate\nmigrate.install()\n" + OPENING + body, tmp_path, newest, double)
    assert compare_runs(old, new) == []


@pytest.mark.parametrize(
    "after, status, shown",
    [
        pytest.param(PLAIN, 0, "no difference", marks=pytest.mark.slow),
        (PLAIN.replace("300", "30"), 1, "limit: 300 became 30"),
    ],
)
def test_the_command_takes_such_a_program(after: str, status: int, shown: str, tmp_path: Path) -> None:
    files = [tmp_path / "before.py", tmp_path / "after.py"]
    for file, text in zip(files, (OPENING + BODIES["whole"], after), strict=True):
        file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "tests.execution", *map(str, files)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "on anthropic 0.2.10" in done.stdout
    assert shown in done.stdout
