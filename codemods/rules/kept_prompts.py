"""Give the texts of a prompt names of their own where the prompt has other readers.

    before: prompt = f"{HUMAN_PROMPT} {question}{AI_PROMPT}"
            print(prompt)
            … prompt=prompt
    after:  user_text = f"{question}"
            prompt = f"\\n\\nHuman: {user_text}\\n\\nAssistant:"
            print(prompt)
            … messages=[{"role": "user", "content": user_text}]

The prompt stays the same string, so nobody who reads it has to be known. The names are bound wherever
the prompt is, right before it: at the call they hold the texts of the prompt that would have been sent.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from codemods.edits import Edit, Slice
from codemods.flow import Definition
from codemods.places import Place
from codemods.plans import Context, Plan, Touch
from codemods.rules.filled_turns import ESCAPES, filled_texts
from codemods.rules.message_lists import (
    Opaque,
    Parts,
    comments_in,
    list_display,
    merged,
    rows_of,
    slice_of,
    try_cut,
    without_parentheses,
)
from codemods.rules.system_texts import SystemText, system_at
from codemods.source import Span
from codemods.statements import may_go_on
from codemods.template_fillings import Filled
from codemods.template_nodes import HOLE, Concat, Cut, Named, Template, widen_over_parentheses
from codemods.turns import Layout, Range


def convert_kept(
    context: Context, plan: Plan, place: Place, templates: Sequence[Template], layouts: Sequence[Layout]
) -> None:
    """Plan the call with names for the texts; the prompt stays. Raises Opaque with the reason."""
    written: dict[Definition, list[tuple[Template, Layout]]] = {}
    for template, layout in zip(templates, layouts, strict=True):
        definition = _definition_of(context, place, template)
        assert isinstance(template, Named)
        written.setdefault(definition, []).append((template.inner, layout))
    kinds = {tuple(role for role, _ in _texts_of(layout)) for layout in layouts}
    if len(kinds) != 1:
        raise Opaque("the prompt has several forms, which have not the same parts")
    (first, *_) = written
    system = _system_named(context, place, templates, layouts)
    words = [role for role, _ in _texts_of(layouts[0], system)]
    names = free_names(context, first.name, words, first.scope.node)
    is_free = all(context.can_edit(definition) for definition in written)
    for definition, forms in written.items():
        edit = _name_texts(context, plan, definition, forms, names, system, is_kept=not is_free)
        if is_free:
            plan.touches.append(Touch(definition, place.value, (edit,)))
        else:
            plan.edits.append(edit)
    given = names if system is None else [system.argument, *names]
    plan.edits.extend(place.replace(_arguments(context, layouts[0], given, place)))
    plan.has_prefill = layouts[0].ends_on_assistant
    if not is_free:
        plan.notes.append(f"{first.name} stays the text that it was, for its other readers")
    line = getattr(first.node, "lineno", "?")
    plan.evidence.append(f"each text of the prompt gets a name at line {line}: {', '.join(names)}")


def _system_named(
    context: Context, place: Place, templates: Sequence[Template], layouts: Sequence[Layout]
) -> SystemText | None:
    """The system text as it may stand in the prompt and at the call alike, in every form the same."""
    found = {
        system_at(context, template, layout.system[1], place.value) if layout.system is not None else None
        for template, layout in zip(templates, layouts, strict=True)
    }
    system = found.pop() if len(found) == 1 else None
    return system if system is not None and system.fits_in_fstring else None


def _definition_of(context: Context, place: Place, template: Template) -> Definition:
    """The statement that writes the prompt, if the name at the call is bound nowhere else unseen."""
    if not isinstance(template, Named) or template.node is not place.value:
        raise Opaque("the prompt is put together in more than one step")
    definition = template.definition
    node, scope = definition.node, definition.scope
    targets = node.targets if isinstance(node, ast.Assign) else []
    is_simple = definition.kind == "assign" and (isinstance(node, ast.AnnAssign) or len(targets) == 1)
    if not is_simple or definition.path or isinstance(template.inner, Named):
        raise Opaque("the prompt is put together in more than one step")
    is_own = scope_node(context, node) is scope.node
    if context.is_exported(definition):  # other files may bind it anew before a function reads it
        is_own = is_own and scope_node(context, place.value) is scope.node
    if not is_own or scope.open or context.flow.is_written_elsewhere(scope, definition.name):
        raise Opaque(f"{definition.name} may be written where it cannot be seen")
    return definition


def scope_node(context: Context, node: ast.AST) -> ast.AST | None:
    """The function or module whose own statement the node is; None in the body of a class."""
    current = context.source.parent(node)
    while not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module | ast.ClassDef):
        assert current is not None
        current = context.source.parent(current)
    return None if isinstance(current, ast.ClassDef) else current


# -- names ----------------------------------------------------------------------------------------


def _texts_of(layout: Layout, system: SystemText | None = None) -> Iterator[tuple[str, Range]]:
    """Each text of the prompt with the word it is named after, in the order it is written.

    system: the system text if it has a name already.
    """
    if layout.system is not None and system is None:
        yield "system_text", layout.system
    counts: dict[str, int] = {}
    for turn in layout.turns:
        counts[turn.role] = counts.get(turn.role, 0) + 1
        number = f"_{counts[turn.role]}" if counts[turn.role] > 1 else ""
        yield f"{turn.role}_text{number}", turn.range
    if layout.prefill is not None:
        yield "prefill", layout.prefill


def free_names(context: Context, prompt: str, words: list[str], scope: ast.AST | None) -> list[str]:
    """Names that the file does not have, the same ones for every definition of the prompt's name."""
    if isinstance(scope, ast.Module) and "*" in context.exported:
        raise Opaque(f"{prompt} has readers besides this call, and other files take every name of this one")
    text = context.source.data.decode()
    for prefix in ("", "prompt_") if prompt == "prompt" else (f"{prompt}_",):
        names = [f"{prefix}{word}" for word in words]
        names = [name.upper() for name in names] if prompt.isupper() else names
        if not any(re.search(rf"\b{re.escape(name)}\b", text) for name in names):
            return names
    raise Opaque(f"{prompt} has readers besides this call, and no name is left for its text")


