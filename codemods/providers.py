# Whose a call is where the receiver may be a client of ours or of another package. Plans nothing.
"""Calls that only an Anthropic client takes, on a receiver that may be another provider's.

    if provider == "anthropic":
        self.client = Anthropic()
    else:
        self.client = OpenAI()
    …
    self.client.completions.create(prompt=…, max_tokens_to_sample=300)      ours
    self.client.completions.create(prompt=…, max_tokens=300)                may be either's

`max_tokens_to_sample` beside a `prompt` is no other package's call, so it is made only where the
receiver is our client. An object of the user's own that has `completions` may take the same call,
and so may a mock: then the owner is not told.
"""

from __future__ import annotations

import ast
import dataclasses

from codemods.argument_reading import read_arguments
from codemods.evaluation import Evaluation, without_none
from codemods.passed_values import is_mock
from codemods.plans import Context, Refusal
from codemods.sdk_surface import join_values
from codemods.values import Client, Foreign, Unknown, UserInstance, Value

# Objects that have whatever they are given, besides mocks.
_GIVEN_ANYTHING = ("SimpleNamespace of types", "the module types")
# What a class may have that answers a load of `completions`, or of a method of SDK 0.2.
_METHODS = frozenset({"completions", "completion", "acompletion", "completion_stream", "acompletion_stream"})
_ANSWERS = _METHODS | {"__getattr__", "__getattribute__"}
# Reasons that outweigh legacy arguments: the call has another owner, at least sometimes.
_TWO_OWNERS = ("Anthropic client on one path", "replaces `")


def has_two_owners(value: Value) -> bool:
    """Whether a receiver is known to be something else than a client of ours at times."""
    return isinstance(value, Unknown) and any(known in value.reason for known in _TWO_OWNERS)


def client_by_arguments(context: Context, call: ast.Call, receiver: ast.expr) -> Client | None:
    """The client that a call goes to, by its arguments; None if the receiver may be another's there too."""
    if not _shows_ours(context, call):
        return None
    values = without_none(context.evaluator.values_of(receiver))
    others = [one for one in values if not isinstance(one, Client)]
    client = join_values(one for one in values if isinstance(one, Client))
    if not isinstance(client, Client) or client.flavour == "unstated":
        return None
    if not all(_lacks_the_call(context.evaluator, one) for one in others):
        return None
    is_awaited = isinstance(context.source.parent(call), ast.Await)
    if is_awaited and not client.is_async and getattr(call.func, "attr", "") == "create":
        return None  # in SDK 0.2 the method tells, not the client
    words = " or ".join(dict.fromkeys(_in_words(one) for one in others if not isinstance(one, Unknown)))
    owned = f"elsewhere the receiver is {words}, which takes no `max_tokens_to_sample` beside a `prompt`"
    return dataclasses.replace(client, evidence=(*client.evidence, owned))


def _shows_ours(context: Context, call: ast.Call) -> bool:
    """Whether both arguments are in sight, in the call or in a dict that it spreads."""
    wanted = {"prompt", "max_tokens_to_sample"}
    if wanted <= {keyword.arg for keyword in call.keywords}:
        return True
    try:
        return wanted <= set(read_arguments(context, call).places)
    except Refusal:
        return False


def _lacks_the_call(evaluation: Evaluation, value: Value) -> bool:
    """Whether an alternative is known to have no such `completions.create`."""
    at = evaluation.class_at(value)
    if at is not None:
        home, node = at
        own = home.flow.scopes[node].names
        stored = home.flow.attribute_stores.keys()
        bases = (home.value_of(base) for base in node.bases)
        return not (_ANSWERS & own or _METHODS & stored) and all(
            _lacks_the_call(home, base) for base in bases
        )
    if isinstance(value, Unknown):
        return "replaces `" not in value.reason  # beside a client it tells nothing, as everywhere
    return isinstance(value, Foreign) and not is_mock(value) and value.what not in _GIVEN_ANYTHING


def _in_words(value: Value) -> str:
    if isinstance(value, UserInstance):
        return value.node.name
    return getattr(value, "what", "something else")
