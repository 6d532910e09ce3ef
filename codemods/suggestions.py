# What a site that is left would have become. Uses the rules; changes nothing.
"""The exact replacement text for a call that options, not doubts, have left as it was."""

from __future__ import annotations

import dataclasses

from codemods.edits import Overlap, apply_edits, moved
from codemods.outcome import Options
from codemods.plans import Context, Limits, Site
from codemods.rules.calls import plan_site

# Rules under which a call is left although a rewrite of it is known.
SUGGESTED = frozenset({"TC203", "TC303", "TC304"})


def suggestion_for(context: Context, site: Site) -> str | None:
    """The site's statement as the default options would write it; None where more than it would change."""
    statement = context.source.statement(site.node)
    if hasattr(statement, "body"):
        return None
    options = Options(models=context.options.models, default_model=context.options.default_model)
    free = dataclasses.replace(context, options=options, limits=Limits())
    plan = plan_site(free, site)
    start, end = context.source.span(statement)
    outside = any(edit.start < start or edit.end > end for edit in plan.edits)
    if plan.manual is not None or plan.touches or outside:
        return None
    try:
        text = apply_edits(context.source.data[start:end], [moved(edit, start) for edit in plan.edits])
    except Overlap:
        return None
    return text.decode("utf-8")
