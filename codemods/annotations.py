# What annotations say about values. Knows typing's wrappers; follows no data.
"""The part of the evaluator that reads annotations."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from codemods.evaluation import Evaluation
from codemods.sdk_surface import client_flavour, join_values
from codemods.values import Client, Foreign, Symbol, UserInstance, Value

_WRAPPERS = frozenset({"Optional", "Annotated", "ClassVar", "Final", "InitVar", "Required", "NotRequired"})
_YIELDERS = frozenset(
    {"Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator", "Awaitable"}
)
_CONTAINERS = frozenset({"List", "list", "Dict", "dict", "Callable", "Tuple", "tuple", "Sequence", "Mapping"})
_TELLING_BUILTINS = frozenset({"the built-in str", "the built-in int", "the built-in dict"})


class Annotations(Evaluation):
    """Values that annotations state."""

    def stated_value(self, annotation: ast.expr) -> Value | None:
        """The client or class an annotation names; None if it says nothing we use."""
        with self.search.entered((self, annotation)) as first:
            return self._stated(annotation) if first else None

    def stated_return(self, annotation: ast.expr) -> Value | None:
        """What a function's annotation says it returns or yields."""
        if isinstance(annotation, ast.Subscript):
            name = getattr(annotation.value, "id", None) or getattr(annotation.value, "attr", None)
            inner = annotation.slice
            if name in _YIELDERS:
                return self.stated_value(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        return self.stated_value(annotation)

    def _stated(self, annotation: ast.expr) -> Value | None:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            parsed = self._parsed(annotation)
            return None if parsed is None else self.stated_value(parsed)
        if isinstance(annotation, ast.Subscript):
            return self._stated_by_subscript(annotation)
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            return self._union([annotation.left, annotation.right])
        if isinstance(annotation, ast.Name | ast.Attribute):
            return self._stated_class(annotation)
        return None

    def _stated_by_subscript(self, annotation: ast.Subscript) -> Value | None:
        inner = annotation.slice
        name = getattr(annotation.value, "id", None) or getattr(annotation.value, "attr", None)
        if name in _WRAPPERS:
            return self.stated_value(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        if name == "Union" and isinstance(inner, ast.Tuple):
            return self._union(inner.elts)
        return Foreign("a container") if name in _CONTAINERS else None

    def _union(self, members: Sequence[ast.expr]) -> Value | None:
        found = [self.stated_value(member) for member in members if not _is_none_node(member)]
        if not found or any(value is None for value in found):
            return None
        return join_values([value for value in found if value is not None])

    def _parsed(self, annotation: ast.Constant) -> ast.expr | None:
        """The expression that a string annotation holds; its names are those of the module."""
        try:
            parsed = ast.parse(str(annotation.value), mode="eval").body
        except (SyntaxError, ValueError):
            return None
        for node in ast.walk(parsed):
            ast.copy_location(node, annotation)
            if isinstance(node, ast.Name):
                self.flow.read_in_module(node)
        return parsed

    def _stated_class(self, annotation: ast.Name | ast.Attribute) -> Value | None:
        alias = self._alias(annotation)
        if alias is not None:
            return self.stated_value(alias)
        value = self.value_of(annotation)
        if isinstance(value, Symbol) and (flavour := client_flavour(value)):
            return Client(flavour, (f"annotated as {value.path} at line {annotation.lineno}",))
        at = self.class_at(value)
        if at is not None and not isinstance(value, UserInstance):
            home, node = at
            made = home.instance_of(node, annotation.lineno)
            return self.brought(home, made, node.name)
        if isinstance(value, Foreign) and not value.what.startswith(("the built-in", "Any of", "object of")):
            return value
        return value if isinstance(value, Foreign) and value.what in _TELLING_BUILTINS else None

    def _alias(self, annotation: ast.Name | ast.Attribute) -> ast.expr | None:
        """`ClientDep` in `ClientDep = Annotated[Anthropic, Depends(get_client)]`."""
        if not isinstance(annotation, ast.Name):
            return None
        definitions = self.flow.reaching(annotation).definitions
        if len(definitions) != 1 or definitions[0].kind != "assign" or definitions[0].path:
            return None
        value = definitions[0].value
        return value if isinstance(value, ast.Subscript | ast.BinOp | ast.Constant) else None


def _is_none_node(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
