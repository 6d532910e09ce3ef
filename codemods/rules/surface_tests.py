# Knows how code asks whether the SDK has the old API. Edits what a client is surely asked; reports the rest.
"""Tests of whether the SDK has Text Completions: with the SDK of the new code they turn out otherwise.

    before: if hasattr(client, "completions"):
    after:  if hasattr(client, "messages"):        a client of the SDK, and no old call stays
    before: assert callable(client.completions.create)
    after:  assert callable(client.messages.create)
    found:  if hasattr(anthropic, "HUMAN_PROMPT"):  TC426, as are the following
    found:  if "completions" in dir(client):
    found:  if hasattr(llm, "completions"):         where `llm` may be something else
    found:  if anthropic.__version__ < "1":         in version_tests.py

A client has `messages` before and after (SDK 0.16.0 to 2.12.0): the new test passes where the old one did.

Left in silence: other SDKs, objects of the user's own, and `client.chat.completions`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.edits import Edit
from codemods.plans import Context, Site
from codemods.rules.fake_classes import OTHER_NAMES
from codemods.rules.removed_names import REMOVED
from codemods.rules.reported import Left, mentions_sdk
from codemods.rules.token_counts import TOKEN_NAMES
from codemods.sdk_surface import PROMPT_CONSTANTS, RESPONSE_WRAPPERS, client_flavour, is_none
from codemods.values import Client, Foreign, Symbol, Unknown, Value, WrappedClient

RULE = "TC426"
TESTED = "a client is asked for `messages`, which it has before and after"
STAYS = "the test of `completions` stays for the calls that are left; it fails from SDK 1.0 on"

_OLD_METHODS = frozenset({"completion", "acompletion", "completion_stream", "acompletion_stream"})
_OLD_ATTRIBUTES = frozenset({"completions", *_OLD_METHODS, *TOKEN_NAMES, *PROMPT_CONSTANTS})
# Those that say something of an object nobody knows: a response has `completion`, others count tokens too.
_TELLING = frozenset({"completions", *_OLD_METHODS}) - {"completion"}
# What the resources of both APIs have.
_SHARED = frozenset({"create", *RESPONSE_WRAPPERS})
_LITERAL = re.compile(r"""[uUrR]?('{3}|"{3}|'|")completions\1""")
_GONE = (
    "`{0}` is gone from SDK 1.0 on: this test turns out otherwise there, whatever the rewritten calls need"
)
_MAY_BE = "whether this is an Anthropic client cannot be told; a client has no `{0}` from SDK 1.0 on"


# -- tests that are rewritten ---------------------------------------------------------------------


def is_only_tested(context: Context, site: Site) -> bool:
    """Whether a load of the old resource or method is only asked about: is it there, can it be called."""
    node: ast.AST = site.load
    above = context.source.parent(node)
    while isinstance(above, ast.Attribute) and above.attr in _SHARED:
        node, above = above, context.source.parent(above)
    if isinstance(above, ast.Call) and node in above.args:
        return _asks_about(above)
    if isinstance(above, ast.Compare) and len(above.ops) == 1:
        return isinstance(above.ops[0], ast.Is | ast.IsNot) and _is_none_text(above.comparators[0])
    return _is_condition(context, node)


def _asks_about(call: ast.Call) -> bool:
    name = getattr(call.func, "id", "")
    if name == "hasattr" and len(call.args) == 2:
        return isinstance(call.args[1], ast.Constant) and call.args[1].value in _SHARED
    return name in ("callable", "bool") and len(call.args) == 1


def _is_none_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_condition(context: Context, node: ast.AST) -> bool:
    """Whether a value decides a branch, or is looked up and thrown away."""
    above = context.source.parent(node)
    if isinstance(above, ast.BoolOp):
        return _is_condition(context, above)
    if isinstance(above, ast.UnaryOp):
        return isinstance(above.op, ast.Not)
    if isinstance(above, ast.If | ast.While | ast.IfExp | ast.Assert):
        return above.test is node
    return isinstance(above, ast.Expr)


def renamed_tests(context: Context) -> Iterator[tuple[ast.Call, Edit, str]]:
    """Each `hasattr(client, "completions")` of a sure client, its edit, and the test to write."""
    for call in context.source.nodes_of(ast.Call):
        name = _name_literal(context, call)
        if name is not None and _is_sure_client(context, call.args[0]):
            new = context.source.node_text(name).replace("completions", "messages")
            edit = Edit(*context.source.span(name), (new,))
            yield call, edit, _asking(context, call, call.args[0], "messages")


def _name_literal(context: Context, call: ast.Call) -> ast.expr | None:
    """The literal "completions" that `hasattr` is called with; None if it is not written there."""
    if getattr(call.func, "id", "") != "hasattr" or len(call.args) != 2 or call.keywords:
        return None
    name = call.args[1]
    if not isinstance(name, ast.Constant) or not context.source.is_placed(name):
        return None
    return name if _LITERAL.fullmatch(context.source.node_text(name)) else None


def _is_sure_client(context: Context, node: ast.expr) -> bool:
    """Whether it is nothing but a client, or as much of one as the receiver of a call beside the test is."""
    if not _is_client(context.evaluator.value_of(node)):
        return False
    values = [one for one in context.evaluator.values_of(node) if not is_none(one)]
    return all(_is_client(one) for one in values) or _is_called_beside(context, node)


def _is_called_beside(context: Context, node: ast.expr) -> bool:
    same, around = ast.dump(node), _function_of(context, node)
    return any(
        type(site) is Site
        and ast.dump(site.load.value) == same
        and _function_of(context, site.load) is around
        for site in context.sites
    )


