"""Rewrite the calls of SDK 0.2, and the client they are made on.

    before: client = anthropic.Client(key) … client.completion(prompt=…)["completion"]
    after:  client = anthropic.Client(api_key=key) … client.messages.create(messages=…)
    before: await client.acompletion(prompt=…)
    after:  client = anthropic.AsyncClient(api_key=key) … await client.messages.create(messages=…)

One class served both sync and async code in 0.2; now each has its own, so a client changes its class
only if every use of it in the file is asynchronous.
Source: anthropic 0.2.2-0.2.10, `anthropic/api.py`; the SDK's release note for 0.3.0.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.edits import Edit
from codemods.old_sites import OLD_METHODS
from codemods.plans import Context, Plan, Refusal, Site
from codemods.values import Client, Constant, Symbol

# Parameters of the old class in their order, with the names they have now.
_PARAMETERS = {
    "api_key": "api_key",
    "api_url": "base_url",
    "proxy_url": None,
    "default_request_timeout": "timeout",
}


def prepare_old_call(context: Context, site: Site, plan: Plan) -> None:
    """Raises Refusal where only the adapter can serve the call; else plans what the client needs."""
    if site.is_async and not site.client.is_async:
        plan.edits.extend(_asynchronous_client(context, site))
        plan.notes.append("the client becomes an AsyncClient, as all its calls are awaited")


def _asynchronous_client(context: Context, site: Site) -> list[Edit]:
    """Edits that make every client of the file asynchronous; all calls of the file must want that."""
    classes = list(_client_classes(context))
    if not classes or site.client.flavour == "unstated":
        raise Refusal("TC106", "the client is made elsewhere, and asynchronous calls need another class now")
    if any(not one.is_async for one in context.sites):
        raise Refusal("TC106", "the client also makes synchronous calls, for which there are two classes now")
    nodes: list[ast.Name | ast.Attribute] = [*context.source.nodes_of(ast.Name)]
    for node in [*nodes, *context.source.nodes_of(ast.Attribute)]:
        if isinstance(node.ctx, ast.Load) and isinstance(context.evaluator.value_of(node), Client):
            _check_use(context, node)
    return [edit for one in classes for edit in _renamed(context, one)]


def _check_use(context: Context, node: ast.expr) -> None:
    """A client that goes anywhere but into an asynchronous call may be needed as it is."""
    parent = context.source.parent(node)
    called = isinstance(parent, ast.Attribute) and parent.attr in OLD_METHODS
    if not called and not isinstance(parent, ast.Assign | ast.AnnAssign):
        raise Refusal("TC106", f"the client is used in another way at line {node.lineno}")
    for definition in context.definitions_of_value(node):
        if context.is_exported(definition):
            raise Refusal("TC106", f"{definition.name} may be used from other files")


def _client_classes(context: Context) -> Iterator[ast.Name | ast.Attribute]:
    """The class of each client that the file makes."""
    for call in context.source.nodes_of(ast.Call):
        function, value_of = call.func, context.evaluator.value_of
        is_class = isinstance(value_of(function), Symbol) and isinstance(value_of(call), Client)
        if not isinstance(function, ast.Name | ast.Attribute) or not is_class:
            continue
        for definition in context.definitions_of_value(call):
            if context.is_exported(definition) and definition.scope.kind == "module":
                raise Refusal("TC106", f"{definition.name} may be used from other files")
        yield function


def _renamed(context: Context, node: ast.Name | ast.Attribute) -> list[Edit]:
    value = context.evaluator.value_of(node)
    if isinstance(node, ast.Name) or not isinstance(value, Symbol) or not value.path.endswith(".Client"):
        raise Refusal("TC106", f"the class of the client at line {node.lineno} is named in another way")
    end = context.source.span(node)[1]
    return [Edit(end - len(node.attr), end, ("AsyncClient",))]


# -- the client -----------------------------------------------------------------------------------


def client_edits(context: Context) -> Iterator[tuple[ast.Call, list[Edit], str | None]]:
    """Each client made in the old way: its call, the edits, and why they cannot be made, if so."""
    for call in context.source.nodes_of(ast.Call):
        if not (call.args or {keyword.arg for keyword in call.keywords} & {*_PARAMETERS} - {"api_key"}):
            continue
        made = context.evaluator.value_of(call)
        if isinstance(context.evaluator.value_of(call.func), Symbol) and _is_plain_client(made):
            try:
                yield call, list(_argument_edits(context, call)), None
            except Refusal as refusal:
                yield call, [], refusal.reason


def _is_plain_client(value: object) -> bool:
    return isinstance(value, Client) and not value.is_bedrock


def _argument_edits(context: Context, call: ast.Call) -> Iterator[Edit]:
    if len(call.args) > len(_PARAMETERS) or any(isinstance(one, ast.Starred) for one in call.args):
        raise Refusal("TC401", "its arguments are not written out")
    for old, argument in zip(_PARAMETERS, call.args, strict=False):
        new = _new_name(context, old, argument)
        start = context.source.span(argument)[0]
        yield Edit(start, start, (f"{new}=",), -3)
    for keyword in call.keywords:
        if keyword.arg in _PARAMETERS and keyword.arg != "api_key":
            start = context.source.span(keyword)[0]
            yield Edit(start, start + len(keyword.arg), (_new_name(context, keyword.arg, keyword.value),))


def _new_name(context: Context, old: str, value: ast.expr) -> str:
    new = _PARAMETERS[old]
    if new is not None:
        return new
    given = context.evaluator.value_of(value)
    if isinstance(given, Constant) and given.value is None:
        return "http_client"  # None in both
    raise Refusal("TC401", "`proxy_url` is gone: pass http_client=anthropic.DefaultHttpxClient(proxy=...)")
