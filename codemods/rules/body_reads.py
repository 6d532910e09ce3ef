"""Rewrite the reads of a reply's body.

    before: data["completion"]
    after:  "".join(block["text"] for block in data["content"] if block["type"] == "text")
    before: if "completion" in event: print(event["completion"])
    after:  if event.get("delta", {}).get("type") == "text_delta": print(event["delta"]["text"])

Text is read by block type, never by position. A body with other readers, or whose readers count on the
old leading blank, keeps its shape: `completion_body(…)`. An error's body is the same in both APIs, and
code that looks for it goes on as it did.
"""

from __future__ import annotations

import ast

from codemods.bodies import RequestSite
from codemods.edits import Edit
from codemods.flow import Definition
from codemods.plans import Context, Plan, Refusal
from codemods.replies import Level, Root, Trail, in_error_branch
from codemods.rules.kept_blank import kept_blank
from codemods.rules.read_places import Escapes, free_quote
from codemods.rules.responses import is_nested_in_class_body
from codemods.rules.stop_reasons import widen_stop_reason

_SAME = frozenset({"id", "model"})
_OF_ERRORS = frozenset({"error", "request_id"})


def rewrite_reply(context: Context, site: RequestSite, plan: Plan, root: Root) -> None:
    """Plan every read of a parsed reply, or keep the shape of its body. Raises Refusal if neither holds."""
    attempt = plan.attempt()
    try:
        if site in context.limits.wrapped:
            raise Escapes("another request's reply is read at the same place")
        if root.escape is not None:
            raise Escapes(root.escape)
        if root.shown and context.options.bridge and not plan.prompt_is_runtime:
            raise Escapes(f"the reply is printed whole at line {root.shown[0].lineno}")
        for node in root.shown:
            review_shown(attempt, node)
        for read in root.reads:
            _read(context, site, read, attempt)
    except Escapes as reason:
        _keep_shape(context, site, plan, root, str(reason))
        return
    plan.adopt(attempt)


def review_shown(plan: Plan, node: ast.expr) -> None:
    """A person has to say whether anybody reads what is printed or logged here."""
    plan.review("TC212", f"line {node.lineno} shows the reply as it came, which has other keys now")


def _keep_shape(context: Context, site: RequestSite, plan: Plan, root: Root, reason: str) -> None:
    if not context.options.bridge:
        raise Refusal("TC303", f"{reason}, and {context.no_bridge_reason}")
    if plan.prompt_is_runtime:
        raise Refusal(site.left_rule, f"{reason}, and the prompt is known only at run time")
    if not context.source.is_placed(root.node):
        raise Refusal(site.left_rule, reason)
    start, end = context.source.span(root.node)
    tail = ", leading_space=False)" if plan.has_prefill else ")"
    plan.edits.extend([Edit(start, start, ("completion_body(",), 1), Edit(end, end, (tail,), -1)])
    plan.bridge("TC103", reason, "completion_body")


def link(context: Context, site: RequestSite, plan: Plan, trail: Trail) -> None:
    """Another value that is read at the same place must be None or the reply to another request."""
    for use, level in trail.joined:
        for definition in context.flow.reaching(use).definitions:
            value = definition.value
            is_none = isinstance(value, ast.Constant) and value.value is None
            if definition in trail.names or is_none:
                continue
            other = _site_of(context, definition, level)
            if other is None:
                raise Refusal(site.left_rule, f"{use.id} at line {use.lineno} may also be something else")
            if other is not site:
                plan.linked.append(other)


def _site_of(context: Context, definition: Definition, level: Level) -> RequestSite | None:
    for site in context.sites:
        if isinstance(site, RequestSite):
            for trail in site.trails:
                if trail.names.get(definition) == level:
                    return site
    return None


# -- single reads ---------------------------------------------------------------------------------


def key_of(node: ast.expr) -> str:
    """The key that a read names: `d["key"]`, `d.get("key")`, `"key" in d`."""
    if isinstance(node, ast.Compare):
        key: ast.expr = node.left
    else:
        key = node.slice if isinstance(node, ast.Subscript) else node.args[0]  # type: ignore[attr-defined]
    assert isinstance(key, ast.Constant)
    return str(key.value)


