# Items of dicts, lists and tuples, as values. Knows displays and stores; changes of them are not run.
"""The part of the evaluator that looks into containers.

Only what a method is called on is looked up there: a container can change in ways that no file
shows, and a wrong text or number would go into a rewritten call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from codemods.evaluation import Evaluation, is_ours
from codemods.flow import Definition
from codemods.sdk_surface import join_values
from codemods.values import Abroad, Constant, Display, Foreign, Migrated, Unknown, Value

# `Optional[Anthropic]` under a name of its own stands for the class.
_TYPING_WRAPPERS = frozenset(
    f"{name} of {module}"
    for name in ("Optional", "Annotated", "Final", "ClassVar")
    for module in ("typing", "typing_extensions")
)
AN_ITEM = Unknown("an item of a container")


class Containers(Evaluation):
    """Values of items."""

    def _of_subscript(self, node: ast.Subscript) -> Iterable[Value]:
        base = self.value_of(node.value)
        if isinstance(base, Foreign) and base.what in _TYPING_WRAPPERS:
            inner = node.slice
            return self.values_of(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        if isinstance(base, Migrated) or (isinstance(base, Foreign) and not base.is_plain):
            return (base,)
        if not self.search.receivers:
            return (AN_ITEM,)
        key = self.value_of(node.slice)
        known = key.value if isinstance(key, Constant) else None
        found = [item for value in self.values_of(node.value) for item in self.items_in(value, known)]
        if isinstance(node.value, ast.Name):
            found.extend(self._stored_items(node.value, known))
        return self._judged(node.value, known, found)

    def _judged(self, container: ast.expr, key: object, found: list[Value]) -> Iterable[Value]:
        """The items, but not a client that may be another one, in a container whose changes are unseen."""
        if key is None and is_ours(join_values(found)) and not self._is_all_seen(container):
            return (AN_ITEM,)
        return found or (AN_ITEM,)

    def _is_all_seen(self, container: ast.expr) -> bool:
        """Whether the container is a name of a function's own whose every binding is a display."""
        if not isinstance(container, ast.Name):
            return False
        reaching = self.flow.reaching(container)
        return reaching.complete and all(
            one.kind == "assign" and isinstance(one.value, ast.Dict | ast.List | ast.Tuple)
            for one in reaching.definitions
        )

    def items_in(self, value: Value, key: object) -> list[Value]:
        """What an item of a value can be, if the value is a display of some file."""
        if isinstance(value, Display):
            return self.items_of(value, key)
        if isinstance(value, Abroad) and isinstance(value.value, Display):
            assert isinstance(value.home, Evaluation)
            items = value.home.items_of(value.value, key)
            return [self.brought(value.home, item, "an item") for item in items]
        return [AN_ITEM]

    def items_of(self, display: Display, key: object) -> list[Value]:
        """What an item of one of the file's displays can be; `key` None stands for any."""
        node = display.node
        if not isinstance(node, ast.Dict):
            elements = node.elts
            if isinstance(key, int) and not any(isinstance(one, ast.Starred) for one in elements):
                elements = elements[key : key + 1] if 0 <= key < len(elements) else []
            return [value for element in elements for value in self.values_of(element)]
        pairs = list(zip(node.keys, node.values, strict=True))
        if key is not None:
            pairs = [(known, value) for known, value in pairs if self._may_be(known, key)]
        return [value for _, node in pairs for value in self.values_of(node)]

    def _may_be(self, known: ast.expr | None, key: object) -> bool:
        value = self.value_of(known) if known is not None else None
        return not isinstance(value, Constant) or value.value == key

    def _stored_items(self, name: ast.Name, key: object) -> Iterator[Value]:
        """What is put into a container after it was made."""
        reaching = self.flow.reaching(name).definitions
        everywhere = [one for scope in {d.scope for d in reaching} for one in scope.definitions[name.id]]
        for definition in everywhere:
            if definition.kind == "store_item":
                yield from self._stored_item(definition, key)
            elif definition.kind == "method" and getattr(definition.node, "args", None):
                yield Unknown(f"{name.id} is changed by a method")

    def _stored_item(self, definition: Definition, key: object) -> Iterable[Value]:
        target = definition.target
        if not isinstance(target, ast.Subscript) or definition.value is None:
            return (AN_ITEM,)
        if key is not None and not self._may_be(target.slice, key):
            return ()
        return self.values_of(definition.value)

    def iterated_values(self, iterated: ast.expr, path: tuple[int, ...]) -> Iterable[Value] | None:
        """What a loop over a display of the file binds; None if it is not one."""
        if isinstance(iterated, ast.List | ast.Tuple):
            return None if path else [v for element in iterated.elts for v in self.values_of(element)]
        if not self.search.receivers:
            return None
        wanted: tuple[int, ...] = ()
        if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Attribute) and not iterated.args:
            if iterated.func.attr not in ("values", "items"):
                return None
            wanted = (1,) if iterated.func.attr == "items" else ()
            iterated = iterated.func.value
        if path != wanted:
            return None
        found = [item for value in self.values_of(iterated) for item in self.items_in(value, None)]
        return self._judged(iterated, None, found)
