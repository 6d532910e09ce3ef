# Expression -> value, on demand, backwards over the flow graph. Decides nothing about edits.
"""What an expression can be: a client, its completions resource, a constant, something foreign.

`values_of(expression)` walks backwards through assignments, imports, attributes, parameters,
constructors and returns, as far as the file shows. Steps are bounded; giving up is an `Unknown`
with its reason and never silent.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable

from codemods.flow import Definition, Flow
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

# Public names of the SDK that make a client, under each package that exports them.
# Source: anthropic 0.3.0-0.125.0 and anthropic-bedrock 0.8.0, `__init__.py`.
CLIENT_CLASSES: dict[str, Flavour] = {
    "Anthropic": "sync",
    "Client": "sync",
    "AsyncAnthropic": "async",
    "AsyncClient": "async",
    "AnthropicBedrock": "bedrock",
    "AsyncAnthropicBedrock": "async_bedrock",
}
# Both constants held these texts in every release that had them.
PROMPT_CONSTANTS = {"HUMAN_PROMPT": "\n\nHuman:", "AI_PROMPT": "\n\nAssistant:"}
SDK_PACKAGES = ("anthropic", "anthropic_bedrock")
_MOST_ALTERNATIVES = 4
_DEEPEST = 60
_BUILTINS = frozenset(dir(builtins))

Lookup = Callable[[str, int, str], "tuple[Value, ...] | None"]


class Evaluator:
    """Values of expressions in one file. `imported` resolves names of the user's other files."""

    def __init__(self, source: Source, flow: Flow, imported: Lookup | None = None) -> None:
        self.source = source
        self.flow = flow
        self.imported = imported
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
            found = _distinct(self._evaluate(node))
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
        if isinstance(node, ast.JoinedStr | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.Compare | ast.UnaryOp):
            return (Foreign("a plain value"),)
        if isinstance(node, ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp):
            return (Foreign("a comprehension"),)
        return (Unknown(f"a {type(node).__name__} expression is not followed"),)

    def _of_constant(self, node: ast.Constant) -> Iterable[Value]:
        return (Constant(node.value),) if node.value is not Ellipsis else (Foreign("..."),)  # type: ignore[arg-type]

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
        return (Foreign("a computed value"),)

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
            return (_client_attribute(base, name),)
        if isinstance(base, Resource):
            return (_resource_attribute(base, name),)
        if isinstance(base, UserInstance | UserClass):
            return self.attribute_values(base.node, name)
        if isinstance(base, Constant):
            return () if base.value is None else (Foreign("a plain value"),)
        if isinstance(base, Foreign | Migrated):
            return (base,)
        return (Unknown(f".{name} of something unknown"),)

    def _of_subscript(self, node: ast.Subscript) -> Iterable[Value]:
        base = self.value_of(node.value)
        return (base,) if isinstance(base, Foreign | Migrated) else (Unknown("an item of a container"),)

    def _of_call(self, node: ast.Call) -> Iterable[Value]:
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
        return (Unknown("the result of a call we cannot follow"),)

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

    def _client_subclass(self, node: ast.ClassDef, flavour: Flavour, call: ast.Call) -> Value:
        if "completions" in self.flow.scopes[node].names:
            return Unknown(f"class {node.name} (line {node.lineno}) replaces `completions`")
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

    # -- functions, parameters, attributes ------------------------------------------------------

    def _parameter(self, definition: Definition, node: ast.arg) -> Iterable[Value]:
        function = definition.scope.node
        owner = self._class_of_method(function, node)
        if owner is not None:
            return (owner,)
        if node.annotation is not None:
            stated = self._annotated(node.annotation)
            if stated is not None:
                return (stated,)
        found: list[Value] = [Unknown(f"{node.arg} is a parameter")]
        default = _default_of(function, node)
        if default is not None:
            found.extend(value for value in self.values_of(default) if not _is_none(value))
        found.extend(self._passed_values(function, node))
        return found

    def _passed_values(self, function: ast.AST, node: ast.arg) -> list[Value]:
        found: list[Value] = []
        for argument in self.passed_arguments(function, node.arg):
            found.extend(
                value for value in self.values_of(argument) if isinstance(value, Client | Foreign | Resource | CreateMethod)
            )
        return found

    def passed_arguments(self, function: ast.AST, name: str) -> list[ast.expr]:
        """What the calls in this file pass for a parameter of one of its functions."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
        is_method = isinstance(self.source.parents.get(function), ast.ClassDef)
        called_as = function.name
        owner = self.source.parents.get(function)
        if function.name == "__init__" and isinstance(owner, ast.ClassDef):
            called_as = owner.name
        found: list[ast.expr] = []
        for call in self._calls_named(called_as):
            found.extend(keyword.value for keyword in call.keywords if keyword.arg == name)
            if name in names:
                index = names.index(name) - (1 if is_method else 0)
                if 0 <= index < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args):
                    found.append(call.args[index])
        return found

    def _calls_named(self, name: str) -> list[ast.Call]:
        if self._calls_by_name is None:
            self._calls_by_name = {}
            for node in ast.walk(self.source.tree):
                if isinstance(node, ast.Call):
                    called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                    if isinstance(called, str):
                        self._calls_by_name.setdefault(called, []).append(node)
        return self._calls_by_name.get(name, [])

    def _class_of_method(self, function: ast.AST, node: ast.arg) -> Value | None:
        owner = self.source.parents.get(function)
        if not isinstance(owner, ast.ClassDef) or not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        positional = [*function.args.posonlyargs, *function.args.args]
        if not positional or positional[0] is not node:
            return None
        decorators = {getattr(d, "id", None) for d in function.decorator_list}
        if "staticmethod" in decorators:
            return None
        if "classmethod" in decorators:
            return UserClass(owner)
        made = self._instance(owner, ast.Call(ast.Name("", ast.Load()), [], []))
        return made if isinstance(made, Client | Unknown) else UserInstance(owner)

    def _annotated(self, annotation: ast.expr) -> Value | None:
        """The client or class an annotation names; None if it says nothing we use."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self._annotated_by_text(annotation.value)
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            name = getattr(annotation.value, "id", None) or getattr(annotation.value, "attr", None)
            if name in ("Optional", "Annotated", "ClassVar", "Final"):
                return self._annotated(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
            if name == "Union" and isinstance(inner, ast.Tuple):
                return self._union(inner.elts)
            return Foreign("a container") if name in ("List", "list", "Dict", "dict", "Callable") else None
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            return self._union([annotation.left, annotation.right])
        if isinstance(annotation, ast.Name | ast.Attribute):
            return self._stated_class(annotation)
        return None

    def _union(self, members: list[ast.expr]) -> Value | None:
        found = [self._annotated(member) for member in members if not _is_none_node(member)]
        if not found or any(value is None for value in found):
            return None
        return join_values([value for value in found if value is not None])

    def _annotated_by_text(self, text: str) -> Value | None:
        try:
            parsed = ast.parse(text, mode="eval").body
        except SyntaxError:
            return None
        name = parsed.id if isinstance(parsed, ast.Name) else None
        if name is None:
            return None
        for definition in self.flow.module.definitions.get(name, ()):
            value = join_values(self.values_of_definition(definition))
            if isinstance(value, Symbol) and (flavour := client_flavour(value)):
                return Client(flavour, (f'annotated as "{text}"',))
        return None

    def _stated_class(self, annotation: ast.Name | ast.Attribute) -> Value | None:
        value = self.value_of(annotation)
        if isinstance(value, Symbol) and (flavour := client_flavour(value)):
            return Client(flavour, (f"annotated as {value.path} at line {annotation.lineno}",))
        if isinstance(value, UserClass):
            return self._instance(value.node, ast.Call(annotation, [], []))
        if isinstance(value, Foreign) and not value.what.startswith(("the built-in", "Any of", "object of")):
            return value
        if isinstance(value, Foreign) and value.what in ("the built-in str", "the built-in int", "the built-in dict"):
            return value
        return None

    def returned_values(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[Value]:
        """What a call of one of the file's functions can give."""
        if isinstance(function, ast.Lambda):
            return list(self.values_of(function.body))
        found: list[Value] = []
        if function.returns is not None:
            stated = self._annotated(function.returns)
            if isinstance(stated, Client):
                return [stated]
        for node in _own_nodes(function):
            if isinstance(node, ast.Return) and node.value is not None:
                found.extend(value for value in self.values_of(node.value) if not _is_none(value))
            elif isinstance(node, ast.Yield) and node.value is not None:
                found.extend(self.values_of(node.value))
        return found or [Unknown(f"{function.name} returns nothing we can see")]

    def attribute_values(self, node: ast.ClassDef, name: str) -> list[Value]:
        """What `self.<name>` of a class can be, from its body, its methods and its bases in this file."""
        if (node, name) in self._attribute_guard:
            return []
        self._attribute_guard.add((node, name))
        try:
            found = self._own_attribute(node, name)
            for base in node.bases:
                value = self.value_of(base)
                if isinstance(value, UserClass) and value.node is not node:
                    found.extend(v for v in self.attribute_values(value.node, name) if not isinstance(v, Unknown))
        finally:
            self._attribute_guard.discard((node, name))
        return found or [Unknown(f"attribute {name} of {node.name} is set where we cannot see it")]

    def _own_attribute(self, node: ast.ClassDef, name: str) -> list[Value]:
        found: list[Value] = []
        for definition in self.flow.scopes[node].definitions.get(name, ()):
            found.extend(self._class_level(definition))
        for target, value in self.flow.attribute_stores.get(name, ()):
            if not self._is_own(target.value, node):
                continue
            if value is None:
                found.append(Unknown(f"line {target.lineno} sets {name} in a way that is not followed"))
            else:
                found.extend(v for v in self.values_of(value) if not _is_none(v))
        return found

    def _class_level(self, definition: Definition) -> Iterable[Value]:
        node = definition.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = {getattr(d, "id", None) or getattr(d, "attr", None) for d in node.decorator_list}
            if names & {"property", "cached_property"}:
                return self.returned_values(node)
            return (UserFunction(node),)
        if isinstance(node, ast.AnnAssign) and (stated := self._annotated(node.annotation)) is not None:
            return (stated,)
        return [value for value in self.values_of_definition(definition) if not _is_none(value)]

    def _is_own(self, receiver: ast.expr, node: ast.ClassDef) -> bool:
        value = self.value_of(receiver)
        if not isinstance(value, UserInstance | UserClass):
            return False
        if value.node is node:
            return True
        bases = [self.value_of(base) for base in value.node.bases]
        return any(isinstance(base, UserClass) and base.node is node for base in bases)


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


def client_flavour(value: Symbol) -> Flavour | None:
    """Which client a class of the SDK makes; None for everything else."""
    package, _, name = value.path.rpartition(".")
    flavour = CLIENT_CLASSES.get(name)
    if flavour is not None and package.split(".")[0] == "anthropic_bedrock":
        return "bedrock_package"
    return flavour


def symbol(path: str, line: int) -> Value:
    """The value of an SDK name: prompt constants are their text, wherever they were imported from."""
    name = path.rpartition(".")[2]
    if name in PROMPT_CONSTANTS:
        return Constant(PROMPT_CONSTANTS[name])
    return Symbol(path, line)


def _client_attribute(client: Client, name: str) -> Value:
    if name == "completions":
        return Resource(client)
    if name in ("with_options", "copy"):
        return ClientMethod(client)
    if name in PROMPT_CONSTANTS:
        return Constant(PROMPT_CONSTANTS[name])
    return Foreign(f"the client's {name}")


def _resource_attribute(resource: Resource, name: str) -> Value:
    if name == "create":
        return CreateMethod(resource.client, resource.wrapper)
    if name in ("with_raw_response", "with_streaming_response"):
        return Resource(resource.client, name)  # type: ignore[arg-type]
    return Unknown(f"completions.{name}")


def join_values(values: Iterable[Value]) -> Value:
    """One value for several alternatives, as `Evaluator.value_of` documents."""
    distinct = _distinct(values)
    real = [value for value in distinct if not _is_none(value)]
    if not real:
        return distinct[0] if distinct else Unknown("its value is not visible here")
    if len(real) == 1:
        return real[0]
    foreign = [value for value in real if isinstance(value, Foreign | Constant | UserInstance)]
    for kind in (Client, Resource, CreateMethod):
        ours = [value for value in real if isinstance(value, kind)]
        if ours and not foreign:
            return _same_or_unstated(ours)
        if ours:
            other = getattr(foreign[0], "what", "something else")
            return Unknown(f"it is an Anthropic client on one path and {other} on another")
    if all(isinstance(value, Foreign | Constant | UserInstance) for value in real):
        return Foreign("one of several plain values")
    if any(isinstance(value, Migrated) for value in real):
        return Migrated()
    return next((value for value in real if isinstance(value, Unknown)), Unknown("it can be several things"))


def _same_or_unstated(values: list[Value]) -> Value:
    """Clients of one flavour stay it; of several, only that they are clients is known."""
    clients = [value if isinstance(value, Client) else value.client for value in values]  # type: ignore[attr-defined]
    if len({client.flavour for client in clients}) == 1:
        return values[0]
    evidence = tuple(line for client in clients for line in client.evidence)
    mixed = Client("unstated", evidence)
    first = values[0]
    if isinstance(first, Resource):
        return Resource(mixed, first.wrapper)
    if isinstance(first, CreateMethod):
        return CreateMethod(mixed, first.wrapper)
    return mixed


def _distinct(values: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(values))


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def _is_none_node(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _default_of(function: ast.AST, node: ast.arg) -> ast.expr | None:
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return None
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if node in positional:
        index = positional.index(node) - (len(positional) - len(arguments.defaults))
        return arguments.defaults[index] if index >= 0 else None
    if node in arguments.kwonlyargs:
        return arguments.kw_defaults[arguments.kwonlyargs.index(node)]
    return None


def _own_nodes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[ast.AST]:
    """Nodes of a function's body without those of functions inside it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))
