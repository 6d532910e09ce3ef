"""Rewrite or bridge one call site.

    before: resp = client.completions.create(…)
    after:  resp = client.messages.create(…)
    before: client.completions.create(**kwargs)
    after:  with_completions(client).completions.create(**kwargs)

A call whose parts can all be translated is rewritten; one that is opaque in some part keeps its
legacy form and is served through `migrate.with_completions`.
"""

from __future__ import annotations

import ast
import re

from codemods.edits import Edit
from codemods.ignores import is_ignored
from codemods.plans import Context, Plan, Refusal, Site, Touch
from codemods.rules.arguments import rewrite_arguments
from codemods.rules.old_calls import prepare_old_call
from codemods.rules.raw_responses import notice_bodies, rewrite_wrapped
from codemods.rules.read_places import is_in_fstring
from codemods.rules.responses import rewrite_reads
from codemods.rules.served_calls import tell_differences
from codemods.rules.streams import rewrite_either, rewrite_stream
from codemods.rules.surface_tests import RULE as SURFACE_TEST
from codemods.rules.surface_tests import is_only_tested

_PACKAGE_REASON = "the anthropic_bedrock package has no Messages API; use anthropic.AnthropicBedrock"


# Refusals that the adapter would not mend, with the rule that reports them.
# Bridges that serve the whole call: its response keeps the old shape.
WHOLE_CALL = frozenset({"TC104", "TC105", "TC106"})
_NO_BRIDGE_HELPS = frozenset({"TC203", "TC302", "TC303", "TC402"})


def plan_site(context: Context, site: Site) -> Plan:
    """The plan on the highest rung that holds: rewritten, bridged in parts, bridged whole, manual."""
    plan = _highest(context, site)
    rules = [plan.manual[0]] if plan.manual else [*_needed_rules(site, plan), rewriting_rule(site, plan)]
    if is_ignored(context.source, site.node, rules):
        return Plan(ignored=True)
    if context.patched_in is not None and plan.manual is None:
        plan.review(
            "TC207", f"{context.patched_in} replaces the SDK's old method; this call no longer passes it"
        )
    taken = next((name for name in plan.bridge_names if context.is_taken(name)), None)
    if taken is not None:
        return _manual("TC303", f"the name {taken} means something else in this file")
    off = next((rule for rule in _needed_rules(site, plan) if not context.rule_is_on(rule)), None)
    return plan if off is None else _manual("TC304", f"the call needs {off}, which is switched off")


def rewriting_rule(site: Site, plan: Plan) -> str:
    """The rule that a call is rewritten under: by the release it was written for, and what it gives."""
    if site.call is None:
        return SURFACE_TEST
    if site.is_old:
        return "TC011"
    return "TC001" if plan.streams == "no" else "TC012"


def _needed_rules(site: Site, plan: Plan) -> list[str]:
    if plan.manual is not None:
        return []
    whole = plan.bridges.keys() & WHOLE_CALL
    return [*([] if whole else [rewriting_rule(site, plan)]), *plan.bridges, *plan.reviews]


def _highest(context: Context, site: Site) -> Plan:
    if site.client.flavour == "bedrock_package":
        return _manual("TC409", _PACKAGE_REASON)
    if _continues_an_answer(context, site):
        return _manual(
            "TC306", "a loop continues a cut answer through the prompt, which is a prefill each time"
        )
    refusal = context.limits.bridged.get(site)
    if refusal is None and not context.options.bridge_only:
        try:
            return _rewrite(context, site)
        except Refusal as reason:
            if reason.rule in _NO_BRIDGE_HELPS:
                return _manual(reason.rule, reason.reason)
            refusal = (reason.rule, reason.reason)
    try:
        return _bridge_whole(context, site, *(refusal or ("TC104", "asked for by --bridge-only")))
    except Refusal as reason:
        return _manual(reason.rule, reason.reason)


def _continues_an_answer(context: Context, site: Site) -> bool:
    """`while create(…).stop_reason == "max_tokens":`: the body puts the text back into the prompt."""
    current: ast.AST | None = site.call
    while current is not None and not isinstance(current, ast.stmt):
        current = context.source.parent(current)
    if not isinstance(current, ast.While):
        return False
    return any(
        isinstance(part, ast.Constant) and part.value == "max_tokens" for part in ast.walk(current.test)
    )


