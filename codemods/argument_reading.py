# Where the arguments of a call are written. Reads; plans nothing.
"""Arguments of a create call: keywords, a dict display that is splatted, stores before the call."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from codemods.flow import Definition
from codemods.places import EntryPlace, KeywordPlace, Place, StorePlace
from codemods.plans import Context, Refusal


@dataclass(slots=True)
class Arguments:
    """The arguments of one call by name, each where it is written."""

    places: dict[str, Place] = field(default_factory=dict)
    conditional: set[str] = field(default_factory=set)
    touched: dict[Definition, list[ast.Name | None]] = field(default_factory=dict)

    def add(self, name: str, place: Place) -> None:
        if name in self.places:
            raise Refusal("TC104", f"`{name}` is given in more than one place")
        self.places[name] = place


def read_arguments(context: Context, call: ast.Call) -> Arguments:
    """Raises Refusal if an argument is positional or hidden in a splat that is not visible."""
    if call.args:
        raise Refusal("TC104", "positional arguments")
    arguments = Arguments()
    for keyword in call.keywords:
        if keyword.arg is not None:
            arguments.add(keyword.arg, KeywordPlace(context.source, call, keyword))
        else:
            _read_splat(context, keyword.value, arguments)
    return arguments


def read_entries(context: Context, node: ast.expr) -> Arguments:
    """The entries of a dict: a display, or a name with every change made to it. Raises Refusal alike."""
    arguments = Arguments()
    _read_splat(context, node, arguments)
    return arguments


def _read_splat(context: Context, node: ast.expr, arguments: Arguments) -> None:
    if isinstance(node, ast.Dict):
        _read_display(context, node, arguments)
    elif isinstance(node, ast.Name):
        _read_named_dict(context, node, arguments)
    else:
        raise Refusal("TC104", "arguments come from a ** expression that is not visible here")


def _read_display(context: Context, node: ast.Dict, arguments: Arguments) -> None:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            _read_splat(context, value, arguments)
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            arguments.add(key.value, EntryPlace(context.source, node, key, value))
        else:
            raise Refusal("TC104", "a key of the arguments is computed")


def _read_named_dict(context: Context, node: ast.Name, arguments: Arguments) -> None:
    reaching = context.flow.reaching(node)
    if not reaching.definitions or not reaching.complete:
        raise Refusal("TC104", f"**{node.id} is not visible here")
    seen: dict[Definition, set[str]] = {}
    latest = [_read_dict_definition(context, one, arguments, seen) for one in reaching.definitions]
    arguments.conditional |= _not_in_all(latest)
    if sum(1 for definition in seen if definition.kind == "assign") != 1:
        raise Refusal("TC104", f"**{node.id} is one of several dicts")
    for definition in seen:
        inner = [use for use in context.flow.uses(definition) if _is_own_change(context, use, seen)]
        arguments.touched[definition] = [node, *inner]


def _not_in_all(names: list[set[str]]) -> set[str]:
    every: set[str] = set().union(*names)
    return {name for name in every if not all(name in others for others in names)}


def _is_own_change(context: Context, use: ast.Name, seen: Iterable[Definition]) -> bool:
    """`params` in `params["k"] = v` or `params.update(...)`, one of the changes we have read."""
    return any(one.target is use or getattr(one.target, "value", None) is use for one in seen)


def _read_dict_definition(
    context: Context, definition: Definition, arguments: Arguments, seen: dict[Definition, set[str]]
) -> set[str]:
    """Add the definition's entries and those before it; the names it may have in the end."""
    if definition in seen:
        return seen[definition]
    seen[definition] = set()
    if not context.can_edit(definition):
        raise Refusal("TC104", f"**{definition.name} has readers we cannot see")
    before = [_read_dict_definition(context, one, arguments, seen) for one in definition.previous]
    arguments.conditional |= _not_in_all(before)
    known = set(arguments.places)
    _read_own_entries(context, definition, arguments)
    seen[definition] = set().union(*before) | (set(arguments.places) - known)
    return seen[definition]


def _read_own_entries(context: Context, definition: Definition, arguments: Arguments) -> None:
    node, value = definition.node, definition.value
    if definition.kind == "assign" and isinstance(value, ast.Dict) and not definition.path:
        _read_display(context, value, arguments)
    elif definition.kind == "assign" and isinstance(value, ast.Call) and _is_dict_call(context, value):
        for keyword in value.keywords:
            assert keyword.arg is not None
            arguments.add(keyword.arg, KeywordPlace(context.source, value, keyword))
    elif definition.kind == "store_item":
        _read_item_store(context, definition, arguments)
    elif definition.kind == "method" and isinstance(node, ast.Call):
        _read_update(context, node, arguments)
    else:
        raise Refusal("TC104", f"**{definition.name} is built in a way that is not followed")


def _is_dict_call(context: Context, node: ast.Call) -> bool:
    plain = isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args
    return plain and all(keyword.arg is not None for keyword in node.keywords)


def _read_item_store(context: Context, definition: Definition, arguments: Arguments) -> None:
    node, target = definition.node, definition.target
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(target, ast.Subscript):
        key = target.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            arguments.add(key.value, StorePlace(context.source, node, target, node.value))
            return
    raise Refusal("TC104", f"an item of **{definition.name} is set in a way that is not followed")


def _is_conditional(context: Context, node: ast.stmt) -> bool:
    return isinstance(context.source.parent(node), ast.If)


def _read_update(context: Context, call: ast.Call, arguments: Arguments) -> None:
    function = call.func
    assert isinstance(function, ast.Attribute)
    if function.attr != "update" or any(keyword.arg is None for keyword in call.keywords):
        raise Refusal("TC104", f"the arguments are changed by .{function.attr}()")
    if _is_conditional(context, context.source.statement(call)):
        raise Refusal("TC104", "the arguments are updated on one path only")
    for argument in call.args:
        if not isinstance(argument, ast.Dict):
            raise Refusal("TC104", "the arguments are updated from something not visible here")
        _read_display(context, argument, arguments)
    for keyword in call.keywords:
        assert keyword.arg is not None
        arguments.add(keyword.arg, KeywordPlace(context.source, call, keyword))
