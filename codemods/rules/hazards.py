# Knows code that reads a Message as if it were a Completion. Finds; edits nothing.
"""Find reads of a Message that only made sense for the old response.

    found:  if message.stop_reason == "stop_sequence":      TC421: nothing in the call can stop it so
    write:  if message.stop_reason in ("end_turn", "stop_sequence"):
    found:  FINISH[message.stop_reason]                      TC421, with a table that lacks "end_turn"
    found:  message.completion                               TC422
    write:  "".join(block.text for block in message.content if block.type == "text")
    found:  message.content[0].text, the call thinks         TC423: the first block is thinking
    found:  except anthropic.InternalServerError: sleep(1)   TC424: an overload may be of another class
    write:  except anthropic.APIStatusError as error:     behind it
                if error.status_code != 529:
                    raise
                sleep(1)

A natural end is "end_turn" in Messages and was "stop_sequence" before (the vendor's migration guide).
The class for status 529 stands beside InternalServerError in SDK 0.84.0 to 2.4.x and below it before
and after; 0.40.0 and 0.84.0 do not export it (classes of 0.40.0 to 2.12.0, compared).

Left in silence: a Message nobody knows to be one; a test for "stop_sequence" where the call lists stop
sequences, or may; `content[0]` of calls that do not think.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence

from codemods.plans import Context
from codemods.rules.message_responses import message_calls
from codemods.rules.reported import Left
from codemods.values import Client, CreateMethod, Display, Symbol
from migrate.models import find_model

_OLD_END, _NEW_END = "stop_sequence", "end_turn"
_TESTED = (
    "a natural end is `end_turn` in Messages, and this call lists no stop sequences: the test is never true"
)
_LOOKED_UP = "the table has no `end_turn`, which is how a Message ends"
_OLD_READS = {
    "completion": '"".join(block.text for block in {0}.content if block.type == "text")',
    "log_id": "{0}.id",
}


def hazards(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if isinstance(node, ast.ExceptHandler):
        yield from _overloads(context, node)
        return
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return
    if node.attr == "stop_reason":
        yield from _stop_reasons(context, node)
    elif node.attr in _OLD_READS and (calls := message_calls(context, node.value)):
        name = _receiver(context, node.value)
        reason = f"a Message has no `.{node.attr}`; it comes from messages.create at line {calls[0].lineno}"
        yield "TC422", node, reason, _OLD_READS[node.attr].format(name)
    elif node.attr == "text":
        yield from _first_blocks(context, node)


def _receiver(context: Context, node: ast.expr) -> str:
    text = context.source.node_text(node)
    return f"({text})" if isinstance(node, ast.Await | ast.NamedExpr | ast.IfExp) else text


# -- stop reasons ---------------------------------------------------------------------------------


def _stop_reasons(context: Context, node: ast.Attribute) -> Iterator[Left]:
    calls = message_calls(context, node.value)
    if not calls:
        return
    never = not any(_may_stop_at_text(call) for call in calls)
    for use in _uses_of(context, node):
        test = _test_around(context, use, never)
        if test is not None:
            yield "TC421", test, _LOOKED_UP if _is_table(test) else _TESTED, _tested(context, test)


def _may_stop_at_text(call: ast.Call) -> bool:
    return any(keyword.arg in (None, "stop_sequences", "extra_body") for keyword in call.keywords)


def _uses_of(context: Context, node: ast.expr) -> Iterator[ast.expr]:
    """The read itself, and the uses of the names it is given."""
    yield node
    for definition in context.definitions_of_value(node):
        yield from context.flow.uses(definition)


def _is_table(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) or (isinstance(node, ast.Call) and _attribute(node.func) == "get")


def _test_around(context: Context, use: ast.expr, never: bool) -> ast.AST | None:
    above = context.source.parent(use)
    if isinstance(above, ast.Subscript) and above.slice is use:
        return above if _lacks_new_end(context, above.value) else None
    if isinstance(above, ast.Call) and use in above.args and _attribute(above.func) == "get":
        assert isinstance(above.func, ast.Attribute)
        return above if _lacks_new_end(context, above.func.value) else None
    if not never:
        return None
    if isinstance(above, ast.Compare):
        return above if _only_old_end(_texts(context, (above.left, *above.comparators))) else None
    if isinstance(above, ast.Match) and above.subject is use:
        texts = [
            part.value
            for case in above.cases
            for part in ast.walk(case.pattern)
            if isinstance(part, ast.Constant)
        ]
        return use if _only_old_end(texts) else None
    return _prefix_test(context, above)


def _prefix_test(context: Context, above: ast.AST | None) -> ast.AST | None:
    """`reason.startswith("stop")`, `reason[0] == "s"`."""
    if isinstance(above, ast.Attribute) and above.attr == "startswith":
        call = context.source.parent(above)
        texts = _texts(context, call.args) if isinstance(call, ast.Call) else []
        return (
            call
            if any(isinstance(text, str) and text and _OLD_END.startswith(text) for text in texts)
            else None
        )
    if isinstance(above, ast.Subscript):
        test = context.source.parent(above)
        if isinstance(test, ast.Compare) and _texts(context, test.comparators) == ["s"]:
            return test
    return None


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _only_old_end(texts: Sequence[object]) -> bool:
    return _OLD_END in texts and _NEW_END not in texts


def _texts(context: Context, nodes: Sequence[ast.expr]) -> list[object]:
    found: list[object] = []
    for node in nodes:
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            found += _texts(context, node.elts)
        elif (text := context.evaluator.text_of(node)) is not None:
            found.append(text)
    return found


def _lacks_new_end(context: Context, table: ast.expr) -> bool:
    """Whether a table is written out here, with the old end and without the new."""
    if isinstance(table, ast.Name):
        definitions = context.flow.reaching(table).definitions
        values = [one.value for one in definitions if one.kind == "assign" and one.value is not None]
        return len(definitions) == 1 and bool(values) and _lacks_new_end(context, values[0])
    if not isinstance(table, ast.Dict) or None in table.keys:
        return False
    return _only_old_end(_texts(context, [key for key in table.keys if key is not None]))


def _tested(context: Context, test: ast.AST) -> str:
    if _is_table(test):
        return f'"{_NEW_END}": ..., beside "{_OLD_END}" in the table, and "refusal"'
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        negative = isinstance(test.ops[0], ast.NotEq | ast.NotIn)
        reads = [one for one in (test.left, *test.comparators) if context.evaluator.text_of(one) is None]
        subject = (
            reads[0].value if reads and isinstance(reads[0], ast.Subscript) else (reads or [test.left])[0]
        )
        operator = "not in" if negative else "in"
        return f'{context.source.node_text(subject)} {operator} ("{_NEW_END}", "{_OLD_END}")'
    return (
        f'case "{_NEW_END}" | "{_OLD_END}":'
        if not isinstance(test, ast.Call)
        else f'in ("{_NEW_END}", "{_OLD_END}")'
    )


# -- blocks and errors ----------------------------------------------------------------------------


def _first_blocks(context: Context, node: ast.Attribute) -> Iterator[Left]:
    """`message.content[0].text` where the call is sure to think."""
    item = node.value
    if (
        not isinstance(item, ast.Subscript)
        or not isinstance(item.slice, ast.Constant)
        or item.slice.value != 0
    ):
        return
    if _attribute(item.value) != "content":
        return
    assert isinstance(item.value, ast.Attribute)
    calls = message_calls(context, item.value.value)
    thinks = next((call for call in calls if _thinks(context, call)), None)
    if thinks is not None:
        reason = f"the call at line {thinks.lineno} thinks: its first block is thinking and has no `.text`"
        name = _receiver(context, item.value.value)
        yield "TC423", node, reason, _OLD_READS["completion"].format(name)


def _thinks(context: Context, call: ast.Call) -> bool:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given:
        return False
    thinking = given.get("thinking")
    if thinking is not None:
        return isinstance(thinking, ast.Dict) and any(
            isinstance(value, ast.Constant) and value.value in ("enabled", "adaptive")
            for value in thinking.values
        )
    facts = find_model(context.evaluator.text_of(given["model"])) if "model" in given else None
    return facts is not None and facts.thinking in ("always_on", "adaptive_default")


def _overloads(context: Context, node: ast.ExceptHandler) -> Iterator[Left]:
    """A handler that tries again after InternalServerError, around a call of an Anthropic client."""
    attempt = context.source.parent(node)
    if node.type is None or not isinstance(attempt, ast.Try) or not _tries_again(context, node, attempt):
        return
    listed = _errors_of(context, node.type)
    others = [one.type for one in attempt.handlers if one is not node and one.type is not None]
    caught = {
        _last_name(one) for one in (*listed, *(one for other in others for one in _errors_of(context, other)))
    }
    names = [value.path for one in listed if isinstance(value := context.evaluator.value_of(one), Symbol)]
    wider = {"OverloadedError", "APIStatusError", "APIError", "AnthropicError", "Exception"}
    if "anthropic.InternalServerError" in names and not caught & wider and _asks(context, attempt):
        reason = (
            "an overload (529) is no InternalServerError in SDK 0.84.0 to 2.4.x: it is not tried again there"
        )
        yield "TC424", node.type, reason, _handler_of_overloads(context, node)


def _errors_of(context: Context, caught: ast.expr) -> list[ast.expr]:
    """The classes that an `except` names: one, a tuple, or a name for a tuple."""
    value = context.evaluator.value_of(caught) if isinstance(caught, ast.Name) else None
    display = value.node if isinstance(value, Display) else caught
    return list(display.elts) if isinstance(display, ast.Tuple | ast.List) else [caught]


def _last_name(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _handler_of_overloads(context: Context, node: ast.ExceptHandler) -> str:
    """One more handler, with the same body: all SDKs have the class, and not all export one for 529."""
    start, end = context.source.span(node)[0], context.source.span(node.body[-1])[1]
    first = context.source.span(node.body[0])[0]
    outer = context.source.indentation(start)
    own_lines = context.source.line_of(first) > context.source.line_of(start)
    inner = context.source.indentation(first) if own_lines else f"{outer}    "
    name = node.name or "error"
    base = _base_error(context, node)
    text = (
        f"{outer}except {base} as {name}:  # behind the other handlers\n"
        f"{inner}if {name}.status_code != 529:\n{inner}    raise\n"
        f"{inner}{context.source.text((first, end))}"
    )
    text = textwrap.dedent(text)
    return text if "." in base else f"from anthropic import {base}\n{text}"


def _base_error(context: Context, node: ast.ExceptHandler) -> str:
    """The name of the class above all errors with a status, as the handler spells its own."""
    assert node.type is not None
    for one in _errors_of(context, node.type):
        if isinstance(one, ast.Attribute) and one.attr == "InternalServerError":
            return f"{context.source.node_text(one.value)}.APIStatusError"
    return "APIStatusError"


def _tries_again(context: Context, node: ast.ExceptHandler, attempt: ast.Try) -> bool:
    gives_up = any(isinstance(part, ast.Raise | ast.Return | ast.Break) for part in node.body)
    current: ast.AST | None = attempt
    while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef):
        if isinstance(current, ast.For | ast.While):
            return not gives_up
        current = context.source.parent(current)
    return False


def _asks(context: Context, attempt: ast.Try) -> bool:
    for part in (one for statement in attempt.body for one in ast.walk(statement)):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "create":
            value = context.evaluator.value_of(part.func)
            owner = part.func.value.value if isinstance(part.func.value, ast.Attribute) else part.func.value
            if isinstance(value, CreateMethod) or isinstance(context.evaluator.value_of(owner), Client):
                return True
    return False
