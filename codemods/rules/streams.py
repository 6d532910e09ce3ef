"""Rewrite a streaming call and the loop over its pieces.

    before: for chunk in stream:
                print(chunk.completion, end="")
    after:  for chunk in stream:
                if chunk.type != "content_block_delta" or chunk.delta.type != "text_delta":
                    continue
                print(chunk.delta.text, end="")

The old stream ended with an empty piece that carried the stop reason. A loop that may notice it gets
the event that carries it now, with the same empty text:

    after:  for chunk in stream:
                if chunk.type not in ("content_block_delta", "message_delta"):
                    continue
                yield getattr(chunk.delta, "text", "")

A stream that goes anywhere but into loops of this file is served by the adapter.
Source: the API's pages on streaming, old and new.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codemods.edits import Edit
from codemods.plans import Context, Plan, Refusal, Site
from codemods.rules.blank_readers import CountsOnBlank
from codemods.rules.kept_blank import WRITTEN_OUT, who_counts
from codemods.rules.old_streams import (
    before_loop,
    check_alone,
    check_read_once,
    free_name,
    lines_of_sum,
    rewrite_sums,
)
from codemods.rules.read_places import Escapes, check_read, free_quote, is_in_fstring, is_test_only
from codemods.rules.reads import Read, read_at
from codemods.rules.responses import LONGEST_LINE, check_visible, follow_use, where_it_goes
from codemods.rules.shown import is_shown, shows
from codemods.rules.stop_reasons import widen_stop_reason
from codemods.template_nodes import widen_over_parentheses

_SAME_ON_BOTH = frozenset({"close", "response"})
_CONTINUE = "\tcontinue"
_WRITES = frozenset({"write", "flush"})


@dataclass(frozen=True, slots=True)
class Form:
    """How events are told apart and read. `wanted`, `unwanted`: conditions on the loop variable."""

    wanted: str
    unwanted: str
    text: str


_TEXT_ONLY = Form(
    '{0}.type == "content_block_delta" and {0}.delta.type == "text_delta"',
    '{0}.type != "content_block_delta" or {0}.delta.type != "text_delta"',
    "",
)
_WITH_THE_END = Form(
    '{0}.type in ("content_block_delta", "message_delta")',
    '{0}.type not in ("content_block_delta", "message_delta")',
    '"text", ""',
)


def rewrite_stream(context: Context, site: Site, plan: Plan) -> None:
    """Plan every loop over the stream. Raises Refusal (TC105) where only the adapter can serve it."""
    assert site.result is not None
    attempt = plan.attempt()
    try:
        if site.is_async and site.awaited is None:
            raise Escapes("the stream's coroutine is awaited somewhere else")
        follow_stream(context, site, site.result, attempt)
    except Escapes as reason:
        raise Refusal("TC106" if site.is_old else "TC105", str(reason)) from reason
    plan.adopt(attempt)


def rewrite_either(context: Context, site: Site, plan: Plan) -> None:
    """A call that streams or not as a value says: loops read events, everything else reads a Message.

    Each stays the error it was if the value does not fit. Raises Refusal (TC105).
    """
    assert site.result is not None
    attempt = plan.attempt()
    try:
        definitions = context.definitions_of_value(site.result)
        if not definitions or (site.is_async and site.awaited is None):
            raise Escapes("whether the call streams is known only at run time")
        for definition in definitions:
            check_visible(context, definition)
            for use in context.flow.uses(definition):
                if _is_iterated(context, use):
                    follow_stream(context, site, use, attempt)
                else:
                    follow_use(context, site, definition, use, attempt)
    except Escapes as reason:
        raise Refusal("TC105", str(reason)) from reason
    plan.adopt(attempt)
    plan.notes.append("whether it streams is known only at run time; every reading in sight is rewritten")


def _is_iterated(context: Context, use: ast.Name) -> bool:
    parent = context.source.parent(use)
    return isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension) and parent.iter is use


def follow_stream(context: Context, site: Site, stream: ast.expr, plan: Plan) -> None:
    """Plan what is done with an expression that is the stream. Raises Escapes."""
    parent = context.source.parent(stream)
    if isinstance(parent, ast.For | ast.AsyncFor) and parent.iter is stream:
        if not _only_shows(context, parent, plan):
            (_rewrite_old_loop if site.is_old else _rewrite_loop)(context, parent, plan)
    elif isinstance(parent, ast.comprehension) and parent.iter is stream and not site.is_old:
        _rewrite_comprehension(context, parent, plan)
    elif isinstance(parent, ast.Attribute) and parent.attr in _SAME_ON_BOTH and not site.is_old:
        return
    elif isinstance(parent, ast.Assign | ast.NamedExpr | ast.withitem):
        _follow_names(context, site, stream, parent, plan)
    elif not isinstance(parent, ast.Expr) and not is_test_only(context, stream, parent):
        raise Escapes(where_it_goes(parent, stream).replace("response", "stream"))


def _follow_names(context: Context, site: Site, stream: ast.expr, parent: ast.AST, plan: Plan) -> None:
    definitions = context.definitions_of_value(stream)
    targets = parent.targets if isinstance(parent, ast.Assign) else []
    if not definitions or not all(isinstance(target, ast.Name) for target in targets):
        raise Escapes(f"the stream is stored where other code may read it (line {stream.lineno})")
    if isinstance(parent, ast.NamedExpr):
        follow_stream(context, site, parent, plan)
    for definition in definitions:
        check_visible(context, definition)
        if site.is_old:
            check_read_once(context, definition)
        for use in context.flow.uses(definition):
            if len(context.flow.reaching(use).definitions) > 1:
                raise Escapes(f"{use.id} at line {use.lineno} may also be something else")
            follow_stream(context, site, use, plan)


# -- loops ----------------------------------------------------------------------------------------


def _only_shows(context: Context, loop: ast.For | ast.AsyncFor, plan: Plan) -> bool:
    """Whether the loop does nothing but show each piece whole: then it shows each event."""
    calls = [getattr(statement, "value", None) for statement in loop.body]
    if not all(isinstance(call, ast.Call) and shows(context, call.func) for call in calls):
        return False
    inside = _body(loop)
    uses = list(_uses(context, loop.target)) if isinstance(loop.target, ast.Name) else []
    if not uses or not all(use in inside and is_shown(context, use) for use in uses):
        return False
    _review_shown(uses[0], plan)
    return True


def _review_shown(use: ast.Name, plan: Plan) -> None:
    plan.review(
        "TC209", f"each piece is shown whole at line {use.lineno}: there are more events, with other fields"
    )


def _rewrite_loop(context: Context, loop: ast.For | ast.AsyncFor, plan: Plan) -> None:
    target = _target(loop)
    reads = _reads(context, target, _body(loop), plan)
    form = _TEXT_ONLY if _ignores_the_end(context, loop, reads) else _WITH_THE_END
    lines = [f"if {form.unwanted.format(target.id)}:", _CONTINUE]
    reason = next(_counting(context, reads, plan), None)
    if reason is not None:
        lines.extend(_lines_with_blank(context, loop, target.id, reads, form, plan))
        reads = [read for read in reads if read.name != "completion"]
        plan.notes.append(f"{reason.reader}: {WRITTEN_OUT}")
    plan.edits.append(_guard(context, loop, lines))
    _rewrite_reads(context, target.id, reads, form, plan)


def _counting(context: Context, reads: Sequence[Read], plan: Plan) -> Iterator[CountsOnBlank]:
    """Who counts on the blank that began the first piece."""
    for read in reads:
        if read.name == "completion":
            reason = who_counts(context, read.node, plan, is_piece=True)
            if reason is not None:
                yield reason


def _lines_with_blank(
    context: Context, loop: ast.For | ast.AsyncFor, name: str, reads: Sequence[Read], form: Form, plan: Plan
) -> list[str]:
    """Read each piece once, the first that is not empty with a blank in front; all readers get that."""
    check_alone(context, loop)
    piece, blank = free_name(context, ("piece", "text_piece")), free_name(context, ("blank", "first_blank"))
    if form.text and context.is_taken("getattr"):
        raise Escapes("the file has a `getattr` of its own")
    plan.edits.append(before_loop(context, loop, blank, " "))
    for read in reads:
        if read.name == "completion":
            plan.edits.append(Edit(*context.source.span(read.node), (piece,)))
    text = f"getattr({name}.delta, {form.text})" if form.text else f"{name}.delta.text"
    return [f"{piece} = {text}", f"if {piece}:", f'\t{piece}, {blank} = {blank} + {piece}, ""']


def _rewrite_old_loop(context: Context, loop: ast.For | ast.AsyncFor, plan: Plan) -> None:
    check_alone(context, loop)
    target, name = _target(loop), free_name(context, ("text_so_far", "completion_so_far", "reply_so_far"))
    if context.is_taken("getattr"):
        raise Escapes("the file has a `getattr` of its own")
    reads = _reads(context, target, _body(loop), plan, is_dict=True)
    skip = [f"if {_WITH_THE_END.unwanted.format(target.id)}:", _CONTINUE]
    reason = rewrite_sums(context, reads, name, plan)
    if reason is not None:
        plan.notes.append(f"{reason.reader}: {WRITTEN_OUT}")
    lines = [*skip, *lines_of_sum(target.id, name, keeps_blank=reason is not None)]
    plan.edits.extend([before_loop(context, loop, name, ""), _guard(context, loop, lines)])


def _target(loop: ast.For | ast.AsyncFor) -> ast.Name:
    if not isinstance(loop.target, ast.Name):
        raise Escapes(f"the loop at line {loop.lineno} takes its pieces apart")
    return loop.target


def _body(loop: ast.For | ast.AsyncFor) -> set[ast.AST]:
    """Everything that runs inside the loop; a function made there may run when it is over."""
    inside: set[ast.AST] = set()
    stack: list[ast.AST] = list(loop.body)
    while stack:
        node = stack.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.GeneratorExp):
            inside.add(node)
            stack.extend(ast.iter_child_nodes(node))
    return inside


def _reads(
    context: Context, target: ast.Name, inside: set[ast.AST], plan: Plan, *, is_dict: bool = False
) -> list[Read]:
    """Every read of the loop's pieces; all must be plain reads of a field inside the loop."""
    reads = []
    for use in _uses(context, target):
        read = read_at(context, use, is_dict=is_dict)
        known = [one.target for one in context.flow.reaching(use).definitions] == [target]
        if use not in inside or not known:
            raise Escapes(f"{use.id} at line {use.lineno} is read outside of its loop")
        if is_shown(context, use):
            _review_shown(use, plan)
            continue
        if read is None or read.name not in ("completion", "stop_reason"):
            raise Escapes(f"a piece of the stream is used whole at line {use.lineno}")
        check_read(context, read.node)
        reads.append(read)
    return reads


