# Knows values that choose between the two turn markers. Plans edits of the choice alone.
"""Read a marker that a condition chooses, and write the role that it chooses instead.

    before: prompt += f"{HUMAN_PROMPT if m.role == 'user' else AI_PROMPT} {m.text}"
    after:  prompt.append({"role": "user" if m.role == 'user' else "assistant", "content": f"{m.text}"})
    before: who = AI_PROMPT if m.user == bot else HUMAN_PROMPT
    after:  who = "assistant" if m.user == bot else "user"

The name of a choice goes into the role as it is, if nothing else reads it. A condition that does more
than to compare and look up values is not moved.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.edits import Edit
from codemods.flow import Definition
from codemods.plans import Context, Touch
from codemods.template_holes import holes_at
from codemods.template_nodes import Template
from migrate.markers import MARKERS

_ROLES = {text: role for role, text in MARKERS.items()}
_PLAIN = (
    ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Name, ast.Attribute, ast.Subscript, ast.Constant,
    ast.cmpop, ast.boolop, ast.unaryop, ast.expr_context, ast.Tuple, ast.List, ast.Set,
)  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """A choice between the markers. load: what stands in the prompt. definition: of its name, if any."""

    load: ast.expr
    chosen: ast.IfExp
    definition: Definition | None = None


def choice_of(context: Context, node: ast.expr) -> Choice | None:
    """The choice that an expression is, or is the name of; None if it is something else."""
    field = context.source.parent(node)
    if isinstance(field, ast.FormattedValue) and (field.conversion != -1 or field.format_spec is not None):
        return None
    if isinstance(node, ast.IfExp):
        return Choice(node, node) if _is_choice(context, node) else None
    if not isinstance(node, ast.Name):
        return None
    reaching = context.flow.reaching(node)
    if len(reaching.definitions) != 1 or not reaching.complete:
        return None
    (definition,) = reaching.definitions
    value = definition.value
    plain = definition.kind == "assign" and not definition.path and isinstance(definition.node, ast.Assign)
    if not plain or not isinstance(value, ast.IfExp) or not context.can_edit(definition):
        return None
    return Choice(node, value, definition) if _is_choice(context, value) else None


def _is_choice(context: Context, node: ast.IfExp) -> bool:
    roles = {_ROLES.get(context.evaluator.text_of(arm) or "") for arm in (node.body, node.orelse)}
    return roles == set(MARKERS) and context.source.is_placed(node) and _may_move(context, node.test)


def _may_move(context: Context, test: ast.expr) -> bool:
    """Whether a condition only looks at values, none of which is a marker that goes."""
    for part in ast.walk(test):
        if not isinstance(part, _PLAIN) or not context.source.is_placed(part):
            return False
        if isinstance(part, ast.Name | ast.Attribute) and context.evaluator.text_of(part) in _ROLES:
            return False
    return True


def role_code(context: Context, template: Template, at: int) -> str:
    """The expression of the role that is chosen at an offset of a template's flat text."""
    choice = choice_of(context, holes_at(template)[at])
    assert choice is not None
    if choice.definition is not None:
        return context.source.node_text(choice.load)
    body, orelse = (_role(context, arm) for arm in (choice.chosen.body, choice.chosen.orelse))
    return f"{body} if {context.source.node_text(choice.chosen.test)} else {orelse}"


def touches_of_choice(context: Context, choice: Choice) -> Iterator[Touch]:
    """The edit of the name's definition, which all its readers have to agree to."""
    if choice.definition is not None:
        arms = (choice.chosen.body, choice.chosen.orelse)
        edits = tuple(Edit(*context.source.span(arm), (_role(context, arm),)) for arm in arms)
        yield Touch(choice.definition, choice.load, edits)


def _role(context: Context, arm: ast.expr) -> str:
    return f'"{_ROLES[context.evaluator.text_of(arm) or ""]}"'
