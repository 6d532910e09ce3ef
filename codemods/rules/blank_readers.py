# Readers of a text that may see whether it begins with a blank. Judges one place; follows nothing.
"""What counts on the blank that every legacy completion began with, where the text itself stands.

counts:   resp.completion == " Yes"      len(resp.completion)      "I like" + resp.completion
does not: resp.completion.strip()        print(resp.completion)
"""

from __future__ import annotations

import ast
import posixpath

from codemods.plans import Context
from codemods.rules.blank_hints import blank_hints
from codemods.rules.blank_tests import (
    asks_whether_empty,
    compares_text,
    formats_to_width,
    is_anchored,
    starts_blank,
    words_before,
)
from codemods.rules.text_methods import (
    ASKS_THE_END,
    DROP_START,
    LETTER_BY_LETTER,
    MEASURE,
    PATTERNS,
    SEES_START,
)
from codemods.rules.text_positions import is_find, position_is_harmless

# Signs that a blank parts from the word behind them.
_BEFORE_A_BLANK = ".,:;!?"


class CountsOnBlank(Exception):
    """Some reader needs the old leading blank; the message says where. reader: the same as a clause."""

    def __init__(self, reader: str, gone: str) -> None:
        super().__init__(f"{reader}{gone}")
        self.reader = reader


def beside(home: str, path: str) -> str:
    """The path of another file as seen from the folder of this one."""
    folder = posixpath.dirname(home.replace("\\", "/"))
    return posixpath.relpath(path.replace("\\", "/"), folder or ".")


class BlankReaders:
    """The places of one file at which a text is read. file: where it is, if the text came from another."""

    def __init__(self, context: Context, file: str | None) -> None:
        self.context = context
        self.file = file

    def _refuse_counting(self, text: ast.expr, parent: ast.AST | None) -> None:
        if isinstance(parent, ast.Subscript):
            raise self._counts(text, "looks the text up")
        if isinstance(parent, ast.Compare) and compares_text(parent, text):
            raise self._counts(text, "compares the whole text")
        if isinstance(parent, ast.Match) or (isinstance(parent, ast.Dict) and text in parent.keys):
            raise self._counts(text, "looks the text up")
        if (
            isinstance(parent, ast.Starred)
            or (isinstance(parent, ast.For | ast.comprehension) and parent.iter is text)
            or isinstance(parent, ast.YieldFrom)
        ):
            raise self._counts(text, "goes through the text letter by letter")
        if isinstance(parent, ast.Set | ast.SetComp):
            raise self._counts(text, "tells whole texts apart")
        if isinstance(parent, ast.Assign) and any(
            isinstance(t, ast.Tuple | ast.List) for t in parent.targets
        ):
            raise self._counts(text, "takes the text apart")

    def _refuse_glue(self, parent: ast.FormattedValue | ast.BinOp, text: ast.expr) -> None:
        """A word right before the text was parted from it by the blank."""
        if isinstance(parent, ast.FormattedValue):
            joined = self.context.source.parent(parent)
            values = joined.values if isinstance(joined, ast.JoinedStr) else []
            index = values.index(parent) if parent in values else 0
            before: ast.expr | None = values[index - 1] if index else None
        else:
            before = parent.left if parent.right is text and isinstance(parent.op, ast.Add) else None
            while isinstance(before, ast.BinOp) and isinstance(before.op, ast.Add):
                before = before.right
        if before is None:
            return
        written = before.value if isinstance(before, ast.Constant) else self.context.evaluator.text_of(before)
        if not isinstance(written, str) or written[-1:].isalnum() or written[-1:] in tuple(_BEFORE_A_BLANK):
            raise self._counts(text, "sets the text right behind another")

    def _refuse_glue_in(self, call: ast.Call, name: str, given: ast.AST, text: ast.expr) -> None:
        """The same for a field of a template, or what is replaced there, if the template is in sight."""
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        template = self.context.evaluator.text_of(receiver) if receiver is not None else None
        before = words_before(template, call, name, given) if template is not None else []
        if any(one.isalnum() or one in _BEFORE_A_BLANK for one in before):
            raise self._counts(text, "sets the text right behind another")

    def _refuse_prompt(self, parent: ast.AST, text: ast.expr) -> None:
        """In the next prompt the blank would be missing in the middle of a turn."""
        current: ast.AST | None = parent
        calls = {site.call for site in self.context.sites}
        while current is not None and not isinstance(current, ast.stmt):
            if current in calls:
                raise self._counts(text, "puts the text into another prompt")
            if isinstance(current, ast.JoinedStr | ast.BinOp):
                flat = self.context.templates.template_of(current).flat
                if "Human:" in flat or "Assistant:" in flat:
                    raise self._counts(text, "puts the text into another prompt")
            current = self.context.source.parent(current)

    def _refuse_call(self, call: ast.Call, name: str, text: ast.expr) -> None:
        is_asked = name == "len" and asks_whether_empty(self.context, call)
        if isinstance(call.func, ast.Name) and name in MEASURE and not is_asked:
            raise self._counts(text, "measures the text or takes it apart")
        if name == "write" and not isinstance(self.context.source.parent(call), ast.Expr | ast.Await):
            raise self._counts(text, "takes how much was written of the text")
        if name in LETTER_BY_LETTER and isinstance(call.func, ast.Attribute) and text in call.args:
            raise self._counts(text, "goes through the text letter by letter")
        if name in SEES_START:
            raise self._counts(text, f"hands the text to {name}(), which sees its first letter")
        if name in ("match", "fullmatch") or (name in PATTERNS and is_anchored(self.context, call, text)):
            raise self._counts(text, "matches the text from its start")
        if isinstance(call.func, ast.Attribute) and name in ("get", "pop", "index", "count"):
            raise self._counts(text, "looks the text up")
        if (
            name == "format"
            and isinstance(call.func, ast.Attribute)
            and formats_to_width(self.context, call.func.value)
        ):
            raise self._counts(text, "formats the text to a width")

    def _ignores_start(self, call: ast.Call, name: str, given: list[ast.expr]) -> bool:
        """Whether a method gives the same with the blank or without."""
        if name in ASKS_THE_END:
            return bool(given) and not starts_blank(self.context, given[0])
        if is_find(call):
            return position_is_harmless(self.context, call)
        return name in DROP_START and not given

    def _goes_out_of_sight(self, text: ast.expr) -> None:
        line = self.context.blank_hint
        if line is None:
            line = self.context.blank_hint = next(blank_hints(self.context), 0)
        if line:
            of, there = ("", "") if self.file is None else (f" of {self.file}", " there")
            where = f"the text of line {text.lineno}{of} goes on from there, and line {line}{there}"
            raise self._may_count(where)

    def _may_count(self, what: str) -> CountsOnBlank:
        return CountsOnBlank(f"{what} may count on the old leading space", ", which is gone")

    def _line(self, text: ast.expr) -> str:
        return f"line {text.lineno}" if self.file is None else f"{self.file}, line {text.lineno},"

    def _counts(self, text: ast.expr, what: str) -> CountsOnBlank:
        return CountsOnBlank(f"{self._line(text)} {what}", ", and the old leading space is gone")
