"""Rewrite the reads of a response.

    before: answer = resp.completion.strip()
    after:  answer = "".join(block.text for block in resp.content if block.type == "text").strip()
    before: if resp.stop_reason == "stop_sequence": …
    after:  if resp.stop_reason in ("end_turn", "stop_sequence"): …

Text is read by block type, never by position: the first block may be thinking. A natural end is
"end_turn" in Messages and was "stop_sequence" before. A response that goes where we cannot see its
readers, or whose readers count on the old leading space, keeps the old shape: `as_completion(…)`.
"""

from __future__ import annotations

import ast
import re

from codemods.edits import Edit
from codemods.flow import Definition
from codemods.plans import Context, Plan, Refusal, Site
from codemods.rules.kept_blank import cut_of_blank, kept_blank
from codemods.rules.named_messages import edit_of, name_message
from codemods.rules.named_texts import name_texts
from codemods.rules.old_fields import rewrite_membership, rewrite_old_field
from codemods.rules.own_functions import item_taken, places_of_return
from codemods.rules.read_places import Escapes, check_read, free_quote, is_in_fstring, is_test_only
from codemods.rules.reads import Read, read_at
from codemods.rules.shown import is_shown
from codemods.rules.stop_reasons import widen_stop_reason
from codemods.rules.typed_places import may_become_message, meeting_of, old_types_in

_SAME_IN_MESSAGES = frozenset({"id", "model"})
# Beyond this many columns a text read around a whole call is written on several lines.
LONGEST_LINE = 100
# A response that functions return to more places than this is not followed.
_MOST_CALLS = 100
_STEP = "    "


def rewrite_reads(context: Context, site: Site, plan: Plan) -> None:
    """Plan every read of the site's response, or keep the old shape."""
    result = site.result
    assert result is not None
    assert site.call is not None
    attempt = plan.attempt()
    try:
        if site in context.limits.wrapped:
            raise Escapes("another call's response is read at the same place")
        _check_awaiting(context, site)
        if context.adds_names:
            name_texts(context, site, attempt)
            attempt.named_message = name_message(context, site, plan)
        follow_response(context, site, result, attempt)
    except Escapes as reason:
        _keep_shape(context, site, plan, str(reason))
        return
    plan.adopt(attempt)


def _check_awaiting(context: Context, site: Site) -> None:
    if site.is_deferred and site.awaited is None and site.outcome is None:
        raise Refusal("TC104", "the response comes out of a future that is waited for somewhere else")
    if site.is_async and site.awaited is None and site.outcome is None:
        raise Refusal("TC104", "the call's coroutine is awaited somewhere else")


def _keep_shape(context: Context, site: Site, plan: Plan, reason: str) -> None:
    if not context.options.bridge:
        raise Refusal("TC303", f"{reason}, and {context.no_bridge_reason}")
    if site.is_old:
        raise Refusal("TC106", reason)
    if plan.prompt_is_runtime:
        raise Refusal("TC103", reason)
    if site.client.flavour == "unstated" and site.awaited is None:
        raise Refusal("TC103", f"{reason}, and the client may be an async one")
    result = site.result
    assert result is not None
    start, end = context.source.span(result)
    tail = ", leading_space=False)" if plan.has_prefill else ")"
    plan.edits.extend([Edit(start, start, ("as_completion(",), 1), Edit(end, end, (tail,), -1)])
    plan.bridge("TC103", reason, "as_completion")


# -- following the response -----------------------------------------------------------------------


