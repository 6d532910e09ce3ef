"""Follow a text through the list or dict it is put into, to whoever takes it out again.

followed: answers.append(resp.completion) … for answer in answers: print(answer[1:])
harmless: json.dump({"answer": resp.completion}, file)
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Set

from codemods.plans import Context
from codemods.rules.callers_of_texts import calls_around
from codemods.rules.function_results import results_of
from codemods.rules.text_methods import MEASURE
from codemods.values import UserFunction

_DEEPEST = 6
# What goes through a container without looking at more than order: the items come out as they went in.
_PASSES_ITEMS = frozenset(
    {"enumerate", "zip", "reversed", "list", "tuple", "iter", "filter", "map", "gather"}
)
_LOOKS_UP = frozenset({"index", "count", "remove", "discard"})
_BY_VALUE = frozenset({"set", "frozenset", "sorted", "Counter", "min", "max", "dict"})
_TAKES_OUT = frozenset({"get", "pop", "popleft", "setdefault", "send"})
_VIEWS = frozenset({"items", "values", "copy"})


class Containers:
    """One walk through containers. `follow_text` gets each expression that takes a text out;
    `refuse` is called with an expression and words for a reader that sees whole texts."""

    def __init__(
        self,
        context: Context,
        follow_text: Callable[[ast.expr], None],
        refuse: Callable[[ast.expr, str], None],
        leave: Callable[[ast.AST], None],
        keys: Set[str | None],
        *,
        holds_pieces: bool = False,
    ) -> None:
        """leave: gets each statement that gives the container to callers, who may be in other files.

        keys: the constant keys that the texts went under; None for any other.
        holds_pieces: the texts are a stream's pieces, which belong right behind each other.
        """
        self.context = context
        self.follow_text = follow_text
        self.refuse = refuse
        self.leave = leave
        self.keys = keys
        self.holds_pieces = holds_pieces
        self.seen: set[ast.AST] = set()

    def put_into_name(self, holder: ast.expr) -> None:
        """A text went into `holder` by `.append`, an item store or the like."""
        self._follow_holder(holder, 0)

    def put_into_display(self, display: ast.expr) -> None:
        """A text is an element of this list, dict, tuple or comprehension."""
        self._follow(display, 0)

    def _follow_holder(self, holder: ast.expr, depth: int) -> None:
        """Every load of the variable or attribute that holds the container now."""
        loads: list[ast.expr] = []
        if isinstance(holder, ast.Name):
            loads += self._loads_of_variable(holder)
        elif isinstance(holder, ast.Attribute):
            loads += [one for one in self.context.source.nodes_of(ast.Attribute) if one.attr == holder.attr]
        for node in loads:
            self._follow(node, depth + 1)

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

    def _follow(self, container: ast.expr, depth: int) -> None:
        if container in self.seen or depth > _DEEPEST:
            return
        self.seen.add(container)
        parent = self.context.source.parent(container)
        if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension) and parent.iter is container:
            self._follow_targets(_items_of(parent.target, container))
        elif isinstance(parent, ast.Subscript) and parent.value is container:
            self._follow_item(parent, depth)
        elif isinstance(parent, ast.Compare) and container in parent.comparators:
            self.refuse(container, "looks for whole texts in a container")
        elif isinstance(parent, ast.Attribute):
            self._follow_method(parent, depth)
        elif isinstance(parent, ast.Call):
            self._follow_call(parent, container, depth)
        elif isinstance(parent, ast.Assign | ast.AnnAssign):
            self._follow_assignment(parent, depth)
        elif isinstance(parent, ast.Return | ast.Yield | ast.YieldFrom):
            self._follow_calls_of(parent, depth)
        elif isinstance(
            parent, ast.IfExp | ast.BoolOp | ast.Await | ast.List | ast.Tuple | ast.Dict | ast.Starred
        ):
            self._follow(parent, depth)
        else:
            self._follow_rarely(parent, container, depth)

    def _follow_rarely(self, parent: ast.AST | None, container: ast.expr, depth: int) -> None:
        """`answers += [text]`, `lambda: [text]`, `match text.split(): …`"""
        if isinstance(parent, ast.AugAssign):
            self._follow_holder(parent.target, depth)
        elif isinstance(parent, ast.Lambda):
            for result, _ in results_of(self.context, parent):
                self._follow(result, depth + 1)
        elif isinstance(parent, ast.Match):
            self.refuse(container, "looks at the texts of a container")

    def _follow_targets(self, target: ast.expr) -> None:
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                for load in self.context.source.nodes_of(ast.Name):
                    if load.id == name.id and isinstance(load.ctx, ast.Load) and self._binds(load, target):
                        self.follow_text(load)

    def _binds(self, load: ast.Name, target: ast.expr) -> bool:
        """Whether the loop's definition reaches the load."""
        bound = set(ast.walk(target))
        return any(one.target in bound for one in self.context.flow.reaching(load).definitions)

    def _follow_item(self, item: ast.Subscript, depth: int) -> None:
        if isinstance(item.ctx, ast.Load):
            if isinstance(item.slice, ast.Slice):
                self._follow(item, depth)
            elif self._may_be_key(item.slice):
                self.follow_text(item)

    def _may_be_key(self, key: ast.expr) -> bool:
        """Whether a text may stand under a key: of those that are constant, one that a text went under."""
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or None in self.keys:
            return True
        return key.value in self.keys

    def _follow_method(self, attribute: ast.Attribute, depth: int) -> None:
        call = self.context.source.parent(attribute)
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return
        if attribute.attr in _TAKES_OUT:
            if not call.args or self._may_be_key(call.args[0]):
                self.follow_text(call)
        elif attribute.attr in _VIEWS:
            self._follow(call, depth)
        elif attribute.attr in _LOOKS_UP:
            self.refuse(attribute, "looks for whole texts in a container")

    def _follow_call(self, call: ast.Call, container: ast.expr, depth: int) -> None:
        name = getattr(call.func, "id", None) or getattr(call.func, "attr", None) or ""
        if name in _BY_VALUE:
            self.refuse(container, "tells texts in a container apart")
        elif name == "next":
            self.follow_text(call)
        elif name in _PASSES_ITEMS:
            if name in ("map", "filter") and call.args[0] is not container:
                self._follow_mapped(call.args[0])
            self._follow(call, depth + 1)
        elif name == "join" and isinstance(call.func, ast.Attribute):
            if self.holds_pieces:
                self.follow_text(call)
            elif self.context.evaluator.text_of(call.func.value) == "":
                self.refuse(container, "sets the texts of a container right behind each other")
            else:
                self.follow_text(call)
        elif name == "append" and isinstance(call.func, ast.Attribute):
            self.put_into_name(call.func.value)
        else:
            self._follow_parameter(call, container, depth)

    def _follow_mapped(self, function: ast.expr) -> None:
        """`map(len, answers)`: the function gets each text."""
        value = self.context.evaluator.value_of(function)
        if getattr(function, "id", "") in MEASURE:
            self.refuse(function, "measures the texts of a container")
        if isinstance(value, UserFunction) and value.node in self.context.flow.scopes:
            for name in [one.arg for one in (*value.node.args.posonlyargs, *value.node.args.args)][:1]:
                for definition in self.context.flow.scopes[value.node].definitions.get(name, ()):
                    for use in self.context.flow.uses(definition):
                        self.follow_text(use)

    def _follow_parameter(self, call: ast.Call, container: ast.expr, depth: int) -> None:
        value = self.context.evaluator.value_of(call.func)
        if not isinstance(value, UserFunction) or container not in call.args:
            return
        names = [one.arg for one in (*value.node.args.posonlyargs, *value.node.args.args)]
        index = call.args.index(container) + (1 if names[:1] in (["self"], ["cls"]) else 0)
        for definition in (
            self.context.flow.scopes[value.node].definitions.get(names[index], ())
            if index < len(names)
            else ()
        ):
            for use in self.context.flow.uses(definition):
                self._follow(use, depth + 1)

    def _follow_assignment(self, parent: ast.Assign | ast.AnnAssign, depth: int) -> None:
        for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
            if isinstance(target, ast.Name | ast.Attribute):
                self._follow_holder(target, depth)
            elif isinstance(target, ast.Subscript):
                self.put_into_name(target.value)
            elif isinstance(target, ast.Tuple | ast.List):
                self._follow_targets(target)

    def _follow_calls_of(self, statement: ast.AST, depth: int) -> None:
        for call in calls_around(self.context, statement):
            above = self.context.source.parent(call)
            self._follow(above if isinstance(above, ast.Await) else call, depth + 1)
        self.leave(statement)


def _items_of(target: ast.expr, container: ast.expr) -> ast.expr:
    """What a loop binds to items: of `enumerate(…)` all but the number."""
    counts = isinstance(container, ast.Call) and getattr(container.func, "id", "") == "enumerate"
    return target.elts[1] if counts and isinstance(target, ast.Tuple) and len(target.elts) == 2 else target
