"""Replace the SDK's `Completion` type: by `Message` where the response became one, else by ours.

    before: from anthropic.types import Completion
    after:  from anthropic.types import Message      if every response that meets it is a Message
    after:  from migrate import Completion           else

`anthropic.types.Completion` left the SDK in 1.0.0. Whoever names the type apart from the places in
`typed_places` reads a response that we keep in the old shape (`as_completion`), and that is this
class. On SDKs that still have the old type, ours is an instance of it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from codemods.edits import Edit
from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.typed_places import TYPES_MODULE, is_import_of_type
from codemods.values import Symbol

_MODULES = (TYPES_MODULE, f"{TYPES_MODULE}.completion")


@dataclass(slots=True)
class TypeEdits:
    """imports: to replace by ours, each with the line that takes its place. loads: attributes that become
    the name of ours, by `edits`. messages: places of the type that becomes Message, by `message_edits`;
    renamed, gone: imports that change or go with it; added: where the import of Message is still needed."""

    imports: list[tuple[Definition, str]] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    loads: list[ast.Attribute] = field(default_factory=list)
    messages: list[ast.AST] = field(default_factory=list)
    message_edits: list[Edit] = field(default_factory=list)
    renamed: list[Definition] = field(default_factory=list)
    gone: list[Definition] = field(default_factory=list)
    added: list[tuple[Definition, str]] = field(default_factory=list)


def plan_types(context: Context, messages: Collection[ast.expr]) -> TypeEdits:
    """What to do about every `Completion` of the SDK in the file; `messages`: those that become Message."""
    out = TypeEdits()
    for scope in context.flow.scopes.values():
        for definitions in scope.definitions.values():
            for definition in definitions:
                if definition.kind == "import_from" and _is_completion(context, definition):
                    _plan_import(context, definition, messages, out)
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr == "Completion" and context.source.is_placed(node):
            value = context.evaluator.value_of(node)
            if node in messages:
                end = context.source.span(node)[1]
                out.messages.append(node)
                out.message_edits.append(Edit(end - len(node.attr), end, ("Message",)))
            elif isinstance(value, Symbol) and value.path.rpartition(".")[0] in _MODULES:
                out.loads.append(node)
                out.edits.append(Edit(*context.source.span(node), ("Completion",)))
    return out


def _plan_import(
    context: Context, definition: Definition, messages: Collection[ast.expr], out: TypeEdits
) -> None:
    alias = definition.node
    assert isinstance(alias, ast.alias)
    moved = [use for use in definition.uses if use in messages]
    rest = len(definition.uses) > len(moved) or _is_read_otherwise(context, definition)
    if not moved or rest:
        renamed = f" as {alias.asname}" if alias.asname else ""
        out.imports.append((definition, f"from migrate import Completion{renamed}"))
    if not moved:
        return
    if not rest:
        out.messages.append(alias)
    named = context.flow.module.definitions.get("Message", ())
    if any(is_import_of_type(context, one, "Message") for one in named):
        out.gone.extend([] if rest else [definition])
    elif rest:
        out.added.append((definition, f"from {TYPES_MODULE} import Message"))
    else:
        start = context.source.span(alias)[0]
        out.renamed.append(definition)
        out.message_edits.append(Edit(start, start + len(alias.name), ("Message",)))
        if alias.asname:
            return
    out.message_edits += [Edit(*context.source.span(use), ("Message",)) for use in moved]


def _is_read_otherwise(context: Context, definition: Definition) -> bool:
    """Whether other files, or annotations in quotes, may read the imported name."""
    if context.is_exported(definition) or not context.flow.uses_are_complete(definition):
        return True
    texts = (node.value for node in context.source.nodes_of(ast.Constant) if isinstance(node.value, str))
    return any(definition.name in text and _names(text, definition.name) for text in texts)


def _names(text: str, name: str) -> bool:
    """Whether a text is an expression that reads the name."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def _is_completion(context: Context, definition: Definition) -> bool:
    alias = definition.node
    statement = context.source.parents[alias]
    assert isinstance(alias, ast.alias)
    assert isinstance(statement, ast.ImportFrom)
    return alias.name == "Completion" and statement.module in _MODULES and not statement.level
