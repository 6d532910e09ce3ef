# Turns option texts and [tool.to-messages] into one value; knows names of options, no command.
"""Settings of a run: from the command line, and below it from `pyproject.toml`.

    [tool.to-messages]
    model = {"claude-2.1" = "claude-opus-4-8"}    # or ["claude-2.1=claude-opus-4-8"]
    ignore = ["TC203"]
    accept = ["TC207"]      # review findings of these rules are accepted in the whole project
    keep-sampling = true

Keys are the options of check, diff and fix without their dashes in front, `accept`, and `pins`:
`pins = false` leaves dependency files alone, as --no-pins does. What is given on the command line
counts before what the file says; model pairs and rules of both are joined.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, cast

from codemods.files import read_or_none, shown_path
from codemods.outcome import Options

SECTION = "to-messages"
FORMATS = ("text", "json")
PREFILL = ("fallback", "manual")


class ConfigError(ValueError):
    """An option or a key that cannot be used; the text names it, the place and the way out."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All options of check, diff and fix. `jobs` None: chosen by the number of files."""

    options: Options
    strict: bool = False
    allow_dirty: bool = False
    jobs: int | None = None
    format: str = "text"
    output: str | None = None
    verbose: bool = False


def settings_from(arguments: Mapping[str, Any], paths: Iterable[str]) -> Settings:
    """The settings of one run. Raises ConfigError.

    `arguments`: option name with underscores -> value; None, False and () mean "not given".
    """
    path, section = nearest_section(next(iter(paths), "."))
    values = {key: _checked(path, key, value) for key, value in section.items()}
    for name, value in arguments.items():
        key = name.replace("_", "-")
        if value in (None, False, ()):
            continue
        given = _KEYS[key](value, f"--{key}")
        values[key] = _joined(values.get(key), given)
    return _settings(values)


def _joined(below: Any, above: Any) -> Any:
    if isinstance(above, dict):
        return {**(below or {}), **above}
    if isinstance(above, frozenset):
        return (below or frozenset()) | above
    return above


def _settings(values: Mapping[str, Any]) -> Settings:
    if values.get("bridge-only") and values.get("no-bridge"):
        raise ConfigError("bridge-only and no-bridge exclude each other: choose one")
    rules = {key: values.get(key, frozenset[str]()) for key in ("select", "ignore", "accept")}
    options = Options(
        models=values.get("model", {}),
        default_model=values.get("default-model"),
        keep_sampling=values.get("keep-sampling", False),
        prefill=cast('Literal["fallback", "manual"]', values.get("prefill", "fallback")),
        bridge_only=values.get("bridge-only", False),
        bridge=not values.get("no-bridge", False),
        markers=not values.get("no-markers", False),
        pins=values.get("pins", True) and not values.get("no-pins", False),
        **rules,
    )
    return Settings(
        options,
        strict=values.get("strict", False),
        allow_dirty=values.get("allow-dirty", False),
        jobs=values.get("jobs"),
        format=values.get("format", "text"),
        output=values.get("output"),
        verbose=values.get("verbose", False),
    )


# -- the file ------------------------------------------------------------------------------------


def nearest_section(start: str) -> tuple[str, Mapping[str, Any]]:
    """The first [tool.to-messages] in `start` or a directory above it: (path of the file, its keys).

    A pyproject.toml without the section is passed by; the search ends at the top of a git work
    tree. ("", {}) if there is none. Raises ConfigError for a file that is not TOML.
    """
    place = os.path.realpath(start)
    while True:
        path = os.path.join(place, "pyproject.toml")
        content = read_or_none(path)
        if content is not None and SECTION.encode() in content:
            section = _section(shown_path(path), content)
            if section is not None:
                return shown_path(path), section
        parent = os.path.dirname(place)
        if parent == place or os.path.lexists(os.path.join(place, ".git")):
            return "", {}
        place = parent


def _section(path: str, content: bytes) -> Mapping[str, Any] | None:
    # The same library: from 3.11 on it is part of Python.
    tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    tool = document.get("tool", {})
    section = tool.get(SECTION) if isinstance(tool, dict) else None
    if section is None:
        return None
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: tool.{SECTION} must be a table: write [tool.{SECTION}] above its keys")
    return section


def _checked(path: str, key: str, value: Any) -> Any:
    if key not in _KEYS:
        hint = did_you_mean(key, _KEYS) or f"known keys are {', '.join(sorted(_KEYS))}"
        raise ConfigError(f"{path}: [tool.{SECTION}] has an unknown key {key!r}: {hint}")
    return _KEYS[key](value, f"{path}: [tool.{SECTION}] {key}")


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A question naming the nearest known word, if one is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else None


# -- values: each function takes (value, where it stands) and returns it checked -------------------


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: {value!r} is neither true nor false")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where}: {value!r} is not a text")
    return value.strip()


def _one_of(choices: tuple[str, ...]) -> Callable[[Any, str], str]:
    def choice(value: Any, where: str) -> str:
        if value not in choices:
            raise ConfigError(f"{where}: {value!r} is not one of {', '.join(choices)}")
        return cast(str, value)

    return choice


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{where}: {value!r} is not a whole number from 1 on")
    return value


def _model_id(value: Any, where: str) -> str:
    """A model to write into code. One that is known to be retired would only fail again."""
    from migrate.models import find_model

    name = _text(value, where)
    facts = find_model(name)
    if facts is not None and not facts.is_served():
        since = f" since {facts.retirement_date}" if facts.retirement_date else ""
        instead = facts.default_successor or "a model that `to-messages models` calls active"
        raise ConfigError(f"{where}: {name} does not answer any more{since}: choose {instead}")
    return name


def _models(value: Any, where: str) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {_text(old, where): _model_id(new, where) for old, new in value.items()}
    pairs = {}
    for pair in [value] if isinstance(value, str) else _list(value, where):
        old, equals, new = pair.partition("=")
        if not equals or not old.strip() or not new.strip() or "=" in new:
            raise ConfigError(f"{where}: {pair!r} is not OLD=NEW, as in claude-2.1=claude-opus-4-8")
        pairs[old.strip()] = _model_id(new, where)
    return pairs


def _list(value: Any, where: str) -> list[str]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: {value!r} is not a list of texts")
    return list(value)


def _rules(value: Any, where: str) -> frozenset[str]:
    """Rule codes, for rules named by code or by name, one by one or with commas between."""
    words = [value] if isinstance(value, str) else _list(value, where)
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    return frozenset(rule_code(name, where) for name in names)


def rule_code(name: str, where: str) -> str:
    """The code of the rule with this code or name. Raises ConfigError for an unknown one."""
    from codemods.rules import RULES, find_rule

    rule = find_rule(name)
    if rule is None:
        words = [word for rule in RULES for word in (rule.code, rule.name)]
        wanted = name.upper() if name[:2].upper() == "TC" else name.replace("_", "-")
        hint = did_you_mean(wanted, words) or "`to-messages rules` lists them"
        raise ConfigError(f"{where}: no rule is called {name!r}: {hint}")
    return rule.code


_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "model": _models,
    "default-model": _model_id,
    "keep-sampling": _flag,
    "prefill": _one_of(PREFILL),
    "select": _rules,
    "ignore": _rules,
    "accept": _rules,
    "bridge-only": _flag,
    "no-bridge": _flag,
    "strict": _flag,
    "no-markers": _flag,
    "pins": _flag,
    "no-pins": _flag,
    "allow-dirty": _flag,
    "jobs": _count,
    "format": _one_of(FORMATS),
    "output": _text,
    "verbose": _flag,
}
