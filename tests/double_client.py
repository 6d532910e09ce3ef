"""A small client of the double that keeps what the wire showed: no SDK between a test and the bytes."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

from migrate.double import Double

LEGACY: dict[str, Any] = {
    "model": "claude-2.1",
    "max_tokens_to_sample": 300,
    "prompt": "You are terse.\n\nHuman: What is new?\n\nAssistant:",
}
MESSAGES: dict[str, Any] = {
    "model": "claude-opus-4-8",
    "max_tokens": 300,
    "system": "You are terse.",
    "messages": [{"role": "user", "content": "What is new?"}],
}
HEADERS = {"x-api-key": "any", "content-type": "application/json"}
TEXT = re.compile(r"Reply [0-9a-f]{8}: [a-z ]+\. And [a-z ]+\.")


class Answered:
    """A response read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.content = response.read()

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def events(self) -> list[Any]:
        """The JSON objects of the events, pings left out."""
        lines = [
            line.removeprefix("data: ") for line in self.content.decode().splitlines() if "data: " in line
        ]
        return [event for event in map(json.loads, lines) if event.get("type") != "ping"]


def post(
    url: str, path: str, body: Any, version: str | None = "2023-06-01", headers: dict[str, str] = HEADERS
) -> Answered:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    version_header = {} if version is None else {"anthropic-version": version}
    try:
        connection.request("POST", urlsplit(url).path + path, content, {**headers, **version_header})
        return Answered(connection.getresponse())
    finally:
        connection.close()


def complete(double: Double, version: str | None = "2023-06-01", **changes: Any) -> Answered:
    return post(double.base_url, "/v1/complete", LEGACY | changes, version)


def ask(double: Double, version: str = "2026-10-21", **changes: Any) -> Answered:
    return post(double.base_url, "/v1/messages", MESSAGES | changes, version)


def says(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def text_of(message: dict[str, Any]) -> str:
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")
