"""Replace HUMAN_PROMPT and AI_PROMPT by the text they stood for.

    before: opening = anthropic.HUMAN_PROMPT + question
    after:  opening = "\\n\\nHuman:" + question
    before: opening = f"{HUMAN_PROMPT} {question}"
    after:  opening = f"\\n\\nHuman: {question}"
    before: from anthropic import HUMAN_PROMPT  # in constants.py, imported by other files
    after:  HUMAN_PROMPT = "\\n\\nHuman:"
    before: turn = f"{anthropic.AI_PROMPT if is_answer else anthropic.HUMAN_PROMPT} {text}"
    after:  turn = f"{AI_PROMPT if is_answer else HUMAN_PROMPT} {text}"   # both defined behind the import

Both constants left the package in anthropic 1.0.0 (its MIGRATION.md, section "Removed: the legacy
Text Completions API"). A name that is the constant on one path only (try/except import), that other
files import, or that stands where its text cannot be written, keeps its name and gets a definition;
a name that means something else in the file already cannot be defined, and is left.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from codemods.edits import Edit
from codemods.flow import Definition
from codemods.ignores import is_ignored
from codemods.literals import Chars, Field, dissect
from codemods.plans import Context
from codemods.rules import RULES
from codemods.rules.read_places import free_quote, is_in_fstring
from codemods.sdk_surface import PROMPT_CONSTANTS, SDK_PACKAGES
from codemods.survival import Survival
from codemods.values import Client, Symbol, UserClass

# An ignored call keeps its constants, whatever rule its comment names.
_CODES = tuple(rule.code for rule in RULES)


@dataclass(slots=True)
class ConstantEdits:
    """What becomes of the constants: edits, definitions by the import they replace, and what is left.

    added: names that are defined behind an import which did not bring them, each with a load of them.
    """

    edits: list[Edit] = field(default_factory=list)
    places: list[tuple[ast.AST, str]] = field(default_factory=list)
    defined: list[Definition] = field(default_factory=list)
    added: dict[tuple[ast.stmt, str], ast.expr] = field(default_factory=dict)
    removed: list[Definition] = field(default_factory=list)
    left: list[tuple[ast.AST, str]] = field(default_factory=list)


def constant_imports(context: Context) -> list[Definition]:
    """Every `from anthropic import HUMAN_PROMPT` of the file, in any scope."""
    found = [
        definition
        for scope in context.flow.scopes.values()
        for definitions in scope.definitions.values()
        for definition in definitions
        if definition.kind == "import_from" and _is_sdk_constant(context, definition)
    ]
    return sorted(found, key=lambda one: one.node.lineno)  # type: ignore[attr-defined]


def _is_sdk_constant(context: Context, definition: Definition) -> bool:
    alias = definition.node
    statement = context.source.parents[alias]
    assert isinstance(alias, ast.alias)
    assert isinstance(statement, ast.ImportFrom)
    module = (statement.module or "").split(".")[0]
    return alias.name in PROMPT_CONSTANTS and not statement.level and module in SDK_PACKAGES


def constant_attributes(context: Context) -> Iterable[ast.Attribute]:
    """Every `anthropic.HUMAN_PROMPT` and `client.HUMAN_PROMPT` load."""
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr in PROMPT_CONSTANTS and isinstance(node.ctx, ast.Load):
            value = context.evaluator.value_of(node.value)
            if isinstance(value, Symbol | Client) or (
                isinstance(value, UserClass) and _is_sdk_class(context, value)
            ):
                yield node


def _loads(context: Context) -> Iterable[tuple[ast.expr, str]]:
    """Loads of a constant that no import statement names: through a module, a client, a star or getattr."""
    for attribute in constant_attributes(context):
        yield attribute, attribute.attr
    for name in context.source.nodes_of(ast.Name):
        is_load = name.id in PROMPT_CONSTANTS and isinstance(name.ctx, ast.Load)
        if (
            is_load
            and not context.flow.reaching(name).definitions
            and context.evaluator.text_of(name) is not None
        ):
            yield name, name.id
    for call in context.source.nodes_of(ast.Call):
        if getattr(call.func, "id", "") == "getattr" and len(call.args) >= 2:
            wanted = context.evaluator.text_of(call.args[1])
            owner = context.evaluator.value_of(call.args[0])
            if wanted in PROMPT_CONSTANTS and isinstance(owner, Symbol | Client):
                yield call, wanted


def text_of_constant(node: ast.AST) -> str | None:
    """The text of the one constant that a node names, as code."""
    words = {
        getattr(part, field, None) for part in ast.walk(node) for field in ("attr", "id", "name", "value")
    }
    named = [name for name in PROMPT_CONSTANTS if name in words]
    return json.dumps(PROMPT_CONSTANTS[named[0]]) if len(named) == 1 else None


def constant_above(text: str) -> str:
    """What to write for a constant in a field of an f-string, where Python 3.11 takes no backslash."""
    name = next(one for one in PROMPT_CONSTANTS if one in text)
    return f"{name} = {json.dumps(PROMPT_CONSTANTS[name])}  # on a line above, and {name} in place of {text}"


def text_in_place(context: Context, node: ast.AST, name: str) -> str:
    """What to write for one constant: its text as code, or as a part of the f-string it is a field of."""
    above = context.source.parent(node)
    if not isinstance(above, ast.FormattedValue):
        return json.dumps(PROMPT_CONSTANTS[name])
    text = PROMPT_CONSTANTS[name].replace("\n", "\\n")
    return f"{text} in place of {{{context.source.node_text(node)}}}"


def inlined_constants(context: Context, inside: ast.AST) -> list[Edit]:
    """The edits that write out the SDK's constants inside a node, where they can be written."""
    parts = set(ast.walk(inside))
    loads = [(node, name) for node, name in _loads(context) if node in parts]
    for definition in constant_imports(context):
        assert isinstance(definition.node, ast.alias)
        loads += [(use, definition.node.name) for use in definition.uses if use in parts]
    edits = [inline_edit(context, node, PROMPT_CONSTANTS[name]) for node, name in loads]
    found = [edit for edit in edits if edit is not None]
    return [*found, *_needless_prefixes(context, found)]


