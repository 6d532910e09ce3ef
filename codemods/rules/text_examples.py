# Knows strings that hold code. Finds; edits nothing.
"""Find examples of the old call in docstrings and other texts.

    found:  \"\"\"Ask.

                client.completions.create(model="claude-2", max_tokens_to_sample=9, prompt=…)
            \"\"\"

The suggestion is the example as the tool itself would rewrite it, where it can be read alone.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator

from codemods.example_blocks import code_blocks
from codemods.plans import Context
from codemods.rules.reported import Left

_EXAMPLE = re.compile(r"\.completions?\.create\(|\.completion\(\s*prompt")
_OLD_WORDS = ("max_tokens_to_sample", "HUMAN_PROMPT")
_LONGEST = 20_000  # characters; longer texts are data


def text_examples(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    text = node.value
    if _EXAMPLE.search(text) and any(word in text for word in _OLD_WORDS):
        yield (
            "TC407",
            node,
            "a text shows the old call",
            _converted(context, text) or "show client.messages.create(...)",
        )


def _converted(context: Context, text: str) -> str | None:
    if context.rewrite_example is None or len(text) > _LONGEST:
        return None
    changed = []
    for block in code_blocks(text):
        code = context.rewrite_example(block.code)
        if code is not None:
            changed.append(block.in_form(code).strip("\n"))
    return "\n\n".join(changed) or context.rewrite_example(textwrap.dedent(text))
