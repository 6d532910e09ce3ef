# Where the arguments of a call are written. Reads; plans nothing.
"""Arguments of a create call: its keywords, the dicts it splats, the `partial` calls before it."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codemods.flow import Definition
from codemods.mapping_reading import MappingReader
from codemods.mappings import Mapping
from codemods.places import DefaultPlace, EntryPlace, KeywordPlace, Place, StorePlace
from codemods.plans import Context, Limits, Refusal, Site
from codemods.values import Constant, Symbol


@dataclass(slots=True)
class Arguments:
    """The arguments of one call by name, each where it is written.

    places: the place that counts last. every: all places of a name, for a dict may be one of several,
    or set a name more than once. conditional: names given on some paths only. overridden: names of
    which one place may replace what another set. repeated: names set again on a dict that lives on.
    touched: the definitions behind them, with the uses that are accounted for.
    """

    places: dict[str, Place] = field(default_factory=dict)
    every: dict[str, list[Place]] = field(default_factory=dict)
    conditional: set[str] = field(default_factory=set)
    overridden: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    touched: dict[Definition, list[ast.expr | None]] = field(default_factory=dict)

    def add(self, name: str, place: Place) -> None:
        """One more argument, given for sure."""
        self.places[name] = place
        self.every.setdefault(name, []).append(place)


def read_arguments(
    context: Context, call: ast.Call, layers: Sequence[ast.Call] = (), leading: int = 0
) -> Arguments:
    """Raises Refusal if an argument is positional or hidden in a splat that is not visible.

    layers: calls of `partial` whose keywords the call adds to. leading: positional arguments that
    belong to a helper such as `asyncio.to_thread`.
    """
    reader = MappingReader(context)
    return _arguments(reader, _read(reader, call, layers, leading))


def read_entries(context: Context, node: ast.expr) -> Arguments:
    """The entries of a dict, each written in one place only. Raises Refusal alike."""
    reader = MappingReader(context)
    found = _arguments(reader, reader.read(node))
    several = [name for name, places in found.every.items() if len(places) > 1]
    if several:
        raise Refusal("TC104", f"`{min(several)}` is given in more than one place")
    return found


def _arguments(reader: MappingReader, mapping: Mapping) -> Arguments:
    broken = {name for name, places in mapping.places.items() if not mapping.removed.isdisjoint(places)}
    if broken:
        raise Refusal("TC104", f"`{min(broken)}` is taken out of the arguments on one path")
    return Arguments(
        {name: places[-1] for name, places in mapping.places.items()},
        mapping.places,
        mapping.places.keys() - mapping.certain,
        mapping.overridden,
        mapping.repeated,
        reader.touched(),
    )


def read_site(context: Context, site: Site) -> Arguments:
    """The arguments of a site's call."""
    assert site.call is not None
    return read_arguments(context, site.call, site.layers, site.leading)


def values_given(context: Context, site: Site, name: str) -> list[ast.expr]:
    """Every expression that a site may pass under a name; of a call that is opaque, those in sight."""
    if site.call is None:
        return []
    try:
        return [place.value for place in read_site(context, site).every.get(name, [])]
    except Refusal:
        call, layers, leading = site.call, site.layers, site.leading
        seen = _places_in_sight(context, lambda reader: _read(reader, call, layers, leading))
        calls = (*layers, call)
        written = [keyword.value for one in calls for keyword in one.keywords if keyword.arg == name]
        return list(dict.fromkeys([*written, *(place.value for key, place in seen if key == name)]))


def entries_in_sight(context: Context, node: ast.expr) -> list[tuple[str, Place]]:
    """The entries of a dict that may be opaque in some part, as far as they are in sight."""
    return _places_in_sight(context, lambda reader: reader.read(node))


def _places_in_sight(context: Context, read: Callable[[MappingReader], object]) -> list[tuple[str, Place]]:
    """What a reading comes to. What the fixpoint ruled out does not count: nothing is to be edited."""
    reader = MappingReader(dataclasses.replace(context, limits=Limits()))
    with contextlib.suppress(Refusal):  # what was found until then is the answer
        read(reader)
    return reader.places()


def is_not_given(context: Context, node: ast.expr) -> bool:
    """Whether an argument is `None`, `NOT_GIVEN` or `omit`: as if it were not there."""
    value = context.evaluator.value_of(node)
    if isinstance(value, Constant):
        return value.value is None
    name = value.path.rpartition(".")[2] if isinstance(value, Symbol) else ""
    return name in ("NOT_GIVEN", "omit")


def holders_of_call(
    context: Context, call: ast.Call, layers: Sequence[ast.Call] = (), leading: int = 0
) -> list[ast.AST]:
    """The calls, displays and statements that hold the call's arguments, as far as they are in sight."""
    seen = _places_in_sight(context, lambda reader: _read(reader, call, layers, leading))
    return [_holder(place) for _, place in seen]


def _holder(place: Place) -> ast.AST:
    if isinstance(place, KeywordPlace):
        return place.call
    if isinstance(place, EntryPlace):
        return place.display
    assert isinstance(place, StorePlace | DefaultPlace)
    return place.statement


def _read(reader: MappingReader, call: ast.Call, layers: Sequence[ast.Call], leading: int) -> Mapping:
    mapping = Mapping()
    for layer in layers:
        mapping = mapping.updated(_given(reader, layer, 1))
    return mapping.updated(_given(reader, call, leading))


def _given(reader: MappingReader, call: ast.Call, leading: int) -> Mapping:
    """What one call gives; a name that it gives twice is an error when it runs."""
    if len(call.args) > leading or any(isinstance(one, ast.Starred) for one in call.args):
        raise Refusal("TC104", "positional arguments")
    mapping = Mapping()
    for keyword in call.keywords:
        given = reader.keywords(call, [keyword])
        twice = mapping.places.keys() & given.places.keys()
        if twice:
            raise Refusal("TC104", f"`{min(twice)}` is given in more than one place")
        mapping = mapping.updated(given)
    return mapping
