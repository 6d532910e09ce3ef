"""Make tests of a response's stop reason ask for what Messages says.

    before: if resp.stop_reason == "stop_sequence": …
    after:  if resp.stop_reason in ("end_turn", "stop_sequence"): …

A natural end is "end_turn" in Messages and was "stop_sequence" before.
"""

from __future__ import annotations

import ast
import re

from codemods.edits import Edit
from codemods.plans import Context, Plan
from codemods.rules.read_places import Escapes, free_quote, is_test_only
from codemods.template_nodes import widen_over_parentheses

# What a caller that tested the old value has to test now. Source: the vendor's migration guide for
# Text Completions, and its page on stop reasons (`model_context_window_exceeded`: text was cut).
STOP_REASONS = {
    "stop_sequence": ("end_turn", "stop_sequence"),
    "max_tokens": ("max_tokens", "model_context_window_exceeded"),
}
_NEW_STOP_REASONS = frozenset(
    {"end_turn", "refusal", "model_context_window_exceeded", "tool_use", "pause_turn"}
)


def widen_stop_reason(context: Context, node: ast.expr, plan: Plan) -> None:
    """Make a test of the stop reason, read at `node`, ask for what Messages says in that case."""
    parent = context.source.parent(node)
    if is_test_only(context, node, parent):
        return
    if not isinstance(parent, ast.Compare) or len(parent.ops) != 1:
        raise Escapes(f"the stop reason goes into other code at line {node.lineno}")
    other = parent.comparators[0] if parent.left is node else parent.left
    operator = parent.ops[0]
    if isinstance(operator, ast.Eq | ast.NotEq):
        _widen_equality(context, node, parent, other, isinstance(operator, ast.NotEq), plan)
    elif isinstance(operator, ast.In | ast.NotIn) and parent.left is node:
        _widen_membership(context, node, other, plan)
    else:
        raise Escapes(f"the stop reason is compared in a way that is not followed (line {node.lineno})")


def _widen_equality(
    context: Context, node: ast.expr, compare: ast.Compare, other: ast.expr, negated: bool, plan: Plan
) -> None:
    value = context.evaluator.text_of(other)
    if value is None:
        raise Escapes(
            f"the stop reason is compared with a value that is not written here (line {node.lineno})"
        )
    if value in _NEW_STOP_REASONS:
        raise Escapes(f"line {node.lineno} tests for {value!r}, which only Messages says")
    if value not in STOP_REASONS:
        return
    quote = free_quote(context, node)
    if quote is None:
        raise Escapes(f"no quote is left inside the f-string at line {node.lineno}")
    listed = ", ".join(f"{quote}{reason}{quote}" for reason in STOP_REASONS[value])
    word = "not in" if negated else "in"
    source = context.source
    whole = source.span(compare)
    inner = widen_over_parentheses(source.data, *source.span(node), *whole)
    if b"#" in source.data[inner[1] : source.span(other)[0]] + source.data[source.span(other)[1] : inner[0]]:
        raise Escapes(f"a comment stands inside the comparison at line {node.lineno}")
    if compare.left is node:
        start, end = inner[1], whole[1]
        plan.edits.append(Edit(start, end, (f" {word} ({listed})",)))
    else:
        plan.edits.append(Edit(whole[0], inner[0]))
        end = whole[1]
        plan.edits.append(Edit(end, end, (f" {word} ({listed})",), -1))


def _widen_membership(context: Context, node: ast.expr, other: ast.expr, plan: Plan) -> None:
    if not isinstance(other, ast.Tuple | ast.List | ast.Set) or not other.elts:
        raise Escapes(
            f"the stop reason is looked up in a value that is not written here (line {node.lineno})"
        )
    known = [context.evaluator.text_of(element) for element in other.elts]
    if None in known:
        raise Escapes(
            f"the stop reason is compared with a value that is not written here (line {node.lineno})"
        )
    quote = free_quote(context, node)
    missing = [
        reason for value in known for reason in STOP_REASONS.get(value or "", ()) if reason not in known
    ]
    if not missing:
        return
    if quote is None:
        raise Escapes(f"no quote is left inside the f-string at line {node.lineno}")
    end = context.source.span(other.elts[-1])[1]
    comma = re.compile(rb"\s*,(?=\s*\))").match(context.source.data, end) if len(other.elts) == 1 else None
    plan.edits.append(
        Edit(
            end,
            comma.end() if comma else end,
            ("".join(f", {quote}{reason}{quote}" for reason in dict.fromkeys(missing)),),
        )
    )
