"""Rewrite the limit of a call.

    before: max_tokens_to_sample=1_000_000
    after:  max_tokens=128000, timeout=600

The old server cut a limit silently to what the model can write, Messages refuses it; and the SDK
refuses a large limit without streaming unless the call names a timeout.
"""

from __future__ import annotations

import ast

from codemods.argument_reading import Arguments
from codemods.edits import Edit
from codemods.places import Place
from codemods.plans import Context, Plan, Refusal
from codemods.rules.hidden_turns import closure_of
from codemods.values import Client, Constant, Symbol
from migrate.models import find_model

# A non-streaming call with this limit or more and no timeout is a ValueError in the SDK since 0.84.
_GUARDED_LIMIT = 21_334
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
    _check_token_budget(context, place)
    value = context.evaluator.value_of(place.value)
    most = _maximum(plan)
    if isinstance(value, Constant) and isinstance(value.value, int) and not isinstance(value.value, bool):
        limit: float = value.value
        if most is not None and limit > most:
            if plan.model_is_runtime:
                raise Refusal("TC104", "the limit may be over the maximum of a model known only at run time")
            plan.edits.append(Edit(*place.value_span, (str(most),)))
            plan.notes.append(
                f"max_tokens {limit} -> {most}, the model's maximum (the old server cut it silently)"
            )
            limit = most
    else:
        limit = _largest_in_sight(context, place)
        if limit >= _GUARDED_LIMIT:
            _cut_at_run_time(context, plan, place, most)
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
    return max((limit for limit in limits if isinstance(limit, int | float)), default=0)


def _digits(node: ast.AST) -> str | None:
    """A number that comes as text, from an environment variable's default."""
    value = node.value if isinstance(node, ast.Constant) else None
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10
    return str(value) if is_number else None
