# What a site is and what is planned for it: the vocabulary that the rules share.
"""Sites, the context rules ask, and plans: edits that are made together or not at all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from codemods.edits import Edit, Slice
from codemods.evaluate import Evaluator
from codemods.flow import Definition, Flow
from codemods.flow_expressions import MUTATORS
from codemods.outcome import Options
from codemods.source import Source
from codemods.templates import TemplateReader
from codemods.values import Client, Migrated, Wrapper

LegacyMethod = Literal["create", "completion", "completion_stream", "acompletion", "acompletion_stream"]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Streaming = Literal["no", "yes", "maybe"]
# Methods that take text or items into an object.
_TAKES_IN = MUTATORS | {"write", "writelines", "put", "appendleft", "extendleft"}


class Refusal(Exception):
    """A rule cannot do its part; the site goes down the ladder. `rule` names the construct."""

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason


@dataclass(eq=False, slots=True)
class Site:
    """One legacy call: a load of `client.completions`, or of a method of SDK 0.2, mostly with its call.

    load: the `….completions` attribute, or `….completion` of SDK 0.2. call: the call, None if the
    method goes elsewhere. method: its name. SDK 0.2 answered dicts; later releases answer objects.
    Where the method goes through names or helpers (`codemods/handed_on.py`): layers, the `partial` calls
    on its way; leading, how many positional arguments of the call are not the method's; reached, the
    definitions on its way with the use of each; outcome, where the response comes out if that is not
    the call; is_deferred, that the call itself gives a future; is_prefixed, that the wrapper of the
    response stands before `completions`, at the client.
    """

    load: ast.Attribute
    client: Client
    call: ast.Call | None = None
    wrapper: Wrapper = ""
    awaited: ast.Await | None = None
    method: LegacyMethod = "create"
    layers: tuple[ast.Call, ...] = ()
    leading: int = 0
    reached: tuple[tuple[Definition, ast.expr], ...] = ()
    outcome: ast.expr | None = None
    is_deferred: bool = False
    is_prefixed: bool = False

    @property
    def is_old(self) -> bool:
        """Whether it is a call of SDK 0.2."""
        return self.method != "create"

    @property
    def is_async(self) -> bool:
        return self.client.is_async if self.method == "create" else self.method.startswith("a")

    @property
    def result(self) -> ast.expr | None:
        """The expression whose value is the response."""
        return self.outcome or self.awaited or self.call

    @property
    def node(self) -> ast.expr:
        return self.call or self.load


@dataclass(frozen=True, eq=False, slots=True)
class Touch:
    """A definition whose edit is sound only if all its readers are known; `use` is one of them."""

    definition: Definition
    use: ast.expr | None
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class NamedMessage:
    """A call that gets a statement of its own above the one that reads its text, bound to a name."""

    read: ast.expr
    name: str
    statement: ast.stmt
    call: Slice


@dataclass(slots=True)
class Plan:
    """Everything that changes one site. Status and rule follow from what was needed."""

    edits: list[Edit] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bridges: dict[str, str] = field(default_factory=dict)
    bridge_names: set[str] = field(default_factory=set)
    reviews: dict[str, str] = field(default_factory=dict)
    manual: tuple[str, str] | None = None
    suggestion: str | None = None
    ignored: bool = False
    sdk_floor: tuple[int, int, int] = (0, 16, 0)
    linked: list[Site] = field(default_factory=list)
    model: str | None = None
    model_is_runtime: bool = False
    has_prefill: bool = False
    keeps_blank: bool = False
    prefill_is_cut: bool = False
    prompt_is_runtime: bool = False
    streams: Streaming = "no"
    responses: set[ast.expr] = field(default_factory=set)
    types: set[ast.expr] = field(default_factory=set)
    # Reads of a text that was bound to a name, with the name.
    text_names: dict[ast.expr, str] = field(default_factory=dict)
    # A call that moves out of the read of its text.
    named_message: NamedMessage | None = None
    # Calls that give a tuple with the response in it, and where.
    tuples: set[tuple[ast.expr, int]] = field(default_factory=set)
    # Functions whose calls in sight were taken for all there are, beside those whose definitions are touched.
    relied: set[ast.AST] = field(default_factory=set)

    def attempt(self) -> Plan:
        """A plan for the reads of the response alone, to adopt if all of them can be planned."""
        return Plan(
            has_prefill=self.has_prefill, prompt_is_runtime=self.prompt_is_runtime, sdk_floor=self.sdk_floor
        )

    def adopt(self, attempt: Plan) -> None:
        """Take over what an attempt planned."""
        self.edits.extend(attempt.edits)
        self.linked.extend(attempt.linked)
        self.reviews.update(attempt.reviews)
        self.notes.extend(attempt.notes)
        self.types |= attempt.types
        self.keeps_blank = attempt.keeps_blank
        self.sdk_floor = max(self.sdk_floor, attempt.sdk_floor)

    def bridge(self, rule: str, reason: str, *names: str) -> None:
        self.bridges.setdefault(rule, reason)
        self.bridge_names.update(names)

    def review(self, rule: str, reason: str) -> None:
        self.reviews.setdefault(rule, reason)


@dataclass(slots=True)
class Limits:
    """What the fixpoint has ruled out so far: these grow until the plans agree."""

    definitions: set[Definition] = field(default_factory=set)
    wrapped: set[Site] = field(default_factory=set)
    bridged: dict[Site, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Readers:
    """Where other files take what a function gives: the calls and reads, each with its file's context.

    loose: the function itself goes somewhere. unseen: words for files that may count on more than is seen.
    """

    results: list[tuple[Context, ast.expr]] = field(default_factory=list)
    loose: list[tuple[Context, ast.expr]] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


class Elsewhere(Protocol):
    """The other files of the project, as a rule may ask about them."""

    def readers_of(self, home: Context, function: FunctionNode) -> Readers:
        """Where other files take what a function of the home file gives."""

    def function_at(self, context: Context, called: ast.expr) -> tuple[Context, FunctionNode] | None:
        """The function of another file that an expression is, with the context of its file."""

    def class_at(self, context: Context, called: ast.expr) -> tuple[Context, ast.ClassDef] | None:
        """The class of another file that an expression is, with the context of its file."""

    def arguments_for(
        self, home: Context, function: FunctionNode, name: str
    ) -> Sequence[tuple[Context, ast.expr]]:
        """What the calls in other files pass for a parameter of a function of the home file."""

    def loads_of(
        self, home: Context, name: str, owner: ast.ClassDef | None
    ) -> Iterator[tuple[Context, ast.expr]]:
        """Where other files read an attribute of a class of the home file, or one of its variables (None)."""

    def loads_of_module(
        self, context: Context, receiver: ast.expr, name: str
    ) -> Iterator[tuple[Context, ast.expr]]:
        """Where other files read `module.name`, if the receiver is one of the user's modules."""