def _is_sdk_class(context: Context, value: UserClass) -> bool:
    return any(isinstance(context.evaluator.value_of(base), Symbol) for base in value.node.bases)


def plan_constants(context: Context, survival: Survival) -> ConstantEdits:
    """Inline each constant that is still read after the sites' edits; drop or replace the imports."""
    out = ConstantEdits()
    for definition in constant_imports(context):
        _plan_import(context, definition, survival, out)
    for node, name in sorted(_loads(context), key=lambda load: (load[0].lineno, load[0].col_offset)):
        if not survival.survives(context.source.span(node)) or is_ignored(context.source, node, _CODES):
            continue
        edit = inline_edit(context, node, PROMPT_CONSTANTS[name])
        if edit is not None:
            out.places.append((node, name))
        else:
            edit = _named_edit(context, node, name, out)
        if edit is not None:
            out.edits.append(edit)
        else:
            out.left.append((node, f"{name} stands where its text cannot be written; replace it by hand"))
    out.edits.extend(_needless_prefixes(context, out.edits))
    return out


def _named_edit(context: Context, node: ast.expr, name: str, out: ConstantEdits) -> Edit | None:
    """The constant's name in place of a load, to be defined behind the import that the load goes through."""
    statement = _import_above(context, node)
    is_bound = any(name in scope.definitions for scope in context.flow.scopes.values())
    is_seen = "*" in context.exported or any(scope.open for scope in context.flow.scopes.values())
    if statement is None or is_bound or is_seen or not context.source.is_placed(node):
        return None
    out.added.setdefault((statement, name), node)
    return Edit(*context.source.span(node), (name,))


def _import_above(context: Context, node: ast.expr) -> ast.stmt | None:
    """The statement that imports the SDK for a load; for one through a client, the first of the module."""
    base = node.value if isinstance(node, ast.Attribute) else node
    named = context.flow.reaching(base).definitions if isinstance(base, ast.Name) else ()
    above = [one for one in named if one.kind == "import" and isinstance(one.node, ast.alias)]
    if above and all(one.kind == "import" or one.value is not None for one in named):
        statement = context.source.parents[above[0].node]
        in_class = isinstance(context.source.parent(statement), ast.ClassDef)
        return statement if isinstance(statement, ast.stmt) and not in_class else None
    for statement in context.source.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom) and _names_sdk(statement):
            return statement if context.source.span(statement)[1] < context.source.span(node)[0] else None
    return None


def _names_sdk(statement: ast.Import | ast.ImportFrom) -> bool:
    modules = (
        [statement.module or ""]
        if isinstance(statement, ast.ImportFrom)
        else [a.name for a in statement.names]
    )
    return any(module.split(".")[0] in SDK_PACKAGES for module in modules)


