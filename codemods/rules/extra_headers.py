"""Write what the old method put into headers of its own: as `extra_headers`.

    before: client.completions.create(…, betas=["one", "two"])
    after:  client.messages.create(…, extra_headers={"anthropic-beta": "one,two"})

Only `client.beta.messages.create` has an argument `betas`, and that asks another address. A header of the
author's own of the same name goes before. Source: anthropic 0.84.0 and 0.125.0,
`resources/completions.py`, and what 0.84.0, 0.125.0, 1.17.0 and 2.12.0 sent when run.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from codemods.argument_reading import Arguments
from codemods.edits import Edit, Slice
from codemods.places import KeywordPlace, Parts, Place
from codemods.plans import Context, Plan, Refusal
from codemods.template_nodes import widen_over_parentheses

_BETA = "anthropic-beta"
# The version of the API that still takes sampling arguments. Source: the API's versioning page.
_VERSION = '"anthropic-version": "2023-06-01"'
_PLAIN = re.compile(r"[A-Za-z0-9._,:-]+")


@dataclass(frozen=True, eq=False, slots=True)
class BetaHeader:
    """What `betas` sends, and the argument it is written in."""

    place: Place
    value: Parts


def beta_header(context: Context, arguments: Arguments, gone: list[Place]) -> BetaHeader | None:
    """The header for `betas`; None if there is nothing to send. Raises Refusal if it cannot be seen."""
    places = [place for place in arguments.every.get("betas", ()) if place not in gone]
    if not places:
        return None
    if len(arguments.every["betas"]) > 1:
        raise Refusal("TC104", "`betas` is given in more than one place")
    (place,) = places
    if not isinstance(place.value, ast.List | ast.Tuple):
        raise Refusal("TC104", "what is in `betas` is not written at the call")
    if not place.value.elts or _states_beta(_headers(arguments, gone)):
        gone.append(place)
        return None
    if not _may_move(place, arguments.places.get("extra_headers")):
        raise Refusal("TC104", "what is in `betas` has a name, which may not be known where the headers are")
    return BetaHeader(place, _joined(context, place.value.elts))


def _may_move(place: Place, headers: Place | None) -> bool:
    """Whether what the list holds may stand among the headers: texts anywhere, names in the same call."""
    assert isinstance(place.value, ast.List | ast.Tuple)
    if headers is None or all(isinstance(element, ast.Constant) for element in place.value.elts):
        return True
    calls = [one.call for one in (place, headers) if isinstance(one, KeywordPlace)]
    return len(calls) == 2 and calls[0] is calls[1]


def _joined(context: Context, elements: list[ast.expr]) -> Parts:
    if len(elements) == 1 and context.evaluator.text_of(elements[0]) is not None:
        return (Slice(*context.source.span(elements[0])),)
    texts = [element.value for element in elements if isinstance(element, ast.Constant)]
    names = [text for text in texts if isinstance(text, str) and _PLAIN.fullmatch(text)]
    if len(names) < len(elements):
        raise Refusal("TC104", "what is in `betas` is not written at the call")
    return (f'"{",".join(names)}"',)


def _headers(arguments: Arguments, gone: list[Place]) -> ast.Dict | None:
    """The author's own headers, all in sight; None if there are none. Raises Refusal."""
    places = [place for place in arguments.every.get("extra_headers", ()) if place not in gone]
    if not places:
        return None
    display = places[0].value
    sure = len(places) == 1 and arguments.conditional.isdisjoint(("extra_headers", "betas"))
    if not sure or not isinstance(display, ast.Dict):
        raise Refusal("TC104", "`betas` goes into a header, and `extra_headers` is not a dict at the call")
    if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in display.keys):
        raise Refusal("TC104", "`betas` goes into a header, and those given are not all in sight")
    return display


def _states_beta(display: ast.Dict | None) -> bool:
    """Whether the author's own header takes the place of this one; in other letters both are sent."""
    keys = display.keys if display is not None else ()
    names = {str(key.value) for key in keys if isinstance(key, ast.Constant)}
    if any(name != _BETA and name.lower() == _BETA for name in names):
        raise Refusal("TC104", "`betas` goes into a header that is given as well, in other letters")
    return _BETA in names


def write_headers(
    context: Context,
    plan: Plan,
    arguments: Arguments,
    gone: list[Place],
    beta: BetaHeader | None,
    versioned: Place | None,
) -> None:
    """Plan the headers that are added. versioned: the argument that needs the older version of the API."""
    if beta is not None and versioned is not None and "betas" in arguments.conditional:
        raise Refusal("TC104", "`betas` is given on some paths only")
    entries: list[Parts] = [(f'"{_BETA}": ', *beta.value)] if beta is not None else []
    entries += [(_VERSION,)] if versioned is not None else []
    headers = arguments.places.get("extra_headers")
    if entries and headers is not None and headers not in gone:
        assert isinstance(headers.value, ast.Dict)
        plan.edits.extend(_into(context, headers.value, entries))
        gone.extend([beta.place] if beta is not None else [])
    elif beta is not None:
        plan.edits.extend(beta.place.replace([("extra_headers", ("{", *_written(entries), "}"))]))
    elif versioned is not None:
        plan.edits.extend(versioned.append("extra_headers", f"{{{_VERSION}}}", 4))


def _written(entries: list[Parts]) -> Parts:
    first, *others = entries
    return (*first, *(part for entry in others for part in (", ", *entry)))


def _into(context: Context, display: ast.Dict, entries: list[Parts]) -> list[Edit]:
    """The entries behind those that a dict has."""
    span = context.source.span
    if not display.values:
        return [Edit(*span(display), ("{", *_written(entries), "}"))]
    key, value = display.keys[-1], display.values[-1]
    low = span(value)[0] if key is None else span(key)[1]
    end = widen_over_parentheses(context.source.data, *span(value), low, span(display)[1] - 1)[1]
    return [Edit(end, end, (", ", *_written(entries)), -2)]
