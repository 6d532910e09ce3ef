# Fields of an old answer that a Message has under another name, or not at all. Edits single reads.
"""Rewrite reads of the fields `stop`, `log_id`, `exception` and `truncated`.

    before: if resp.stop == "</answer>": …
    after:  if resp.stop_sequence == "</answer>": …
    before: if resp.stop == HUMAN_PROMPT: …
    after:  if resp.stop_reason == "end_turn": …
    before: if resp["exception"] is None: …
    after:  if True: …                                  with a review: the field is gone
    before: if resp["exception"]: raise …
    after:                                              nothing, with the same review

`stop` was the text that had ended the answer: "\\n\\nHuman:" at a natural end, None if it was cut. The
dicts of SDK 0.2 also had `exception`, which is an error now, as most were before; and `truncated`.
Whether such a dict holds a key is asked of answers that are errors now: every other had all keys.
Source: the recorded replies and the versioning page of the vendor; `migrate/dict_answers.py`.

Left to the adapter: a `stop` that is printed, stored or compared with what is not written there.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from codemods.edits import Edit
from codemods.plans import Context, Plan, Site
from codemods.rules.read_places import Escapes, check_read, free_quote, is_test_only
from codemods.rules.reads import Read
from codemods.sdk_surface import PROMPT_CONSTANTS

_HUMAN_PROMPT = PROMPT_CONSTANTS["HUMAN_PROMPT"]
# What the field always says now, and why.
_GONE = {
    "exception": (None, "what it told is raised as an error now"),
    "truncated": (False, 'a prompt that is too long is an error now, a cut answer says "max_tokens"'),
}
# The keys that every answer had. Source: two independent typings of the old wire format.
_KEYS = frozenset({"completion", "stop_reason", "model", "stop", "log_id", "truncated", "exception"})
_ENDS = '("end_turn", "stop_sequence")'
_COMPARED: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


# Statements that can go without a name, or the kind of a function, changing elsewhere.
_BINDS_NOTHING = (ast.Raise, ast.Return, ast.Expr, ast.Pass, ast.Continue, ast.Break)
_SCOPED = (ast.NamedExpr, ast.Yield, ast.YieldFrom)


def rewrite_old_field(context: Context, site: Site, read: Read, plan: Plan) -> None:
    """Plan the read of a field that a Message does not have. Raises Escapes if nothing says the same."""
    if read.name == "log_id":
        plan.edits.append(read.attribute("id"))
    elif read.name == "stop":
        _rewrite_stop(context, site, read, plan)
    elif site.is_old and read.name in _GONE:
        _rewrite_gone(context, read, plan)
    else:
        raise Escapes(f"`.{read.name}` of the response is used at line {read.node.lineno}")


def rewrite_membership(context: Context, response: ast.expr, plan: Plan) -> bool:
    """Whether a place asks for a key of the dict, which every answer had or none: then it says so."""
    compare = context.source.parent(response)
    if not isinstance(compare, ast.Compare) or compare.comparators != [response]:
        return False
    key, asks = compare.left, compare.ops[0]
    if not isinstance(key, ast.Constant) or not isinstance(asks, ast.In | ast.NotIn):
        return False
    if key.value not in _KEYS and key.value != "error":
        return False
    check_read(context, compare)
    said = (key.value in _KEYS) is isinstance(asks, ast.In)
    plan.edits.append(Edit(*context.source.span(compare), (repr(said),)))
    reason = (
        f"line {compare.lineno} asked for the key `{key.value}`, and {said} stands there: errors are raised"
    )
    _review(plan, str(key.value), reason)
    return True


# -- fields that are gone -------------------------------------------------------------------------


def _rewrite_gone(context: Context, read: Read, plan: Plan) -> None:
    value, why = _GONE[read.name]
    base = read.node.value if isinstance(read.node, ast.Subscript) else read.node
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute):
        base = base.func.value
    if not isinstance(base, ast.Name):
        raise Escapes(f"`{read.name}` is read from the call itself at line {read.node.lineno}")
    node, said = _folded(context, read.node, value)
    line = read.node.lineno
    dead = _dead_branch(context, node) if said is False else None
    if dead is not None:
        plan.edits.append(dead)
        reason = f"`{read.name}` is gone, and so is what line {line} did if it was set: {why}"
        _review(plan, read.name, reason, always=True)
        return
    plan.edits.append(Edit(*context.source.span(node), (repr(said),)))
    _review(plan, read.name, f"`{read.name}` of line {line} is gone and {value} stands there: {why}")


def _dead_branch(context: Context, test: ast.expr) -> Edit | None:
    """The lines of an `if` that never holds, as a deletion; None where they hold more than what it does."""
    source, statement = context.source, context.source.parent(test)
    if not isinstance(statement, ast.If) or statement.test is not test or statement.orelse:
        return None
    start, (_, end) = source.line_start(source.span(statement)[0]), source.span(statement)
    last, block = source.end_of_own_lines(statement), getattr(source.parent(statement), "body", None)
    if last is None or not isinstance(block, list) or len(block) < 2 or statement not in block:
        return None
    if b"#" in source.data[start:last] or not all(isinstance(one, _BINDS_NOTHING) for one in statement.body):
        return None
    loads = {site.load for site in context.sites}
    if any(isinstance(part, _SCOPED) or part in loads for one in statement.body for part in ast.walk(one)):
        return None
    newline = re.compile(rb"\r\n?|\n").match(source.data, end)
    return Edit(start, newline.end() if newline else end)


def _review(plan: Plan, field: str, reason: str, *, always: bool = False) -> None:
    """Note down a reason; one for a field is enough, but for code that goes."""
    told = plan.reviews.get("TC214")
    if told is None or (reason not in told if always else f"`{field}`" not in told):
        plan.reviews["TC214"] = f"{told}; {reason}" if told else reason


def _folded(context: Context, node: ast.expr, value: bool | None) -> tuple[ast.expr, bool | None]:
    """The test around a known value and what it says; the value itself if nothing tests it."""
    parent = context.source.parent(node)
    if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
        return parent, not value
    if isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and parent.test is node:
        return node, bool(value)
    if isinstance(parent, ast.Compare) and parent.left is node and len(parent.ops) == 1:
        other, compared = parent.comparators[0], _COMPARED.get(type(parent.ops[0]))
        if isinstance(other, ast.Constant) and compared is not None:
            return parent, compared(value, other.value)
    return node, value


# -- the text that ended the answer ---------------------------------------------------------------


def _rewrite_stop(context: Context, site: Site, read: Read, plan: Plan) -> None:
    node, parent = read.node, context.source.parent(read.node)
    quote = free_quote(context, node)
    if quote is None:
        raise Escapes(f"no quote is left inside the f-string at line {node.lineno}")
    ends = _ENDS.replace('"', quote)
    if isinstance(parent, ast.Compare) and parent.left is node and len(parent.ops) == 1:
        _rewrite_comparison(context, site, read, parent, ends, plan)
    elif is_test_only(context, node, parent) and not isinstance(parent, ast.Compare):
        word = "not in" if isinstance(parent, ast.UnaryOp) else "in"
        if isinstance(parent, ast.UnaryOp):
            plan.edits.append(Edit(context.source.span(parent)[0], context.source.span(node)[0]))
        plan.edits.append(read.attribute(f"stop_reason {word} {ends}"))
    else:
        raise Escapes(f"the text that ended the answer goes into other code at line {node.lineno}")


def _rewrite_comparison(
    context: Context, site: Site, read: Read, compare: ast.Compare, ends: str, plan: Plan
) -> None:
    other, kind = compare.comparators[0], compare.ops[0]
    line, end = read.node.lineno, context.source.span(compare)[1]
    between = context.source.data[context.source.span(read.node)[1] : context.source.span(other)[0]]
    if b")" in between or b"#" in between:
        raise Escapes(f"something stands inside the comparison at line {line}")
    negated = isinstance(kind, ast.IsNot | ast.NotEq | ast.NotIn)
    if isinstance(other, ast.Constant) and other.value is None and not isinstance(kind, ast.In | ast.NotIn):
        word = "in" if negated else "not in"
        plan.edits.append(Edit(read.tail[0], end, (f".stop_reason {word} {ends}",)))
        return
    listed = other.elts if isinstance(other, ast.Tuple | ast.List | ast.Set) else [other]
    texts = [context.evaluator.text_of(one) for one in listed]
    is_list = isinstance(kind, ast.In | ast.NotIn) and listed != [other]
    if None in texts or not (is_list or isinstance(kind, ast.Eq | ast.NotEq)):
        raise Escapes(f"the text that ended the answer is compared in another way at line {line}")
    if not any(text in _HUMAN_PROMPT for text in texts if text is not None):
        plan.edits.append(read.attribute("stop_sequence"))
    elif texts == [_HUMAN_PROMPT] and not is_list and _keeps_no_marker(site):
        natural = ends[1 : ends.index(",")]
        plan.edits.append(Edit(read.tail[0], end, (f".stop_reason {'!=' if negated else '=='} {natural}",)))
    else:
        raise Escapes(f"line {line} asks for a natural end that may have another cause or is only a part")


def _keeps_no_marker(site: Site) -> bool:
    """Whether the call names its stops itself: there a turn marker goes, in a list of others it stays."""
    assert site.call is not None
    named = {keyword.arg: keyword.value for keyword in site.call.keywords}
    stops = named.get("stop_sequences")
    return None not in named and (stops is None or isinstance(stops, ast.List | ast.Tuple | ast.Set))
