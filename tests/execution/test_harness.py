"""The harness sees what it is there to see: each wrong rewrite of one small program is noticed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from migrate.double import Double
from tests.execution.compare import (
    ANY_ORDER,
    BLANK_STOPS,
    allowances,
    compare_runs,
    normal_output,
    stated_sdk,
)
from tests.execution.programs import PROJECT, Interpreter, Run, run_program
from tests.sdks import LEGACY, OLDEST, sdk_python

BEFORE = """
from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic

client = Anthropic()
reply = client.completions.create(
    model="claude-2.1",
    max_tokens_to_sample=300,
    stop_sequences=[HUMAN_PROMPT, "</answer>"],
    prompt=f"You are terse.{HUMAN_PROMPT} What is new?{AI_PROMPT}",
)
print("said:", reply.completion)
"""

AFTER = """
from anthropic import Anthropic

client = Anthropic()
reply = client.messages.create(
    model="claude-opus-4-8",
    max_tokens=300,
    stop_sequences=["</answer>"],
    system="You are terse.",
    messages=[{"role": "user", "content": "What is new?"}],
)
print("said:", "".join(block.text for block in reply.content if block.type == "text"))
"""

WRONG = {
    "system lost": ('    system="You are terse.",\n', "", "system: 'You are terse.' became nothing"),
    "system in the turn": (
        'system="You are terse.",\n    messages=[{"role": "user", "content": "What',
        'messages=[{"role": "user", "content": "You are terse. What',
        "turn 1",
    ),
    "limit changed": ("max_tokens=300", "max_tokens=4", "limit: 300 became 4"),
    "stop lost": ('    stop_sequences=["</answer>"],\n', "", "stop sequences: ['</answer>'] became nothing"),
    "turn cut": ("What is new?", "hat is new?", "turn 1: 'user: What is new?' became 'user: hat is new?'"),
    "streaming": ("    model=", "    stream=True,\n    model=", "stream: False became True"),
    "asked twice": (
        'print("said:", ',
        'again = [{"role": "user", "content": "x"}]\n'
        'client.messages.create(model="claude-opus-4-8", max_tokens=9, messages=again)\nprint("said:", ',
        "1 requests became 2",
    ),
    "refused": ('"content": "What is new?"', '"content": " "', "answered with status 400 instead of 200"),
    "retired model": ("claude-opus-4-8", "claude-2.1", "answered with status 404 instead of 200"),
    "sampling kept": (
        "    max_tokens=",
        '    extra_body={"temperature": 0},\n    max_tokens=',
        "answered with status 400 instead of 200",
    ),
    "thinks out of the limit": (
        'claude-opus-4-8",\n    max_tokens=300',
        'claude-haiku-5-5",\n    max_tokens=60',
        "was answered ''",
    ),
    "first block": (
        '"".join(block.text for block in reply.content if block.type == "text")',
        "'?'",
        "+said: ?",
    ),
    "a letter lost": ('if block.type == "text")', 'if block.type == "text")[1:]', "+said: eply"),
    "exit status": ("print(", "raise SystemExit(3)\nprint(", "ended with 3 instead of 0"),
}


@pytest.fixture(scope="module")
def before_run(double: Double, legacy: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> Run:
    file = tmp_path_factory.mktemp("harness") / "before.py"
    file.write_text(BEFORE)
    return legacy.run(file, double)


def run_text(text: str, folder: Path, interpreter: Interpreter, double: Double) -> Run:
    file = folder / "program.py"
    file.write_text(text)
    return interpreter.run(file, double)


def test_a_right_rewrite_shows_no_difference(
    before_run: Run, double: Double, newest: Interpreter, tmp_path: Path
) -> None:
    after = run_text(AFTER, tmp_path, newest, double)
    assert before_run.status == after.status == 0, after.stderr
    assert before_run.stdout.startswith("said:  Reply ")
    assert after.stdout.startswith("said: Reply ")
    assert compare_runs(before_run, after) == []


@pytest.mark.parametrize("old, new, expected", WRONG.values(), ids=WRONG)
def test_a_wrong_rewrite_is_noticed(
    old: str, new: str, expected: str, before_run: Run, double: Double, newest: Interpreter, tmp_path: Path
) -> None:
    assert old in AFTER
    after = run_text(AFTER.replace(old, new), tmp_path, newest, double)
    assert expected in "\n".join(compare_runs(before_run, after))


def test_thinking_model_with_thinking_switched_off_is_the_same(
    before_run: Run, double: Double, newest: Interpreter, tmp_path: Path
) -> None:
    changed = AFTER.replace('"claude-opus-4-8",', '"claude-haiku-5-5",\n    thinking={"type": "disabled"},')
    assert compare_runs(before_run, run_text(changed, tmp_path, newest, double)) == []


ORDER = """
import asyncio
from anthropic import AsyncAnthropic

async def main():
    client = AsyncAnthropic()
    async def ask(text):
        content = [{"role": "user", "content": text}]
        await client.messages.create(model="claude-opus-4-8", max_tokens=99, messages=content)
    for text in (QUESTIONS):
        await ask(text)

