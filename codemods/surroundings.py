# What changes around the sites: constants, the response type, imports, markers.
"""Edits and findings for everything that is not a call site itself."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from dataclasses import replace

from codemods.edits import Edit
from codemods.findings import finding, open_reviews
from codemods.floors import keeps_old_calls
from codemods.flow import Definition
from codemods.guarded_imports import place_imports
from codemods.ignores import is_ignored
from codemods.imports import insert_import, remove_names
from codemods.outcome import Finding, Status
from codemods.plans import Context, Plan, Site
from codemods.rules.completion_types import TypeEdits, plan_types
from codemods.rules.constants import (
    ConstantEdits,
    constant_above,
    plan_constants,
    text_in_place,
    text_of_constant,
)
from codemods.rules.old_calls import client_edits
from codemods.rules.old_errors import caught_errors
from codemods.rules.surface_tests import RULE as TESTS
from codemods.rules.surface_tests import STAYS, TESTED, renamed_tests
from codemods.sdk_surface import PROMPT_CONSTANTS, SDK_PACKAGES
from codemods.suggestions import text_with
from codemods.survival import Survival


class Surroundings:
    """The work around one file's sites. `edits` are the sites'; `findings` grows."""

    def __init__(
        self,
        context: Context,
        edits: list[Edit],
        findings: list[Finding],
        *,
        blocked: bool,
        message_types: Collection[ast.expr] = (),
    ) -> None:
        """`blocked`: only calls that stay are here, so what they need stays as well. `message_types`:
        loads of the old type whose responses are Messages now."""
        self.context = context
        self.source = context.source
        self.site_edits = edits
        self.findings = findings
        self.blocked = blocked
        self.message_types = message_types
        self.needs: set[str] = set()
        self.has_definitions = False

    def edits(self) -> list[Edit]:
        """All edits around the sites, without the import of our own names."""
        types = self._types()
        constants = self._constants(self.site_edits + types.edits + types.message_edits)
        if types.loads:
            self.needs.add("Completion")
        lines: dict[ast.stmt, list[str]] = {}
        for definition, line in types.added:
            lines.setdefault(self._statement_of(definition), []).append(line)
        for definition, line in types.imports:
            if line == "from migrate import Completion" and self._is_top_level(definition):
                self.needs.add("Completion")
            else:
                lines.setdefault(self._statement_of(definition), []).append(line)
        for definition in constants.defined:
            alias = definition.node
            assert isinstance(alias, ast.alias)
            text = PROMPT_CONSTANTS[alias.name].replace("\n", "\\n")
            lines.setdefault(self._statement_of(definition), []).append(f'{definition.name} = "{text}"')
        for statement, name in sorted(constants.added, key=lambda one: list(PROMPT_CONSTANTS).index(one[1])):
            text = PROMPT_CONSTANTS[name].replace("\n", "\\n")
            lines.setdefault(statement, []).append(f'{name} = "{text}"')
        self.has_definitions = bool(constants.defined or constants.added)
        gone = [*constants.removed, *constants.defined, *(definition for definition, _ in types.imports)]
        gone += types.gone
        out = types.edits + types.message_edits + constants.edits
        gone += self._unused_imports(self.site_edits + out, [*gone, *types.renamed])
        out += self._clients() + self._errors() + self._tests()
        return out + remove_names(self.source, gone, lines)

    def _is_top_level(self, definition: Definition) -> bool:
        return isinstance(self.source.parents[self._statement_of(definition)], ast.Module)

    def _statement_of(self, definition: Definition) -> ast.stmt:
        statement = self.source.parents[definition.node]
        assert isinstance(statement, ast.stmt)
        return statement

    def _types(self) -> TypeEdits:
        types = plan_types(self.context, self.message_types)
        for one in types.messages:
            self._report("TC004", one, "the responses of this type are Messages now")
        allowed = self.context.options.bridge and self.context.rule_is_on("TC004") and not self.blocked
        for node in [*(definition.node for definition, _ in types.imports), *types.loads]:
            if allowed:
                self._report("TC004", node, "the old response type is ours now", "bridged")
            else:
                reason = "the type left the SDK; name `anthropic.types.Message`, or allow bridges"
                self._leave("TC004", node, reason, "anthropic.types.Message")
        return types if allowed else replace(types, imports=[], edits=[], loads=[])

    def _constants(self, edits: list[Edit]) -> ConstantEdits:
        constants = plan_constants(self.context, Survival(edits))
        if self.blocked or not self.context.rule_is_on("TC002"):
            for definition in [*constants.removed, *constants.defined]:
                why = "the constant left the SDK; it stays here for the calls that are left"
                self._leave("TC002", definition.node, why, text_of_constant(definition.node))
            attributes = {n: one for one, n in reversed(constants.places) if isinstance(one, ast.Attribute)}
            for name, attribute in attributes.items():
                why = "the constant left the SDK; the calls that are left need its text"
                self._leave("TC002", attribute, why, text_in_place(self.context, attribute, name))
            return ConstantEdits()
        for definition in constants.defined:
            why = f"{definition.name} is defined here, since its readers go on needing it"
            self._report("TC003", definition.node, why)
        for (_, name), load in constants.added.items():
            why = f"{name} is defined behind the SDK's import: its text cannot be written where it is read"
            self._report("TC003", load, why)
        for definition in constants.removed:
            if not definition.uses:
                self._report("TC002", definition.node, "an unused import goes")
        for node, name in constants.places:
            self._report("TC002", node, f"{name} becomes its text")
        for node, reason in constants.left:
            self._leave("TC305", node, reason, constant_above(self.source.node_text(node)))
        return constants

    def _clients(self) -> list[Edit]:
        """Clients made as SDK 0.2 had it."""
        out: list[Edit] = []
        allowed = not self.blocked and self.context.rule_is_on("TC013")
        for call, edits, why_not in client_edits(self.context):
            if why_not is None and allowed:
                self._report("TC013", call, "the client is made with the arguments it has now")
                out += edits
            else:
                reason = why_not or "its arguments have other names now; it stays for the calls that are left"
                self._leave("TC401", call, reason, text_with(self.context, call, edits))
        return out

    def _errors(self) -> list[Edit]:
        """`except` clauses for the errors of SDK 0.2."""
        if self.blocked or not self.context.rule_is_on("TC014"):
            return []
        adapted = any(one.rule == "TC106" for one in self.findings)
        out: list[Edit] = []
        for caught in caught_errors(self.context, adapted=adapted):
            self._report("TC014", caught.node, "the SDK's errors have another root now")
            out += caught.edits
            places = {self.source.position(self.source.span(node)[0]) for node in caught.nodes}
            self.findings[:] = [
                one for one in self.findings if one.rule != "TC411" or (one.line, one.column) not in places
            ]
            self.needs.update({"ApiException"} if adapted else ())
        return out

    def _tests(self) -> list[Edit]:
        """Tests of whether a client has the old surface: they go with the calls they are about."""
        out: list[Edit] = []
        stays = keeps_old_calls(self.findings)
        for call, edit, text in renamed_tests(self.context):
            if not self.context.rule_is_on(TESTS) or is_ignored(self.source, call, [TESTS]):
                continue
            if stays:
                self._leave(TESTS, call, STAYS, text)
            else:
                self._report(TESTS, call, TESTED)
                out.append(edit)
        return out

    def _report(self, rule: str, node: ast.AST, message: str, status: Status = "rewritten") -> None:
        self.findings.append(finding(self.context, rule, status, node, message))

    def _leave(self, rule: str, node: ast.AST, message: str, suggestion: str | None) -> None:
        self.findings.append(finding(self.context, rule, "manual", node, message, suggestion=suggestion))

    def _unused_imports(self, edits: list[Edit], handled: list[Definition]) -> list[Definition]:
        """Imports of the SDK that had readers, all of which our edits took away."""
        survival = Survival(edits)
        gone = []
        for scope in self.context.flow.scopes.values():
            for definition in (one for many in scope.definitions.values() for one in many):
                if not definition.uses or definition in handled or not self._is_plain_sdk_import(definition):
                    continue
                if not any(survival.survives(self.source.span(use)) for use in definition.uses):
                    gone.append(definition)
        return gone

    def _is_plain_sdk_import(self, definition: Definition) -> bool:
        alias = definition.node
        if not isinstance(alias, ast.alias) or self.context.is_exported(definition):
            return False
        if len(definition.scope.definitions[definition.name]) > 1 or definition.scope.open:
            return False
        statement = self.source.parents[alias]
        if isinstance(statement, ast.ImportFrom):
            return (statement.module or "").split(".")[0] in SDK_PACKAGES and not statement.level
        return alias.name in SDK_PACKAGES


def import_edits(
    context: Context, names: set[str], edits: list[Edit], for_all: set[str], *, before: bool
) -> list[Edit]:
    """The imports of our names that the file does not have yet, for the places where the edits write them.

    for_all: names that are needed whether the SDK is there or not. before: in front of the SDK's import.
    """
    present = {
        alias.name
        for statement in context.source.tree.body
        if isinstance(statement, ast.ImportFrom) and statement.module == "migrate" and not statement.level
        for alias in statement.names
        if alias.asname is None
    }
    placed = place_imports(context.source, names - present - for_all, edits)
    missing = placed.at_top | (for_all - present)
    uses = [context.source.span(site.load)[0] for site in context.sites]
    first_use = min(uses) if uses else None
    if missing:
        placed.edits.append(insert_import(context.source, missing, before=before, first_use=first_use))
    return placed.edits


def marker_edits(context: Context, plans: Iterable[tuple[Site, Plan]]) -> list[Edit]:
    """One marker comment above the statement of each site that a person has to review."""
    edits: list[Edit] = []
    for site, plan in plans:
        reviews = open_reviews(plan, context.options)
        if not reviews or not context.options.markers:
            continue
        offset = _statement_line(context, site.node)
        rule, reasons = next(iter(reviews)), "; ".join(reviews.values())
        comment = f"# TODO(to-messages {rule}): {reasons}"
        text = f"{context.source.indentation(offset)}{comment}{context.source.newline}"
        edits.append(Edit(offset, offset, (text,), 9))
    return edits


def _statement_line(context: Context, node: ast.AST) -> int:
    """Start of the line of the innermost statement that begins a line."""
    source = context.source
    statement: ast.AST = source.statement(node)
    while isinstance(statement, ast.stmt):
        start = source.span(statement)[0]
        line = source.line_start(start)
        if not source.data[line:start].strip():
            return line
        above = source.parents[statement]
        while not isinstance(above, ast.stmt | ast.Module):
            above = source.parents[above]
        statement = above
    return source.line_start(source.span(source.statement(node))[0])