def _needless_prefixes(context: Context, inlined: list[Edit]) -> list[Edit]:
    """The `f` of literals whose last field was a constant that is now text."""
    source = context.source
    spans = {(edit.start, edit.end) for edit in inlined}
    holders = source.nodes_of(ast.JoinedStr)
    found: list[Edit] = []
    for holder in holders:
        span = source.span(holder)
        if not any(span[0] <= start and end <= span[1] for start, end in spans):
            continue
        for token in dissect(source, span) or ():
            fields = [part for part in token.parts if isinstance(part, Field)]
            doubled = any(isinstance(part, Chars) and _has_doubled_brace(part) for part in token.parts)
            if token.is_formatted and fields and not doubled and all(one.span in spans for one in fields):
                at = token.span[0] + token.prefix.lower().index("f")
                found.append(Edit(at, at + 1))
    return found


def _has_doubled_brace(part: Chars) -> bool:
    widths = zip(part.text, part.starts, part.starts[1:], strict=False)
    return any(char in "{}" and after - start == 2 for char, start, after in widths)


def _plan_import(context: Context, definition: Definition, survival: Survival, out: ConstantEdits) -> None:
    alias = definition.node
    assert isinstance(alias, ast.alias)
    text = PROMPT_CONSTANTS[alias.name]
    siblings = [one for one in definition.scope.definitions[definition.name] if one is not definition]
    if any(is_ignored(context.source, use, _CODES) for use in definition.uses):
        return
    alive = [use for use in definition.uses if survival.survives(context.source.span(use))]
    if (
        context.is_exported(definition)
        or siblings
        or _is_reexported(context, alias)
        or _is_seen(context, definition)
    ):
        out.defined.append(definition)
        return
    edits = [inline_edit(context, use, text) for use in alive]
    if any(edit is None for edit in edits):
        out.defined.append(definition)
        return
    out.edits.extend(edit for edit in edits if edit is not None)
    out.places.extend((use, alias.name) for use in alive)
    out.removed.append(definition)


def _is_reexported(context: Context, alias: ast.alias) -> bool:
    """An import that says so: `as` its own name, marked for linters, or in a package's front file."""
    source = context.source
    line = source.text((source.line_start(source.span(alias)[0]), _end_of_line(context, alias)))
    return alias.asname == alias.name or "noqa" in line or context.path.endswith("__init__.py")


def _is_seen(context: Context, definition: Definition) -> bool:
    """Whether the name is deleted, read through `globals()`, or perhaps by files we were not shown."""
    unread = not definition.uses and not context.sites and definition.scope.kind == "module"
    if unread and not context.has_project:
        return True
    if any(scope.open for scope in context.flow.scopes.values()):
        return True
    return any(
        node.id == definition.name and isinstance(node.ctx, ast.Del)
        for node in context.source.nodes_of(ast.Name)
    )


def _end_of_line(context: Context, alias: ast.alias) -> int:
    end = context.source.data.find(b"\n", context.source.span(alias)[1])
    return end if end >= 0 else len(context.source.data)


def inline_edit(context: Context, node: ast.expr, text: str) -> Edit | None:
    """The constant's text in place of its name; None where that cannot be written."""
    source = context.source
    if not source.is_placed(node) or not isinstance(node, ast.Name | ast.Attribute | ast.Call):
        return None
    escaped = text.replace("\n", "\\n")
    parent = source.parent(node)
    if isinstance(parent, ast.FormattedValue):
        if parent.conversion != -1 or parent.format_spec is not None:
            return None
        start, end = source.span(node)
        data = source.data
        opening, closing = data.rindex(b"{", 0, start), data.index(b"}", end)
        plain = not data[opening + 1 : start].strip() and not data[end:closing].strip()
        joined = source.parent(parent)
        nested = joined is None or is_in_fstring(context, source.parents[joined])
        if not plain or nested or _is_raw(context, parent):
            return None
        return Edit(opening, closing + 1, (escaped,))
    if is_in_fstring(context, node):
        return None
    quote = free_quote(context, node) or '"'
    return Edit(*source.span(node), (f"{quote}{escaped}{quote}",))


def _is_raw(context: Context, field_node: ast.FormattedValue) -> bool:
    """Whether the literal that holds the field is raw: it cannot spell a newline."""
    source = context.source
    joined = source.parent(field_node)
    assert joined is not None
    start = source.span(field_node)[0]
    for token in dissect(source, source.span(joined)) or ():
        if token.span[0] <= start < token.span[1]:
            return token.is_raw
    return True
