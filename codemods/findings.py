# From plans to report entries. Words only; decides nothing about edits.
"""Findings for sites, constants, types and leftovers, in the same words for check, diff and fix."""

from __future__ import annotations

import ast
import re

from codemods.outcome import Finding, Options, Status
from codemods.plans import Context, Plan, Site

MARKER = re.compile(rb"^[ \t]*#[ \t]*TODO\(to-messages (TC\d+)\):[ \t]*([^\r\n]*)", re.M)
_BRIDGE_ORDER = ("TC105", "TC104", "TC103", "TC101", "TC102")
_BRIDGED_BY = {
    "TC101": "the prompt is converted at run time",
    "TC102": "the model is chosen at run time",
    "TC103": "the response keeps its old shape",
    "TC104": "served through the adapter as it stands",
    "TC105": "the stream is served through the adapter",
}


def site_finding(context: Context, site: Site, plan: Plan) -> Finding:
    """The one entry of a call site: its rung, the rule that decided it, reason and evidence."""
    notes = tuple(dict.fromkeys(plan.notes))
    if plan.manual is not None:
        rule, reason = plan.manual
        return finding(context, rule, "manual", site.node, reason, tuple(plan.evidence), notes, plan.suggestion)
    bridges = [rule for rule in _BRIDGE_ORDER if rule in plan.bridges]
    reasons = [f"{_BRIDGED_BY[rule]}: {plan.bridges[rule]}" for rule in bridges]
    reviews = open_reviews(plan, context.options)
    accepted = tuple(f"{rule} accepted: {text}" for rule, text in plan.reviews.items() if rule not in reviews)
    if reviews:
        rule, status = next(iter(reviews)), "review"
        message = "; ".join(reviews.values())
        notes += tuple(reasons)
    elif bridges:
        rule, status, message = bridges[0], "bridged", "; ".join(reasons)
    else:
        rule, status, message = "TC001", "rewritten", "becomes messages.create"
    return finding(context, rule, status, site.node, message, tuple(plan.evidence), notes + accepted)  # type: ignore[arg-type]


def open_reviews(plan: Plan, options: Options) -> dict[str, str]:
    """The reviews of a plan that the project has not accepted."""
    return {rule: reason for rule, reason in plan.reviews.items() if rule not in options.accept}


def finding(
    context: Context,
    rule: str,
    status: Status,
    node: ast.AST,
    message: str,
    evidence: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    suggestion: str | None = None,
) -> Finding:
    """A finding at a node's place."""
    return finding_at(context, rule, status, context.source.span(node), message, evidence, notes, suggestion)


def finding_at(
    context: Context,
    rule: str,
    status: Status,
    span: tuple[int, int],
    message: str,
    evidence: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    suggestion: str | None = None,
) -> Finding:
    """A finding at a byte span."""
    line, column = context.source.position(span[0])
    end_line, end_column = context.source.position(span[1])
    return Finding(rule, status, line, column, end_line, end_column, message, evidence, notes, suggestion)


def marker_findings(context: Context) -> list[Finding]:
    """Markers of an earlier run: each is a review that a person has not removed yet."""
    found: list[Finding] = []
    for match in MARKER.finditer(context.source.data):
        rule, reason = match.group(1).decode(), match.group(2).decode("utf-8", "replace")
        if rule not in context.options.accept:
            found.append(finding_at(context, rule, "review", match.span(), reason))
    return found
