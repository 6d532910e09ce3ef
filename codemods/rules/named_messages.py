# Where a call stands inside the read of its text, and may stand above it. Writes no read.
"""Take a call out of the expression that reads its text, where that changes no order.

    before: return client.completions.create(…).completion.strip()
    after:  message = client.messages.create(…)
            return "".join(block.text for block in message.content if block.type == "text").strip()

The call goes into a statement of its own if everything that the old statement evaluated before it is a
constant, or a name that nobody rebinds meanwhile. It stays in what is evaluated only sometimes or more
than once, or belongs to something larger: the branch of an expression, a comprehension, a lambda, a test,
a default, the body of a class.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Sequence

from codemods.edits import Edit, Slice, Span
from codemods.plans import Context, NamedMessage, Plan, Site
from codemods.rules.new_names import new_name
from codemods.rules.reads import read_at
from codemods.scopes import Scope

_NAMES = ("message", "response", "claude_message", "reply_message")
_SIMPLE = ast.Assign | ast.AnnAssign | ast.Return | ast.Expr
# What evaluates this one child first of all.
_FIRST = {
    ast.Assign: "value", ast.AnnAssign: "value", ast.Return: "value", ast.Expr: "value", ast.Yield: "value",
    ast.Attribute: "value", ast.Starred: "value", ast.keyword: "value", ast.UnaryOp: "operand",
    ast.Await: "value",
}  # fmt: skip


def name_message(context: Context, site: Site, plan: Plan) -> NamedMessage | None:
    """How a call that its text is read from moves up; None if it stays. `plan`: that of the arguments."""
    result = site.result
    assert result is not None
    read = read_at(context, result, is_dict=site.is_old)
    if read is None or read.name != "completion":
        return None
    statement = context.source.statement(result)
    if not (_begins_line(context, statement) and _is_first(context, result, statement)):
        return None
    if _is_shown_by_cell(context, statement) or not _parts_well(context, result, read.node):
        return None
    removed = _removed_indentation(context, statement, result, plan.edits)
    name = (
        new_name(context, _scope_of(context, statement), "message", _NAMES) if removed is not None else None
    )
    if removed is None or name is None:
        return None
    return NamedMessage(read.node, name, statement, Slice(*context.source.span(result), tuple(removed)))


def edit_of(context: Context, named: NamedMessage, text: str) -> Edit:
    """The statement with `text` in the place of the read, below the one that binds the message."""
    source = context.source
    start, (low, end) = source.span(named.statement)[0], source.span(named.read)
    line_end = source.newline + source.indentation(start)
    # The last byte stands for itself: what others insert before the call goes with the call alone.
    before = (Slice(start, low - 1), source.text((low - 1, low))) if low > start else ()
    return Edit(start, end, (f"{named.name} = ", named.call, line_end, *before, text))


# -- where the call stands ------------------------------------------------------------------------


def _begins_line(context: Context, statement: ast.stmt) -> bool:
    start = context.source.span(statement)[0]
    return not context.source.data[context.source.line_start(start) : start].strip()


def _is_shown_by_cell(context: Context, statement: ast.stmt) -> bool:
    """Whether a notebook may show the statement's value, which has a call around it that is not there."""
    called = getattr(getattr(statement, "value", None), "func", None)
    is_shown = isinstance(statement, ast.Expr) and getattr(called, "id", "") in ("print", "get_ipython")
    return is_shown and context.path.endswith(".ipynb")


def _scope_of(context: Context, statement: ast.stmt) -> Scope:
    node: ast.AST = statement
    while (scope := context.flow.scopes.get(node)) is None or node is statement:
        node = context.source.parents[node]
    return scope


def _parts_well(context: Context, result: ast.expr, read: ast.expr) -> bool:
    """Whether the call can be read without what stands around it, and no comment would be lost."""
    source = context.source
    try:
        ast.parse(source.node_text(result), mode="eval")
    except SyntaxError:
        return False
    (low, high), (start, end) = source.span(read), source.span(result)
    return b"#" not in source.data[low:start] + source.data[end:high]


# -- what is evaluated before it ------------------------------------------------------------------


