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
from urllib.parse import urlsplit

from codemods.edits import Edit
from codemods.old_sites import OLD_METHODS
from codemods.plans import Context, Plan, Refusal, Site
from codemods.sdk_surface import CLIENT_CLASSES
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
    if _runs_several_loops(context):
        raise Refusal("TC106", "the client serves several event loops, which an asynchronous one cannot")
    if any(not one.is_async for one in context.sites):
        raise Refusal("TC106", "the client also makes synchronous calls, for which there are two classes now")
    nodes: list[ast.Name | ast.Attribute] = [*context.source.nodes_of(ast.Name)]
    for node in [*nodes, *context.source.nodes_of(ast.Attribute)]:
        if isinstance(node.ctx, ast.Load) and isinstance(context.evaluator.value_of(node), Client):
            _check_use(context, node)
    return [edit for one in classes for edit in _renamed(context, one)]


def _runs_several_loops(context: Context) -> bool:
    """Whether the file starts more than one event loop while a client may be kept.

    0.2 opened a connection for each call; an asynchronous client keeps its own, bound to one loop.
    """
    starts = [call for call in context.source.nodes_of(ast.Call) if _starts_loop(call)]
    made = [call for call in context.source.nodes_of(ast.Call) if _makes_client(context, call)]
    if all(isinstance(_function_around(context, call), ast.AsyncFunctionDef) for call in made):
        return False
    return len(starts) > 1 or any(_function_around(context, call) is not None for call in starts)


def _starts_loop(call: ast.Call) -> bool:
    function = call.func
    if not isinstance(function, ast.Attribute):
        return False
    is_run = function.attr == "run" and getattr(function.value, "id", "") in ("asyncio", "trio", "anyio")
    return is_run or function.attr == "run_until_complete"


def _makes_client(context: Context, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr not in CLIENT_CLASSES:
        return False
    value_of = context.evaluator.value_of
    is_named = isinstance(call.func, ast.Name | ast.Attribute)
    return is_named and isinstance(value_of(call.func), Symbol) and isinstance(value_of(call), Client)


def _function_around(context: Context, node: ast.AST) -> ast.AST | None:
    """The function, or the loop, that may run the node more than once."""
    repeats = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.For, ast.While, ast.AsyncFor)
    current: ast.AST | None = node
    while current is not None and not isinstance(current, repeats):
        current = context.source.parent(current)
    return current


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
        function = call.func
        if not isinstance(function, ast.Name | ast.Attribute) or not _makes_client(context, call):
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
    """Each client made in the old way: its call, the edits, and why only a person can make them, if so."""
    for call in context.source.nodes_of(ast.Call):
        if not (call.args or {keyword.arg for keyword in call.keywords} & {*_PARAMETERS} - {"api_key"}):
            continue
        if _makes_client(context, call) and _is_plain_client(context.evaluator.value_of(call)):
            try:
                yield call, list(_argument_edits(context, call)), None
            except Refusal as refusal:
                yield call, list(_advised_edits(context, call)), refusal.reason


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


def _advised_edits(context: Context, call: ast.Call) -> Iterator[Edit]:
    """The arguments as a person may write them: the host without its path, a client for the proxy."""
    named = [(keyword.arg, keyword.value, keyword) for keyword in call.keywords]
    positional = zip(_PARAMETERS, call.args, call.args, strict=False)
    for old, value, node in (*positional, *named):
        if (
            isinstance(value, ast.Starred)
            or old not in _PARAMETERS
            or (old == "api_key" and node is not value)
        ):
            continue
        written = context.source.node_text(value)
        address = urlsplit(context.evaluator.text_of(value) or "")
        if old == "api_url" and address.netloc:
            written = f'"{address.scheme}://{address.netloc}"'
        new = _PARAMETERS[old]
        written = (
            f"http_client=anthropic.DefaultHttpxClient(proxy={written})"
            if new is None
            else f"{new}={written}"
        )
        yield Edit(*context.source.span(node), (written,))


def _has_path(address: str) -> bool:
    return urlsplit(address).path not in ("", "/")


def _new_name(context: Context, old: str, value: ast.expr) -> str:
    new = _PARAMETERS[old]
    if new == "base_url" and _has_path(context.evaluator.text_of(value) or ""):
        raise Refusal(
            "TC401", "0.2 left the path of `api_url` out; `base_url` keeps it: write the host alone"
        )
    if new is not None:
        return new
    given = context.evaluator.value_of(value)
    if isinstance(given, Constant) and given.value is None:
        return "http_client"  # None in both
    raise Refusal("TC401", "`proxy_url` is gone: pass http_client=anthropic.DefaultHttpxClient(proxy=...)")
