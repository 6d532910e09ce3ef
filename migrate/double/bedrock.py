# May know: how Bedrock wraps the two request bodies and frames a stream. No rules, no sockets.
"""Bedrock's way of the same requests: the model in the path, the version in the body, another stream format.

Sources: the vendor's SDK (paths and bodies it sends), AWS's description of the event stream encoding.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_PATH = re.compile(r"/model/(?P<model>[^/]+)/invoke(?P<stream>-with-response-stream)?")

# Version in a Bedrock body -> the vendor's own version with the same rules.
VERSIONS = {"bedrock-2023-05-31": "2023-06-01", "2026-10-21": "2026-10-21"}


def is_bedrock(path: str) -> bool:
    """Whether a path is one of Bedrock's two."""
    return _PATH.fullmatch(path) is not None


def vendor_body(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the vendor's own endpoint would get it: with model and stream, without the version."""
    found = _PATH.fullmatch(path)
    assert found is not None, path
    rest = {name: value for name, value in body.items() if name != "anthropic_version"}
    return {**rest, "model": unquote(found["model"]), "stream": found["stream"] is not None}


def frames(events: Iterable[bytes]) -> Iterator[bytes]:
    """Server-sent events as frames of the AWS event stream, without pings.

    The vendor's package for Bedrock took every chunk of the old stream for a piece of text, so none came.
    """
    for event in events:
        if event.startswith(b"event: ping"):
            continue
        _, _, content = event.partition(b"data: ")
        payload = {"bytes": base64.b64encode(content.strip()).decode()}
        yield frame({":event-type": "chunk", ":message-type": "event"}, json.dumps(payload).encode())


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame: lengths and their checksum, headers of type string (7), payload, checksum of it all."""
    packed = b"".join(
        struct.pack(f"!B{len(name)}sBH{len(value)}s", len(name), name.encode(), 7, len(value), value.encode())
        for name, value in {**headers, ":content-type": "application/json"}.items()
    )
    prelude = struct.pack("!II", len(packed) + len(payload) + 16, len(packed))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", zlib.crc32(message))
