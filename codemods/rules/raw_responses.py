"""Rewrite calls whose response comes wrapped: what is read of the wrapper, and what its `parse()` gives.

    before: raw = client.completions.with_raw_response.create(…)
            print(raw.headers["request-id"], raw.parse().completion)
    after:  raw = client.messages.with_raw_response.create(…)
            print(raw.headers["request-id"], "".join(… for block in raw.parse().content …))

The wrapper is the same object under `messages`, apart from the body. From SDK 1.0 on, the `parse()` of
an asynchronous raw response has to be awaited. A wrapper that goes on, or whose body is read, stays
with the adapter. Source: anthropic 0.40.0 to 0.125.0, `_legacy_response.py` and `_response.py`;
1.17.0 and 2.12.0, `_response.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from codemods.edits import Edit
from codemods.floors import AWAITED_PARSE
from codemods.flow import Definition
from codemods.plans import Context, Plan, Refusal, Site
from codemods.rules.read_places import Escapes, check_read, is_test_only
from codemods.rules.responses import check_visible, follow_response, link, where_it_goes
from codemods.rules.streams import follow_stream
from codemods.scopes import Comprehension

# What is read of the wrapper, and of the plain response inside, and means the same under both.
_SAME = frozenset(
    {
        "headers",
        "status_code",
        "method",
        "http_version",
        "elapsed",
        "is_closed",
        "request_id",
        "retries_taken",
    }
)
# The address, which is that of the other endpoint.
_ADDRESS = "url"
_SAME_INSIDE = {
    "http_request": frozenset({"headers", "method"}),
    "http_response": frozenset(
        {
            "headers",
            "status_code",
            "is_closed",
            "is_success",
            "is_error",
            "reason_phrase",
            "http_version",
            "elapsed",
        }
    ),
}
# What gives the body of a response that was not read yet.
_BODIES = frozenset({"read", "text", "json", "iter_bytes", "iter_text", "iter_lines", "iter_raw"})


@dataclass(slots=True)
class _Wrapper:
    """One wrapper that is followed. answers: what its `parse()` calls give, awaited where they have to be."""

    context: Context
    site: Site
    plan: Plan
    is_async: bool
    answers: list[ast.expr] = field(default_factory=list)

    @property
    def is_streamed(self) -> bool:
        """Whether the body is read only on demand, inside a `with`."""
        return self.site.wrapper == "with_streaming_response"


def rewrite_wrapped(context: Context, site: Site, plan: Plan) -> None:
    """Plan every read of the wrapper. Raises Refusal (TC104) where only the adapter can serve it."""
    attempt = plan.attempt()
    try:
        _rewrite(context, site, attempt, streams=plan.streams)
    except Escapes as reason:
        raise Refusal("TC104", f"`.{site.wrapper}` wraps the legacy response: {reason}") from reason
    plan.adopt(attempt)


def _rewrite(context: Context, site: Site, plan: Plan, *, streams: str) -> None:
    assert site.result is not None
    if site in context.limits.wrapped:
        raise Escapes("another call's response is read at the same place")
    if streams == "maybe":
        raise Escapes("whether the call streams is known only at run time")
    wrapper = _Wrapper(context, site, plan, is_async=False)
    if wrapper.is_streamed:
        _follow_manager(wrapper, site.result)
    else:
        wrapper.is_async = _gives_coroutine(site)
        _follow(wrapper, site.result)
    plan.responses.update(wrapper.answers)
    follow = follow_response if streams == "no" else follow_stream
    for answer in wrapper.answers:
        follow(context, site, answer, plan)


def _gives_coroutine(site: Site) -> bool:
    """Whether an asynchronous method made the raw response."""
    if (site.is_async or site.is_deferred) and site.awaited is None and site.outcome is None:
        raise Escapes("it is awaited somewhere else")
    return site.is_async or (
        site.client.flavour == "unstated" and site.awaited is not None and not site.is_deferred
    )


def notice_bodies(context: Context, site: Site, plan: Plan) -> None:
    """Ask for a review where the adapter gives the body as it came, which is that of a Message."""
    names = _BODIES if site.wrapper == "with_streaming_response" else ()
    held = [] if site.result is None else [site.result]
    held += [
        use for one in held for name in context.definitions_of_value(one) for use in context.flow.uses(name)
    ]
    reads = [read for one in held if isinstance(read := context.source.parent(one), ast.Attribute)]
    for read in reads:
        inner = context.source.parent(read)
        is_inside = read.attr in _SAME_INSIDE and not _is_same_inside(read, inner)
        is_other_type = read.attr == "parse" and bool(getattr(inner, "keywords", ()))
        if is_inside or is_other_type or read.attr in names:
            reason = f"line {read.lineno} reads `.{read.attr}`, whose body is that of a Message now"
            plan.review("TC209", reason)


# -- following the wrapper ------------------------------------------------------------------------


def _follow_manager(wrapper: _Wrapper, manager: ast.expr) -> None:
    """`with … as response:` where the body is not read at once."""
    source = wrapper.context.source
    parent = source.parent(manager)
    if isinstance(parent, ast.withitem) and parent.context_expr is manager:
        wrapper.is_async = isinstance(source.parent(parent), ast.AsyncWith)
        if isinstance(parent.optional_vars, ast.Name):
            _follow_names(wrapper, wrapper.context.definitions_of_value(manager), _follow)
        elif parent.optional_vars is not None:
            raise Escapes(f"it is stored where other code may read it (line {manager.lineno})")
    elif isinstance(parent, ast.Assign):
        _follow_names(wrapper, _assigned(wrapper, parent, manager), _follow_manager)
    else:
        raise Escapes(_words(parent, manager))


def _follow(wrapper: _Wrapper, node: ast.expr) -> None:
    parent = wrapper.context.source.parent(node)
    if isinstance(parent, ast.Attribute):
        _read(wrapper, parent)
    elif isinstance(parent, ast.Assign):
        _follow_names(wrapper, _assigned(wrapper, parent, node), _follow)
    elif isinstance(parent, ast.NamedExpr):
        _follow(wrapper, parent)
        _follow_names(wrapper, wrapper.context.definitions_of_value(node), _follow)
    elif not isinstance(parent, ast.Expr) and not is_test_only(wrapper.context, node, parent):
        raise Escapes(_words(parent, node))


def _assigned(wrapper: _Wrapper, statement: ast.Assign, value: ast.expr) -> Sequence[Definition]:
    definitions = wrapper.context.definitions_of_value(value)
    if not definitions or not all(isinstance(target, ast.Name) for target in statement.targets):
        raise Escapes(f"it is stored where other code may read it (line {value.lineno})")
    return definitions


def _follow_names(
    wrapper: _Wrapper, definitions: Sequence[Definition], follow: Callable[[_Wrapper, ast.expr], None]
) -> None:
    context = wrapper.context
    for definition in definitions:
        check_visible(context, definition)
        for use in context.flow.uses(definition):
            follow(wrapper, use)
            for other in context.flow.reaching(use).definitions:
                if other is not definition:
                    link(context, other, use, wrapper.plan)


def _words(parent: ast.AST | None, node: ast.expr) -> str:
    return where_it_goes(parent, node).removeprefix("the response ").join(("it ", ""))


# -- single reads ---------------------------------------------------------------------------------


def _read(wrapper: _Wrapper, node: ast.Attribute) -> None:
    context = wrapper.context
    check_read(context, node)
    if node.attr == "parse":
        wrapper.answers.append(_answer(wrapper, node))
    elif node.attr in _SAME_INSIDE:
        inner = context.source.parent(node)
        if not isinstance(inner, ast.Attribute) or not _is_same_inside(node, inner):
            raise Escapes(f"`.{node.attr}` is used as a whole, or for its body, at line {node.lineno}")
        check_read(context, inner)
        _look_at_address(wrapper, inner)
    elif node.attr in (*_SAME, _ADDRESS) or (node.attr == "close" and wrapper.is_streamed):
        _look_at_address(wrapper, node)
    else:
        raise Escapes(f"`.{node.attr}` is used at line {node.lineno}")


def _is_same_inside(read: ast.Attribute, inner: ast.AST | None) -> bool:
    return isinstance(inner, ast.Attribute) and inner.attr in (*_SAME_INSIDE[read.attr], _ADDRESS)


def _look_at_address(wrapper: _Wrapper, node: ast.Attribute) -> None:
    parent = wrapper.context.source.parent(node)
    if node.attr == _ADDRESS and isinstance(parent, ast.Compare | ast.Attribute | ast.Subscript):
        wrapper.plan.review(
            "TC208", f"line {node.lineno} looks at `.url`, which names the other endpoint now"
        )


def _answer(wrapper: _Wrapper, method: ast.Attribute) -> ast.expr:
    """What a `parse()` gives once it is awaited, which from SDK 1.0 on every asynchronous one has to be."""
    source = wrapper.context.source
    call = source.parent(method)
    if not isinstance(call, ast.Call) or call.func is not method or call.args or call.keywords:
        raise Escapes(f"`parse` is not simply called at line {method.lineno}")
    above = source.parent(call)
    if isinstance(above, ast.Await) != (wrapper.is_async and wrapper.is_streamed):
        raise Escapes(f"`parse()` is not awaited as it had to be at line {method.lineno}")
    if isinstance(above, ast.Await):
        return above
    if wrapper.is_async:
        _await(wrapper, call)
    return call


def _await(wrapper: _Wrapper, call: ast.Call) -> None:
    context, plan = wrapper.context, wrapper.plan
    if not _may_await(wrapper, call):
        raise Escapes(f"`parse()` cannot be awaited at line {call.lineno}")
    start, end = context.source.span(call)
    parent = context.source.parent(call)
    before, after = ("(", ")") if isinstance(parent, ast.Attribute | ast.Subscript | ast.Call) else ("", "")
    if isinstance(parent, ast.Call) and parent.func is not call:
        before = after = ""
    plan.edits.append(Edit(start, start, (f"{before}await ",), 2))
    if after:
        plan.edits.append(Edit(end, end, (after,), -2))
    plan.sdk_floor = max(plan.sdk_floor, AWAITED_PARSE)
    plan.notes.append(f"`parse()` at line {call.lineno} is awaited, as it has to be from anthropic 1.0 on")


def _may_await(wrapper: _Wrapper, call: ast.Call) -> bool:
    """Whether the call runs in the very function that awaited the response."""
    assert wrapper.site.result is not None
    return _runs_in(wrapper.context, call) is _runs_in(wrapper.context, wrapper.site.result)


def _runs_in(context: Context, node: ast.AST) -> ast.AST | None:
    """The function, comprehension or module whose frame a node runs in."""
    frames = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, *Comprehension.__args__)
    current = context.source.parent(node)
    while current is not None and not isinstance(current, frames):
        current = context.source.parent(current)
    return current