def _function_of(context: Context, node: ast.AST) -> ast.AST | None:
    above = context.source.parent(node)
    while above is not None and not isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        above = context.source.parent(above)
    return above


def _is_client(value: Value) -> bool:
    client = value.client if isinstance(value, WrappedClient) else value
    return isinstance(client, Client) and client.flavour != "bedrock_package"


# -- tests that are reported ----------------------------------------------------------------------


def surface_tests(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    asked = _asked(context, node)
    if asked is None or _is_all_the_same(context, node):
        return
    owner, name = asked
    value = context.evaluator.value_of(owner)
    if isinstance(value, Symbol):
        yield from _of_symbol(context, node, owner, value, name)
    elif name not in _OLD_ATTRIBUTES:
        return
    elif isinstance(value, Client | WrappedClient):
        if isinstance(node, ast.Call) and _name_literal(context, node) and _is_sure_client(context, owner):
            return  # rewritten, or left for the calls that are
        yield RULE, node, _GONE.format(name), _asking(context, node, owner, "messages")
    elif name in _TELLING and _may_be_ours(context, owner, value):
        advice = _asking(context, node, owner, "messages")
        yield RULE, node, _MAY_BE.format(name), f"{advice}  # if it is an Anthropic client"


def _asked(context: Context, node: ast.AST) -> tuple[ast.expr, str] | None:
    """What is asked for an attribute, and for which: `hasattr(x, "name")`, `"name" in dir(x)`."""
    if isinstance(node, ast.Call):
        is_test = getattr(node.func, "id", "") == "hasattr" and len(node.args) == 2
        name = context.evaluator.text_of(node.args[1]) if is_test else None
        return (node.args[0], name) if name is not None else None
    if (
        not isinstance(node, ast.Compare)
        or len(node.ops) != 1
        or not isinstance(node.ops[0], ast.In | ast.NotIn)
    ):
        return None
    owner = _listed(node.comparators[0])
    name = context.evaluator.text_of(node.left) if owner is not None else None
    return (owner, name) if owner is not None and name is not None else None


def _listed(node: ast.expr) -> ast.expr | None:
    """The object whose names an expression lists: `dir(x)`, `vars(x)`, `x.__dict__`, `x.__all__`."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("dir", "vars") and len(node.args) == 1:
        return node.args[0]
    return node.value if isinstance(node, ast.Attribute) and node.attr in ("__dict__", "__all__") else None


def _is_all_the_same(context: Context, node: ast.AST) -> bool:
    """Whether a test chooses between two ways to say one text: `H = anthropic.HUMAN_PROMPT`, `H = "…"`."""
    above = context.source.parent(node)
    if isinstance(above, ast.IfExp):
        first, second = context.evaluator.text_of(above.body), context.evaluator.text_of(above.orelse)
        return first is not None and first == second
    if not isinstance(above, ast.If) or above.test is not node:
        return False
    texts = [_bound_texts(context, block) for block in (above.body, above.orelse)]
    return texts[0] is not None and texts[0] == texts[1]


def _bound_texts(context: Context, block: list[ast.stmt]) -> dict[str, str] | None:
    """The names that a block binds to texts; None if it does anything else."""
    found: dict[str, str] = {}
    for statement in block:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        text = context.evaluator.text_of(statement.value) if isinstance(statement, ast.Assign) else None
        if not isinstance(target, ast.Name) or text is None:
            return None
        found[target.id] = text
    return found


def _of_symbol(context: Context, node: ast.AST, owner: ast.expr, value: Symbol, name: str) -> Iterator[Left]:
    """A module or a class of the SDK is asked for something that left it."""
    path = f"{value.path}.{name}"
    if client_flavour(value) is not None:
        if name in _OLD_ATTRIBUTES:
            yield RULE, node, _GONE.format(path), _asking(context, node, owner, "messages")
    elif path in REMOVED:
        new = REMOVED[path].partition(",")[0].rpartition(".")[2]
        same = REMOVED[path].startswith(f"{value.path}.{new}")
        advice = _asking(context, node, owner, new) if same else f"{REMOVED[path]}, which takes its place"
        yield RULE, node, _GONE.format(path), advice
    elif name in PROMPT_CONSTANTS or name in TOKEN_NAMES or path.endswith("types.Completion"):
        known = "Message" if name == "Completion" else "Anthropic"
        yield RULE, node, _GONE.format(path), _asking(context, node, owner, known)


def _asking(context: Context, node: ast.AST, owner: ast.expr, name: str) -> str:
    """The same test, of another name."""
    text = context.source.node_text(owner)
    if isinstance(node, ast.Compare):
        word = "not in" if isinstance(node.ops[0], ast.NotIn) else "in"
        return f'"{name}" {word} dir({text})'
    return f'hasattr({text}, "{name}")'


def _may_be_ours(context: Context, owner: ast.expr, value: Value) -> bool:
    """Whether something unknown may be a client: by what the file speaks of, or calls on the same thing."""
    if getattr(owner, "attr", "") == "chat" or not isinstance(value, Foreign | Unknown):
        return False
    if isinstance(value, Foreign) and (" of " not in value.what or OTHER_NAMES.search(value.what)):
        return False
    if isinstance(value, Unknown) and mentions_sdk(context):
        return True
    same = ast.dump(owner)
    return any(
        node.attr in ("completions", "messages") and ast.dump(node.value) == same
        for node in context.source.nodes_of(ast.Attribute)
    )
