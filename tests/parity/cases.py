"""What the old SDK and the adapter are both asked to do. Data only; also read inside the SDK environments.

Each case is (name, way of calling, arguments). Ways: "create", "stream", "raw", "raw stream",
"streaming response", "streamed stream", "abandon" (stop reading after the first chunk) and "wrong"
(arguments that are not even sent). What the server does beside answering is scripted by case name in
test_parity.py. ``UNSET`` stands for the SDK's NOT_GIVEN.
"""

from __future__ import annotations

from typing import Any

UNSET = "<NOT_GIVEN>"
HUMAN, AI = "\n\nHuman:", "\n\nAssistant:"


def ask(text: str = "SAY: Hello there, friend", **more: Any) -> dict[str, Any]:
    return {
        "model": "claude-2.1",
        "prompt": f"{HUMAN} {text}{AI}",
        "max_tokens_to_sample": 300,
        **more,
    }


TWO_LINES = 'SAY: "One line.\\nAnd another.\\n\\nA third."'

_ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("natural end", ask()),
    ("answer of the double's own", ask("What is a fjord?")),
    ("custom stop", ask("SAY: one two three", stop_sequences=["three"])),
    ("human stop", ask(stop_sequences=[HUMAN])),
    ("human and custom stop", ask("SAY: one two", stop_sequences=[HUMAN, "two"])),
    ("newline stop", ask(TWO_LINES, stop_sequences=["\n"])),
    ("paragraph stop", ask(TWO_LINES, stop_sequences=["\n\n"])),
    ("newline stop that never comes", ask("SAY: one two", stop_sequences=["\n"])),
    ("limit reached", ask("SAY: one two three four", max_tokens_to_sample=2)),
    ("limit beyond the model", ask(max_tokens_to_sample=1_000_000)),
    ("limit that takes long", ask(max_tokens_to_sample=50_000)),
    ("system text", ask(prompt=f"Be brief.{HUMAN} SAY: yes{AI}")),
    ("several turns", ask(prompt=f"{HUMAN} Hi{AI} Hello.{HUMAN} SAY: bye{AI}")),
    ("prefill", ask(prompt=f'{HUMAN} SAY: "\\"a\\": 1"{AI} {{')),
    ("no newlines in front", ask(prompt=f"Human: SAY: hi{AI}")),
    ("space at the end", ask(prompt=f"{HUMAN} SAY: hi{AI} ")),
    ("no text at all", ask('SAY: ""')),
    ("text that starts with a newline", ask('SAY: "\\nindented"')),
    ("unicode", ask("SAY: žluťoučký kůň 🐴 — 漢字")),
    ("small model", ask(model="claude-instant-1.2")),
    ("sampling", ask(temperature=0, top_k=5)),
    ("metadata", ask(metadata={"user_id": "u-1"})),
    ("not given", ask(temperature=UNSET, stop_sequences=UNSET, metadata=UNSET, timeout=UNSET)),
    ("extra header and query", ask(extra_headers={"x-own": "1"}, extra_query={"trace": "1"})),
    ("overloaded, then answered", ask()),
    ("rate limited twice, then answered", ask()),
    ("connection dropped, then answered", ask()),
    ("overloaded for good", ask()),
    ("unauthorized", ask()),
    ("server error", ask()),
    ("too slow", ask(timeout=0.3)),
]

_BROKEN_PROMPTS = {
    "no turns": "Hello, world",
    "no human turn": "Hello, world\n\nAssistant:",
    "no assistant turn": "\n\nHuman: Hello, Claude",
    "assistant first": "\n\nAssistant: Hello, world\n\nHuman: Hello, Claude\n\nAssistant:",
    "human last": "\n\nHuman: Hello, Claude\n\nAssistant: Hello, world\n\nHuman: How many?",
    "single newline": "\n\nHuman: Hello, Claude \nAssistant:",
    "empty": "",
    "not a text": 5,
}

_STREAMS: list[tuple[str, dict[str, Any]]] = [
    ("events in pieces of 7 bytes", ask("SAY: one two three")),
    ("events byte by byte", ask("SAY: ž 🐴 x")),
    ("error in mid-stream", ask("SAY: one two three")),
    ("connection lost in mid-stream", ask("SAY: one two three")),
]

_WRONG: list[tuple[str, dict[str, Any]]] = [
    ("nothing given", {}),
    ("no prompt", {"model": "m", "max_tokens_to_sample": 5}),
    ("unknown argument", ask(tools=[])),
]

CASES: list[tuple[str, str, dict[str, Any]]] = [
    *((name, "create", arguments) for name, arguments in _ANSWERS),
    *((f"broken prompt: {name}", "create", ask(prompt=text)) for name, text in _BROKEN_PROMPTS.items()),
    *((f"streamed: {name}", "stream", arguments) for name, arguments in [*_ANSWERS, *_STREAMS]),
    ("streamed: broken prompt", "stream", ask(prompt="hello")),
    *((f"wrong: {name}", "wrong", arguments) for name, arguments in _WRONG),
    *((f"raw: {name}", "raw", arguments) for name, arguments in _ANSWERS[:4]),
    ("raw: overloaded, then answered", "raw", ask()),
    ("raw: broken prompt", "raw", ask(prompt="hello")),
    ("raw stream", "raw stream", ask()),
    ("streaming response", "streaming response", ask()),
    ("streaming response of a stream", "streamed stream", ask()),
    ("abandoned", "abandon", ask("SAY: one two three four five six")),
]
