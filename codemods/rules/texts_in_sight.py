# Every text that an expression may be. Knows definitions, callers and attributes; no prompt.
"""Tell which texts an expression may be, if all of them are in sight.

in sight:     a constant, also of another file; an attribute that is bound once; a parameter for which every
              call, or its default, gives such a text; one of two such texts; such a text without its blanks
not in sight: what a run reads, and what other files may set or pass
"""

from __future__ import annotations

import ast
import re

from codemods.attributes import attribute_at
from codemods.callers import Function, values_of_field, values_of_parameter
from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.prompt_forms import is_own_affair
from codemods.values import Abroad, Constant, ProjectModule

_LABEL = re.compile(r"(?:Human|Assistant):")
_STRIPPING = frozenset({"strip", "rstrip", "lstrip"})
_DEEPEST = 6
_MOST_TEXTS = 60


def texts_in_sight(context: Context, node: ast.expr, depth: int = 0) -> list[str] | None:
    """Every text an expression may be, none with a turn label in it; None if that is not in sight."""
    found = _texts(context, node, depth)
    if not found or len(found) > _MOST_TEXTS or any(_LABEL.search(text) for text in found):
        return None
    return list(dict.fromkeys(found))


def _texts(context: Context, node: ast.expr, depth: int) -> list[str] | None:
    if depth > _DEEPEST:
        return None
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else None
    if isinstance(node, ast.IfExp):
        return _of_all(context, [node.body, node.orelse], depth)
    if isinstance(node, ast.BinOp):
        text = context.evaluator.text_of(node)
        return None if text is None else [text]
    if isinstance(node, ast.Name):
        return _texts_of_name(context, node, depth)
    if isinstance(node, ast.Attribute):
        return _texts_of_attribute(context, node, depth)
    return _stripped(context, node, depth) if isinstance(node, ast.Call) else None


def _of_all(context: Context, nodes: list[ast.expr], depth: int) -> list[str] | None:
    found: list[str] = []
    for node in nodes:
        texts = texts_in_sight(context, node, depth + 1)
        if texts is None:
            return None
        found.extend(texts)
    return found


def _texts_of_name(context: Context, node: ast.Name, depth: int) -> list[str] | None:
    reaching = context.flow.reaching(node)
    if not reaching.complete or not reaching.definitions:
        return None
    found: list[str] = []
    for definition in reaching.definitions:
        texts = _texts_of_definition(context, definition, node, depth)
        if texts is None:
            return None
        found.extend(texts)
    return found


def _texts_of_definition(
    context: Context, definition: Definition, use: ast.Name, depth: int
) -> list[str] | None:
    is_global = definition.scope.kind == "module"
    if is_global and definition.name in context.templates.bound_from_outside:
        return None
    if definition.kind == "import_from":
        text = context.evaluator.text_of(use)
        return None if text is None else [text]
    if definition.kind == "parameter":
        function = definition.scope.node
        if not isinstance(function, Function) or not is_own_affair(context, function):
            return None
        is_made = function.name == "__init__"
        values = values_of_field(context, definition) if is_made else values_of_parameter(context, definition)
        return None if values is None else _of_all(context, values, depth)
    if definition.kind != "assign" or definition.value is None or definition.path:
        return None
    return _of_all(context, [definition.value], depth)


def _texts_of_attribute(context: Context, node: ast.Attribute, depth: int) -> list[str] | None:
    """An attribute of the file's own class that is bound once, or what another file states once."""
    stated = context.evaluator.stated_elsewhere(node)
    if isinstance(context.evaluator.value_of(node.value), ProjectModule | Abroad):
        texts = [one.value for one in stated if isinstance(one, Constant) and isinstance(one.value, str)]
        return texts if len(texts) == len(stated) and not _is_set_somewhere(context, node.attr) else None
    definition = attribute_at(context, node)
    if definition is None:
        return _texts_of_member(context, node, depth)
    if definition.kind != "assign" or definition.value is None:
        return None
    return _of_all(context, [definition.value], depth)


def _texts_of_member(context: Context, node: ast.Attribute, depth: int) -> list[str] | None:
    """The same in a class that other files use, if none of them has the attribute's name."""
    members = context.templates.members
    owner = members.class_around(node.value)
    member = members.member(owner, node.attr) if owner is not None else None
    if owner is None or member is None or not context.can_edit(member):
        return None
    (bound,) = context.flow.scopes[owner].definitions.get(node.attr, [None])
    is_plain = bound is not None and bound.kind == "assign" and isinstance(bound.node, ast.Assign)
    if bound is None or bound.value is None or bound.path or not is_plain:
        return None
    return _of_all(context, [bound.value], depth)


def _is_set_somewhere(context: Context, name: str) -> bool:
    """Whether a file that shares objects with this one binds an attribute of the name."""
    around = context.files_around() if context.files_around is not None else []
    if around is None:
        return True
    sets = re.compile(rb"\.%b\s*[-+*/|%%]?=[^=]|[\"'.]%b[\"']" % ((name.encode(),) * 2))
    return any(sets.search(data) for data in (context.source.data, *around))


def _stripped(context: Context, node: ast.Call, depth: int) -> list[str] | None:
    """`SYSTEM.strip()`"""
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in _STRIPPING:
        return None
    if node.args or node.keywords:
        return None
    texts = texts_in_sight(context, function.value, depth + 1)
    return None if texts is None else [getattr(text, function.attr)() for text in texts]
