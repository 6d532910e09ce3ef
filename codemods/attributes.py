# Attributes of the file's own classes as definitions. Knows no API.
"""`self.params`, `Settings.PARAMS` and methods, each as a definition with all its uses.

The flow graph knows names; an attribute has no order of execution. It is followed only where it is
bound once, where every place of the file that names it is one of the same class, and where no other
file can get at it. Then it is a definition like those of names, and shared edits are agreed on alike.
"""

from __future__ import annotations

import ast
import re
from typing import cast

from codemods.flow import Definition, Scope
from codemods.plans import Context
from codemods.values import UserClass, UserInstance

_BY_NAME = re.compile(rb"\b(?:setattr|getattr|delattr|vars|hasattr)\(|__dict__|__getattr")


def attribute_of(context: Context, owner: ast.ClassDef, name: str) -> Definition | None:
    """The definition of an attribute or method of a class; None if it is not all in sight."""
    key = (owner, name)
    if key not in context.attributes:
        context.attributes[key] = _found(context, owner, name)
    return context.attributes[key]


def attribute_at(context: Context, node: ast.Attribute) -> Definition | None:
    """The definition that a load of an attribute reads."""
    value = context.evaluator.value_of(node.value)
    return (
        attribute_of(context, value.node, node.attr) if isinstance(value, UserInstance | UserClass) else None
    )


def _found(context: Context, owner: ast.ClassDef, name: str) -> Definition | None:
    binding = None if _is_open(context, owner) else _binding(context, owner, name)
    uses = _uses(context, owner, name)
    if binding is None or uses is None:
        return None
    inner = Scope(owner, context.flow.module, "function")  # in sight, unlike what a class lets others see
    found = Definition(name, binding.kind, binding.node, inner, binding.value, binding.target)
    # An attribute stands where a name would: whoever asks for the uses only compares them.
    found.uses.extend(cast("list[ast.Name]", uses))
    return found


def _binding(context: Context, owner: ast.ClassDef, name: str) -> Definition | None:
    """The one place that binds the attribute: in the class body, or `self.name = …`."""
    scope = context.flow.scopes[owner]
    in_body = scope.definitions.get(name, [])
    every = context.flow.attribute_stores.get(name, [])
    stored = [one for one in every if _owner_of(context, one[0].value) in (owner, None)]
    if len(in_body) + len(stored) != 1:
        return None
    for target, value in stored:
        return Definition(name, "assign", context.source.statement(target), scope, value) if value else None
    (binding,) = in_body
    known = binding.kind in ("assign", "function") and not binding.path
    return binding if known and not binding.uses and not binding.changed_by else None


def _owner_of(context: Context, receiver: ast.expr) -> ast.ClassDef | None:
    """The class of this file that an expression is an instance of, or is itself; None if it is not known."""
    value = context.evaluator.value_of(receiver)
    return value.node if isinstance(value, UserInstance | UserClass) else None


def _is_open(context: Context, owner: ast.ClassDef) -> bool:
    """Whether code that we do not see may get at the attributes of a class."""
    if context.exported or context.loaded or owner.decorator_list or owner.keywords:
        return True
    if any(getattr(base, "id", "") != "object" for base in owner.bases):
        return True
    derived = any(
        getattr(base, "id", getattr(base, "attr", "")) == owner.name
        for node in context.source.nodes_of(ast.ClassDef)
        for base in node.bases
    )
    return derived or _BY_NAME.search(context.source.data) is not None or _is_handed_over(context, owner)


def _is_handed_over(context: Context, owner: ast.ClassDef) -> bool:
    """Whether the class goes anywhere as a value, where somebody may use what it has."""
    for scope in context.flow.scopes.values():
        for definition in scope.definitions.get(owner.name, ()):
            for use in context.flow.uses(definition) if definition.node is owner else ():
                parent = context.source.parent(use)
                if isinstance(
                    parent, ast.keyword | ast.Assign | ast.Dict | ast.List | ast.Tuple | ast.Return
                ):
                    return True
                if isinstance(parent, ast.Call) and parent.func is not use:
                    return getattr(parent.func, "id", "") != "isinstance"
    return False


def _uses(context: Context, owner: ast.ClassDef, name: str) -> list[ast.expr] | None:
    """Every load of an attribute of this name; None if one may belong to something else."""
    found: list[ast.expr] = []
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr != name:
            continue
        of = _owner_of(context, node.value)
        if of is None:
            return None
        if of is owner and isinstance(node.ctx, ast.Load):
            found.append(node)
    return found
