"""What the adapter does beyond the old SDK, checked inside one SDK environment.

Run by test_clients.py with the interpreter of each environment; standard library, the SDK and
``migrate`` only. Prints one JSON object: name of the check -> null, or the traceback of its failure.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import pickle
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

import anthropic

import migrate
from migrate import AI_PROMPT, HUMAN_PROMPT, MigrationWarning, Policy, PromptError, TranslationError
from migrate.double import Double, Reply
from migrate.responses import RefusalError

MAJOR = int(anthropic.__version__.partition(".")[0])
PROMPT = f"{HUMAN_PROMPT} SAY: Hello{AI_PROMPT}"
ASK: dict[str, Any] = {"model": "claude-2.1", "prompt": PROMPT, "max_tokens_to_sample": 300}
SMALL = "claude-haiku-4-5-20251001"

double = Double()


def client(cls: Any = None, **options: Any) -> Any:
    return (cls or migrate.Anthropic)(
        api_key="any", base_url=double.base_url, **{"max_retries": 0, **options}
    )


def async_client(**options: Any) -> Any:
    return client(migrate.AsyncAnthropic, **options)


def last_request() -> Any:
    return double.requests[-1]


@contextmanager
def raises(kind: Any) -> Iterator[SimpleNamespace]:
    caught = SimpleNamespace(value=None)
    try:
        yield caught
    except kind as error:
        caught.value = error
        return
    raise AssertionError(f"{kind} was not raised")


def wait_until(question: Callable[[], bool]) -> bool:
    limit = time.monotonic() + 5
    while not question() and time.monotonic() < limit:
        time.sleep(0.01)
    return question()


# What is sent


def check_sampling_reaches_a_model_that_takes_it() -> None:
    assert (
        client().completions.create(**{**ASK, "model": SMALL}, temperature=0.5, top_k=3).completion
        == " Hello"
    )
    request = last_request()
    assert (request.body["temperature"], request.body["top_k"]) == (0.5, 3)
    assert request.headers["anthropic-version"] == "2023-06-01"


def check_the_version_is_the_sdks_own_without_sampling() -> None:
    client().completions.create(**ASK)
    assert last_request().headers["anthropic-version"] == ("2026-10-21" if MAJOR >= 2 else "2023-06-01")


def check_the_key_goes_out_as_the_sdk_sends_it() -> None:
    client().completions.create(**ASK)
    headers = last_request().headers
    assert ("authorization" if MAJOR >= 2 else "x-api-key") in headers


def check_thinking_is_off() -> None:
    client().completions.create(**{**ASK, "model": "claude-instant-1.2"})
    assert last_request().body["thinking"] == {"type": "disabled"}


def check_prefill_falls_back_to_a_model_that_continues_it() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        completion = client().completions.create(**{**ASK, "prompt": PROMPT + " {"})
    assert last_request().body["model"] == "claude-opus-4-5-20251101"
    assert not completion.completion.startswith(" ")
    assert "2026-11-24" in str(caught[0].message)


def check_a_long_answer_is_waited_for() -> None:
    for limit in (21_334, 64_000):
        client().completions.create(**{**ASK, "max_tokens_to_sample": limit})
        assert last_request().body["max_tokens"] == limit


def check_time_outs_of_the_client_and_the_call_count() -> None:
    for slow, call in ((client(timeout=0.2), {}), (client(), {"timeout": 0.2})):
        double.queue(Reply(delay=1.0))
        with raises(anthropic.APITimeoutError):
            slow.completions.create(**ASK, **call)


def check_betas_are_a_header() -> None:
    client().completions.create(**ASK, betas=["one", "two"])
    assert last_request().headers["anthropic-beta"] == "one,two"


def check_the_number_of_retries_is_real() -> None:
    double.queue(Reply.overloaded(0.01), Reply.rate_limited(0.01))
    raw = client(max_retries=2).completions.with_raw_response.create(**ASK)
    assert raw.parse().completion == " Hello"
    if hasattr(raw, "retries_taken"):
        assert raw.retries_taken == 2


# What comes back


def check_a_completion_carries_its_message() -> None:
    completion = client().completions.create(**ASK)
    assert isinstance(completion, migrate.Completion)
    assert isinstance(completion.message, anthropic.types.Message)
    assert completion.usage.output_tokens == completion.message.usage.output_tokens
    assert completion._request_id == completion.message._request_id is not None
    assert pickle.loads(pickle.dumps(completion)).message == completion.message


def check_a_completion_is_the_sdks_where_it_has_one() -> None:
    theirs = getattr(anthropic.types, "Completion", None)
    assert (theirs is None) == (MAJOR >= 1)
    made = [client().completions.create(**ASK), *client().completions.create(**ASK, stream=True)]
    for completion in (*made, pickle.loads(pickle.dumps(made[0]))):
        assert theirs is None or isinstance(completion, theirs)


def check_streams_are_the_sdks_where_that_can_be() -> None:
    stream = client().completions.create(**ASK, stream=True)
    assert isinstance(stream, anthropic.Stream) == (MAJOR >= 1)
    stream.close()


def check_an_abandoned_stream_closes_its_connection() -> None:
    with client() as own:
        before = double.open_connections
        double.queue(Reply(pieces=tuple("word " for _ in range(500)), pause=0.01))
        for chunk in own.completions.create(**{**ASK, "max_tokens_to_sample": 900}, stream=True):
            assert chunk.completion == " word "
            break
        del chunk
        gc.collect()
        assert wait_until(lambda: double.open_connections <= before)


def check_an_abandoned_async_stream_closes_its_connection() -> None:
    async def run() -> None:
        async with async_client() as own:
            before = double.open_connections
            double.queue(Reply(pieces=tuple("word " for _ in range(500)), pause=0.01))
            stream = await own.completions.create(**{**ASK, "max_tokens_to_sample": 900}, stream=True)
            async for chunk in stream:
                assert chunk.completion == " word "
                break
            del stream
            for _ in range(300):
                gc.collect()
                await asyncio.sleep(0.01)
                if double.open_connections <= before:
                    return
            raise AssertionError("the connection is still open")

    asyncio.run(run())


def check_a_cut_stream_is_not_read_to_its_end() -> None:
    double.queue(Reply(pieces=("one\n", *["two "] * 500), pause=0.02))
    began = time.monotonic()
    chunks = list(client().completions.create(**ASK, stop_sequences=["\n"], stream=True))
    assert [(c.completion, c.stop_reason, c.stop) for c in chunks] == [
        (" one", None, None),
        ("", "stop_sequence", "\n"),
    ]
    assert time.monotonic() - began < 5


def check_a_finished_stream_gives_its_connection_back() -> None:
    with client() as own:
        before = double.open_connections
        for _ in range(5):
            list(own.completions.create(**ASK, stream=True))
        assert double.open_connections <= before + 1


def check_a_refusal_is_raised_or_passed() -> None:
    double.queue(*[Reply.refused("cyber", "I")] * 4)
    with raises(RefusalError) as caught:
        client().completions.create(**ASK)
    assert caught.value.category == "cyber"
    assert isinstance(caught.value, TranslationError)
    with raises(RefusalError):
        list(client().completions.create(**ASK, stream=True))
    lenient = client(migration=Policy(on_refusal="pass"))
    assert lenient.completions.create(**ASK).stop_reason == "refusal"
    assert [c.stop_reason for c in lenient.completions.create(**ASK, stream=True)] == [None, "refusal"]


def check_a_thinking_block_gives_nothing() -> None:
    policy = Policy(thinking="default")
    ask = {**ASK, "model": "claude-instant-1.2"}
    assert client(migration=policy).completions.create(**ask).completion == " Hello"
    texts = [c.completion for c in client(migration=policy).completions.create(**ask, stream=True)]
    assert texts == [" Hello", ""]


def check_a_broken_prompt_is_the_400_it_used_to_be() -> None:
    sent = len(double.requests)
    with raises(anthropic.BadRequestError) as caught:
        client().completions.create(**{**ASK, "prompt": "Be brief. \nHuman: hi\n\nAssistant:"})
    error = caught.value
    assert isinstance(error, PromptError)
    assert (error.status_code, error.offset, error.line, error.column) == (400, 20, 2, 10)
    assert "prompt must start with" in str(error)
    assert error.body["error"]["type"] == "invalid_request_error"
    assert str(error.request.url) == f"{double.base_url}/v1/complete"
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), twin.offset, str(twin)) == (type(error), error.offset, str(error))
    assert len(double.requests) == sent


def check_an_async_broken_prompt_is_raised_when_awaited() -> None:
    async def run() -> None:
        waiting = async_client().completions.create(**{**ASK, "prompt": "hello"})
        with raises(anthropic.BadRequestError):
            await waiting

    asyncio.run(run())


# Warnings


def warned(call: Callable[[], Any], action: Any = "default") -> list[Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        call()
    return [w for w in caught if issubclass(w.category, MigrationWarning)]


def check_a_call_site_is_warned_of_once() -> None:
    own = client()

    def loop() -> None:
        for _ in range(3):
            own.completions.create(**ASK, temperature=0)

    (only,) = warned(loop)
    assert only.filename == __file__
    assert "claude-2.1 is no longer served; claude-opus-4-8 answers instead" in str(only.message)
    assert "temperature left out" in str(only.message)


def check_an_async_call_site_is_warned_of_once() -> None:
    async def loop() -> None:
        async with async_client() as own:
            await asyncio.gather(*[asyncio.create_task(own.completions.create(**ASK)) for _ in range(3)])

    (only,) = warned(lambda: asyncio.run(loop()))
    assert only.filename == __file__


def check_two_call_sites_are_two_warnings() -> None:
    own = client()

    def two() -> None:
        own.completions.create(**ASK)
        own.completions.with_raw_response.create(**ASK)

    assert len({w.lineno for w in warned(two)}) == 2


def check_what_stays_as_it_was_is_not_warned_of() -> None:
    own = client()
    assert not warned(lambda: own.completions.create(**{**ASK, "model": "claude-opus-4-8"}), "always")


# Clients


def check_the_policy_survives_copies() -> None:
    policy = Policy(models={"claude-2.1": SMALL}, leading_space=False)
    own = client(migration=policy)
    for copy in (own, own.copy(), own.with_options(timeout=5), own.with_options(timeout=5).copy()):
        assert type(copy) is migrate.Anthropic
        assert copy.completions.create(**ASK).completion == "Hello"
        assert last_request().body["model"] == SMALL
    assert own.with_options(timeout=5).timeout == 5
    assert own.copy(migration=Policy()).completions.create(**ASK).completion == " Hello"


class Derived(anthropic.Anthropic):
    extra = "theirs"


class DerivedFromOurs(migrate.Anthropic):  # type: ignore[misc]
    def shout(self) -> str:
        text: str = self.completions.create(**ASK).completion
        return text.upper()


def check_clients_that_others_made() -> None:
    policy = Policy(leading_space=False)
    for made in (
        client(anthropic.Anthropic),
        client(Derived),
        client(anthropic.Anthropic).with_options(timeout=9),
    ):
        ours = migrate.with_completions(made, migration=policy)
        assert isinstance(ours, type(made))
        assert ours.timeout == made.timeout
        assert type(made) in (anthropic.Anthropic, Derived)
        for copy in (ours, ours.with_options(max_retries=1)):
            assert copy.completions.create(**ASK).completion == "Hello"
            assert getattr(copy, "extra", None) == getattr(made, "extra", None)
        assert migrate.with_completions(ours) is ours
    assert last_request().path == "/v1/messages"


def check_async_clients_that_others_made() -> None:
    async def run() -> None:
        made = client(anthropic.AsyncAnthropic)
        ours = migrate.with_completions(made).with_options(max_retries=1)
        assert (await ours.completions.create(**ASK)).completion == " Hello"
        stream = await ours.completions.create(**ASK, stream=True)
        assert [c.completion async for c in stream] == [" Hello", ""]
        await made.close()

    asyncio.run(run())


def check_classes_derived_from_ours() -> None:
    own = client(DerivedFromOurs, migration=Policy(leading_space=False))
    assert own.shout() == own.with_options(timeout=4).shout() == "HELLO"


def check_the_prefixes_of_the_client_reach_completions() -> None:
    for own in (client(), client(DerivedFromOurs), migrate.with_completions(client(anthropic.Anthropic))):
        assert own.with_raw_response.completions.create(**ASK).parse().completion == " Hello"
        with own.with_streaming_response.completions.create(**ASK) as response:
            assert response.parse().completion == " Hello"
        ask = {
            "model": "claude-opus-4-8",
            "max_tokens": 5,
            "messages": [{"role": "user", "content": "SAY: hi"}],
        }
        assert own.with_raw_response.messages.create(**ask).parse().content[0].text == "hi"


def check_the_prefixes_reach_completions_where_installed() -> None:
    untouched = hasattr(anthropic.AnthropicBedrock, "with_raw_response")
    migrate.install()
    try:
        own = client(anthropic.Anthropic)
        raw = own.with_raw_response.completions.create(**ASK)
        assert raw.parse().completion == " Hello"
        assert raw.headers["content-type"].startswith("application/json")
        with own.with_streaming_response.completions.create(**ASK) as response:
            assert response.parse().completion == " Hello"
    finally:
        migrate.uninstall()
    assert hasattr(anthropic.AnthropicBedrock, "with_raw_response") == untouched
    assert client(anthropic.Anthropic).with_raw_response.messages is not None


def check_a_stranger_with_messages_is_wrapped() -> None:
    inner = client(anthropic.Anthropic)
    stranger = SimpleNamespace(messages=inner.messages, name="stranger")
    wrapped = migrate.with_completions(stranger)
    assert wrapped.completions.create(**ASK).completion == " Hello"
    assert wrapped.name == "stranger"
    assert not hasattr(stranger, "completions")


def check_everything_else_stays_the_sdks() -> None:
    own = client()
    message = own.messages.create(
        model="claude-opus-4-8", max_tokens=50, messages=[{"role": "user", "content": "SAY: hi"}]
    )
    assert message.content[0].text == "hi"
    assert isinstance(own, anthropic.Anthropic)
    assert type(own).__name__ == "Anthropic"
    assert migrate.Client is migrate.Anthropic
    assert migrate.AsyncClient is migrate.AsyncAnthropic


def check_credentials_reach_copies() -> None:
    if MAJOR < 1:
        return
    own = migrate.Anthropic(credentials=lambda **_: None, base_url=double.base_url)
    theirs = anthropic.Anthropic(credentials=lambda **_: None, base_url=double.base_url)
    assert own.credentials is not None
    assert theirs.copy().credentials is theirs.credentials
    assert own.copy().credentials is own.credentials


def check_tokens_of_a_text_can_be_counted() -> None:
    own = client()
    (warning,) = warned(lambda: own.count_tokens("one two three"))
    assert "another number" in str(warning.message)
    assert own.count_tokens("one two three") == own.count_tokens("one two") + 1
    assert own.count_tokens(" ") == 0

    async def run() -> None:
        async with async_client() as other:
            assert await other.count_tokens("one two three") == own.count_tokens("one two three")
            assert await other.count_tokens("") == 0

    asyncio.run(run())


def check_a_test_can_put_its_own_completions_there() -> None:
    own = client()
    own.completions = fake = SimpleNamespace(create=lambda **_: "faked")
    assert own.completions is fake
    with (
        mock.patch.object(type(own.messages), "create", side_effect=RuntimeError("sent")),
        raises(RuntimeError),
    ):
        client().completions.create(**ASK)
    real = client()
    with mock.patch.object(real.completions, "create", return_value="patched"):
        assert real.completions.create() == "patched"
    assert real.completions.create(**ASK).completion == " Hello"


def bedrock(name: str, seen: list[Any]) -> Any:
    """A Bedrock client whose requests end in a list: signing would need boto3."""
    httpx = importlib.import_module("httpx" if MAJOR < 1 else "httpx2")

    def answer(request: Any) -> Any:
        seen.append(request)
        reply = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
        usage = {"input_tokens": 1, "output_tokens": 1}
        content = [{"type": "text", "text": "Hello"}]
        return httpx.Response(
            200, json={**reply, "content": content, "stop_reason": "end_turn", "usage": usage}
        )

    base: Any = getattr(migrate, name)
    prepare = asyncio.sleep if name.startswith("Async") else (lambda _: None)
    unsigned = type(name, (base,), {"_prepare_request": lambda self, request: prepare(0)})
    wanted = "AsyncClient" if name.startswith("Async") else "Client"
    http_client = getattr(httpx, wanted)(transport=httpx.MockTransport(answer))
    return unsigned(aws_region="us-east-1", http_client=http_client)


def check_bedrock() -> None:
    ask = {**ASK, "model": "anthropic.claude-v2:1"}
    seen: list[Any] = []
    assert bedrock("AnthropicBedrock", seen).completions.create(**ask).completion == " Hello"
    waiting = bedrock("AsyncAnthropicBedrock", seen).completions.create(**ask)

    async def run() -> None:
        assert (await waiting).completion == " Hello"

    asyncio.run(run())
    for request in seen:
        assert request.url.path == "/model/anthropic.claude-opus-4-8/invoke", request.url
        body = json.loads(request.content)
        assert body["anthropic_version"] == ("2026-10-21" if MAJOR >= 2 else "bedrock-2023-05-31")
        assert body["messages"] == [{"role": "user", "content": "SAY: Hello"}]


def check_bedrock_models_that_know_only_the_old_version() -> None:
    seen: list[Any] = []
    ask = {**ASK, "model": "anthropic.claude-v2:1", "prompt": PROMPT + " {"}
    bedrock("AnthropicBedrock", seen).completions.create(**ask, temperature=0.5)
    body = json.loads(seen[0].content)
    assert seen[0].url.path == "/model/anthropic.claude-opus-4-5-20251101-v1:0/invoke"
    assert (body["anthropic_version"], body["temperature"]) == ("bedrock-2023-05-31", 0.5)


# install


def surface() -> dict[str, Any]:
    places = [anthropic, anthropic.types, anthropic.Anthropic, anthropic.AsyncAnthropic]
    places += [anthropic.AnthropicBedrock, anthropic.AsyncAnthropicBedrock]
    names = ("completions", "count_tokens", "HUMAN_PROMPT", "AI_PROMPT", "Completion")
    names += ("completion", "acompletion_stream", "ApiException", "__init__")
    return {f"{place.__name__}.{name}": vars(place).get(name) for place in places for name in names}


def check_install_and_uninstall() -> None:
    before = surface()
    early = client(anthropic.Anthropic)
    try:
        migrate.install()
        migrate.install(migration=Policy(leading_space=False))
        from anthropic import AI_PROMPT as ai
        from anthropic import HUMAN_PROMPT as human
        from anthropic.types import Completion

        assert (human, ai) == (HUMAN_PROMPT, AI_PROMPT)
        for own in (early, client(anthropic.Anthropic), client(Derived).with_options(timeout=5)):
            completion = own.completions.create(**ASK)
            assert isinstance(completion, Completion)
            assert completion.completion == "Hello"
            assert last_request().path == "/v1/messages"
            assert own.HUMAN_PROMPT == HUMAN_PROMPT
            assert own.completion(**ASK)["completion"] == "Hello"
        assert anthropic.Client("key", double.base_url).base_url == early.base_url
        assert anthropic.ApiException is migrate.ApiException
    finally:
        migrate.uninstall()
    assert surface() == before
    migrate.uninstall()
    assert surface() == before


def run_checks(module: dict[str, Any]) -> None:
    warnings.simplefilter("ignore")
    results: dict[str, str | None] = {}
    with double:
        for name, check in [item for item in module.items() if item[0].startswith("check_")]:
            try:
                check()
                results[name] = None
            except Exception:
                results[name] = traceback.format_exc()
    print(json.dumps(results))


if __name__ == "__main__":
    sys.exit(run_checks(globals()))
