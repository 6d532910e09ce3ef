# Knows how tests imitate the client by objects with `completions`. Finds; edits nothing.
"""Find what a test hands over in place of the client: an object that has `completions` and no `messages`.

    found:  class FakeAnthropic:
                completions = FakeCompletions()
    found:  def __init__(self):
                self.completions = FakeCompletions()
    found:  Fake(completions=Fake(create=fake_create))

Rewritten code asks such an object for `messages`, which it lacks. Left in silence: what may imitate
`client.chat.completions` of another SDK, and all code that is no test.
"""

from __future__ import annotations

import ast
import re

from codemods.plans import Context
from codemods.rules.reported import is_test_code

_CLIENT = "a fake of the old client: rewritten code asks it for `messages`"
# A file that imitates a `chat` or another provider: its `completions` may belong to that.
_OTHERS = re.compile(rb"\bchat\b|openai|litellm|groq|together|cohere|mistral", re.I)


def stands_for_client(context: Context, node: ast.AST) -> str | None:
    """Why a node that gives an object its `completions` is out of date; None if it is something else."""
    if not is_test_code(context) or _OTHERS.search(context.source.data) is not None:
        return None
    in_class = isinstance(context.source.parent(node), ast.ClassDef)
    if isinstance(node, ast.ClassDef):
        return _CLIENT if node.name == "completions" and in_class else None
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return _CLIENT if any(_is_attribute(target, in_class) for target in targets) else None
    if isinstance(node, ast.Call):
        return _CLIENT if any(_gives_create(keyword) for keyword in node.keywords) else None
    return None


def suggested_head(context: Context, node: ast.ClassDef) -> str:
    """The first line of a class that has to take another name."""
    start, end = context.source.span(node)[0], context.source.span(node.body[0])[0]
    head = context.source.text((start, end)).rstrip()
    return head.replace("completions", "messages", 1)


def _is_attribute(target: ast.expr, in_class: bool) -> bool:
    if isinstance(target, ast.Attribute):
        return target.attr == "completions"
    return in_class and isinstance(target, ast.Name) and target.id == "completions"


def _gives_create(keyword: ast.keyword) -> bool:
    value = keyword.value
    is_made = isinstance(value, ast.Call) and any(one.arg == "create" for one in value.keywords)
    return keyword.arg == "completions" and is_made
