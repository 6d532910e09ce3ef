# The text before the first Human turn, as an expression for the call. Knows templates and definitions.
"""Name the system text of a prompt at the call, where its value is in sight.

    before: prompt = f"{SYSTEM}{HUMAN_PROMPT} {question}{AI_PROMPT}" … prompt=prompt
    after:  prompt = f"{question}" … system=SYSTEM, messages=[{"role": "user", "content": prompt}]

A value that only a run shows may be empty or hold turns of its own: it stays in the prompt, which is
converted at run time. `texts_in_sight.py` says what else it may be.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.attributes import attribute_at
from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.texts_in_sight import texts_in_sight
from codemods.scopes import Scope, binding_scope
from codemods.statements import are_in_one_block, may_go_on
from codemods.template_fillings import Filled
from codemods.template_holes import holes_at, inside
from codemods.template_nodes import HOLE, Hole, Known, Template, Through
from codemods.turns import Range
from migrate.conversation import WIRE_BLANKS
from migrate.markers import is_blank

_NOT_IN_FSTRING = frozenset("\"'\\{}\n\r#")
# Kinds of definitions that change an object, and leave the name to it.
_CHANGES = frozenset({"store_item", "method", "delete_item"})


@dataclass(frozen=True, slots=True)
class SystemText:
    """An expression that is the system text, at the prompt and at the call alike.

    code: the expression. where: what it covers of the flat text. ends_blank: whether blanks stand at its end.
    """

    code: str
    where: Range
    ends_blank: bool

    @property
    def argument(self) -> str:
        """What the call is given: the wire form has no blanks at the end."""
        return f"{self.code}.rstrip()" if self.ends_blank else self.code

    @property
    def fits_in_fstring(self) -> bool:
        """Whether it may stand in the braces of a literal."""
        return _NOT_IN_FSTRING.isdisjoint(self.code)


# -- values in sight ------------------------------------------------------------------------------


def is_system_in_sight(context: Context, template: Template, end: int) -> bool:
    """Whether all that goes into the flat text before `end` is known: no turn marker, and not blank."""
    holes = holes_at(template)
    texts: list[list[str]] = []
    for at, char in enumerate(template.flat[:end]):
        if char != HOLE:
            continue
        found = texts_in_sight(context, holes[at]) if at in holes else None
        if found is None or _is_formatted(context, holes[at]):
            return False
        texts.append(found)
    written = template.flat[:end].replace(HOLE, "")
    return not is_blank(written) or any(not any(map(is_blank, found)) for found in texts)


def _is_formatted(context: Context, node: ast.expr) -> bool:
    """Whether a field shows the value in another way: `{SYSTEM!r}`, `{SYSTEM:>20}`."""
    field = context.source.parent(node)
    return isinstance(field, ast.FormattedValue) and (field.conversion != -1 or field.format_spec is not None)


# -- the same expression at the call --------------------------------------------------------------


def system_at(context: Context, template: Template, end: int, place: ast.expr) -> SystemText | None:
    """The one expression that is all of the flat text before `end`, if it is the same at the call."""
    found = next(_leaves(template, 0), None)
    if found is None:
        return None
    node, where = found
    texts = None if _is_formatted(context, node) else texts_in_sight(context, node)
    edges = sorted((where[1], end))
    is_all = where[0] == 0 and is_blank(template.flat[slice(*edges)])
    if texts is None or not is_all or any(map(is_blank, texts)):
        return None  # an empty text is no system text, and must not be sent
    is_fixed = len(texts) == 1
    if not _is_same_at(context, node, place, is_fixed=is_fixed) or not (is_fixed or _is_own(template)):
        return None
    ends_blank = any(text != text.rstrip(WIRE_BLANKS) for text in texts)
    if ends_blank and any(text.rstrip() != text.rstrip(WIRE_BLANKS) for text in texts):
        return None
    return SystemText(context.source.node_text(node), where, ends_blank)


def is_system_name(context: Context, node: ast.expr, place: ast.expr) -> bool:
    """Whether an expression is text of no turn, and a constant or the same at the call: it does not grow."""
    texts = texts_in_sight(context, node)
    if texts is None or any(map(is_blank, texts)):
        return False
    is_fixed = len(texts) == 1
    return (is_fixed and _is_constant(context, node)) or _is_same_at(context, node, place, is_fixed=is_fixed)


def _is_constant(context: Context, node: ast.expr) -> bool:
    """Whether it is a name that the module binds once, which has a meaning of its own."""
    found = context.flow.reaching(node).definitions if isinstance(node, ast.Name) else ()
    return (
        len(found) == 1
        and [*found] == found[0].scope.definitions.get(found[0].name)
        and (found[0].scope.kind == "module")
    )


def _leaves(template: Template, start: int) -> Iterator[tuple[ast.expr, Range]]:
    """The expressions that a template is made of, with what each covers of the flat text."""
    if isinstance(template, Known | Hole):
        yield template.node, (start, start + len(template.flat))
    if isinstance(template, Filled):
        yield from _leaves(template.inner, start)
    for inner, at in inside(template, start):
        yield from _leaves(inner, at)


def _is_own(template: Template) -> bool:
    """Whether the text is made in the call's own function, not in a helper or for a parameter."""
    return not isinstance(template, Through) and all(_is_own(inner) for inner, _ in inside(template, 0))


