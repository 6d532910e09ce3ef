# Where the reply to a request goes in the file. Reads the flow; plans and edits nothing.
"""Follow the reply to a request: response object, raw text, parsed dict, lines and events of a stream.

A value is on one of a few levels. What stands around it takes it to another level (`.json()`,
`json.loads(…)`, `["body"].read()`, `for line in …`), reads it, or lets it out of sight. The tables
below say which; whatever they do not say is out of sight.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

from codemods.flow import Definition
from codemods.plans import Context

Level = Literal[
    "response", "raw", "reply", "body", "lines", "line", "server_events", "server_event",
    "events", "event", "chunk", "chunk_bytes", "piece",
]  # fmt: skip
# The levels of parsed dicts.
DICTS: tuple[Level, ...] = ("reply", "piece")

# Methods and attributes of a response object that are the same for every answer.
# Source: requests, httpx, aiohttp and urllib documentation.
_OF_RESPONSE = frozenset(
    ("status_code", "status", "ok", "reason", "reason_phrase", "raise_for_status", "headers", "elapsed",
     "is_success", "is_error", "code", "getcode", "encoding", "url", "request", "release", "close", "aclose")
)  # fmt: skip
_CALLED: dict[tuple[Level, str], Level] = {
    ("response", "json"): "reply",
    ("response", "iter_lines"): "lines",
    ("response", "aiter_lines"): "lines",
    ("body", "read"): "raw",
    ("raw", "decode"): "raw",
    ("raw", "encode"): "raw",
    ("raw", "strip"): "raw",
    ("line", "decode"): "line",
    ("line", "strip"): "line",
    ("line", "rstrip"): "line",
    ("line", "lstrip"): "line",
    ("line", "removeprefix"): "line",
    ("line", "replace"): "line",
    ("server_events", "events"): "server_events",
    ("chunk_bytes", "decode"): "chunk_bytes",
}
_PARSED: dict[Level, Level] = {"raw": "reply", "line": "piece", "chunk_bytes": "piece"}
_ITEMS: dict[tuple[Level, str], Level] = {("event", "chunk"): "chunk", ("chunk", "bytes"): "chunk_bytes"}
_ITERATED: dict[Level, Level] = {"lines": "line", "events": "event", "server_events": "server_event"}
_SAME_FOR_ALL = frozenset({"ResponseMetadata", "contentType"})
_FIELD_NAME = "data:"


@dataclass(eq=False, slots=True)
class Root:
    """A parsed dict where it is made, every read of it, and why not all of these can be followed.

    shown: where it is printed or logged as a whole.
    """

    node: ast.expr
    level: Level
    reads: list[ast.expr] = field(default_factory=list)
    shown: list[ast.expr] = field(default_factory=list)
    escape: str | None = None


@dataclass(slots=True)
class Trail:
    """What became of one reply. out_of_sight: the first way out that no dict is at the end of."""

    roots: list[Root] = field(default_factory=list)
    raw_uses: list[ast.expr] = field(default_factory=list)
    out_of_sight: str | None = None
    names: dict[Definition, Level] = field(default_factory=dict)
    joined: list[tuple[ast.Name, Level]] = field(default_factory=list)


def follow_reply(context: Context, result: ast.expr, *, bedrock: bool, streams: bool) -> Trail:
    """The trail of a response object that the expression gives."""
    follower = _Follower(context, bedrock, streams)
    follower.follow(result, "response", None)
    return follower.trail


class _Follower:
    def __init__(self, context: Context, bedrock: bool, streams: bool) -> None:
        self.context = context
        self.bedrock = bedrock
        self.streams = streams
        self.trail = Trail()
        self._seen: set[ast.AST] = set()

    def follow(self, node: ast.expr, level: Level, root: Root | None) -> None:
        """Look at the one place where this expression's value goes."""
        if node in self._seen:
            return
        self._seen.add(node)
        if level in DICTS and root is None:
            root = Root(node, level)
            self.trail.roots.append(root)
        parent = self.context.source.parent(node)
        if isinstance(parent, ast.Expr) or is_test_only(self.context, node):
            return
        if isinstance(parent, ast.Await):
            self.follow(parent, level, root)
        elif not (self._bind(parent, node, level, root) or self._step(parent, node, level, root)):
            self._lose(node, level, root)

    def _lose(self, node: ast.expr, level: Level, root: Root | None) -> None:
        line = node.lineno
        if in_error_branch(self.context, node):
            return
        if root is not None and _is_shown(self.context, node):
            root.shown.append(node)
        elif root is not None:
            root.escape = root.escape or f"the reply goes on as a whole at line {line}"
        elif level in ("response", "raw", "line") and _is_shown(self.context, node):
            self.trail.raw_uses.append(node)
        elif self.trail.out_of_sight is None:
            what = {"response": "the response object", "raw": "the reply's text"}.get(level, "the stream")
            self.trail.out_of_sight = f"{what} goes where its readers are not visible (line {line})"

    # -- names ----------------------------------------------------------------------------------

    def _bind(self, parent: ast.AST | None, node: ast.expr, level: Level, root: Root | None) -> bool:
        if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
            return parent.iter is node and self._bind_loop(parent, node, level)
        if not isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.withitem):
            return False
        targets = parent.targets if isinstance(parent, ast.Assign) else [_target_of(parent)]
        if isinstance(parent, ast.withitem) and targets == [None]:
            return True
        if not all(isinstance(target, ast.Name) for target in targets):
            return False
        if isinstance(parent, ast.NamedExpr):
            self.follow(parent, level, root)
        return self._follow_names(node, level, root)

    def _bind_loop(self, parent: ast.AST, node: ast.expr, level: Level) -> bool:
        inner = _ITERATED.get(level)
        if level == "response" and not self.bedrock:
            inner = "line"
        if inner is None or isinstance(parent, ast.comprehension):
            return False
        return isinstance(getattr(parent, "target", None), ast.Name) and self._follow_names(node, inner, None)

    def _follow_names(self, value: ast.expr, level: Level, root: Root | None) -> bool:
        definitions = self.context.definitions_of_value(value)
        if not definitions or not all(self._is_private(one) for one in definitions):
            return False
        for definition in definitions:
            self.trail.names[definition] = level
            for use in self.context.flow.uses(definition):
                if len(self.context.flow.reaching(use).definitions) > 1:
                    self.trail.joined.append((use, level))
                self.follow(use, level, root)
        return True

    def _is_private(self, definition: Definition) -> bool:
        flow = self.context.flow
        return (
            flow.uses_are_complete(definition)
            and not definition.changed_by
            and not definition.path
            and definition.scope.kind != "class"
            and not self.context.is_exported(definition)
            and not flow.is_written_elsewhere(definition.scope, definition.name)
        )

    # -- steps ----------------------------------------------------------------------------------

    def _step(self, parent: ast.AST | None, node: ast.expr, level: Level, root: Root | None) -> bool:
        if isinstance(parent, ast.Attribute) and parent.value is node:
            return self._attribute(parent, level, root)
        if isinstance(parent, ast.Subscript) and parent.value is node:
            return self._item(parent, parent.slice, level, root)
        if isinstance(parent, ast.Compare):
            return self._compared(parent, node, level, root)
        if isinstance(parent, ast.Call) and node in parent.args:
            return self._argument(parent, level)
        return False

    def _attribute(self, node: ast.Attribute, level: Level, root: Root | None) -> bool:
        call = self.context.source.parent(node)
        is_called = isinstance(call, ast.Call) and call.func is node
        if is_called and node.attr == "get" and isinstance(call, ast.Call):
            given = 1 <= len(call.args) <= 2 and not call.keywords
            return given and self._item(call, call.args[0], level, root)
        if is_called and isinstance(call, ast.Call) and (inner := _CALLED.get((level, node.attr))):
            self.follow(call, inner, None)
            return True
        if level == "line" and node.attr == "startswith" and isinstance(call, ast.Call):
            return self._starts_as_before(call)
        if level == "server_event" and node.attr == "data":
            self.follow(node, "line", None)
            return True
        if level == "response" and not self.bedrock:
            return self._of_response(node, call if is_called else None)
        return False

    def _of_response(self, node: ast.Attribute, call: ast.AST | None) -> bool:
        if node.attr == "content" and self.streams:
            self.follow(node, "lines", None)
            return True
        if node.attr in ("text", "content", "read"):
            self.follow(call if isinstance(call, ast.Call) else node, "raw", None)
            return True
        return node.attr in _OF_RESPONSE

    def _starts_as_before(self, call: ast.Call) -> bool:
        """Whether a line is tested for the name of the field, which is the same in both streams."""
        value = call.args[0] if len(call.args) == 1 else None
        text = value.value if isinstance(value, ast.Constant) else None
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        return isinstance(text, str) and (
            _FIELD_NAME.startswith(text.strip()) or text.startswith("event: ping")
        )

    def _item(self, node: ast.expr, key: ast.expr, level: Level, root: Root | None) -> bool:
        """`value["key"]` or `value.get("key")`."""
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            return False
        if level == "line" and isinstance(key, ast.Slice):
            self.follow(node, "line", None)
            return True
        name = key.value if isinstance(key, ast.Constant) else None
        if root is not None and isinstance(name, str):
            root.reads.append(node)
            return True
        if level == "response" and self.bedrock:
            if name == "body":
                self.follow(node, "events" if self.streams else "body", None)
            return name == "body" or name in _SAME_FOR_ALL
        inner = _ITEMS.get((level, name)) if isinstance(name, str) else None
        if inner is not None:
            self.follow(node, inner, None)
        return inner is not None or (level == "event" and isinstance(name, str))

    def _compared(self, node: ast.Compare, value: ast.expr, level: Level, root: Root | None) -> bool:
        membership = len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn)
        if membership and node.comparators[0] is value and isinstance(node.left, ast.Constant):
            if root is not None:
                root.reads.append(node)
                return True
            return level == "event"
        others = [one for one in (node.left, *node.comparators) if one is not value]
        done = all(isinstance(one, ast.Constant) and "[DONE]" in str(one.value) for one in others)
        return level == "line" and (done or all(_is_empty(one) for one in others))

    def _argument(self, call: ast.Call, level: Level) -> bool:
        name = getattr(call.func, "attr", None) or getattr(call.func, "id", "")
        inner: Level | None = None
        if name == "loads" and len(call.args) == 1:
            inner = _PARSED.get(level)
        elif name == "load" and len(call.args) == 1 and (level == "body" or not self.bedrock):
            inner = "reply" if level in ("response", "body") else None
        elif name == "SSEClient" and level == "response":
            inner = "server_events"
        elif name in ("closing", "aclosing") and level == "response":
            inner = "response"
        if inner is not None:
            self.follow(call, inner, None)
        return inner is not None