@dataclass(slots=True)
class Context:
    """One file with everything a rule may ask. `rewrite_example`: a program in a text, changed, or None."""

    source: Source
    flow: Flow
    evaluator: Evaluator
    templates: TemplateReader
    options: Options
    path: str = ""
    exported: frozenset[str] = frozenset()
    # Functions and classes that other files may reach by a text; "*" for all public ones.
    loaded: frozenset[str] = frozenset()
    no_bridge_reason: str = "bridges are switched off"
    patched_in: str | None = None
    has_project: bool = True
    is_named_elsewhere: Callable[[str], bool] | None = None
    # The texts of the files that share objects with this one; None if these are too many.
    files_around: Callable[[], list[bytes] | None] | None = None
    is_test_of_sdk: Callable[[], bool] | None = None
    elsewhere: Elsewhere | None = None
    blank_hint: int | None = None
    loose_marker: int | None = None
    # Texts with which a message begins in the plan that is being made: no blank was ever kept before them.
    openings: frozenset[ast.expr] = frozenset()
    rewrite_example: Callable[[str], str | None] | None = None
    limits: Limits = field(default_factory=Limits)
    sites: list[Site] = field(default_factory=list)
    attributes: dict[tuple[ast.ClassDef, str], Definition | None] = field(default_factory=dict)
    # The names that the rewriting adds to scopes, by scope and purpose; and whether it adds any.
    new_names: dict[ast.AST, dict[str, str]] = field(default_factory=dict)
    adds_names: bool = True
    _changes: dict[str, list[ast.expr]] | None = None
    _by_value: dict[ast.expr, list[Definition]] = field(default_factory=dict)

    def definitions_of_value(self, value: ast.expr) -> Sequence[Definition]:
        """The names an expression is bound to, each a definition."""
        if not self._by_value:
            for scope in self.flow.scopes.values():
                for definitions in scope.definitions.values():
                    for one in definitions:
                        if one.value is not None:
                            self._by_value.setdefault(one.value, []).append(one)
        return self._by_value.get(value, [])

    def migrated_calls(self) -> Iterator[ast.Call]:
        """The create calls that go through our own run-time library already."""
        for node in self.source.nodes_of(ast.Call):
            is_create = isinstance(node.func, ast.Attribute) and node.func.attr == "create"
            if is_create and isinstance(self.evaluator.value_of(node.func), Migrated):
                yield node

    def is_taken(self, name: str) -> bool:
        """Whether some scope binds the name to something that is not ours."""
        for scope in self.flow.scopes.values():
            for definition in scope.definitions.get(name, ()):
                statement = self.source.parent(definition.node)
                if not isinstance(statement, ast.ImportFrom) or statement.module != "migrate":
                    return True
        return False

    def changes_of(self, name: str) -> Sequence[ast.expr]:
        """What the file hands to `name.append(…)`, `x.name.extend(…)` and the like, wherever it stands."""
        if self._changes is None:
            self._changes = {}
            for node in self.source.nodes_of(ast.Call):
                if isinstance(node.func, ast.Attribute) and node.func.attr in _TAKES_IN:
                    changed = getattr(node.func.value, "id", None) or getattr(node.func.value, "attr", None)
                    if isinstance(changed, str):
                        self._changes.setdefault(changed, []).extend(node.args)
        bound = self.flow.module.definitions.get(name, [])
        if any(one.kind in ("import", "import_from") for one in bound):
            return []  # a module's function, not a change of an object
        return self._changes.get(name, [])

    def is_exported(self, definition: Definition) -> bool:
        """Whether code outside of this file may read the name."""
        if definition.scope.kind == "class":
            return True
        if definition.scope.kind != "module":
            return False
        names = self.exported | self.loaded if definition.kind in ("function", "class") else self.exported
        public = "*" in names and not definition.name.startswith("_")
        return public or definition.name in names

    def rule_is_on(self, rule: str) -> bool:
        """Whether --select and --ignore leave the rule on."""
        return self.options.rule_is_on(rule)

    def can_edit(self, definition: Definition) -> bool:
        """Whether the definition may change at all; its readers are checked once all plans stand."""
        if self.templates.members.owner_of(definition) is not None:
            seen = self.is_named_elsewhere is not None and self.is_named_elsewhere(definition.name)
            return definition not in self.limits.definitions and not seen
        return (
            definition not in self.limits.definitions
            and self.flow.uses_are_complete(definition)
            and not self.is_exported(definition)
            and not self.flow.is_written_elsewhere(definition.scope, definition.name)
        )
