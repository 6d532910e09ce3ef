# Requests without the SDK: what a request site is, and where its parts stand. Plans nothing.
"""Requests to /v1/complete through an HTTP library, and Text Completions bodies for Bedrock.

A site is one request: its address or model id, its body, its headers. It is recognised by the address
(`…/v1/complete`), or by boto3's method with a body of the legacy keys; which HTTP library sends it
does not matter, as long as it is none of the user's own functions.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from codemods.argument_reading import Arguments, read_entries
from codemods.flow import Definition
from codemods.places import KeywordPlace
from codemods.plans import Context, Refusal, Site
from codemods.replies import Trail, follow_reply
from codemods.request_urls import Address, address_of
from codemods.values import Client, Constant, Foreign, Migrated, Symbol, UserClass, UserFunction, UserInstance
from migrate.models import find_model

Provider = Literal["http", "bedrock"]
_WITH_METHOD = frozenset({"request", "stream"})
# No request without one of these: the last word of the address, or boto3's method.
_NEEDLES = re.compile(rb"complete['\"]|\binvoke_model")
_INVOKE = {"invoke_model": False, "invoke_model_with_response_stream": True}
# Positional parameters of the senders, after the address. Source: requests, httpx, urllib.request.
_POSITIONAL = {"post": ("data", "json"), "request": (), "stream": (), "Request": ("data", "headers")}


# The arguments that a body may be given in.
_BODIES = ("json", "data", "content", "body")


@dataclass(eq=False, slots=True)
class RequestSite(Site):
    """One request.

    sent: its arguments by name. results: the expressions that give the response object. added_headers:
    calls of `add_header`. unclear: why it is not known where the response goes. trails: where it goes.
    """

    provider: Provider = "http"
    sent: dict[str, ast.expr] = field(default_factory=dict)
    address: Address | None = None
    streams: bool = False
    results: list[ast.expr] = field(default_factory=list)
    added_headers: list[ast.Call] = field(default_factory=list)
    unclear: str | None = None
    trails: list[Trail] = field(default_factory=list)

    @property
    def left_rule(self) -> str:
        """The rule of a site that is left."""
        return "TC403" if self.provider == "http" else "TC404"


@dataclass(slots=True)
class Body:
    """The dict behind a request's body.

    value: the expression that gives it, inside of `json.dumps` if there is one. touched: names between
    that and the request, each with the load that was followed.
    """

    value: ast.expr
    touched: list[tuple[Definition, ast.Name]] = field(default_factory=list)


def find_requests(context: Context) -> list[RequestSite]:
    """Every request of the file, in the order of the text."""
    if _NEEDLES.search(context.source.data) is None:
        return []
    calls = sorted(context.source.nodes_of(ast.Call), key=lambda node: (node.lineno, node.col_offset))
    sites = [site for call in calls for site in (*_http(context, call), *_bedrock(context, call))]
    for site in sites:
        _find_results(context, site)
        is_bedrock = site.provider == "bedrock"
        site.trails = [
            follow_reply(context, result, bedrock=is_bedrock, streams=site.streams) for result in site.results
        ]
    return sites


def _find_results(context: Context, site: RequestSite) -> None:
    """The expressions whose value is the response: the call, or what opens the request it makes."""
    assert site.call is not None
    if site.provider == "http":
        site.streams = _asks_for_stream(context, site)
    if _called_name(context, site.call) != "Request":
        site.results = [site.call]
        return
    uses: list[ast.expr] = [site.call]
    for definition in context.definitions_of_value(site.call):
        if definition.path or not context.can_edit(definition):
            site.unclear = f"the request {definition.name} may be used where it is not visible"
        uses = list(context.flow.uses(definition))
    for use in uses:
        _read_request_use(context, site, use)


def _read_request_use(context: Context, site: RequestSite, use: ast.expr) -> None:
    parent = context.source.parent(use)
    call = context.source.parent(parent) if isinstance(parent, ast.Attribute) else parent
    name = _called_name(context, call) if isinstance(call, ast.Call) else ""
    if isinstance(call, ast.Call) and name == "add_header" and len(call.args) == 2:
        site.added_headers.append(call)
    elif isinstance(call, ast.Call) and name in ("urlopen", "open") and call.args[:1] == [use]:
        site.results.append(call)
    else:
        site.unclear = f"the request goes where its use is not visible (line {use.lineno})"


def _called_name(context: Context, call: ast.Call) -> str:
    """What is called, by the name it has where it is defined."""
    value = context.evaluator.value_of(call.func)
    if isinstance(value, Foreign) and " of " in value.what and isinstance(call.func, ast.Name):
        return value.what.split(" of ")[0]
    return str(getattr(call.func, "attr", None) or getattr(call.func, "id", ""))


def _asks_for_stream(context: Context, site: RequestSite) -> bool:
    """Whether the body says `"stream": True`; whether it may do so at run time is asked when planning."""
    try:
        place = entries_of(context, body_of(context, site)).places.get("stream")
    except Refusal:
        return False
    value = context.evaluator.value_of(place.value) if place is not None else None
    return isinstance(value, Constant) and value.value is True


def _made(context: Context, call: ast.Call, provider: Provider) -> RequestSite:
    above = context.source.parent(call)
    awaited = above if isinstance(above, ast.Await) else None
    client = Client("unstated" if provider == "http" else "bedrock")
    # A site's load is what names the method: here it may be a bare name as well.
    return RequestSite(cast(ast.Attribute, call.func), client, call, "", awaited, provider=provider)


def _http(context: Context, call: ast.Call) -> Iterator[RequestSite]:
    name = _called_name(context, call)
    if name not in _POSITIONAL or any(isinstance(argument, ast.Starred) for argument in call.args):
        return
    sent = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    given = list(call.args)
    if name in _WITH_METHOD:
        method = sent.get("method") or (given.pop(0) if given else None)
        if method is None or (context.evaluator.text_of(method) or "").upper() != "POST":
            return
    names = ("url", *_POSITIONAL[name])
    sent.update(zip(names, given, strict=False))
    address = address_of(context, sent["url"]) if "url" in sent else None
    if address is None or _is_own(context, call):
        return
    site = _made(context, call, "http")
    site.sent, site.address = sent, address
    yield site


def _is_own(context: Context, call: ast.Call) -> bool:
    """Whether the request goes through a function of the user's, which may do anything with it."""
    found = context.evaluator.value_of(call.func)
    owner = context.evaluator.value_of(call.func.value) if isinstance(call.func, ast.Attribute) else None
    own = (UserFunction, UserClass, UserInstance, Migrated, Client, Symbol)
    return isinstance(found, own) or isinstance(owner, own)


