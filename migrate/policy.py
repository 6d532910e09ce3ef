"""How the adapter decides where the two APIs cannot say the same thing.

Knows the standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_CHOICES = {
    "prefill": ("fallback_model", "error"),
    "sampling": ("keep_if_accepted", "drop", "error"),
    "thinking": ("off_if_possible", "default"),
    "whitespace_stops": ("cut_client_side", "error"),
    "on_refusal": ("raise", "pass"),
    "leading_space": (True, False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Decisions of one client; hand it over as ``Anthropic(..., migration=Policy(...))``.

    models            old name -> name to call. Default: the table of successors. A name that is
                      listed here is taken as it stands, whatever the table says.
    prefill           text after the last Assistant marker, on a model that does not continue it:
                      ``fallback_model`` calls the newest active model that does, ``error`` raises
                      TranslationError.
    sampling          temperature, top_p, top_k: ``keep_if_accepted`` sends them if the model takes
                      them (with SDK 2.x that needs API version 2023-06-01 for the call), else drops
                      them; ``drop`` always drops; ``error`` raises TranslationError where they
                      would have to be dropped.
    leading_space     completions start with one space, as the old ones did, unless the prompt ended
                      in text for the assistant.
    thinking          ``off_if_possible`` switches thinking off on models that think unasked;
                      ``default`` leaves it to the model (it counts toward the limit).
    whitespace_stops  stop sequences of blanks only, which Messages refuses: ``cut_client_side``
                      ends the text at the first one, ``error`` raises TranslationError.
    on_refusal        a reply that the model refused to give: ``raise`` raises RefusalError,
                      ``pass`` returns it with ``stop_reason == "refusal"``.

    Raises ValueError for a value that is not listed here.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    prefill: Literal["fallback_model", "error"] = "fallback_model"
    sampling: Literal["keep_if_accepted", "drop", "error"] = "keep_if_accepted"
    leading_space: bool = True
    thinking: Literal["off_if_possible", "default"] = "off_if_possible"
    whitespace_stops: Literal["cut_client_side", "error"] = "cut_client_side"
    on_refusal: Literal["raise", "pass"] = "raise"

    def __post_init__(self) -> None:
        object.__setattr__(self, "models", dict(self.models))
        for name, choices in _CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                allowed = " or ".join(repr(choice) for choice in choices)
                raise ValueError(f"Policy.{name} is {value!r}; it has to be {allowed}")


DEFAULT_POLICY = Policy()