def _is_first(context: Context, result: ast.expr, statement: ast.stmt) -> bool:
    """Whether nothing that has an effect, or that the call may change, is evaluated before the call."""
    if not isinstance(statement, _SIMPLE) or any(
        isinstance(one, ast.NamedExpr) for one in ast.walk(statement)
    ):
        return False
    node: ast.AST = result
    while node is not statement:
        above = context.source.parents[node]
        before = _evaluated_before(above, node)
        if before is None or not all(_is_steady(context, one) for one in before):
            return False
        node = above
    return True


def _evaluated_before(parent: ast.AST, child: ast.AST) -> Sequence[ast.AST] | None:
    """The other children that are evaluated before this one, if it is evaluated always and once."""
    first = _FIRST.get(type(parent))
    if first is not None:
        return () if getattr(parent, first) is child else None
    if isinstance(parent, ast.Call):
        return _up_to(child, [parent.func, *parent.args, *parent.keywords])
    if isinstance(parent, ast.BinOp):
        return _up_to(child, [parent.left, parent.right])
    if isinstance(parent, ast.Compare):
        return _up_to(child, [parent.left, parent.comparators[0]])
    if isinstance(parent, ast.Subscript):
        return _up_to(child, [parent.value, parent.slice])
    if isinstance(parent, ast.BoolOp):
        return _up_to(child, parent.values[:1])
    if isinstance(parent, ast.Tuple | ast.List | ast.Set):
        return _up_to(child, parent.elts)
    if isinstance(parent, ast.Dict) and None not in parent.keys:
        return _up_to(
            child, [one for pair in zip(parent.keys, parent.values, strict=True) for one in pair if one]
        )
    return None


def _up_to(child: ast.AST, row: Sequence[ast.AST]) -> Sequence[ast.AST] | None:
    return row[: row.index(child)] if child in row else None


def _is_steady(context: Context, node: ast.AST) -> bool:
    """Whether the call cannot change it: a constant, a name no other function binds, a module's function."""
    if isinstance(node, ast.keyword):
        return _is_steady(context, node.value)
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and _is_module(context, node.value)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and _is_steady_name(context, node))


def _is_module(context: Context, name: ast.Name) -> bool:
    found = context.flow.reaching(name).definitions
    return _is_steady_name(context, name) and bool(found) and all(one.kind == "import" for one in found)


def _is_steady_name(context: Context, name: ast.Name) -> bool:
    found = context.flow.reaching(name).definitions
    if not found:
        return hasattr(builtins, name.id) and not context.flow.star_imports
    return not any(context.flow.is_written_elsewhere(one.scope, one.name) for one in found)


# -- how it is indented ---------------------------------------------------------------------------


def _removed_indentation(
    context: Context, statement: ast.stmt, result: ast.expr, edits: Iterable[Edit]
) -> list[Span] | None:
    """What to take from the call's further lines where it stood further in; None if that cannot be told."""
    source = context.source
    start, end = source.span(result)
    outer, inner = (
        source.indentation(source.span(statement)[0]).encode(),
        source.indentation(start).encode(),
    )
    if inner == outer or source.line_of(start) == source.line_of(end):
        return []
    if not inner.startswith(outer) or _writes_lines(context, result, edits):
        return None
    removed = []
    for line in source.line_starts[source.line_of(start) : source.line_of(end)]:
        if source.data.startswith(inner, line):
            removed.append((line + len(outer), line + len(inner)))
        elif re.compile(rb"[ \t]*[\r\n]").match(source.data, line) is None:
            return None
    return removed


def _writes_lines(context: Context, result: ast.expr, edits: Iterable[Edit]) -> bool:
    """Whether lines of the call have an indentation of their own: new ones, and those of long strings."""
    start, end = context.source.span(result)
    inside = [edit for edit in edits if start <= edit.start and edit.end <= end]
    strings = [one for one in ast.walk(result) if isinstance(one, ast.Constant | ast.JoinedStr)]
    return any(not isinstance(part, str) or "\n" in part for edit in inside for part in edit.parts) or any(
        one.lineno != one.end_lineno for one in strings
    )
