# Where a file writes turn markers that are part of no call's prompt. Plans nothing.
"""`loose_marker`: the first line with a marker of which it cannot be told where it goes.

A marker in a call's own prompt is accounted for, and so is one in a variable that only goes into such
prompts, or to places that keep nothing: it is printed, logged, measured, hashed. A prompt that is
returned or stored may come back as a value that goes into another prompt, with its turns.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from codemods.argument_reading import values_given
from codemods.bodies import own_entries
from codemods.flow import Definition
from codemods.plans import Context
from codemods.rules.grown_prompts import GrownPrompt, NotGrown, is_tested
from codemods.rules.prompt_forms import forms_of
from codemods.template_fillings import Filled
from codemods.template_nodes import Appended, Concat, Known, Literal, Named, Template, Through
from codemods.values import Constant

_LABEL = re.compile(r"(?:Human|Assistant):")
# The words of the markers, in a literal of their own: `f"\\n\\n{role}: {text}"`.
_WORDS = frozenset({"Human", "Assistant"})
# What takes a text and gives nothing of it back.
_KEEPS_NOTHING = frozenset(
    {"print", "pprint", "len", "hash", "write", "encode", "count_tokens", "md5", "sha1", "sha256", "sha512"}
)
_PASSES_ON = ast.BinOp | ast.JoinedStr | ast.FormattedValue | ast.keyword | ast.Call | ast.Attribute
_DEEPEST = 4


@dataclass(slots=True)
class _Owned:
    """Nodes that belong to prompts: some whatever happens, some as long as a name goes nowhere else."""

    nodes: set[ast.AST] = field(default_factory=set)
    named: dict[Definition, _Owned] = field(default_factory=dict)

    def under(self, definition: Definition) -> _Owned:
        return self.named.setdefault(definition, _Owned())

    def settled(self, context: Context) -> set[ast.AST]:
        """All nodes, but for those under names that are read where a prompt may come back from."""
        everything: dict[Definition, set[ast.AST]] = {}
        self._collect(everything)
        found = self.nodes.union(*everything.values())
        for definition, nodes in everything.items():
            for use in context.flow.uses(definition):
                if use not in found and not _is_kept_nowhere(context, use):
                    found -= nodes - self.nodes
        return found

    def _collect(self, found: dict[Definition, set[ast.AST]]) -> None:
        for definition, inner in self.named.items():
            found.setdefault(definition, set()).update(inner.nodes)
            inner._collect(found)


def loose_marker(context: Context) -> int:
    """The first line with a marker that belongs to no call's readable prompt; 0 if there is none."""
    if context.loose_marker is None:
        owned = _owned_nodes(context)
        lines = [
            node.lineno
            for kind in (ast.Constant, ast.Name, ast.Attribute)
            for node in context.source.nodes_of(kind)
            if node not in owned
            and not _is_only_sought(context, node)
            and not _is_docstring(context, node)
            and (is_marker(context, node) or is_word(node))
        ]
        context.loose_marker = min(lines, default=0)
    return context.loose_marker


def _is_docstring(context: Context, node: ast.AST) -> bool:
    return isinstance(context.source.parent(node), ast.Expr)


def _owned_nodes(context: Context) -> set[ast.AST]:
    """Every node of the sites' own prompt templates and stop lists, and of plain copies of the constants."""
    own = _Owned()
    for prompt in _given(context, "prompt"):
        _own_prompt(context, prompt, own)
    for stops in _given(context, "stop_sequences"):
        own.nodes.update(ast.walk(stops))
    for node in context.source.nodes_of(ast.Assign):
        if is_marker(context, node.value) and not isinstance(node.value, ast.Constant):
            own.nodes.update(ast.walk(node.value))
    return own.settled(context)


def _given(context: Context, name: str) -> Iterator[ast.expr]:
    """What the file's calls and bodies give under a name, and calls that have been migrated already."""
    for site in context.sites:
        yield from values_given(context, site, name)
    for call in context.migrated_calls():
        yield from (keyword.value for keyword in call.keywords if keyword.arg == name)
    yield from own_entries(context, name)


def _own_prompt(context: Context, prompt: ast.expr, own: _Owned) -> None:
    for template in forms_of(context, prompt):
        _own_template(context, template, own)
    _own_grown(context, prompt, own)


