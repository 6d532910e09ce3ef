# Writes out the blank that old texts began with. Knows the text's readers by what leading_space says.
"""Keep the leading blank of an old text where a reader counts on it, in plain code.

    before: answer = resp.completion[1:]
    after:  answer = "".join(block.text for block in resp.content if block.type == "text")
    before: label = resp.completion[:10]
    after:  label = (" " + "".join(block.text for block in resp.content if block.type == "text"))[:10]

The readers get what they got; only an empty answer is one blank now, so a review finding names the
reader. A text that is asked whether it is empty keeps the old shape, or gets its blank in a statement of
its own. A text that continued a prefill had no such blank, and a prompt known only at run time may have
had a prefill: there the bridge that is needed anyway gives the old text.
"""

from __future__ import annotations

import ast

from codemods.edits import Edit
from codemods.plans import Context, Plan
from codemods.rules.blank_readers import CountsOnBlank
from codemods.rules.leading_space import check_leading_space
from codemods.rules.read_places import Escapes

WRITTEN_OUT = "it keeps the old leading blank"
# Around a sum these need parentheses; elsewhere it stands as it is.
_LOOSE = (
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr, ast.keyword, ast.FormattedValue,
    ast.Dict, ast.List, ast.Tuple, ast.Set, ast.IfExp, ast.Compare, ast.BoolOp, ast.Yield, ast.NamedExpr,
)  # fmt: skip


def kept_blank(context: Context, text: ast.expr, plan: Plan, quote: str) -> tuple[str, str]:
    """What to write before and behind the new text so that every reader gets what it got.

    Raises Escapes where it cannot be told whether the old text began with a blank, or was empty.
    """
    reason = who_counts(context, text, plan)
    if reason is None:
        return "", ""
    what = f"{reason.reader}: {WRITTEN_OUT}"
    plan.keeps_blank = True
    if _is_asked_for(context, text):
        plan.edits.append(_blank_behind(context, text, reason, quote))
        plan.review("TC210", what)
        return "", ""
    plan.review("TC210", f"{what}, even when empty")
    blank = f"{quote} {quote} + "
    return (blank, "") if _is_loose(context, text) else (f"({blank}", ")")


def _blank_behind(context: Context, text: ast.expr, reason: CountsOnBlank, quote: str) -> Edit:
    """`answer = answer and " " + answer` below `answer = resp.completion`: an empty text stays empty."""
    source = context.source
    statement = source.parents[text]
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    (target,) = targets if len(targets) == 1 else [None]
    end = source.end_of_own_lines(statement) if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if end is None or not isinstance(target, ast.Name):
        raise Escapes(str(reason)) from reason
    line = f"{target.id} = {target.id} and {quote} {quote} + {target.id}"
    indentation = source.indentation(source.span(statement)[0])
    return Edit(end, end, (f"{source.newline}{indentation}{line}",), 5)


def who_counts(
    context: Context, text: ast.expr, plan: Plan, *, is_piece: bool = False
) -> CountsOnBlank | None:
    """A reader that counts on the blank of the text. Raises Escapes if the text may have had none."""
    if plan.has_prefill:
        return None
    try:
        check_leading_space(context, text, is_piece=is_piece)
    except CountsOnBlank as reason:
        if plan.prompt_is_runtime:
            raise Escapes(str(reason)) from reason
        return reason
    return None


def _is_asked_for(context: Context, text: ast.expr) -> bool:
    """Whether the text, or a name that it is bound to, is asked whether it is empty."""
    known, waiting = set[ast.expr](), [text]
    while waiting:
        one = waiting.pop()
        if one in known:
            continue
        known.add(one)
        parent = context.source.parent(one)
        if isinstance(parent, ast.NamedExpr):
            waiting.append(parent)
        waiting.extend(use for made in context.definitions_of_value(one) for use in context.flow.uses(made))
    return any(_is_test(context, one) for one in known)


def _is_test(context: Context, text: ast.expr) -> bool:
    parent = context.source.parent(text)
    if isinstance(parent, ast.Compare):
        return any(isinstance(one, ast.Constant) and one.value == "" for one in ast.walk(parent))
    if isinstance(parent, ast.Call):
        called = getattr(parent.func, "id", "")
        around = context.source.parent(parent)
        asked = isinstance(around, ast.Compare | ast.BoolOp) or getattr(around, "test", None) is parent
        return called == "bool" or (called == "len" and asked)
    is_negated = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    if isinstance(parent, ast.comprehension):
        return text in parent.ifs
    return isinstance(parent, ast.BoolOp) or is_negated or getattr(parent, "test", None) is text


def cut_of_blank(context: Context, text: ast.expr) -> ast.expr | None:
    """`text[1:]` or `text.removeprefix(" ")`: the whole expression, which is the new text as it comes."""
    if not context.source.data[context.source.span(text)[1] :].lstrip().startswith((b"[", b".")):
        return None  # parentheses stand around the text
    parent = context.source.parent(text)
    if isinstance(parent, ast.Subscript) and parent.value is text:
        return parent if ast.unparse(parent.slice) == "1:" else None
    if isinstance(parent, ast.Attribute) and parent.attr == "removeprefix":
        call = context.source.parent(parent)
        given = [getattr(one, "value", None) for one in getattr(call, "args", ())]
        return call if isinstance(call, ast.Call) and call.func is parent and given == [" "] else None
    return None


def _is_loose(context: Context, text: ast.expr) -> bool:
    parent = context.source.parent(text)
    if isinstance(parent, ast.Call):
        return text in parent.args
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add):
        return True
    start, end = context.source.span(text)
    has_own = context.source.data[:start].rstrip().endswith(b"(") and (
        context.source.data[end:].lstrip().startswith(b")")
    )
    return has_own or isinstance(parent, _LOOSE)
