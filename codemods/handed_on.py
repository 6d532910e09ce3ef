# Calls that reach the create method through names and helpers. Finds sites; plans nothing.
"""Follow `client.completions` and its `create` to the calls that they end in.

    ask = partial(client.completions.create, model=MODEL, max_tokens_to_sample=300)
    ask(prompt=…)                                             a site; the partial's keywords are its own
    await asyncio.to_thread(client.completions.create, …)     a site: the helper hands keywords on
    await asyncio.to_thread(lambda: client.completions.create(…))   the response is what is awaited
    completions = client.completions; completions.create(…)   a site

Every use of a name on the way must end in such a call, for then the method behind the name can be
another one. Otherwise the load itself is the site, and the method goes through the adapter.
"""

from __future__ import annotations

import ast
import dataclasses

from codemods.attributes import attribute_of
from codemods.flow import Definition
from codemods.plans import Context, Site
from codemods.sdk_surface import RESPONSE_WRAPPERS
from codemods.values import Foreign, UserClass, UserFunction, UserInstance, Value

# Objects of other packages that call their first argument with the keywords they are given.
_RETRIERS = (Foreign("Retrying of tenacity"), Foreign("Retrying of retrying"))
# Functions of asyncio that give what awaiting their first argument gives.
_AWAITS = ("wait_for", "shield", "create_task", "ensure_future")
_DEEPEST = 8


def calls_through(context: Context, site: Site) -> list[Site]:
    """A site for each call that a load ends in; the one given if it is not known where it ends."""
    if site.call is not None:
        return [_run_by_helper(context, site) or _awaited_later(context, site)]
    bare = dataclasses.replace(site, wrapper=site.wrapper if site.is_prefixed else "", awaited=None)
    follow = _follow_method if site.is_old else _follow_resource
    return follow(context, bare, site.load) or [site]


def _follow_resource(context: Context, site: Site, node: ast.expr) -> list[Site] | None:
    parent = context.source.parent(node)
    if isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load):
        if parent.attr in RESPONSE_WRAPPERS:
            return _follow_resource(
                context, dataclasses.replace(site, wrapper=RESPONSE_WRAPPERS[parent.attr]), parent
            )
        return _follow_method(context, site, parent) if parent.attr == "create" else None
    return _follow_names(context, site, node, is_method=False)


def _follow_method(context: Context, site: Site, node: ast.expr) -> list[Site] | None:
    parent = context.source.parent(node)
    if not isinstance(parent, ast.Call):
        return _follow_names(context, site, node, is_method=True)
    if parent.func is node:
        return [_called(context, site, parent)]
    index = next((i for i, argument in enumerate(parent.args) if argument is node), None)
    if index is None:
        return None
    helper = context.evaluator.value_of(parent.func)
    name = getattr(parent.func, "attr", "")
    if index == 0 and _is_of(helper, "functools", "partial", name):
        return _follow_method(context, dataclasses.replace(site, layers=(*site.layers, parent)), parent)
    if index == 0 and _is_of(helper, "asyncio", "to_thread", name):
        return _deferred(context, site, parent, 1)
    if index == 1 and name == "run_in_executor" and not isinstance(helper, UserFunction):
        return _deferred(context, site, parent, 2)
    if index == 0 and name == "submit" and _is_of_package(helper, "concurrent.futures"):
        return _submitted(context, site, parent)
    if index == 0 and helper in _RETRIERS and name in ("", "call") and not site.is_async:
        return [dataclasses.replace(site, call=parent, leading=1)]
    return None


def _called(context: Context, site: Site, call: ast.Call) -> Site:
    above = context.source.parent(call)
    awaited = above if isinstance(above, ast.Await) else None
    return _awaited_later(context, dataclasses.replace(site, call=call, awaited=awaited))


def _awaited_later(context: Context, site: Site) -> Site:
    """`await asyncio.wait_for(create(…), 10)`, `task = create_task(create(…)) … await task`."""
    if site.awaited is not None or site.call is None or not (site.is_async or site.is_deferred):
        return site
    return dataclasses.replace(site, outcome=_awaited(context, site.call))


def _run_by_helper(context: Context, site: Site) -> Site | None:
    """`await asyncio.to_thread(lambda: create(…))`: what the function gives comes out of the helper."""
    function = context.source.parent(site.call) if site.call is not None else None
    if site.is_async or not isinstance(function, ast.Lambda) or ast.unparse(function.args):
        return None
    call = context.source.parent(function)
    if not isinstance(call, ast.Call) or call.keywords or not call.args or call.args[-1] is not function:
        return None
    helper, name = context.evaluator.value_of(call.func), getattr(call.func, "attr", "")
    in_thread = len(call.args) == 1 and _is_of(helper, "asyncio", "to_thread", name)
    in_executor = len(call.args) == 2 and name == "run_in_executor" and not isinstance(helper, UserFunction)
    outcome: ast.expr | None = None
    if in_thread or in_executor:
        outcome = _awaited(context, call)
    elif len(call.args) == 1 and name == "submit" and _is_of_package(helper, "concurrent.futures"):
        outcome = _result(context, call)
    return None if outcome is None else dataclasses.replace(site, outcome=outcome)


