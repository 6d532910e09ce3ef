# What a dict of arguments holds, entry by entry. A value; it does not know how it is found.
"""The entries of a dict that becomes arguments, and how entries of several dicts join."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from codemods.places import Place


@dataclass(slots=True)
class Mapping:
    """Entries by name, each in all the places it may come from.

    certain: names it surely has. removed: places whose entry is taken out again on some path.
    overridden: names of which one place may replace what another set. repeated: names set again and
    again on one dict. is_circular: nothing is known yet, since the dict is made from itself; what it
    surely has is for the other ways to say.
    """

    places: dict[str, list[Place]] = field(default_factory=dict)
    certain: set[str] = field(default_factory=set)
    removed: set[Place] = field(default_factory=set)
    overridden: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    is_circular: bool = False

    def updated(self, later: Mapping) -> Mapping:
        """What `{**self, **later}` holds. Places that may be overridden count: they are edited alike."""
        both = self._with(later, self.certain | later.certain)
        both.overridden |= self.places.keys() & later.places.keys()
        both.is_circular = self.is_circular or later.is_circular
        return both

    def or_else(self, other: Mapping) -> Mapping:
        """What a dict holds that is one of the two."""
        if self.is_circular or other.is_circular:
            certain = (other if self.is_circular else self).certain
        else:
            certain = self.certain & other.certain
        both = self._with(other, certain)
        both.is_circular = self.is_circular and other.is_circular
        return both

    def without(self, names: Iterable[str]) -> Mapping:
        gone = set(names)
        left = {one: places for one, places in self.places.items() if one not in gone}
        return dataclasses.replace(self, places=left, certain=self.certain - gone)

    def popped(self, name: str) -> Mapping:
        """What is left after `pop(name)`: the entry is there until then, in all its places."""
        left = self.without([name])
        left.removed = self.removed.union(self.places.get(name, ()))
        return left

    def _with(self, other: Mapping, certain: set[str]) -> Mapping:
        return Mapping(
            _joined([self, other]),
            certain,
            self.removed | other.removed,
            self.overridden | other.overridden,
            self.repeated | other.repeated,
        )


def either(mappings: Iterable[Mapping]) -> Mapping:
    """What a dict holds that is one of several."""
    return reduce(Mapping.or_else, mappings) if (mappings := list(mappings)) else Mapping()


def _joined(mappings: Iterable[Mapping]) -> dict[str, list[Place]]:
    joined: dict[str, list[Place]] = {}
    for mapping in mappings:
        for name, places in mapping.places.items():
            known = joined.setdefault(name, [])
            known.extend(place for place in places if place not in known)
    return joined
