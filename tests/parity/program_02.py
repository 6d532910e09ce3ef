"""Runs the cases of SDK 0.2 under one SDK: ``program_02.py MODE FACE BASE_URL``; prints one JSON object.

MODE is "legacy" (SDK 0.2 itself), "class" (our client), "facade" (with_completions), "install" or
"async class" (our client for asynchronous calls, which serves the others too). FACE is "sync" or "async":
which of the methods are called. BASE_URL ends where the name of a case is appended. Ids and model names
are left out of the output; everything else has to be the same whoever answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import warnings
from typing import Any
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(__file__))

import anthropic
from cases_02 import CASES_02

LEFT_OUT = ("log_id", "model")
KEYS = ["completion", "stop_reason", "model", "stop", "log_id", "truncated", "exception"]


def make_client(mode: str, url: str) -> Any:
    if mode in ("legacy", "install"):
        return anthropic.Client("any", url)
    import migrate

    if mode == "facade":
        return migrate.with_completions(anthropic.Anthropic(api_key="any", base_url=url))
    return (migrate.AsyncClient if mode == "async class" else migrate.Client)("any", api_url=url)


def api_exception(mode: str) -> Any:
    if mode in ("legacy", "install"):
        return anthropic.ApiException
    import migrate

    return migrate.ApiException


def shown(answer: Any) -> dict[str, Any]:
    assert type(answer) is dict
    assert list(answer) == KEYS
    assert isinstance(answer["log_id"], str)
    return {key: value for key, value in answer.items() if key not in LEFT_OUT}


def problem(error: Exception, expected: type) -> dict[str, Any]:
    if not isinstance(error, expected):
        # A stream where none can be read ends in a ValueError, whoever notices.
        return {"caught as": "ValueError" if isinstance(error, ValueError) else type(error).__name__}
    said, *body = error.args
    found: dict[str, Any] = {"caught as": type(error).__name__, "said": str(said)}
    if body and isinstance(said, str):
        assert str(error) == str(error.args)
        found["type"] = body[0]["error"]["type"]
    return found


def completion(client: Any, arguments: dict[str, Any]) -> Any:
    return shown(client.completion(**arguments))


def stream(client: Any, arguments: dict[str, Any], seen: list[Any]) -> None:
    chunks = client.completion_stream(**arguments)
    assert iter(chunks) is chunks
    for chunk in chunks:
        seen.append(shown(chunk))


async def acompletion(client: Any, arguments: dict[str, Any]) -> Any:
    return shown(await client.acompletion(**arguments))


async def astream(client: Any, arguments: dict[str, Any], seen: list[Any]) -> None:
    chunks = await client.acompletion_stream(**arguments)
    async for chunk in chunks:
        seen.append(shown(chunk))


def result(face: str, client: Any, way: str, arguments: dict[str, Any], expected: type) -> Any:
    seen: list[Any] = []
    try:
        if way == "completion":
            if face == "sync":
                return completion(client, arguments)
            return asyncio.run(acompletion(client, arguments))  # each in a loop of its own, as programs did
        if face == "sync":
            stream(client, arguments, seen)
        else:
            asyncio.run(astream(client, arguments, seen))
    except Exception as error:
        return {"chunks": seen, **problem(error, expected)}
    return seen


def main(mode: str, face: str, url: str) -> None:
    warnings.simplefilter("ignore")
    if mode == "install":
        import migrate

        migrate.install()
    results: dict[str, Any] = {}
    for name, way, arguments in CASES_02:
        client = make_client(mode, f"{url}{quote(name, safe='')}/")
        before = dict(arguments)
        results[name] = result(face, client, way, arguments, api_exception(mode))
        assert arguments == before
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