def follow_response(context: Context, site: Site, result: ast.expr, plan: Plan) -> None:
    parent = context.source.parent(result)
    read = read_at(context, result, is_dict=site.is_old)
    if read is not None:
        _read(context, site, read, plan)
        return
    if isinstance(parent, ast.Expr) or _is_shown(context, result, plan):
        return
    if _meets_type(context, site, result, plan):
        return
    if isinstance(parent, ast.Return):
        _follow_return(context, site, parent, plan)
        return
    if isinstance(parent, ast.Tuple):
        _follow_tuple(context, site, result, parent, plan)
        return
    definitions = context.definitions_of_value(result)
    simple = isinstance(parent, ast.Assign | ast.NamedExpr) and len(definitions) >= 1
    if isinstance(parent, ast.AnnAssign) and isinstance(parent.target, ast.Name):
        simple = bool(old_types_in(context, parent.annotation))
    if isinstance(parent, ast.Assign) and not all(isinstance(target, ast.Name) for target in parent.targets):
        simple = False
    if not simple:
        raise Escapes(where_it_goes(parent, result))
    if isinstance(parent, ast.NamedExpr):
        follow_response(context, site, parent, plan)
    for definition in definitions:
        _follow_annotations(context, definition, plan)
        _follow_name(context, site, definition, plan)


def _meets_type(context: Context, site: Site, response: ast.expr, plan: Plan) -> bool:
    """Whether the response goes to something that looks at its type alone, and then both change."""
    meeting = meeting_of(context, response)
    if meeting is None:
        return False
    plan.types.update(meeting.types)
    if meeting.by:
        plan.notes.append(f"{meeting.by} at line {response.lineno} gets the type Message with the response")
    if meeting.given is not None:
        follow_response(context, site, meeting.given, plan)
    return True


def _follow_annotations(context: Context, definition: Definition, plan: Plan) -> None:
    """Change the type with which a name is annotated, if it is the old one; everything the name is bound
    to has to change then."""
    bound = definition.scope.definitions[definition.name]
    annotations = [one.node.annotation for one in bound if isinstance(one.node, ast.AnnAssign)]
    stated = [part for annotation in annotations for part in old_types_in(context, annotation)]
    if not stated:
        return
    if not may_become_message(context):
        raise Escapes(f"{definition.name} is annotated with the old type at line {stated[0].lineno}")
    plan.types.update(stated)
    for other in bound:
        is_bare = isinstance(other.node, ast.AnnAssign) and other.node.value is None
        if other is not definition and not is_bare:
            value = other.value if not other.path else None
            _link_value(context, value, f"{definition.name} is bound to something else as well", plan)


def _follow_return(context: Context, site: Site, statement: ast.Return, plan: Plan) -> None:
    """A function of the file returns the response: each of its calls is the response."""
    assert statement.value is not None
    returned = places_of_return(context, statement)
    if returned is None or len(plan.responses) > _MOST_CALLS:
        raise Escapes(where_it_goes(statement, statement.value))
    new = [call for call in returned.calls if call not in plan.responses]
    plan.responses.update((statement.value, *new))
    plan.types.update(returned.stated)
    for other in returned.others:
        _link_value(context, other, f"the function may return something else at line {other.lineno}", plan)
    for call in new:
        follow_response(context, site, call, plan)


def _follow_tuple(context: Context, site: Site, item: ast.expr, tuple_: ast.Tuple, plan: Plan) -> None:
    """A function of the file returns the response beside something else, and its callers take these apart."""
    statement = context.source.parent(tuple_)
    index, length = tuple_.elts.index(item), len(tuple_.elts)
    returned = places_of_return(context, statement) if isinstance(statement, ast.Return) else None
    if (
        returned is None
        or any(isinstance(one, ast.Starred) for one in tuple_.elts)
        or len(plan.tuples) > _MOST_CALLS
    ):
        raise Escapes(where_it_goes(tuple_, item))
    for other in returned.others:
        same = isinstance(other, ast.Tuple) and len(other.elts) == length
        value = other.elts[index] if same and isinstance(other, ast.Tuple) else other
        _link_value(context, value, f"the function may return something else at line {other.lineno}", plan)
    new = [call for call in returned.calls if (call, index) not in plan.tuples]
    plan.responses.add(item)
    plan.tuples.update((call, index) for call in new)
    for call in new:
        taken = item_taken(context, call, index, length)
        if taken is None:
            raise Escapes(f"line {call.lineno} takes the tuple with the response in another way")
        if isinstance(taken, ast.expr):
            follow_response(context, site, taken, plan)
            continue
        for definition in taken:
            _follow_name(context, site, definition, plan)


