"""The forms a prompt may have: through names with several definitions, helpers and parameters.

    prompt = build(question)                 the returns of `build`
    prompt = a if short else b               both
    def ask(prompt): … create(prompt=prompt) what each caller passes

A form says what to cut and which definitions that touches. A helper or a parameter has forms only if
every call of the function is in sight; whether all its readers agree is checked once all plans stand.
"""

from __future__ import annotations

import ast

from codemods.callers import is_only_shown
from codemods.flow import Definition
from codemods.plans import Context
from codemods.template_nodes import Hole, Named, Template, Through
from codemods.templates import returned_expressions
from codemods.values import UserClass, UserFunction

_MOST_FORMS = 8
_DEEPEST = 6


def forms_of(context: Context, node: ast.expr, depth: int = 0) -> list[Template]:
    """The template of the prompt, or one for each definition, return or caller that may reach it.

    A single `Hole` if one of them is not a template.
    """
    if isinstance(node, ast.IfExp):
        return [*forms_of(context, node.body, depth + 1), *forms_of(context, node.orelse, depth + 1)]
    template = context.templates.template_of(node)
    if not isinstance(template, Hole) or depth > _DEEPEST:
        return [template]
    found: list[Template] = []
    if isinstance(node, ast.Name):
        found = _named_forms(context, node, depth)
    elif isinstance(node, ast.Call):
        found = _returned_forms(context, node, depth)
    if not 0 < len(found) <= _MOST_FORMS or any(isinstance(one, Hole) for one in found):
        return [template]
    return found


def _named_forms(context: Context, node: ast.Name, depth: int) -> list[Template]:
    reaching = context.flow.reaching(node)
    if not reaching.complete or not 0 < len(reaching.definitions) <= _MOST_FORMS:
        return []
    found: list[Template] = []
    for definition in reaching.definitions:
        inner = _forms_of_definition(context, definition, depth)
        if not inner or any(isinstance(one, Hole) for one in inner):
            return []
        is_passed = definition.kind == "parameter"
        found.extend(
            Through(node, one.flat, definition, node, one)
            if is_passed
            else Named(node, one.flat, definition, one)
            for one in inner
        )
    return found


def _forms_of_definition(context: Context, definition: Definition, depth: int) -> list[Template]:
    """The templates a definition may give, if each is one."""
    if definition.kind == "parameter":
        return _passed_forms(context, definition, depth)
    if definition.kind == "assign" and definition.value is not None and not definition.path:
        return forms_of(context, definition.value, depth + 1)
    inner = context.templates.template_of_definition(definition)
    return [] if inner is None else [inner]


def _returned_forms(context: Context, node: ast.Call, depth: int) -> list[Template]:
    members = context.templates.members
    function = members.function_of(node)
    definition = members.definition_of(function) if function is not None else None
    if function is None or definition is None:
        return []
    found = [one for value in returned_expressions(function) for one in forms_of(context, value, depth + 1)]
    if any(isinstance(one, Hole) for one in found):
        return []
    return [Through(node, one.flat, definition, node.func, one) for one in found]


# -- what callers pass ----------------------------------------------------------------------------


def _passed_forms(context: Context, parameter: Definition, depth: int) -> list[Template]:
    """What every call of the function passes for one of its parameters."""
    found: list[Template] = []
    for argument in passed_everywhere(context, parameter) or ():
        found.extend(forms_of(context, argument, depth + 1))
    return found


def passed_everywhere(context: Context, parameter: Definition) -> list[ast.expr] | None:
    """The argument of each call, if all calls are in sight and each states it; else None."""
    function = parameter.scope.node
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or _is_decorated(function):
        return None
    definition = context.templates.members.definition_of(function)
    if definition is None or not context.can_edit(definition) or not is_own_affair(context, function):
        return None
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    if isinstance(context.source.parent(function), ast.ClassDef) and not function.decorator_list:
        names = names[1:]
    found: list[ast.expr] = []
    for use in definition.uses:
        call = context.source.parent(use)
        if not isinstance(call, ast.Call) or call.func is not use:
            return None
        if context.templates.members.function_of(call) is not function:
            return None
        argument = _argument(call, names, parameter.name)
        if argument is None:
            return None
        found.append(argument)
    return found


def is_own_affair(context: Context, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether nobody outside is meant to call the function: it is private, nested, or in a script.

    What a public function of a library takes is a promise to people whose code no run can see.
    """
    owner = context.source.parent(function)
    named: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef = function
    if isinstance(owner, ast.ClassDef) and function.name == "__init__":  # called by the name of its class
        named, owner = owner, context.source.parent(owner)
    is_nested = not isinstance(owner, ast.Module | ast.ClassDef)
    is_private = named.name.startswith("_") and not named.name.endswith("__")
    if is_nested or is_private:
        return True
    return "*" not in context.loaded and _is_script(context) and not is_only_shown(context, function)


def _is_script(context: Context) -> bool:
    """Whether the file does something by itself: a `__main__` block, or a call of its own code."""
    for statement in context.source.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and node.value == "__main__":
                return True
            if isinstance(node, ast.Call) and isinstance(
                context.evaluator.value_of(node.func), UserFunction | UserClass
            ):
                return True
    return False


def _is_decorated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return [getattr(one, "id", "") for one in function.decorator_list] not in ([], ["staticmethod"])


def _argument(call: ast.Call, names: list[str], wanted: str) -> ast.expr | None:
    if any(isinstance(one, ast.Starred) for one in call.args) or any(k.arg is None for k in call.keywords):
        return None
    for keyword in call.keywords:
        if keyword.arg == wanted:
            return keyword.value
    index = names.index(wanted) if wanted in names else len(call.args)
    return call.args[index] if index < len(call.args) else None