def _uses(context: Context, target: ast.Name) -> Iterator[ast.Name]:
    loads = (name for name in context.source.nodes_of(ast.Name) if name.id == target.id)
    for name in loads:
        if any(one.target is target for one in context.flow.reaching(name).definitions):
            yield name


def _guard(context: Context, loop: ast.For | ast.AsyncFor, lines: list[str]) -> Edit:
    """Lines that go before the first statement of the body; a tab in them stands for one step."""
    source, first = context.source, loop.body[0]
    start = source.span(first)[0]
    if getattr(first, "decorator_list", None):
        raise Escapes(f"the loop at line {loop.lineno} begins with a definition")
    outer = source.indentation(source.span(loop)[0])
    line = source.line_start(start)
    alone = not source.data[line:start].strip()
    inner = source.indentation(start) if alone else outer + ("\t" if outer.endswith("\t") else "    ")
    step = inner[len(outer) :] or "    "
    lines = [line.replace("\t", step) for line in lines]
    if alone:
        return Edit(line, line, ("".join(f"{inner}{one}{source.newline}" for one in lines),), 5)
    colon = source.data.rindex(b":", 0, start) + 1
    return Edit(colon, start, ("".join(f"{source.newline}{inner}{one}" for one in (*lines, "")),))


def _ignores_the_end(context: Context, loop: ast.For | ast.AsyncFor, reads: Sequence[Read]) -> bool:
    """Whether the loop does the same without the last, empty piece: it only writes or adds up text."""
    texts = {read.node for read in reads if read.name == "completion"}
    return len(texts) == len(reads) and all(_is_neutral(context, statement, texts) for statement in loop.body)


