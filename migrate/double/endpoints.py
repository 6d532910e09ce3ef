# May know: rules, answers, wire formats; takes and gives values. No sockets.
"""One request in, one response out: what the server behind the sockets would have said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from migrate.double import bedrock, wire
from migrate.double.answers import THINKING_TOKENS, Answer, answer_text, count_tokens, cut_answer, pieces_of
from migrate.double.complete_rules import refuse_complete
from migrate.double.messages_rules import refuse_count, refuse_messages
from migrate.double.model_rules import thinks
from migrate.double.refusals import Refusal
from migrate.double.replies import Reply
from migrate.models import ModelFacts, Provider, find_model
from migrate.prompts import HUMAN_PROMPT
from migrate.sameness import Asked, Question, asked

COMPLETE_VERSIONS = ("2023-01-01", "2023-06-01")
SCHEMES = ("Bearer ", "AWS4-HMAC-SHA256 ")  # a signature is not checked
MESSAGES_VERSIONS = ("2023-06-01", "2026-10-21")


@dataclass(frozen=True, slots=True)
class Request:
    """A request off the wire. `headers` have lower-case names; `content` is the undecoded body."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back. `chunks` is the body: one piece of JSON, or the events of a stream.

    `text` is the answer's text without the space that a completion begins with; None without an answer.
    """

    status: int
    headers: Mapping[str, str]
    chunks: tuple[bytes, ...]
    streamed: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may be answered: its number, version and scripted reply, and its body.

    The body is as the vendor's own endpoint takes it, wherever it came from.
    """

    body: Mapping[str, Any]
    version: str
    number: int
    reply: Reply
    provider: Provider = "anthropic"


class Refused(Exception):
    """Ends the handling of a request; carries the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def respond(request: Request, reply: Reply, number: int) -> Response:
    """The response to a request. `number` counts requests and goes into the ids: they are predictable."""
    request_id = f"req_double_{number:06d}"
    headers = {"request-id": request_id, **reply.headers}
    try:
        if reply.status != 200:
            raise Refused(Refusal(reply.error or "scripted error", reply.status))
        response = _answer(request, reply, number)
    except Refused as refused:
        content = json.dumps(refused.refusal.body(request_id)).encode()
        return Response(refused.refusal.status, {"content-type": "application/json", **headers}, (content,))
    return replace(response, headers={**response.headers, **headers})


def _answer(request: Request, reply: Reply, number: int) -> Response:
    from_bedrock = request.method == "POST" and bedrock.is_bedrock(request.path)
    handler = ENDPOINTS.get((request.method, request.path))
    if handler is None and not from_bedrock:
        raise Refused(Refusal(f"Not found: {request.method} {request.path}", 404))
    if not (request.headers.get("x-api-key") or request.headers.get("authorization", "").startswith(SCHEMES)):
        raise Refused(Refusal("x-api-key header or bearer token is required", 401))
    body = _decoded(request.content)
    if handler is None:
        return _answer_bedrock(request.path, body, reply, number)
    return handler(Call(body, _version(request), number, reply))


def _answer_bedrock(path: str, body: dict[str, Any], reply: Reply, number: int) -> Response:
    """Both kinds of body come to the same path; the model is in it, the version in the body."""
    for name in ("model", "stream"):
        if name in body:
            raise Refused(Refusal(f"{name}: Extra inputs are not permitted"))
    version = body.get("anthropic_version", "bedrock-2023-05-31" if "prompt" in body else None)
    if version not in bedrock.VERSIONS:
        raise Refused(Refusal(f"anthropic_version: {version} is not a version"))
    call = Call(bedrock.vendor_body(path, body), bedrock.VERSIONS[version], number, reply, provider="bedrock")
    facts = _facts(call)
    if facts is not None and call.version == "2026-10-21" and not facts.accepts_api_2026_10_21:
        raise Refused(Refusal(f"anthropic_version: {version} is not supported by {facts.id}"))
    response = _complete(call) if "prompt" in body else _messages(call)
    if not response.streamed:
        return response
    chunks = tuple(bedrock.frames(response.chunks))
    return replace(response, chunks=chunks, headers={"content-type": "application/vnd.amazon.eventstream"})


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError as error:
        raise Refused(Refusal(f"The request body is not valid JSON: {error}")) from None
    if not isinstance(body, dict):
        raise Refused(Refusal("The request body is not a JSON object"))
    return body


def _version(request: Request) -> str:
    """The API version asked for. The oldest clients sent none to the legacy endpoint, and meant its first."""
    is_legacy = request.path == "/v1/complete"
    version = request.headers.get("anthropic-version", COMPLETE_VERSIONS[0] if is_legacy else "")
    if not version:
        raise Refused(Refusal("anthropic-version: header is required"))
    if version not in (COMPLETE_VERSIONS if is_legacy else MESSAGES_VERSIONS):
        raise Refused(Refusal(f"anthropic-version: {version} is not a version of {request.path}"))
    return version


def _complete(call: Call) -> Response:
    _stop_at(refuse_complete(call.body, _facts(call), call.version))
    asks = asked("/v1/complete", call.body)
    answer = _scripted(call.reply) or cut_answer(
        _whole_text(call, asks.question), {*asks.stops, HUMAN_PROMPT}, asks.limit
    )
    if answer.stop_sequence == HUMAN_PROMPT:
        answer = Answer(answer.text)
    text, pieces = answer.text, _pieces(call.reply, answer.text)
    if answer.text and asks.question.prefill is None:
        # A prompt ended in "Assistant:" without a space, so the answer began with one.
        answer, pieces = replace(answer, text=f" {answer.text}"), [f" {pieces[0]}", *pieces[1:]]
    frame = wire.Frame(f"compl_double_{call.number:06d}", call.body["model"])
    if asks.stream:
        events = wire.completion_events(answer, pieces, frame, call.version, call.reply.error_after)
        return _stream(events, text)
    return _json({**wire.completion_body(answer, frame, call.version), **call.reply.fields}, text)


def _messages(call: Call) -> Response:
    facts = _facts(call)
    _stop_at(refuse_messages(call.body, call.version, facts))
    asks = asked("/v1/messages", call.body)
    with_thinking = facts is not None and thinks(call.body, facts)
    answer = _scripted(call.reply) or _message_answer(call, asks, with_thinking)
    blocks = wire.message_blocks(answer.text, with_thinking=with_thinking)
    if call.reply.content is not None:
        blocks = [dict(block) for block in call.reply.content]
    frame = wire.Frame(
        f"msg_double_{call.number:06d}",
        call.body["model"],
        input_tokens=_question_tokens(asks.question),
        output_tokens=count_tokens(answer.text) + (THINKING_TOKENS if with_thinking else 0),
    )
    message = {**wire.message_body(blocks, answer, frame), **call.reply.fields}
    if asks.stream:
        pieces = _pieces(call.reply, answer.text)
        return _stream(wire.message_events(message, pieces, call.reply.error_after), answer.text)
    return _json(message, answer.text)


def _message_answer(call: Call, asks: Asked, with_thinking: bool) -> Answer:
    """The double's own answer. Thinking is paid out of the same limit, so a small one leaves no text."""
    limit = None if asks.limit is None else asks.limit - (THINKING_TOKENS if with_thinking else 0)
    stops = call.body.get("stop_sequences", ())
    return cut_answer(_whole_text(call, asks.question), stops, limit)


