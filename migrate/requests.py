"""Legacy parameters -> Messages arguments, and notes on what could not stay as it was.

Pure: values in, values out; no SDK, no clock, no sockets. What differs between SDK versions comes
in as a ``Dialect``.
Sources: anthropic 1.0.0 MIGRATION.md, "Removed: the legacy Text Completions API"; the vendor's
pages on API versions, prefill, thinking and model deprecations (2026-08).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from migrate.errors import MigrationWarning, PromptError, TranslationError
from migrate.models import clamped_max_tokens, model_name
from migrate.policy import DEFAULT_POLICY, Policy
from migrate.prompts import HUMAN_PROMPT, one_turn_arguments, parse_prompt
from migrate.routes import BEDROCK_VERSION, PORTABLE, Dialect, Note, Route, find_route

#: The header of API version 2023-06-01, the last one that takes sampling arguments.
SAMPLING_VERSION = "2023-06-01"
#: From here on the SDK refuses to wait for an answer that is not streamed, unless told how long.
LONG_ANSWER_TOKENS = 21_334
#: Seconds that SDK 0.3.3 and later waited for a completion.
LEGACY_TIMEOUT = 600

_SAMPLING = ("temperature", "top_p", "top_k")
_SAMPLING_DEFAULTS = {"temperature": 1}
BODY_KEYS = frozenset(
    {"prompt", "model", "max_tokens_to_sample", "stop_sequences", "metadata", "temperature", "top_p", "top_k"}
)
REQUIRED = frozenset({"max_tokens_to_sample", "model", "prompt"})
_PASSED_ON = ("extra_query", "timeout")


class RequestPlan(NamedTuple):
    """What to send and how to read the answer.

    arguments    keyword arguments for messages.create; ``messages`` is a list of
                 {"role": "user" | "assistant", "content": str} in spoken order, ``max_tokens`` in tokens
    notes        what was changed on the way, in a fixed order
    prefilled    the request ends in assistant text, which the answer continues
    cuts         stop sequences that Messages refuses; the reader of the answer applies them
    unsent       blanks at the end of the assistant text, which Messages refuses: the answer may begin
                 with them, and the reader takes them away
    """

    arguments: dict[str, Any]
    notes: tuple[Note, ...]
    prefilled: bool
    cuts: tuple[str, ...]
    unsent: str = ""


def plan_request(
    legacy: Mapping[str, Any],
    policy: Policy = DEFAULT_POLICY,
    dialect: Dialect = PORTABLE,
) -> RequestPlan:
    """Arguments for messages.create that ask for the same answer as ``completions.create(**legacy)``.

    Values that mean "not given" (NOT_GIVEN, omit) count as absent, and so does None for optional
    arguments, which the old SDK sent as null. Keys of the old body inside ``extra_body`` win over
    arguments, as they did.

    Raises PromptError if the prompt has no reading as turns, and TranslationError where the policy
    says ``error`` and there is no honest equivalent.
    """
    return Translator(policy, dialect).plan(legacy)


def is_unset(value: object) -> bool:
    """Whether a value is one of the SDK's markers for "not given"; they are known by name, not by import."""
    kind = type(value)
    return kind.__name__ in ("NotGiven", "Omit") and kind.__module__.partition(".")[0] == "anthropic"


def _given(legacy: Mapping[str, Any]) -> Mapping[str, Any]:
    given = {name: value for name, value in legacy.items() if not is_unset(value)}
    extra = given.get("extra_body")
    if isinstance(extra, Mapping) and not BODY_KEYS.isdisjoint(extra):
        given.update((name, extra[name]) for name in BODY_KEYS & extra.keys())
        given["extra_body"] = {name: value for name, value in extra.items() if name not in BODY_KEYS}
    return given


