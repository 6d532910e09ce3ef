# Expression -> value, on demand, backwards over the flow graph. Decides nothing about edits.
"""What an expression can be: a client, its completions resource, a constant, something foreign.

`values_of(expression)` walks backwards through assignments, imports, attributes, parameters,
constructors and returns, as far as the user's files show. Steps are bounded; giving up is an
`Unknown` with its reason and never silent.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterable

from codemods.bindings import Bindings
from codemods.evaluation import TOO_FAR, Elsewhere, Search, is_ours
from codemods.flow import Flow
from codemods.sdk_surface import (
    CLIENT_CLASSES,
    PROMPT_CONSTANTS,
    SDK_PACKAGES,
    client_attribute,
    client_flavour,
    distinct_values,
    is_none,
    join_values,
    resource_attribute,
    symbol,
    without_doubles,
    wrapped_attribute,
)
from codemods.source import Source
from codemods.values import (
    Abroad,
    Client,
    ClientMethod,
    Constant,
    CreateMethod,
    Display,
    Flavour,
    Foreign,
    Migrated,
    PassedByTest,
    ProjectModule,
    Resource,
    Symbol,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
    WrappedClient,
    at_home,
)

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
# These only of whole numbers, and only while the result is one that someone would ask for.
_WHOLE_ARITHMETIC: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.Pow: operator.pow,
}
_MOST_DIGITS = 64
_MOST_ALTERNATIVES = 4
_BUILTINS = frozenset(dir(builtins))
# What a client has that nothing else here asks for: before it stands a receiver.
_CLIENT_ATTRIBUTES = frozenset(
    {"completions", "completion", "acompletion", "completion_stream", "acompletion_stream", "count_tokens"}
)
# Functions that give back what they are given, or something that does the same when called.
_TRANSPARENT = {
    "lru_cache of functools": 0,
    "cache of functools": 0,
    "partial of functools": 0,
    "closing of contextlib": 0,
    "aclosing of contextlib": 0,
    "nullcontext of contextlib": 0,
    "deepcopy of copy": 0,
    "copy of copy": 0,
    "cast of typing": 1,
}  # fmt: skip


def calculated(operation: ast.operator, a: object, b: object) -> int | float | None:
    """What an operation makes of two numbers; None if that is not worked out here."""
    if not isinstance(a, int | float) or not isinstance(b, int | float):
        return None
    plain = _ARITHMETIC.get(type(operation))
    if plain is not None:
        return plain(a, b)
    whole = _WHOLE_ARITHMETIC.get(type(operation))
    if whole is None or not isinstance(a, int) or not isinstance(b, int):
        return None
    if a.bit_length() > _MOST_DIGITS or not 0 <= b <= _MOST_DIGITS:
        is_division = isinstance(operation, ast.FloorDiv) and b != 0
        return whole(a, b) if is_division else None
    return whole(a, b) if b or not isinstance(operation, ast.FloorDiv) else None


class Evaluator(Bindings):
    """Values of expressions in one file. `elsewhere` knows the user's other files."""

    def __init__(
        self, source: Source, flow: Flow, elsewhere: Elsewhere | None = None, path: str = ""
    ) -> None:
        self.source = source
        self.flow = flow
        self.path = path
        self.elsewhere = elsewhere
        self.search = elsewhere.search if elsewhere is not None else Search()
        self._memo: dict[tuple[ast.AST, bool], tuple[Value, ...]] = {}
        self._calls_by_name: dict[str, list[ast.Call]] | None = None
        self._computed_names: bool | None = None
        self._below: dict[str, list[ast.ClassDef]] | None = None
        self._attributes: dict[tuple[ast.ClassDef, str, bool], list[Value]] = {}

    # -- the query ------------------------------------------------------------------------------

    def values_of(self, node: ast.expr) -> tuple[Value, ...]:
        """Up to four alternatives, each with its evidence; never empty, but inside a loop of definitions."""
        if not self.search.receivers and self._is_receiver(node):
            self.search.receivers = True
            try:
                return self.values_of(node)
            finally:
                self.search.receivers = False
        key = (node, self.search.receivers)
        if key in self._memo:
            return self._memo[key]
        with self.search.entered(node) as first:
            if not first:
                return ()
            if self.search.is_over():
                return (TOO_FAR,)
            found = self._bounded(distinct_values(without_doubles(tuple(self._evaluate(node)))))
        if self.search.is_final() or not self.search.active:
            found = found or (Unknown("its value is not visible here"),)
            self._memo[key] = found
        return found

    def _bounded(self, found: tuple[Value, ...]) -> tuple[Value, ...]:
        if len(found) <= _MOST_ALTERNATIVES:
            return found
        plain = distinct_values(Foreign(one.what) if isinstance(one, Display) else one for one in found)
        if len(plain) <= _MOST_ALTERNATIVES:
            return plain
        joined = join_values(plain)
        if self.search.receivers and (is_ours(joined) or isinstance(joined, Unknown)):
            return (joined,)  # many clients are a client; a client among others is what has to be said
        return (Unknown(f"more than {_MOST_ALTERNATIVES} possible values"),)

    def _is_receiver(self, node: ast.expr) -> bool:
        above = self.source.parents.get(node)
        if isinstance(above, ast.Call) and getattr(above.func, "id", "") in ("hasattr", "getattr"):
            name = above.args[1] if above.args[:1] == [node] and len(above.args) > 1 else None
            return isinstance(name, ast.Constant) and name.value in _CLIENT_ATTRIBUTES
        return isinstance(above, ast.Attribute) and above.value is node and above.attr in _CLIENT_ATTRIBUTES

    def value_of(self, node: ast.expr) -> Value:
        """The one value, alternatives joined: None beside something else is ignored, a client joined
        with something foreign is unknown."""
        return join_values(self.values_of(node))

    def text_of(self, node: ast.expr) -> str | None:
        """The text of a constant expression, wherever it is defined."""
        value = self.value_of(node)
        if isinstance(value, Constant) and isinstance(value.value, str):
            return value.value
        return None

    # -- expressions ----------------------------------------------------------------------------

    def _evaluate(self, node: ast.expr) -> Iterable[Value]:
        handler = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if handler is not None:
            return handler(node)  # type: ignore[no-any-return]
        if isinstance(node, ast.Dict | ast.List | ast.Tuple):
            return (Display("a plain value", node),)
        if isinstance(node, ast.JoinedStr | ast.Set | ast.Compare | ast.UnaryOp):
            return (Foreign("a plain value"),)
        if isinstance(node, ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp):
            return (Foreign("a comprehension"),)
        return (Unknown(f"a {type(node).__name__} expression is not followed"),)

    def _of_constant(self, node: ast.Constant) -> Iterable[Value]:
        return (Constant(node.value),) if node.value is not Ellipsis else (Foreign("..."),)

    def _of_lambda(self, node: ast.Lambda) -> Iterable[Value]:
        return (UserFunction(node),)

    def _of_await(self, node: ast.Await) -> Iterable[Value]:
        return self.values_of(node.value)

    def _of_namedexpr(self, node: ast.NamedExpr) -> Iterable[Value]:
        return self.values_of(node.value)

    def _of_ifexp(self, node: ast.IfExp) -> Iterable[Value]:
        return (*self.values_of(node.body), *self.values_of(node.orelse))

    def _of_boolop(self, node: ast.BoolOp) -> Iterable[Value]:
        return [value for part in node.values for value in self.values_of(part)]

    def _of_binop(self, node: ast.BinOp) -> Iterable[Value]:
        if isinstance(node.op, ast.Add):
            left, right = self.text_of(node.left), self.text_of(node.right)
            if left is not None and right is not None:
                return (Constant(left + right),)
        if isinstance(node.op, ast.BitOr):
            classes = [one for part in (node.left, node.right) for one in self.values_of(part)]
            if any(isinstance(one, Symbol | UserClass | Abroad) for one in classes):
                return classes  # `Anthropic | None` under a name of its own
        number = self._number(node)
        if number is not None:
            return (Constant(number),)
        return (Foreign("a computed value"),)

    def _number(self, node: ast.BinOp) -> int | float | None:
        """A product, sum or difference of numbers that are written out."""
        left, right = self.value_of(node.left), self.value_of(node.right)
        if not isinstance(left, Constant) or not isinstance(right, Constant):
            return None
        return calculated(node.op, left.value, right.value)

    def stated_elsewhere(self, node: ast.Attribute) -> list[Value]:
        """What another file states for an attribute of its module or class; it may be set to others too."""
        found: list[Value] = []
        for base in self.values_of(node.value):
            if isinstance(base, ProjectModule) and self.elsewhere is not None:
                found.extend(self.elsewhere.member(base, node.attr))
            at = self.class_at(base)
            if at is not None:
                found.extend(at[0].attribute_values(at[1], node.attr))
        return found

    def _of_name(self, node: ast.Name) -> Iterable[Value]:
        reaching = self.flow.reaching(node)
        found: list[Value] = []
        for definition in reaching.definitions:
            found.extend(self.values_of_definition(definition))
        if not reaching.definitions:
            return (self._unbound(node),)
        if not reaching.complete:
            found.append(Unknown(f"{node.id} may be set where we cannot see it"))
        return found

    def _unbound(self, node: ast.Name) -> Value:
        if node.id in _BUILTINS and not self.flow.star_imports:
            return Foreign(f"the built-in {node.id}")
        if self.flow.star_imports and node.id in PROMPT_CONSTANTS and self._has_sdk_star():
            return Constant(PROMPT_CONSTANTS[node.id])
        if self.flow.star_imports and node.id in CLIENT_CLASSES and self._has_sdk_star():
            return Symbol(f"anthropic.{node.id}", node.lineno)
        starred = self.starred_values(node.id) if self.flow.star_imports else []
        return join_values(starred) if starred else Unknown(f"{node.id} is not bound in this file")

    def _has_sdk_star(self) -> bool:
        return any(
            isinstance(node, ast.ImportFrom) and node.module in SDK_PACKAGES and node.names[0].name == "*"
            for node in self.source.tree.body
        )

    def _of_attribute(self, node: ast.Attribute) -> Iterable[Value]:
        found: list[Value] = []
        for base in self.values_of(node.value):
            found.extend(self._attribute(base, node))
        return found

    def _attribute(self, base: Value, node: ast.Attribute) -> Iterable[Value]:
        name = node.attr
        if isinstance(base, Symbol):
            return (symbol(f"{base.path}.{name}", node.lineno),)
        if isinstance(base, Client):
            return (client_attribute(base, name),)
        if isinstance(base, WrappedClient):
            return (wrapped_attribute(base, name),)
        if isinstance(base, Resource):
            return (resource_attribute(base, name),)
        if isinstance(base, ProjectModule):
            return self.module_attribute(base, name)
        if isinstance(base, PassedByTest):
            return [self._still_double(value) for value in self._attribute(base.value, node)]
        at = self.class_at(base)
        if at is not None:
            home, owner = at
            return [self.brought(home, v, name) for v in home.attribute_values(owner, name)]
        if isinstance(base, Constant):
            return () if base.value is None else (Foreign("a plain value"),)
        if isinstance(base, Migrated) or (isinstance(base, Foreign) and not base.is_plain):
            return (base,)
        return (Unknown(f".{name} of something unknown"),)

    def _of_call(self, node: ast.Call) -> Iterable[Value]:
        if isinstance(node.func, ast.Name) and node.func.id == "int" and len(node.args) == 1:
            inner = self.value_of(node.args[0])
            if isinstance(inner, Constant) and isinstance(inner.value, int | float):
                return (Constant(int(inner.value)),)
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) >= 2:
            return self._getattr(node)
        found: list[Value] = []
        for function in self.values_of(node.func):
            found.extend(self._call(function, node))
        return found

    def _getattr(self, node: ast.Call) -> Iterable[Value]:
        name = self.text_of(node.args[1])
        if name is None:
            return (Unknown("getattr with a computed name"),)
        attribute = ast.Attribute(node.args[0], name, ast.Load())
        ast.copy_location(attribute, node)
        return self._of_attribute(attribute)

    def _call(self, function: Value, node: ast.Call) -> Iterable[Value]:
        if isinstance(function, Symbol):
            return (self._symbol_call(function, node),)
        if isinstance(function, ClientMethod):
            return (function.client,)
        if isinstance(function, PassedByTest):
            return [self._still_double(value) for value in self._call(function.value, node)]
        if isinstance(function, UserClass | UserFunction):
            return self.called_values(function, node)
        if isinstance(function, Abroad) and isinstance(function.value, UserClass | UserFunction):
            return self.called_values(function, node)
        if isinstance(function, Foreign):
            return self._foreign_call(function, node)
        if isinstance(function, Migrated):
            return (function,)
        if isinstance(function, CreateMethod):
            return (Unknown("the result of a legacy call"),)
        if is_none(function):
            return ()  # `OpenAI = None` where its package is missing: calling it gives nothing
        return (
            function if isinstance(function, Unknown) else Unknown("the result of a call we cannot follow"),
        )

    def _still_double(self, value: Value) -> Value:
        """A part of what a test passes."""
        is_part = isinstance(at_home(value), Foreign | UserInstance)
        return self.passed_by_test(value) if is_part else value

    def _symbol_call(self, function: Symbol, node: ast.Call) -> Value:
        flavour = client_flavour(function)
        if flavour is None:
            return Foreign(f"a result of {function.path}")
        imported = f" from the import at line {function.line}" if function.line else ""
        return Client(flavour, (f"client made at line {node.lineno} by {function.path}{imported}",))

    def _foreign_call(self, function: Foreign, node: ast.Call) -> Iterable[Value]:
        """Another package's function: what it makes of one of our clients is not ours to say."""
        position = _TRANSPARENT.get(function.what, len(node.args))
        if position < len(node.args) and self.search.receivers:
            return self._given_back(function, node, node.args[position])
        for keyword in node.keywords:
            if keyword.arg in ("default_factory", "factory"):
                bare = ast.copy_location(ast.Call(keyword.value, [], []), node)
                return [made for maker in self.values_of(keyword.value) for made in self._call(maker, bare)]
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            if is_ours(self.value_of(inner)):
                return (Unknown(f"line {node.lineno} hands a client to {function.what}"),)
        return (function,)

    def _given_back(self, function: Foreign, node: ast.Call, given: ast.expr) -> Iterable[Value]:
        if function.what == "cast of typing":
            stated = self.stated_value(node.args[0])
            return self.values_of(given) if stated is None else (stated,)
        return self.values_of(given)

    def instance_of(self, node: ast.ClassDef, line: int = 0) -> Value:
        """What an instance of one of the file's classes is."""
        with self.search.entered((self, "instance", node)) as first:
            return self._instance(node) if first else UserInstance(node)

    def _instance(self, node: ast.ClassDef) -> Value:
        for base in node.bases:
            value = self.value_of(base)
            if isinstance(value, Symbol) and (flavour := client_flavour(value)) is not None:
                return self._client_subclass(node, flavour)
            at = self.class_at(value)
            if at is not None and at[1] is not node and not isinstance(value, UserInstance):
                inherited = at[0].instance_of(at[1])
                if isinstance(inherited, Client):
                    return self._client_subclass(node, inherited.flavour)
                if isinstance(inherited, Unknown) and not isinstance(inherited, Abroad):
                    return inherited  # the base replaces what clients have
        return UserInstance(node)

    def _stores_on(self, node: ast.ClassDef, name: str) -> bool:
        """Whether a method of the class sets the attribute on its own object."""
        inside = set(ast.walk(node))
        return any(target in inside for target, _ in self.flow.attribute_stores.get(name, ()))

    def _client_subclass(self, node: ast.ClassDef, flavour: Flavour) -> Value:
        for known in (node, *self.subclasses(node)):
            for name in ("completions", "messages"):
                if name in self.flow.scopes[known].names or self._stores_on(known, name):
                    return Unknown(f"class {known.name} (line {known.lineno}) replaces `{name}`")
        if self.elsewhere is not None and self.elsewhere.overrides(self.path, node.name):
            return Unknown(f"a class in another file derives from {node.name} and replaces `completions`")
        return Client(flavour, (f"{node.name} at line {node.lineno} is a subclass of the SDK's client",))
