"""Rewrite or bridge one request that is sent without the SDK.

    before: requests.post(".../v1/complete", headers=…, json={"prompt": …}).json()["completion"]
    after:  the same request to /v1/messages, with a Messages body, its text read by block type

Address, headers or model id, body and every read of the reply change together or not at all. A body
that is opaque in some part is converted at run time.
"""

from __future__ import annotations

import ast

from codemods.bodies import Body, RequestSite, body_of
from codemods.flow import Definition
from codemods.ignores import is_ignored
from codemods.plans import Context, Plan, Refusal, Touch
from codemods.rules.bedrock_bodies import choose_model, complete_body, write_model
from codemods.rules.body_reads import link, review_shown, rewrite_reply
from codemods.rules.body_suggestions import suggested_request
from codemods.rules.event_reads import rewrite_events
from codemods.rules.http_requests import rewrite_address, rewrite_headers
from codemods.rules.request_bodies import Unbridgeable, bridge_body, rewrite_body

REWRITTEN = {"http": "TC021", "bedrock": "TC022"}
BRIDGED = {"http": "TC111", "bedrock": "TC112"}
# Reasons that have a rule of their own, whatever the request goes through.
_OWN_RULES = frozenset({"TC203", "TC302", "TC304"})
_Touched = dict[Definition, list[ast.expr | None]]


def plan_request(context: Context, site: RequestSite) -> Plan:
    """The plan on the highest rung that holds: rewritten, bridged, manual."""
    try:
        plan = _attempt(context, site)
        _check_rules(context, site, plan)
    except Refusal as reason:
        rule = reason.rule if reason.rule in _OWN_RULES else site.left_rule
        plan = Plan(manual=(rule, f"a request to the old API is left: {reason.reason}"))
        plan.suggestion = suggested_request(context, site)
    rules = [plan.manual[0]] if plan.manual else _needed_rules(site, plan)
    return Plan(ignored=True) if is_ignored(context.source, site.node, rules) else plan


def _needed_rules(site: RequestSite, plan: Plan) -> list[str]:
    return [(BRIDGED if plan.bridges else REWRITTEN)[site.provider], *plan.reviews]


def _check_rules(context: Context, site: RequestSite, plan: Plan) -> None:
    taken = next((name for name in plan.bridge_names if context.is_taken(name)), None)
    if taken is not None:
        raise Refusal(site.left_rule, f"the name {taken} means something else in this file")
    off = next((rule for rule in _needed_rules(site, plan) if not context.rule_is_on(rule)), None)
    if off is not None:
        raise Refusal("TC304", f"it needs {off}, which is switched off")


def _attempt(context: Context, site: RequestSite) -> Plan:
    if site in context.limits.bridged:
        raise Refusal(*context.limits.bridged[site])
    if site.unclear is not None:
        raise Refusal(site.left_rule, site.unclear)
    if any(keyword.arg is None for keyword in site.call.keywords if site.call):  # type: ignore[union-attr]
        raise Refusal(site.left_rule, "its arguments come from a ** expression")
    body = body_of(context, site)
    if context.options.bridge_only:
        return _planned(context, site, body, "asked for by --bridge-only")
    try:
        return _planned(context, site, body, None)
    except Unbridgeable:
        raise
    except Refusal as reason:
        if reason.rule not in ("TC104", "TC101", "TC102") and "body" not in reason.reason:
            raise
        return _planned(context, site, body, reason.reason)


def _planned(context: Context, site: RequestSite, body: Body, opaque: str | None) -> Plan:
    """The whole plan; `opaque` says why the body is converted at run time."""
    plan = Plan(sdk_floor=(0, 0, 0))
    touched: _Touched = {definition: [use] for definition, use in body.touched}
    if site.provider == "bedrock":
        choose_model(context, site, plan)
    if opaque is not None:
        if site.provider == "bedrock" and plan.model is None:
            raise Refusal("TC404", f"{opaque}, and the model is known only at run time")
        bridge_body(context, site, plan, body, opaque)
    else:
        entries = rewrite_body(context, site, plan, body)
        touched.update(entries.touched)
        if site.provider == "bedrock":
            complete_body(context, plan, entries)
    if site.provider == "bedrock":
        write_model(context, site, plan)
    else:
        rewrite_address(context, site, plan)
        touched.update(rewrite_headers(context, site, plan))
    plan.touches.extend(Touch(one, use, tuple(plan.edits)) for one, uses in touched.items() for use in uses)
    _rewrite_reads(context, site, plan)
    _state_evidence(site, plan)
    return plan


def _rewrite_reads(context: Context, site: RequestSite, plan: Plan) -> None:
    for trail in site.trails:
        if trail.out_of_sight is not None:
            raise Refusal(site.left_rule, trail.out_of_sight)
        for node in trail.raw_uses:
            review_shown(plan, node)
        for root in trail.roots:
            (rewrite_events if root.level == "piece" else rewrite_reply)(context, site, plan, root)
        link(context, site, plan, trail)
    if not site.trails:
        raise Refusal(site.left_rule, "it is never sent in this file")


def _state_evidence(site: RequestSite, plan: Plan) -> None:
    if site.address is not None:
        shown = site.address.text or "an address that ends in /v1/complete"
        plan.evidence.insert(0, f"the request goes to {shown}")
    else:
        plan.evidence.insert(0, "the body has the keys of the old API")