def is_marker(context: Context, node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and _LABEL.search(node.value) is not None
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
        value = context.evaluator.value_of(node)
        return (
            isinstance(value, Constant)
            and isinstance(value.value, str)
            and _LABEL.search(value.value) is not None
        )
    return False


def is_word(node: ast.AST, *, any_case: bool = False) -> bool:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    word = node.value.strip()
    return (word.capitalize() if any_case else word) in _WORDS


# Methods that look for a text and do not put it anywhere; of `replace`, the first argument.
_LOOKS_FOR = frozenset(
    {"startswith", "endswith", "split", "rsplit", "partition", "rpartition", "find", "index", "count"}
)
_LOGS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})


def _is_only_sought(context: Context, node: ast.AST) -> bool:
    """Whether a marker stands where a text is compared or looked for, or in a list of stop sequences."""
    parent = context.source.parent(node)
    if isinstance(parent, ast.Compare) or _is_logged(context, parent):
        return True
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and node in parent.args:
        is_first = parent.func.attr == "replace" and parent.args[0] is node
        return is_first or parent.func.attr in _LOOKS_FOR
    while isinstance(parent, ast.List | ast.Tuple | ast.Set | ast.BinOp | ast.IfExp | ast.BoolOp):
        node, parent = parent, context.source.parent(parent)
    return parent is not None and any(name.startswith("stop") for name in _names_bound(parent, node))


def _is_logged(context: Context, parent: ast.AST | None) -> bool:
    """`print(HUMAN_PROMPT)`, `logger.info({AI_PROMPT})`."""
    while isinstance(parent, ast.Set | ast.Tuple | ast.List):
        parent = context.source.parent(parent)
    if not isinstance(parent, ast.Call):
        return False
    return getattr(parent.func, "id", "") == "print" or getattr(parent.func, "attr", "") in _LOGS


def _names_bound(parent: ast.AST, node: ast.AST) -> Iterator[str]:
    """What a value is called where it stands: a keyword, a key, a target, a parameter with a default."""
    if isinstance(parent, ast.keyword):
        yield parent.arg or ""
    elif isinstance(parent, ast.Dict):
        keys = (key for key, value in zip(parent.keys, parent.values, strict=True) if value is node)
        yield from (str(key.value) for key in keys if isinstance(key, ast.Constant))
    elif isinstance(parent, ast.Assign | ast.AnnAssign):
        for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
            key = getattr(getattr(target, "slice", None), "value", "")
            yield str(key or getattr(target, "attr", "") or getattr(target, "id", "")).lower()
    elif isinstance(parent, ast.arguments):
        positional = [*parent.posonlyargs, *parent.args]
        pairs = [
            *zip(positional[len(positional) - len(parent.defaults) :], parent.defaults, strict=True),
            *zip(parent.kwonlyargs, parent.kw_defaults, strict=True),
        ]
        yield from (argument.arg for argument, default in pairs if default is node)


def _own_grown(context: Context, node: ast.expr, own: _Owned) -> None:
    """The steps of a prompt that grows, if nothing else reads what they make."""
    try:
        grown = GrownPrompt(context, node)
    except NotGrown:
        return
    bases = {text.base for text in grown.texts()}
    bases |= {base.func for base in bases if isinstance(base, ast.Call)}
    prompts = {id(part) for call in _calls(context) for part in _prompt_nodes(call)}
    others = [
        load
        for slot in grown.slots
        for load in slot.loads
        if not (load in bases or id(load) in prompts or is_tested(context, load))
    ]
    # Several turns may have grown: such a text is not given back either.
    if all(_is_kept_nowhere(context, load, is_whole=False) for load in others):
        for text in grown.texts():
            _own_template(context, text.template, own)
        for choice in grown.choices.values():
            owner = own if choice.definition is None else own.under(choice.definition)
            owner.nodes.update(ast.walk(choice.chosen))
            own.nodes.add(choice.load)


def _calls(context: Context) -> list[ast.Call]:
    return [site.call for site in context.sites if site.call is not None]


def _prompt_nodes(call: ast.Call) -> Iterator[ast.AST]:
    for keyword in call.keywords:
        if keyword.arg == "prompt":
            yield from ast.walk(keyword.value)


def _own_template(context: Context, template: Template, own: _Owned) -> None:
    """The nodes of a template but for its holes; what stands under a name belongs to that name."""
    holes = {id(hole) for hole in template.holes()}
    stack: list[ast.AST] = [template.node]
    while stack:
        node = stack.pop()
        if id(node) not in holes:
            own.nodes.add(node)
            stack.extend(ast.iter_child_nodes(node))
    if isinstance(template, Named):
        _own_template(context, template.inner, own.under(template.definition))
    elif isinstance(template, Known):
        _own_constant(context, template.node, own)
    for inner in _inside(context, template):
        _own_template(context, inner, own)


