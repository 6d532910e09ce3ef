"""What SDK 0.2 and the adapter are both asked to do. Data only; also read inside the SDK environments.

Each case is (name, way, arguments). Ways: "completion" and "stream", which stand for the asynchronous
methods as well. What the server does beside answering is scripted by case name in test_sdk_02.py.
"""

from __future__ import annotations

from typing import Any

from cases import AI, HUMAN, TWO_LINES, ask

_ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("natural end", ask()),
    ("answer of the double's own", ask("What is a fjord?")),
    ("first model", ask(model="claude-v1")),
    ("custom stop", ask("SAY: one two three", stop_sequences=["three"])),
    ("human stop", ask(stop_sequences=[HUMAN])),
    ("newline stop", ask(TWO_LINES, stop_sequences=["\n"])),
    ("limit reached", ask("SAY: one two three four", max_tokens_to_sample=2)),
    ("limit beyond the model", ask(max_tokens_to_sample=1_000_000)),
    ("several turns", ask(prompt=f"{HUMAN} Hi{AI} Hello.{HUMAN} SAY: bye{AI}")),
    ("prefill", ask(prompt=f'{HUMAN} SAY: "\\"a\\": 1"{AI} {{')),
    ("no text at all", ask('SAY: ""')),
    ("text that starts with a newline", ask('SAY: "\\nindented"')),
    ("unicode", ask("SAY: žluťoučký kůň 🐴 — 漢字")),
    ("sampling", ask(temperature=0, top_k=5)),
    ("sampling switched off", ask(temperature=1, top_k=-1, top_p=-1)),
    ("metadata", ask(metadata={"user_id": "u-1"})),
    ("checks of a good prompt switched off", ask(disable_checks=True)),
    ("system text, unchecked", ask(prompt=f"Be brief.{HUMAN} SAY: yes{AI}", disable_checks=True)),
    ("no newlines in front, unchecked", ask(prompt=f"Human: SAY: hi{AI}", disable_checks=True)),
    ("space at the end, unchecked", ask(prompt=f"{HUMAN} SAY: hi{AI} ", disable_checks=True)),
]
_ERRORS: list[tuple[str, dict[str, Any]]] = [
    ("system text", ask(prompt=f"Be brief.{HUMAN} SAY: yes{AI}")),
    ("no assistant turn", ask(prompt=f"{HUMAN} Hi")),
    ("space at the end", ask(prompt=f"{HUMAN} SAY: hi{AI} ")),
    ("no human turn, unchecked", ask(prompt=f"Hi{AI}", disable_checks=True)),
    ("no assistant turn, unchecked", ask(prompt=f"{HUMAN} Hi", disable_checks=True)),
    ("no prompt", {"model": "claude-v1", "max_tokens_to_sample": 5}),
    ("no prompt, unchecked", {"model": "claude-v1", "max_tokens_to_sample": 5, "disable_checks": True}),
    ("no model", {"prompt": f"{HUMAN} Hi{AI}", "max_tokens_to_sample": 5}),
    ("no limit", {"prompt": f"{HUMAN} Hi{AI}", "model": "claude-v1"}),
    ("unknown argument", ask(tools=[])),
    ("unknown model", ask(model="claude-v99")),
    ("unauthorized", ask()),
    ("rate limited for good", ask()),
    ("overloaded for good", ask()),
    ("server error", ask()),
]
_STREAMS: list[tuple[str, dict[str, Any]]] = [
    ("asked for as well", ask(stream=True)),
    ("asked not to", ask(stream=False)),
    ("events byte by byte", ask("SAY: ž 🐴 x")),
    ("error in mid-stream", ask("SAY: one two three")),
]

CASES_02: list[tuple[str, str, dict[str, Any]]] = [
    *((name, "completion", arguments) for name, arguments in [*_ANSWERS, *_ERRORS]),
    ("told not to stream", "completion", ask(stream=False)),
    ("streamed where it cannot be", "completion", ask(stream=True)),
    *((f"streamed: {name}", "stream", arguments) for name, arguments in [*_ANSWERS, *_ERRORS, *_STREAMS]),
]
