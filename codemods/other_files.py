# The other files of the project that a text goes to. Finds places and contexts; judges no reader.
"""Where other files take what a function of one file gives.

    lib.py: def one(a): … return r.completion        app.py: one(q)[1:]

Each file that is looked into gets a context of its own, made when it is first asked for. How many and
how large they may be is bounded; of the rest it is told whether its text shows that a blank may matter.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal

from codemods.evaluate import Evaluator
from codemods.neighbours import LARGEST, evaluator_at
from codemods.outcome import Options
from codemods.passed_values import given_arguments
from codemods.plans import Context, FunctionNode, Readers
from codemods.project import Project
from codemods.reach import files_met
from codemods.receivers import (
    imported_loads,
    is_dunder,
    is_module,
    is_property,
    loads_of_object,
    may_hold,
    reads_attribute,
    uses_of,
    uses_where_met,
    values_with_files,
)
from codemods.sites import find_sites
from codemods.templates import TemplateReader
from codemods.values import Abroad, ProjectModule, UserClass, UserFunction, Value

_MOST_FILES = 8  # of those that import a file, and as many of those that only meet its objects
# What a file that is not parsed may do with a text that began with a blank: cut, compare, ask again.
_MAY_COUNT = re.compile(
    rb"\[\s*\d+\s*:|(?:==|!=|\bin|\w\(|[\[{,:])\s*[rRuU]?(?:\"|'|\\\") \S"
    rb"|(?:Human|Assistant):|HUMAN_PROMPT|AI_PROMPT"
)
# The same of a file that only meets the object that gives the text.
_LOOKS_FOR_BLANK = re.compile(
    rb"\[\s*1\s*:\s*\]|(?:==|!=|\bin|\.(?:startswith|removeprefix|index|find|count)\()\s*[rRuU]?[\"'] \S"
)


class OtherFiles:
    """The project around one file that is analysed. Implements `codemods.plans.Elsewhere`."""

    def __init__(self, project: Project, options: Options) -> None:
        self.project = project
        self.options = options
        self._contexts: dict[str, Context] = {}
        self._met: dict[str, list[str]] = {}
        self._room = {"importers": _MOST_FILES, "met": _MOST_FILES}
        self._readers: dict[ast.AST, Readers] = {}

    def readers_of(self, home: Context, function: FunctionNode) -> Readers:
        """Where other files take what the function, or method, of the home file gives."""
        if function not in self._readers:
            self._readers[function] = self._found(home, function)
        return self._readers[function]

    def function_at(self, context: Context, called: ast.expr) -> tuple[Context, FunctionNode] | None:
        """The function of another file that an expression is, with the context of its file."""
        for value in values_with_files(context.evaluator, called):
            if isinstance(value, Abroad) and isinstance(value.value, UserFunction):
                there, node = self._context_of(value), value.value.node
                if there is not None and not isinstance(node, ast.Lambda):
                    return there, node
        return None

    def class_at(self, context: Context, called: ast.expr) -> tuple[Context, ast.ClassDef] | None:
        """The class of another file that an expression is, with the context of its file."""
        for value in values_with_files(context.evaluator, called):
            if isinstance(value, Abroad) and isinstance(value.value, UserClass):
                there = self._context_of(value)
                if there is not None:
                    return there, value.value.node
        return None

    def _context_of(self, value: Abroad) -> Context | None:
        """The context of the file that a value is from."""
        there = self._context(value.home.path) if isinstance(value.home, Evaluator) else None
        return there if there is not None and there.evaluator is value.home else None

    def arguments_for(
        self, home: Context, function: FunctionNode, name: str
    ) -> list[tuple[Context, ast.expr]]:
        """What the calls in other files pass for a parameter, as far as the files are looked into."""
        is_method = isinstance(_owner(home, function), ast.ClassDef)
        return [
            (there, given)
            for there, call in self.readers_of(home, function).results
            if isinstance(call, ast.Call)
            for given in given_arguments(call, function, name, is_method)
        ]

    def loads_of(
        self, home: Context, name: str, owner: ast.ClassDef | None
    ) -> Iterator[tuple[Context, ast.expr]]:
        """Where other files read an attribute of a class, or a variable of the module, of the home file."""
        if owner is None:
            yield from self._loads_of_variable(home.path, name)
            return
        for there, attribute, received in self._attributes(home.path, name):
            if any(may_hold(home, owner, there, one) for one in received):
                yield there, attribute
        yield from self._loads_where_met(home, name, owner)

    def loads_of_module(
        self, context: Context, receiver: ast.expr, name: str
    ) -> Iterator[tuple[Context, ast.expr]]:
        """Where other files read `module.name`, if the receiver is one of the user's modules."""
        for value in values_with_files(context.evaluator, receiver):
            path = self.project.file_of(value.stem) if isinstance(value, ProjectModule) else None
            if path is not None:
                yield from (one for one in self._loads_of_variable(path, name) if one[0] is not context)

    def _loads_of_variable(self, path: str, name: str) -> Iterator[tuple[Context, ast.expr]]:
        for there, attribute, received in self._attributes(path, name):
            if any(is_module(path, one) for one in received):
                yield there, attribute
        for importer in self.project.all_importers_with(path, name) or ():
            there_or_none = self._context(importer)
            if there_or_none is not None:
                yield from ((there_or_none, use) for use in imported_loads(path, there_or_none, name))

    def _attributes(self, path: str, name: str) -> Iterator[tuple[Context, ast.Attribute, tuple[Value, ...]]]:
        """The loads of an attribute in the files that import one, with what each receiver may be."""
        for importer in self.project.all_importers_with(path, name) or ():
            there = self._context(importer)
            for attribute in there.source.nodes_of(ast.Attribute) if there is not None else ():
                if there is not None and attribute.attr == name and isinstance(attribute.ctx, ast.Load):
                    yield there, attribute, values_with_files(there.evaluator, attribute.value)

    def _loads_where_met(
        self, home: Context, name: str, owner: ast.ClassDef
    ) -> Iterator[tuple[Context, ast.expr]]:
        for path in self._files_met(home, reads_attribute(name)):
            there = self._context(path, "met")
            if there is not None:
                yield from ((there, one) for one in loads_of_object(home, name, owner, there))

    def _found(self, home: Context, function: FunctionNode) -> Readers:
        found = Readers()
        owner = _owner(home, function)
        if isinstance(owner, FunctionNode | ast.Lambda):
            return found  # a function inside a function is seen by nobody else
        word = owner.name if isinstance(owner, ast.ClassDef) and is_dunder(function) else function.name
        holders = self.project.all_importers_with(home.path, word)
        if holders is None:
            found.unseen.append(f"too many files may call {function.name}, one of which")
        for path in holders or ():
            there = self._context(path)
            if there is None:
                if _MAY_COUNT.search(self.project.read(path) or b""):
                    found.unseen.append(f"{path}, which is not looked into,")
                continue
            self._add(found, there, uses_of(home, function, owner, there), is_property(function))
        self._add_met(home, function, owner, found)
        return found

    def _add_met(self, home: Context, function: FunctionNode, owner: ast.AST | None, found: Readers) -> None:
        """What files do that get the object, or the function, from others than the home file."""
        pattern = reads_attribute(function.name)
        if not isinstance(owner, ast.ClassDef):
            pattern = re.compile(rb"%b|\bimport\b.*\b%b\b" % (pattern.pattern, function.name.encode()))
        elif is_dunder(function):
            if function.name != "__call__":
                return
            pattern = _MAY_COUNT
        for path in self._files_met(home, pattern):
            there = self._context(path, "met")
            if there is not None:
                self._add(found, there, uses_where_met(home, function, owner, there), is_property(function))
            elif _LOOKS_FOR_BLANK.search(self.project.read(path) or b""):
                found.unseen.append(f"{path}, which is not looked into,")

    def _files_met(self, home: Context, pattern: re.Pattern[bytes]) -> list[str]:
        """The files that hold the pattern and may get objects of the home file without importing it."""
        if home.path not in self._met:
            importers = set(self.project.all_importers_with(home.path, "") or ())
            self._met[home.path] = [one for one in files_met(self.project, home.path) if one not in importers]
        return [one for one in self._met[home.path] if pattern.search(self.project.read(one) or b"")]

    def _add(self, found: Readers, there: Context, uses: Iterator[ast.expr], is_property: bool) -> None:
        for use in uses:
            above = there.source.parent(use)
            if is_property:
                found.results.append((there, use))
            elif isinstance(above, ast.Call) and above.func is use:
                found.results.append((there, above))
            else:
                found.loose.append((there, use))

    def _context(self, path: str, kind: Literal["importers", "met"] = "importers") -> Context | None:
        """The context of a file; None if it cannot be read, is too large, or is one too many of its kind."""
        evaluator = evaluator_at(self.project, path) if self._may_look(path, kind) else None
        if evaluator is None:
            return None
        kept = self._contexts.get(path)
        if kept is not None and kept.evaluator is evaluator:
            return kept
        context = Context(
            evaluator.source,
            evaluator.flow,
            evaluator,
            TemplateReader(evaluator.source, evaluator),
            self.options,
            path=path,
            elsewhere=self,
        )
        self._room[kind] -= path not in self._contexts
        self._contexts[path] = context
        find_sites(context)
        return context

    def _may_look(self, path: str, kind: str) -> bool:
        if path in self._contexts:
            return True
        few = self._room[kind] > 0 and path.endswith(".py")
        return few and len(self.project.read(path) or b"") <= LARGEST


def _owner(home: Context, function: FunctionNode) -> ast.AST | None:
    """The class, function or module that a function stands in, through `if` and `try`."""
    above = home.source.parent(function)
    while above is not None and not isinstance(above, FunctionNode | ast.Lambda | ast.ClassDef | ast.Module):
        above = home.source.parent(above)
    return above
