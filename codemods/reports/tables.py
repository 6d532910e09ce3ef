# Prints the tables the tool carries: models and rules.
"""The tables of models and rules, and one rule explained."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from codemods.config import rule_code
from migrate.models import ModelFacts, all_models, table_date

_MODEL_COLUMNS = (
    "model",
    "provider",
    "status",
    "retired",
    "call instead",
    "output",
    "prefill",
    "sampling",
    "thinking",
)


def models_table() -> str:
    """All models, one line each. "output" is the most tokens in one answer; a blank is not known."""
    rows = [_MODEL_COLUMNS, *(_model_row(facts) for facts in all_models())]
    reasons = {
        facts.default_successor: facts.successor_reason for facts in all_models() if facts.default_successor
    }
    lines = [f"Models as of {table_date()}", "", *_aligned(rows), ""]
    lines += [f"{model}: {reason}" for model, reason in reasons.items()]
    return "\n".join(lines) + "\n"


def _model_row(facts: ModelFacts) -> tuple[str, ...]:
    not_before = f"not before {facts.retirement_not_before}" if facts.retirement_not_before else ""
    return (
        facts.id,
        facts.provider,
        facts.status or "",
        facts.retirement_date or not_before,
        facts.default_successor or "",
        str(facts.max_output_tokens or ""),
        _yes_or_no(facts.accepts_prefill),
        _yes_or_no(facts.accepts_sampling),
        (facts.thinking or "").replace("_", " "),
    )


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def models_json() -> str:
    return (
        json.dumps({"as_of": table_date(), "models": [asdict(facts) for facts in all_models()]}, indent=2)
        + "\n"
    )


def rules_table() -> str:
    """All rules, one line each."""
    from codemods.rules import RULES

    rows = [("code", "name", "status", "what it does")]
    rows += [(rule.code, rule.name, rule.status, _first_line(rule.summary)) for rule in RULES]
    return "\n".join(_aligned(rows)) + "\n"


def rules_json() -> str:
    from codemods.rules import RULES

    fields = ("code", "name", "status", "summary", "before", "after", "reason")
    return json.dumps([{field: getattr(rule, field) for field in fields} for rule in RULES], indent=2) + "\n"


def explanation(name: str) -> str:
    """One rule, by code or name: what, before and after, why. Raises ConfigError if there is none."""
    from codemods.rules import RULES

    code = rule_code(name, "explain")
    [rule] = [rule for rule in RULES if rule.code == code]
    parts = [f"{rule.code} {rule.name} ({rule.status})", textwrap.fill(rule.summary, 90)]
    for title, example in (("before", rule.before), ("after", rule.after)):
        if example:
            parts.append(f"{title}:\n" + textwrap.indent(example.strip("\n"), "    "))
    if rule.reason:
        parts.append("why: " + textwrap.fill(rule.reason, 90))
    return "\n\n".join(parts) + "\n"


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
