"""Programs that meet the server's errors: the old one on the old SDK and the rewritten one on today's do the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.outcome import Options
from codemods.rewrite import rewrite_source
from migrate.double import Double, Reply
from tests.execution.programs import Interpreter

HEAD = """import time
import anthropic
from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic

client = Anthropic(max_retries={retries})


def ask(stream=False):
    ARGUMENTS


"""
ONE = """return client.completions.create(
        model="claude-2.1", max_tokens_to_sample=50, prompt=f"{HUMAN_PROMPT} SAY: one two three{AI_PROMPT}"
    ).completion.strip()"""
PIECES = """pieces = client.completions.create(
        model="claude-2.1", max_tokens_to_sample=50, prompt=f"{HUMAN_PROMPT} SAY: one{AI_PROMPT}", stream=True
    )
    for piece in pieces:
        print(piece.completion.strip(), end="|")"""

# The body of `ask`, what calls it, the SDK's own retries, and the replies that are scripted for either side.
CASES = {
    "error event inside a stream, told by its status": (
        PIECES,
        "try:\n    ask()\nexcept anthropic.APIStatusError as error:\n"
        "    print(type(error).__name__, error.status_code, error.status_code in (429, 500, 503, 529))\n",
        0,
        [Reply(pieces=(" one", " two", " three"), error_after=2)],
    ),
    "error event inside a stream, tried again whatever it is": (
        PIECES,
        "for attempt in range(2):\n    try:\n        ask()\n        break\n"
        "    except anthropic.APIError as error:\n        print('again', end=' ')\n",
        0,
        [Reply(pieces=(" one", " two"), error_after=1), Reply(pieces=(" one", " two"))],
    ),
    "overload tried again by the SDK": (ONE, "print(ask())\n", 1, [Reply.overloaded(0.01), Reply(text=" fine")]),
    "overload told by its status": (
        ONE,
        "try:\n    ask()\nexcept anthropic.APIStatusError as error:\n    print(error.status_code, error.status_code >= 500)\n",
        0,
        [Reply.overloaded()],
    ),
    "rate limit": (
        ONE,
        "for wait in (0, 0):\n    try:\n        print(ask())\n        break\n"
        "    except anthropic.RateLimitError:\n        time.sleep(wait)\n",
        0,
        [Reply.rate_limited(), Reply(text=" fine")],
    ),
    "wrong key": (
        ONE,
        "try:\n    ask()\nexcept anthropic.AuthenticationError as error:\n    print(type(error).__name__)\n",
        0,
        [Reply(status=401, error="invalid x-api-key")],
    ),
    "connection lost": (
        ONE,
        "try:\n    ask()\nexcept anthropic.APIConnectionError as error:\n    print(type(error).__name__)\n",
        0,
        [Reply(hang_up_after=0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_errors_are_met_as_before(
    name: str, legacy: Interpreter, newest: Interpreter, tmp_path: Path
) -> None:
    body, use, retries, replies = CASES[name]
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(HEAD.replace("ARGUMENTS", body).replace("{retries}", str(retries)) + use)
    outcome = rewrite_source(before.read_bytes(), "before.py", Options())
    assert {one.rule for one in outcome.findings} <= {"TC001", "TC002", "TC012"}
    after.write_bytes(outcome.source)
    printed = []
    for interpreter, program in ((legacy, before), (newest, after)):
        with Double() as double:
            double.queue(*replies)
            run = interpreter.run(program, double)
        assert run.status == 0, run.stderr
        assert len(run.requests) == len(replies)
        printed.append(run.stdout)
    assert printed[0] == printed[1]
