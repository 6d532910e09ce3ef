"""Rewrite the body of a request, entry by entry.

    before: {"prompt": f"{HUMAN_PROMPT} {q}{AI_PROMPT}", "max_tokens_to_sample": 300, …}
    after:  {"messages": [{"role": "user", "content": f"{q}"}], "max_tokens": 300, …}
    before: json=body                  whose entries are not visible
    after:  json=messages_body(body)

The same functions as for the arguments of an SDK call; only what has to be said in another way in JSON
is said here: sampling that is kept stays an entry, and there is no timeout.
"""

from __future__ import annotations

from codemods.argument_reading import Arguments, entries_in_sight, is_not_given
from codemods.bodies import Body, RequestSite, entries_of
from codemods.edits import Edit
from codemods.places import Place, removals
from codemods.plans import Context, Plan, Refusal
from codemods.rules.arguments import saved_comments
from codemods.rules.limits import cut_limit
from codemods.rules.models import rewrite_model
from codemods.rules.prompts import convert_prompt
from codemods.rules.sampling import SAMPLING, drop_sampling, tell_left_out
from codemods.rules.stop_sequences import has_blank_stop, rewrite_stop_sequences
from codemods.template_nodes import CannotCut
from codemods.values import Constant
from migrate.models import find_model

_KEPT = frozenset({"metadata", "anthropic_version"})


class Unbridgeable(Refusal):
    """Converting the body at run time would not help."""


def rewrite_body(context: Context, site: RequestSite, plan: Plan, body: Body) -> Arguments:
    """Plan every entry of the body. Raises Refusal for the first that has no equivalent."""
    entries = entries_of(context, body)
    required = ("prompt", "model", "max_tokens_to_sample")[:: 2 if site.provider == "bedrock" else 1]
    missing = [name for name in required if name not in entries.places or name in entries.conditional]
    if missing:
        raise Refusal(site.left_rule, f"`{missing[0]}` is not written in the body")
    rewrite_entries(context, site, plan, entries)
    return entries


def rewrite_entries(context: Context, site: RequestSite, plan: Plan, entries: Arguments) -> None:
    """The same for entries that are read already."""
    gone: list[Place] = []
    for name in sorted(entries.places, key=lambda name: (name != "prompt", name != "model", name)):
        _rewrite_entry(context, site, plan, entries, name, gone)
    if context.options.keep_sampling:
        _keep_sampling(context, plan, entries, gone)
    try:
        plan.edits.extend(removals(context.source, gone))
        plan.edits.extend(saved_comments(context, site, gone))
    except CannotCut as error:
        raise Refusal(site.left_rule, f"an entry cannot be taken away: {error}") from error


def _rewrite_entry(
    context: Context, site: RequestSite, plan: Plan, entries: Arguments, name: str, gone: list[Place]
) -> None:
    place = entries.places[name]
    if name == "prompt":
        convert_prompt(context, site, plan, place)
        if plan.prompt_is_runtime and name in entries.repeated:
            raise Refusal(site.left_rule, "the prompt is set on one dict again and known only at run time")
    elif name == "model" and site.provider == "http":
        rewrite_model(context, site, plan, place)
    elif name == "max_tokens_to_sample":
        cut_limit(context, plan, place)
        plan.edits.extend(place.rename("max_tokens"))
    elif name == "stream" and site.provider == "http":
        _check_stream(context, site, place)
    elif is_not_given(context, place.value):
        gone.append(place)
    elif name == "stop_sequences":
        if has_blank_stop(context, place.value):
            raise Unbridgeable(site.left_rule, "a stop sequence is blank, which Messages refuses")
        rewrite_stop_sequences(context, plan, name, place, gone)
    elif name in SAMPLING:
        if not context.options.keep_sampling:
            drop_sampling(context, plan, name, place, gone)
    elif name not in _KEPT:
        raise Refusal(site.left_rule, f"`{name}` is no entry of the old body")


def _check_stream(context: Context, site: RequestSite, place: Place) -> None:
    value = context.evaluator.value_of(place.value)
    if not isinstance(value, Constant):
        raise Refusal(site.left_rule, "whether it streams is known only at run time")


def _keep_sampling(context: Context, plan: Plan, entries: Arguments, gone: list[Place]) -> None:
    """API version 2023-06-01, which every rewritten request names, takes one on models up to 4.6."""
    facts = find_model(plan.model) if plan.model else None
    given = [name for name in SAMPLING if name in entries.places and entries.places[name] not in gone]
    kept = given[:1] if facts is not None and facts.accepts_sampling else []
    for name in given[len(kept) :]:
        if kept:
            plan.notes.append(f"{name} dropped: one sampling argument is taken, and {kept[0]} is kept")
            gone.append(entries.places[name])
        else:
            drop_sampling(context, plan, name, entries.places[name], gone)


def bridge_body(context: Context, site: RequestSite, plan: Plan, body: Body, why: str) -> None:
    """Convert the whole body at run time."""
    if not context.options.bridge:
        raise Refusal("TC303", f"{why}, and {context.no_bridge_reason}")
    assert site.call is not None
    source = context.source
    start, end = source.span(body.value)
    model = f', model="{plan.model}"' if site.provider == "bedrock" else ""
    plan.edits.extend([Edit(start, start, ("messages_body(",), 1), Edit(end, end, (f"{model})",), -1)])
    plan.prompt_is_runtime = True
    plan.bridge("TC104", why, "messages_body")
    for name, place in entries_in_sight(context, body.value):
        if name in SAMPLING:
            tell_left_out(context, plan, name, place.value, is_sure=plan.model is not None)
