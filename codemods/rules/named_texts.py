# Where a reply's text is read several times. Plans the line that binds it to a name; writes no read.
"""Bind a reply's text to a name where it is read several times.

    before: resp = client.completions.create(…)
            print(resp.completion)
            return resp.completion
    after:  resp = client.messages.create(…)
            text = "".join(block.text for block in resp.content if block.type == "text")
            print(text)
            return text

The line stands directly under the call, which gives a Message there: joining it raises nothing and
changes nothing. A read gets the name where the response can be of that call alone, and where it runs
before anything else can: in no function, lambda or comprehension. All others are written out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from codemods.edits import Edit
from codemods.flow import Definition
from codemods.plans import Context, Plan, Site
from codemods.rules.new_names import new_name
from codemods.rules.read_places import free_quote
from codemods.rules.reads import read_at

_INNER_CODE = (
    ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
# Where `…_text` would be private, or what a part of a prompt is called (`kept_prompts`).
_LIKE_OTHERS = re.compile(r"^_|(?:^|_)(?:system|user|assistant)$", re.IGNORECASE)


def name_texts(context: Context, site: Site, plan: Plan) -> None:
    """Plan a name for the text of a response, and say in `plan.text_names` which reads get it."""
    assert site.result is not None
    for definition in context.definitions_of_value(site.result):
        end = _end_of_line(context, definition)
        if end is None or not _is_steady(context, definition):
            continue
        reads = list(_sure_reads(context, site, definition))
        name = _name(context, definition) if _is_worth_a_name(context, reads) else None
        if name is not None:
            plan.edits.append(_binding(context, definition, end, name))
            plan.text_names.update(dict.fromkeys(reads, name))


def _is_worth_a_name(context: Context, reads: Sequence[ast.expr]) -> bool:
    """Whether there are several reads, or one in an f-string that leaves no quote to write it with."""
    return len(reads) > 1 or any(free_quote(context, read) is None for read in reads)


def _binding(context: Context, definition: Definition, end: int, name: str) -> Edit:
    source = context.source
    indentation = source.indentation(source.span(definition.node)[0])
    text = f'"".join(block.text for block in {definition.name}.content if block.type == "text")'
    return Edit(end, end, (f"{source.newline}{indentation}{name} = {text}",), 9)


def _name(context: Context, definition: Definition) -> str | None:
    """The same name for all texts of one variable: it changes whenever the variable does."""
    own = () if _LIKE_OTHERS.search(definition.name) else (f"{definition.name}_text",)
    return new_name(
        context, definition.scope, f"text of {definition.name}", ("text", *own, "reply", "answer")
    )


def _end_of_line(context: Context, definition: Definition) -> int | None:
    """The end of the last line of the statement that binds the response; None if others share its lines."""
    statement, source = definition.node, context.source
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or definition.path or definition.name == "block":
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) > 1 or not isinstance(targets[0], ast.Name):
        return None
    return source.end_of_own_lines(statement)


def _is_steady(context: Context, definition: Definition) -> bool:
    """Whether the variable is never deleted; and in a notebook, whose cells run in any order, bound once."""
    in_cells = definition.scope.kind == "module" and context.path.endswith(".ipynb")
    if in_cells and len(definition.scope.definitions[definition.name]) > 1:
        return False
    names = (node for node in ast.walk(definition.scope.node) if isinstance(node, ast.Name))
    return not any(node.id == definition.name and isinstance(node.ctx, ast.Del) for node in names)


def _sure_reads(context: Context, site: Site, definition: Definition) -> Iterator[ast.expr]:
    """The reads of the text that see this response and no other, where nothing runs in between."""
    for use in context.flow.uses(definition):
        read = read_at(context, use, is_dict=site.is_old)
        reaching = context.flow.reaching(use)
        is_alone = reaching.complete and reaching.definitions == (definition,)
        if read is None or read.name != "completion" or not is_alone:
            continue
        if _runs_in_place(context, use, definition.scope.node) and b"\n" not in _bytes(context, read.node):
            yield read.node


def _bytes(context: Context, node: ast.expr) -> bytes:
    return context.source.data[slice(*context.source.span(node))]


def _runs_in_place(context: Context, use: ast.Name, home: ast.AST) -> bool:
    """Whether a name is read by the code of the scope itself. The first thing that a comprehension goes
    through is read outside of it."""
    node: ast.AST = use
    while True:
        above = context.source.parent(node)
        if above is None or above is home:
            return above is home
        if isinstance(above, ast.comprehension):
            whole = context.source.parents[above]
            if above.iter is not node or whole.generators[0] is not above:  # type: ignore[attr-defined]
                return False
            above = whole
        elif isinstance(above, _INNER_CODE):
            return False
        node = above
