"""Find the variables in which a prompt grows, with every place that writes or reads them.

    history = ""                                     a slot; a store
    history += f"{HUMAN_PROMPT} {q}{AI_PROMPT}"      a store that grows it
    full = history + f"{HUMAN_PROMPT} {q}"           a slot of its own, which begins with the other
    return prompt                                    the slot of a helper: what it returns

Every value is read as a text: perhaps a slot it begins with, then turns that are written there. What
does not fit is no grown prompt, and `NotGrown` says why.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.chosen_roles import Choice, choice_of
from codemods.rules.system_texts import is_system_name
from codemods.template_holes import holes_at
from codemods.template_nodes import Hole, Joined, Template
from codemods.templates import returned_expressions
from codemods.turn_states import NotWhole, Part, parts_of
from migrate.markers import is_blank

Statement = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return
Function = ast.FunctionDef | ast.AsyncFunctionDef
_MOST_SLOTS = 8
_MOST_DEFINITIONS = 60


class NotGrown(Exception):
    """The prompt does not grow in sight; the message says what is in the way."""


class NoGrowth(NotGrown):
    """Nothing says that the prompt grows at all."""


@dataclass(eq=False, slots=True)
class Slot:
    """A variable, an attribute, or what a helper returns. owner: whose statements write it."""

    name: str
    kind: Literal["name", "attribute", "returns"]
    owner: ast.AST
    definitions: list[Definition]
    loads: list[ast.expr]
    stores: list[Store] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Text:
    """An expression: what it begins with, and the turns written after it.

    base: the load of a slot. start: where the written text begins in the template's flat text.
    system_end: where the base begins, if system text with a name stands before it.
    """

    node: ast.expr
    template: Template
    start: int = 0
    base: ast.expr | None = None
    base_slot: Slot | None = None
    parts: list[Part] = field(default_factory=list)
    system_end: int = 0


@dataclass(eq=False, slots=True)
class Store:
    """One statement that writes a slot. grows: the text is added to what the slot holds."""

    slot: Slot
    statement: Statement
    text: Text
    grows: bool


def _why_not(context: Context, found: Sequence[Definition]) -> str:
    """Why a text that grows cannot become a list: who else reads it, where that is in sight."""
    name = found[0].name
    if not any(one in context.limits.definitions for one in found):
        return f"{name} may be read or written where it cannot be seen"
    calls = [site.call for site in context.sites if site.call is not None]
    inside = {part for call in calls for part in ast.walk(call)}
    uses = {use for one in found for use in context.flow.uses(one) if use not in inside}
    tests = sorted(
        {use.lineno for use in uses if isinstance(context.source.parent(use), ast.Compare | ast.Call)}
    )
    if not tests:
        return f"{name} is read in another way than by the calls"
    where = f"line {tests[0]}" if len(tests) == 1 else f"lines {', '.join(map(str, tests))}"
    return f"{name} is read at {where} as the text that it is"


class GrownPrompt:
    """Everything that takes part in one prompt: `slots`, and the text at the call itself.

    choices: the values in it that choose between the markers, by what stands in the text.
    is_kept: the variables keep their texts, so that it does not matter who else reads them.
    """

    def __init__(self, context: Context, node: ast.expr, *, is_kept: bool = False) -> None:
        self.context = context
        self.is_kept = is_kept
        self.slots: list[Slot] = []
        self.choices: dict[ast.expr, Choice] = {}
        self._by_key: dict[object, Slot] = {}
        self._place = node
        self.read = self.text_of(node)
        if self.read.base_slot is None and not any(part.repeated for part in self.read.parts):
            raise NoGrowth("the prompt does not begin with a text that grows")

    def stores(self) -> Iterable[Store]:
        return (store for slot in self.slots for store in slot.stores)

    def texts(self) -> Iterable[Text]:
        return (self.read, *(store.text for store in self.stores()))

    # -- texts ------------------------------------------------------------------------------

    def text_of(self, node: ast.expr) -> Text:
        """Read an expression as a slot with text after it, or as text alone."""
        leaf = _leading(node)
        is_after_system = leaf is not None and is_system_name(self.context, leaf, self._place)
        if is_after_system:
            leaf = _second(node)
        slot = self._slot(leaf) if leaf is not None else None
        reader = self.context.templates
        if leaf is None or slot is None:
            return self._parted(Text(node, reader.template_of(node)))
        reader.held.add(leaf)
        try:
            template = reader.template_of(node)
        finally:
            reader.held.discard(leaf)
        at = next((at for at, hole in holes_at(template).items() if hole is leaf), None)
        if at is None or (at > 0) != is_after_system:
            raise NotGrown("the prompt is put together in a way that is not followed")
        return self._parted(Text(node, template, at + 1, leaf, slot, system_end=at))

    def _parted(self, text: Text) -> Text:
        try:
            text.parts = self._parts(text.template, text.start)
        except NotWhole as error:
            raise NotGrown(str(error)) from error
        return text

    def _parts(self, template: Template, start: int) -> list[Part]:
        joined = joined_in(self.context, template)
        inner = {at: self._parts(one.element, 0) for at, one in joined.items()}
        return parts_of(template.flat, start, inner, self._choices(template))

    def _choices(self, template: Template) -> list[int]:
        """Where in the flat text a value chooses between the markers."""
        found = {at: choice_of(self.context, hole) for at, hole in holes_at(template).items()}
        self.choices.update({choice.load: choice for choice in found.values() if choice is not None})
        return [at for at, choice in found.items() if choice is not None]

    def _slot(self, leaf: ast.expr) -> Slot | None:
        if isinstance(leaf, ast.Name):
            return self._name_slot(leaf)
        if isinstance(leaf, ast.Attribute):
            return self._attribute_slot(leaf)
        return self._returns_slot(leaf) if isinstance(leaf, ast.Call) else None

    def _added(self, key: object, slot: Slot) -> Slot:
        self._by_key[key] = slot
        self.slots.append(slot)
        if len(self.slots) > _MOST_SLOTS:
            raise NotGrown("the prompt is put together in too many places")
        return slot

    # -- names ------------------------------------------------------------------------------

    def _name_slot(self, leaf: ast.Name) -> Slot | None:
        flow = self.context.flow
        reaching = flow.reaching(leaf)
        if not reaching.definitions or not reaching.complete:
            return None
        found = _component(self.context, reaching.definitions)
        if found[0] in self._by_key:
            return self._by_key[found[0]]
        if any(one.kind not in ("assign", "augment") or one.path for one in found):
            return None
        scope = found[0].scope
        if scope.kind == "class" or not all(self._may_change(one) for one in found):
            raise NotGrown(_why_not(self.context, found))
        loads: list[ast.expr] = [use for one in found for use in flow.uses(one)]
        slot = self._added(found[0], Slot(leaf.id, "name", scope.node, found, list(dict.fromkeys(loads))))
        self._by_key.update(dict.fromkeys(found, slot))
        for definition in found:
            self._add_store(slot, definition.node)
        return slot

    def _may_change(self, definition: Definition) -> bool:
        """As `can_edit`; a `global` statement is no harm here, every writer is looked at."""
        context = self.context
        if definition.scope.open or context.is_exported(definition):
            return False
        if definition.scope.kind == "module" and any(one.open for one in context.flow.scopes.values()):
            return False  # some function sees all names
        return self.is_kept or definition not in context.limits.definitions

    # -- attributes and helpers -------------------------------------------------------------

    def _attribute_slot(self, leaf: ast.Attribute) -> Slot | None:
        members = self.context.templates.members
        owner = members.class_around(leaf.value)
        definition = members.member(owner, leaf.attr) if owner is not None else None
        if owner is None or definition is None or not isinstance(definition.node, ast.Attribute):
            return None
        if definition in self._by_key:
            return self._by_key[definition]
        if not self.context.can_edit(definition):
            raise NotGrown(f".{leaf.attr} has readers besides this call")
        slot = Slot(leaf.attr, "attribute", owner, [definition], [*definition.uses])
        self._added(definition, slot)
        for target, _ in self.context.flow.attribute_stores[leaf.attr]:
            self._add_store(slot, self.context.source.parents[target])
        return slot

    def _returns_slot(self, leaf: ast.Call) -> Slot | None:
        members = self.context.templates.members
        function = members.function_of(leaf)
        if not isinstance(function, ast.FunctionDef):
            return None
        definition = members.definition_of(function)
        if definition is None or not returned_expressions(function):
            return None
        if definition in self._by_key:
            return self._by_key[definition]
        if not self.context.can_edit(definition):
            raise NotGrown(f"{definition.name} has callers besides this call")
        slot = Slot(function.name, "returns", function, [definition], [*definition.uses])
        self._added(definition, slot)
        for value in returned_expressions(function):
            self._add_store(slot, self.context.source.parents[value])
        return slot

    def _add_store(self, slot: Slot, statement: ast.AST) -> None:
        if isinstance(statement, ast.Assign):
            if len(statement.targets) != 1:
                raise NotGrown(f"{slot.name} is bound together with another name")
            text, grows = self.text_of(statement.value), False
        elif isinstance(statement, ast.AnnAssign | ast.Return) and statement.value is not None:
            text, grows = self.text_of(statement.value), False
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
            added = self.context.templates.template_of(statement.value)
            text, grows = self._parted(Text(statement.value, added)), True
        else:
            raise NotGrown(f"{slot.name} is written in a way that is not followed")
        if text.base is None and _is_nothing_but_hole(text.template) and not grows:
            raise NoGrowth(_why_no_text(self.context, slot, statement))
        slot.stores.append(Store(slot, statement, text, grows))


def _is_nothing_but_hole(template: Template) -> bool:
    return isinstance(template, Hole) and not isinstance(template, Joined)


def joined_in(context: Context, template: Template) -> dict[int, Joined]:
    """Where in the flat text of a template turns are joined by a comprehension."""
    known = context.templates.joined
    return {at: known[hole] for at, hole in holes_at(template).items() if hole in known}


def _why_no_text(context: Context, slot: Slot, statement: ast.AST) -> str:
    line = getattr(statement, "lineno", "?")
    return f"what {slot.name} gets at line {line} is not written there"


def _leading(node: ast.expr) -> ast.expr | None:
    """The leftmost operand of a text: a name, an attribute or a call; None if it is literal text."""
    first = next(iter(_operands(node)), None)
    return first if isinstance(first, ast.Name | ast.Attribute | ast.Call) else None


def _second(node: ast.expr) -> ast.expr | None:
    """The operand behind the leftmost one and behind blanks."""
    for operand in itertools.islice(_operands(node), 1, None):
        text = operand.value if isinstance(operand, ast.Constant) else None
        if not isinstance(text, str) or not is_blank(text):
            return operand if isinstance(operand, ast.Name | ast.Attribute | ast.Call) else None
    return None


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """What a text is put together from, from left to right; a field that is formatted stands for itself."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _operands(node.left)
        yield from _operands(node.right)
    elif isinstance(node, ast.JoinedStr):
        for value in node.values:
            if isinstance(value, ast.FormattedValue) and value.conversion == -1 and not value.format_spec:
                yield from _operands(value.value)
            else:
                yield value
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "join" and len(node.args) == 1:
        items = node.args[0]
        for item in items.elts if isinstance(items, ast.List) and items.elts else ():
            yield from _operands(item)
    else:
        yield node


def _component(context: Context, definitions: Iterable[Definition]) -> list[Definition]:
    """All definitions of a name that share readers, or change each other, with the given ones."""
    found = dict.fromkeys(definitions)
    stack = list(found)
    while stack and len(found) <= _MOST_DEFINITIONS:
        one = stack.pop()
        near = {*one.previous, *one.changed_by}
        for use in context.flow.uses(one):
            near.update(context.flow.reaching(use).definitions)
        fresh = [other for other in near if other not in found]
        found.update(dict.fromkeys(fresh))
        stack.extend(fresh)
    if len(found) > _MOST_DEFINITIONS:
        raise NotGrown("the prompt is put together in too many places")
    return sorted(found, key=lambda one: getattr(one.node, "lineno", 0))


def is_tested(context: Context, load: ast.expr) -> bool:
    """`if not history:` asks the same of a list as of a text."""
    node: ast.AST = load
    parent = context.source.parent(node)
    while isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        node, parent = parent, context.source.parent(parent)
    return isinstance(parent, ast.If | ast.While | ast.IfExp) and parent.test is node
