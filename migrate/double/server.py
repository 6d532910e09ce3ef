# May know: sockets and threads. What is answered is decided in endpoints.py.
"""The double behind a real HTTP server on loopback."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote, unquote

from migrate.double.endpoints import Request, Response, respond
from migrate.double.replies import Reply

LARGEST_BODY = 32 * 1024 * 1024  # bytes; the documented limit of both endpoints
LABELLED = "/labelled/"  # a base URL path that carries a label in front of /v1
SECRET_HEADERS = frozenset({"x-api-key", "authorization"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived, and what came of it.

    path is without label and query; headers have lower-case names; body is the decoded JSON, or None
    if it was none; label is the one of `Double.base_url_for`, "" without. status is 0 while unanswered;
    text is the answer's text without the space that a completion begins with, None without an answer.
    """

    path: str
    headers: Mapping[str, str]
    body: Any
    label: str = ""
    status: int = 0
    method: str = "POST"
    query: str = ""
    text: str | None = None

    def as_json(self) -> str:
        """One line of JSON without the credentials."""
        headers = {name: value for name, value in self.headers.items() if name not in SECRET_HEADERS}
        shown = {"label": self.label, "method": self.method, "path": self.path, "status": self.status}
        return json.dumps({**shown, "headers": headers, "body": self.body})


class Double:
    """Both endpoints of the API on loopback, answering by themselves or as scripted.

        with Double() as double:
            client = Anthropic(base_url=double.base_url, api_key="any")
            ...
            double.requests[0].body["messages"]

    `queue(Reply(...), ...)` scripts the next requests, one reply each, in the order of arrival.
    `respond_with` is asked for each request that finds the queue empty; None means: as usual.
    `record` is an open text file that gets one JSON line per request, without credentials.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        respond_with: Callable[[Recorded], Reply | None] | None = None,
        record: TextIO | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._requests: list[Recorded] = []
        self._replies: deque[Reply] = deque()
        self._respond_with = respond_with
        self._record = record
        self._server = _Server((host, port), self)
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """What a client takes as its base_url, without a slash at the end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def base_url_for(self, label: str) -> str:
        """A base URL of this double whose requests carry `label`, so that many programs can share it."""
        return f"{self.base_url}{LABELLED}{quote(label, safe='')}"

    @property
    def requests(self) -> list[Recorded]:
        """Every request so far, in the order of arrival."""
        with self._lock:
            return list(self._requests)

    def requests_for(self, label: str) -> list[Recorded]:
        """The requests that came by `base_url_for(label)`."""
        return [request for request in self.requests if request.label == label]

    @property
    def open_connections(self) -> int:
        """How many connections clients hold open right now."""
        return self._server.open_connections

    def queue(self, *replies: Reply) -> None:
        """Script the next requests."""
        with self._lock:
            self._replies.extend(replies)

    def start(self) -> Double:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop serving and close every connection; a request in flight is broken off."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.close_connections()
        self._server.server_close()

    def __enter__(self) -> Double:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def serve(self, request: Request, label: str, query: str, reply: Reply | None) -> tuple[Reply, Response]:
        """Take one request in: count it, find its reply unless one is given, answer and record it."""
        arrived = Recorded(
            path=request.path,
            headers=request.headers,
            body=_decoded(request.content),
            label=label,
            method=request.method,
            query=query,
        )
        with self._lock:
            self._requests.append(arrived)
            place, number = len(self._requests) - 1, len(self._requests)
            if reply is None and self._replies:
                reply = self._replies.popleft()
        if reply is None and self._respond_with is not None:
            reply = self._respond_with(arrived)
        reply = reply or Reply()
        response = respond(request, reply, number)
        answered = replace(arrived, status=response.status, text=response.text)
        with self._lock:
            self._requests[place] = answered
            if self._record is not None:
                self._record.write(answered.as_json() + "\n")
                self._record.flush()
        return reply, response


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512  # a load test opens hundreds of connections at once

    def __init__(self, address: tuple[str, int], double: Double) -> None:
        self.double = double
        self._sockets: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, _Handler)

    @property
    def open_connections(self) -> int:
        with self._changed:
            return len(self._sockets)

    def server_bind(self) -> None:
        # HTTPServer would look up the machine's name here, which can take seconds and is of no use.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._sockets.discard(request)
            self._changed.notify_all()

    def close_connections(self) -> None:
        """Break off what is open and wait a moment for the threads that serve it."""
        with self._changed:
            for connection in self._sockets:
                _hang_up(connection)
            self._changed.wait_for(lambda: not self._sockets, timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client may leave at any time; anything else is a bug and shown.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "completions-to-messages-double"
    disable_nagle_algorithm = True  # header and body are two writes; together they would wait 40 ms
    server: _Server

    def do_POST(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Nothing: requests are recorded, not logged."""

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        too_large = length > LARGEST_BODY
        label, path, query = _split(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, headers, b"" if too_large else self.rfile.read(length))
        forced = Reply(status=413, error="Request exceeds the maximum size") if too_large else None
        reply, response = self.server.double.serve(request, label, query, forced)
        if too_large:
            self.close_connection = True  # the rest of the body is still on its way
        time.sleep(reply.delay)
        if reply.hang_up_after == 0:
            self._break_off()
            return
        self._send_head(response)
        self._send_body(response, reply)

    def _send_head(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.streamed:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(sum(map(len, response.chunks))))
        self.end_headers()

    def _send_body(self, response: Response, reply: Reply) -> None:
        left = reply.hang_up_after
        for number, piece in enumerate(_writes(response.chunks, reply.bytes_per_write)):
            if number and reply.pause:
                time.sleep(reply.pause)
            sent = piece if left is None else piece[:left]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(sent), sent) if response.streamed else sent)
            if left is not None:
                left -= len(sent)
                if left == 0:
                    self._break_off()
                    return
        if response.streamed:
            self.wfile.write(b"0\r\n\r\n")

    def _break_off(self) -> None:
        self.close_connection = True
        _hang_up(self.connection)


def _writes(chunks: tuple[bytes, ...], size: int | None) -> Iterator[bytes]:
    """The body in the pieces in which it is written: as it is, or cut regardless of what it holds."""
    if size is None:
        yield from chunks
        return
    whole = b"".join(chunks)
    yield from (whole[start : start + size] for start in range(0, len(whole), size))


def _split(target: str) -> tuple[str, str, str]:
    """(label, path, query) of a request target; see Double.base_url_for."""
    path, _, query = target.partition("?")
    if not path.startswith(LABELLED):
        return "", path, query
    label, _, rest = path[len(LABELLED) :].partition("/")
    return unquote(label), f"/{rest}", query


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side may have been faster
        connection.shutdown(socket.SHUT_RDWR)
