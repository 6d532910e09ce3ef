"""How fast prompts are read, as ratios within one run: absolute times say more about the machine.

    python -m benchmarks.prompts

1. The turn scanner and `parse_prompt` against `re.split` on the same text, turns of 400 characters.
2. Hostile texts, doubled three times: a linear reader takes twice as long for twice the text.

Exits with 1 if a figure is over its limit. CPU time of this process, the best of several runs.
"""

from __future__ import annotations

import gc
import itertools
import random
import re
import sys
import time
from collections.abc import Callable

from migrate.errors import PromptError
from migrate.prompts import AI_PROMPT, HUMAN_PROMPT, parse_prompt, render_prompt, scan_markers

TURN_LENGTH = 400
TURN_COUNT = 50_000  # about 20 MB
SCANNER_LIMIT = 1.5
PARSE_LIMIT = 3.0
DOUBLING_LIMIT = 2.0
# A clock on a shared machine wavers; a quadratic reader would show 4.
DOUBLING_TOLERANCE = 0.2

SMALL = 250_000  # characters of the smallest hostile text

WORDS = ["the", "of", "and", "human", "assistant", "to", "a", "in", "was", "for", "with\n", "by\n\n", "from"]

HOSTILE: dict[str, Callable[[int], str]] = {
    "newlines": lambda size: "\n" * size,
    "newlines inside a turn": lambda size: HUMAN_PROMPT + " a" + "\n" * size + "b" + AI_PROMPT,
    "near-miss labels": lambda size: "\n\nHuman\n\nAssistant" * (size // 18),
    "near misses in a turn": lambda size: (
        f"{HUMAN_PROMPT} a" + "\n\nhuman:\n\n Assistant:\nHuman:" * (size // 29)
    ),
    "one marker, never repeated": lambda size: HUMAN_PROMPT + " a" * (size // 2),
    "one marker at the end": lambda size: "a\n\nb" * (size // 4) + AI_PROMPT,
    "one role only": lambda size: f"{HUMAN_PROMPT} a" * (size // 10) + AI_PROMPT,
    "turns of one letter": lambda size: (
        f"{HUMAN_PROMPT} a{AI_PROMPT} b" * (size // 24) + f"{HUMAN_PROMPT} c{AI_PROMPT}"
    ),
    "spelled-out newlines": lambda size: "\\n" * (size // 2),
    "carriage returns": lambda size: "\r\n" * (size // 2),
    "blanks after newlines": lambda size: f"{HUMAN_PROMPT} a" + "\n \t" * (size // 3),
    "blanks at both ends": lambda size: f"{HUMAN_PROMPT} a{AI_PROMPT}".join(
        (" " * (size // 2), "\u3000 " * (size // 4))
    ),
}


def main() -> int:
    ordinary = _ordinary_figures()
    growth = [_doubling(name, use) for name, use in itertools.product(HOSTILE, USES)]
    return 0 if all([*ordinary, *growth]) else 1


def _ordinary_figures() -> list[bool]:
    prompt = _ordinary_prompt()
    split = re.compile("\n\n(?:Human|Assistant):").split
    base, scanner, parse = best_times(
        lambda: split(prompt), lambda: scan_markers(prompt), lambda: parse_prompt(prompt)
    )
    size = f"{len(prompt) / 1e6:.1f} MB in turns of {TURN_LENGTH} characters"
    print(f"{size}; re.split takes {base * 1000:.1f} ms")
    return [
        _figure("scan_markers / re.split", scanner / base, SCANNER_LIMIT),
        _figure("parse_prompt / re.split", parse / base, PARSE_LIMIT),
    ]


def _ordinary_prompt() -> str:
    chance = random.Random(7)
    turns = itertools.cycle([_turn_text(chance) for _ in range(997)])
    markers = itertools.cycle((HUMAN_PROMPT + " ", AI_PROMPT + " "))
    return "".join(next(markers) + next(turns) for _ in range(TURN_COUNT)) + AI_PROMPT


def _turn_text(chance: random.Random) -> str:
    text = ""
    while len(text) < TURN_LENGTH:
        text += chance.choice(WORDS) + " "
    return text[: TURN_LENGTH - 1] + "."


def _read(text: str) -> object:
    """Everything a prompt can be put through: parsing or its error, the warnings, the way back."""
    try:
        parsed = parse_prompt(text)
    except PromptError as error:
        return error
    return parsed.warnings, render_prompt(parsed)


USES: dict[str, Callable[[str], object]] = {"scan_markers": scan_markers, "parse and render": _read}


def _doubling(name: str, use: str) -> bool:
    texts = [HOSTILE[name](SMALL << step) for step in range(4)]
    read = USES[use]
    times = best_times(*[lambda text=text: read(text) for text in texts])
    per_doubling = (times[-1] / times[0]) ** (1 / 3)
    return _figure(f"doubling, {use}, {name}", per_doubling, DOUBLING_LIMIT, DOUBLING_TOLERANCE)


def _figure(name: str, value: float, limit: float, tolerance: float = 0.0) -> bool:
    kept = value <= limit + tolerance
    within = f" (+{tolerance})" if tolerance else ""
    print(f"{'ok  ' if kept else 'OVER'} {name:60} {value:5.2f}   limit {limit}{within}")
    return kept


def best_times(*programs: Callable[[], object], runs: int = 7) -> list[float]:
    """The least CPU seconds of each; the programs take turns, so that a slow moment hits all."""
    best = [float("inf")] * len(programs)
    for _ in range(runs):
        for index, program in enumerate(programs):
            gc.collect()
            start = time.process_time()
            program()
            best[index] = min(best[index], time.process_time() - start)
    return best


if __name__ == "__main__":
    sys.exit(main())
