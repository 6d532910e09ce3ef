"""Places where a response meets the SDK's `Completion` type, which becomes `Message` along with it.

    before: assert_matches_type(Completion, completion, path=["response"])
    after:  assert_matches_type(Message, completion, path=["response"])
    before: reply: Completion = client.completions.create(…)
    after:  reply: Message = client.messages.create(…)

A function that takes both and gives nothing back, named as one that checks, is taken to look at the
value by its type alone, unless it is in sight and names what only the old response had. All other
functions keep the old shape.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from codemods.flow import Definition
from codemods.plans import Context, FunctionNode
from codemods.values import Foreign, Symbol, UserFunction

OLD_TYPE = "anthropic.types.Completion"
TYPES_MODULE = "anthropic.types"
_CHECKS = re.compile(r"_*(assert|check|expect|verify|validate)(_|$|(?=[A-Z]))")
_JOINS = frozenset({"Optional", "Union", "Final"})
# What a Completion had and a Message has not, or has with other values.
_OLD_WORDS = frozenset({"completion", "stop", "log_id", "truncated", "exception", "stop_reason"})


@dataclass(frozen=True, slots=True)
class Meeting:
    """types: the loads of the type. given: the expression that is the response again, if there is one.
    by: the name of the function that checks, if it is no built-in."""

    types: tuple[ast.expr, ...]
    given: ast.expr | None = None
    by: str = ""


def meeting_of(context: Context, response: ast.expr) -> Meeting | None:
    """What a call makes of a response and the type it gets; None if it is no such call."""
    call = context.source.parent(response)
    if isinstance(call, ast.keyword):
        call = context.source.parent(call)
    if not isinstance(call, ast.Call) or response is call.func:
        return None
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    types = tuple(one for one in given if is_old_type(context, one))
    if not types or not may_become_message(context):
        return None
    if types == tuple(call.args[:1]) and call.args[1:] == [response] and _is_cast(context, call.func):
        return Meeting(types, call)
    if call.args == [response, *types] and _is_builtin(context, call.func, "isinstance"):
        return Meeting(types)
    return Meeting(types, by=_name(call)) if _only_checks(context, call) else None


def is_old_type(context: Context, node: ast.expr | None) -> bool:
    """Whether an expression is the SDK's Completion, named where the name can change."""
    if isinstance(node, ast.Attribute) and context.source.is_placed(node):
        value = context.evaluator.value_of(node)
        return isinstance(value, Symbol) and value.path == OLD_TYPE
    if not isinstance(node, ast.Name) or not context.source.is_placed(node):
        return False
    reaching = context.flow.reaching(node)
    return (
        reaching.complete
        and len(reaching.definitions) == 1
        and is_import_of_type(context, reaching.definitions[0], "Completion")
    )


def old_types_in(context: Context, annotation: ast.expr | None) -> tuple[ast.expr, ...]:
    """The loads of the old type in an annotation of a value that may be one; () if it says no such thing."""
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return (*old_types_in(context, annotation.left), *old_types_in(context, annotation.right))
    if isinstance(annotation, ast.Subscript):
        name = getattr(annotation.value, "id", None) or getattr(annotation.value, "attr", None)
        inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        return tuple(one for part in inner for one in old_types_in(context, part)) if name in _JOINS else ()
    return (annotation,) if annotation is not None and is_old_type(context, annotation) else ()


def is_import_of_type(context: Context, definition: Definition, name: str) -> bool:
    """Whether a definition is `from anthropic.types import NAME`, for the whole file."""
    if definition.kind != "import_from" or definition.scope.kind != "module":
        return False
    alias = definition.node
    statement = context.source.parents[alias]
    assert isinstance(alias, ast.alias)
    assert isinstance(statement, ast.ImportFrom)
    return alias.name == name and statement.module == TYPES_MODULE and not statement.level


def may_become_message(context: Context) -> bool:
    """Whether the rule is on, and `Message` means nothing else in the file."""
    if not context.rule_is_on("TC004") or context.flow.star_imports:
        return False
    named = [one for scope in context.flow.scopes.values() for one in scope.definitions.get("Message", ())]
    return all(is_import_of_type(context, one, "Message") for one in named)


def _is_cast(context: Context, function: ast.expr) -> bool:
    value = context.evaluator.value_of(function)
    named = value.what if isinstance(value, Foreign) else ""
    return named in ("cast of typing", "cast of typing_extensions") or (
        named == "the module typing" and getattr(function, "attr", "") == "cast"
    )


def _is_builtin(context: Context, function: ast.expr, name: str) -> bool:
    if not isinstance(function, ast.Name) or function.id != name:
        return False
    return not context.flow.reaching(function).definitions


def _only_checks(context: Context, call: ast.Call) -> bool:
    """Whether a call is a statement of its own that checks, as far as its name and its body tell."""
    if not isinstance(context.source.parent(call), ast.Expr) or not _CHECKS.match(_name(call)):
        return False
    function = _function_in_sight(context, call.func)
    return function is None or not any(_names_old_field(part) for part in ast.walk(function))


def _name(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", None) or getattr(call.func, "id", ""))


def _function_in_sight(context: Context, called: ast.expr) -> FunctionNode | None:
    value = context.evaluator.value_of(called)
    if isinstance(value, UserFunction):
        return value.node if isinstance(value.node, FunctionNode) else None
    found = context.elsewhere.function_at(context, called) if context.elsewhere is not None else None
    return found[1] if found is not None else None


def _names_old_field(node: ast.AST) -> bool:
    named = getattr(node, "attr", None) if isinstance(node, ast.Attribute) else getattr(node, "value", None)
    return isinstance(named, str) and named in _OLD_WORDS
