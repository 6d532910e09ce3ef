# What becomes of temperature, top_p and top_k. Knows one argument's value, not where arguments are written.
"""Sampling arguments are refused by current models and API versions: they go, said aloud.

    before: client.completions.create(…, temperature=0)
    after:  client.messages.create(…)                    # with a review: answers vary more

Where our run-time library serves the call it leaves them out once it knows the model, so the difference
is the same and has the same rules. Source: the SDK's MIGRATION.md and the API's model pages.
"""

from __future__ import annotations

import ast

from codemods.argument_reading import is_not_given
from codemods.places import Place
from codemods.plans import Context, Plan, Refusal
from codemods.rules.dropped_values import may_have_effects, may_raise
from codemods.values import Constant

SAMPLING = ("temperature", "top_p", "top_k")
_NEARLY_ZERO = 0.01


def drop_sampling(context: Context, plan: Plan, name: str, place: Place, gone: list[Place]) -> None:
    """Plan that one sampling argument goes. Raises Refusal if working out its value does something."""
    if may_have_effects(context, place.value):
        raise Refusal("TC104", f"`{name}` is computed by a call that dropping it would skip")
    written = context.source.text(place.value_span)
    gone.append(place)
    if may_raise(place.value):
        plan.notes.append(f"{written} is no longer evaluated, so a bad value there raises no error")
    _tell(context, plan, name, place.value, f"{name}={written} is dropped")


def tell_left_out(context: Context, plan: Plan, name: str, value: ast.expr, *, is_sure: bool) -> None:
    """What our run-time library does with a sampling argument; is_sure: the model is known to refuse it."""
    if not is_not_given(context, value):
        verb = "is" if is_sure else "may be"
        written = " ".join(context.source.node_text(value).split())
        _tell(context, plan, name, value, f"{name}={written} {verb} left out at run time")


def _tell(context: Context, plan: Plan, name: str, node: ast.expr, what: str) -> None:
    value = context.evaluator.value_of(node)
    if isinstance(value, Constant) and _picks_the_likeliest(name, value.value):
        plan.review("TC201", f"{what}: answers vary more from call to call")
    elif name == "temperature" and not isinstance(value, Constant):
        plan.review("TC202", f"{what}: current models refuse it")
    else:
        plan.notes.append(f"{what}: current models refuse it")


def _picks_the_likeliest(name: str, value: object) -> bool:
    """Whether the value makes the model take the likeliest token each time, or nearly so."""
    if not isinstance(value, int | float) or value < 0:
        return False
    return value == 1 if name == "top_k" else value <= _NEARLY_ZERO