def _inside(context: Context, template: Template) -> Iterator[Template]:
    """The templates that a template is made of, as they stand in it."""
    if isinstance(template, Concat):
        yield from template.operands
    elif isinstance(template, Literal):
        pieces = (piece for _, row in template.tokens for piece in row)
        yield from (piece.inner for piece in pieces if isinstance(piece.inner, Named | Known))
    elif isinstance(template, Filled):
        yield template.inner
    elif isinstance(template, Through):
        if context.can_edit(template.definition):
            yield template.inner
    elif isinstance(template, Appended):
        yield from (template.before, template.added)


def _own_constant(context: Context, node: ast.expr, own: _Owned) -> None:
    """A name of the file's own for a marker: `AI_PROMPT = "\\n\\nAssistant:"`."""
    if isinstance(node, ast.Name):
        for one in context.flow.reaching(node).definitions:
            if one.kind == "assign" and isinstance(one.value, ast.Constant):
                own.under(one).nodes.add(one.value)


def _is_kept_nowhere(context: Context, use: ast.expr, is_whole: bool = True, depth: int = 0) -> bool:
    """Whether a prompt that is read here goes into no text that is kept: it is printed, logged, measured.

    A whole prompt that is returned ends in an open turn; nobody sets it into the middle of another.
    """
    node: ast.AST = use
    while depth <= _DEEPEST:
        above = context.source.parent(node)
        if isinstance(above, ast.Compare | ast.Expr):
            return True
        if isinstance(above, ast.If | ast.While | ast.IfExp) and above.test is node:
            return True
        if isinstance(above, ast.Return | ast.Tuple | ast.Dict | ast.List):
            return is_whole and _is_returned(context, above)
        if isinstance(above, ast.Assign):
            return _is_local(context, above, is_whole, depth)
        if isinstance(above, ast.Call) and node is not above.func:
            if _keeps_nothing(above):
                return True
            if not _only_looks_at(context, above, node, is_whole, depth):
                return False
        elif not isinstance(above, _PASSES_ON):
            return False
        is_whole = is_whole and not isinstance(above, ast.BinOp | ast.JoinedStr)
        assert above is not None
        node = above
    return False


def _is_returned(context: Context, node: ast.AST) -> bool:
    """`return prompt`, `return answer, prompt`, `return {"sent": prompt}`."""
    return isinstance(node, ast.Return) or isinstance(context.source.parent(node), ast.Return)


def _is_local(context: Context, statement: ast.Assign, is_whole: bool, depth: int) -> bool:
    """Whether the name that a text is bound to is read only where nothing is kept."""
    bound = context.definitions_of_value(statement.value)
    uses = [use for one in bound for use in context.flow.uses(one)]
    if not bound or any(context.is_exported(one) or one.changed_by for one in bound):
        return False
    return all(_is_kept_nowhere(context, use, is_whole, depth + 1) for use in uses)


def _keeps_nothing(call: ast.Call) -> bool:
    name = getattr(call.func, "id", None) or getattr(call.func, "attr", "")
    return name in _KEEPS_NOTHING or name in _LOGS


def _only_looks_at(context: Context, call: ast.Call, argument: ast.AST, is_whole: bool, depth: int) -> bool:
    """Whether a function keeps nothing of a text; what it gives back is followed by the caller.

    A function of this file is looked into; a function of another package has nowhere to keep it for us.
    """
    function = context.templates.members.function_of(call)
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        scope = context.flow.scopes[function]
        name = _parameter_of(function, call, argument)
        taken = scope.definitions.get(name, [])
        uses = [use for one in taken for use in context.flow.uses(one)]
        return bool(taken) and all(_is_kept_nowhere(context, use, is_whole, depth + 1) for use in uses)
    if isinstance(call.func, ast.Name):
        return True
    root = call.func.value if isinstance(call.func, ast.Attribute) else None
    reached = context.flow.reaching(root).definitions if isinstance(root, ast.Name) else ()
    return bool(reached) and all(one.kind == "import" for one in reached)


def _parameter_of(function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, argument: ast.AST) -> str:
    if isinstance(argument, ast.keyword):
        return argument.arg or ""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    if isinstance(call.func, ast.Attribute) and names[:1] in (["self"], ["cls"]):
        names = names[1:]
    index = next((at for at, one in enumerate(call.args) if one is argument), len(names))
    return names[index] if index < len(names) else ""
