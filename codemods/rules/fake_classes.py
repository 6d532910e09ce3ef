# Knows the classes that tests write in place of a client or a reply, and what they read of calls. Finds only.
"""Find hand-written fakes of the old client, and what tests read of the calls that reached them.

    found:  class FakeAnthropic:
                completions = FakeCompletions()           also `self.completions = …`, or a class in the class
    write:  class FakeAnthropic:
                messages = FakeCompletions()
    found:  class FakeReply:
                completion = " hi"
    write:  class FakeReply:
                content = [TextBlock(type="text", text=" hi")]
    found:  assert "hello" in create.call_args.kwargs["prompt"]
    found:  assert "hello" in seen["prompt"]              after `seen.update(kwargs)` in the fake
    write:  assert "hello" in seen["messages"][-1]["content"]

Left in silence: fakes whose `create` takes `messages`, those of other SDKs, and classes outside of tests
that nothing is handed.
"""

from __future__ import annotations

import ast
import re

from codemods.plans import Context
from codemods.rules.reported import is_test_code
from codemods.values import Abroad, Foreign, UserClass, UserInstance

FAKE_NAME = re.compile(r"fake|mock|stub|dummy|test|double|spy", re.I)
OTHER_NAMES = re.compile(r"openai|litellm|groq|together|cohere|mistral", re.I)
OTHER_CLIENTS = re.compile(rb"^\s*(?:import|from)\s+(?:openai|litellm|groq|together|cohere)\b", re.M)
FAKE_CLIENT = "a fake of the old client: rewritten calls go through `messages`, which it has not"
FAKE_REPLY = "a reply of the old shape, made by hand: rewritten code reads its text from `content`"

