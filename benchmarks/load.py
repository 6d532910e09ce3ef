"""The adapter under load: many streams at once, many calls in a row.

    python benchmarks/load.py [STREAMS] [CHUNKS] [CALLS]

Defaults: 200 concurrent asynchronous streams of 2,000 chunks each, then 10,000 synchronous calls. Over
a mock transport whose answers differ per stream. Exits with 1 on cross-talk between streams, an
unclosed response, a task left over, or memory that grows with the number of calls.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import resource
import sys
import time
import tracemalloc
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import anthropic

import migrate

httpx: Any = importlib.import_module(anthropic.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])
MODEL = "claude-opus-4-8"
ASK = {"model": MODEL, "max_tokens_to_sample": 4_000}
USAGE = {"input_tokens": 1, "output_tokens": 1}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "usage": USAGE}


def sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


class Events(httpx.AsyncByteStream):  # type: ignore[misc]
    """The events of one reply; gives way to the other streams after each of them."""

    open = 0

    def __init__(self, name: str, chunks: int) -> None:
        self.name, self.chunks = name, chunks
        Events.open += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        start = {**MESSAGE, "content": [], "stop_reason": None, "stop_sequence": None}
        yield sse({"type": "message_start", "message": start})
        yield sse({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        for number in range(self.chunks):
            delta = {"type": "text_delta", "text": f"{self.name}.{number} "}
            yield sse({"type": "content_block_delta", "index": 0, "delta": delta})
            await asyncio.sleep(0)
        ending = {"stop_reason": "end_turn", "stop_sequence": None}
        yield sse({"type": "message_delta", "delta": ending, "usage": USAGE})
        yield sse({"type": "message_stop"})

    async def aclose(self) -> None:
        Events.open -= 1


def spoken(request: Any) -> str:
    text: str = json.loads(request.content)["messages"][-1]["content"]
    return text


async def streams(count: int, chunks: int) -> list[str]:
    async def answer(request: Any) -> Any:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=Events(spoken(request), chunks))

    async def one(client: Any, name: str) -> str | None:
        prompt = f"\n\nHuman: {name}\n\nAssistant:"
        stream = await client.completions.create(**ASK, prompt=prompt, stream=True)
        text = "".join([chunk.completion async for chunk in stream])
        wanted = " " + "".join(f"{name}.{number} " for number in range(chunks))
        return None if text == wanted else f"stream {name} got text that is not its own"

    transport = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    async with migrate.AsyncAnthropic(api_key="any", http_client=transport) as client:
        found = await asyncio.gather(*[one(client, f"s{number}") for number in range(count)])
    problems = [problem for problem in found if problem]
    if Events.open:
        problems.append(f"{Events.open} responses were not closed")
    if (left := len(asyncio.all_tasks()) - 1) > 0:
        problems.append(f"{left} tasks are left over")
    return problems


def calls(count: int) -> tuple[list[str], float]:
    body = {**MESSAGE, "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    content = json.dumps({**body, "stop_sequence": None}).encode()
    headers = {"content-type": "application/json"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=content))
    client = migrate.Anthropic(api_key="any", http_client=httpx.Client(transport=transport))

    def call(times: int) -> int:
        for number in range(times):
            # Names that differ, as those of a program that passes on what it is told may.
            client.completions.create(
                model=f"house-model-{number}",
                max_tokens_to_sample=9,
                prompt=f"\n\nHuman: {number}\n\nAssistant:",
            )
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    early = call(count // 10)
    grown = (call(count) - early) / 1024
    tracemalloc.stop()
    # The SDK's own caches fill up at first; a leak of one small object per call would be a megabyte.
    return ([f"memory grew by {grown:.0f} KiB over {count} calls"] if grown > 300 else []), grown


def main(arguments: list[str]) -> int:
    count, chunks, rounds = (
        int(given) for given in (*arguments, *("200", "2000", "10000")[len(arguments) :])
    )
    warnings.simplefilter("ignore")
    began = time.perf_counter()
    problems = asyncio.run(streams(count, chunks))
    print(f"{count} streams of {chunks} chunks: {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    found, grown = calls(rounds)
    print(f"{rounds} calls: {time.perf_counter() - began:.1f} s, {grown:+.0f} KiB")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")
    for problem in problems + found:
        print(problem)
    return int(bool(problems + found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