def _count_tokens(call: Call) -> Response:
    _stop_at(refuse_count(call.body, call.version, _facts(call)))
    return _json({"input_tokens": _question_tokens(asked("/v1/messages", call.body).question)})


def _facts(call: Call) -> ModelFacts | None:
    """Facts about the model, if it goes by that name at this provider."""
    facts = find_model(call.body.get("model"), provider=call.provider)
    return facts if facts is not None and facts.provider == call.provider else None


def _stop_at(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal)


def _whole_text(call: Call, question: Question) -> str:
    scripted = call.reply.whole_text
    return answer_text(question) if scripted is None else scripted


def _scripted(reply: Reply) -> Answer | None:
    """The answer as scripted, uncut, if the script says why it ends."""
    if reply.stop_reason is None:
        return None
    # A script may name stop reasons that the double never gives by itself.
    stop_reason = cast("Any", reply.stop_reason)
    return Answer(reply.whole_text or "", stop_reason, reply.stop_sequence)


def _pieces(reply: Reply, text: str) -> list[str]:
    """The text as the stream brings it: as scripted, unless stops or the limit cut it."""
    scripted = list(reply.pieces or ())
    return scripted if scripted and "".join(scripted) == text else pieces_of(text)


def _question_tokens(question: Question) -> int:
    texts = [question.system or "", *(text for _, text in question.turns), question.prefill or ""]
    return sum(map(count_tokens, texts)) + 3 * len(question.turns)


def _json(body: Mapping[str, Any], text: str | None = None) -> Response:
    return Response(200, {"content-type": "application/json"}, (json.dumps(body).encode(),), text=text)


def _stream(events: Iterable[bytes], text: str) -> Response:
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return Response(200, headers, tuple(events), streamed=True, text=text)


ENDPOINTS: dict[tuple[str, str], Callable[[Call], Response]] = {
    ("POST", "/v1/complete"): _complete,
    ("POST", "/v1/messages"): _messages,
    ("POST", "/v1/messages/count_tokens"): _count_tokens,
}