class Translator:
    """Plans the requests of one client. Remembers its routes, since a program calls few models."""

    _MOST_ROUTES = 256

    def __init__(self, policy: Policy, dialect: Dialect) -> None:
        self.policy = policy
        self.dialect = dialect
        self._routes: dict[tuple[Any, bool], Route] = {}

    def plan(self, legacy: Mapping[str, Any]) -> RequestPlan:
        """See plan_request."""
        given = legacy if len(legacy) == len(REQUIRED) else _given(legacy)
        notes: list[Note] = []
        arguments = _spoken(given.get("prompt"), notes)
        last = arguments["messages"][-1]
        prefilled = last["role"] == "assistant"
        unsent = given["prompt"].rpartition(last["content"])[2] if prefilled else ""
        route = self.route(given.get("model"), prefilled)
        notes += route.notes
        arguments.update(route.arguments)
        max_tokens = given.get("max_tokens_to_sample")
        arguments["max_tokens"] = clamped = clamped_max_tokens(max_tokens, route.facts)
        if clamped is not max_tokens:
            message = f"{max_tokens} tokens are more than the model gives; cut to {clamped}"
            notes.append(Note("max_tokens", message))
        if len(given) == len(REQUIRED) and not route.body:
            return RequestPlan(arguments, tuple(notes), prefilled, (), unsent)
        options = _Options(self.policy, self.dialect, route, arguments, notes)
        options.stop_at(given.get("stop_sequences"))
        options.sample({name: given[name] for name in _SAMPLING if given.get(name) is not None})
        options.pass_on(given)
        return RequestPlan(arguments, tuple(notes), prefilled, options.cuts, unsent)

    def route(self, model: Any, prefilled: bool) -> Route:
        """Which model answers, and what goes with it."""
        name = model_name(model)
        if name is None:
            return Route(None, {"model": model}, {}, ())
        route = self._routes.get((name, prefilled))
        if route is None:
            if len(self._routes) >= self._MOST_ROUTES:
                self._routes.clear()
            route = self._routes[name, prefilled] = find_route(self.policy, self.dialect, name, prefilled)
        return route


def _spoken(prompt: object, notes: list[Note]) -> dict[str, Any]:
    """The prompt as "messages" and "system"."""
    if not isinstance(prompt, str):
        # A server's business in the old days: any value could be sent, and a 400 came back.
        raise PromptError(f"the prompt is of type {type(prompt).__name__}, not str", "not_a_string", 0, 1, 1)
    arguments = one_turn_arguments(prompt)
    if arguments is not None:
        return arguments
    conversation = parse_prompt(prompt)
    spoken = conversation.messages
    if conversation.prefill is None:
        if len(spoken) == 1:
            return conversation.to_arguments()
        if spoken[-1].role == "assistant":
            notes.append(
                Note("assistant_turn", "the model continues the last Assistant turn and begins no new one")
            )
    for warning in conversation.warnings:
        if warning.code in _PROMPT_NOTES:
            notes.append(Note(warning.code, _PROMPT_NOTES[warning.code]))
    if not notes:
        return conversation.to_arguments()
    with warnings.catch_warnings():  # what it warns of is among the notes
        warnings.simplefilter("ignore", MigrationWarning)
        return conversation.to_arguments()


class _Options:
    """Lays the optional arguments over a planned request."""

    def __init__(
        self,
        policy: Policy,
        dialect: Dialect,
        route: Route,
        arguments: dict[str, Any],
        notes: list[Note],
    ) -> None:
        self.policy = policy
        self.dialect = dialect
        self.facts = route.facts
        self.arguments = arguments
        self.body = dict(route.body)
        self.headers: dict[str, Any] = {}
        self.notes = notes
        self.cuts: tuple[str, ...] = ()

    def note(self, code: str, message: str) -> None:
        self.notes.append(Note(code, message))

    def stop_at(self, sequences: Any) -> None:
        if sequences is None:
            return
        if isinstance(sequences, str) or not isinstance(sequences, Iterable):
            self.arguments["stop_sequences"] = sequences  # the server's to judge, as before
            return
        listed = [stop for stop in sequences if stop != HUMAN_PROMPT]
        blank = tuple(stop for stop in listed if isinstance(stop, str) and not stop.strip())
        if blank:
            self._cut_at(blank)
        if kept := [stop for stop in listed if not isinstance(stop, str) or stop.strip()]:
            self.arguments["stop_sequences"] = kept

    def _cut_at(self, blank: tuple[str, ...]) -> None:
        shown = ", ".join(map(repr, blank))
        if self.policy.whitespace_stops == "error":
            raise TranslationError(f"Messages refuses stop sequences of blanks only ({shown})")
        self.cuts = tuple(stop for stop in blank if stop)
        if self.cuts:
            self.note("stop_sequences", f"Messages refuses {shown}; the answer is cut there after it arrived")
        if "" in blank:
            self.note("empty_stop", "an empty stop sequence stops nothing and is left out")

    def sample(self, sampling: dict[str, Any]) -> None:
        if not sampling:
            return
        if self.policy.sampling == "drop" or self.facts is None or not self.facts.accepts_sampling:
            self._drop_sampling(sampling)
            return
        if self.facts.one_sampling_argument and {"temperature", "top_p"} <= sampling.keys():
            if self.policy.sampling == "error":
                raise TranslationError(f"{self.facts.id} takes temperature or top_p, not both")
            del sampling["top_p"]
            self.note("sampling", f"{self.facts.id} takes temperature or top_p, not both; top_p is left out")
        if self.dialect.sampling == "keyword":
            self.arguments.update(sampling)
            return
        self.body.update(sampling)
        if self.dialect.versioned and self.dialect.provider == "anthropic":
            self.headers["anthropic-version"] = SAMPLING_VERSION
        elif self.dialect.versioned:
            self.body["anthropic_version"] = _PLATFORM_VERSIONS[self.dialect.provider]

    def _drop_sampling(self, sampling: dict[str, Any]) -> None:
        changed = [name for name in sampling if sampling[name] != _SAMPLING_DEFAULTS.get(name)]
        if self.policy.sampling == "drop":
            why = "as the policy says"
        elif self.facts is None:
            why = "as the model is not known to take them"
        else:
            why = f"as {self.facts.id} refuses them"
        if changed and self.policy.sampling == "error":
            raise TranslationError(f"{', '.join(changed)} cannot be kept, {why}")
        self.note("sampling", f"{', '.join(sampling)} left out, {why}")

    def pass_on(self, given: Mapping[str, Any]) -> None:
        if given.get("metadata") is not None:
            self.arguments["metadata"] = given["metadata"]
        if given.get("stream"):
            self.arguments["stream"] = given["stream"]
        for name in _PASSED_ON:
            if name in given and (given[name] is not None or name == "timeout"):
                self.arguments[name] = given[name]
        if betas := given.get("betas"):
            self.headers["anthropic-beta"] = ",".join(str(beta) for beta in betas)
        # The caller's own extras come last: they always had the last word.
        if headers := {**self.headers, **(given.get("extra_headers") or {})}:
            self.arguments["extra_headers"] = headers
        extra = given.get("extra_body")
        if extra is not None and not isinstance(extra, Mapping):
            self.arguments["extra_body"] = extra
        elif body := {**self.body, **(extra or {})}:
            self.arguments["extra_body"] = body


