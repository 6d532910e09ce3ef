# May know: JSON values. Not what the fields of a request mean.
"""Checks of single JSON values, put together into tables that describe a request body.

A check takes the field's name and its value and yields what is wrong with it, in the server's manner:
"temperature: Input should be a valid number".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[str, Any], Iterator[str]]


def check_fields(
    body: Mapping[str, Any], fields: Mapping[str, Check], required: tuple[str, ...]
) -> Iterator[str]:
    """Everything wrong with the shape of a body: missing, unknown and ill-typed fields, in that order.

    Absent fields are not looked at. A null is a value like any other; only `nullable` lets it pass.
    """
    yield from (f"{name}: Field required" for name in required if name not in body)
    yield from (f"{name}: Extra inputs are not permitted" for name in body if name not in fields)
    for name, check in fields.items():
        if name in body:
            yield from check(name, body[name])


def anything(_name: str, _value: Any) -> Iterator[str]:
    """Accepts whatever stands there but null: a field the double does not act on."""
    if _value is None:
        yield f"{_name}: Input should not be null"


def text(minimum: int = 0, maximum: int | None = None) -> Check:
    """A string of minimum to maximum characters."""

    def check(name: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{name}: Input should be a valid string"
        elif len(value) < minimum:
            yield f"{name}: String should have at least {minimum} character"
        elif maximum is not None and len(value) > maximum:
            yield f"{name}: String should have at most {maximum} characters"

    return check


def whole_number(minimum: int) -> Check:
    """An integer from minimum on; true and false are not integers here."""

    def check(name: str, value: Any) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield f"{name}: Input should be a valid integer"
        elif value < minimum:
            yield f"{name}: Input should be greater than or equal to {minimum}"

    return check


def number(low: float, high: float) -> Check:
    """A number between low and high, both included."""

    def check(name: str, value: Any) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{name}: Input should be a valid number"
        elif not low <= value <= high:
            yield f"{name}: Input should be between {low} and {high}"

    return check


def truth(name: str, value: Any) -> Iterator[str]:
    """true or false."""
    if not isinstance(value, bool):
        yield f"{name}: Input should be a valid boolean"


def list_of(check_item: Check) -> Check:
    """A list whose items pass the check; items are named name.0, name.1 and so on."""

    def check(name: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{name}: Input should be a valid list"
            return
        for index, item in enumerate(value):
            yield from check_item(f"{name}.{index}", item)

    return check


def nullable(check_value: Check) -> Check:
    """null, or a value that passes the check."""

    def check(name: str, value: Any) -> Iterator[str]:
        if value is not None:
            yield from check_value(name, value)

    return check


def record(fields: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """An object with these fields and no others."""

    def check(name: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{name}: Input should be an object"
            return
        yield from (f"{name}.{problem}" for problem in check_fields(value, fields, required))

    return check
