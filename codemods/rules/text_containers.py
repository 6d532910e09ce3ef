"""Follow a text through the list or dict it is put into, to whoever takes it out again.

followed: answers.append(resp.completion) … for answer in answers: print(answer[1:])
harmless: json.dump({"answer": resp.completion}, file)
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.callers_of_texts import calls_around
from codemods.rules.container_methods import (
    BY_VALUE,
    COLUMN_BY_VALUE,
    LOOKS_UP,
    MAKES_DICT,
    MAKES_PAIRS,
    OF_COLUMNS,
    PAIRS,
    PASSES_ITEMS,
    PUTS_IN,
    SHOWS_COLUMNS,
    TAKES_OUT,
    VIEWS,
    is_nothing,
    note_index,
    second_of_pair,
    takes_keys,
    zipped_with,
)
from codemods.rules.function_results import results_of
from codemods.rules.text_methods import FILLS_IN, MEASURE
from codemods.values import UserFunction

_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the walk goes on outside of containers; `level` is how many of them stand around the text.

    text: gets each expression that takes a text out. refuse: an expression and words for a reader that
    sees whole texts. leave: each statement that gives the container to callers, who may be in other
    files. hand_on: an argument of a call, with the call or keyword that holds it; whether it is known
    what is called. keep: what holds the container, which other files may read.
    """

    text: Callable[[ast.expr], None]
    refuse: Callable[[ast.expr, str], None]
    leave: Callable[[ast.AST, int], None]
    hand_on: Callable[[ast.Call, ast.AST, ast.expr, int], bool]
    keep: Callable[[ast.expr, int], None]