def _bedrock(context: Context, call: ast.Call) -> Iterator[RequestSite]:
    name = getattr(call.func, "attr", "")
    sent = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    if name not in _INVOKE or not {"body", "modelId"} <= sent.keys() or _is_own(context, call):
        return
    site = _made(context, call, "bedrock")
    site.sent, site.streams = sent, _INVOKE[name]
    if _takes_old_body(context, site) or _has_old_keys(context, site):
        yield site


def _takes_old_body(context: Context, site: RequestSite) -> bool:
    """Whether the model is one that took no other body."""
    facts = find_model(model_text(context, site), provider="bedrock")
    return facts is not None and facts.served_text_completions


def _has_old_keys(context: Context, site: RequestSite) -> bool:
    try:
        keys = entries_of(context, body_of(context, site)).places.keys()
    except Refusal:
        # The rules say why it is left: of a model known only at run time nothing else can become.
        is_open = model_text(context, site) is None
        return is_open and any(True for _ in feeders_of(context, site.sent["body"]))
    return keys >= {"prompt", "max_tokens_to_sample"}


def model_text(context: Context, site: RequestSite) -> str | None:
    """The Bedrock model id of a site, if it is written in the file."""
    return context.evaluator.text_of(site.sent["modelId"])


def model_place(context: Context, site: RequestSite) -> KeywordPlace:
    """Where the Bedrock model id of a site stands."""
    assert site.call is not None
    keyword = next(one for one in site.call.keywords if one.arg == "modelId")
    return KeywordPlace(context.source, site.call, keyword)


def entries_of(context: Context, body: Body) -> Arguments:
    """The entries of a body, each where it is written. Raises Refusal if one is not visible."""
    return read_entries(context, body.value)


# -- from the argument to the dict ----------------------------------------------------------------


def body_of(context: Context, site: RequestSite) -> Body:
    """Raises Refusal if it is not visible that the body is a dict sent as JSON."""
    rule = site.left_rule
    given = [name for name in _BODIES if name in site.sent]
    if len(given) != 1:
        raise Refusal(rule, "its body is not given in one argument")
    node = site.sent[given[0]]
    body = Body(node)
    is_text = given[0] != "json"
    while is_text:
        inner = _encoded(context, body.value)
        if inner is not None:
            body.value, is_text = inner
        elif isinstance(body.value, ast.Name):
            _step_behind(context, body, rule)
        else:
            raise Refusal(rule, "its body is not visibly the JSON of a dict")
    return body


def _encoded(context: Context, node: ast.expr) -> tuple[ast.expr, bool] | None:
    """What is encoded by this call, and whether that is text still."""
    if not isinstance(node, ast.Call):
        return None
    name = _called_name(context, node)
    if name == "dumps" and len(node.args) == 1:
        value = context.evaluator.value_of(node.func)
        plain = {keyword.arg for keyword in node.keywords} <= {"indent", "ensure_ascii", "separators"}
        return (node.args[0], False) if plain and not isinstance(value, UserFunction) else None
    if name == "encode" and isinstance(node.func, ast.Attribute):
        return node.func.value, True
    if name in ("bytes", "str") and isinstance(node.func, ast.Name) and node.args:
        return node.args[0], True
    return None


