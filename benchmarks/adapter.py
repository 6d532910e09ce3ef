"""What the adapter costs beside the SDK call it makes: ratios within one run, over a mock transport.

    python benchmarks/adapter.py

Needs the SDK. Prints one line per measurement and exits with 1 if one is over its target: at most
+5 % per call, +10 % per streamed chunk; importing ``migrate`` at most 1.3 times ``import pydantic``.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

CHUNKS = 2_000
PROMPT = f"You are terse.\n\nHuman: {'A question of fair length. ' * 20}\n\nAssistant:"
MODEL = "claude-opus-4-8"


def reply() -> dict[str, Any]:
    usage = {"input_tokens": 100, "output_tokens": 100}
    content = [{"type": "text", "text": "An answer of fair length. " * 20}]
    common = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "usage": usage}
    return {**common, "content": content, "stop_reason": "end_turn", "stop_sequence": None}


def events() -> bytes:
    start = {"type": "message_start", "message": {**reply(), "content": [], "stop_reason": None}}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " word"}}
    end = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 9},
    }
    listed = [start, block, *[delta] * CHUNKS, {"type": "content_block_stop", "index": 0}, end]
    listed.append({"type": "message_stop"})
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in listed).encode()


def make_client() -> Any:
    import anthropic

    import migrate

    httpx = importlib.import_module(anthropic.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])
    body, stream = json.dumps(reply()).encode(), events()

    def answer(request: Any) -> Any:
        if b'"stream":true' in request.content.replace(b" ", b""):
            return httpx.Response(200, content=stream, headers={"content-type": "text/event-stream"})
        return httpx.Response(200, content=body, headers={"content-type": "application/json"})

    return migrate.Anthropic(api_key="any", http_client=httpx.Client(transport=httpx.MockTransport(answer)))


def seconds(work: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    began = clock()
    work()
    return clock() - began


def ratio(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> float:
    """Ratio of the best CPU times of runs that take turns, so that other programs count little."""
    ours(), theirs()
    times = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return min(time[0] for time in times) / min(time[1] for time in times)


def per_call(client: Any) -> float:
    ask = {"model": MODEL, "max_tokens": 300, "timeout": 600, "system": "You are terse."}
    turns = [{"role": "user", "content": PROMPT[23:-13]}]

    def ours() -> None:
        for _ in range(50):
            client.completions.create(model=MODEL, prompt=PROMPT, max_tokens_to_sample=300)

    def theirs() -> None:
        for _ in range(50):
            client.messages.create(**ask, messages=turns)

    return ratio(ours, theirs, 40)


def per_chunk(client: Any) -> float:
    turns = [{"role": "user", "content": "hi"}]

    def ours() -> None:
        for chunk in client.completions.create(
            model=MODEL, prompt=PROMPT, max_tokens_to_sample=300, stream=True
        ):
            _ = chunk.completion

    def theirs() -> None:
        for event in client.messages.create(model=MODEL, max_tokens=300, messages=turns, stream=True):
            if event.type == "content_block_delta":
                _ = event.delta.text

    return ratio(ours, theirs, 20)


def importing() -> float:
    def run(module: str) -> float:
        command = [sys.executable, "-c", f"import {module}"]
        return seconds(lambda: subprocess.run(command, check=True), time.perf_counter)

    run("migrate"), run("pydantic")
    times = [(run("migrate"), run("pydantic")) for _ in range(9)]
    return min(time[0] for time in times) / min(time[1] for time in times)


def main() -> int:
    warnings.simplefilter("ignore")
    client = make_client()
    failed = False
    for name, measured, most in (
        ("one call", per_call(client), 1.05),
        ("one streamed chunk", per_chunk(client), 1.10),
        ("import migrate : import pydantic", importing(), 1.3),
    ):
        failed |= measured > most
        print(f"{name:36} {measured:6.3f}  target {most}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
