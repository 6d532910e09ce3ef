"""Tell whether a value that goes into a prompt may carry turns of its own.

    bridged:   history += f"{HUMAN_PROMPT} {question}" … prompt=f"{history}{AI_PROMPT}"
    rewritten: prompt=f"{HUMAN_PROMPT} {question}{AI_PROMPT}"

A hole inside a turn is content, unless the file says otherwise: a marker is found on the way back
from the hole to its sources; or the file writes markers outside of its calls' own prompts, and the
hole cannot be followed to its end.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.callers import Function, default_of
from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.loose_markers import is_marker, is_word, loose_marker
from codemods.templates import returned_expressions
from codemods.values import Constant, Foreign, Unknown, UserClass, UserFunction, UserInstance

MOST_STEPS = 400
# How the reason for an unknown import ends if its file writes turn markers.
WRITES_MARKERS = "which writes turn markers"
# A name like these promises several turns; what it holds is for the run-time parser to read.
_HISTORY = re.compile(r"histor|conversation|chat_?log|turns\b|previous_(?:prompt|messages)", re.I)


def closure_of(context: Context, expression: ast.expr) -> Iterator[ast.AST]:
    """Every node a value is made from, as far as the file shows; MOST_STEPS of them if there are more."""
    seen: set[ast.AST] = set()
    stack: list[ast.AST] = [expression]
    while stack and len(seen) < MOST_STEPS:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(sources_of(context, node))


def may_carry_markers(
    context: Context, expression: ast.expr, seen: set[Definition] | None = None
) -> str | None:
    """Why a hole may hold whole turns; None if nothing in the file says so, nor what others pass to it.

    Follows names to every definition and change they have here, calls to the file's own functions
    and parameters to what the calls in this file pass, and those in other files. `seen`: parameters
    whose callers elsewhere have been asked.
    """
    for part in ast.walk(expression):
        name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
        if _HISTORY.search(name):
            return f"{name} may hold turns of its own"
    nodes = list(closure_of(context, expression))
    if len(nodes) >= MOST_STEPS:
        return "what goes into the prompt has more sources than are followed"
    for node in nodes:
        if isinstance(node, ast.Name):
            value = context.evaluator.value_of(node)
            if isinstance(value, Unknown) and value.reason.endswith(WRITES_MARKERS):
                return value.reason
        if is_marker(context, node) or (
            is_word(node, any_case=True) and not _is_role(context, node, expression)
        ):
            line = getattr(node, "lineno", "?")
            return f"a value that goes into the prompt carries a turn marker (line {line})"
    return _passed_elsewhere(context, nodes, set() if seen is None else seen)


def _passed_elsewhere(context: Context, nodes: list[ast.AST], seen: set[Definition]) -> str | None:
    """Why a parameter that goes into the prompt may hold turns: what the calls in other files pass."""
    if context.elsewhere is None:
        return None
    names = (node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    reached = (one for name in names for one in context.flow.reaching(name).definitions)
    for parameter in dict.fromkeys(one for one in reached if one.kind == "parameter" and one not in seen):
        seen.add(parameter)
        function = parameter.scope.node
        if not isinstance(function, Function):
            continue
        for there, given in context.elsewhere.arguments_for(context, function, parameter.name):
            if may_carry_markers(there, given, seen) or may_hide_turns(there, given):
                return f"{there.path}, line {given.lineno}, may pass turns of its own as {parameter.name}"
    return None


def sources_of(context: Context, node: ast.AST) -> list[ast.AST]:
    """The nodes a value is made from: its parts, its names' definitions, what calls return and pass."""
    found: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for definition in context.flow.reaching(node).definitions:
            found.extend(_definition_sources(context, definition, set()))
    elif isinstance(node, ast.Call) and node in {site.call for site in context.sites}:
        return []  # what a model answers is content
    elif isinstance(node, ast.Call):
        functions = _called(context, node)
        if any(returned_expressions(function) for function in functions[:1]) and len(functions) == 1:
            found = [node.func]  # what it passes comes back only where a `return` reads a parameter
        for function in functions:
            found.extend(
                part.value for part in ast.walk(function) if isinstance(part, ast.Return) and part.value
            )
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        found.extend(_attribute_sources(context, node))
    if isinstance(node, ast.Name | ast.Attribute):
        found.extend(context.changes_of(node.id if isinstance(node, ast.Name) else node.attr))
    return found


