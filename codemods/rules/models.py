"""Rewrite the model of a call to one that still answers.

    before: model="claude-2.1"
    after:  model="claude-opus-4-8"
    before: model="claude-instant-1"
    after:  model="claude-haiku-5-5", thinking={"type": "disabled"}
    before: model=args.model
    after:  **model_arguments(args.model)

A constant whose readers are all legacy calls is edited where it stands; a model known only at run
time goes through `migrate.model_arguments`. Successors and their reasons: `migrate/models.json`.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from typing import Literal

from codemods.edits import Edit
from codemods.floors import THINKING
from codemods.flow import Definition
from codemods.places import Place
from codemods.plans import Context, Plan, Refusal, Site, Touch
from codemods.rules.model_choices import choices_of
from migrate.models import ModelFacts, find_model, prefill_fallback, successor_of


def rewrite_model(context: Context, site: Site, plan: Plan, place: Place) -> None:
    """Plan the model argument. `plan.has_prefill` must be settled before."""
    node = place.value
    text = context.evaluator.text_of(node)
    if text is None:
        if _rewrite_choices(context, site, plan, place):
            return
        _bridge_model(context, site, plan, place, "the model is known only at run time")
        return
    definition = edited_definition(context, node)
    target = target_model(context, site, plan, text)
    plan.model = target
    if isinstance(node, ast.Constant):
        plan.edits.extend(literal_edits(context, node, text, target))
    elif definition is not None and not _needs_own_model(context, site, plan, text, target):
        assert isinstance(node, ast.Name)
        assert isinstance(definition.value, ast.Constant)
        edits = tuple(literal_edits(context, definition.value, text, target))
        plan.touches.append(Touch(definition, node, edits))
        line = getattr(definition.node, "lineno", 0)
        plan.evidence.append(f"model constant {definition.name} at line {line} is read by legacy calls only")
    elif plan.has_prefill:
        plan.edits.append(Edit(*place.value_span, (json.dumps(target),)))
        if definition is not None and isinstance(node, ast.Name):
            plan.touches.append(Touch(definition, node, ()))
    elif target != text:
        if _rewrite_choices(context, site, plan, place):
            return
        _bridge_model(context, site, plan, place, "the model constant has other readers")
        return
    _switch_thinking_off(plan, place, find_model(target))


def _rewrite_choices(context: Context, site: Site, plan: Plan, place: Place) -> bool:
    """Plan every text that may reach the argument, where it is written; whether that is possible."""
    choices = choices_of(context, place.value)
    if choices is None or plan.has_prefill or site.client.is_bedrock:
        return False
    attempt = Plan()
    targets = {one: target_model(context, site, attempt, str(one.value)) for one in choices.texts}
    facts = _agreeing(targets.values())
    if facts is None or attempt.reviews:
        return False
    edits = [
        edit for one, new in targets.items() for edit in literal_edits(context, one, str(one.value), new)
    ]
    plan.edits.extend([*edits, *place.rename("model")])
    plan.touches.extend(Touch(definition, use, tuple(edits)) for definition, use in choices.steps)
    plan.notes.extend(attempt.notes)
    lines = ", ".join(str(line) for line in sorted({one.lineno for one in choices.texts}))
    plan.evidence.append(f"every model that the call may get is in sight: line {lines}")
    plan.model = facts.id
    _switch_thinking_off(plan, place, facts)
    return True


def _agreeing(models: Iterable[str]) -> ModelFacts | None:
    """The facts that hold for each of the models: of the one with the lowest limit; None if they differ."""
    found = [find_model(model) for model in models]
    known = [facts for facts in found if facts is not None and facts.max_output_tokens is not None]
    asked = {json.dumps([one.thinking_off, one.accepts_sampling, one.one_sampling_argument]) for one in known}
    thinks = {one.thinking in ("adaptive_default", "always_on") for one in known}
    if len(known) < len(found) or len(asked) > 1 or len(thinks) > 1:
        return None
    return min(known, key=lambda one: one.max_output_tokens or 0)


def target_model(context: Context, site: Site, plan: Plan, old: str) -> str:
    """The model to write for `old`, with notes and reviews about the choice."""
    options = context.options
    provider: Literal["bedrock"] | None = "bedrock" if site.client.is_bedrock else None
    facts = find_model(old, provider=provider) or find_model(old)
    chosen = options.models.get(old)
    if chosen is None and facts is not None and not _still_served(facts):
        successor = successor_of(old, keep_sampling=options.keep_sampling)
        chosen = options.default_model or (successor.id if successor else None)
        if chosen is None:
            raise Refusal("TC204", f"no successor is known for {old}; name one with --model {old}=NEW")
    if facts is None and chosen is None:
        plan.review("TC204", f"{old} is not in the model table; check that the Messages API serves it")
        return old
    if plan.has_prefill:
        target = _with_prefill(context, plan, chosen or old)
        if target != old:
            plan.notes.append(f"model {old} -> {target}, which takes the prefill")
        return target
    if chosen is not None and chosen != old:
        reason = (
            facts.successor_reason if facts and chosen != options.models.get(old) else None
        ) or "as asked"
        plan.notes.append(f"model {old} -> {chosen} ({_short(reason)})")
    return chosen or old


def _still_served(facts: ModelFacts) -> bool:
    return facts.default_successor is None


def _short(reason: str) -> str:
    return reason.rstrip(".").split(". ")[0]


def _with_prefill(context: Context, plan: Plan, model: str) -> str:
    facts = find_model(model)
    cut = "the prefill loses its trailing blanks, and the answer may begin with them"
    if facts is not None and facts.accepts_prefill:
        if plan.prefill_is_cut:
            plan.review("TC203", cut)
        return model
    if context.options.prefill == "manual":
        raise Refusal(
            "TC203",
            f"the prompt puts words in the model's mouth, which {model} refuses; ask for the format "
            "in the prompt or use structured outputs",
        )
    fallback = prefill_fallback()
    until = fallback.retirement_date or fallback.retirement_not_before
    plan.review(
        "TC203",
        f"the prefill needs {fallback.id} (may retire from {until}): move it into the instructions"
        + (f"; {cut}" if plan.prefill_is_cut else ""),
    )
    plan.evidence.append(f"{model} takes no prefill")
    return fallback.id


def edited_definition(context: Context, node: ast.expr) -> Definition | None:
    """The one definition of a model constant, if it may be edited where it stands."""
    if not isinstance(node, ast.Name):
        return None
    reaching = context.flow.reaching(node)
    if len(reaching.definitions) != 1 or not reaching.complete:
        return None
    (definition,) = reaching.definitions
    is_literal = isinstance(definition.value, ast.Constant) and isinstance(definition.value.value, str)
    if definition.kind != "assign" or definition.path or not is_literal or not context.can_edit(definition):
        return None
    return definition


def _needs_own_model(context: Context, site: Site, plan: Plan, old: str, target: str) -> bool:
    """Whether this call alone wants another model than the constant will have."""
    return plan.has_prefill and target != target_model(context, site, Plan(), old)


def literal_edits(context: Context, node: ast.Constant, old: str, new: str) -> list[Edit]:
    if old == new:
        return []
    text = context.source.node_text(node)
    quote = text[-1]
    written = f"{quote}{new}{quote}" if text in (f"{quote}{old}{quote}",) else json.dumps(new)
    return [Edit(*context.source.span(node), (written,))]


def _bridge_model(context: Context, site: Site, plan: Plan, place: Place, reason: str) -> None:
    if site.client.is_bedrock:
        raise Refusal("TC102", "a Bedrock model known only at run time")
    if plan.has_prefill:
        raise Refusal("TC102", "the prompt has a prefill and the model is known only at run time")
    if not context.options.bridge:
        plan.review("TC205", f"{reason}: {context.source.text(place.value_span)} must name a served model")
        plan.edits.extend(place.rename("model"))
        return
    plan.model_is_runtime = True
    plan.edits.extend(place.splat("model_arguments(", ")"))
    plan.bridge("TC102", reason, "model_arguments")


def _switch_thinking_off(plan: Plan, place: Place, facts: ModelFacts | None) -> None:
    """A model that thinks unasked is told not to: the old call did not think, nor pay tokens for it."""
    if facts is None or facts.thinking not in ("adaptive_default", "always_on"):
        return
    if facts.thinking_off is None:
        plan.review(
            "TC206", f"{facts.id} always thinks, and thinking counts toward max_tokens: raise small limits"
        )
        return
    plan.edits.extend(place.append("thinking", json.dumps(dict(facts.thinking_off)), 5))
    plan.sdk_floor = max(plan.sdk_floor, THINKING)
