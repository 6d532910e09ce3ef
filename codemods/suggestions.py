# What a site that is left would have become. Uses the rules; changes nothing.
"""The exact replacement text for calls that are left as they were.

left because of an option, or of whose client it is:  the statement as the tool would write it
left because only the adapter can serve it:           the call through `with_completions(…)`
left because the server refuses the prompt:           the turn marker that it lacks
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Sequence

from codemods.edits import Edit, Overlap, apply_edits, moved
from codemods.outcome import Options
from codemods.plans import Context, Limits, Plan, Site
from codemods.rules.calls import plan_site, receiver_span
from codemods.rules.constants import inlined_constants
from codemods.rules.converted_tests import with_imports
from codemods.rules.token_counts import count_to_write
from codemods.sites import site_of_load
from codemods.values import Client

# What a prompt lacks that the server refuses.
_MARKERS = {
    "no_turns": '"\\n\\nHuman: " + prompt + "\\n\\nAssistant:"',
    "human": '"\\n\\nHuman:"',
    "assistant": '"\\n\\nAssistant:"',
}


def suggestion_for(context: Context, site: Site, rule: str, reason: str) -> str | None:
    """What to write for a site that is left under a rule; None where more than its statement would change."""
    if rule == "TC302":
        return _MARKERS[
            "no_turns" if "(no_turns" in reason else "human" if "Human" in reason else "assistant"
        ]
    if rule == "TC402":
        return with_imports(context, count_to_write(context, site.call))
    if rule == "TC409":
        site = dataclasses.replace(site, client=Client("bedrock"))
    return _rewritten(context, site) or _adapted(context, site)


def suggestion_for_load(context: Context, node: ast.expr) -> str | None:
    """What to write for `thing.completions`, if the thing is a client of the SDK after all."""
    if isinstance(node, ast.Attribute):
        site = site_of_load(context, node)
        return None if site is None else _rewritten(context, site) or _adapted(context, site)
    if isinstance(node, ast.Call) and node.args:  # getattr(thing, "completions")
        return f"with_completions({context.source.node_text(node.args[0])}).completions"
    return None


def _rewritten(context: Context, site: Site) -> str | None:
    """The site's statement as the default options would write it."""
    statement = context.source.statement(site.node)
    if hasattr(statement, "body"):
        return None
    options = Options(models=context.options.models, default_model=context.options.default_model)
    plan = plan_site(dataclasses.replace(context, options=options, limits=Limits()), site)
    if plan.manual is not None or plan.ignored or plan.touches:
        return None
    taken = [(edit.start, edit.end) for edit in plan.edits]
    rest = [
        edit
        for edit in inlined_constants(context, statement)
        if not any(start < edit.end and edit.start < end for start, end in taken)
    ]
    return text_with(context, statement, [*plan.edits, *rest])


def _adapted(context: Context, site: Site) -> str | None:
    """The call, served by the adapter as it stands."""
    start, close = receiver_span(context, site)
    edits = [Edit(start, start, ("with_completions(",)), Edit(close, close, (")",))]
    edits += inlined_constants(context, site.node)
    return text_with(context, site.node, edits)


def text_with(context: Context, node: ast.AST, edits: Sequence[Edit]) -> str | None:
    """The text of a node with edits that all lie inside it; None if there are none, or some lie outside."""
    start, end = context.source.span(node)
    if not edits or any(edit.start < start or edit.end > end for edit in edits):
        return None
    try:
        text = apply_edits(context.source.data[start:end], [moved(edit, start) for edit in edits])
    except Overlap:
        return None
    return text.decode("utf-8")


def suggest(context: Context, site: Site, plan: Plan) -> None:
    """Fill in what to write for a plan that leaves its site, unless the rule knew better."""
    if plan.manual is not None and plan.suggestion is None and type(site) is Site:
        plan.suggestion = suggestion_for(context, site, *plan.manual)
