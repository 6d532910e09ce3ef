# Knows how tests stand in for the old call. Finds; edits nothing.
"""Find tests that replace, imitate or assert the old call.

    found:  patch("anthropic.resources.completions.Completions.create")
    found:  patch.object(client.completions, "create")
    found:  monkeypatch.setattr(client.completions, "create", fake)
    found:  client.completions.create.return_value.completion = " hi"
    found:  class FakeCompletions:
                def create(self, *, prompt, max_tokens_to_sample, **kwargs): …
    found:  class FakeAnthropic: …                           fake_classes.py
    found:  SimpleNamespace(completions=SimpleNamespace(create=fake))
    found:  Completion(completion=" hi", stop_reason="stop_sequence", …)
    found:  assert kwargs["max_tokens_to_sample"] == 300
    found:  respx.post("https://api.anthropic.com/v1/complete")

After the migration such a double is never called, or gives what nobody reads: the test proves nothing, or
reaches the network. Each finding proposes the statement for the new call (`converted_tests.py`). From SDK
1.0 requests go through httpx2, which respx, pytest-httpx, responses, requests-mock and aioresponses do not
intercept (anthropic 2.12.0, MIGRATION.md).

Left in silence: doubles of other SDKs, and parameters of the user's own functions outside of tests.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.converted_tests import converted, converted_name, is_reply_call, with_imports
from codemods.rules.fake_classes import (
    FAKE_NAME,
    FAKE_REPLY,
    OTHER_CLIENTS,
    OTHER_NAMES,
    asserts_prompt,
    fake_client,
    fake_parts,
    fake_reply,
)
from codemods.rules.reported import Left, is_test_code, mentions_sdk, paths_of
from codemods.values import Client, Foreign, Migrated, Resource, Symbol, Unknown

_MOCK_NAMES = frozenset(
    {"return_value", "side_effect", "mock_calls", "call_args", "call_count", "call_args_list"}
)
_PATCHERS = frozenset({"patch", "setattr", "spy", "stub", "patch_object"})
_STAND_INS = frozenset(
    {"SimpleNamespace", "Mock", "MagicMock", "AsyncMock", "NonCallableMock", "NonCallableMagicMock"}
)
_COMPLETE_URL = re.compile(r"/v1/complete(?![\w/])")
_ROUTERS = re.compile(
    r"\b(?:respx|responses|requests_mock|aioresponses|pytest_httpx|httpx_mock|httpretty|pook)\b"
)
_ROUTER_FIXTURES = frozenset(
    {"respx_mock", "httpx_mock", "requests_mock", "responses", "aioresponses", "mocked_responses"}
)

_DOUBLE = (
    "a test double of the old method: after the migration it is never called, and the test proves nothing"
)
_REPLACED = "the old method is replaced here, and the replacement no longer applies"
_FAKE = "a fake with the old signature: rewritten calls pass `messages` and `max_tokens`"
_ASSERTED = "an assertion about the old arguments: rewritten calls pass `messages` and `max_tokens`"
_ROUTE = (
    "a mocked route to /v1/complete: rewritten calls go to /v1/messages, and from SDK 1.0 on through httpx2, "
    "whose requests this tool does not intercept; hand the client an httpx2 transport, or mock "
    "`client.messages.create`"
)


def doubles(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """Every form, tried in turn; the first that fits makes the one finding of a node."""
    if type(node) not in _FORMS or not (mentions_sdk(context) or _is_test_of_sdk(context)):
        return
    for form in _FORMS.get(type(node), ()):
        reason = form(context, node)
        if reason is not None:
            text = _suggestion(context, node)
            yield "TC405", node, reason, None if text is None else with_imports(context, text)
            return


def _is_test_of_sdk(context: Context) -> bool:
    """Whether a test that does not name the SDK tests a module that uses it."""
    return is_test_code(context) and context.is_test_of_sdk is not None and context.is_test_of_sdk()


def _suggestion(context: Context, node: ast.AST) -> str | None:
    """The statement as it has to become; for a function its head, for a statement with a body the node."""
    statement = context.source.statement(node)
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return _with_original(context, node, converted(context, statement))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        if isinstance(node, ast.ClassDef):
            return textwrap.dedent(" " * node.col_offset + converted(context, node))
        whole = converted(context, node)
        return whole if whole.count("\n") <= 30 else _head(context, node)
    shown = _shown(context, node) if hasattr(statement, "body") else statement
    text = converted(context, shown)
    return text if text != context.source.node_text(shown) else _plain_advice(text)


def _with_original(context: Context, node: ast.Attribute, text: str) -> str:
    """A replaced method, with the name that keeps the old one for the replacement to call."""
    for load in context.source.nodes_of(ast.Attribute):
        statement = context.source.statement(load)
        is_original = load.attr == "create" and _is_completions(load.value) and isinstance(load.ctx, ast.Load)
        if is_original and isinstance(statement, ast.Assign) and statement.value is load:
            kept = context.source.node_text(statement.targets[0])
            return f"{kept} = {converted(context, node)}  # at line {statement.lineno}\n{text}"
    return text


def _plain_advice(text: str) -> str | None:
    return None if not text else f"{text}  # the reply: a Message whose `content` holds a text block"


def _shown(context: Context, node: ast.AST) -> ast.AST:
    """The largest expression around a node below its statement."""
    current = node
    while (above := context.source.parent(current)) is not None and isinstance(above, ast.expr):
        current = above
    return current


def _head(context: Context, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    whole, body = converted(context, node), converted(context, node.body[0])
    return whole[: whole.find(body)].rstrip()


# -- the old method, replaced ---------------------------------------------------------------------


def _replaced_method(context: Context, node: ast.AST) -> str | None:
    if not isinstance(node, ast.Attribute) or node.attr != "create" or not _is_completions(node.value):
        return None
    value = context.evaluator.value_of(node.value)
    if isinstance(node.ctx, ast.Load):
        parent = context.source.parent(node)
        named = isinstance(parent, ast.Attribute) and (
            parent.attr in _MOCK_NAMES or parent.attr.startswith("assert_")
        )
        is_mock = named or "return_value" in _attributes(node.value)
        is_other = _is_chat(node.value) or OTHER_NAMES.search(context.source.node_text(node)) is not None
        return _DOUBLE if is_mock and not isinstance(value, Migrated) and not is_other else None
    known = not isinstance(value, Foreign | Unknown) or "Completions" in ast.dump(node.value)
    return _REPLACED if known else None


def _is_completions(node: ast.expr) -> bool:
    name = getattr(node, "attr", None) or getattr(node, "id", None)
    return name in ("completions", "Completions", "AsyncCompletions")


def _is_chat(node: ast.expr) -> bool:
    """`client.chat.completions` is another SDK's."""
    return isinstance(node, ast.Attribute) and getattr(node.value, "attr", "") == "chat"


