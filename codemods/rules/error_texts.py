# Knows the words of the old server's errors. Finds; edits nothing.
"""Find code that knows the old server by its words.

    found:  except anthropic.BadRequestError as error:
                if "prompt must start with" in str(error): …
    found:  pytest.raises(anthropic.BadRequestError, match="prompt must end with")
    write:  test the exception's class, `error.status_code` or `error.body["error"]["type"]`

Messages words its errors differently. Sources of the old words: anthropics/anthropic-sdk-python#609,
BerriAI/litellm#1014; anthropic 0.2.10 `api.py` for the client's own.

Left in silence: code that raises such a text itself, or prints it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.reported import Left, mentions_sdk

_WORDS = re.compile(
    r"[Pp]rompt must (?:start|end|contain|begin)|must start with.{0,12}Human:|is not supported on this API"
    r"|max_tokens_to_sample: |Prompt must contain anthropic\."
)
_MATCHERS = frozenset(
    ("search", "match", "fullmatch", "findall", "compile", "startswith", "endswith", "find", "count", "index",
     "raises", "assertIn", "assertRaisesRegex", "assertRegex")
)  # fmt: skip
_REASON = "code that matches the old server's error text; Messages words its errors differently"
_ADVICE = (
    "test the exception's class (anthropic.BadRequestError), or "
    'error.body["error"]["type"] == "invalid_request_error"'
)


def error_texts(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or len(node.value) > 300:
        return
    if _WORDS.search(node.value) and mentions_sdk(context) and _is_matched(context, node, deep=True):
        yield "TC408", node, _REASON, _ADVICE


def _is_matched(context: Context, node: ast.expr, deep: bool) -> bool:
    """Whether a text is looked for in another, here or by the name it is given."""
    above = context.source.parent(node)
    while isinstance(above, ast.Tuple | ast.List | ast.Set | ast.keyword):
        if isinstance(above, ast.keyword) and above.arg == "match":
            return True
        if not isinstance(above, ast.keyword):
            node = above
        above = context.source.parent(above)
    if isinstance(above, ast.Compare):
        return True
    if isinstance(above, ast.Call) and node in above.args:
        name = getattr(above.func, "attr", None) or getattr(above.func, "id", None)
        return name in _MATCHERS
    if isinstance(above, ast.comprehension | ast.For) or not deep:
        return isinstance(above, ast.comprehension | ast.For)
    uses = (use for one in context.definitions_of_value(node) for use in context.flow.uses(one))
    return any(_is_matched(context, use, deep=False) for use in uses)
