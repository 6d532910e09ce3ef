"""Rewrite what boto3's `invoke_model` takes besides the text: the model id and the version.

    before: invoke_model(modelId="anthropic.claude-v2:1", body=json.dumps({"prompt": …}))
    after:  invoke_model(modelId="anthropic.claude-opus-4-8",
                         body=json.dumps({"anthropic_version": "bedrock-2023-05-31", "messages": …}))

A Messages body for Bedrock states its version; the model stays an argument of the call. Which id a
region takes (a model id, or an inference profile in front of it) the source does not show.
"""

from __future__ import annotations

import ast
import json

from codemods.argument_reading import Arguments
from codemods.bodies import RequestSite, model_place, model_text
from codemods.edits import Edit
from codemods.places import EntryPlace, Place
from codemods.plans import Context, Plan, Refusal, Touch
from codemods.rules.models import edited_definition, literal_edits, target_model
from migrate.models import find_model, prefill_fallback

VERSION = "bedrock-2023-05-31"
_PROFILES = "many regions take it through an inference profile, such as us.{id}: use the id that yours lists"
_DEFAULT_LIMIT = 200


def choose_model(context: Context, site: RequestSite, plan: Plan) -> None:
    """Settle which model answers, before the body is planned; `write_model` writes it."""
    old = model_text(context, site)
    if old is not None:
        plan.model = target_model(context, site, plan, old)
        return
    shown = context.source.text(model_place(context, site).value_span)
    plan.review(
        "TC211",
        f"{shown} must name a Bedrock model that serves Messages, such as anthropic.claude-opus-4-8 or the "
        "inference profile of your region",
    )


def write_model(context: Context, site: RequestSite, plan: Plan) -> None:
    """Write the id where it stands; a body that ends in text for the assistant needs another."""
    old, new = model_text(context, site), _with_prefill(context, plan)
    if old is None or new is None or new == old:
        return
    place = model_place(context, site)
    definition = edited_definition(context, place.value)
    if definition is not None and isinstance(place.value, ast.Name):
        assert isinstance(definition.value, ast.Constant)
        edits = tuple(literal_edits(context, definition.value, old, new))
        plan.touches.append(Touch(definition, place.value, edits))
    elif isinstance(place.value, ast.Constant):
        plan.edits.extend(literal_edits(context, place.value, old, new))
    else:
        plan.edits.append(Edit(*place.value_span, (json.dumps(new),)))
    plan.notes.append(_PROFILES.format(id=f"anthropic.{new.rpartition('anthropic.')[2]}"))


def _with_prefill(context: Context, plan: Plan) -> str | None:
    facts = find_model(plan.model, provider="bedrock") if plan.model else None
    if not plan.has_prefill or (facts is not None and facts.accepts_prefill):
        return plan.model
    refusing = plan.model or "a current model"
    fallback = prefill_fallback(provider="bedrock")
    reason = f"the prompt puts words in the model's mouth, which {refusing} refuses"
    if context.options.prefill == "manual" or plan.model is None:
        raise Refusal("TC203", f"{reason}; {fallback.id} takes them")
    plan.review(
        "TC203", f"{reason}; {fallback.id} takes them, but may retire: move them into the instructions"
    )
    plan.notes = [note for note in plan.notes if not note.startswith("model ")]
    plan.notes.append(f"{fallback.id} instead of {plan.model}, for the prefill")
    plan.model = fallback.id
    return fallback.id


def complete_body(context: Context, plan: Plan, entries: Arguments) -> None:
    """State the version, the limit that was implied, and that the model is not to think."""
    first = next(iter(entries.places.values()))
    version = entries.places.get("anthropic_version")
    if version is None:
        plan.edits.extend(_in_front(context, first, "anthropic_version", f'"{VERSION}"'))
    elif context.evaluator.text_of(version.value) != VERSION:
        raise Refusal("TC404", "its anthropic_version is not written in the body")
    if "max_tokens_to_sample" not in entries.places:
        plan.edits.extend(entries.places["prompt"].append("max_tokens", str(_DEFAULT_LIMIT), 4))
        plan.notes.append(f"max_tokens={_DEFAULT_LIMIT}, which Bedrock took where a body named no limit")
    facts = find_model(plan.model, provider="bedrock") if plan.model else None
    if facts is not None and facts.thinking in ("adaptive_default", "always_on"):
        if facts.thinking_off is None:
            plan.review("TC206", f"{facts.id} always thinks, and thinking counts toward max_tokens")
        else:
            written = json.dumps(dict(facts.thinking_off))
            plan.edits.extend(entries.places["prompt"].append("thinking", written, 5))


def _in_front(context: Context, place: Place, name: str, value: str) -> list[Edit]:
    if not isinstance(place, EntryPlace):
        return place.append(name, value, 3)
    start = place.span[0]
    quote = context.source.node_text(place.key)[-1]
    return [Edit(start, start, (f"{quote}{name}{quote}: {value}{place.separator()}",), -20)]
