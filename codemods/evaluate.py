# Expression -> value, on demand, backwards over the flow graph. Decides nothing about edits.
"""What an expression can be: a client, its completions resource, a constant, something foreign.

`values_of(expression)` walks backwards through assignments, imports, attributes, parameters,
constructors and returns, as far as the file shows. Steps are bounded; giving up is an `Unknown`
with its reason and never silent.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterable

from codemods.flow import Definition, Flow
from codemods.own_code import OwnCode
from codemods.sdk_surface import (
    CLIENT_CLASSES,
    PROMPT_CONSTANTS,
    SDK_PACKAGES,
    client_attribute,
    client_flavour,
    distinct_values,
    join_values,
    resource_attribute,
    symbol,
)
from codemods.source import Source
from codemods.values import (
    Client,
    ClientMethod,
    Constant,
    CreateMethod,
    Flavour,
    Foreign,
    Migrated,
    Resource,
    Symbol,
    Unknown,
    UserClass,
    UserFunction,
    UserInstance,
    Value,
)

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_MOST_ALTERNATIVES = 4
_DEEPEST = 60
_BUILTINS = frozenset(dir(builtins))

Lookup = Callable[[str, int, str], "tuple[Value, ...] | None"]


class Evaluator(OwnCode):
    """Values of expressions in one file.

    imported: resolves names of the user's other files. overridden: whether a class of another file
    derives from a class of this name and replaces what clients have.
    """

    def __init__(
        self,
        source: Source,
        flow: Flow,
        imported: Lookup | None = None,
        overridden: Callable[[str], bool] | None = None,
    ) -> None:
        self.source = source
        self.flow = flow
        self.imported = imported
        self.overridden = overridden
        self._memo: dict[ast.AST, tuple[Value, ...]] = {}
        self._active: set[ast.AST] = set()
        self._calls_by_name: dict[str, list[ast.Call]] | None = None
        self._attribute_guard: set[tuple[ast.ClassDef, str]] = set()

    # -- the query ------------------------------------------------------------------------------

    def values_of(self, node: ast.expr) -> tuple[Value, ...]:
        """Up to four alternatives, each with its evidence; never empty."""
        if node in self._memo:
            return self._memo[node]
        if node in self._active or len(self._active) > _DEEPEST:
            return ()
        self._active.add(node)
        try:
            found = distinct_values(self._evaluate(node))
        finally:
            self._active.discard(node)
        if len(found) > _MOST_ALTERNATIVES:
            found = (Unknown(f"more than {_MOST_ALTERNATIVES} possible values"),)
        if not found:
            found = (Unknown("its value is not visible here"),)
        self._memo[node] = found
        return found

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
        if isinstance(
            node, ast.JoinedStr | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.Compare | ast.UnaryOp
        ):
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
        number = self._number(node)
        if number is not None:
            return (Constant(number),)
        return (Foreign("a computed value"),)

    def _number(self, node: ast.BinOp) -> int | float | None:
        """A product, sum or difference of numbers that are written out."""
        left, right = self.value_of(node.left), self.value_of(node.right)
        if not isinstance(left, Constant) or not isinstance(right, Constant):
            return None
        a, b = left.value, right.value
        if not isinstance(a, int | float) or not isinstance(b, int | float):
            return None
        operation = _ARITHMETIC.get(type(node.op))
        return operation(a, b) if operation is not None else None

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
        return Unknown(f"{node.id} is not bound in this file")

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
        if isinstance(base, Resource):
            return (resource_attribute(base, name),)
        if isinstance(base, UserInstance | UserClass):
            return self.attribute_values(base.node, name)
        if isinstance(base, Constant):
            return () if base.value is None else (Foreign("a plain value"),)
        if isinstance(base, Migrated) or (isinstance(base, Foreign) and not base.is_plain):
            return (base,)
        return (Unknown(f".{name} of something unknown"),)

    def _of_subscript(self, node: ast.Subscript) -> Iterable[Value]:
        base = self.value_of(node.value)
        if isinstance(base, Migrated) or (isinstance(base, Foreign) and not base.is_plain):
            return (base,)
        return (Unknown("an item of a container"),)

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
        if isinstance(function, UserClass):
            return (self._instance(function.node, node),)
        if isinstance(function, UserFunction):
            return self.returned_values(function.node)
        if isinstance(function, Foreign):
            return (self._foreign_call(function, node),)
        if isinstance(function, Migrated):
            return (function,)
        if isinstance(function, CreateMethod):
            return (Unknown("the result of a legacy call"),)
        return (
            function if isinstance(function, Unknown) else Unknown("the result of a call we cannot follow"),
        )

    def _symbol_call(self, function: Symbol, node: ast.Call) -> Value:
        flavour = client_flavour(function)
        if flavour is None:
            return Foreign(f"a result of {function.path}")
        imported = f" from the import at line {function.line}" if function.line else ""
        return Client(flavour, (f"client made at line {node.lineno} by {function.path}{imported}",))

    def _foreign_call(self, function: Foreign, node: ast.Call) -> Value:
        """Another package's function: what it makes of one of our clients is not ours to say."""
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            inner = argument.value if isinstance(argument, ast.Starred) else argument
            value = self.value_of(inner)
            if isinstance(value, Client | Resource | CreateMethod):
                return Unknown(f"line {node.lineno} hands a client to {function.what}")
        return function

    def _instance(self, node: ast.ClassDef, call: ast.Call) -> Value:
        for base in node.bases:
            value = self.value_of(base)
            if isinstance(value, Symbol) and (flavour := client_flavour(value)) is not None:
                return self._client_subclass(node, flavour, call)
            if isinstance(value, UserClass) and value.node is not node:
                inherited = self._instance(value.node, call)
                if isinstance(inherited, Client):
                    return self._client_subclass(node, inherited.flavour, call)
        return UserInstance(node)

    def instance_of(self, node: ast.ClassDef) -> Value:
        """What an instance of one of the file's classes is."""
        return self._instance(node, ast.copy_location(ast.Call(ast.Name("", ast.Load()), [], []), node))

    def _client_subclass(self, node: ast.ClassDef, flavour: Flavour, call: ast.Call) -> Value:
        for known in (node, *self._subclasses(node)):
            for name in ("completions", "messages"):
                if name in self.flow.scopes[known].names:
                    return Unknown(f"class {known.name} (line {known.lineno}) replaces `{name}`")
        if self.overridden is not None and self.overridden(node.name):
            return Unknown(f"a class in another file derives from {node.name} and replaces `completions`")
        return Client(flavour, (f"{node.name} at line {node.lineno} is a subclass of the SDK's client",))

    # -- definitions ----------------------------------------------------------------------------

    def values_of_definition(self, definition: Definition) -> tuple[Value, ...]:
        """What a name is after this definition."""
        node = definition.node
        if node in self._active:
            return ()
        self._active.add(node)
        try:
            return tuple(self._definition(definition))
        finally:
            self._active.discard(node)

    def _definition(self, definition: Definition) -> Iterable[Value]:
        node, kind = definition.node, definition.kind
        if kind == "import":
            assert isinstance(node, ast.alias)
            return self._imported_module(node)
        if kind == "import_from":
            assert isinstance(node, ast.alias)
            return self._imported_name(node)
        if kind == "function":
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            return (UserFunction(node),)
        if kind == "class":
            assert isinstance(node, ast.ClassDef)
            return (UserClass(node),)
        if kind == "parameter":
            assert isinstance(node, ast.arg)
            return self._parameter(definition, node)
        if kind in ("assign", "with"):
            return self._assigned(definition)
        if kind in ("store_item", "method", "delete_item"):
            return [value for origin in _origins(definition) for value in self.values_of_definition(origin)]
        if kind == "for":
            return self._loop_variable(definition)
        if kind == "augment":
            return (Foreign("a changed value"),)
        return (Unknown(f"{definition.name} is bound in a way that is not followed"),)

    def _assigned(self, definition: Definition) -> Iterable[Value]:
        value: ast.expr | None = definition.value
        for index in definition.path:
            if isinstance(value, ast.Tuple | ast.List) and index < len(value.elts):
                value = value.elts[index]
            else:
                return (Unknown(f"{definition.name} is unpacked from something we cannot see"),)
        if value is None:
            return (Unknown(f"{definition.name} has no visible value"),)
        return self.values_of(value)

    def _loop_variable(self, definition: Definition) -> Iterable[Value]:
        iterated = definition.value
        if isinstance(iterated, ast.List | ast.Tuple) and not definition.path:
            return [value for element in iterated.elts for value in self.values_of(element)]
        return (Unknown(f"{definition.name} is a loop variable"),)

    def _imported_module(self, alias: ast.alias) -> Iterable[Value]:
        top = alias.name.split(".")[0]
        if top in SDK_PACKAGES:
            return (Symbol(alias.name if alias.asname else top, alias.lineno),)
        if self.imported is not None:
            known = self.imported(alias.name if alias.asname else top, 0, "")
            if known is not None:
                return known
        return (Migrated(),) if top == "migrate" else (Foreign(f"the module {alias.name}"),)

    def _imported_name(self, alias: ast.alias) -> Iterable[Value]:
        statement = self.source.parents[alias]
        assert isinstance(statement, ast.ImportFrom)
        module = statement.module or ""
        if not statement.level and module.split(".")[0] in SDK_PACKAGES:
            return (symbol(f"{module}.{alias.name}", alias.lineno),)
        if self.imported is not None:
            known = self.imported(module, statement.level, alias.name)
            if known is not None:
                return known
        if statement.level:
            return (Unknown(f"{alias.name} comes from another file of the project"),)
        if module.split(".")[0] == "migrate":
            return (Migrated(),)
        return (Foreign(f"{alias.name} of {module}"),)


def _origins(definition: Definition) -> list[Definition]:
    """The bindings behind a chain of changes to the same object."""
    seen = {definition}
    stack = [definition]
    found: list[Definition] = []
    while stack:
        current = stack.pop()
        if current.kind not in ("store_item", "method", "delete_item"):
            found.append(current)
            continue
        stack.extend(one for one in current.previous if one not in seen)
        seen.update(current.previous)
    return found