def _rewrite(context: Context, site: Site) -> Plan:
    if site.call is None:
        if is_only_tested(context, site):
            return _tested(context, site)
        raise Refusal("TC104", "the method is not called here but handed on")
    if is_in_fstring(context, site.call):
        raise Refusal("TC104", "the call stands inside an f-string")
    plan = Plan()
    if site.is_old:
        prepare_old_call(context, site, plan)
    rewrite_arguments(context, site, plan)
    rewrite = {"no": rewrite_reads, "yes": rewrite_stream, "maybe": rewrite_either}[plan.streams]
    (rewrite_wrapped if site.wrapper else rewrite)(context, site, plan)
    plan.edits.append(_renamed(context, site))
    _declare_way(context, site, plan)
    _report_type_ignores(context, site, plan)
    plan.evidence[:0] = site.client.evidence or ("the call has the legacy arguments",)
    return plan


def _renamed(context: Context, site: Site) -> Edit:
    end = context.source.span(site.load)[1]
    return Edit(end - len(site.load.attr), end, ("messages.create" if site.is_old else "messages",))


def _tested(context: Context, site: Site) -> Plan:
    """A load that is only asked whether it is there: the new one is, on every SDK that has Messages."""
    return Plan(edits=[_renamed(context, site)], evidence=list(site.client.evidence))


def _declare_way(context: Context, site: Site, plan: Plan) -> None:
    """Names that hold the method on its way: every call through them changes, or none."""
    edits = tuple(plan.edits)
    for definition, use in site.reached:
        if not context.can_edit(definition):
            raise Refusal("TC104", f"not every call through {definition.name} can be rewritten")
        plan.touches.append(Touch(definition, use, edits))
        line = getattr(definition.node, "lineno", "?")
        plan.evidence.append(f"called through {definition.name}, bound at line {line}")


def _report_type_ignores(context: Context, site: Site, plan: Plan) -> None:
    """A `# type: ignore` beside a changed argument may have lost its reason; only a person can say."""
    source = context.source
    start, end = source.span(source.statement(site.node))
    if hasattr(source.statement(site.node), "body"):
        start, end = source.span(site.node)
    line_end = source.data.find(b"\n", end)
    text = source.text((start, line_end if line_end >= 0 else len(source.data)))
    if re.search(r"#\s*type:\s*ignore", text):
        plan.notes.append("a `# type: ignore` stays beside the call; see whether it is still needed")


def _bridge_whole(context: Context, site: Site, rule: str, reason: str) -> Plan:
    if not context.options.bridge:
        return _manual("TC303", f"{reason}, and {context.no_bridge_reason}")
    if not context.source.is_placed(site.load):
        return _manual("TC303", f"{reason}, and the call stands inside a string we cannot edit")
    if site.is_prefixed and not isinstance(site.load.value, ast.Attribute):
        return _manual("TC303", f"{reason}, and the client that the wrapper is of is not written at the call")
    plan = Plan()
    start, close = receiver_span(context, site)
    plan.edits.extend([Edit(start, start, ("with_completions(",), 2), Edit(close, close, (")",), -2)])
    plan.bridge(_bridge_rule(site, rule), reason, "with_completions")
    plan.evidence.extend(site.client.evidence or ("the call has the legacy arguments",))
    plan.touches.extend(_model_reads(context, site))
    tell_differences(context, site, plan)
    if site.wrapper:
        notice_bodies(context, site, plan)
    return plan


def _bridge_rule(site: Site, rule: str) -> str:
    if site.is_old:
        return "TC106"
    return rule if rule == "TC105" else "TC104"


def _model_reads(context: Context, site: Site) -> list[Touch]:
    """The adapter takes the old model and its successor alike: this call agrees to either."""
    if site.call is None:
        return []
    names = [keyword.value for keyword in site.call.keywords if keyword.arg == "model"]
    return [
        Touch(definition, name, ())
        for name in names
        if isinstance(name, ast.Name)
        for definition in context.flow.reaching(name).definitions
    ]


def receiver_span(context: Context, site: Site) -> tuple[int, int]:
    """The client expression in `client.completions`, with the parentheses around it."""
    source = context.source
    inner = site.load.value
    load = inner if site.is_prefixed and isinstance(inner, ast.Attribute) else site.load
    start = source.span(load)[0]
    inner_end = source.span(load.value)[1]
    dot = source.data.rindex(b".", inner_end, source.span(load)[1] - len(load.attr))
    gap = re.sub(rb"#[^\r\n]*", lambda match: b" " * len(match.group()), source.data[inner_end:dot])
    closing = gap.rfind(b")")
    return start, inner_end + closing + 1


def _manual(rule: str, reason: str) -> Plan:
    return Plan(manual=(rule, reason))