def base_of(node: ast.expr) -> ast.expr:
    """The dict that is read."""
    if isinstance(node, ast.Subscript):
        return node.value
    if isinstance(node, ast.Compare):
        return node.comparators[0]
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    return node.func.value


def tail_of(context: Context, node: ast.expr) -> tuple[int, int]:
    """The span of `["key"]` or `.get("key")`, behind the dict and the parentheses around it."""
    source = context.source
    base_end, end = source.span(base_of(node))[1], source.span(node)[1]
    if isinstance(node, ast.Subscript):
        return source.data.rindex(b"[", base_end, source.span(node.slice)[0]), end
    assert isinstance(node, ast.Call)
    return source.data.rindex(b".", base_end, source.span(node.func)[1]), end


def check_place(context: Context, node: ast.expr) -> str:
    """The quote that may stand at a read. Raises Escapes where nothing can be written."""
    if not context.source.is_placed(node):
        raise Escapes(f"the read at line {node.lineno} stands inside a string we cannot edit")
    quote = free_quote(context, node)
    if quote is None:
        raise Escapes(f"no quote is left inside the f-string at line {node.lineno}")
    return quote


def _read(context: Context, site: RequestSite, node: ast.expr, plan: Plan) -> None:
    key = key_of(node)
    if key in _OF_ERRORS or in_error_branch(context, node):
        return
    if isinstance(node, ast.Compare):
        if key != "completion":
            raise Escapes(f"line {node.lineno} asks for {key!r} in the reply")
        quote = check_place(context, node)
        plan.edits.append(Edit(*context.source.span(node.left), (f"{quote}content{quote}",)))
    elif key == "completion":
        _read_text(context, site, node, plan)
    elif key == "stop_reason":
        widen_stop_reason(context, node, plan)
    elif key in _SAME:
        parent = context.source.parent(node)
        if isinstance(parent, ast.Compare | ast.Attribute | ast.Subscript):
            plan.review("TC208", f"line {node.lineno} looks at {key!r}, whose values are others now")
    else:
        raise Escapes(f"{key!r} of the reply is used at line {node.lineno}")


def _read_text(context: Context, site: RequestSite, node: ast.expr, plan: Plan) -> None:
    quote = check_place(context, node)
    if is_nested_in_class_body(context, node):
        raise Escapes(f"line {node.lineno} reads the text in a comprehension of a class body")
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    block = next(name for name in ("block", "part", "piece", "item", "content_block") if name not in used)
    blank, end_of_sum = kept_blank(context, node, plan, quote)
    opening = f"{blank}{quote}{quote}.join({block}[{quote}text{quote}] for {block} in "
    closing = f" if {block}[{quote}type{quote}] == {quote}text{quote}){end_of_sum}"
    content = f"[{quote}content{quote}]"
    if isinstance(node, ast.Call) and site.provider == "http":
        opening, content, closing = _for_errors(context, node, quote, (opening, closing), bool(blank))
    start = context.source.span(node)[0]
    plan.edits.append(Edit(start, start, (opening,)))
    plan.edits.append(Edit(*tail_of(context, node), (f"{content}{closing}",)))


def _for_errors(
    context: Context, node: ast.Call, quote: str, around: tuple[str, str], keeps_blank: bool
) -> tuple[str, str, str]:
    """`data.get("completion")` of an error's body gave the default, and has to give it still."""
    base = base_of(node)
    default = context.source.node_text(node.args[1]) if len(node.args) > 1 else "None"
    if default in ('""', "''") and not keeps_blank:
        return around[0], f".get({quote}content{quote}, ())", around[1]
    if not isinstance(base, ast.Name):
        raise Escapes(f"line {node.lineno} reads the text of a reply that may be an error")
    if any(isinstance(part, ast.Call | ast.Await | ast.JoinedStr) for part in ast.walk(node.args[-1])):
        raise Escapes(f"line {node.lineno} computes what stands for a missing text")
    tail = f"{around[1]} if {quote}content{quote} in {base.id} else {default})"
    return f"({around[0]}", f"[{quote}content{quote}]", tail