def _step_behind(context: Context, body: Body, rule: str) -> None:
    """Go on at the definition of a name that holds the encoded body."""
    name = body.value
    assert isinstance(name, ast.Name)
    definition = only_definition(context, name)
    if definition is None or definition.value is None or not context.can_edit(definition):
        raise Refusal(rule, f"its body `{name.id}` has other readers, or is not visible here")
    body.touched.append((definition, name))
    body.value = definition.value


def only_definition(context: Context, name: ast.Name) -> Definition | None:
    """The one plain assignment that reaches a name, if there is no other."""
    reaching = context.flow.reaching(name)
    if len(reaching.definitions) != 1 or not reaching.complete:
        return None
    (definition,) = reaching.definitions
    plain = definition.kind == "assign" and not definition.path and not definition.changed_by
    return definition if plain and definition.value is not None else None


def holders_of(context: Context, node: ast.expr) -> Iterator[ast.AST]:
    """The expression and, where it is a name, every statement that makes or changes its dict.

    A parameter's dict is made where the file's calls pass it.
    """
    expressions, definitions = [node], set[Definition]()
    for one in expressions:
        yield one
        stack = list(context.flow.reaching(one).definitions) if isinstance(one, ast.Name) else []
        while stack:
            definition = stack.pop()
            if definition in definitions:
                continue
            definitions.add(definition)
            stack.extend(definition.previous)
            if definition.kind == "parameter":
                expressions += context.evaluator.passed_arguments(definition.scope.node, definition.name)
            else:
                yield definition.node


def parts_of(context: Context, site: RequestSite) -> Iterator[ast.AST]:
    """The nodes that a site accounts for: its address, its body, and the names these go through."""
    if site.address is not None:
        yield site.address.node
        yield from (definition.node for definition, _ in site.address.touched)
        if isinstance(site.address.node, ast.Name):
            yield from holders_of(context, site.address.node)
        yield from _kept_values(context, site.address.node)
    try:
        body = body_of(context, site)
    except Refusal:
        for name in _BODIES:
            yield from feeders_of(context, site.sent[name]) if name in site.sent else ()
        return
    yield from (definition.node for definition, _ in body.touched)
    yield from holders_of(context, body.value)
    yield from feeders_of(context, body.value)


def feeders_of(context: Context, node: ast.expr) -> Iterator[ast.AST]:
    """What puts the old limit into a body: every dict, store and call whose entries come to be in it.

    The dicts are followed through names, through copies and updates, and into the file's own functions.
    """
    stack: list[ast.AST] = [node]
    seen: set[ast.AST] = set()
    while stack:
        one = stack.pop()
        if one in seen:
            continue
        seen.add(one)
        for part in ast.walk(one):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                stack.extend(holder for holder in holders_of(context, part) if holder is not part)
            elif isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load):
                stack.extend(_kept_values(context, part))
            elif isinstance(part, ast.Call):
                function = context.evaluator.value_of(part.func)
                returned = ast.walk(function.node) if isinstance(function, UserFunction) else ()
                stack.extend(r.value for r in returned if isinstance(r, ast.Return) and r.value is not None)
            if _holds_limit(part):
                yield part


def _kept_values(context: Context, node: ast.expr) -> Iterator[ast.expr]:
    """What `self.name` is set to in its class, in the body or by a statement."""
    if not isinstance(node, ast.Attribute):
        return
    around = context.templates.members.class_around
    owner = around(node.value)
    if owner is None:
        return
    for target, value in context.flow.attribute_stores.get(node.attr, ()):
        if value is not None and around(target.value) is owner:
            yield value
    for definition in context.flow.scopes[owner].definitions.get(node.attr, ()):
        if definition.kind == "assign" and definition.value is not None:
            yield definition.value


def _holds_limit(node: ast.AST) -> bool:
    """Whether a part is a dict, a store or a call that itself names the legacy limit."""
    if isinstance(node, ast.Dict):
        keys = list(node.keys)
    elif isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == "max_tokens_to_sample"
    else:
        named = node.keywords if isinstance(node, ast.Call) else ()
        return any(keyword.arg == "max_tokens_to_sample" for keyword in named)
    return any(isinstance(key, ast.Constant) and key.value == "max_tokens_to_sample" for key in keys)


def own_entries(context: Context, name: str) -> Iterator[ast.expr]:
    """What the bodies of the file's requests give for an entry."""
    for site in context.sites:
        if isinstance(site, RequestSite):
            try:
                place = entries_of(context, body_of(context, site)).places.get(name)
            except Refusal:
                continue
            if place is not None:
                yield place.value