# -- the lines that write -------------------------------------------------------------------------


def _name_texts(
    context: Context,
    plan: Plan,
    definition: Definition,
    forms: list[tuple[Template, Layout]],
    names: list[str],
    system: SystemText | None,
    *,
    is_kept: bool,
) -> Edit:
    """A line for each text, and if the prompt is kept the line that puts them together."""
    source = context.source
    assert definition.value is not None
    start, end = source.span(source.statement(definition.node))
    span = widen_over_parentheses(source.data, *source.span(definition.value), start, end)
    if b"#" in source.data[slice(*span)] and comments_in(source.text(span)):
        raise Opaque("a comment stands between the pieces of the prompt")
    texts = [[where for _, where in _texts_of(layout, system)] for _, layout in forms]
    first = [] if system is None else [system.where]
    every = names if system is None else [system.code, *names]
    wholes = {
        _whole(template, [*first, *where], every) for (template, _), where in zip(forms, texts, strict=True)
    }
    if len(wholes) != 1 or (len(forms) > 1 and len(names) > 1):
        raise Opaque("the prompt has several forms, which have not the same parts")
    is_checked = any(isinstance(template, Concat) for template, _ in forms)
    has_values = len(names) > 1 and any(HOLE in template.flat for template, _ in forms)
    if (is_checked or has_values) and may_go_on(context.source, definition.node):
        raise Opaque("what fails in the prompt may be caught, and would leave some of its texts written")
    slices = _named_slices(context, plan, span, [form for form, _ in forms], texts)
    lines: list[Parts] = [(f"{name} = ", text) for name, text in zip(names, slices, strict=True)]
    if is_kept:
        (whole,) = wholes
        lines.append(
            (Slice(start, span[0]), _as_sum(whole, every) if is_checked else as_fstring(whole, every))
        )
    between = line_break(context, start)
    parts = [part for line in lines for part in (between, *line)]
    return Edit(start, span[1], tuple(parts[1:]))