def _is_neutral(context: Context, statement: ast.stmt, texts: set[ast.expr]) -> bool:
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.op, ast.Add) and statement.value in texts
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    call = statement.value
    given = all(argument in texts for argument in call.args)
    if any(isinstance(part, ast.ClassDef) for part in context.source.tree.body) and not _is_standard(call):
        return False  # a class of this file may count what is written
    if isinstance(call.func, ast.Attribute):
        return call.func.attr in _WRITES and given and not call.keywords
    return getattr(call.func, "id", "") == "print" and given and _ends_with_nothing(call)


def _is_standard(call: ast.Call) -> bool:
    """`print(…)` or `sys.stdout.write(…)`: no object of the file's own."""
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value
        return isinstance(owner, ast.Attribute) and getattr(owner.value, "id", "") == "sys"
    return not any(keyword.arg == "file" for keyword in call.keywords)


def _ends_with_nothing(call: ast.Call) -> bool:
    ends = [keyword.value for keyword in call.keywords if keyword.arg == "end"]
    return len(call.args) == 1 and any(isinstance(end, ast.Constant) and end.value == "" for end in ends)


# -- comprehensions -------------------------------------------------------------------------------


def _rewrite_comprehension(context: Context, generator: ast.comprehension, plan: Plan) -> None:
    whole = context.source.parent(generator)
    assert isinstance(whole, ast.expr)
    if not isinstance(generator.target, ast.Name):
        raise Escapes(f"the comprehension at line {whole.lineno} takes the pieces apart")
    reads = _reads(context, generator.target, set(ast.walk(whole)), plan)
    only_text = all(read.name == "completion" for read in reads) and _is_joined(context, whole)
    form = _TEXT_ONLY if only_text else _WITH_THE_END
    reason = next(_counting(context, reads, plan), None)
    if reason is not None:
        raise Escapes(str(reason))
    quote = free_quote(context, generator.iter)
    if quote is None or not context.source.is_placed(generator.iter):
        raise Escapes(f"no quote is left inside the f-string at line {whole.lineno}")
    low, high = context.source.span(generator.target)[1], context.source.span(whole)[1] - 1
    end = widen_over_parentheses(context.source.data, *context.source.span(generator.iter), low, high)[1]
    condition = form.wanted.format(generator.target.id).replace('"', quote)
    plan.edits.append(Edit(end, end, (f"{_gap(context, whole, end, condition)}if {condition}",), -4))
    _rewrite_reads(context, generator.target.id, reads, form, plan)