def _attributes(node: ast.AST) -> set[str]:
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def _patched_name(context: Context, node: ast.AST) -> str | None:
    return _DOUBLE if is_patch_target(context, node) else None


def is_patch_target(context: Context, node: ast.AST) -> bool:
    """Whether a node is the old call's dotted name in a string, handed to a patcher."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    if "anthropic" not in node.value and not _is_path_to_method(context, node.value):
        return False
    parent = context.source.parent(node)
    if not isinstance(parent, ast.Call) or node not in parent.args or not _is_patcher(parent.func):
        return False
    return converted_name(node.value) is not None


def _is_path_to_method(context: Context, text: str) -> bool:
    """`bot.client.completions.create`: a way through the user's own module."""
    is_other = "chat.completions" in text or OTHER_NAMES.search(text) is not None
    is_path = re.fullmatch(r"(?:\w+\.)+completions\.create", text) is not None
    return is_path and not is_other and OTHER_CLIENTS.search(context.source.data) is None


def _is_patcher(function: ast.expr) -> bool:
    names = _attributes(function) | {part.id for part in ast.walk(function) if isinstance(part, ast.Name)}
    return not names.isdisjoint(_PATCHERS)


def _patched_object(context: Context, node: ast.AST) -> str | None:
    """`patch.object(client.completions, "create")` and `monkeypatch.setattr(…)` of the same form."""
    if not isinstance(node, ast.Call) or len(node.args) < 2 or not _is_patcher(node.func):
        return None
    target, name = node.args[0], node.args[1]
    if not isinstance(name, ast.Constant) or name.value not in ("create", "completions", "Completions"):
        return None
    value = context.evaluator.value_of(target)
    if name.value == "create":
        return _DOUBLE if _is_old_resource(context, target) else None
    return _DOUBLE if isinstance(value, Client | Symbol) else None


def is_patched_resource(context: Context, load: ast.expr) -> bool:
    """Whether `client.completions` stands in a call that replaces its `create` for a test."""
    call = context.source.parent(load)
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "type":
        call = context.source.parent(call)
    return isinstance(call, ast.Call) and _patched_object(context, call) is not None


def _is_old_resource(context: Context, target: ast.expr) -> bool:
    if isinstance(target, ast.Call) and len(target.args) == 1 and getattr(target.func, "id", "") == "type":
        target = target.args[0]
    value = context.evaluator.value_of(target)
    if isinstance(value, Symbol):
        return value.path.endswith("Completions")
    if not _is_completions(target) or _is_chat(target):
        return False
    if isinstance(value, Resource):
        return True
    return isinstance(value, Unknown) and OTHER_CLIENTS.search(context.source.data) is None


# -- imitations -----------------------------------------------------------------------------------


def _fake_method(context: Context, node: ast.AST) -> str | None:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    arguments = {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}
    if "max_tokens_to_sample" not in arguments or "prompt" not in arguments:
        return None
    owner = context.source.parent(node)
    names = node.name + (owner.name if isinstance(owner, ast.ClassDef) else "")
    is_fake = is_test_code(context) and (node.name == "create" or FAKE_NAME.search(names) is not None)
    return _FAKE if is_fake and not node.name.startswith("test_") else None


