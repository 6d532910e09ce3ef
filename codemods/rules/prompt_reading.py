# What a prompt's template says: its turns, or why they cannot be read here. Plans nothing.
"""Read the layout of a prompt: system text, turns and prefill in the flat text of its template."""

from __future__ import annotations

import ast
import re

from codemods.plans import Context
from codemods.rules.hidden_turns import may_carry_markers, may_hide_turns
from codemods.rules.message_lists import Opaque
from codemods.rules.system_texts import is_system_in_sight
from codemods.template_nodes import HOLE, Hole, Template, Through
from codemods.turns import Layout, has_hole, layout_of
from migrate.errors import PromptError

_LABEL = re.compile(r"(?:Human|Assistant):")


def layout_of_prompt(context: Context, template: Template, *, is_one_of: bool) -> Layout:
    flat = template.flat
    if isinstance(template, Hole):
        raise Opaque(_why_opaque(context, template.node))
    if HOLE in flat and not _LABEL.search(flat):
        raise Opaque("no turn marker is visible in the prompt")
    for hole in template.holes():
        reason = may_carry_markers(context, hole) or may_hide_turns(context, hole)
        if reason is not None:
            raise Opaque(reason)
    try:
        layout = layout_of(flat)
    except PromptError as error:
        if _hole_at_an_edge(flat):
            raise Opaque("a value known only at run time stands where a turn marker is missing") from error
        if is_one_of or isinstance(template, Through):
            raise Opaque(f"the prompt may be one that the server refuses ({error})") from error
        raise
    start = _first_marker(flat)
    if has_hole(flat, (0, start)) and not is_system_in_sight(context, template, start):
        raise Opaque("the text before the first Human turn is known only at run time")
    return layout


def _why_opaque(context: Context, node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        definitions = context.flow.reaching(node).definitions
        if definitions and all(one.kind == "parameter" for one in definitions):
            return f"the prompt is the parameter {node.id}"
        if len(definitions) == 1:
            line = getattr(definitions[0].node, "lineno", "?")
            made, module = definitions[0].value, _module_of(context, definitions[0].node)
            if module is not None:
                return (
                    f"the prompt is {node.id} of {module}, and a prompt is taken apart in its own file only"
                )
            if isinstance(made, ast.Call) and definitions[0].kind == "assign":
                return f"the prompt is what {_called(context, made)} gives at line {line}"
            return f"the prompt is put together at line {line} in a way that is not followed"
        return f"the prompt {node.id} is built in several steps"
    if isinstance(node, ast.Call):
        return f"the prompt is what {_called(context, node)} gives"
    return "the prompt is built elsewhere"


def _module_of(context: Context, node: ast.AST) -> str | None:
    """The module that a name is imported from."""
    statement = context.source.parent(node) if isinstance(node, ast.alias) else None
    return (
        f"{'.' * statement.level}{statement.module or ''}" if isinstance(statement, ast.ImportFrom) else None
    )


def _called(context: Context, node: ast.Call) -> str:
    """The name of what is called, such as `template.render`, as far as it has one."""
    text = context.source.node_text(node.func)
    is_name = text.replace(".", "").replace("_", "").isalnum() and len(text) < 60
    return (
        f"`{text}`"
        if is_name
        else f"`.{node.func.attr}`"
        if isinstance(node.func, ast.Attribute)
        else "a call"
    )


def _first_marker(flat: str) -> int:
    match = _LABEL.search(flat)
    return match.start() if match else len(flat)


def _hole_at_an_edge(flat: str) -> bool:
    labels = list(_LABEL.finditer(flat))
    if not labels:
        return HOLE in flat
    return has_hole(flat, (0, labels[0].start())) or has_hole(flat, (labels[-1].end(), len(flat)))
