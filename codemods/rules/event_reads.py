"""Rewrite the reads of a stream's events, inside the loop that reads them.

    before: for line in r.iter_lines():
                event = json.loads(line[5:])
                if "completion" in event:
                    print(event["completion"], end="")
    after:          if event.get("delta", {}).get("type") == "text_delta":
                    print(event["delta"]["text"], end="")
    before: text = json.loads(event["chunk"]["bytes"])["completion"]
    after:  text = json.loads(event["chunk"]["bytes"]).get("delta", {}).get("text", "")

Each event of the old stream had text, or an end with its reason; of the new ones only some do. A reader
that takes no notice of that is kept from the others by a `continue`. Loops that do more are left.
"""

from __future__ import annotations

import ast

from codemods.bodies import RequestSite
from codemods.edits import Edit
from codemods.plans import Context, Plan, Refusal
from codemods.replies import Root
from codemods.rules.blank_readers import CountsOnBlank
from codemods.rules.body_reads import base_of, check_place, key_of, tail_of
from codemods.rules.leading_space import check_leading_space
from codemods.rules.read_places import Escapes
from codemods.rules.stop_reasons import widen_stop_reason

_PIECES = '("content_block_delta", "message_delta")'


def rewrite_events(context: Context, site: RequestSite, plan: Plan, root: Root) -> None:
    """Plan every read of one event. Raises Refusal if one cannot be followed."""
    if root.escape is not None or root.shown:
        raise Refusal(site.left_rule, "an event of the stream goes on as a whole")
    if site.provider == "http" and not site.streams:
        raise Refusal(site.left_rule, "whether it streams is not visible")
    try:
        for read in root.reads:
            _read(context, site, root, read, plan)
    except Escapes as reason:
        raise Refusal(site.left_rule, str(reason)) from reason


def _read(context: Context, site: RequestSite, root: Root, node: ast.expr, plan: Plan) -> None:
    key = key_of(node)
    quote = check_place(context, node)
    source = context.source
    delta = f".get({quote}delta{quote}, {{}})"
    if isinstance(node, ast.Compare):
        if key != "completion":
            raise Escapes(f"line {node.lineno} asks for {key!r} in an event")
        word = "==" if isinstance(node.ops[0], ast.In) else "!="
        start, end = source.span(node)
        base = source.node_text(base_of(node))
        text = f"{base}{delta}.get({quote}type{quote}) {word} {quote}text_delta{quote}"
        plan.edits.append(Edit(start, end, (text,)))
    elif key == "completion":
        written = _text_of(context, site, root, node, plan, quote)
        plan.edits.append(Edit(*tail_of(context, node), (written,)))
    elif key == "stop_reason":
        widen_stop_reason(context, node, plan)
        plan.edits.append(Edit(*tail_of(context, node), (f"{delta}.get({quote}stop_reason{quote})",)))
    else:
        raise Escapes(f"{key!r} of an event is used at line {node.lineno}")


def _text_of(context: Context, site: RequestSite, root: Root, node: ast.expr, plan: Plan, quote: str) -> str:
    _check_blank(context, node)
    text, delta = f"{quote}text{quote}", f"{quote}delta{quote}"
    if _is_guarded(context, node):
        return f"[{delta}][{text}]"
    if isinstance(node, ast.Call) and site.provider == "http":
        default = f", {context.source.node_text(node.args[1])}" if len(node.args) > 1 else ""
        return f".get({delta}, {{}}).get({text}{default})"
    if site.provider == "http":
        raise Escapes(f"line {node.lineno} takes text from every event, also from those that never had any")
    if not _takes_empty_text(context, node):
        _skip_others(context, root, plan)
    return f".get({delta}, {{}}).get({text}, {quote}{quote})"


def _check_blank(context: Context, node: ast.expr) -> None:
    """The blank that began the first piece is gone; pieces added to an empty text are that text."""
    parent = context.source.parent(node)
    readers: list[ast.expr] = [node]
    if isinstance(parent, ast.AugAssign) and isinstance(parent.target, ast.Name):
        readers = _readers_of_sum(context, parent)
    try:
        for reader in readers:
            check_leading_space(context, reader)
    except CountsOnBlank as reason:
        raise Escapes(str(reason)) from reason


