"""Rewrite the stop sequences of a call.

    before: stop_sequences=[HUMAN_PROMPT, "</answer>"]
    after:  stop_sequences=["</answer>"]
    before: stop_sequences=[HUMAN_PROMPT] + STOPS
    after:  stop_sequences=STOPS

The Human marker was implicit and is structural now; where it stands in a list that is written
elsewhere it stays, which is legal and ends an answer where it always ended. Blank stops are refused
by Messages, so a list that is not all in sight is left to the adapter, which cuts there itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codemods.attributes import attribute_at
from codemods.callers import Function, callers_of, functions_asked, values_of_parameter
from codemods.edits import Edit, Slice
from codemods.flow import Definition
from codemods.places import Place, list_removals
from codemods.plans import Context, Plan, Refusal
from codemods.rules.blank_stops import may_be_blank
from codemods.rules.dropped_values import may_have_effects
from codemods.template_nodes import widen_over_parentheses
from codemods.values import Foreign, UserFunction
from migrate.markers import HUMAN_PROMPT

Display = ast.List | ast.Tuple | ast.Set
_COPIES = frozenset({"the built-in list", "the built-in tuple", "the built-in sorted", "the built-in set"})
_DEEPEST = 12


def rewrite_stop_sequences(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    """Plan one place of the argument. Raises Refusal where a stop may be blank or None."""
    parts = stop_parts(context, place.value)
    if parts is None:
        raise Refusal("TC104", "the stop sequences are not written at the call")
    plan.relied.update(functions_asked(context, place.value))
    displays = [part for part in parts if isinstance(part, Display)]
    elements = [one for display in displays for one in _elements(display)]
    if any(may_be_blank(context, element) for element in elements):
        raise Refusal(
            "TC104", "a stop sequence is blank, which Messages refuses; the adapter cuts there itself"
        )
    if all(_is_marker(context, element) for element in elements):
        if may_have_effects(context, place.value):
            raise Refusal("TC104", "the stop sequences are made by a call that dropping them would skip")
        gone.append(place)
        return
    if len(displays) < len(parts) and not _is_guarded(context, place.value):
        raise Refusal("TC104", "the stop sequences may be None")
    if any(context.evaluator.text_of(element) is None for element in elements):
        plan.evidence.append("assumes that stop sequences known only at run time are not blank")
    for display in displays:
        _drop_markers(context, plan, place, display)


def has_blank_stop(context: Context, value: ast.expr) -> bool:
    """Whether one of the stop sequences may be blank, as far as the file shows."""
    parts = stop_parts(context, value)
    if parts is None:
        return may_be_blank(context, value)
    displays = [part for part in parts if isinstance(part, Display)]
    return any(may_be_blank(context, element) for one in displays for element in _elements(one))


def stop_parts(context: Context, node: ast.expr, depth: int = 0) -> list[ast.expr] | None:
    """The displays (and None) that a list of stop sequences is made from; None if one is not in sight."""
    if depth > _DEEPEST:
        return None
    if isinstance(node, Display):
        inner = [one.value for one in node.elts if isinstance(one, ast.Starred)]
        return _all_parts(context, inner, depth, [node])
    if isinstance(node, ast.Constant) and node.value is None:
        return [node]
    if isinstance(node, ast.IfExp):
        return _all_parts(context, [node.body, node.orelse], depth)
    if isinstance(node, ast.BoolOp):
        return _parts_of_choice(context, node, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _all_parts(context, [node.left, node.right], depth)
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        value = context.evaluator.value_of(node.func)
        copies = isinstance(value, Foreign) and value.what in _COPIES
        return stop_parts(context, node.args[0], depth + 1) if copies else None
    return _named_parts(context, node, depth)


def _all_parts(
    context: Context, nodes: Iterable[ast.expr], depth: int, start: list[ast.expr] | None = None
) -> list[ast.expr] | None:
    found = list(start or ())
    for node in nodes:
        parts = stop_parts(context, node, depth + 1)
        if parts is None:
            return None
        found.extend(parts)
    return list(dict.fromkeys(found))


def _parts_of_choice(context: Context, node: ast.BoolOp, depth: int) -> list[ast.expr] | None:
    """`stop or []` is never None, whatever `stop` is; `stop and […]` may be."""
    *first, last = node.values
    before = _all_parts(context, first, depth)
    after = stop_parts(context, last, depth + 1)
    if before is None or after is None:
        return None
    if isinstance(node.op, ast.Or):
        before = [one for one in before if not isinstance(one, ast.Constant)]
    return list(dict.fromkeys([*before, *after]))


def _named_parts(context: Context, node: ast.expr, depth: int) -> list[ast.expr] | None:
    definitions: list[Definition | None] = []
    if isinstance(node, ast.Name):
        reaching = context.flow.reaching(node)
        definitions = list(reaching.definitions) if reaching.complete else []
    elif isinstance(node, ast.Attribute):
        definitions = [attribute_at(context, node)]
    values: list[ast.expr] = []
    for definition in definitions:
        held = None if definition is None else _held(context, definition, depth)
        if held is None:
            return None
        values.extend(held)
    return _all_parts(context, values, depth) if values else None


def _held(context: Context, definition: Definition, depth: int) -> list[ast.expr] | None:
    """What a name may hold, if nothing changes the list behind it."""
    if definition.kind == "parameter":
        values = values_of_parameter(context, definition)
    else:
        plain = definition.kind == "assign" and not definition.path and definition.value is not None
        values = [definition.value] if plain and definition.value is not None else None
    fixed = values is not None and all(isinstance(one, ast.Tuple | ast.Constant) for one in values)
    return values if fixed or _is_only_read(context, definition, depth) else None


def _is_only_read(context: Context, definition: Definition, depth: int) -> bool:
    """Whether no use of a list can change it: it is added to, tested, handed to calls of ours."""
    if definition.changed_by or not context.flow.uses_are_complete(definition) or depth > _DEEPEST:
        return False
    if context.is_exported(definition) or context.flow.is_written_elsewhere(
        definition.scope, definition.name
    ):
        return False
    if definition.scope.kind == "module" and context.changes_of(definition.name):
        return False
    return all(_reads(context, use, depth) for use in context.flow.uses(definition))


def _reads(context: Context, use: ast.expr, depth: int) -> bool:
    parent = context.source.parent(use)
    if isinstance(parent, ast.keyword) and parent.arg == "stop_sequences":
        return True
    if isinstance(parent, ast.BoolOp | ast.IfExp):
        return _reads(context, parent, depth)
    if isinstance(parent, ast.Call | ast.keyword):
        return _is_handed_on(context, use, parent, depth)
    if isinstance(parent, ast.Dict):
        return any(
            value is use and isinstance(key, ast.Constant) and key.value == "stop_sequences"
            for key, value in zip(parent.keys, parent.values, strict=True)
        )
    if isinstance(parent, ast.Assign):
        return all(_is_stop_item(target) for target in parent.targets)
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is use
    return isinstance(parent, ast.BinOp | ast.Compare | ast.Starred | ast.If | ast.While | ast.FormattedValue)


def _is_stop_item(target: ast.expr) -> bool:
    """`params["stop_sequences"]` on the left of an assignment."""
    key = target.slice if isinstance(target, ast.Subscript) else None
    return isinstance(key, ast.Constant) and key.value == "stop_sequences"


def _is_handed_on(context: Context, use: ast.expr, parent: ast.Call | ast.keyword, depth: int) -> bool:
    """Whether the list goes to a function that copies it, or to one of the file's that only reads it."""
    call = parent if isinstance(parent, ast.Call) else context.source.parent(parent)
    if not isinstance(call, ast.Call) or call.func is use:
        return False
    value = context.evaluator.value_of(call.func)
    if isinstance(value, Foreign):
        return value.what in _COPIES | {"the built-in len", "the built-in print", "the built-in bool"}
    if not isinstance(value, UserFunction) or not isinstance(value.node, Function):
        return False
    for passed in callers_of(context, value.node) or ():
        for name, given in passed.by_parameter.items():
            if given is use:
                known = context.flow.scopes[value.node].definitions.get(name, [])
                return len(known) == 1 and _is_only_read(context, known[0], depth + 1)
    return False


