"""Rewrite the limit of a call.

    before: max_tokens_to_sample=1_000_000
    after:  max_tokens=128000, timeout=600

The old server cut a limit silently to what the model can write, Messages refuses it; and the SDK
refuses a large limit without streaming unless the call names a timeout.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable

from codemods.argument_reading import Arguments
from codemods.edits import Edit
from codemods.evaluate import calculated
from codemods.places import Place
from codemods.plans import Context, Plan, Refusal
from codemods.rules.hidden_turns import closure_of
from codemods.values import Client, Constant, Foreign, Symbol, Value
from migrate.models import find_model

# A non-streaming call with this limit or more and no timeout is a ValueError in the SDK since 0.84.
_GUARDED_LIMIT = 21_334
_LARGE_FACTOR = 256
_OLD_TIMEOUT = "600"
# The least that any served model can write, in tokens. Source: migrate/models.json.
_SMALLEST_MAXIMUM = 64_000


def _check_token_budget(context: Context, place: Place) -> None:
    """A limit worked out from a token count stands on a function that is gone."""
    for node in closure_of(context, place.value):
        if isinstance(node, ast.Attribute | ast.Name) and _counts_tokens(context, node):
            raise Refusal(
                "TC402", "the limit is worked out from count_tokens, which is gone: count a whole request"
            )


def _counts_tokens(context: Context, node: ast.Attribute | ast.Name) -> bool:
    if isinstance(node, ast.Attribute):
        owner = context.evaluator.value_of(node.value)
        return node.attr == "count_tokens" and isinstance(owner, Client | Symbol)
    value = context.evaluator.value_of(node)
    return isinstance(value, Symbol) and value.path.endswith(".count_tokens")


def rewrite_limit(context: Context, plan: Plan, arguments: Arguments) -> None:
    """Clamp a literal limit to the model's, as the server did; lift the SDK's guard on large ones."""
    for place in arguments.every["max_tokens_to_sample"]:
        _rewrite_place(context, plan, arguments, place)


def _rewrite_place(context: Context, plan: Plan, arguments: Arguments, place: Place) -> None:
    limit = cut_limit(context, plan, place, _GUARDED_LIMIT)
    has_timeout = "timeout" in arguments.places or _client_has_timeout(context)
    if limit >= _GUARDED_LIMIT and not has_timeout and plan.streams != "yes":
        plan.edits.extend(place.append("timeout", _OLD_TIMEOUT, 6))
        plan.notes.append(
            "timeout=600, the old default: without it the SDK refuses this limit when not streaming"
        )


def _client_has_timeout(context: Context) -> bool:
    """Whether a client of the file has a time limit of its own, with which the SDK refuses no call."""
    for call in context.source.nodes_of(ast.Call):
        named = {keyword.arg for keyword in call.keywords} & {"timeout", "default_request_timeout"}
        if named and isinstance(context.evaluator.value_of(call), Client):
            return True
    return False


def cut_limit(context: Context, plan: Plan, place: Place, guarded: int | None = None) -> float:
    """Cut a limit that is over the model's, or may be; returns the largest that is left.

    One that is known only at run time is cut if it may reach `guarded`, by default if it may be over.
    """
    _check_token_budget(context, place)
    value = context.evaluator.value_of(place.value)
    most = _maximum(plan)
    if isinstance(value, Constant) and isinstance(value.value, int) and not isinstance(value.value, bool):
        return _cut_number(plan, place, value.value, most)
    limit = _largest_in_sight(context, place)
    over = guarded if guarded is not None else (most or _SMALLEST_MAXIMUM) + 1
    if limit >= over:
        _cut_at_run_time(context, plan, place, most)
    return limit


def _cut_number(plan: Plan, place: Place, limit: int, most: int | None) -> int:
    if most is None or limit <= most:
        return limit
    if plan.model_is_runtime:
        raise Refusal("TC104", "the limit may be over the maximum of a model known only at run time")
    plan.edits.append(Edit(*place.value_span, (str(most),)))
    plan.notes.append(f"max_tokens {limit} -> {most}, the model's maximum (the old server cut it silently)")
    return most


def _maximum(plan: Plan) -> int | None:
    """The most the call may ask for; None if the model is not in the table."""
    if plan.model_is_runtime:
        return _SMALLEST_MAXIMUM
    facts = find_model(plan.model) if plan.model else None
    return facts.max_output_tokens if facts else None


def _cut_at_run_time(context: Context, plan: Plan, place: Place, most: int | None) -> None:
    """`min(limit, 128000)`: the server used to do that."""
    values = context.evaluator.values_of(place.value)
    may_be_none = any(isinstance(value, Constant) and value.value is None for value in values)
    if most is None or plan.model_is_runtime or may_be_none or context.is_taken("min"):
        raise Refusal("TC104", "the limit may be one that the SDK refuses without streaming")
    start, end = place.value_span
    plan.edits.extend([Edit(start, start, ("min(",), 3), Edit(end, end, (f", {most})",), -3)])
    plan.notes.append(f"max_tokens is cut at {most}, as the old server cut it silently")


def _largest_in_sight(context: Context, place: Place) -> float:
    """The largest number that the limit is worked out from, as far as the file shows."""
    nodes = list(closure_of(context, place.value))
    limits: list[object] = [
        value.value for value in context.evaluator.values_of(place.value) if isinstance(value, Constant)
    ]
    limits += [int(text) for text in map(_digits, nodes) if text]
    limits += [node.value for node in nodes if isinstance(node, ast.Constant)]
    limits += [number for node in nodes for number in _results(context, node)]
    largest = max((limit for limit in limits if isinstance(limit, int | float)), default=0)
    return min(largest, *_bounds(context, place.value), math.inf)


def _results(context: Context, node: ast.AST) -> list[int | float]:
    """What a calculation may give, or what another file states for a name of its own.

    A power, a shift or a product of large numbers that is known only at run time may be anything.
    """
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        return _as_numbers(context.evaluator.stated_elsewhere(node)) or []
    if not isinstance(node, ast.BinOp):
        return []
    if any(context.evaluator.text_of(side) is not None for side in (node.left, node.right)):
        return []  # a text that is repeated or filled in
    results = _calculated(context, node)
    return [math.inf] if results is None and _grows(context, node) else results or []


def _grows(context: Context, node: ast.BinOp) -> bool:
    """Whether a calculation with an unknown number may well be large: `n * 1024`, not `3 * len(lines)`."""
    if isinstance(node.op, ast.Mult):
        sides = (_calculated(context, node.left), _calculated(context, node.right))
        known = [abs(number) for numbers in sides for number in numbers or ()]
        return not known or max(known) >= _LARGE_FACTOR
    return isinstance(node.op, ast.Pow | ast.LShift)


def _calculated(context: Context, node: ast.expr) -> list[int | float] | None:
    """Every number that an expression of known numbers may be; None if one is not known."""
    values = context.evaluator.values_of(node)
    known = _as_numbers(values)
    if known is not None and len(known) == len(values):
        return known
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _calculated(context, node.left), _calculated(context, node.right)
    if left is None or right is None:
        return None
    results = [calculated(node.op, one, other) for one in left for other in right]
    numbers = [one for one in results if one is not None]
    return numbers if len(numbers) == len(results) else None


def _as_numbers(values: Iterable[Value]) -> list[int | float] | None:
    """The numbers among some values; None if there are none."""
    constants = [value.value for value in values if isinstance(value, Constant)]
    return [one for one in constants if isinstance(one, int | float)] or None


def _bounds(context: Context, node: ast.expr) -> list[int | float]:
    """The numbers above which `min(…, 4000)` never comes."""
    if not isinstance(node, ast.Call) or node.keywords or len(node.args) < 2:
        return []
    if context.evaluator.value_of(node.func) != Foreign("the built-in min"):
        return []
    bounds = [_calculated(context, argument) for argument in node.args]
    return [max(numbers) for numbers in bounds if numbers]


def _digits(node: ast.AST) -> str | None:
    """A number that comes as text, from an environment variable's default."""
    value = node.value if isinstance(node, ast.Constant) else None
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    return str(value) if is_number else None