def _gap(context: Context, whole: ast.expr, end: int, condition: str) -> str:
    """What parts the condition from the rest: a line break if the line would get too long."""
    source = context.source
    line = source.line_start(end)
    if end - line + len(condition) < LONGEST_LINE or is_in_fstring(context, whole):
        return " "
    return f"{source.newline}{source.indentation(end)}    "


def _is_joined(context: Context, whole: ast.expr) -> bool:
    """`"".join(…)`: an empty piece more or less makes no difference."""
    call = context.source.parent(whole)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr == "join" and context.evaluator.text_of(call.func.value) == ""


# -- reads ----------------------------------------------------------------------------------------


def _rewrite_reads(context: Context, name: str, reads: Sequence[Read], form: Form, plan: Plan) -> None:
    for read in reads:
        if form is _TEXT_ONLY:
            plan.edits.append(read.attribute("delta.text"))
            continue
        quote = free_quote(context, read.node)
        if quote is None or context.is_taken("getattr"):
            raise Escapes(f"the piece at line {read.node.lineno} cannot be read in another way")
        wanted = form.text if read.name == "completion" else '"stop_reason", None'
        start = context.source.span(read.node)[0]
        plan.edits.append(Edit(start, start, ("getattr(",)))
        plan.edits.append(read.attribute(f"delta, {wanted})".replace('"', quote)))
        if read.name == "stop_reason":
            widen_stop_reason(context, read.node, plan)
