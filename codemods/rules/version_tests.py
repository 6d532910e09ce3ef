# Knows how code asks which SDK is installed. Finds; edits nothing.
"""Find comparisons of the SDK's version: with the SDK of the new code another branch runs.

    found:  if int(anthropic.__version__.split(".")[0]) >= 1:             TC426
    found:  if Version(importlib.metadata.version("anthropic")) < Version("1.0"):
    found:  major, minor, *_ = pkg_resources.get_distribution("anthropic").version.split(".")
            if major == "0":

Left in silence: a version that is only shown, logged or sent.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.reported import Left, alias_paths
from codemods.values import Symbol

_REASON = "the version of the SDK decides here; with the SDK that the new code needs, another branch may run"
_EXPORTED = "the version of the SDK is read here, and other files may decide by it"
_ADVICE = (
    "the branch for an SDK with `client.messages` (0.16 and later), without a test; "
    "or, if it is right as it is: # to-messages: ignore[TC426]"
)
_VERSIONS = frozenset({"anthropic.__version__", "anthropic._version.__version__"})
_ASKS_VERSION = re.compile(r"version|^(?:get_)?distribution$|^require$", re.I)
# What makes numbers, tuples or comparable objects of a version's text.
_CONVERTERS = re.compile(r"^(?:int|float|str|tuple|list|map|parse|.*version.*|.*Version.*|coerce)$")
_TESTERS = frozenset({"startswith", "endswith", "match", "fullmatch", "search", "compare", "contains"})


def version_tests(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    seen: set[ast.AST] = set()
    for read in _reads(context, node):
        for test, reason in _tests(context, read, seen):
            yield "TC426", test, reason, _ADVICE


def _reads(context: Context, node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that give the SDK's version."""
    if isinstance(node, ast.Attribute) and node.attr == "__version__":
        value = context.evaluator.value_of(node)
        if isinstance(value, Symbol) and value.path in _VERSIONS:
            yield node
    elif isinstance(node, ast.Call) and node.args:
        name = _name_of(node)
        first = node.args[0]
        if isinstance(first, ast.Constant) and first.value == "anthropic" and _ASKS_VERSION.search(name):
            yield node
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if alias.name == "__version__" and not _VERSIONS.isdisjoint(alias_paths(context, alias)):
                for definition in _bound_by(context, alias):
                    yield from context.flow.uses(definition)


def _name_of(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _bound_by(context: Context, alias: ast.alias) -> Iterator[Definition]:
    for scope in context.flow.scopes.values():
        for definition in scope.definitions.get(alias.asname or alias.name, ()):
            if definition.node is alias:
                yield definition


def _tests(context: Context, node: ast.AST, seen: set[ast.AST]) -> Iterator[tuple[ast.AST, str]]:
    """The comparisons that a version, or what is made of it, ends in."""
    above = context.source.parent(node)
    if node in seen or above is None:
        return
    seen.add(node)
    if isinstance(above, ast.Compare | ast.Match):
        if above not in seen:
            seen.add(above)
            yield (above if isinstance(above, ast.Compare) else node), _REASON
    elif isinstance(above, ast.Call):
        yield from _through_call(context, node, above, seen)
    elif _is_part_of(above, node):
        yield from _tests(context, above, seen)
    elif isinstance(above, ast.Return):
        for call in _calls_around(context, above):
            yield from _tests(context, call, seen)
    if isinstance(above, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        yield from _through_names(context, node, above, seen)


def _is_part_of(above: ast.AST, node: ast.AST) -> bool:
    """Whether an expression is made of the version: its parts, a tuple with it, a comprehension."""
    if isinstance(above, ast.Subscript):
        return above.value is node
    if isinstance(above, ast.comprehension):
        return above.iter is node
    parts = (
        ast.Attribute,
        ast.Tuple,
        ast.List,
        ast.GeneratorExp,
        ast.ListComp,
        ast.NamedExpr,
        ast.Starred,
        ast.IfExp,
        ast.BoolOp,
    )
    return isinstance(above, parts)


def _through_call(
    context: Context, node: ast.AST, call: ast.Call, seen: set[ast.AST]
) -> Iterator[tuple[ast.AST, str]]:
    name = _name_of(call)
    if name in _TESTERS:
        if call not in seen:
            seen.add(call)
            yield call, _REASON
    elif call.func is node or _CONVERTERS.match(name):
        yield from _tests(context, call, seen)


def _through_names(
    context: Context, node: ast.AST, above: ast.Assign | ast.AnnAssign | ast.NamedExpr, seen: set[ast.AST]
) -> Iterator[tuple[ast.AST, str]]:
    """The uses of the names that hold it; an attribute's are all of that name in the file."""
    assert isinstance(node, ast.expr)
    for definition in context.definitions_of_value(node):
        if definition.scope.kind == "module" and definition.name in context.exported:
            yield node, _EXPORTED
        for use in context.flow.uses(definition):
            yield from _tests(context, use, seen)
    targets = above.targets if isinstance(above, ast.Assign) else [above.target]
    names = {target.attr for target in targets if isinstance(target, ast.Attribute)}
    for load in context.source.nodes_of(ast.Attribute) if names else ():
        if load.attr in names and isinstance(load.ctx, ast.Load):
            yield from _tests(context, load, seen)


def _calls_around(context: Context, statement: ast.Return) -> Iterator[ast.Call]:
    """The calls in this file of the function that a `return` stands in."""
    function: ast.AST | None = statement
    while function is not None and not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        function = context.source.parent(function)
    for call in context.source.nodes_of(ast.Call) if function is not None else ():
        name = _name_of(call)
        if name == getattr(function, "name", None):
            yield call