_PLATFORM_VERSIONS: dict[str, str] = {"bedrock": BEDROCK_VERSION, "vertex": "vertex-2023-10-16"}

_PROMPT_NOTES = {
    "consecutive_assistant_turns": "two Assistant turns in a row are read as one",
    "consecutive_user_turns": "two Human turns in a row are read as one",
    "prefill_trailing_whitespace_stripped": "blanks after the text for the assistant are not sent, and the "
    "answer may begin with them",
}


def arguments_from_legacy(*, migration: Policy = DEFAULT_POLICY, **legacy: Any) -> dict[str, Any]:
    """Keyword arguments for ``messages.create``, made for ``**`` where a call's arguments are opaque.

    Takes what ``completions.create`` took. The result suits every SDK that knows the arguments in
    it, 2.x included. What had to change is a MigrationWarning.

    Raises TypeError if model, prompt or max_tokens_to_sample is missing or an argument is unknown;
    PromptError if the prompt is not in the format; TranslationError for stop sequences of blanks
    only, which need ``with_completions(client)`` to cut the answer.
    """
    check_legacy_names(legacy)
    plan = plan_request(legacy, migration)
    if plan.cuts:
        shown = ", ".join(map(repr, plan.cuts))
        raise TranslationError(
            f"Messages refuses {shown} as stop sequences; call with_completions(client) instead"
        )
    arguments = plan.arguments
    limit = arguments["max_tokens"]
    if isinstance(limit, int) and limit >= LONG_ANSWER_TOKENS and not arguments.get("stream"):
        arguments.setdefault("timeout", LEGACY_TIMEOUT)
    if plan.notes:
        warnings.warn(warning_text(plan.notes), MigrationWarning, stacklevel=2)
    return arguments


def warning_text(notes: Iterable[Note]) -> str:
    """One line that names everything that was changed for a call."""
    return "Text Completions call served by Messages: " + "; ".join(note.message for note in notes)


_KNOWN = BODY_KEYS | {"stream", "betas", "extra_headers", "extra_query", "extra_body", "timeout"}


def check_legacy_names(legacy: Mapping[str, Any], callee: str = "arguments_from_legacy") -> None:
    """Raise TypeError unless the required arguments are there and no unknown one is.

    The texts are those of SDK 0.125.0.
    """
    if legacy.keys() == REQUIRED:
        return
    if not legacy.keys() >= REQUIRED:
        raise TypeError(
            "Missing required arguments; Expected either ('max_tokens_to_sample', 'model' and 'prompt') or "
            "('max_tokens_to_sample', 'model', 'prompt' and 'stream') arguments to be given"
        )
    if not legacy.keys() <= _KNOWN:
        name = next(name for name in legacy if name not in _KNOWN)
        raise TypeError(f"{callee}() got an unexpected keyword argument {name!r}")