_OTHER_FAKES = re.compile(r"chat|openai|litellm|groq|together|cohere|mistral", re.I)
_CALL_RECORDS = frozenset({"call_args", "call_args_list", "mock_calls"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def fake_client(context: Context, node: ast.AST) -> str | None:
    """`class FakeAnthropic: completions = FakeCompletions()`."""
    if not isinstance(node, ast.ClassDef) or not _is_fake_of_ours(context, node):
        return None
    return FAKE_CLIENT if any(_makes(context, node, part) for part in ast.walk(node)) else None


def fake_parts(context: Context, node: ast.AST) -> str | None:
    """`Fake(completions=Fake(create=ask))` and `fake.completions = …` in a test."""
    if not (_gives_completions(node) or _sets_completions(node)) or not is_test_code(context):
        return None
    return FAKE_CLIENT if OTHER_CLIENTS.search(context.source.data) is None else None


def _gives_completions(node: ast.AST) -> bool:
    named = node.keywords if isinstance(node, ast.Call) else ()
    given = [one.value for one in named if one.arg == "completions"]
    return any(part.arg == "create" for one in given if isinstance(one, ast.Call) for part in one.keywords)


def _sets_completions(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr != "completions":
        return False
    return isinstance(node.ctx, ast.Store) and getattr(node.value, "id", "self") != "self"


def _is_fake_of_ours(context: Context, node: ast.ClassDef) -> bool:
    if _OTHER_FAKES.search(node.name) is not None:
        return False
    if "nthropic" not in node.name and OTHER_CLIENTS.search(context.source.data) is not None:
        return False
    return is_test_code(context) or (
        FAKE_NAME.search(node.name) is not None and _is_handed_over(context, node)
    )


def _is_handed_over(context: Context, node: ast.ClassDef) -> bool:
    """Whether the class or an object of it is an argument of a call."""
    for scope in context.flow.scopes.values():
        for definition in scope.definitions.get(node.name, ()):
            for use in context.flow.uses(definition) if definition.node is node else ():
                above = context.source.parent(use)
                if isinstance(above, ast.Call) and above.func is use:
                    above = context.source.parent(above)
                if isinstance(above, ast.Call | ast.keyword):
                    return True
    return False


def _makes(context: Context, owner: ast.ClassDef, part: ast.AST) -> bool:
    """Whether a part of a class gives it `completions` with an old `create`."""
    above = context.source.parent(part)
    if isinstance(part, ast.ClassDef):
        return part.name == "completions" and above is owner and _creates(part)
    if isinstance(part, ast.Assign | ast.AnnAssign) and part.value is not None:
        targets = part.targets if isinstance(part, ast.Assign) else [part.target]
        own = any(isinstance(one, ast.Name) and one.id == "completions" for one in targets) and above is owner
        kept = any(
            isinstance(one, ast.Attribute)
            and one.attr == "completions"
            and getattr(one.value, "id", "") == "self"
            for one in targets
        )
        return (own or kept) and _gives_create(context, owner, part.value)
    return (
        isinstance(part, _FUNCTIONS)
        and part.name == "completions"
        and bool(part.decorator_list)
        and above is owner
    )


def _gives_create(context: Context, owner: ast.ClassDef, value: ast.expr) -> bool:
    if isinstance(value, ast.Name) and value.id == "self":
        return _creates(owner)
    found = context.evaluator.value_of(value)
    found = found.value if isinstance(found, Abroad) else found
    if isinstance(found, UserInstance | UserClass):
        return _creates(found.node)
    return isinstance(found, Foreign) and re.search(r"Mock|SimpleNamespace", found.what) is not None


def _creates(node: ast.ClassDef) -> bool:
    """Whether a class has a `create` that is not the new one."""
    for part in node.body:
        if isinstance(part, _FUNCTIONS) and part.name == "create":
            named = {one.arg for one in (*part.args.args, *part.args.kwonlyargs)}
            return "messages" not in named
    return False


def fake_reply(context: Context, node: ast.AST) -> str | None:
    """`class FakeReply: completion = " hi"`."""
    if not isinstance(node, ast.ClassDef) or not is_test_code(context):
        return None
    if b"completions" not in context.source.data or OTHER_NAMES.search(node.name) is not None:
        return None
    parts = [part for part in ast.walk(node) if isinstance(part, ast.Assign | ast.AnnAssign)]
    return FAKE_REPLY if any(_is_reply_text(context, node, part) for part in parts) else None


def _is_reply_text(context: Context, owner: ast.ClassDef, part: ast.Assign | ast.AnnAssign) -> bool:
    if isinstance(part.value, ast.Constant) and not isinstance(part.value.value, str):
        return False
    if isinstance(part.value, ast.Dict | ast.List | ast.Tuple | ast.Lambda):
        return False
    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
    in_class = context.source.parent(part) is owner
    return any(
        one.id == "completion" and in_class
        if isinstance(one, ast.Name)
        else isinstance(one, ast.Attribute)
        and one.attr == "completion"
        and getattr(one.value, "id", "") == "self"
        for one in targets
    )


# -- what the calls passed ------------------------------------------------------------------------


def asserts_prompt(context: Context, node: ast.AST) -> bool:
    """Whether a text is the key of the prompt in what an `assert` looks up of a call of the old method."""
    subscript = context.source.parent(node)
    if (
        not isinstance(node, ast.Constant)
        or node.value != "prompt"
        or not isinstance(subscript, ast.Subscript)
    ):
        return False
    if not isinstance(context.source.statement(node), ast.Assert) or not is_test_code(context):
        return False
    return _is_passed(context, subscript.value, 0)


def _is_passed(context: Context, subject: ast.expr, depth: int) -> bool:
    """Whether an expression holds the keyword arguments of a call of `create`."""
    while isinstance(subject, ast.Subscript) or (
        isinstance(subject, ast.Attribute) and subject.attr == "kwargs"
    ):
        subject = subject.value
    if isinstance(subject, ast.Attribute):
        return subject.attr in _CALL_RECORDS and _is_create(context, subject.value)
    if not isinstance(subject, ast.Name) or depth > 3:
        return False
    if any(_is_keywords(context, given) for given in context.changes_of(subject.id)):
        return True
    return any(
        _is_passed(context, one.value, depth + 1)
        for one in context.flow.reaching(subject).definitions
        if one.kind == "assign" and one.value is not None
    )


def _is_create(context: Context, mock: ast.expr) -> bool:
    """Whether a mock stands for the old method: by its place, or by the patch that gave it its name."""
    if isinstance(mock, ast.Attribute):
        return mock.attr == "create" and getattr(mock.value, "attr", "") == "completions"
    if not isinstance(mock, ast.Name):
        return False
    for definition in context.flow.reaching(mock).definitions:
        scope = definition.scope.node
        made = [definition.value] if definition.value is not None else getattr(scope, "decorator_list", [])
        texts = (part.value for one in made for part in ast.walk(one) if isinstance(part, ast.Constant))
        if any(isinstance(text, str) and re.search(r"ompletions\.create$|^create$", text) for text in texts):
            return True
    return False


def _is_keywords(context: Context, given: ast.expr) -> bool:
    """Whether an expression is the `**kwargs` of the function around it."""
    if not isinstance(given, ast.Name):
        return False
    function = context.source.parent(given)
    while function is not None and not isinstance(function, _FUNCTIONS):
        function = context.source.parent(function)
    return function is not None and function.args.kwarg is not None and function.args.kwarg.arg == given.id
