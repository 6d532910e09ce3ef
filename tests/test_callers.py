"""Whether all callers of a function are in sight, and what a finding says of it."""

from __future__ import annotations

import pytest

from codemods.outcome import Options
from codemods.rewrite import rewrite_source

HEAD = "import anthropic\nclient = anthropic.Anthropic()\n"
CALL = (
    '{}return client.completions.create(model="claude-2", max_tokens_to_sample=9, prompt={}, '
    "stop_sequences=stop or []).completion.strip()\n"
)
TURN = 'f"{anthropic.HUMAN_PROMPT} {q}{anthropic.AI_PROMPT}"'
FUNCTION = HEAD + "def ask(q, stop=None):\n" + CALL.format("    ", TURN)
PRIVATE = FUNCTION.replace("def ask", "def _ask")
METHOD = HEAD + "class Bot:\n    def ask(self, q, stop=None):\n" + CALL.format("        ", TURN)
PROMPTED = HEAD + "def ask(q, stop=None):\n" + CALL.format("    ", "q")
BUILT = (
    HEAD + f"def build(q):\n    return {TURN}\ndef _ask(q, stop=None):\n" + CALL.format("    ", "build(q)")
)
SHOWN = 'if __name__ == "__main__":\n    '
ADAPTER, PLAIN = "bridged", "rewritten"

# program, how the call ends, and what the evidence says of callers
TABLE: dict[str, tuple[str, str, list[str]]] = {
    "called": (FUNCTION + "print(ask('x'))\n", PLAIN, ["ask() but the call"]),
    "called three times": (FUNCTION + "ask('x', stop=[])\nask('y')\nask('z')\n", PLAIN, ["ask() but the 3 calls"]),
    "called by main": (FUNCTION + "def main():\n    ask('x')\n" + SHOWN + "main()\n", PLAIN, ["ask() but the call"]),
    "shown and called": (FUNCTION + "def main():\n    ask('x')\n" + SHOWN + "ask('y')\n", PLAIN, ["ask() but the 2 calls"]),
    "private, shown": (PRIVATE + SHOWN + "_ask('y')\n", PLAIN, ["_ask() but the call"]),
    "method": (METHOD + "Bot().ask('x')\n", PLAIN, ["ask() but the call"]),
    "prompt of a caller": (PROMPTED.replace("def ask", "def _ask") + f"q = 1\n_ask({TURN})\n", PLAIN, ["_ask() but the call"]),
    "both": (BUILT + "_ask('x')\n", PLAIN, ["build() but the call", "_ask() but the call"]),
    "nested": (HEAD + "def main():\n    def ask(q, stop=None):\n" + CALL.format("        ", TURN) + "    ask('x')\n", PLAIN, []),
    "shown alone": (FUNCTION + SHOWN + "ask('x')\n", ADAPTER, []),
    "shown twice": (FUNCTION + SHOWN + "print(ask('x'))\n    for i in 'ab':\n        ask(i)\n", ADAPTER, []),
    "shown with another test": (FUNCTION + "if DEBUG and __name__ == '__main__':\n    ask('x')\n", ADAPTER, []),
    "method shown": (METHOD + SHOWN + "Bot().ask('x')\n", ADAPTER, []),
    "prompt shown": (PROMPTED + "q = 1\n" + SHOWN + f"ask({TURN})\n", ADAPTER, []),
    "never called": (FUNCTION, ADAPTER, []),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_callers_in_sight(name: str) -> None:
    program, status, said = TABLE[name]
    outcome = rewrite_source(program.encode(), "use.py", Options())
    [found] = [one for one in outcome.findings if one.rule not in ("TC002", "TC003")]
    assert found.status == status, found.message
    evidence = [one for one in found.evidence if "assumes that nobody" in one]
    assert evidence == [f"assumes that nobody calls {one} in sight" for one in said]
