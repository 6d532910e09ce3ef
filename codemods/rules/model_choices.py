# Finds every text that may reach a model argument. Knows definitions and callers; decides no successor.
"""The model names that a call may get, each where it is written.

    def ask(q, model="claude-2"): … create(model=model)     the default, and what every call passes
    model=FAST if quick else GOOD                           both
    self.model = model … create(model=self.model)           what the attribute was given
    model=MODELS[size]                                      every value of the dict

They are texts to edit only if all of them are in sight and nobody else reads the names on the way: each
name is a definition that is touched, so the fixpoint over shared definitions has the last word.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from codemods.callers import default_of, is_called_by_name, is_collecting
from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.prompt_forms import is_own_affair

_DEEPEST = 6
_MOST_TEXTS = 12
_KEYS_ONLY = frozenset({"keys"})


class NotInSight(Exception):
    """Some value of the model may come from where we cannot see it."""


@dataclass(slots=True)
class Choices:
    """texts: the literals. steps: the definitions on the way, each with a place that reads it."""

    texts: list[ast.Constant] = field(default_factory=list)
    steps: list[tuple[Definition, ast.expr]] = field(default_factory=list)


def choices_of(context: Context, node: ast.expr) -> Choices | None:
    """Every text that the expression may be; None if not all are in sight, or one may not be edited."""
    found = Choices()
    try:
        _collect(context, node, found, 0)
    except NotInSight:
        return None
    found.texts = list(dict.fromkeys(found.texts))
    return found if 0 < len(found.texts) <= _MOST_TEXTS else None


def _collect(context: Context, node: ast.expr, found: Choices, depth: int) -> None:
    if depth > _DEEPEST:
        raise NotInSight
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            found.texts.append(node)
        elif node.value is not None or not _is_replaced(context, node):
            raise NotInSight
    elif isinstance(node, ast.IfExp):
        for branch in (node.body, node.orelse):
            _collect(context, branch, found, depth + 1)
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        for part in node.values:
            _collect(context, part, found, depth + 1)
    elif isinstance(node, ast.Name):
        _from_name(context, node, found, depth)
    elif isinstance(node, ast.Attribute):
        _from_attribute(context, node, found, depth)
    elif isinstance(node, ast.Subscript):
        _from_table(context, node.value, found)
    else:
        raise NotInSight


def _is_replaced(context: Context, none: ast.Constant) -> bool:
    """Whether a None stands for what follows it: `model or "claude-2"` with `model=None` as default."""
    return isinstance(context.source.parent(none), ast.arguments)


def _from_name(context: Context, node: ast.Name, found: Choices, depth: int) -> None:
    reaching = context.flow.reaching(node)
    if not reaching.complete or not reaching.definitions:
        raise NotInSight
    for definition in reaching.definitions:
        if definition.path or definition.changed_by or not context.can_edit(definition):
            raise NotInSight
        if (definition, node) in found.steps:
            continue
        found.steps.append((definition, node))
        for value in _values_of(context, definition):
            _collect(context, value, found, depth + 1)


def _values_of(context: Context, definition: Definition) -> list[ast.expr]:
    if definition.kind == "assign" and definition.value is not None:
        return [definition.value]
    if definition.kind == "parameter":
        return _passed(context, definition)
    raise NotInSight


def _from_attribute(context: Context, node: ast.Attribute, found: Choices, depth: int) -> None:
    """`self.model`, or a constant of the class: one value for all its objects, as far as the file shows."""
    members = context.templates.members
    owner = members.class_around(node.value)
    definition = members.member(owner, node.attr) if owner is not None else None
    if owner is None or definition is None or not context.can_edit(definition):
        raise NotInSight
    if owner.decorator_list:  # a dataclass: its constructor fills the fields in
        raise NotInSight
    if any(map(_makes_class, context.source.nodes_of(ast.Call))) or _asks_by_computed_name(context):
        raise NotInSight
    if (definition, node) in found.steps:
        return
    found.steps.append((definition, node))
    stores = context.flow.attribute_stores.get(node.attr, [])
    inside = [one.value for one in context.flow.scopes[owner].definitions.get(node.attr, ())]
    values = [*inside, *(value for _, value in stores)]
    if not values:
        raise NotInSight
    for value in values:
        if value is None:
            raise NotInSight
        _collect(context, value, found, depth + 1)


def _from_table(context: Context, table: ast.expr, found: Choices) -> None:
    """A dict of this file whose readers only look things up."""
    if not isinstance(table, ast.Name):
        raise NotInSight
    reaching = context.flow.reaching(table)
    if not reaching.complete or len(reaching.definitions) != 1:
        raise NotInSight
    (definition,) = reaching.definitions
    value = definition.value
    if definition.changed_by or definition.path or not context.can_edit(definition):
        raise NotInSight
    if definition.kind != "assign" or not isinstance(value, ast.Dict):
        raise NotInSight
    for item in value.values:
        if not isinstance(item, ast.Constant) or not isinstance(item.value, str):
            raise NotInSight
        found.texts.append(item)
    found.steps.append((definition, table))
    found.steps.extend((definition, use) for use in context.flow.uses(definition) if _asks_keys(context, use))


def _asks_keys(context: Context, use: ast.Name) -> bool:
    """`size in MODELS`, `MODELS.keys()`: readers of the keys alone."""
    parent = context.source.parent(use)
    if isinstance(parent, ast.Compare):
        return use in parent.comparators and all(isinstance(op, ast.In | ast.NotIn) for op in parent.ops)
    return isinstance(parent, ast.Attribute) and parent.attr in _KEYS_ONLY


# -- what callers pass ----------------------------------------------------------------------------


def _passed(context: Context, parameter: Definition) -> list[ast.expr]:
    """What each call passes for a parameter, or its default. Raises NotInSight."""
    function, name = parameter.scope.node, parameter.name
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or is_collecting(function, name):
        raise NotInSight
    if not is_own_affair(context, function) or is_called_by_name(context):
        raise NotInSight
    if any(map(_may_wrap, function.decorator_list)):
        raise NotInSight
    default = default_of(function, name)
    values: list[ast.expr] = [] if default is None else [default]
    calls = list(_calls_of(context, function))
    if not calls:  # somebody calls it, whom we do not see
        raise NotInSight
    for call, leading in calls:
        given = _given(call, function, name, leading)
        if given is None and default is None:
            raise NotInSight
        values.extend([] if given is None else [given])
    return values


def _may_wrap(decorator: ast.expr) -> bool:
    return getattr(decorator, "id", "") not in ("staticmethod", "classmethod")


def _calls_of(
    context: Context, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> Iterator[tuple[ast.Call, int]]:
    """Every call of the function, with how many of its parameters are filled in already."""
    owner = context.source.parent(function)
    made = owner if isinstance(owner, ast.ClassDef) and function.name == "__init__" else function
    definition = _definition_of(context, made)
    if definition is None or not context.can_edit(definition):
        raise NotInSight
    if made is not function and any(_is_made_otherwise(context, one) for one in _ways_to_make(context)):
        raise NotInSight
    is_method = isinstance(owner, ast.ClassDef) and made is function
    if is_method and _asks_by_computed_name(context):
        raise NotInSight
    is_bound = isinstance(owner, ast.ClassDef) and not any(
        getattr(one, "id", "") == "staticmethod" for one in function.decorator_list
    )
    for use in context.flow.uses(definition):
        call = context.source.parent(use)
        if not isinstance(call, ast.Call) or call.func is not use:
            raise NotInSight
        if is_method and context.templates.members.function_of(call) is not function:
            raise NotInSight  # `seen.add("claude-2")` is no call of the method `add` of a class here
        yield call, 1 if is_bound else 0


def _ways_to_make(context: Context) -> Iterator[ast.expr]:
    """`type(self)`, `self.__class__` and `.__init__`: a class reached without its name."""
    for call in context.source.nodes_of(ast.Call):
        if getattr(call.func, "id", "") == "type":
            yield call
    for node in context.source.nodes_of(ast.Attribute):
        if node.attr in ("__class__", "__init__"):
            yield node


def _is_made_otherwise(context: Context, way: ast.expr) -> bool:
    """Whether an object may be made in this way; a class below its own is seen by the base it names."""
    parent = context.source.parent(way)
    if isinstance(parent, ast.Attribute):
        return parent.attr not in ("__name__", "__qualname__", "__module__", "__doc__")
    if isinstance(parent, ast.Compare):
        return False
    inner = way.value if isinstance(way, ast.Attribute) else None
    return not (isinstance(inner, ast.Call) and getattr(inner.func, "id", "") == "super")


def _makes_class(call: ast.Call) -> bool:
    """`type("Fast", (Bot,), {"model": …})`"""
    return getattr(call.func, "id", "") == "type" and len(call.args) > 1


def _asks_by_computed_name(context: Context) -> bool:
    """`getattr(bot, f"do_{command}")`: it may be any member."""
    return any(
        getattr(call.func, "id", "") == "getattr"
        and len(call.args) > 1
        and not isinstance(call.args[1], ast.Constant)
        for call in context.source.nodes_of(ast.Call)
    )


def _definition_of(context: Context, node: ast.AST) -> Definition | None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return context.templates.members.definition_of(node)
    for scope in context.flow.scopes.values():
        for definitions in scope.definitions.values():
            if definitions[0].node is node:
                return definitions[0] if len(definitions) == 1 else None
    return None


def _given(
    call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, leading: int
) -> ast.expr | None:
    """The argument for a parameter; None if the call leaves it to the default. Raises NotInSight."""
    spread = any(isinstance(one, ast.Starred) for one in call.args)
    if spread or any(keyword.arg is None for keyword in call.keywords):
        raise NotInSight
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    positional = [one.arg for one in (*function.args.posonlyargs, *function.args.args)][leading:]
    index = positional.index(name) if name in positional else len(call.args)
    return call.args[index] if index < len(call.args) else None
