"""Take apart a template of several turns that a call fills in.

    before: prompt="{human} Name {what}.{ai} [".format(human=HUMAN_PROMPT, ai=AI_PROMPT, what=what)
    after:  messages=[{"role": "user", "content": "Name {what}.".format(what=what)},
                      {"role": "assistant", "content": "["}]

Everything that is put in stands in one turn, so that the call is made once, for that turn; the other
texts are short and known, and are written out.
"""

from __future__ import annotations

from codemods.edits import Edit, Slice
from codemods.plans import Context, Plan, Touch
from codemods.rules.message_lists import Opaque, merged, try_cut, without_parentheses
from codemods.source import Span
from codemods.template_fillings import Filled
from codemods.template_nodes import HOLE, Cut
from codemods.turns import Range

ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\v": "\\v"}
_LONGEST = 200


def filled_texts(
    context: Context, plan: Plan, template: Filled, span: Span, ranges: list[Range]
) -> list[str | Slice]:
    """The expression of each text. Raises Opaque if more than one holds a value."""
    with_values = [where for where in ranges if HOLE in template.flat[slice(*where)]]
    if len(with_values) > 1:
        raise Opaque("the template of several turns is filled in by a call")
    return [
        _filled_text(context, plan, template, span, where)
        if where in with_values
        else _written(template.flat[slice(*where)])
        for where in ranges
    ]


def _filled_text(context: Context, plan: Plan, template: Filled, span: Span, where: Range) -> Slice:
    cut = Cut()
    try_cut(template, where, cut)
    if not cut.touched:
        return without_parentheses(context, Slice(*span, tuple(merged(cut.deletions))))
    edits = tuple(Edit(*one) for one in dict.fromkeys(cut.deletions))
    for definition, use in cut.touched:
        if not context.can_edit(definition):
            raise Opaque(f"{definition.name} has readers besides this call")
        plan.touches.append(Touch(definition, use, edits))
    return Slice(*span)


def _written(text: str) -> str:
    if len(text) > _LONGEST or not all(char.isprintable() or char in ESCAPES for char in text):
        raise Opaque("the template of several turns is filled in by a call")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(ESCAPES.get(char, char) for char in escaped) + '"'