def _readers_of_sum(context: Context, node: ast.AugAssign) -> list[ast.expr]:
    """Who reads `text` of `text += piece`. Raises Escapes unless it begins as an empty text."""
    name = node.target.id if isinstance(node.target, ast.Name) else ""
    for scope in context.flow.scopes.values():
        for definition in scope.definitions.get(name, ()):
            if definition.node is not node:
                continue
            begun = [one for one in definition.previous if one.node is not node]
            if not begun or any(not _is_empty_text(one.value) for one in begun):
                raise Escapes(f"line {node.lineno} adds the text to another")
            return list(context.flow.uses(definition))
    raise Escapes(f"line {node.lineno} adds the text to another")


def _is_empty_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def _is_guarded(context: Context, node: ast.expr) -> bool:
    """Whether the read runs only where `"completion" in event` held, or a KeyError is passed over."""
    name = ast.dump(base_of(node))
    current: ast.AST = node
    while (parent := context.source.parent(current)) is not None:
        if isinstance(parent, ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.AsyncFunctionDef):
            body = parent.body
            before = body[: body.index(current)] if current in body else []
            return any(_skips_without_text(one, name) for one in before)
        if isinstance(parent, ast.If | ast.IfExp) and current is not parent.test:
            is_body = current in parent.body if isinstance(parent, ast.If) else current is parent.body
            if is_body and _asks_for_text(parent.test, name):
                return True
        if isinstance(parent, ast.Try) and current in parent.body and _passes_over(parent):
            return True
        current = parent
    return False


def _asks_for_text(test: ast.expr, name: str) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_asks_for_text(value, name) for value in test.values)
    return _is_membership(test, name, ast.In)


def _is_membership(test: ast.expr, name: str, kind: type[ast.cmpop]) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], kind)
        and isinstance(test.left, ast.Constant)
        and test.left.value == "completion"
        and ast.dump(test.comparators[0]) == name
    )


def _skips_without_text(statement: ast.stmt, name: str) -> bool:
    if not isinstance(statement, ast.If) or not _is_membership(statement.test, name, ast.NotIn):
        return False
    return isinstance(statement.body[-1], ast.Continue) and not statement.orelse


def _passes_over(node: ast.Try) -> bool:
    for handler in node.handlers:
        names = {
            part.id for part in ast.walk(handler.type or ast.Name("Exception")) if isinstance(part, ast.Name)
        }
        if names & {"KeyError", "Exception", "LookupError"}:
            return all(isinstance(one, ast.Pass | ast.Continue) for one in handler.body)
    return False


def _takes_empty_text(context: Context, node: ast.expr) -> bool:
    """Whether an empty piece more makes no difference: printed without a line end, or added to a text."""
    parent = context.source.parent(node)
    if isinstance(parent, ast.AugAssign):
        return True
    if not isinstance(parent, ast.Call):
        return False
    name = getattr(parent.func, "attr", None) or getattr(parent.func, "id", None)
    ends = {keyword.arg: keyword.value for keyword in parent.keywords}
    return name == "write" or (name == "print" and len(parent.args) == 1 and _is_empty_text(ends.get("end")))


def _skip_others(context: Context, root: Root, plan: Plan) -> None:
    """Pass over the events that the old stream did not have, behind the statement that reads one."""
    source = context.source
    statement = source.statement(root.node)
    loop = source.parent(statement)
    above = loop
    while isinstance(above, ast.If):
        above = source.parent(above)
    name = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if not isinstance(name, ast.Name) or not isinstance(above, ast.For | ast.AsyncFor):
        raise Escapes(f"line {root.node.lineno} takes text from every event, also from those without any")
    start, end = source.span(statement)
    if source.data[end : end + 1] not in (b"\n", b"\r"):
        raise Escapes(f"line {root.node.lineno} shares its line with something else")
    line = source.newline + source.indentation(start)
    text = f'{line}if {name.id}.get("type") not in {_PIECES}:{line}    continue'
    edit = Edit(end, end, (text,), 3)
    if edit not in plan.edits:
        plan.edits.append(edit)