def _awaited(context: Context, node: ast.expr) -> ast.Await | None:
    """Where the one await of an awaitable stands."""
    parent = context.source.parent(node)
    if isinstance(parent, ast.Await):
        return parent
    if isinstance(parent, ast.Call) and parent.args and parent.args[0] is node:
        helper, name = context.evaluator.value_of(parent.func), getattr(parent.func, "attr", "")
        known = any(_is_of(helper, "asyncio", wanted, name) for wanted in _AWAITS)
        return _awaited(context, parent) if known else None
    definitions = context.definitions_of_value(node)
    if len(definitions) != 1 or definitions[0].path or not context.can_edit(definitions[0]):
        return None
    uses = context.flow.uses(definitions[0])
    return (
        _awaited(context, uses[0]) if len(uses) == 1 and _is_only(context, definitions[0], uses[0]) else None
    )


def _deferred(context: Context, site: Site, call: ast.Call, leading: int) -> list[Site] | None:
    """A helper that gives an awaitable of the response; an async method would give one of a coroutine."""
    if site.is_async:
        return None
    return [_called(context, dataclasses.replace(site, leading=leading, is_deferred=True), call)]


def _submitted(context: Context, site: Site, call: ast.Call) -> list[Site] | None:
    """`executor.submit(create, …)`: the response is what the future's one `.result()` gives."""
    if site.is_async:
        return None
    outcome = _result(context, call)
    return [dataclasses.replace(site, call=call, leading=1, is_deferred=True, outcome=outcome)]


def _result(context: Context, call: ast.Call) -> ast.Call | None:
    """Where the one `.result()` of a future stands."""
    futures: list[ast.expr] = [call]
    definitions = context.definitions_of_value(call)
    if len(definitions) == 1 and context.can_edit(definitions[0]) and not definitions[0].path:
        futures = list(context.flow.uses(definitions[0]))
    results = [_result_of(context, future) for future in futures]
    return results[0] if len(results) == 1 else None


def _result_of(context: Context, future: ast.expr) -> ast.Call | None:
    attribute = context.source.parent(future)
    call = context.source.parent(attribute) if isinstance(attribute, ast.Attribute) else None
    is_result = isinstance(attribute, ast.Attribute) and attribute.attr == "result"
    return call if is_result and isinstance(call, ast.Call) and call.func is attribute else None


def _follow_names(context: Context, site: Site, node: ast.expr, *, is_method: bool) -> list[Site] | None:
    """Every use of the name or attribute that the expression is bound to."""
    definition = _bound_to(context, node)
    if definition is None or len(site.reached) >= _DEEPEST or not context.can_edit(definition):
        return None
    found: list[Site] = []
    for use in context.flow.uses(definition):
        through = dataclasses.replace(site, reached=(*site.reached, (definition, use)))
        follow = _follow_method if is_method else _follow_resource
        sites = follow(context, through, use) if _is_only(context, definition, use) else None
        if sites is None:
            return None
        found.extend(sites)
    return found or None


def _bound_to(context: Context, node: ast.expr) -> Definition | None:
    """The one definition that an assignment makes of an expression."""
    definitions = context.definitions_of_value(node)
    if len(definitions) == 1:
        (definition,) = definitions
        return definition if definition.kind == "assign" and not definition.path else None
    statement = context.source.parent(node)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if definitions or len(targets) != 1 or not isinstance(targets[0], ast.Attribute):
        return None
    owner = context.evaluator.value_of(targets[0].value)
    if not isinstance(owner, UserInstance | UserClass):
        return None
    return attribute_of(context, owner.node, targets[0].attr)


def _is_only(context: Context, definition: Definition, use: ast.expr) -> bool:
    """Whether nothing but the definition reaches the use."""
    if not isinstance(use, ast.Name):
        return True  # an attribute has one definition, or it would not have been found
    reaching = context.flow.reaching(use)
    return reaching.complete and reaching.definitions == (definition,)


def _is_of(value: Value, module: str, wanted: str, attribute: str) -> bool:
    """Whether a value is `wanted` of a module, however it was imported."""
    if not isinstance(value, Foreign):
        return False
    return value.what == f"{wanted} of {module}" or (
        value.what == f"the module {module}" and attribute == wanted
    )


def _is_of_package(value: Value, package: str) -> bool:
    return isinstance(value, Foreign) and value.what.endswith((f" of {package}", f"the module {package}"))
