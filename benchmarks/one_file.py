"""What one large candidate file costs beside libcst's bare parse of it.

    python benchmarks/one_file.py [LINES] [ROUNDS]

The file is made here: a legacy call of some form in every function, most of the rest ordinary code,
as in the wrappers people wrote. The promise: at most 9 times `libcst.parse_module`. Both run in
this process, in turn; the medians count. Exit code 1 if the promise is broken.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import libcst

from codemods.outcome import Options
from codemods.rewrite import rewrite_source

PROMISE = 9.0

HEAD = '''\
"""A module of prompts."""
import logging
import os

from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic

log = logging.getLogger(__name__)
client = Anthropic(api_key=os.environ.get("ANTHROPIC_API_KEY"))
'''

LEGACY = '''

def ask_{number}(question: str, *, limit: int = 300) -> str:
    """Ask question {number}."""
    log.debug("asking %s", question)
    prompt = f"You are terse.{{HUMAN_PROMPT}} {{question}}{{AI_PROMPT}}"
    response = client.completions.create(
        model="claude-2.1",
        max_tokens_to_sample=limit,
        stop_sequences=[HUMAN_PROMPT, "</answer>"],
        prompt=prompt,
    )
    if response.stop_reason == "max_tokens":
        log.warning("cut off after %d tokens", limit)
    return response.completion.strip()
'''

ORDINARY = '''

def table_{number}(rows: list[dict[str, str]], width: int = 80) -> str:
    """Rows as text, cut to a width."""
    lines = []
    for index, row in enumerate(rows):
        cells = [f"{{key}}={{value!r}}" for key, value in sorted(row.items()) if value]
        line = ", ".join(cells)
        if len(line) > width:
            line = line[: width - 3] + "..."
        elif not line:
            continue
        lines.append(f"{{index:>4}}  {{line}}")
    try:
        return "\\n".join(lines) or "(none)"
    finally:
        log.debug("made %d lines", len(lines))
'''


def candidate(lines: int) -> bytes:
    """A module of about that many lines, a legacy call in every fourth function."""
    parts, count = [HEAD], HEAD.count("\n")
    number = 0
    while count < lines:
        part = (LEGACY if number % 4 == 0 else ORDINARY).format(number=number)
        parts.append(part)
        count += part.count("\n")
        number += 1
    return "".join(parts).encode()


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    source = candidate(lines)
    outcome = rewrite_source(source, "candidate.py", Options())
    statuses = [finding.status for finding in outcome.findings]
    parsed, rewritten = [], []
    for _ in range(rounds):
        parsed.append(seconds(lambda: libcst.parse_module(source)))
        rewritten.append(seconds(lambda: rewrite_source(source, "candidate.py", Options())))
    ratio = statistics.median(rewritten) / statistics.median(parsed)
    print(f"{source.count(10):,} lines, {source.count(b'completions.create')} calls; outcome {outcome.kind}:")
    print("  " + ", ".join(f"{statuses.count(status)} {status}" for status in dict.fromkeys(statuses)))
    print(
        f"libcst.parse_module: {1000 * statistics.median(parsed):.0f} ms   "
        f"rewrite_source: {1000 * statistics.median(rewritten):.0f} ms"
    )
    print(f"ratio {ratio:.2f} (promise {PROMISE:g})")
    return 0 if ratio <= PROMISE and outcome.kind == "rewritten" else 1


if __name__ == "__main__":
    sys.exit(main())