class Containers:
    """One walk through containers."""

    def __init__(
        self, context: Context, ways: Ways, keys: set[str | None], *, holds_pieces: bool = False
    ) -> None:
        """keys: the constant keys that the texts went under; None for any other.

        holds_pieces: the texts are a stream's pieces, which belong right behind each other.
        """
        self.context = context
        self.ways = ways
        self.keys = keys
        self.holds_pieces = holds_pieces
        self.seen: set[tuple[ast.AST, int]] = set()

    def put_into_name(self, holder: ast.expr, *, is_key: bool = False) -> None:
        """A text went into `holder` by `.append`, an item store or the like. is_key: under a key, so that
        the holder is a dict, which `in` asks for keys."""
        self._follow_holder(holder, 0, 1, is_key=is_key)

    def put_into_display(self, display: ast.expr, level: int = 1) -> None:
        """A text is an element of this list, dict, tuple or comprehension; level: of one of its elements'."""
        self._follow(display, 0, level)

    def _follow_holder(self, holder: ast.expr, depth: int, level: int, *, is_key: bool = False) -> None:
        """Every load of the variable or attribute that holds the container now."""
        loads: list[ast.expr] = []
        if isinstance(holder, ast.Name):
            loads += self._loads_of_variable(holder)
        elif isinstance(holder, ast.Attribute):
            loads += [one for one in self.context.source.nodes_of(ast.Attribute) if one.attr == holder.attr]
        elif isinstance(holder, ast.Subscript):
            self._follow_holder_of(holder.value, holder.slice, depth, level)
        elif isinstance(holder, ast.Call) and getattr(holder.func, "attr", "") in TAKES_OUT and holder.args:
            assert isinstance(holder.func, ast.Attribute)  # d.setdefault("key", []).append(text)
            self._follow_holder_of(holder.func.value, holder.args[0], depth, level)
        self.ways.keep(holder, level)
        is_key = is_key or self._is_dict(loads)
        for node in loads:
            if not (is_key and takes_keys(self.context.source.parents[node])):
                self._follow(node, depth + 1, level)

    def _is_dict(self, loads: list[ast.expr]) -> bool:
        """Whether a variable is made as a dict wherever it is bound: `in` asks for its keys."""
        bound = {one for load in loads if isinstance(load, ast.Name) for one in self._bindings(load)}
        made = [one.value for one in bound]
        return bool(made) and all(
            isinstance(value, ast.Dict | ast.DictComp)
            or (isinstance(value, ast.Call) and getattr(value.func, "id", "") in MAKES_DICT)
            for value in made
        )

    def _bindings(self, load: ast.Name) -> list[Definition]:
        return [one for one in self.context.flow.reaching(load).definitions if one.kind == "assign"]

    def _follow_holder_of(self, outer: ast.expr, index: ast.expr, depth: int, level: int) -> None:
        """The container stands in another one, at an index; a slice is replaced by its items."""
        if isinstance(index, ast.Slice):
            self._follow_holder(outer, depth, level)
        else:
            note_index(self.keys, index)
            self._follow_holder(outer, depth, level + 1)

    def _loads_of_variable(self, name: ast.Name) -> list[ast.Name]:
        """The loads of the same variable; of every variable of its name if it is not clear which."""
        bound = [
            one
            for scope in self.context.flow.scopes.values()
            for one in scope.definitions.get(name.id, ())
            if one.target is name or name in one.uses
        ]
        if not bound:
            return [one for one in self.context.source.nodes_of(ast.Name) if one.id == name.id]
        scopes = {one.scope for one in bound}
        return [use for scope in scopes for one in scope.definitions[name.id] for use in one.uses]

    def _follow(self, container: ast.expr, depth: int, level: int) -> None:
        """level: how many containers stand around the text, of which this is the outermost."""
        if (container, level) in self.seen or depth > _DEEPEST or level > _DEEPEST:
            return
        self.seen.add((container, level))
        parent = self.context.source.parents[container]
        way = _WAYS.get(type(parent))
        if way is not None:
            getattr(self, way)(parent, container, depth, level)

    # -- by what stands around the container ------------------------------------------------------

    def _operand(self, parent: ast.BinOp, container: ast.expr, depth: int, level: int) -> None:
        if isinstance(parent.op, ast.Mod):
            self.ways.text(parent)  # "…%s…" % (answer, …)
        else:
            self._follow(parent, depth, level)

    def _transparent(self, parent: ast.expr, container: ast.expr, depth: int, level: int) -> None:
        self._follow(parent, depth, level)

    def _named(self, parent: ast.NamedExpr, container: ast.expr, depth: int, level: int) -> None:
        self._follow_holder(parent.target, depth, level)
        self._follow(parent, depth, level)

    def _in_display(self, parent: ast.expr, container: ast.expr, depth: int, level: int) -> None:
        self._follow(parent, depth, level + (not isinstance(container, ast.Starred)))

    def _in_dict(self, parent: ast.Dict, container: ast.expr, depth: int, level: int) -> None:
        self._follow(parent, depth, level + self._is_under_key(parent, container))

    def _looped(
        self, parent: ast.For | ast.AsyncFor | ast.comprehension, container: ast.expr, depth: int, level: int
    ) -> None:
        if parent.iter is container:
            self._take_by(second_of_pair(parent.target, container), depth, level)

    def _indexed(self, parent: ast.Subscript, container: ast.expr, depth: int, level: int) -> None:
        if parent.value is container:
            self._follow_item(parent, depth, level)

    def _compared(self, parent: ast.Compare, container: ast.expr, depth: int, level: int) -> None:
        others = [one for one in (parent.left, *parent.comparators) if one is not container]
        if container in parent.comparators or not all(is_nothing(one) for one in others):
            self.ways.refuse(container, "looks for whole texts in a container")

    def _argument(self, parent: ast.Call | ast.keyword, container: ast.expr, depth: int, level: int) -> None:
        call = parent if isinstance(parent, ast.Call) else self.context.source.parent(parent)
        if isinstance(call, ast.Call):
            self._follow_call(call, parent, container, depth, level)

    def _given_out(
        self, parent: ast.Return | ast.Yield | ast.YieldFrom, container: ast.expr, depth: int, level: int
    ) -> None:
        self._follow_calls_of(parent, depth, level + isinstance(parent, ast.Yield))

    def _added(self, parent: ast.AugAssign, container: ast.expr, depth: int, level: int) -> None:
        self._follow_holder(parent.target, depth, level)

    def _by_lambda(self, parent: ast.Lambda, container: ast.expr, depth: int, level: int) -> None:
        for result, _ in results_of(self.context, parent):
            self._follow(result, depth + 1, level)

    def _matched(self, parent: ast.Match, container: ast.expr, depth: int, level: int) -> None:
        self.ways.refuse(container, "looks at the texts of a container")

    def _is_under_key(self, parent: ast.Dict, container: ast.expr) -> bool:
        """Whether a dict holds the container under a key, which is noted, or its items: `{**answers}`."""
        keys = [key for key, value in zip(parent.keys, parent.values, strict=True) if value is container]
        for key in keys:
            if key is not None:
                note_index(self.keys, key)
        return None not in keys

    # -- what takes out, and what puts in ---------------------------------------------------------

    def _take(self, item: ast.expr, depth: int, level: int) -> None:
        """An expression that takes something out: the text, or a container of it."""
        if level > 1:
            self._follow(item, depth + 1, level - 1)
        else:
            self.ways.text(item)

    def _take_by(self, target: ast.expr, depth: int, level: int) -> None:
        """A loop or an assignment binds the items to its targets; a tuple of them takes each item apart."""
        if isinstance(target, ast.Tuple | ast.List | ast.Starred):
            inner = max(level - 1, 1)
            for one in target.elts if isinstance(target, ast.Tuple | ast.List) else [target.value]:
                self._take_by(one, depth, inner)
        elif isinstance(target, ast.Name):
            for load in self.context.source.nodes_of(ast.Name):
                if load.id == target.id and isinstance(load.ctx, ast.Load) and self._binds(load, target):
                    self._take(load, depth, level)

    def _binds(self, load: ast.Name, target: ast.Name) -> bool:
        """Whether the loop's definition reaches the load."""
        return any(one.target is target for one in self.context.flow.reaching(load).definitions)

    def _follow_item(self, item: ast.Subscript, depth: int, level: int) -> None:
        if isinstance(item.ctx, ast.Load):
            if isinstance(item.slice, ast.Slice):
                self._follow(item, depth, level)
            elif self._may_be_key(item.slice):
                self._take(item, depth, level)

    def _may_be_key(self, key: ast.expr) -> bool:
        """Whether a text may stand under a key: of those that are constant, one that a text went under."""
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or None in self.keys:
            return True
        return key.value in self.keys

    def _method(self, attribute: ast.Attribute, container: ast.expr, depth: int, level: int) -> None:
        call = self.context.source.parent(attribute)
        name = attribute.attr
        if not isinstance(call, ast.Call) or call.func is not attribute:
            if name == "str":
                self.ways.text(attribute)
            elif name in SHOWS_COLUMNS:
                self._follow(attribute, depth, level)
        elif name in TAKES_OUT:
            if not call.args or self._may_be_key(call.args[0]):
                self._take(call, depth, level)
        elif name in VIEWS | OF_COLUMNS | PAIRS:
            self._follow(call, depth, level + (name in PAIRS))
        elif name in ("apply", "map") and call.args:
            self._follow_mapped(call.args[0])
        elif name in LOOKS_UP:
            self.ways.refuse(attribute, "looks for whole texts in a container")
        elif name in COLUMN_BY_VALUE:
            self.ways.refuse(attribute, "tells texts in a container apart")

    def _follow_call(
        self, call: ast.Call, parent: ast.AST, container: ast.expr, depth: int, level: int
    ) -> None:
        name = getattr(call.func, "id", None) or getattr(call.func, "attr", None) or ""
        if name in BY_VALUE:
            self.ways.refuse(container, "tells texts in a container apart")
        elif name in FILLS_IN:
            self.ways.text(call)
        elif name == "next":
            self._take(call, depth, level)
        elif name == "zip" and (target := zipped_with(self.context, call, container)) is not None:
            self._take_by(target, depth, level)
        elif name == "from_iterable" and level > 1:
            self._follow(call, depth + 1, level - 1)
        elif name in PASSES_ITEMS:
            if name in ("map", "filter") and call.args[0] is not container:
                self._follow_mapped(call.args[0])
            self._follow(call, depth + 1, level + (name in MAKES_PAIRS))
        elif name == "join" and isinstance(call.func, ast.Attribute):
            if not self.holds_pieces and self.context.evaluator.text_of(call.func.value) == "":
                self.ways.refuse(container, "sets the texts of a container right behind each other")
            self.ways.text(call)
        elif self.ways.hand_on(call, parent, container, level):
            return
        elif name in PUTS_IN and isinstance(call.func, ast.Attribute):
            self._put_in(call.func.value, call, name, depth, level)

    def _put_in(self, holder: ast.expr, call: ast.Call, name: str, depth: int, level: int) -> None:
        if name == "setdefault":
            self._follow_holder_of(holder, call.args[0], depth + 1, level)
        else:
            self._follow_holder(holder, depth + 1, level + PUTS_IN[name])

    def _follow_mapped(self, function: ast.expr) -> None:
        """`map(len, answers)`: the function gets each text."""
        value = self.context.evaluator.value_of(function)
        if getattr(function, "id", "") in MEASURE:
            self.ways.refuse(function, "measures the texts of a container")
        if isinstance(value, UserFunction) and value.node in self.context.flow.scopes:
            for name in [one.arg for one in (*value.node.args.posonlyargs, *value.node.args.args)][:1]:
                for definition in self.context.flow.scopes[value.node].definitions.get(name, ()):
                    for use in self.context.flow.uses(definition):
                        self.ways.text(use)

    def _assigned(
        self, parent: ast.Assign | ast.AnnAssign, container: ast.expr, depth: int, level: int
    ) -> None:
        for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
            if isinstance(target, ast.Name | ast.Attribute):
                is_key = isinstance(container, ast.Dict | ast.DictComp)
                self._follow_holder(target, depth, level, is_key=is_key)
            elif isinstance(target, ast.Subscript):
                self._follow_holder_of(target.value, target.slice, depth, level)
            elif isinstance(target, ast.Tuple | ast.List):
                for one in target.elts:
                    self._take_by(one, depth, level)

    def _follow_calls_of(self, statement: ast.AST, depth: int, level: int) -> None:
        for call in calls_around(self.context, statement):
            above = self.context.source.parent(call)
            self._follow(above if isinstance(above, ast.Await) else call, depth + 1, level)
        self.ways.leave(statement, level)


# Where a container goes from each kind of expression or statement around it.
_WAYS: dict[type[ast.AST], str] = {
    ast.For: "_looped",
    ast.AsyncFor: "_looped",
    ast.comprehension: "_looped",
    ast.Subscript: "_indexed",
    ast.Compare: "_compared",
    ast.Attribute: "_method",
    ast.Call: "_argument",
    ast.keyword: "_argument",
    ast.Assign: "_assigned",
    ast.AnnAssign: "_assigned",
    ast.AugAssign: "_added",
    ast.Return: "_given_out",
    ast.Yield: "_given_out",
    ast.YieldFrom: "_given_out",
    ast.Lambda: "_by_lambda",
    ast.Match: "_matched",
    ast.Dict: "_in_dict",
    ast.List: "_in_display",
    ast.Tuple: "_in_display",
    ast.ListComp: "_in_display",
    ast.SetComp: "_in_display",
    ast.DictComp: "_in_display",
    ast.GeneratorExp: "_in_display",
    ast.IfExp: "_transparent",
    ast.BoolOp: "_transparent",
    ast.Await: "_transparent",
    ast.Starred: "_transparent",
    ast.BinOp: "_operand",
    ast.NamedExpr: "_named",
}