def _target_of(parent: ast.AnnAssign | ast.NamedExpr | ast.withitem | ast.Assign) -> ast.expr | None:
    return parent.optional_vars if isinstance(parent, ast.withitem) else getattr(parent, "target", None)


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in ("", b"", None)


def is_test_only(context: Context, node: ast.expr) -> bool:
    """`if value:`, `value is None`, `if value and …` mean the same for both shapes."""
    parent = context.source.parent(node)
    if isinstance(parent, ast.Compare):
        others = [parent.left, *parent.comparators]
        identity = all(isinstance(op, ast.Is | ast.IsNot) for op in parent.ops)
        return identity and all(one is node or isinstance(one, ast.Constant) for one in others)
    current: ast.AST = node
    while isinstance(parent, ast.BoolOp) or (
        isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    ):
        current, parent = parent, context.source.parent(parent)
    return isinstance(parent, ast.If | ast.While | ast.IfExp | ast.Assert) and parent.test is current


def in_error_branch(context: Context, node: ast.AST) -> bool:
    """Whether the code raises, or runs for an answer that is an error: these are the same in both APIs."""
    current: ast.AST = node
    while (parent := context.source.parent(current)) is not None:
        if isinstance(parent, ast.Raise) or _lacks_key(parent):
            return True
        if isinstance(parent, ast.If) and current is not parent.test:
            says = _says_success(parent.test)
            if says is (current in parent.orelse):
                return True
        current = parent
    return False


