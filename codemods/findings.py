# From plans to report entries. Words only; decides nothing about edits.
"""Findings for sites, constants, types and leftovers, in the same words for check, diff and fix."""

from __future__ import annotations

import ast
import re

from codemods.argument_reading import holders_of_call
from codemods.bodies import RequestSite, feeders_of, holders_of, parts_of
from codemods.callers import assumed_callers
from codemods.flow import Definition
from codemods.ignores import is_ignored
from codemods.outcome import Finding, Options, Status
from codemods.plans import Context, Plan, Site
from codemods.rules.calls import rewriting_rule
from codemods.rules.leftovers import find_leftovers
from codemods.rules.request_sites import BRIDGED, REWRITTEN
from codemods.rules.surface_tests import TESTED
from codemods.suggestions import suggestion_for_load
from codemods.values import Migrated

_UNCERTAIN = "it cannot be told whether this is an Anthropic client"
MARKER = re.compile(rb"^[ \t]*#[ \t]*TODO\(to-messages (TC\d+)\):[ \t]*([^\r\n]*)", re.M)
_BRIDGE_ORDER = ("TC106", "TC105", "TC104", "TC103", "TC101", "TC102")
_BRIDGED_BY = {
    "TC101": "the prompt is converted at run time",
    "TC102": "the model is chosen at run time",
    "TC103": "the response keeps its old shape",
    "TC104": "served through the adapter as it stands",
    "TC105": "the stream is served through the adapter",
    "TC106": "the call of SDK 0.2 is served through the adapter",
}
_BODY_BRIDGED_BY = {**_BRIDGED_BY, "TC104": "the body is converted at run time"}


def site_finding(context: Context, site: Site, plan: Plan) -> Finding:
    """The one entry of a call site: its rung, the rule that decided it, reason and evidence."""
    notes = tuple(dict.fromkeys(plan.notes))
    if plan.manual is not None:
        rule, reason = plan.manual
        return finding(
            context, rule, "manual", site.node, reason, tuple(plan.evidence), notes, plan.suggestion
        )
    bridges = [rule for rule in _BRIDGE_ORDER if rule in plan.bridges]
    words = _BODY_BRIDGED_BY if isinstance(site, RequestSite) else _BRIDGED_BY
    reasons = [f"{words[rule]}: {plan.bridges[rule]}" for rule in bridges]
    reviews = open_reviews(plan, context.options)
    accepted = tuple(f"{rule} accepted: {text}" for rule, text in plan.reviews.items() if rule not in reviews)
    if reviews:
        rule, status = next(iter(reviews)), "review"
        message = "; ".join(reviews.values())
        notes += tuple(reasons)
    elif bridges:
        rule, status, message = bridges[0], "bridged", "; ".join(reasons)
        rule = BRIDGED[site.provider] if isinstance(site, RequestSite) else rule
    elif isinstance(site, RequestSite):
        rule, status, message = REWRITTEN[site.provider], "rewritten", "becomes a Messages request"
    else:
        message = "becomes messages.create" if site.call is not None else TESTED
        rule, status = rewriting_rule(site, plan), "rewritten"
    evidence = tuple(dict.fromkeys((*plan.evidence, *assumed_callers(context, plan))))
    return finding(context, rule, status, site.node, message, evidence, notes + accepted)  # type: ignore[arg-type]


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
    """A finding at a node's place; for an f-string's text, which has none on older Pythons, at the whole."""
    parent = context.source.parent(node)
    node = parent if isinstance(parent, ast.JoinedStr) and isinstance(node, ast.Constant) else node
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


def left_findings(
    context: Context, plans: dict[Site, Plan], uncertain: list[tuple[ast.expr, str]]
) -> list[Finding]:
    """Entries for what is reported and not rewritten."""
    found = [
        finding(
            context,
            "TC301",
            "manual",
            node,
            f"{_UNCERTAIN}: {why}",
            suggestion=suggestion_for_load(context, node),
        )
        for node, why in uncertain
    ]
    accounted: set[ast.AST] = {site.node for site in plans}
    made = ((site.call, site.layers, site.leading) for site in plans if site.call is not None)
    for call, layers, leading in (*made, *((call, (), 0) for call in context.migrated_calls())):
        accounted.update(_splatted_values(context, call))
        accounted.update(holders_of_call(context, call, layers, leading))
    for site in plans:
        if isinstance(site, RequestSite):
            accounted.update(parts_of(context, site))
    accounted.update(_converted_bodies(context))
    for rule, node, why, advice in find_leftovers(context, accounted):
        if context.rule_is_on(rule) and not is_ignored(context.source, node, [rule]):
            found.append(finding(context, rule, "manual", node, why, suggestion=advice))
    return found


def _converted_bodies(context: Context) -> list[ast.AST]:
    """Legacy bodies that our own run-time library converts already."""
    calls = [call for call in context.source.nodes_of(ast.Call) if call.args]
    ours = [
        call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "messages_body"
    ]
    migrated = [call for call in ours if isinstance(context.evaluator.value_of(call.func), Migrated)]
    bodies = [call.args[0] for call in migrated]
    return [node for one in bodies for node in (*holders_of(context, one), *feeders_of(context, one))]


def _splatted_values(context: Context, call: ast.Call) -> list[ast.AST]:
    """The dicts whose entries the call passes with `**name`, with every change made to them."""
    names = [keyword.value for keyword in call.keywords if keyword.arg is None]
    stack = [
        one for name in names if isinstance(name, ast.Name) for one in context.flow.reaching(name).definitions
    ]
    seen: set[Definition] = set()
    while stack:
        definition = stack.pop()
        if definition not in seen:
            seen.add(definition)
            stack.extend(definition.previous)
    return [definition.node for definition in seen if definition.kind != "parameter"]
