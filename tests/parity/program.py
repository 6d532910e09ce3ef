"""Runs the cases under one SDK: ``program.py MODE FACE BASE_URL``; prints one JSON object.

MODE is "legacy" (the SDK's own completions), "class" (our client), "facade" (with_completions) or
"install". FACE is "sync" or "async". BASE_URL ends where the name of a case is appended. Ids and model
names are left out of the output; everything else has to be the same whoever answers.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import sys
import warnings
from typing import Any
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(__file__))

import anthropic
from cases import CASES, UNSET

LEFT_OUT = ("id", "log_id", "model")


def make_client(mode: str, face: str, base_url: str) -> Any:
    name = "AsyncAnthropic" if face == "async" else "Anthropic"
    options = {"api_key": "any", "base_url": base_url, "max_retries": 2}
    if mode == "class":
        import migrate

        return getattr(migrate, name)(**options)
    made = getattr(anthropic, name)(**options)
    if mode == "facade":
        import migrate

        return migrate.with_completions(made)
    return made


def shown(completion: Any) -> dict[str, Any]:
    """The visible content of a completion, seen in every way that has to agree."""
    content = {key: value for key, value in completion.model_dump().items() if key not in LEFT_OUT}
    twins = [pickle.loads(pickle.dumps(completion)), copy.deepcopy(completion), completion.model_copy()]
    assert all(twin == completion for twin in twins)
    assert completion.to_dict() == completion.model_dump() == json.loads(completion.to_json())
    assert type(completion).__name__ == "Completion"
    assert str(completion) == repr(completion)
    return content


def problem(error: BaseException) -> dict[str, Any]:
    """Which error it is for somebody who catches the SDK's classes, and what it carries."""
    public = [
        cls.__name__
        for cls in type(error).__mro__
        if getattr(anthropic, cls.__name__, None) is cls and cls.__name__ not in RECENT
    ]
    found: dict[str, Any] = {"caught as": public or [type(error).__name__]}
    if isinstance(error, TypeError):
        found["text"] = str(error).replace("AsyncCompletions", "Completions")
    if isinstance(error, anthropic.APIStatusError):
        body: Any = error.body
        found.update(
            status=error.status_code,
            type=body["error"]["type"],
            response=error.response.status_code,
            method=error.request.method,
        )
    return found


# Classes for 529 and others came and went between the releases; their parents stay.
RECENT = frozenset({"OverloadedError", "InternalServerError", "RetryableError", "ServiceUnavailableError"})


class Sync:
    def __init__(self, client: Any) -> None:
        self.completions = client.completions

    def create(self, **arguments: Any) -> Any:
        return shown(self.completions.create(**arguments))

    def stream(self, **arguments: Any) -> Any:
        seen = []
        try:
            with self.completions.create(stream=True, **arguments) as stream:
                assert stream.response.status_code == 200
                seen.extend(shown(chunk) for chunk in stream)
        except Exception as error:
            return {"chunks": seen, **problem(error)}
        return seen

    def raw(self, **arguments: Any) -> Any:
        raw = self.completions.with_raw_response.create(**arguments)
        body = json.loads(raw.text)
        content = {key: body[key] for key in body if key not in LEFT_OUT}
        assert json.loads(raw.content) == body
        assert raw.headers["request-id"].startswith("req_")
        return raw.status_code, raw.http_response.status_code, shown(raw.parse()), content

    def raw_stream(self, **arguments: Any) -> Any:
        raw = self.completions.with_raw_response.create(stream=True, **arguments)
        return raw.status_code, [shown(chunk) for chunk in raw.parse()]

    def streaming_response(self, **arguments: Any) -> Any:
        with self.completions.with_streaming_response.create(**arguments) as response:
            return response.status_code, response.headers["content-type"], shown(response.parse())

    def streamed_stream(self, **arguments: Any) -> Any:
        with self.completions.with_streaming_response.create(stream=True, **arguments) as response:
            return response.status_code, [shown(chunk) for chunk in response.parse()]

    def abandon(self, **arguments: Any) -> Any:
        stream = self.completions.create(stream=True, **arguments)
        first = next(stream)
        stream.close()
        return shown(first), stream.response.is_closed

    def wrong(self, **arguments: Any) -> Any:
        return problem_of(lambda: self.completions.create(**arguments))