def _is_same_at(context: Context, node: ast.expr, place: ast.expr, *, is_fixed: bool) -> bool:
    """Whether the expression is at the call what it was in the prompt. is_fixed: it has but one value."""
    root = _root(node)
    reaching = context.flow.reaching(root) if root is not None else None
    if root is None or reaching is None or not reaching.complete or len(reaching.definitions) != 1:
        return False
    (definition,) = reaching.definitions
    scope = definition.scope
    here = _scope_around(context, place)
    bindings = [one for one in scope.definitions.get(root.id, ()) if one.kind not in _CHANGES]
    if scope.kind == "class" or here.kind == "class" or binding_scope(here, root.id) is not scope:
        return False
    if bindings != [definition] or context.flow.is_written_elsewhere(scope, root.id):
        return False
    if any(isinstance(one.ctx, ast.Del) and one.id == root.id for one in context.source.nodes_of(ast.Name)):
        return False
    if is_fixed:
        return True
    is_near = scope in (here, context.flow.module) and _is_set_first(context, node)
    return is_near and _goes_with(context, definition, node, place)


def _root(node: ast.expr) -> ast.Name | None:
    """The name that an attribute, or a method's text, is reached through."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node if isinstance(node, ast.Name) else None


def _scope_around(context: Context, node: ast.AST) -> Scope:
    current: ast.AST | None = node
    while current is not None and current not in context.flow.scopes:
        current = context.source.parent(current)
    return context.flow.module if current is None else context.flow.scopes[current]


def _is_set_first(context: Context, node: ast.expr) -> bool:
    """Whether an attribute keeps the text that it has from the start: its class or `__init__` binds it."""
    inner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node
    definition = attribute_at(context, inner) if isinstance(inner, ast.Attribute) else None
    if definition is None:
        return True
    around = _scope_around(context, definition.node).node
    return isinstance(around, ast.ClassDef) or getattr(around, "name", "") == "__init__"


def _goes_with(context: Context, definition: Definition, node: ast.expr, place: ast.expr) -> bool:
    """Whether the name is not bound again between the prompt and the call.

    In a loop it is bound beside the line that writes the prompt: neither is written without the other.
    """
    source = context.source
    bound, written, sent = (source.statement(one) for one in (definition.node, node, place))
    if definition.kind != "assign" or written is sent or not _is_repeated(context, bound):
        return True
    if definition.scope is not _scope_around(context, node):
        return False
    is_beside = are_in_one_block(source, bound, written) and not may_go_on(source, written)
    return is_beside and bound.lineno < written.lineno < sent.lineno


def _is_repeated(context: Context, node: ast.AST) -> bool:
    """Whether a loop of its function may come to the statement again."""
    current: ast.AST | None = node
    while current is not None and current not in context.flow.scopes:
        if isinstance(current, ast.For | ast.AsyncFor | ast.While):
            return True
        current = context.source.parent(current)
    return False
