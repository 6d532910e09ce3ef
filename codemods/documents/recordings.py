# Recorded traffic and addresses in data files. Finds; edits nothing.
"""Find recordings of the old endpoint, and its address in settings.

    found:  uri: https://api.anthropic.com/v1/complete      a cassette of vcr, TC416
    found:  {"completion": " Hi", "stop_reason": "stop_sequence", …}     a stored reply, TC416
    found:  endpoint: https://api.anthropic.com/v1/complete      a setting, TC403

Left in silence: other services' /v1/complete, and replies of other APIs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from codemods.documents.bodies import ADDRESS, converted_body
from codemods.documents.document import Document
from codemods.outcome import Finding

_RECORDED = re.compile(r"\binteractions\b|[\"']?\b(?:response|responses|recorded_at|httpVersion)\b[\"']?\s*:")
_DESCRIPTION = re.compile(r"^\s*[\"']?(?:openapi|swagger)[\"']?\s*:", re.M)
_BODY = re.compile(r"\{[^\n]{0,20000}max_tokens_to_sample[^\n]{0,20000}\}")
_REPLY = re.compile(r'\{[^{}]*"completion"\s*:[^{}]*\}', re.S)
_MOST = 5
_NEW_REPLY = (
    '{"id": "msg_...", "type": "message", "role": "assistant", "model": "...", '
    '"content": [{"type": "text", "text": "..."}], "stop_reason": "end_turn", "stop_sequence": null, '
    '"usage": {"input_tokens": 1, "output_tokens": 1}}'
)
_SETTING = "the address /v1/complete, which no model answers any more"


def recording_findings(document: Document) -> list[Finding]:
    text = document.text
    if ADDRESS.search(text) and ("nthropic" in text or "max_tokens_to_sample" in text):
        if _RECORDED.search(text) and not _DESCRIPTION.search(text):
            return [_recording(document)]
        return list(_settings(document))
    return list(_replies(document)) if document.beside_old_code else []


def _recording(document: Document) -> Finding:
    places = list(ADDRESS.finditer(document.text))
    many = "a request" if len(places) == 1 else f"{len(places)} requests"
    body = _BODY.search(document.text)
    new = converted_body(body[0].replace("''", "'")) if body is not None else None
    if new is None:
        new = '{"model": "...", "max_tokens": ..., "messages": [...]}'
    suggestion = (
        f"record it again with the rewritten code: POST /v1/messages\n{new}\nwhich answers\n{_NEW_REPLY}"
    )
    message = f"a recording of {many} to /v1/complete: rewritten code sends others, which it does not answer"
    return document.finding("TC416", places[0].start(), places[0].end(), message, suggestion)


def _settings(document: Document) -> Iterator[Finding]:
    for match in list(ADDRESS.finditer(document.text))[:_MOST]:
        start = document.text.rfind("\n", 0, match.start()) + 1
        end = document.text.find("\n", match.end())
        line = document.text[start : end if end >= 0 else len(document.text)].strip()
        if len(line) <= 300:
            yield document.finding(
                "TC403", match.start(), match.end(), _SETTING, ADDRESS.sub("/v1/messages", line)
            )


def _replies(document: Document) -> Iterator[Finding]:
    """Stored replies: JSON objects with the keys of a completion."""
    for match in _REPLY.finditer(document.text):
        try:
            reply = json.loads(match[0])
        except ValueError:
            continue
        is_ours = "stop_reason" in reply and (
            "log_id" in reply or str(reply.get("model", "")).startswith("claude")
        )
        if is_ours:
            message = "a stored reply of the old shape: rewritten code reads its text from `content`"
            new = {"text": str(reply["completion"]).removeprefix(" ")}
            shown = _NEW_REPLY.replace('"text": "..."', json.dumps(new, ensure_ascii=False)[1:-1])
            yield document.finding("TC416", match.start(), match.end(), message, shown)
            return
