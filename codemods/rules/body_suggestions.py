"""Write out what a body that is left would have become.

    left:      body = {"prompt": f"{HUMAN_PROMPT} {q}{AI_PROMPT}", "max_tokens_to_sample": 300}
    suggested: {"messages": [{"role": "user", "content": f"{q}"}], "max_tokens": 300}

The text is made by the same functions as a rewrite, with every option open; nothing is edited.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import cast

from codemods.argument_reading import Arguments
from codemods.bodies import Provider, RequestSite, body_of, feeders_of, holders_of
from codemods.edits import Overlap, apply_edits, moved
from codemods.outcome import Options
from codemods.places import EntryPlace
from codemods.plans import Context, Limits, Plan, Refusal
from codemods.rules.bedrock_bodies import complete_body
from codemods.rules.request_bodies import rewrite_entries
from codemods.values import Client
from migrate.errors import MigrationError

_READ = '"".join(block["text"] for block in data["content"] if block["type"] == "text")'
_READ_PIECES: dict[Provider, str] = {
    "http": 'json.loads(line[5:]).get("delta", {}).get("text", "") of each line that begins with "data:"',
    "bedrock": 'json.loads(event["chunk"]["bytes"]).get("delta", {}).get("text", "") of each event',
}
# A body that asks for a stream, as Python or as JSON.
_STREAMS = re.compile(r"""["']stream["']\s*:\s*[Tt]rue|\bstream\s*=\s*True""")
_GENERIC: dict[Provider, str] = {
    "http": '{"model": ..., "max_tokens": ..., "messages": [{"role": "user", "content": ...}]}',
    "bedrock": (
        '{"anthropic_version": "bedrock-2023-05-31", "max_tokens": ..., '
        '"messages": [{"role": "user", "content": ...}]}'
    ),
}


def suggested_request(context: Context, site: RequestSite) -> str:
    """What to send and how to read the reply, with the converted body where its entries are visible."""
    display: ast.Dict | None = None
    try:
        node = body_of(context, site).value
    except Refusal:
        node = site.node
    for holder in holders_of(context, node):
        inner = holder.value if isinstance(holder, ast.Assign | ast.AnnAssign) else holder
        display = inner if isinstance(inner, ast.Dict) else display
    feeders = list(feeders_of(context, node))
    display = display or next((one for one in feeders if isinstance(one, ast.Dict)), None)
    text = suggestion(context, display, site.provider, streams=site.streams)
    lines = sorted({one.lineno for one in feeders if one is not display and hasattr(one, "lineno")})
    also = ", ".join(map(str, lines))
    return f"{text}; max_tokens_to_sample becomes max_tokens at line {also}, too" if lines else text


def suggestion(
    context: Context,
    display: ast.Dict | None,
    provider: Provider,
    written: str | None = None,
    *,
    streams: bool = False,
) -> str:
    """The same for a body that no request is known of; `written`: its text, if it is known already."""
    shown = converted(context, display, provider) if display is not None else written
    body = shown or _GENERIC[provider]
    own = context.source.node_text(display) if display is not None else written or ""
    read = _READ_PIECES[provider] if streams or _STREAMS.search(own) else _READ
    if provider == "bedrock":
        return f"{body} for a modelId that serves Messages; read {read}"
    return f'POST {body} to /v1/messages with the header "anthropic-version": "2023-06-01"; read {read}'


def converted(context: Context, display: ast.Dict, provider: Provider) -> str | None:
    """The text of the Messages body for a dict display; None where its entries say too little."""
    options = Options(models=context.options.models, default_model=context.options.default_model)
    free = dataclasses.replace(context, options=options, limits=Limits(), loose_marker=0)
    entries = Arguments()
    for key, value in zip(display.keys, display.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value not in entries.places:
            entries.add(key.value, EntryPlace(context.source, display, key, value))
    if "prompt" not in entries.places:
        return None
    client = Client("unstated" if provider == "http" else "bedrock")
    site = RequestSite(cast(ast.Attribute, display), client, provider=provider)  # stands where the dict does
    plan = Plan()
    try:
        rewrite_entries(free, site, plan, entries)
        if provider == "bedrock":
            complete_body(free, plan, entries)
    except (Refusal, MigrationError):
        return None
    return _applied(context, display, plan)


def _applied(context: Context, display: ast.Dict, plan: Plan) -> str | None:
    start, end = context.source.span(display)
    edits = [*plan.edits, *(edit for touch in plan.touches for edit in touch.edits)]
    inside = [edit for edit in edits if start <= edit.start and edit.end <= end]
    if len(inside) != len(edits):
        return None
    try:
        return apply_edits(context.source.data[start:end], [moved(edit, start) for edit in inside]).decode()
    except Overlap:
        return None
