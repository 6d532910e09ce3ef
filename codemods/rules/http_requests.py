"""Rewrite the address and the headers of a request to /v1/complete.

    before: post("https://api.anthropic.com/v1/complete", headers={"x-api-key": key})
    after:  post("https://api.anthropic.com/v1/messages",
                 headers={"x-api-key": key, "anthropic-version": "2023-06-01"})

The version decides what the server takes and gives: 2023-06-01 is stated by every rewritten request,
since Messages knows no earlier one and takes no request without. The key's header stays as it is.
"""

from __future__ import annotations

import ast
import json

from codemods.argument_reading import Arguments, read_entries
from codemods.bodies import RequestSite
from codemods.edits import Edit
from codemods.flow import Definition
from codemods.places import KeywordPlace
from codemods.plans import Context, Plan, Refusal, Touch

_VERSION_HEADER = "anthropic-version"
VERSION = "2023-06-01"


def rewrite_address(context: Context, site: RequestSite, plan: Plan) -> None:
    """Let the request go to /v1/messages of the same server."""
    address = site.address
    assert address is not None
    # What other requests read as well may have turned out to stay since the address was found.
    is_free = all(context.can_edit(definition) for definition, _ in address.touched)
    edit = address.edit() if is_free else None
    if edit is not None:
        plan.edits.append(edit)
        plan.touches.extend(Touch(definition, use, (edit,)) for definition, use in address.touched)
    elif isinstance(address.node, ast.Name) and address.messages_text is not None:
        plan.edits.append(Edit(*context.source.span(address.node), (json.dumps(address.messages_text),)))
    else:
        where = context.source.node_text(address.node)
        raise Refusal("TC403", f"its address is kept in {where}, which other code may read")
    if not address.is_vendors:
        where = f"goes to {address.text}" if address.text else "goes to a server known only at run time"
        plan.review("TC212", f"the request {where}: make sure that it serves /v1/messages")


def rewrite_headers(
    context: Context, site: RequestSite, plan: Plan
) -> dict[Definition, list[ast.expr | None]]:
    """State the version that Messages needs, unless it is stated. Returns the dicts that this changes."""
    for call in site.added_headers:
        if (context.evaluator.text_of(call.args[0]) or "").lower() == _VERSION_HEADER:
            _correct(context, plan, call.args[1], site)
            return {}
    given = site.sent.get("headers")
    if given is None:
        _add_argument(context, site, plan)
        return {}
    headers = _headers(context, given)
    name = next((one for one in headers.places if one.lower() == _VERSION_HEADER), None)
    before = len(plan.edits)
    if name is None:
        _check_stream(site)
        last = list(headers.places.values())[-1] if headers.places else None
        if last is None:
            raise Refusal("TC403", "its headers are empty")
        plan.edits.extend(last.append(_VERSION_HEADER, f'"{VERSION}"', 5))
    elif name in headers.conditional:
        raise Refusal("TC403", "its API version is set on one path only")
    else:
        _correct(context, plan, headers.places[name].value, site)
    return headers.touched if len(plan.edits) > before else {}


def _headers(context: Context, node: ast.expr) -> Arguments:
    try:
        return read_entries(context, node)
    except Refusal as reason:
        raise Refusal("TC403", "its headers, and so its API version, are not visible here") from reason


def _correct(context: Context, plan: Plan, value: ast.expr, site: RequestSite) -> None:
    written = context.evaluator.text_of(value)
    if written == VERSION:
        return
    if written is None or not isinstance(value, ast.Constant):
        raise Refusal("TC403", "its API version is known only at run time")
    _check_stream(site)
    plan.edits.append(Edit(*context.source.span(value), (f'"{VERSION}"',)))
    plan.notes.append(f"anthropic-version {written} -> {VERSION}, the first that serves Messages")


def _check_stream(site: RequestSite) -> None:
    """Before 2023-06-01 every event repeated the text so far; readers undo that in many ways."""
    if site.streams:
        raise Refusal("TC403", "it streams under an API version whose events repeat the text so far")


def _add_argument(context: Context, site: RequestSite, plan: Plan) -> None:
    """A session's own headers are joined with those of the request."""
    _check_stream(site)
    assert site.call is not None
    if any(keyword.arg is None for keyword in site.call.keywords):
        raise Refusal("TC403", "its headers, and so its API version, are not visible here")
    keyword = site.call.keywords[-1] if site.call.keywords else None
    if keyword is None:
        raise Refusal("TC403", "it is sent without headers")
    place = KeywordPlace(context.source, site.call, keyword)
    plan.edits.extend(place.append("headers", f'{{"{_VERSION_HEADER}": "{VERSION}"}}', 5))