class Async:
    def __init__(self, client: Any) -> None:
        self.completions = client.completions

    async def create(self, **arguments: Any) -> Any:
        return shown(await self.completions.create(**arguments))

    async def stream(self, **arguments: Any) -> Any:
        seen = []
        try:
            async with await self.completions.create(stream=True, **arguments) as stream:
                assert stream.response.status_code == 200
                async for chunk in stream:
                    seen.append(shown(chunk))
        except Exception as error:
            return {"chunks": seen, **problem(error)}
        return seen

    async def raw(self, **arguments: Any) -> Any:
        raw = await self.completions.with_raw_response.create(**arguments)
        body = json.loads(raw.text)
        content = {key: body[key] for key in body if key not in LEFT_OUT}
        assert json.loads(raw.content) == body
        assert raw.headers["request-id"].startswith("req_")
        parsed = raw.parse()
        # Awaited or not: from SDK 1.0 on programs have to await, before they could not.
        parsed = await parsed if hasattr(parsed, "__await__") else parsed
        return raw.status_code, raw.http_response.status_code, shown(parsed), content

    async def raw_stream(self, **arguments: Any) -> Any:
        raw = await self.completions.with_raw_response.create(stream=True, **arguments)
        return raw.status_code, [shown(chunk) async for chunk in raw.parse()]

    async def streaming_response(self, **arguments: Any) -> Any:
        async with self.completions.with_streaming_response.create(**arguments) as response:
            return response.status_code, response.headers["content-type"], shown(await response.parse())

    async def streamed_stream(self, **arguments: Any) -> Any:
        async with self.completions.with_streaming_response.create(stream=True, **arguments) as response:
            return response.status_code, [shown(chunk) async for chunk in await response.parse()]

    async def abandon(self, **arguments: Any) -> Any:
        stream = await self.completions.create(stream=True, **arguments)
        first = await anext(aiter(stream))
        await stream.close()
        return shown(first), stream.response.is_closed

    async def wrong(self, **arguments: Any) -> Any:
        return problem_of(lambda: self.completions.create(**arguments))


def problem_of(call: Any) -> Any:
    """Wrong arguments raise at the call, on the asynchronous face as well."""
    try:
        call()
    except TypeError as error:
        return problem(error)
    return "no error"


async def run(mode: str, face: str, base_url: str) -> dict[str, Any]:
    results: dict[str, Any] = {}
    shared = make_client(mode, face, base_url)
    for name, way, arguments in CASES:
        client = shared.with_options(base_url=base_url + quote(name, safe=""))
        if name.endswith(("overloaded for good", "too slow")):
            client = client.with_options(max_retries=1 if "overloaded" in name else 0)
        given = {key: anthropic.NOT_GIVEN if value == UNSET else value for key, value in arguments.items()}
        driver = (Async if face == "async" else Sync)(client)
        method = getattr(driver, way.replace(" ", "_"))
        try:
            result = method(**given)
            results[name] = await result if face == "async" else result
        except Exception as error:
            results[name] = problem(error)
        assert (client.HUMAN_PROMPT, client.AI_PROMPT) == ("\n\nHuman:", "\n\nAssistant:")
    closing = shared.close()
    if face == "async":
        await closing
    return results


if __name__ == "__main__":
    chosen_mode, chosen_face, url = sys.argv[1:]
    warnings.simplefilter("ignore")
    if chosen_mode == "install":
        import migrate

        migrate.install()
    print(json.dumps(asyncio.run(run(chosen_mode, chosen_face, url))))
