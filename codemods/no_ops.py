# Assignments that a rewrite left without a purpose. Knows edits and names; no API knowledge.
"""Take away `prompt = prompt`, which is left of a line that put turn markers around a text.

before: prompt = HUMAN_PROMPT + " " + prompt + AI_PROMPT
after:  (nothing: `prompt` is what it was)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from codemods.edits import Edit, apply_edits, moved
from codemods.plans import Context
from codemods.template_nodes import CannotCut, whole_statement


def no_op_edits(context: Context, edits: Sequence[Edit]) -> Iterator[Edit]:
    """The deletion of each statement that binds a name to itself once the edits are made.

    It stays where it shares its lines, stands alone in its block, or is what makes the name its scope's.
    """
    for node in context.source.nodes_of(ast.Assign):
        target = node.targets[0]
        start, end = context.source.span(node)
        touching = [edit for edit in edits if edit.start < end and start < edit.end]
        if not touching or len(node.targets) > 1 or not isinstance(target, ast.Name):
            continue
        if _binds_itself(context, node, target.id, touching):
            try:
                yield Edit(*whole_statement(context.source, node))
            except CannotCut:
                continue


def _binds_itself(context: Context, node: ast.Assign, target: str, edits: Sequence[Edit]) -> bool:
    start, end = context.source.span(node)
    if any(edit.start < start or end < edit.end for edit in edits):
        return False
    text = apply_edits(context.source.data[start:end], [moved(edit, start) for edit in edits]).decode()
    try:
        (new,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return False
    names = [getattr(new, "value", None), *getattr(new, "targets", ())]
    if "#" in text or [getattr(one, "id", None) for one in names] != [target] * 2:
        return False
    read = (part for part in ast.walk(node.value) if isinstance(part, ast.Name) and part.id == target)
    return all(_is_bound_here(context, name) for name in read)


def _is_bound_here(context: Context, name: ast.Name) -> bool:
    """Whether everything that can have bound a name has bound it in the scope that reads it."""
    home: ast.AST = name
    while home not in context.flow.scopes:
        home = context.source.parents[home]
    found = context.flow.reaching(name)
    return found.complete and {one.scope.node for one in found.definitions} == {home}
