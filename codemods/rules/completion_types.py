"""Replace the SDK's `Completion` type by ours.

    before: from anthropic.types import Completion
    after:  from migrate import Completion

`anthropic.types.Completion` left the SDK in 1.0.0. Whoever names the type reads a response that we
keep in the old shape (`as_completion`), and that is this class. On SDKs that still have the old
type, ours is an instance of it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from codemods.edits import Edit
from codemods.flow import Definition
from codemods.plans import Context
from codemods.values import Symbol

_MODULES = ("anthropic.types", "anthropic.types.completion")


@dataclass(slots=True)
class TypeEdits:
    """Imports to replace, with the line that takes their place, and attribute loads to rename."""

    imports: list[tuple[Definition, str]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    loads: list[ast.Attribute] = field(default_factory=list)


def plan_types(context: Context) -> TypeEdits:
    """What to do about every `Completion` of the SDK in the file."""
    out = TypeEdits()
    for scope in context.flow.scopes.values():
        for definitions in scope.definitions.values():
            for definition in definitions:
                if definition.kind == "import_from" and _is_completion(context, definition):
                    alias = definition.node
                    assert isinstance(alias, ast.alias)
                    renamed = f" as {alias.asname}" if alias.asname else ""
                    out.imports.append((definition, f"from migrate import Completion{renamed}"))
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr == "Completion" and context.source.is_placed(node):
            value = context.evaluator.value_of(node)
            if isinstance(value, Symbol) and value.path.rpartition(".")[0] in _MODULES:
                out.loads.append(node)
                out.edits.append(Edit(*context.source.span(node), ("Completion",)))
    return out


def _is_completion(context: Context, definition: Definition) -> bool:
    alias = definition.node
    statement = context.source.parents[alias]
    assert isinstance(alias, ast.alias)
    assert isinstance(statement, ast.ImportFrom)
    return alias.name == "Completion" and statement.module in _MODULES and not statement.level
