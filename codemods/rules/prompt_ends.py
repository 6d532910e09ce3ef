"""Tell how a prompt that is converted at run time may end: with an open Assistant turn, or with its words.

converted: prompt=history + AI_PROMPT
adapter:   prompt=f"{history}{AI_PROMPT} {{"
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.hidden_turns import MOST_STEPS, closure_of
from codemods.rules.loose_markers import is_marker
from codemods.template_nodes import HOLE
from codemods.templates import returned_expressions

_DEEPEST = 8
_LABEL = re.compile(r"(?:Human|Assistant):")


def may_end_in_prefill(context: Context, node: ast.expr) -> bool:
    """Whether a text that goes into the prompt has words after an Assistant marker.

    The models that most calls move to refuse a prefill; only the adapter can choose another one
    once it sees the prompt.
    """
    if _ends_open(context, node):
        return False
    nodes = list(closure_of(context, node))
    if len(nodes) >= MOST_STEPS:
        return True
    flats = [flat for part in nodes for flat in _flats(context, part)]
    if any(_ends_in_words(flat) for flat in flats) or any(_is_put_in(context, part) for part in nodes):
        return True
    tails = [flat.rpartition(HOLE)[2] for flat in flats if HOLE in flat]
    if not any(tail.strip() and not _LABEL.search(tail) for tail in tails):
        return False
    return any(is_marker(context, part) for part in nodes)  # words behind a prompt that is built elsewhere


_OPEN_END = re.compile(r"\n\nAssistant:[ \t\r\n]*\Z")


def _ends_open(context: Context, node: ast.expr, depth: int = 0) -> bool:
    """Whether a text surely ends with an Assistant marker, whatever stands before it."""
    if depth > _DEEPEST:
        return False
    if isinstance(node, ast.IfExp):
        return all(_ends_open(context, one, depth + 1) for one in (node.body, node.orelse))
    if _OPEN_END.search(context.templates.template_of(node).flat):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        text, last = context.evaluator.text_of(node.left), _last_value(node.right)
        return text is not None and text.rstrip().endswith("%s") and _ends_open(context, last, depth + 1)
    ends: Sequence[ast.expr | None] = ()
    if isinstance(node, ast.Name):
        reaching = context.flow.reaching(node)
        ends = [end for one in reaching.definitions for end in _last_texts(context, one)]
        ends = ends if reaching.complete else ()
    elif isinstance(node, ast.Call):
        function = context.templates.members.function_of(node)
        ends = returned_expressions(function) if function is not None else ()
    return bool(ends) and all(end is not None and _ends_open(context, end, depth + 1) for end in ends)


def _last_value(node: ast.expr) -> ast.expr:
    return node.elts[-1] if isinstance(node, ast.Tuple) and node.elts else node


def _is_put_in(context: Context, node: ast.AST) -> bool:
    """Whether a turn marker is put into a text by `.format` or `%`: the words around it are not seen."""
    if not is_marker(context, node):
        return False
    above = context.source.parent(node)
    above = context.source.parent(above) if isinstance(above, ast.keyword | ast.Tuple) else above
    if isinstance(above, ast.BinOp):
        return isinstance(above.op, ast.Mod) and above.left is not node
    return isinstance(above, ast.Call) and getattr(above.func, "attr", "") == "format"


def _last_texts(context: Context, definition: Definition) -> Sequence[ast.expr | None]:
    """What a definition leaves at the end of its name; None where that is not in sight."""
    if definition.kind == "parameter":
        return context.evaluator.passed_arguments(definition.scope.node, definition.name) or [None]
    if definition.kind in ("assign", "augment") and not definition.path:
        return [definition.value]
    return [None]


def _flats(context: Context, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Call):
        yield context.templates.template_of(node).flat
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for definition in context.flow.reaching(node).definitions:
            template = context.templates.template_of_definition(definition)
            if template is not None:
                yield template.flat


def _ends_in_words(flat: str) -> bool:
    labels = list(_LABEL.finditer(flat))
    return bool(labels) and labels[-1].group() == "Assistant:" and bool(flat[labels[-1].end() :].strip())