def _is_guarded(context: Context, value: ast.expr) -> bool:
    """Whether the argument is given only where its name was tested: `if stop: params[…] = stop`."""
    if not isinstance(value, ast.Name):
        return False
    inner: ast.AST = value
    current = context.source.parent(value)
    while current is not None and not isinstance(
        current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    ):
        tested = _test_before(current, inner)
        if tested is not None and tested.id == value.id:
            return context.flow.reaching(tested).definitions == context.flow.reaching(value).definitions
        inner, current = current, context.source.parent(current)
    return False


def _test_before(node: ast.AST, part: ast.AST) -> ast.Name | None:
    """The name that an `if` tests before it comes to a part of it."""
    in_body = isinstance(node, ast.If) and any(one is part for one in node.body)
    if in_body or (isinstance(node, ast.IfExp) and node.body is part):
        assert isinstance(node, ast.If | ast.IfExp)
        return _tested_name(node.test)
    return None


def _tested_name(test: ast.expr) -> ast.Name | None:
    """`stop` in `if stop:` and `if stop is not None:`."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.IsNot) and len(test.ops) == 1:
        other = test.comparators[0]
        is_none = isinstance(other, ast.Constant) and other.value is None
        return test.left if is_none and isinstance(test.left, ast.Name) else None
    return test if isinstance(test, ast.Name) else None


# -- elements -------------------------------------------------------------------------------------


def _elements(display: Display) -> list[ast.expr]:
    return [one for one in display.elts if not isinstance(one, ast.Starred)]


def _is_marker(context: Context, element: ast.expr) -> bool:
    return context.evaluator.text_of(element) == HUMAN_PROMPT


def _drop_markers(context: Context, plan: Plan, place: Place, display: Display) -> None:
    """Take the Human marker out of a list at the call; elsewhere, or where it stands alone, it stays."""
    found = (element for element in _elements(display) if _is_marker(context, element))
    markers = [element for element in found if not may_have_effects(context, element)]
    if not markers:
        return
    if len(markers) == len(display.elts) and _drop_operand(context, plan, place, display):
        return
    if len(markers) == len(display.elts) or not _is_within(place.value, display):
        line = getattr(display, "lineno", "?")
        plan.notes.append(
            f"the Human marker of line {line} stays among the stop sequences, as it always was one"
        )
        return
    if isinstance(display, ast.Tuple) and len(display.elts) - len(markers) == 1:
        raise Refusal("TC104", "the tuple of stop sequences would lose its comma")
    plan.edits.extend(list_removals(context.source, display, markers))


def _drop_operand(context: Context, plan: Plan, place: Place, display: Display) -> bool:
    """`[HUMAN_PROMPT] + stops` is `stops`."""
    above = context.source.parent(display)
    if not _is_within(place.value, display) or not isinstance(above, ast.BinOp):
        return False
    other = above.right if above.left is display else above.left
    whole = context.source.span(above)
    kept = widen_over_parentheses(context.source.data, *context.source.span(other), *whole)
    if b"#" in context.source.data[whole[0] : kept[0]] + context.source.data[kept[1] : whole[1]]:
        return False
    plan.edits.append(Edit(*whole, (Slice(*kept),)))
    return True


def _is_within(node: ast.expr, part: ast.expr) -> bool:
    return any(one is part for one in ast.walk(node))