def _attribute_sources(context: Context, node: ast.Attribute) -> list[ast.AST]:
    """What the file binds an attribute of this name to, whoever it belongs to."""
    found: list[ast.AST] = []
    for scope in context.flow.scopes.values():
        if scope.kind == "class":
            found.extend(one.value for one in scope.definitions.get(node.attr, ()) if one.value is not None)
    for call in context.evaluator.calls_named("add_argument"):
        if any(_is_option(argument, node.attr) for argument in call.args):
            found.extend(keyword.value for keyword in call.keywords if keyword.arg == "default")
    for target, _ in context.flow.attribute_stores.get(node.attr, ()):
        statement = context.source.parent(target)
        found.extend([statement.value] if isinstance(statement, ast.Assign | ast.AugAssign) else [])
    return found


def _is_option(node: ast.expr, attribute: str) -> bool:
    """Whether an argparse option's name is the one that this attribute reads."""
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and text.lstrip("-").replace("-", "_") == attribute


def _called(context: Context, node: ast.Call) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The function that is called; if it is not known which, every one of that name in the file."""
    function = getattr(context.evaluator.value_of(node.func), "node", None)
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return [function]
    if not isinstance(node.func, ast.Attribute):
        return []
    functions = (
        one for one in context.flow.scopes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [one for one in functions if one.name == node.func.attr]


def _definition_sources(context: Context, definition: Definition, seen: set[Definition]) -> list[ast.AST]:
    if definition in seen:
        return []
    seen.add(definition)
    found: list[ast.AST] = [definition.value] if definition.value is not None else []
    if definition.kind == "method":
        found.append(definition.node)
    if isinstance(definition.node, ast.AugAssign):
        found.append(definition.node.value)
    if definition.kind == "parameter":
        function = definition.scope.node
        found.extend(context.evaluator.passed_arguments(function, definition.name))
        default = default_of(function, definition.name) if isinstance(function, Function) else None
        found.extend([] if default is None else [default])
    for other in (*definition.previous, *definition.changed_by):
        found.extend(_definition_sources(context, other, seen))
    return found


# -- what cannot be followed ----------------------------------------------------------------------


def may_hide_turns(context: Context, hole: ast.expr) -> str | None:
    """Why a hole that cannot be followed to its end may hold turns that the file writes elsewhere."""
    line = loose_marker(context)
    if not line or _is_closed(context, hole):
        return None
    return (
        f"line {line} writes a turn marker outside of a call's own prompt, and where it goes cannot be told"
    )


def _is_role(context: Context, word: ast.AST, expression: ast.expr) -> bool:
    """Whether the word is compared, or names a message's role, which the expression does not read."""
    parent = context.source.parent(word)
    if isinstance(parent, ast.Dict):
        keys = [key for key, value in zip(parent.keys, parent.values, strict=True) if value is word]
        if not all(isinstance(key, ast.Constant) and key.value == "role" for key in keys):
            return False
        return not any(
            isinstance(part, ast.Constant) and part.value == "role" for part in ast.walk(expression)
        ) and isinstance(expression, ast.Subscript | ast.Call)
    return isinstance(parent, ast.Compare)


def _is_closed(context: Context, hole: ast.expr) -> bool:
    """Whether every source of a hole is in sight: literals, plain reads, other packages' results."""
    nodes = list(closure_of(context, hole))
    return len(nodes) < MOST_STEPS and not any(_is_open_end(context, node) for node in nodes)


def _is_open_end(context: Context, node: ast.AST) -> bool:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        reaching = context.flow.reaching(node)
        value = context.evaluator.value_of(node)
        if isinstance(value, UserInstance | UserClass):
            return True  # its text is what its own methods say
        if isinstance(value, Foreign | UserFunction):
            return False
        return not reaching.definitions or any(
            _is_open_definition(context, one) for one in reaching.definitions
        )
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        value = context.evaluator.value_of(node)
        return not isinstance(value, Foreign | Constant | UserFunction) and not _is_method_call(context, node)
    return False


def _is_method_call(context: Context, node: ast.Attribute) -> bool:
    parent = context.source.parent(node)
    return isinstance(parent, ast.Call) and parent.func is node and node.attr in _TEXT_METHODS


_TEXT_METHODS = frozenset(
    {"strip", "lower", "upper", "join", "format", "read", "get", "replace", "split", "rstrip"}
)


def _is_open_definition(context: Context, definition: Definition) -> bool:
    if definition.kind == "parameter":
        return not context.evaluator.passed_arguments(definition.scope.node, definition.name)
    return definition.kind == "other"
