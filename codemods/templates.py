# Reads prompt expressions into templates. Knows the evaluator; cuts nothing itself.
"""`TemplateReader`: what an expression says before it is run, as the nodes of `template_nodes`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.evaluate import Evaluator
from codemods.flow import Definition
from codemods.literals import Chars, Field, dissect
from codemods.members import FunctionNode, Members
from codemods.source import Source
from codemods.sure_texts import is_text
from codemods.template_fillings import (
    FORMAT_FIELD,
    PERCENT_FIELD,
    fill,
    fill_markers,
    fill_percent_markers,
    is_only_marker,
    markers_given,
)
from codemods.template_nodes import (
    HOLE,
    Appended,
    Concat,
    Hole,
    Joined,
    Known,
    Literal,
    Named,
    Piece,
    Template,
    Through,
)
from codemods.values import Client, Symbol, UserClass, UserInstance
from migrate.markers import MARKERS

_LABEL = re.compile(r"(?:Human|Assistant):")
_DEEPEST = 12


class TemplateReader:
    """Reads templates of one file. `held`: loads that are read as holes, whatever they are."""

    def __init__(
        self, source: Source, evaluator: Evaluator, bound_from_outside: frozenset[str] = frozenset()
    ) -> None:
        self.source = source
        self.bound_from_outside = bound_from_outside
        self.evaluator = evaluator
        self.members = Members(source, evaluator)
        self.held: set[ast.expr] = set()
        self.joined: dict[ast.expr, Joined] = {}
        self._depth = 0

    def template_of(self, node: ast.expr) -> Template:
        """The template an expression is; a `Hole` if nothing of its text is known."""
        if self._depth > _DEEPEST or node in self.held or not self.source.is_placed(node):
            return Hole(node, HOLE)
        self._depth += 1
        try:
            return self._read(node)
        finally:
            self._depth -= 1

    def _read(self, node: ast.expr) -> Template:
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return self._literal(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._sum(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self._percent(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._reference(node)
        return Hole(node, HOLE)

    # -- literals -------------------------------------------------------------------------------

    def _literal(self, node: ast.Constant | ast.JoinedStr) -> Template:
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            return Hole(node, HOLE)
        if isinstance(
            self.source.parent(node), ast.JoinedStr | ast.FormattedValue
        ) and not self._is_expression(node):
            return Hole(node, HOLE)
        tokens = dissect(self.source, self.source.span(node))
        if tokens is None:
            return Hole(node, HOLE)
        fields = iter(value for value in getattr(node, "values", ()) if isinstance(value, ast.FormattedValue))
        read = [(token, [self._piece(part, fields) for part in token.parts]) for token in tokens]
        flat = "".join(piece.text for _, pieces in read for piece in pieces)
        if any(HOLE in piece.text for _, pieces in read for piece in pieces if not piece.is_field):
            return Hole(node, HOLE)
        return Literal(node, flat, self.source, read)

    def _is_expression(self, node: ast.expr) -> bool:
        """Whether the node is a field's own expression, not a part of the f-string around it."""
        parent = self.source.parent(node)
        return isinstance(parent, ast.FormattedValue) and parent.value is node

    def _piece(self, part: Chars | Field, fields: Iterator[ast.FormattedValue]) -> Piece:
        if isinstance(part, Chars):
            return Piece(part.text, part.starts)
        hole = next(fields)
        inner: Template = self.template_of(hole.value) if part.is_plain else Hole(hole.value, HOLE)
        if not _shows_marker(inner) and not isinstance(inner, Joined):
            inner = inner if isinstance(inner, Known) else Hole(hole.value, HOLE)
        sure = part.is_plain and isinstance(inner, Hole) and is_text(self.evaluator.flow, hole.value)
        return Piece(inner.flat, (), part.span, inner, is_text=sure)

    # -- composed -------------------------------------------------------------------------------

    def _sum(self, node: ast.BinOp) -> Template:
        operands: list[Template] = []
        stack: list[ast.expr] = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, ast.BinOp) and isinstance(current.op, ast.Add):
                stack.extend([current.right, current.left])
            else:
                operands.append(self.template_of(current))
            if len(operands) > 400:
                return Hole(node, HOLE)
        return self._concat(node, operands, is_sum=True)

    def _concat(self, node: ast.expr, operands: list[Template], *, is_sum: bool) -> Template:
        return Concat(node, "".join(one.flat for one in operands), self.source, operands, is_sum)

    def _call(self, node: ast.Call) -> Template:
        if isinstance(node.func, ast.Attribute):
            found = self._method(node, node.func)
            if isinstance(found, Joined) or not isinstance(found, Hole):
                return found
        returned = self.returned(node)
        return returned[0] if len(returned) == 1 else Hole(node, HOLE)

    def returned(self, node: ast.Call) -> list[Template]:
        """What a call of one of the file's own functions gives: a template for each `return`.

        Empty if a return is not a template, or if the function does more than return: decorators,
        generators and coroutines are not what their `return` says.
        """
        function = self.members.function_of(node)
        definition = self.members.definition_of(function) if function is not None else None
        if function is None or definition is None or not isinstance(node.func, ast.Name | ast.Attribute):
            return []
        texts = [self.template_of(value) for value in returned_expressions(function)]
        if any(isinstance(text, Hole) or not _shows_marker(text) for text in texts):
            return []
        if any(is_only_marker(text.flat) for text in texts) and not _only_returns(function):
            return []  # the call would go with the marker, and with it what else the function does
        return [Through(node, text.flat, definition, node.func, text) for text in texts]

    def _method(self, node: ast.Call, function: ast.Attribute) -> Template:
        if function.attr == "join" and len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple):
            elements = node.args[0].elts
            plain = isinstance(node.args[0], ast.List) and not any(
                isinstance(e, ast.Starred) for e in elements
            )
            if self.evaluator.text_of(function.value) == "" and plain and elements:
                return self._concat(node, [self.template_of(element) for element in elements], is_sum=False)
        if function.attr == "join" and len(node.args) == 1 and not node.keywords:
            joined = self._joined(node, function.value, node.args[0])
            if joined is not None:
                return joined
        if function.attr == "replace" and len(node.args) == 2 and not node.keywords:
            sought = self.evaluator.text_of(node.args[0])
            if sought:
                return self._filled(node, function.value, [node.args[1]], re.compile(re.escape(sought)))
        if function.attr == "format":
            return self._formatted(node, function.value)
        return Hole(node, HOLE)

    def _chooses_marker(self, hole: ast.expr) -> bool:
        """Whether a value is one turn marker or the other."""
        if not isinstance(hole, ast.IfExp):
            return False
        return {self.evaluator.text_of(hole.body), self.evaluator.text_of(hole.orelse)} == set(
            MARKERS.values()
        )

    def _joined(self, node: ast.Call, separator: ast.expr, items: ast.expr) -> Template | None:
        """Turns that are set right behind each other by a comprehension."""
        if not isinstance(items, ast.GeneratorExp | ast.ListComp) or self.evaluator.text_of(separator) != "":
            return None
        element = self.template_of(items.elt)
        if not _shows_marker(element) and not any(map(self._chooses_marker, element.holes())):
            return None
        self.joined[node] = Joined(node, HOLE, element, items)
        return self.joined[node]

    def _percent(self, node: ast.BinOp) -> Template:
        right = node.right
        markers = markers_given(self.source, node, self.evaluator.text_of)
        if markers:
            return fill_percent_markers(self._base(node.left), node, markers) or Hole(node, HOLE)
        arguments = list(right.elts) if isinstance(right, ast.Tuple) else [right]
        if isinstance(right, ast.Dict):
            arguments = list(right.values)
        return self._filled(node, node.left, arguments, PERCENT_FIELD)

    def _formatted(self, node: ast.Call, base: ast.expr) -> Template:
        """A `.format(…)`; what it puts in may be turn markers, which are part of the text then."""
        markers = markers_given(self.source, node, self.evaluator.text_of)
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not markers:
            return self._filled(node, base, arguments, FORMAT_FIELD)
        return fill_markers(self._base(base), node, markers) or Hole(node, HOLE)

    def _base(self, node: ast.expr) -> Template:
        """A template that is filled in, where it is written: it may show no marker yet."""
        found: Template | None = None
        if isinstance(node, ast.Name):
            found = self._named(node) or Hole(node, HOLE)
        elif isinstance(node, ast.Attribute):
            found = self._class_level(node)
        return self.template_of(node) if found is None else found

    def _filled(
        self, node: ast.expr, base: ast.expr, arguments: list[ast.expr], pattern: re.Pattern[str]
    ) -> Template:
        filled = fill(self.template_of(base), node, pattern)
        if filled is None:
            return Hole(node, HOLE)
        filled.arguments = arguments
        return filled

    # -- names ----------------------------------------------------------------------------------

    def _reference(self, node: ast.Name | ast.Attribute) -> Template:
        if isinstance(node, ast.Name) and node.id in self.bound_from_outside and self._is_module_name(node):
            return Hole(node, HOLE)
        if isinstance(node, ast.Attribute):
            if self._may_be_a_property(node.attr):
                return Hole(node, HOLE)
            written = self._class_level(node)
            if written is not None and _shows_marker(written):
                return written
        named = self._named(node) if isinstance(node, ast.Name) else None
        text = self.evaluator.text_of(node)
        is_whole = named is None or not _shows_marker(named) or is_only_marker(text or "")
        if isinstance(node, ast.Attribute) and not is_only_marker(text or ""):
            text = text if self._is_sdk_name(node) else None  # a subclass elsewhere may set another
        if text == "" and isinstance(node, ast.Name) and self._is_module_name(node):
            text = None  # an empty constant is there to be set by somebody
        if text is not None and HOLE not in text and is_whole:
            return Known(node, text)
        return named if named is not None else Hole(node, HOLE)

    def _class_level(self, node: ast.Attribute) -> Template | None:
        """The template that the body of one of the file's classes gives to an attribute, and nothing else."""
        value = self.evaluator.value_of(node.value)
        owner = value.node if isinstance(value, UserClass | UserInstance) else None
        definition = self.members.member(owner, node.attr) if owner in self.evaluator.flow.scopes else None
        if owner is None or definition is None:
            return None
        bound = self.evaluator.flow.scopes[owner].definitions.get(node.attr, [])
        if len(bound) != 1 or not isinstance(bound[0].node, ast.Assign) or len(bound[0].node.targets) != 1:
            return None
        inner = self.template_of_definition(bound[0])
        return None if inner is None else Through(node, inner.flat, definition, node, inner)

    def _may_be_a_property(self, name: str) -> bool:
        """Whether the file has a function of the name that does more than to return something."""
        functions = self.source.nodes_of(ast.FunctionDef)
        return any(one.name == name and not _only_returns(one) for one in functions)

    def _is_module_name(self, node: ast.Name) -> bool:
        return any(one.scope.kind == "module" for one in self.evaluator.flow.reaching(node).definitions)

    def _is_sdk_name(self, node: ast.Attribute) -> bool:
        return isinstance(self.evaluator.value_of(node.value), Symbol | Client)

    def _named(self, node: ast.Name) -> Template | None:
        reaching = self.evaluator.flow.reaching(node)
        if len(reaching.definitions) != 1 or not reaching.complete:
            return None
        inner = self.template_of_definition(reaching.definitions[0])
        return None if inner is None else Named(node, inner.flat, reaching.definitions[0], inner)

    def template_of_definition(self, definition: Definition) -> Template | None:
        """The template a definition gives its name; None if it gives something else."""
        if definition.value is None or definition.path:
            return None
        if definition.kind == "assign" and isinstance(definition.node, ast.Assign | ast.AnnAssign):
            inner = self.template_of(definition.value)
            return None if isinstance(inner, Hole) else inner
        if definition.kind == "augment" and isinstance(definition.node, ast.AugAssign):
            return self._appended(definition)
        return None

    def _appended(self, definition: Definition) -> Template | None:
        assert isinstance(definition.node, ast.AugAssign)
        assert definition.value is not None
        if not isinstance(definition.node.op, ast.Add) or len(definition.previous) != 1:
            return None
        (previous,) = definition.previous
        if previous.scope is not definition.scope or self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            before = self.template_of_definition(previous)
            added = self.template_of(definition.value)
        finally:
            self._depth -= 1
        if before is None:
            return None
        changed = (
            Named(definition.node.target, before.flat, previous, before)
            if isinstance(definition.node.target, ast.Name)
            else before
        )
        return Appended(
            definition.node.target, before.flat + added.flat, self.source, definition, changed, added
        )


def _only_returns(function: FunctionNode) -> bool:
    """Whether a function has no statement but its `return` and a docstring."""
    if isinstance(function, ast.Lambda):
        body: list[ast.stmt] = []
    else:
        body = [one for one in function.body if not isinstance(one, ast.Expr | ast.Pass)]
        shown = (one.value for one in function.body if isinstance(one, ast.Expr))
        if len(body) > 1 or not all(isinstance(value, ast.Constant) for value in shown):
            return False
    return all(isinstance(one, ast.Return) for one in body)


def returned_expressions(function: FunctionNode) -> list[ast.expr]:
    """What a plain function may return; empty if it is not plain or returns nothing at some `return`."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    decorators = [getattr(one, "id", "") for one in function.decorator_list]
    if isinstance(function, ast.AsyncFunctionDef) or decorators not in ([], ["staticmethod"]):
        return []
    found: list[ast.expr] = []
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom) or (isinstance(node, ast.Return) and not node.value):
            return []
        if isinstance(node, ast.Return) and node.value is not None:
            found.append(node.value)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))
    return found


def _shows_marker(template: Template) -> bool:
    return _LABEL.search(template.flat) is not None
