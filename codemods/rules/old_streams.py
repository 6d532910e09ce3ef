"""Rewrite a loop over a stream of SDK 0.2, whose pieces repeated the text so far.

    before: for data in client.completion_stream(prompt=…):
                print(data["completion"][len(shown):], end="")
                shown = data["completion"]
    after:  text_so_far = ""
            for data in client.messages.create(messages=…, stream=True):
                if data.type not in ("content_block_delta", "message_delta"):
                    continue
                text_so_far += getattr(data.delta, "text", "")
                print(text_so_far[len(shown):], end="")
                shown = text_so_far

Adding up what Messages sends in pieces gives what the old stream repeated, so whatever the loop does
with it stays right. Source: the SDK's release note for 0.3.0.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from codemods.edits import Edit
from codemods.flow import Definition
from codemods.plans import Context, Plan, Site
from codemods.rules.blank_readers import CountsOnBlank
from codemods.rules.kept_blank import who_counts
from codemods.rules.read_places import Escapes, free_quote
from codemods.rules.reads import Read
from codemods.rules.stop_reasons import widen_stop_reason


def free_name(context: Context, names: Sequence[str]) -> str:
    """The first of the names that the file does not use yet."""
    used = {name.id for name in context.source.nodes_of(ast.Name)}
    used.update(name for scope in context.flow.scopes.values() for name in scope.names)
    free = next((name for name in names if name not in used), None)
    if free is None:
        raise Escapes(f"the file has a use for the name {names[0]} already")
    return free


def check_read_once(context: Context, definition: Definition) -> None:
    """Raises Escapes if several loops, or one loop again and again, may read the same stream."""
    loops = [
        parent
        for use in context.flow.uses(definition)
        if isinstance(parent := context.source.parent(use), ast.For | ast.AsyncFor) and parent.iter is use
    ]
    if len(loops) > 1 or any(
        definition.node not in set(ast.walk(outer))
        for loop in loops
        for outer in _loops_around(context, loop)
    ):
        raise Escapes("a stream is read by several loops, and each would begin a sum of its own")


def check_alone(context: Context, loop: ast.For | ast.AsyncFor) -> None:
    """Raises Escapes if another stream is read inside the loop, or the loop inside another's.

    The same if new names would stay behind as attributes of a class.
    """
    if _is_in_class_body(context, loop):
        raise Escapes("the loop stands in the body of a class, where a new name is an attribute")
    if isinstance(loop.iter, ast.Name):
        for definition in context.flow.reaching(loop.iter).definitions:
            check_read_once(context, definition)
    inside = {part for statement in loop.body for part in ast.walk(statement)}
    around = {outer.iter for outer in _loops_around(context, loop) if not isinstance(outer, ast.While)}
    for site in context.sites:
        if _may_stream(site) and (site.call in inside or site.result in around):
            raise Escapes("the loops over two streams stand in each other")


def _is_in_class_body(context: Context, loop: ast.AST) -> bool:
    current = context.source.parent(loop)
    while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(current, ast.ClassDef):
            return True
        current = context.source.parent(current)
    return False


def _may_stream(site: Site) -> bool:
    named = {keyword.arg for keyword in site.call.keywords} if site.call is not None else {None}
    return site.method.endswith("_stream") if site.is_old else bool(named & {"stream", None})


def _loops_around(context: Context, loop: ast.AST) -> list[ast.For | ast.AsyncFor | ast.While]:
    found: list[ast.For | ast.AsyncFor | ast.While] = []
    current = context.source.parent(loop)
    while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(current, ast.For | ast.AsyncFor | ast.While):
            found.append(current)
        current = context.source.parent(current)
    return found


def before_loop(context: Context, loop: ast.For | ast.AsyncFor, name: str, value: str) -> Edit:
    """A line in front of the loop that gives a name its first value."""
    start = context.source.span(loop)[0]
    line = context.source.line_start(start)
    text = f'{context.source.indentation(start)}{name} = "{value}"{context.source.newline}'
    return Edit(line, line, (text,), 5)


def lines_of_sum(event: str, name: str, *, keeps_blank: bool) -> list[str]:
    """Lines that add the text of an event to the sum; a tab stands for one step of indentation."""
    text = f'getattr({event}.delta, "text", "")'
    if not keeps_blank:
        return [f"{name} += {text}"]
    return [f"if {text}:", f'\t{name} = ({name} or " ") + {event}.delta.text']


def rewrite_sums(context: Context, reads: Sequence[Read], name: str, plan: Plan) -> CountsOnBlank | None:
    """Every `data["completion"]` becomes the sum; the stop reason is read from its own event.

    Returns a reader that counts on the blank which the old text began with, if there is one.
    """
    texts = {read.node for read in reads if read.name == "completion"}
    differences = [one for text in texts if (one := _difference(context, text, texts)) is not None]
    shown = {name for _, name in differences}
    counting = [who_counts(context, whole, plan, is_piece=True) for whole, _ in differences]
    settled = {part for whole, _ in differences for part in ast.walk(whole)}
    for read in reads:
        if read.name == "completion":
            if read.node not in settled and not _is_only_shown(context, read.node, shown):
                counting.append(who_counts(context, read.node, plan))
            plan.edits.append(Edit(*context.source.span(read.node), (name,)))
        elif read.name == "stop_reason":
            _rewrite_stop_reason(context, read, plan)
        else:
            raise Escapes(f"`{read.name}` of a piece is read at line {read.node.lineno}")
    return next((reason for reason in counting if reason is not None), None)


def _rewrite_stop_reason(context: Context, read: Read, plan: Plan) -> None:
    quote = free_quote(context, read.node)
    if quote is None:
        raise Escapes(f"the piece at line {read.node.lineno} cannot be read in another way")
    start = context.source.span(read.node)[0]
    plan.edits.append(Edit(start, start, ("getattr(",)))
    plan.edits.append(read.attribute(f"delta, {quote}stop_reason{quote}, None)"))
    widen_stop_reason(context, read.node, plan)


def _is_only_shown(context: Context, text: ast.expr, shown: set[ast.Name]) -> bool:
    """Whether a text is kept for nothing but to be cut off from the next one."""
    definitions = context.definitions_of_value(text)
    return bool(definitions) and all(use in shown for one in definitions for use in context.flow.uses(one))


def _difference(context: Context, text: ast.expr, texts: set[ast.expr]) -> tuple[ast.expr, ast.Name] | None:
    """`text[len(shown):]` or `text.replace(shown, "")`, where `shown` is an earlier text of the loop:
    the same with the leading blank or without. The whole expression, and the name."""
    parent = context.source.parent(text)
    shown: ast.expr | None = None
    if isinstance(parent, ast.Subscript) and isinstance(parent.slice, ast.Slice):
        low = parent.slice.lower
        is_length = isinstance(low, ast.Call) and getattr(low.func, "id", "") == "len" and len(low.args) == 1
        whole = parent.slice.upper is None and parent.slice.step is None
        shown = low.args[0] if is_length and whole and isinstance(low, ast.Call) else None
        found: ast.expr | None = parent
    elif isinstance(parent, ast.Attribute) and parent.attr == "replace":
        call = context.source.parent(parent)
        found = call if isinstance(call, ast.Call) and call.func is parent and len(call.args) == 2 else None
        shown = found.args[0] if isinstance(found, ast.Call) else None
    else:
        return None
    if found is None or not isinstance(shown, ast.Name) or not _is_earlier(context, shown, texts):
        return None
    return found, shown


def _is_earlier(context: Context, shown: ast.Name, texts: set[ast.expr]) -> bool:
    """Whether a name holds nothing, or a text of the loop."""
    reaching = context.flow.reaching(shown)
    values = [one.value for one in reaching.definitions if not one.path and one.kind == "assign"]
    if not reaching.complete or len(values) != len(reaching.definitions):
        return False
    return all(value in texts or (isinstance(value, ast.Constant) and value.value == "") for value in values)
