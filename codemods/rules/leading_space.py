"""Tell whether somebody counts on the blank that every legacy completion began with.

    kept in the old shape: label = resp.completion[1:]
    kept in the old shape: if resp.completion == " Yes": …
    rewritten:             print(resp.completion.strip())

The text of a Message has no such blank. The text is followed through names, returns, attributes and
calls of this file, and into the files that call its functions; where it goes out of sight, a place
in the file that looks for a leading blank is taken for a reader of it.
Source: the vendor's migration guide for Text Completions, whose samples show the blank.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from codemods.flow import Definition
from codemods.members import FunctionNode
from codemods.plans import Context
from codemods.rules.blank_readers import BlankReaders, beside
from codemods.rules.blank_tests import (
    formats_to_width,
    is_enumeration,
    is_joined_by_nothing,
    starts_blank,
)
from codemods.rules.callers_of_texts import calls_around, function_around, methods_reached
from codemods.rules.container_methods import note_index
from codemods.rules.function_results import awaited, results_beyond, results_of, results_of_value
from codemods.rules.growing_texts import added_to_itself, grown_names
from codemods.rules.handed_texts import (
    field_given,
    named_field,
    parameters_with_default,
    reads_of_parameter,
    uses_in_function,
)
from codemods.rules.own_functions import item_taken
from codemods.rules.text_containers import Containers, Ways
from codemods.rules.text_methods import (
    FILLS_IN,
    HARMLESS,
    NAMESPACES,
    OF_TEXTS,
    SAME_START,
)
from codemods.rules.text_positions import cut_begins_at_position
from codemods.values import Abroad, Unknown, UserClass, UserFunction, UserInstance

_DEEPEST = 8


def check_leading_space(context: Context, text: ast.expr, *, is_piece: bool = False) -> None:
    """Raises CountsOnBlank if a reader of the text may see that the blank is gone.

    is_piece: the text is one of a stream's, of which the first began with the blank.
    """
    _Follower(context, text if is_piece else None).follow(text, 0)


class _Follower(BlankReaders):
    """Follows one text. What it does not know as harmless counts as a reader of the blank."""

    def __init__(self, context: Context, piece: ast.expr | None, sender: _Follower | None = None) -> None:
        """sender: the walk in another file that came to this one."""
        self.home: str = context.path if sender is None else sender.home
        super().__init__(context, None if sender is None else beside(self.home, context.path))
        self.piece = piece
        self.seen: set[ast.AST] = set() if sender is None else sender.seen
        self.left: set[tuple[ast.AST, int]] = set() if sender is None else sender.left
        self.changes: set[Definition] = set() if sender is None else sender.changes
        # Keys of dicts that texts went under; None for a key that is no constant.
        self.keys: set[str | None] = set() if sender is None else sender.keys
        self.kept: set[tuple[str, ast.ClassDef | None, int]] = set() if sender is None else sender.kept
        # Calls in other files that give texts, with the function that each may be of.
        self.calls: dict[ast.expr, tuple[Context, FunctionNode]] = {} if sender is None else sender.calls

    def follow(self, text: ast.expr, depth: int) -> None:
        """Look at the one place where this expression's value goes."""
        if text in self.seen or depth > _DEEPEST or text in self.context.openings:
            return
        self.seen.add(text)
        parent = self.context.source.parent(text)
        if isinstance(parent, ast.Subscript) and parent.value is text:
            self._follow_cut(parent, text, depth)
            return
        self._refuse_counting(text, parent)
        way = _WAYS.get(type(parent))
        if way is not None:
            getattr(self, way)(parent, text, depth)

    def _transparent(self, parent: ast.expr, text: ast.expr, depth: int) -> None:
        if getattr(parent, "test", None) is not text:
            self.follow(parent, depth)

    def _walrus(self, parent: ast.NamedExpr, text: ast.expr, depth: int) -> None:
        self.follow(parent, depth)
        self._follow_names(parent, text, depth)

    def _added(self, parent: ast.AugAssign, text: ast.expr, depth: int) -> None:
        if not self._grows(text, parent, depth):
            raise self._counts(text, "adds the text to another")

    def _grows(self, whole: ast.expr, growing: ast.AST, depth: int) -> bool:
        """Whether a name that began empty becomes the text, or grows by a stream's pieces; follows it."""
        found = grown_names(self.context, whole, growing, is_piece=self.piece is not None)
        inside = set(ast.walk(growing))
        for definition in found or ():
            self._follow_definition(definition, depth, inside)
        return found is not None

    def _embedded(self, parent: ast.FormattedValue | ast.BinOp, text: ast.expr, depth: int) -> None:
        if isinstance(parent, ast.FormattedValue) and parent.format_spec is not None:
            raise self._counts(text, "formats the text to a width")
        if (
            isinstance(parent, ast.BinOp)
            and isinstance(parent.op, ast.Mod)
            and formats_to_width(self.context, parent.left)
        ):
            raise self._counts(text, "formats the text to a width")
        growing = added_to_itself(self.context, parent, text)
        if growing is not None and self._grows(*growing, depth):
            return
        self._refuse_prompt(parent, text)
        self._refuse_glue(parent, text)
        whole = self.context.source.parent(parent) if isinstance(parent, ast.FormattedValue) else parent
        if isinstance(whole, ast.expr):
            self.follow(whole, depth + 1)

    def _contained(self, parent: ast.AST, text: ast.expr, depth: int) -> None:
        if isinstance(parent, ast.Tuple) and isinstance(self.context.source.parent(parent), ast.Assign):
            self._follow_unpacking(parent, text, depth)
            self._containers(depth, text).put_into_display(parent)
        elif isinstance(parent, ast.ListComp | ast.GeneratorExp) and is_joined_by_nothing(
            self.context, parent
        ):
            if text is not self.piece:
                raise self._counts(text, "sets the text right behind another")
            joined = self.context.source.parent(parent)
            assert isinstance(joined, ast.Call)
            self.follow(joined, depth + 1)
        elif isinstance(parent, ast.Yield):
            for call in calls_around(self.context, parent):
                self._containers(depth, text).put_into_display(call)
            self._leave_in_container(parent, text is self.piece)
            self._goes_out_of_sight(text)
        elif isinstance(parent, ast.Tuple) and isinstance(self.context.source.parent(parent), ast.Return):
            self._follow_returned_tuple(parent, text, depth)
        elif isinstance(parent, ast.expr):
            if isinstance(parent, ast.Dict):
                pairs = zip(parent.keys, parent.values, strict=True)
                self.keys.update(_text_in(key) for key, value in pairs if value is text)
            self._containers(depth, text).put_into_display(parent)
            self._goes_out_of_sight(text)

    def _follow_returned_tuple(self, parent: ast.Tuple, text: ast.expr, depth: int) -> None:
        """The callers that take the tuple apart get the text in its place; others have it in a container."""
        statement = self.context.source.parents[parent]
        starred = any(isinstance(one, ast.Starred) for one in parent.elts)
        for call in calls_around(self.context, statement):
            above = self.context.source.parent(call)
            result = above if isinstance(above, ast.Await) else call
            where = (parent.elts.index(text), len(parent.elts))
            taken = None if starred else item_taken(self.context, result, *where)
            if isinstance(taken, list):
                for use in (use for one in taken for use in self.context.flow.uses(one)):
                    self.follow(use, depth + 1)
            elif taken is not None:
                self.follow(taken, depth + 1)
            else:
                self._containers(depth, text).put_into_display(result)
        self._leave_in_container(statement, text is self.piece)
        self._goes_out_of_sight(text)

    def _follow_cut(self, cut: ast.Subscript, text: ast.expr, depth: int) -> None:
        if isinstance(cut.slice, ast.Constant) and isinstance(cut.slice.value, str):
            self._follow_item(cut, cut.slice.value, depth)  # no text: a dict that the text is in
            return
        begins_at_position = cut_begins_at_position(self.context, cut)
        if begins_at_position is None:
            raise self._counts(text, "cuts the text by position")
        if not begins_at_position:
            self.follow(cut, depth + 1)

    def _follow_item(self, item: ast.expr, key: str, depth: int) -> None:
        if key in self.keys or None in self.keys:
            self.follow(item, depth + 1)

    # -- ways of the text -----------------------------------------------------------------------

    def _follow_method(self, parent: ast.Attribute, text: ast.expr, depth: int) -> None:
        call = self.context.source.parent(parent)
        name = parent.attr
        if name not in OF_TEXTS and name != "get":
            return  # no text: something else of the same name
        if not isinstance(call, ast.Call) or call.func is not parent:
            raise self._counts(parent, f"takes .{name} of the text")
        if name == "get" and call.args and (key := _text_in(call.args[0])) is not None:
            self._follow_item(call, key, depth)  # no text: a dict that the text is in
            return
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if (name == "replace" and not starts_blank(self.context, given[0])) or name in SAME_START:
            self.follow(call, depth + 1)
        elif name == "split" and given and not starts_blank(self.context, given[0]):
            piece = self.context.source.parent(call)
            if isinstance(piece, ast.Subscript) and isinstance(piece.slice, ast.Constant):
                self.follow(piece, depth + 1)
            else:
                self._containers(depth).put_into_display(call)
        elif not self._ignores_start(call, name, given):
            raise self._counts(parent, f"calls .{name}() on the text")

    def _follow_call(self, parent: ast.Call | ast.keyword, text: ast.expr, depth: int) -> None:
        call = parent if isinstance(parent, ast.Call) else self.context.source.parent(parent)
        if not isinstance(call, ast.Call) or call.func is text:
            return
        name = getattr(call.func, "id", None) or getattr(call.func, "attr", None) or ""
        self._refuse_call(call, name, text)
        if name in FILLS_IN or name == "str":
            self._refuse_glue_in(call, name, parent, text)
            self.follow(call, depth + 1)
        elif call in {site.call for site in self.context.sites}:
            raise self._counts(text, "puts the text into another prompt")
        elif self._hand_on(call, parent, text, depth):
            return
        elif name in ("append", "add", "insert", "extend", "put", "setdefault", "update"):
            self._note_key(call, parent)
            if isinstance(call.func, ast.Attribute):
                self._containers(depth, text).put_into_name(call.func.value)
            self._goes_out_of_sight(text)
        elif name not in HARMLESS:
            self._goes_out_of_sight(text)

    def _note_key(self, call: ast.Call, parent: ast.Call | ast.keyword) -> None:
        """`d.setdefault("key", text)`, `d.update(key=text)`."""
        if isinstance(parent, ast.keyword):
            self.keys.add(parent.arg)
        elif getattr(call.func, "attr", "") == "setdefault":
            self.keys.add(_text_in(call.args[0]))

    def _hand_on(self, call: ast.Call, parent: ast.AST, given: ast.expr, depth: int, level: int = 0) -> bool:
        """Follow an argument, the text or a container of it, into what is called, if that is known."""
        if call in self.calls:
            home, function = self.calls[call]
            _Follower(home, self.piece, self)._hand_to_function(function, call, parent, given, 0, level)
        value = self.context.evaluator.value_of(call.func)
        owner = value.value if isinstance(value, Abroad) else value
        if level == 0 and isinstance(owner, UserClass) and is_enumeration(owner.node):
            raise self._counts(given, "looks the text up by value")
        if isinstance(value, UserClass):
            self._hand_to_object(value.node, call, parent, given, depth, level)
            return True
        if isinstance(value, UserFunction):
            self._hand_to_function(value.node, call, parent, given, depth, level)
            return True
        at = self.context.elsewhere.function_at(self.context, call.func) if self.context.elsewhere else None
        if at is not None:
            _Follower(at[0], self.piece, self)._hand_to_function(at[1], call, parent, given, 0, level)
        elif (field := named_field(self.context, call, parent, given)) is not None:
            for load in self._loads_of(field):
                self._enter(load, depth, level)
            self._containers(depth).put_into_display(call, level + 1)
            return True
        elif isinstance(parent, ast.keyword) and getattr(call.func, "id", "") in NAMESPACES:
            for load in self._loads_of(parent.arg or ""):
                self._enter(load, depth, level)
        elif isinstance(value, Unknown | UserInstance):
            for method in methods_reached(self.context, call):
                self._hand_to_function(method, call, parent, given, depth, level)
        return at is not None

    def _hand_to_function(
        self, function: FunctionNode, call: ast.Call, parent: ast.AST, given: ast.expr, depth: int, level: int
    ) -> None:
        for use, more in uses_in_function(self.context, function, call, parent, given, self.keys):
            self._enter(use, depth, level + more)

    def _hand_to_object(
        self, owner: ast.ClassDef, call: ast.Call, parent: ast.AST, given: ast.expr, depth: int, level: int
    ) -> None:
        """A constructor keeps it: in a parameter of `__init__`, or in a field of the same place."""
        made, name = field_given(owner, call, parent, given)
        if made is None:  # a named tuple is a container of its fields as well
            self._containers(depth).put_into_display(call, level + 1)
        if made is not None:
            self._hand_to_function(made, call, parent, given, depth, level)
        elif name is not None:
            for load in self._loads_of(name):
                self._enter(load, depth, level)
            self._follow_elsewhere(name, owner, level)
        self._goes_out_of_sight(given)

    def _enter(self, use: ast.expr, depth: int, level: int) -> None:
        """Go on from a read of the text, or of a container around it."""
        if level > 0:
            self._containers(depth).put_into_display(use, level)
        else:
            self.follow(use, depth + 1)

    def _follow_default(self, parent: ast.arguments, text: ast.expr, depth: int) -> None:
        """`def show(text=resp.completion)`: the parameter is the text unless a call says otherwise."""
        function = self.context.source.parent(parent)
        if isinstance(function, FunctionNode):
            for name in parameters_with_default(function, text):
                for use in reads_of_parameter(self.context, function, name):
                    self.follow(use, depth + 1)

    def _follow_assignment(self, parent: ast.Assign | ast.AnnAssign, text: ast.expr, depth: int) -> None:
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        self._follow_names(parent, text, depth)
        for target in targets:
            if isinstance(target, ast.Attribute):
                for load in self._loads_of(target.attr):
                    self.follow(load, depth + 1)
                owner = self.context.templates.members.class_around(target.value)
                if owner is not None:
                    self._follow_elsewhere(target.attr, owner)
                elif (elsewhere := self.context.elsewhere) is not None:
                    for there, use in elsewhere.loads_of_module(self.context, target.value, target.attr):
                        _Follower(there, self.piece, self).follow(use, 0)
                self._goes_out_of_sight(text)
            elif isinstance(target, ast.Subscript):
                note_index(self.keys, target.slice)
                is_key = self._is_key(target.slice)
                self._containers(depth).put_into_name(target.value, is_key=is_key)
                self._goes_out_of_sight(text)

    def _is_key(self, index: ast.expr) -> bool:
        """Whether an index is surely a text, so that what it is an index of is a dict."""
        if isinstance(index, ast.JoinedStr) or self.context.evaluator.text_of(index) is not None:
            return True
        made = self.context.flow.reaching(index).definitions if isinstance(index, ast.Name) else ()
        return bool(made) and all(isinstance(one.value, ast.JoinedStr) for one in made)

    def _follow_names(self, parent: ast.AST, text: ast.expr, depth: int) -> None:
        for definition in self.context.definitions_of_value(text):
            if definition.kind == "assign" and not definition.path:
                self._follow_definition(definition, depth)
                if definition.scope.kind == "module":
                    self._follow_elsewhere(definition.name, None)
                for load in self._loads_of(definition.name) if definition.scope.kind == "class" else ():
                    self.follow(load, depth + 1)

    def _follow_definition(
        self, definition: Definition, depth: int, without: Container[ast.AST] = ()
    ) -> None:
        """Every read of a name that is bound to the text, also once more was added to its end."""
        for use in self.context.flow.uses(definition):
            if use not in without:
                self.follow(use, depth + 1)
        for change in definition.changed_by:
            if isinstance(change.node, ast.AugAssign) and change not in self.changes:
                self.changes.add(change)
                self._follow_definition(change, depth, without)

    def _follow_elsewhere(self, name: str, owner: ast.ClassDef | None, level: int = 0) -> None:
        """Look at the places where other files read what is kept under a name."""
        elsewhere = self.context.elsewhere
        if elsewhere is None or (name, owner, level) in self.kept:
            return
        self.kept.add((name, owner, level))
        for there, load in elsewhere.loads_of(self.context, name, owner):
            _Follower(there, self.piece, self)._enter(load, 0, level)

    def _keep(self, holder: ast.expr, level: int) -> None:
        """A container of the text is kept in an attribute or a variable that other files may read."""
        if isinstance(holder, ast.Attribute):
            owner = self.context.templates.members.class_around(holder.value)
            if owner is not None:
                self._follow_elsewhere(holder.attr, owner, level)
        elif isinstance(holder, ast.Name) and holder.id in self.context.flow.module.definitions:
            self._follow_elsewhere(holder.id, None, level)

    def _follow_unpacking(self, parent: ast.Tuple, text: ast.expr, depth: int) -> None:
        for definition in self.context.definitions_of_value(parent):
            if definition.path == (parent.elts.index(text),):
                self._follow_definition(definition, depth)

    def _loads_of(self, attribute: str) -> Iterator[ast.Attribute]:
        for node in self.context.source.nodes_of(ast.Attribute):
            if node.attr == attribute and isinstance(node.ctx, ast.Load):
                yield node

    def _follow_return(self, parent: ast.AST, text: ast.expr, depth: int) -> None:
        for call in calls_around(self.context, parent):
            self._follow_result(call, depth)
        function = parent if isinstance(parent, ast.Lambda) else function_around(self.context, parent)
        for result, is_container in results_of(self.context, function) if function is not None else ():
            if is_container:
                self._containers(depth).put_into_display(result)
            else:
                self.follow(result, depth + 1)
        for there, result in self._results_elsewhere(parent, 0):
            there.follow(result, 0)
        self._goes_out_of_sight(text)

    def _follow_result(self, call: ast.Call, depth: int) -> None:
        """What a call of a function gives: of a coroutine what the runner around it gives."""
        above = self.context.source.parent(call)
        if isinstance(above, ast.Call) and getattr(above.func, "attr", "") == "gather":
            self._containers(depth).put_into_display(awaited(self.context, above))
        self.follow(awaited(self.context, call), depth + 1)

    def _containers(self, depth: int, text: ast.expr | None = None) -> Containers:
        return self._containers_of(depth, text is not None and text is self.piece)

    def _containers_of(self, depth: int, pieces: bool) -> Containers:
        def refuse(reader: ast.expr, what: str) -> None:
            raise self._counts(reader, what)

        def leave(statement: ast.AST, level: int) -> None:
            self._leave_in_container(statement, pieces, level)

        def follow(item: ast.expr) -> None:
            self.follow(item, depth + 1)

        def hand_on(call: ast.Call, parent: ast.AST, container: ast.expr, level: int) -> bool:
            return self._hand_on(call, parent, container, depth, level)

        ways = Ways(follow, refuse, leave, hand_on, self._keep)
        return Containers(self.context, ways, self.keys, holds_pieces=pieces)

    # -- other files ----------------------------------------------------------------------------

    def _leave_in_container(self, statement: ast.AST, pieces: bool, level: int = 1) -> None:
        """A statement gives a container of texts, or one of its items, to the callers of its function."""
        for there, result in self._results_elsewhere(statement, level):
            there._containers_of(0, pieces).put_into_display(result, level)

    def _results_elsewhere(self, statement: ast.AST, level: int) -> Iterator[tuple[_Follower, ast.expr]]:
        """What other files get from the function that a statement stands in; once for each walk.

        level: how many containers stand around the text that it gives.
        """
        function = function_around(self.context, statement)
        elsewhere = self.context.elsewhere
        if (
            elsewhere is None
            or not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            or (function, level) in self.left
        ):
            return
        self.left.add((function, level))
        readers = elsewhere.readers_of(self.context, function)
        for words in readers.unseen:
            raise self._may_count(words)
        self.calls.update((result, (self.context, function)) for _, result in readers.results)
        for context, result in readers.results:
            given = awaited(context, result) if isinstance(result, ast.Call) else result
            yield _Follower(context, self.piece, self), given
        loose = (one for context, use in readers.loose for one in results_of_value(context, use))
        for context, result, is_container in (*results_beyond(self.context, function), *loose):
            there = _Follower(context, self.piece, self)
            if is_container or level:
                there._containers_of(0, False).put_into_display(result, level + is_container)
            else:
                yield there, result
        for context, use in readers.loose:
            _Follower(context, self.piece, self)._goes_out_of_sight(use)


def _text_in(node: ast.expr | None) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


# Where the text goes from each kind of expression or statement around it.
_WAYS: dict[type[ast.AST] | type[None], str] = {
    ast.Await: "_transparent",
    ast.BoolOp: "_transparent",
    ast.IfExp: "_transparent",
    ast.JoinedStr: "_transparent",
    ast.NamedExpr: "_walrus",
    ast.Attribute: "_follow_method",
    ast.Call: "_follow_call",
    ast.keyword: "_follow_call",
    ast.AugAssign: "_added",
    ast.FormattedValue: "_embedded",
    ast.BinOp: "_embedded",
    ast.arguments: "_follow_default",
    ast.Assign: "_follow_assignment",
    ast.AnnAssign: "_follow_assignment",
    ast.Return: "_follow_return",
    ast.Lambda: "_follow_return",
    ast.Tuple: "_contained",
    ast.List: "_contained",
    ast.Set: "_contained",
    ast.Dict: "_contained",
    ast.Yield: "_contained",
    ast.ListComp: "_contained",
    ast.SetComp: "_contained",
    ast.DictComp: "_contained",
    ast.GeneratorExp: "_contained",
}
