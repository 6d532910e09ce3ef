# What a dict of arguments holds and where each entry is written. Reads; plans nothing.
"""Dicts of arguments, read backwards: displays, `dict(…)`, `|`, copies, changes, functions, callers.

`MappingReader.read(expression)` answers with the entries an expression may have, each where it is
written, and with the names it surely has. What it saw on the way is in `touched`: the definitions
whose text a rule may change, with the uses that are accounted for. Whether those are all the uses
there are is for the agreement of the plans to say.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from codemods.attributes import attribute_at
from codemods.callers import Function, Passed, callers_of, default_of, definition_of, is_collecting
from codemods.dict_changes import (
    chain,
    changed_name,
    function_of,
    hidden,
    is_property,
    key_of,
    loops_around,
    same_object,
)
from codemods.flow import Definition
from codemods.mappings import Mapping, either
from codemods.places import DefaultPlace, EntryPlace, KeywordPlace, Place, StorePlace
from codemods.plans import Context
from codemods.scopes import own_nodes, parameters
from codemods.values import Foreign, UserFunction

# What a rewritten argument may be called: a function that has such a parameter would catch it.
_NEW_NAMES = frozenset(
    {"messages", "system", "max_tokens", "thinking", "extra_body", "extra_headers", "timeout"}
)
_MOST_STEPS = 200


class MappingReader:
    """Reads the dicts of one call. Raises Refusal where one is not in sight."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._seen: dict[Definition, Mapping | None] = {}
        self._reads: dict[Definition, set[ast.expr]] = {}
        self._made: dict[ast.expr, tuple[str, Place]] = {}
        self._steps = 0

    # -- expressions ----------------------------------------------------------------------------

    def read(self, node: ast.expr) -> Mapping:
        self._steps += 1
        handler = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if handler is None or self._steps > _MOST_STEPS:
            raise hidden("arguments come from a ** expression that is not visible here")
        found = handler(node)
        assert isinstance(found, Mapping)
        return found

    def _of_constant(self, node: ast.Constant) -> Mapping:
        if node.value is not None:
            raise hidden("arguments come from a ** expression that is not visible here")
        return Mapping()  # `extra or {}`: None hands nothing over

    def _of_ifexp(self, node: ast.IfExp) -> Mapping:
        return either([self.read(node.body), self.read(node.orelse)])

    def _of_boolop(self, node: ast.BoolOp) -> Mapping:
        if isinstance(node.op, ast.And):
            raise hidden("arguments come from a ** expression that is not visible here")
        return either([self.read(value) for value in node.values])

    def _of_binop(self, node: ast.BinOp) -> Mapping:
        if not isinstance(node.op, ast.BitOr):
            raise hidden("arguments come from a ** expression that is not visible here")
        return self.read(node.left).updated(self.read(node.right))

    def _of_dict(self, node: ast.Dict) -> Mapping:
        mapping = Mapping()
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                mapping = mapping.updated(self.read(value))
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                mapping = mapping.updated(self._entry(key.value, value, EntryPlace, node, key))
            else:
                raise hidden("a key of the arguments is computed")
        return mapping

    def _entry(self, name: str, value: ast.expr, make: Callable[..., Place], *where: ast.AST) -> Mapping:
        """One entry; the same place is the same object however often it is read."""
        if value not in self._made:
            tail = () if make is KeywordPlace else (value,)
            self._made[value] = name, make(self.context.source, *where, *tail)
        return Mapping({name: [self._made[value][1]]}, {name})

    def keywords(self, call: ast.Call, keywords: Iterable[ast.keyword] | None = None) -> Mapping:
        """The keywords of a call, with what it splats."""
        mapping = Mapping()
        for keyword in call.keywords if keywords is None else keywords:
            if keyword.arg is None:
                mapping = mapping.updated(self.read(keyword.value))
            else:
                entry = self._entry(keyword.arg, keyword.value, KeywordPlace, call, keyword)
                mapping = mapping.updated(entry)
        return mapping

    # -- calls ----------------------------------------------------------------------------------

    def _of_call(self, node: ast.Call) -> Mapping:
        value = self.context.evaluator.value_of(node.func)
        if isinstance(value, UserFunction) and isinstance(value.node, ast.FunctionDef):
            return self._returned(value.node, node.func)
        if isinstance(value, Foreign) and value.what == "the built-in dict" and len(node.args) <= 1:
            start = either([self.read(argument) for argument in node.args])
            return start.updated(self.keywords(node))
        copied = self._copied(node, value)
        if copied is None:
            raise hidden("arguments come from a ** expression that is not visible here")
        return self.read(copied)

    def _copied(self, node: ast.Call, value: object) -> ast.expr | None:
        """The dict behind `x.copy()`, `copy.copy(x)` and `copy.deepcopy(x)`."""
        if node.keywords:
            return None
        function = node.func
        if isinstance(value, Foreign) and len(node.args) == 1:
            whole = isinstance(function, ast.Attribute) and function.attr in ("copy", "deepcopy")
            if value.what in ("copy of copy", "deepcopy of copy") or (
                whole and value.what == "the module copy"
            ):
                return node.args[0]
        is_method = isinstance(function, ast.Attribute) and function.attr == "copy" and not node.args
        return function.value if is_method and isinstance(function, ast.Attribute) else None

    def _returned(self, function: ast.FunctionDef, use: ast.expr) -> Mapping:
        """What a function of this file returns, if all its callers are calls like this one."""
        definition = definition_of(self.context, function)
        decorators = {getattr(one, "id", None) for one in function.decorator_list}
        if definition is None or decorators - {"staticmethod", "classmethod", "property"}:
            raise hidden(f"**{function.name}(…) is not all in sight")
        self._claim(definition, use)
        returned = [
            one for one in own_nodes(function) if isinstance(one, ast.Return | ast.Yield | ast.YieldFrom)
        ]
        values = [one.value for one in returned if isinstance(one, ast.Return) and one.value is not None]
        if not values or len(values) != len(returned) or not isinstance(function.body[-1], ast.Return):
            raise hidden(f"what {function.name} returns is not all in sight")
        found = either([self.read(value) for value in values])
        if any(not self._is_fresh(value) for value in values):
            raise hidden(f"{function.name} returns a dict that others may hold")
        return found

    def _is_fresh(self, node: ast.expr) -> bool:
        """Whether an expression makes a dict that nothing else holds."""
        if isinstance(node, ast.IfExp):
            return self._is_fresh(node.body) and self._is_fresh(node.orelse)
        if isinstance(node, ast.Name):
            every = chain(self.context.flow.reaching(node).definitions)
            made = [one for one in every if one.kind == "assign"]
            local = all(one.scope is not self.context.flow.module for one in every)
            return (
                local
                and bool(made)
                and all(one.value is not None and not any(same_object(one.value)) for one in made)
            )
        return isinstance(node, ast.Dict | ast.Call | ast.BinOp)

    def _claim(self, definition: Definition, use: ast.expr) -> None:
        if not self.context.can_edit(definition):
            raise hidden(f"**{definition.name} has readers we cannot see")
        self._seen.setdefault(definition, Mapping())
        self._reads.setdefault(definition, set()).add(use)

    # -- names ----------------------------------------------------------------------------------

    def _of_attribute(self, node: ast.Attribute) -> Mapping:
        definition = attribute_at(self.context, node)
        if definition is None:
            raise hidden("arguments come from a ** expression that is not visible here")
        self._claim(definition, node)
        if isinstance(definition.node, ast.FunctionDef) and is_property(definition.node):
            return self._returned(definition.node, node)
        if definition.kind != "assign" or definition.value is None:
            raise hidden(f"**{definition.name} is built in a way that is not followed")
        return self.read(definition.value)

    def _of_name(self, node: ast.Name) -> Mapping:
        reaching = self.context.flow.reaching(node)
        if not reaching.definitions or not reaching.complete:
            raise hidden(f"**{node.id} is not visible here")
        found = [one for one in map(self._definition, reaching.definitions) if one is not None]
        for definition in chain(reaching.definitions):
            self._reads.setdefault(definition, set()).add(node)
        return either(found) if found else Mapping(is_circular=True)

    def _of_subscript(self, node: ast.Subscript) -> Mapping:
        """`MODELS[name]` of a dict of dicts that is written out."""
        container = self._written_out(node.value)
        if not isinstance(container, ast.Dict) or None in container.keys:
            raise hidden("arguments come from a ** expression that is not visible here")
        found = [self.read(value) for value in container.values]
        keys = [key.value if isinstance(key, ast.Constant) else None for key in container.keys]
        wanted = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return found[keys.index(wanted)] if wanted is not None and wanted in keys else either(found)

    def _elements(self, node: ast.expr) -> list[ast.expr]:
        """What a loop over a list goes through."""
        listed = self._written_out(node)
        if not isinstance(listed, ast.List | ast.Tuple):
            raise hidden("arguments come from a loop over something that is not visible here")
        return listed.elts

    def _written_out(self, node: ast.expr) -> ast.expr:
        """The display behind a name that is bound once, if the name is only read for its items."""
        if not isinstance(node, ast.Name):
            return node
        reaching = self.context.flow.reaching(node)
        definition = reaching.definitions[0] if len(reaching.definitions) == 1 else None
        if definition is None or definition.kind != "assign" or definition.path or definition.value is None:
            raise hidden(f"{node.id} is not visible here")
        if not reaching.complete or definition.changed_by:
            raise hidden(f"{node.id} is not visible here")
        self._claim(definition, node)
        self._reads[definition].update(filter(self._asks_for_keys, self.context.flow.uses(definition)))
        return definition.value

    def _asks_for_keys(self, use: ast.expr) -> bool:
        """`name in MODELS`, `MODELS.keys()`, `list(MODELS)`: nothing of the entries is seen."""
        parent = self.context.source.parent(use)
        if isinstance(parent, ast.Attribute):
            return parent.attr == "keys"
        if isinstance(parent, ast.Compare):
            return all(isinstance(one, ast.In | ast.NotIn) for one in parent.ops)
        is_call = isinstance(parent, ast.Call) and use in parent.args
        return is_call and getattr(getattr(parent, "func", None), "id", "") in (
            "list",
            "sorted",
            "len",
            "set",
        )

    def _definition(self, definition: Definition) -> Mapping | None:
        """What a name holds after a definition; None while that is being found out (a loop)."""
        if definition in self._seen:
            return self._seen[definition]
        self._seen[definition] = None
        if not self.context.can_edit(definition):
            raise hidden(f"**{definition.name} has readers we cannot see")
        before = [one for one in map(self._definition, definition.previous) if one is not None]
        found = self._changed(definition, either(before))
        self._seen[definition] = found
        return found

    def _changed(self, definition: Definition, before: Mapping) -> Mapping:
        kind, node, value = definition.kind, definition.node, definition.value
        if kind == "assign" and value is not None and not definition.path:
            found = self.read(value)
            self._check_alias(definition, value)
            return found
        if kind == "parameter":
            return self._handed_in(definition)
        if kind == "for" and value is not None and not definition.path and not definition.changed_by:
            return either([self.read(one) for one in self._elements(value)])
        if kind == "store_item":
            return self._marked(definition, before.updated(self._stored(definition)), before)
        if kind == "augment" and isinstance(node, ast.AugAssign) and isinstance(node.op, ast.BitOr):
            return before.updated(self.read(node.value))
        if kind == "method" and isinstance(node, ast.Call):
            return self._marked(definition, self._after_method(node, before), before)
        if kind == "delete_item" and isinstance(definition.target, ast.Subscript):
            return before.popped(key_of(definition.target.slice))
        raise hidden(f"**{definition.name} is built in a way that is not followed")

    def _marked(self, definition: Definition, after: Mapping, before: Mapping) -> Mapping:
        """A change that is made to one dict more than once, in a loop or each time a function runs."""
        origins = [one for one in chain(definition.previous) if one.kind in ("assign", "parameter")]
        again = any(
            not any(origin.node is part for part in ast.walk(loop))
            for loop in loops_around(self.context, definition.node)
            for origin in origins
        )
        if again or function_of(self.context, definition.node) is not definition.scope.node:
            changed = {name for name, places in after.places.items() if places != before.places.get(name)}
            after.repeated |= changed
        return after

    def _stored(self, definition: Definition) -> Mapping:
        node, target = definition.node, definition.target
        single = isinstance(node, ast.Assign) and len(node.targets) == 1
        if not single or not isinstance(target, ast.Subscript):
            raise hidden(f"an item of **{definition.name} is set in a way that is not followed")
        assert isinstance(node, ast.Assign)
        return self._entry(key_of(target.slice), node.value, StorePlace, node, target)

    def _after_method(self, call: ast.Call, before: Mapping) -> Mapping:
        assert isinstance(call.func, ast.Attribute)
        method = call.func.attr
        statement = self.context.source.parent(call)
        if method == "pop" and call.args:
            return before.popped(key_of(call.args[0]))
        if method == "update" and isinstance(statement, ast.Expr) and len(call.args) <= 1:
            given = either([self.read(argument) for argument in call.args])
            return before.updated(given).updated(self.keywords(call))
        if method == "setdefault" and isinstance(statement, ast.Expr) and len(call.args) == 2:
            key, value = call.args
            return before.updated(self._entry(key_of(key), value, DefaultPlace, statement, call))
        raise hidden(f"the arguments are changed by .{method}()")

    def _check_alias(self, definition: Definition, value: ast.expr) -> None:
        """Two names of one dict: what is changed through one shows through the other."""
        for name in same_object(value):
            if isinstance(name, ast.Attribute):
                origins: list[Definition | None] = [attribute_at(self.context, name)]
            else:
                origins = list(self.context.flow.reaching(name).definitions)
            if definition.changed_by or any(one is None or one.changed_by for one in origins):
                raise hidden(f"**{definition.name} is another name of a dict that is changed")

    # -- parameters -----------------------------------------------------------------------------

    def _handed_in(self, definition: Definition) -> Mapping:
        function, name = definition.scope.node, definition.name
        callers = callers_of(self.context, function)
        if callers is None or not isinstance(function, Function):
            raise hidden(f"**{name} comes from callers that are not all in sight")
        if function.args.kwarg is not None and function.args.kwarg.arg == name:
            return either([self._collected(function, passed) for passed in callers])
        return either([self._handed_over(definition, function, passed) for passed in callers])

    def _collected(self, function: Function, passed: Passed) -> Mapping:
        """What one call puts into `**kwargs`."""
        named = {one.arg for one in parameters(function.args)}
        given = self.keywords(passed.call, passed.extra)
        for splat in passed.splats:
            given = given.updated(self.read(splat))
        left = given.without(given.places.keys() & named)
        if left.places and named & _NEW_NAMES:
            raise hidden(f"{function.name} has a parameter of a new argument's name")
        return left

    def _handed_over(self, definition: Definition, function: Function, passed: Passed) -> Mapping:
        name = definition.name
        value = passed.by_parameter.get(name) or default_of(function, name)
        if value is None or passed.splats or is_collecting(function, name):
            raise hidden(f"**{name} comes from callers that are not all in sight")
        found = self.read(value)
        if definition.changed_by and (name not in passed.by_parameter or any(same_object(value))):
            raise hidden(f"**{name} is another name of a dict that is changed")
        return found

    # -- what was seen --------------------------------------------------------------------------

    def places(self) -> list[tuple[str, Place]]:
        """Every entry that was read with its name, also where the reading ended before all was."""
        return list(self._made.values())

    def touched(self) -> dict[Definition, list[ast.expr | None]]:
        """Every definition on the way, with the uses that the reading accounts for."""
        changes = {changed_name(definition) for definition in self._seen}
        return {
            definition: [
                *self._reads.get(definition, ()),
                *(use for use in self.context.flow.uses(definition) if use in changes),
            ]
            or [None]
            for definition in self._seen
        }
