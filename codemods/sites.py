# Call sites and groups. Finds sites, asks the rules for plans, and makes the plans agree.
"""From a file's attribute loads to plans that hold together.

A site starts at a load of `client.completions`, not at a call: `partial(c.completions.create, …)`
counts. Each site gets a plan on the highest rung that holds. Plans that want to change a shared
definition must agree, and every reader of that definition must belong to one of them; where that
fails the definition is ruled out and the plans are made again. Each round rules out something, so
this ends.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codemods.bodies import RequestSite, find_requests
from codemods.edits import Edit
from codemods.flow import Definition
from codemods.handed_on import calls_through
from codemods.old_sites import has_legacy_arguments, imports_sdk, old_site
from codemods.plans import Context, Plan, Site, Touch
from codemods.providers import client_by_arguments, has_two_owners
from codemods.rules.calls import WHOLE_CALL, plan_site
from codemods.rules.doubles import is_patched_resource, is_router
from codemods.rules.request_sites import plan_request
from codemods.sdk_surface import RESPONSE_WRAPPERS
from codemods.values import (
    Client,
    Constant,
    Foreign,
    Migrated,
    Unknown,
    Value,
    WrappedClient,
    is_instance,
    is_own_object,
)

_MOST_ROUNDS = 50
# Packages whose clients have a `completions.create` of their own.
_OTHER_SDKS = ("openai", "together", "groq", "cerebras", "writer", "mistral", "fireworks", "litellm", "vllm")


def find_sites(context: Context) -> list[tuple[ast.expr, str]]:
    """Fill `context.sites`; return the loads that may or may not be ours, each with the reason."""
    uncertain: list[tuple[ast.expr, str]] = []
    uncertain.extend(_computed_loads(context))
    for node in _attributes(context):
        if not isinstance(node.ctx, ast.Load):
            continue
        old = old_site(context, node)
        if old is not None:
            context.sites.extend(calls_through(context, old))
        if node.attr != "completions":
            continue
        site = site_of_load(context, node)
        if site is None:
            continue
        value = _receiver(context, site, node.value)
        if _is_of_client(site, value):
            context.sites.extend(calls_through(context, site))
        elif site.call is not None and (reason := _why_uncertain(context, site.call, value)) is not None:
            uncertain.append((node, reason))
        elif not (isinstance(value, Migrated | Constant) or is_own_object(value)) and site.call is not None:
            if not _is_imported(value):
                continue
            if has_legacy_arguments(context, site.call):
                context.sites.append(site)
            elif _may_be_ours(context, site.call, value):
                uncertain.append((node, getattr(value, "reason", "it comes from another package")))
    context.sites.extend(one for one in find_requests(context) if not is_router(context, one.node))
    return uncertain


def _receiver(context: Context, site: Site, node: ast.expr) -> Value:
    """What a site's method is loaded from; of two owners, the one that alone takes such a call."""
    value = context.evaluator.value_of(node)
    if site.call is None or not has_two_owners(value):
        return value
    return client_by_arguments(context, site.call, node) or value


def _is_of_client(site: Site, value: Value) -> bool:
    """Whether the site belongs to a client, which is noted down with the wrapper that it may stand behind."""
    if isinstance(value, WrappedClient):
        site.client, site.wrapper, site.is_prefixed = value.client, value.wrapper, True
    elif isinstance(value, Client):
        site.client = value
    return isinstance(value, Client | WrappedClient)


def _computed_loads(context: Context) -> Iterable[tuple[ast.expr, str]]:
    """`getattr(client, "completions")`: a load that no rule rewrites."""
    for node in context.source.nodes_of(ast.Call):
        if getattr(node.func, "id", "") != "getattr" or len(node.args) < 2:
            continue
        is_load = context.evaluator.text_of(node.args[1]) == "completions"
        if is_load and isinstance(context.evaluator.value_of(node.args[0]), Client | Unknown):
            yield node, "the method is fetched with getattr"


def _attributes(context: Context) -> list[ast.Attribute]:
    return sorted(context.source.nodes_of(ast.Attribute), key=lambda node: (node.lineno, node.col_offset))


def site_of_load(context: Context, load: ast.Attribute) -> Site | None:
    """The site of a load with the call around it; None if it only sets up a test double."""
    if is_patched_resource(context, load):
        return None
    site = Site(load, Client("unstated"))
    if isinstance(load.value, ast.Attribute) and load.value.attr in RESPONSE_WRAPPERS:
        site.wrapper, site.is_prefixed = RESPONSE_WRAPPERS[load.value.attr], True
    current: ast.AST = load
    parent = context.source.parent(current)
    if isinstance(parent, ast.Attribute) and parent.attr in RESPONSE_WRAPPERS:
        site.wrapper = RESPONSE_WRAPPERS[parent.attr]
        current, parent = parent, context.source.parent(parent)
    if isinstance(parent, ast.Attribute) and parent.attr == "create":
        if not isinstance(parent.ctx, ast.Load):
            return None
        current, parent = parent, context.source.parent(parent)
        if isinstance(parent, ast.Attribute):
            return None
        if isinstance(parent, ast.Call) and parent.func is current:
            site.call = parent
            above = context.source.parent(parent)
            site.awaited = above if isinstance(above, ast.Await) else None
    return site