def _named_slices(
    context: Context, plan: Plan, span: Span, templates: list[Template], texts: list[list[Range]]
) -> Sequence[str | Slice]:
    """What each name is bound to: the ranges of its text, in every form of the prompt."""
    if all(len(where) == 1 for where in texts):
        return [_only_text(context, plan, span, templates, [where[0] for where in texts])]
    template, where = templates[0], texts[0]
    if isinstance(template, Filled):
        return filled_texts(context, plan, template, span, where)
    return [slice_of(context, template, span, one) for one in where]


def _only_text(
    context: Context, plan: Plan, span: Span, templates: list[Template], ranges: list[Range]
) -> Slice:
    """The expression without its markers; they may be written in a helper or in a template's own line."""
    deletions: list[Span] = []
    touched: dict[Definition, tuple[set[ast.expr | None], list[Edit]]] = {}
    for template, where in zip(templates, ranges, strict=True):
        cut = Cut()
        try_cut(template, where, cut)
        if not cut.touched:
            deletions.extend(cut.deletions)
        for definition, use in cut.touched:
            if not context.can_edit(definition):
                raise Opaque(f"{definition.name} has readers besides this call")
            uses, edits = touched.setdefault(definition, (set(), []))
            uses.add(use)
            edits.extend(Edit(*one) for one in cut.deletions)
    for definition, (uses, edits) in touched.items():
        plan.touches.extend(Touch(definition, use, tuple(dict.fromkeys(edits))) for use in uses)
    return without_parentheses(context, Slice(*span, tuple(merged(deletions))))


def line_break(context: Context, start: int) -> str:
    """What separates two statements here: a new line, or a semicolon where the line is shared or goes on."""
    source = context.source
    line = source.line_start(start)
    goes_on = source.data[:line].rstrip(b"\r\n").endswith(b"\\")
    if goes_on or source.data[line:start].strip():
        return "; "
    return source.newline + source.indentation(start)


# -- the prompt put together ----------------------------------------------------------------------


def _whole(template: Template, ranges: list[Range], names: list[str]) -> tuple[str, ...]:
    """The literal texts around the named ones: before the first, between them, behind the last."""
    edges = [0, *(edge for where in ranges for edge in where), len(template.flat)]
    around = tuple(template.flat[low:high] for low, high in zip(edges[::2], edges[1::2], strict=True))
    if any(HOLE in text for text in around) or len(around) != len(names) + 1:
        raise Opaque("the prompt is put together in a way that is not followed")
    return around


def _escaped(text: str) -> str:
    return "".join(ESCAPES.get(char, char) for char in text)


def as_fstring(whole: tuple[str, ...], names: list[str]) -> str:
    """The literal texts with the names between them."""
    whole = tuple(_escaped(text) for text in whole)
    fields = "".join(f"{{{name}}}{text}" for name, text in zip(names, whole[1:], strict=True))
    return f'f"{whole[0]}{fields}"'


def _as_sum(whole: tuple[str, ...], names: list[str]) -> str:
    """The same by `+`, which refuses what is no text."""
    whole = tuple(_escaped(text) for text in whole)
    pieces = [f'"{whole[0]}"' if whole[0] else ""]
    for name, text in zip(names, whole[1:], strict=True):
        pieces.extend((name, f'"{text}"' if text else ""))
    return " + ".join(piece for piece in pieces if piece)


def _arguments(context: Context, layout: Layout, names: list[str], place: Place) -> list[tuple[str, Parts]]:
    given = list(names)
    pairs: list[tuple[str, Parts]] = []
    if layout.system is not None:
        pairs.append(("system", (given.pop(0),)))
    roles = [row[0] for row in rows_of(layout) if isinstance(row, tuple)]
    items: list[Parts] = [
        (f'{{"role": "{role}", "content": {name}}}',) for role, name in zip(roles, given, strict=True)
    ]
    pairs.append(("messages", list_display(context, items, place.indentation())))
    return pairs