def _is_shown(context: Context, response: ast.expr, plan: Plan) -> bool:
    """Whether the whole response is only shown to somebody, which a person has to look at."""
    shown = is_shown(context, response)
    if shown:
        plan.review(
            "TC209", f"the whole response is shown at line {response.lineno}: a Message has other fields"
        )
    return shown


def where_it_goes(parent: ast.AST | None, result: ast.expr) -> str:
    """Words for a place that takes the whole response."""
    line = result.lineno
    if isinstance(parent, ast.Return | ast.Yield | ast.Lambda):
        return f"the response is returned whole at line {line}"
    if isinstance(parent, ast.Call | ast.keyword | ast.Starred):
        return f"the response is passed on at line {line}"
    if isinstance(parent, ast.Assign | ast.AnnAssign):
        return f"the response is stored where other code may read it (line {line})"
    if isinstance(parent, ast.FormattedValue):
        return f"the response is printed whole at line {line}"
    return f"the response goes into a larger expression at line {line}"


def check_visible(context: Context, definition: Definition) -> None:
    """Raises Escapes unless every use of the name is in sight."""
    name = definition.name
    if not context.flow.uses_are_complete(definition) or definition.changed_by:
        raise Escapes(f"{name} may be read or changed where we cannot see it")
    if context.is_exported(definition) or definition.scope.kind == "class":
        raise Escapes(f"{name} can be read from outside of this file")
    if context.flow.is_written_elsewhere(definition.scope, name):
        raise Escapes(f"{name} is shared between functions")


def _follow_name(context: Context, site: Site, definition: Definition, plan: Plan) -> None:
    check_visible(context, definition)
    for use in context.flow.uses(definition):
        follow_use(context, site, definition, use, plan)


def follow_use(context: Context, site: Site, definition: Definition, use: ast.Name, plan: Plan) -> None:
    """Plan the place where a name that holds the response is read."""
    parent = context.source.parent(use)
    if not is_test_only(context, use, parent):
        read = read_at(context, use, is_dict=site.is_old)
        if read is not None:
            _read(context, site, read, plan)
        elif isinstance(parent, ast.Return):
            _follow_return(context, site, parent, plan)
        elif isinstance(parent, ast.Tuple):
            _follow_tuple(context, site, use, parent, plan)
        elif not (
            _is_shown(context, use, plan)
            or _meets_type(context, site, use, plan)
            or (site.is_old and rewrite_membership(context, use, plan))
        ):
            raise Escapes(where_it_goes(parent, use))
    for other in context.flow.reaching(use).definitions:
        if other is not definition:
            link(context, other, use, plan)


def link(context: Context, other: Definition, use: ast.Name, plan: Plan) -> None:
    """Another value may be read at the same place: fine if it is None or a response of ours."""
    if any(other.value is call and other.path == (index,) for call, index in plan.tuples):
        return
    value = other.value if not other.path else None
    _link_value(context, value, f"{use.id} at line {use.lineno} may also be something else", plan)


def _link_value(context: Context, value: ast.expr | None, otherwise: str, plan: Plan) -> None:
    if value in plan.responses or (isinstance(value, ast.Constant) and value.value is None):
        return
    for site in context.sites:
        if value is not None and site.result is value:
            plan.linked.append(site)
            return
    if isinstance(value, ast.Name) and _is_response(context, value, plan):
        return
    raise Escapes(otherwise)


def _is_response(context: Context, name: ast.Name, plan: Plan) -> bool:
    """Whether a name holds nothing but responses of the file's calls."""
    reaching = context.flow.reaching(name)
    sites = [site for one in reaching.definitions for site in context.sites if site.result is one.value]
    plan.linked.extend(sites)
    return reaching.complete and bool(sites) and len(sites) == len(reaching.definitions)