def _why_uncertain(context: Context, call: ast.Call, value: Value) -> str | None:
    """Why a legacy call may go to a client or to something else; None if that is clear."""
    if isinstance(value, Unknown) and has_two_owners(value):
        return value.reason
    if isinstance(value, Foreign) and value.what == "the client's chat":
        return "an Anthropic client has no `chat`, so the client or the call is another's"
    at = context.evaluator.class_at(value)
    if at is not None and is_instance(value) and has_legacy_arguments(context, call):
        home, node = at
        if "completions" not in home.flow.scopes[node].names | set(home.flow.attribute_stores):
            return f"{node.name} does not show what its `completions` is"
    return None


def _is_imported(value: Value) -> bool:
    """Whether a foreign value may yet be a client: something imported, which we have not read."""
    return not isinstance(value, Foreign) or value.what.startswith("the module ") or " of " in value.what


def _may_be_ours(context: Context, call: ast.Call, value: Value) -> bool:
    """An unknown receiver in a file that uses the SDK: report it, unless its arguments are others'."""
    if isinstance(value, Foreign) and any(name in value.what for name in _OTHER_SDKS):
        return False
    named = {keyword.arg for keyword in call.keywords}
    if named & {"max_tokens", "messages", "engine", "n", "logprobs", "stop", "echo"} or not imports_sdk(
        context
    ):
        return False
    return None in named or "prompt" in named


# -- agreement ------------------------------------------------------------------------------------


def plan_sites(context: Context) -> dict[Site, Plan]:
    """One plan for each site, such that all of them can be carried out together."""
    for _ in range(_MOST_ROUNDS):
        plans = {site: _planned(context, site) for site in context.sites}
        if not (_rule_out_definitions(context, plans) or _rule_out_shapes(context, plans)):
            return plans
    for site in context.sites:
        context.limits.bridged.setdefault(site, ("TC104", "the calls of this file depend on each other"))
    return {site: _planned(context, site) for site in context.sites}


def _planned(context: Context, site: Site) -> Plan:
    return plan_request(context, site) if isinstance(site, RequestSite) else plan_site(context, site)


def _rule_out_definitions(context: Context, plans: dict[Site, Plan]) -> bool:
    """Rule out every touched definition that has other readers or on which plans disagree."""
    touched: dict[Definition, list[Touch]] = {}
    for plan in plans.values():
        for touch in plan.touches:
            touched.setdefault(touch.definition, []).append(touch)
    bad = {
        definition
        for definition, touches in touched.items()
        if not _is_agreed(context, definition, touches, touched)
        and definition not in context.limits.definitions
    }
    context.limits.definitions |= bad
    return bool(bad)


def _is_agreed(
    context: Context, definition: Definition, touches: list[Touch], touched: dict[Definition, list[Touch]]
) -> bool:
    known = {touch.use for touch in touches}
    if any(use not in known for use in context.flow.uses(definition)):
        return False
    if any(change not in touched for change in definition.changed_by):
        return False
    twins = context.definitions_of_value(definition.value) if definition.value is not None else ()
    if any(twin not in touched and context.flow.uses(twin) for twin in twins):
        return False
    span = context.source.span(context.source.statement(definition.node))
    wanted = {
        frozenset(edit for edit in touch.edits if _within(edit, span)) for touch in touches if touch.edits
    }
    return len(wanted) <= 1


def _within(edit: Edit, span: tuple[int, int]) -> bool:
    return span[0] <= edit.start and edit.end <= span[1] + 2


def _rule_out_shapes(context: Context, plans: dict[Site, Plan]) -> bool:
    """Responses read at one place must have one shape: if one keeps the old, all do.

    Nor can a text be read with the old blank where one of them had none.
    """
    grown = False
    for site, plan in plans.items():
        for other in plan.linked:
            differs = plan.keeps_blank and plans[other].has_prefill
            if (differs or not _is_plain(plans[other])) and site not in context.limits.wrapped:
                context.limits.wrapped.add(site)
                grown = True
    return grown


def _is_plain(plan: Plan) -> bool:
    """Whether the site's response is a Message afterwards."""
    return plan.manual is None and not plan.ignored and not plan.bridges.keys() & {"TC103", *WHOLE_CALL}