def _lacks_key(node: ast.AST) -> bool:
    """`except KeyError:` around the reads of a reply: it had no text."""
    return isinstance(node, ast.ExceptHandler) and getattr(node.type, "id", "") == "KeyError"


def _says_success(test: ast.expr) -> bool | None:
    """True for `r.ok` and `r.status_code == 200`, False for their opposites, None for anything else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _says_success(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.Attribute):
        return {"ok": True, "is_success": True, "is_error": False}.get(test.attr)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right, operator = test.left, test.comparators[0], test.ops[0]
    if isinstance(left, ast.Constant) and left.value == "error":
        return {ast.In: False, ast.NotIn: True}.get(type(operator))
    if getattr(left, "attr", "") not in ("status_code", "status") or not isinstance(right, ast.Constant):
        return None
    if right.value == 200:
        return {ast.Eq: True, ast.NotEq: False}.get(type(operator))
    return {ast.GtE: False, ast.Lt: True}.get(type(operator)) if right.value == 400 else None


_SHOWING = frozenset({"print", "debug", "info", "warning", "warn", "error", "critical", "exception", "log"})
_NODES_ABOVE = (ast.FormattedValue, ast.JoinedStr, ast.BinOp, ast.keyword, ast.Call)


def _is_shown(context: Context, node: ast.expr) -> bool:
    """Whether a value only becomes part of a message that is printed or logged."""
    current: ast.AST | None = context.source.parent(node)
    while isinstance(current, _NODES_ABOVE):
        if isinstance(current, ast.Call) and (
            (getattr(current.func, "attr", None) or getattr(current.func, "id", "")) in _SHOWING
        ):
            return True
        current = context.source.parent(current)
    return False