asyncio.run(main())
"""


def test_order_counts_unless_a_program_says_otherwise(
    double: Double, newest: Interpreter, tmp_path: Path
) -> None:
    forth, back = (
        run_text(ORDER.replace("QUESTIONS", questions), tmp_path, newest, double)
        for questions in ("'a', 'b'", "'b', 'a'")
    )
    assert forth.status == 0, forth.stderr
    assert compare_runs(forth, back)
    assert compare_runs(forth, back, frozenset({ANY_ORDER})) == []


BLANK_STOP = """
from migrate import Anthropic

reply = Anthropic().completions.create(
    model="claude-2.1",
    max_tokens_to_sample=300,
    stop_sequences=["\\n"],
    prompt='\\n\\nHuman: SAY: "one\\\\ntwo"\\n\\nAssistant:',
)
print(reply.completion)
"""


def test_a_blank_stop_may_be_cut_by_the_adapter_if_the_program_says_so(
    double: Double, legacy: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    old = run_text(BLANK_STOP.replace("migrate", "anthropic"), tmp_path, legacy, double)
    new = run_text(BLANK_STOP, tmp_path, newest, double)
    assert old.stdout == " one\n"
    assert compare_runs(old, new) == [
        "request 1: stop sequences: ['\\n'] became nothing",
        "request 1: was answered 'one\\ntwo' instead of 'one'",
    ]
    assert compare_runs(old, new, frozenset({BLANK_STOPS})) == []


@pytest.mark.parametrize(
    "line, stated",
    [
        ("# runs", set()),
        ("# runs: any order", {ANY_ORDER}),
        ("# runs: blank stops, any order\n", {ANY_ORDER, BLANK_STOPS}),
        ("# runs: sdk 0.2", set()),
        ("# runs: sdk 0.2, any order", {ANY_ORDER}),
    ],
)
def test_a_program_says_what_may_differ(line: str, stated: set[str]) -> None:
    assert allowances(line) == stated
    assert stated_sdk(line) == (OLDEST if "sdk" in line else LEGACY)


def test_nothing_else_may_differ() -> None:
    with pytest.raises(ValueError, match="can follow"):
        allowances("# runs: whatever")


def test_programs_start_fresh_and_do_not_disturb_each_other(
    double: Double, newest: Interpreter, tmp_path: Path
) -> None:
    rude = textwrap.dedent(
        """
        import anthropic, json, os, sys
        anthropic.Anthropic = None
        json.dumps = None
        sys.stdin.close()
        sys.stdout.write(sys.argv[0][-10:])
        print(os.listdir("."))
        """
    )
    polite = "import anthropic\nprint(anthropic.Anthropic is None, repr(input()) if False else 'fine')\n"
    assert run_text(rude, tmp_path, newest, double).stdout == "program.py[]\n"
    assert run_text(polite, tmp_path, newest, double).stdout == "False fine\n"


def test_a_program_that_fails_shows_its_traceback(
    double: Double, newest: Interpreter, tmp_path: Path
) -> None:
    run = run_text("from anthropic import HUMAN_PROMPT\n", tmp_path, newest, double)
    assert run.status == 1
    assert "ImportError" in run.stderr


def test_run_program_gives_output_and_requests(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "once.py"
    file.write_text(BEFORE)
    printed, requests = run_program(sdk_python(LEGACY), file, double)
    assert printed.startswith("said:  Reply ")
    assert [request.path for request in requests] == ["/v1/complete"]
    file.write_text("raise SystemExit('no')")
    with pytest.raises(RuntimeError, match="ended with 1"):
        run_program(sdk_python(LEGACY), file, double)


@pytest.mark.parametrize(
    "printed, normal",
    [
        ("said:  Yes it is", "said:Yes it is"),
        ("said: Yes it is", "said:Yes it is"),
        ("' Yes it is'", "'Yes it is'"),
        (" Yes\n it\n is\n", "Yes\n it\n is\n"),
        ("no Answer here", "no Answer here"),
        ("es it is", "es it is"),
        ("said: YES IT IS", "said:YES IT IS"),
    ],
)
def test_only_spaces_before_an_answer_are_left_out(printed: str, normal: str) -> None:
    assert normal_output(printed, ["Yes it is"]) == normal


@pytest.mark.parametrize(
    "after, status, shown",
    [
        pytest.param(None, 0, "no difference", marks=pytest.mark.slow),
        pytest.param(AFTER, 0, "no difference", marks=pytest.mark.slow),
        (AFTER.replace("terse", "kind"), 1, "system: 'You are terse.' became 'You are kind.'"),
    ],
)
def test_the_command_compares_a_program_of_ones_own(
    after: str | None, status: int, shown: str, tmp_path: Path
) -> None:
    files = [tmp_path / "before.py", *([tmp_path / "after.py"] if after else [])]
    for file, text in zip(files, (BEFORE, after or ""), strict=False):
        file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "tests.execution", *map(str, files)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert shown in done.stdout
