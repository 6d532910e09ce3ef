# What a call's argument is inside of the function that gets it. Follows nothing further.
"""The reads of the parameters and fields that an expression is handed to.

    show(answer)           every read of the parameter `answer`
    show(*answers)         the parameters that get the items, and what `*rest` collects
    Row(text=answer)       every read of the field `text`

With each read comes how many containers more than before stand around the text: one where `*args` or
`**kwargs` collect it, one less where `*answers` spreads it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from codemods.members import FunctionNode
from codemods.plans import Context

Use = tuple[ast.expr, int]


def reads_of_parameter(context: Context, function: FunctionNode, name: str | None) -> Iterator[ast.Name]:
    """Every read of a parameter of a function of the file."""
    for definition in context.flow.scopes[function].definitions.get(name or "", ()):
        yield from context.flow.uses(definition)


def uses_in_function(
    context: Context,
    function: FunctionNode,
    call: ast.Call,
    parent: ast.AST,
    given: ast.expr,
    keys: set[str | None],
) -> Iterator[Use]:
    """The reads of what a call, of whichever file, hands to a function of this one.

    parent: the call or the keyword that holds it. keys: those that texts went under, to add to.
    """
    arguments = function.args
    positional = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    if positional[:1] in (["self"], ["cls"]):
        positional = positional[1:]
    named = [*positional, *(one.arg for one in arguments.kwonlyargs)]
    collecting = arguments.kwarg if isinstance(parent, ast.keyword) else arguments.vararg
    collected = list(reads_of_parameter(context, function, collecting.arg)) if collecting else []
    if isinstance(given, ast.Starred) or getattr(parent, "arg", "") is None:
        spread = positional[call.args.index(given) :] if isinstance(given, ast.Starred) else named
        taken = [one for one in spread if isinstance(given, ast.Starred) or not keys.isdisjoint({one, None})]
        yield from ((use, -1) for one in taken for use in reads_of_parameter(context, function, one))
        yield from ((use, 0) for use in collected)
        return
    name = _name_given(call, parent, given, positional)
    if name in named:
        yield from ((use, 0) for use in reads_of_parameter(context, function, name))
    elif collected:
        if isinstance(parent, ast.keyword):
            keys.add(name)
        yield from ((use, 1) for use in collected)


def field_given(
    owner: ast.ClassDef, call: ast.Call, parent: ast.AST, given: ast.expr
) -> tuple[ast.FunctionDef | None, str | None]:
    """The `__init__` of a class, if it has one, and the parameter or field that a constructor fills."""
    made = next(
        (one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None
    )
    fields = [
        one.target.id
        for one in owner.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    ]
    return made, _name_given(call, parent, given, fields)


def named_field(context: Context, call: ast.Call, parent: ast.AST, given: ast.expr) -> str | None:
    """The field of a `collections.namedtuple` that a constructor fills."""
    reaching = context.flow.reaching(call.func) if isinstance(call.func, ast.Name) else None
    made = [one.value for one in reaching.definitions] if reaching is not None else []
    if len(made) != 1 or not isinstance(made[0], ast.Call) or len(made[0].args) != 2:
        return None
    if getattr(made[0].func, "id", getattr(made[0].func, "attr", "")) != "namedtuple":
        return None
    stated = made[0].args[1]
    parts = stated.elts if isinstance(stated, ast.List | ast.Tuple) else [stated]
    words = " ".join(str(one.value) for one in parts if isinstance(one, ast.Constant))
    return _name_given(call, parent, given, words.replace(",", " ").split())


def parameters_with_default(function: FunctionNode | ast.Lambda, default: ast.expr) -> Iterator[str]:
    """The parameters that are an expression unless a call says otherwise."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    yield from (parameter.arg for parameter, given in pairs if given is default)


def _name_given(call: ast.Call, parent: ast.AST, given: ast.expr, names: Sequence[str]) -> str | None:
    """The parameter that a call gives something to, of those that it fills by their order."""
    if isinstance(parent, ast.keyword):
        return parent.arg
    index = call.args.index(given) if given in call.args else len(names)
    return names[index] if index < len(names) else None
