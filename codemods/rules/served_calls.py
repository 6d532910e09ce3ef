# What the adapter does to a call that it serves whole. Reads the arguments; plans no edit.
"""Name the differences that remain where the adapter serves a legacy call as it stands.

    after:  with_completions(client).completions.create(…, temperature=0, **kwargs)
            # with a review: the adapter leaves temperature out, so answers vary more

The adapter translates when it knows everything, but it can no more make a model take sampling
arguments or a prefill than rewritten code can: what the source shows of them has the rules of a
rewritten call. What only the run shows is a `MigrationWarning` there.
"""

from __future__ import annotations

from codemods.argument_reading import values_given
from codemods.plans import Context, Plan, Site
from codemods.rules.models import target_model
from codemods.rules.prompts import ends_in_prefill
from codemods.rules.sampling import SAMPLING, tell_left_out
from migrate.models import find_model


def tell_differences(context: Context, site: Site, plan: Plan) -> None:
    """Raises Refusal (TC203) where a prefill is to stay for a person."""
    texts = [context.evaluator.text_of(node) for node in values_given(context, site, "model")]
    found = Plan()
    _tell_prefill(context, site, found, texts)
    _tell_sampling(context, site, found, texts)
    plan.notes.extend(found.notes)
    if context.options.bridge_only:  # asked for the adapter as it is: no marker, which is an edit
        plan.notes.extend(found.reviews.values())
    else:
        plan.reviews.update(found.reviews)


def _tell_sampling(context: Context, site: Site, plan: Plan, models: list[str | None]) -> None:
    taken = [text is not None and _takes_sampling(text) for text in models]
    if models and all(taken):
        return
    # A model that takes the prefill may take sampling arguments, too.
    is_sure = bool(models) and None not in models and not any(taken) and not plan.reviews
    for name in SAMPLING:
        for value in values_given(context, site, name):
            tell_left_out(context, plan, name, value, is_sure=is_sure)


def _takes_sampling(model: str) -> bool:
    """Whether a model is served as it is named, and takes sampling arguments."""
    facts = find_model(model)
    return facts is not None and facts.default_successor is None and bool(facts.accepts_sampling)


def _tell_prefill(context: Context, site: Site, plan: Plan, models: list[str | None]) -> None:
    if any(ends_in_prefill(context, prompt) for prompt in values_given(context, site, "prompt")):
        chosen = Plan(has_prefill=True)
        for text in models:
            if text is not None:
                target_model(context, site, chosen, text)
        plan.reviews.update(chosen.reviews)
