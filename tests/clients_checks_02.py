"""What clients of ours do of what SDK 0.2 did, where parity with it cannot show it.

Run like clients_checks.py, whose double and helpers it uses.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import pickle
import socketserver
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anthropic
from clients_checks import (
    ASK,
    PROMPT,
    SMALL,
    async_client,
    bedrock,
    client,
    double,
    last_request,
    raises,
    run_checks,
    wait_until,
)

import migrate
from migrate import ApiException, MigrationWarning, Policy, TranslationError
from migrate.double import Reply
from migrate.responses import RefusalError

LONG = {**ASK, "max_tokens_to_sample": 900}
ENDLESS = Reply(pieces=tuple("word " for _ in range(500)), pause=0.01)


# Making a client


def check_arguments_of_the_first_client() -> None:
    for cls in (migrate.Client, migrate.Anthropic, migrate.AsyncClient):
        made = cls("key", "https://example.org", None, 30)
        assert (made.api_key, str(made.base_url).rstrip("/"), made.timeout) == (
            "key",
            "https://example.org",
            30,
        )
    named = migrate.Client(api_key="key", api_url="https://example.org/v1", default_request_timeout=(3, 40.5))
    assert str(named.base_url).rstrip("/") == "https://example.org"  # where its requests went
    assert (named.timeout.connect, named.timeout.read) == (3, 40.5)
    assert migrate.Client("key", default_request_timeout=None).timeout is None
    assert str(migrate.Client("key", api_url="http://h/a/b/").base_url).rstrip("/") == "http://h/a/b"
    assert migrate.Client("key", proxy_url=None, timeout=5).timeout == 5


def check_arguments_that_contradict_each_other() -> None:
    for positional, named in (
        (("key",), {"api_key": "other"}),
        (("key", "u", "p", 1, "more"), {}),
        (("key",), {"api_url": "u", "base_url": "b"}),
        (("key",), {"default_request_timeout": 1, "timeout": 2}),
        (("key",), {"proxy_url": "http://h:1", "http_client": None}),
    ):
        with raises(TypeError):
            migrate.Client(*positional, **named)


def check_a_client_needs_no_environment() -> None:
    made = migrate.Client("key", api_url=double.base_url)
    assert made.completion(**ASK)["completion"] == " Hello"
    assert "key" in (
        last_request().headers.get("x-api-key"),
        last_request().headers.get("authorization", "")[7:],
    )


class Derived(migrate.Client):
    pass


def check_derived_classes_take_the_old_arguments() -> None:
    assert Derived("key", double.base_url).completion(**ASK)["completion"] == " Hello"


ASKED_OF_PROXY: list[str] = []


class _Proxy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        ASKED_OF_PROXY.append(self.rfile.readline().decode().strip())
        self.wfile.write(b"HTTP/1.1 502 no\r\ncontent-length: 0\r\n\r\n")


@contextmanager
def proxy() -> Iterator[str]:
    ASKED_OF_PROXY.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield "http://127.0.0.1:{1}".format(*server.server_address[:2])
        finally:
            server.shutdown()
            thread.join()


def check_the_proxy_is_used() -> None:
    with proxy() as url:
        made = migrate.Client("key", api_url="https://example.invalid", proxy_url=url)
        for own in (made, made.with_options(max_retries=0)):
            own.max_retries = 0
            with raises(anthropic.APIConnectionError):
                own.completion(**ASK)
            with raises(anthropic.APIConnectionError):
                asyncio.run(own.acompletion(**ASK))
        assert ASKED_OF_PROXY == ["CONNECT example.invalid:443 HTTP/1.1"] * 4, ASKED_OF_PROXY
        plain = migrate.Client("key", api_url=double.base_url, proxy_url=url)
        assert plain.completion(**ASK)["completion"] == " Hello"  # it was for https alone


# One client for both kinds of calls


def check_the_twin_has_the_options_of_its_client() -> None:
    policy = Policy(models={"claude-2.1": SMALL}, leading_space=False)
    own = client(default_headers={"x-own": "1"}, default_query={"trace": "1"}, migration=policy)
    for made in (own, own.with_options(timeout=7)):
        assert asyncio.run(made.acompletion(**ASK))["completion"] == "Hello"
        request = last_request()
        assert (request.headers["x-own"], request.query, request.body["model"]) == ("1", "trace=1", SMALL)
    double.queue(Reply(delay=1.0))
    with raises(anthropic.APITimeoutError):
        asyncio.run(own.with_options(timeout=0.2).acompletion(**ASK))


def check_loops_may_come_and_go_and_leave_nothing_open() -> None:
    gc.collect()  # what other checks left
    before = double.open_connections
    own = migrate.Client("key", double.base_url)

    async def stream() -> list[str]:
        return [event["completion"] async for event in await own.acompletion_stream(**ASK)]

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(3):
            assert asyncio.run(own.acompletion(**ASK))["completion"] == " Hello"
            assert asyncio.run(stream()) == [" Hello", " Hello"]
        gc.collect()
    assert not caught, caught
    assert wait_until(lambda: double.open_connections <= before)


def check_an_async_client_serves_plain_calls() -> None:
    own = async_client()
    assert own.completion(**ASK)["completion"] == " Hello"
    assert [event["completion"] for event in own.completion_stream(**ASK)] == [" Hello", " Hello"]


def check_many_calls_at_once() -> None:
    own = client()

    async def ask() -> list[Any]:
        return await asyncio.gather(*(own.acompletion(**ASK) for _ in range(30)))

    assert {answer["completion"] for answer in asyncio.run(ask())} == {" Hello"}


def check_an_http_client_that_cannot_serve_is_warned_of() -> None:
    own = client(http_client=anthropic.DefaultHttpxClient())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(own.acompletion(**{**ASK, "model": SMALL}))
        own.completion(**{**ASK, "model": SMALL})
    assert [warning.category for warning in caught] == [MigrationWarning]
    assert "http_client" in str(caught[0].message)


def check_a_stranger_has_no_twin() -> None:
    class Stranger:
        def __init__(self, inner: Any) -> None:
            self.messages = inner.messages

    strange = migrate.with_completions(Stranger(client()))
    assert strange.completion(**ASK)["completion"] == " Hello"
    with raises(TypeError) as caught:
        asyncio.run(strange.acompletion(**ASK))
    assert "asynchronous" in str(caught.value) and "\n" not in str(caught.value)


def check_the_methods_are_of_the_kind_they_were() -> None:
    own = client()
    assert inspect.iscoroutinefunction(own.acompletion)  # retry decorators ask
    assert inspect.iscoroutinefunction(own.acompletion_stream)
    assert inspect.isgenerator(own.completion_stream(**ASK))


def check_nothing_is_sent_before_the_first_event_is_asked_for() -> None:
    before = len(double.requests)
    stream = client().completion_stream(**ASK)
    asyncio.run(client().acompletion_stream(**ASK))
    assert len(double.requests) == before
    assert next(stream)["completion"] == " Hello"
    assert len(double.requests) == before + 1


def check_abandoned_streams_close_their_connections() -> None:
    before = double.open_connections
    with client() as own:
        double.queue(ENDLESS, ENDLESS)
        for event in own.completion_stream(**LONG):
            assert event["completion"] == " word "
            break
        gc.collect()
        assert wait_until(lambda: double.open_connections <= before)

        async def run() -> None:
            async for event in await own.acompletion_stream(**LONG):
                assert event["completion"] == " word "
                break

        asyncio.run(run())
        assert wait_until(lambda: double.open_connections <= before)


def check_bedrock_clients_have_the_methods() -> None:
    ask = {**ASK, "model": "anthropic.claude-v2:1"}
    assert bedrock("AnthropicBedrock", []).completion(**ask)["completion"] == " Hello"
    assert asyncio.run(bedrock("AsyncAnthropicBedrock", []).acompletion(**ask))["completion"] == " Hello"


# Errors


def check_an_error_is_both_the_old_and_the_new_one() -> None:
    double.queue(Reply.rate_limited())
    with raises(ApiException) as caught:
        client().completion(**ASK)
    error = caught.value
    assert isinstance(error, anthropic.RateLimitError)
    assert type(error).__name__ == "ApiException"
    said, body = error.args
    assert said == "post request failed with status code: 429"
    assert body["error"]["type"] == "rate_limit_error" and error.body == body
    assert "status code: 429" in str(error)  # as programs look for it
    assert (error.status_code, error.response.status_code) == (429, 429)
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), copied.args) == (ApiException, error.args)


def check_a_prompt_that_was_not_sent_is_no_error_of_the_sdk() -> None:
    before = len(double.requests)
    for prompt in ("Hello", "\n\nHuman: Hello", PROMPT + " "):
        with raises(ApiException) as caught:
            client().completion(**{**ASK, "prompt": prompt})
        assert not isinstance(caught.value, anthropic.APIError | ValueError)
    assert len(double.requests) == before


def check_a_lost_connection_was_never_an_api_exception() -> None:
    double.queue(Reply(hang_up_after=0))
    with raises(anthropic.APIConnectionError) as caught:
        client().completion(**ASK)
    assert not isinstance(caught.value, ApiException)


def check_a_refusal_stays_what_it_is() -> None:
    double.queue(Reply.refused("bio"))
    with raises(RefusalError):
        client().completion(**ASK)
    double.queue(Reply.refused("bio"))
    passed = client(migration=Policy(on_refusal="pass")).completion(**ASK)
    assert (passed["completion"], passed["stop_reason"]) == ("", "refusal")


def check_a_stream_where_none_can_be_read() -> None:
    with raises(TranslationError) as caught:
        client().completion(**ASK, stream=True)
    assert "completion_stream()" in str(caught.value)


def check_sampling_of_minus_one_is_none() -> None:
    client().completion(**{**ASK, "model": SMALL}, temperature=0.5, top_k=-1, top_p=-1)
    assert last_request().body["temperature"] == 0.5
    assert not {"top_k", "top_p"} & last_request().body.keys()


def check_a_call_site_is_warned_of_once() -> None:
    own = client()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            own.completion(**ASK)
            asyncio.run(wait_for(own))
    assert [warning.filename for warning in caught] == [__file__] * 2


async def wait_for(own: Any) -> None:
    await own.acompletion(**ASK)


if __name__ == "__main__":
    sys.exit(run_checks(globals()))