# -- single reads ---------------------------------------------------------------------------------


def _read(context: Context, site: Site, read: Read, plan: Plan) -> None:
    node = read.node
    check_read(context, node)
    if read.name == "completion":
        _read_text(context, read, plan)
    elif read.name == "stop_reason":
        plan.edits.extend(read.same())
        widen_stop_reason(context, node, plan)
    elif read.name in _SAME_IN_MESSAGES:
        plan.edits.extend(read.same())
        parent = context.source.parent(node)
        if isinstance(parent, ast.Compare | ast.Attribute | ast.Subscript):
            plan.review("TC208", f"line {node.lineno} looks at `.{read.name}`, whose values are others now")
    else:
        rewrite_old_field(context, site, read, plan)


def _read_text(context: Context, read: Read, plan: Plan) -> None:
    node = read.node
    if any(isinstance(part, ast.NamedExpr) for part in ast.walk(node)):
        raise Escapes(f"line {node.lineno} binds a name inside the expression that the text is read from")
    if is_nested_in_class_body(context, node):
        raise Escapes(f"line {node.lineno} reads the text in a comprehension of a class body")
    name, quote = plan.text_names.get(node), free_quote(context, node)
    cut = None if plan.has_prefill or plan.prompt_is_runtime else cut_of_blank(context, node)
    blank, end_of_sum = kept_blank(context, node, plan, quote or "") if cut is None else ("", "")
    if quote is None and (blank or name is None):
        raise Escapes(f"no quote is left for the text read inside the f-string at line {node.lineno}")
    if cut is not None:
        plan.edits.append(Edit(context.source.span(node)[1], context.source.span(cut)[1]))
    if name is not None:
        plan.edits.append(Edit(*context.source.span(node), (f"{blank}{name}{end_of_sum}",)))
        return
    named = plan.named_message
    if named is not None and named.read is node:
        text = f'"".join(block.text for block in {named.name}.content if block.type == "text")'
        plan.edits.append(edit_of(context, named, f"{blank}{text}{end_of_sum}"))
        return
    variable = _free_variable(node)
    start = context.source.span(node)[0]
    joint = _joint(context, node)
    space = joint or " "
    before = f"{blank}{quote}{quote}.join({joint}{variable}.text{space}for {variable} in "
    closing = joint[: -len(_STEP)] if joint else ""
    after = f"content{space}if {variable}.type == {quote}text{quote}{closing}){end_of_sum}"
    plan.edits.extend([Edit(start, start, (before,)), read.attribute(after)])


def _joint(context: Context, node: ast.expr) -> str:
    """A line break with indentation if the read would make a line too long; "" to stay on the line."""
    source = context.source
    start, end = source.span(node)
    line = source.line_start(start)
    if source.line_of(start) != source.line_of(end) or is_in_fstring(context, node):
        return ""
    line_end = re.compile(rb"[\r\n]|$").search(source.data, end)
    width = (
        (line_end.start() if line_end else end) - line + len('"".join(b.text for b in  if b.type == "text")')
    )
    holder = node.func if isinstance(node, ast.Call) else node
    if width <= LONGEST_LINE or not isinstance(getattr(holder, "value", None), ast.Call | ast.Await):
        return ""
    return source.newline + source.indentation(start) + _STEP


def _free_variable(node: ast.expr) -> str:
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return next(name for name in ("block", "part", "piece", "item", "content_block") if name not in used)


def is_nested_in_class_body(context: Context, node: ast.AST) -> bool:
    """A generator inside a comprehension of a class body cannot see the class's names."""
    in_comprehension = False
    current: ast.AST | None = node
    while current is not None:
        if isinstance(current, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            in_comprehension = True
        if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return False
        if isinstance(current, ast.ClassDef):
            return in_comprehension
        current = context.source.parent(current)
    return False