def _imitation(context: Context, node: ast.AST) -> str | None:
    """A stand-in for the client, or for the reply."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return None
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
    paths = paths_of(context, node.func)
    if len(paths) == 1:  # `SimpleNamespace as NS`
        (path,) = paths
        name = path.rpartition(".")[2]
    above = context.source.parent(node)
    if name in _STAND_INS:
        for keyword in node.keywords:
            if keyword.arg == "completions" and _has_create(keyword.value) and not _is_keyword(above, "chat"):
                return _DOUBLE if OTHER_CLIENTS.search(context.source.data) is None else None
        is_reply = is_reply_call(node) and not _is_number(node.keywords)
        return FAKE_REPLY if is_reply and is_test_code(context) else None
    if name == "Completion" and is_reply_call(node) and is_test_code(context):
        value = context.evaluator.value_of(node.func)
        ours = isinstance(value, Migrated) or (
            isinstance(value, Symbol) and value.path.endswith(".Completion")
        )
        return FAKE_REPLY if ours else None
    return None


def _is_number(keywords: list[ast.keyword]) -> bool:
    """`Mock(prompt=12, completion=30)` counts tokens; it is no reply."""
    values = (keyword.value for keyword in keywords if keyword.arg == "completion")
    return any(isinstance(value, ast.Constant) and not isinstance(value.value, str) for value in values)


def _has_create(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and any(keyword.arg == "create" for keyword in node.keywords)


def _is_keyword(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.keyword) and node.arg == name


def _stored_text(context: Context, node: ast.AST) -> str | None:
    """`mock_response.completion = "hello"`, on an object made of a mock class."""
    if (
        not isinstance(node, ast.Attribute)
        or node.attr != "completion"
        or not isinstance(node.ctx, ast.Store)
    ):
        return None
    statement = context.source.statement(node)
    value_set = statement.value if isinstance(statement, ast.Assign) else None
    if not is_test_code(context) or (
        isinstance(value_set, ast.Constant) and not isinstance(value_set.value, str)
    ):
        return None
    if "return_value" in _attributes(node.value):
        return FAKE_REPLY
    value = context.evaluator.value_of(node.value)
    is_mock = isinstance(value, Foreign) and any(f"{name} of" in value.what for name in _STAND_INS)
    return FAKE_REPLY if is_mock else None


# -- assertions and routes ------------------------------------------------------------------------


def _asserted_key(context: Context, node: ast.AST) -> str | None:
    """The prompt's or the limit's old name in an `assert`."""
    if asserts_prompt(context, node):
        return _ASSERTED
    if not isinstance(node, ast.Constant) or node.value != "max_tokens_to_sample":
        return None
    parent = context.source.parent(node)
    statement = context.source.statement(node)
    if isinstance(statement, ast.Assert) and isinstance(parent, ast.Subscript | ast.Compare):
        return _ASSERTED if is_test_code(context) else None
    return None


def _asserted_call(context: Context, node: ast.AST) -> str | None:
    """`create.assert_called_with(prompt=…, max_tokens_to_sample=…)`, however the mock is called."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    named = {keyword.arg for keyword in node.keywords}
    if "max_tokens_to_sample" not in named or not is_test_code(context):
        return None
    return _ASSERTED if node.func.attr.startswith("assert_") else None


def is_route(context: Context, node: ast.AST) -> bool:
    """Whether a text is the address in a mocked route to the old endpoint."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    if not _COMPLETE_URL.search(node.value) or len(node.value) > 200:
        return False
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt):
        current = context.source.parent(current)
        if current is not None and is_router(context, current):
            return True
    return False


def _route(context: Context, node: ast.AST) -> str | None:
    return _ROUTE if is_route(context, node) else None


def is_router(context: Context, node: ast.AST) -> bool:
    """Whether a call is one of a tool that answers requests in tests: it sends none."""
    if not isinstance(node, ast.Call):
        return False
    root = node.func
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.value if isinstance(root, ast.Attribute) else root.func
    if any(_ROUTERS.search(path) for path in paths_of(context, root)):
        return True
    value = context.evaluator.value_of(root)
    if isinstance(value, Foreign) and _ROUTERS.search(value.what):
        return True
    return isinstance(root, ast.Name) and root.id in _ROUTER_FIXTURES and is_test_code(context)


_FORMS = {
    ast.Attribute: (_replaced_method, _stored_text, fake_parts),
    ast.Constant: (_patched_name, _asserted_key, _route),
    ast.Call: (_patched_object, _imitation, _asserted_call, fake_parts),
    ast.ClassDef: (fake_client, fake_reply),
    ast.FunctionDef: (_fake_method,),
    ast.AsyncFunctionDef: (_fake_method,),
}
