# One file from bytes to bytes. Knows all parts, touches no files.
"""`rewrite_source`: what becomes of one file, as a value.

The order of work: search the bytes for anything of ours; parse; find the sites and plan them;
plan the constants, types and imports around them; apply all edits as byte spans; check the result.
A result that does not compile is never returned.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterable

from codemods.edits import Edit, Overlap, apply_edits
from codemods.evaluate import Evaluator
from codemods.findings import finding, finding_at, marker_findings, open_reviews, site_finding
from codemods.flow import Flow
from codemods.imports import insert_import, remove_names
from codemods.outcome import Finding, Options, Outcome
from codemods.plans import Context, Limits, Plan, Site
from codemods.project import Project
from codemods.rules.completion_types import TypeEdits, plan_types
from codemods.rules.constants import ConstantEdits, plan_constants
from codemods.rules.leftovers import Left, find_leftovers
from codemods.sites import find_sites, plan_sites
from codemods.source import NotPython, Source, read_source
from codemods.survival import Survival
from codemods.templates import TemplateReader
from codemods.values import Client, Constant, Foreign, Migrated, Symbol, Unknown, Value
from migrate.markers import AI_PROMPT, HUMAN_PROMPT

# Import names, removed constants, legacy keywords, the old address, our own markers.
_NEEDLES = re.compile(
    rb"anthropic|HUMAN_PROMPT|AI_PROMPT|max_tokens_to_sample|/v1/complete(?![\w/])|TODO\(to-messages "
)
_NOTEBOOK_NEEDLES = re.compile(
    rb"HUMAN_PROMPT|AI_PROMPT|max_tokens_to_sample|/v1/complete(?![\w/])|anthropic\.(?:count_tokens|ApiException)"
)
_IGNORE = re.compile(r"#\s*to-messages:\s*ignore(?:\[([\w,\s-]*)\])?")
_TEXT_OF = {"HUMAN_PROMPT": HUMAN_PROMPT, "AI_PROMPT": AI_PROMPT}


def is_candidate(source: bytes) -> bool:
    """Whether a file may hold anything of ours: a byte search, no parser."""
    return _NEEDLES.search(source) is not None


def rewrite_source(source: bytes, path: str, options: Options, project: Project | None = None) -> Outcome:
    """What becomes of one file. Never raises for bad input: that is an outcome "failed" with its reason.

    RecursionError and MemoryError pass through, for a caller that can try again with a larger stack.
    """
    if path.endswith(".ipynb"):
        return _notebook(source)
    if not is_candidate(source):
        return Outcome("unchanged", source)
    try:
        parsed = read_source(source)
    except NotPython as error:
        return Outcome("failed", source, reason=str(error))
    return _Rewriter(parsed, source, path, options, project).outcome()


def _notebook(source: bytes) -> Outcome:
    match = _NOTEBOOK_NEEDLES.search(source)
    if match is None:
        return Outcome("unchanged", source)
    line = source.count(b"\n", 0, match.start()) + 1
    column = match.start() - (source.rfind(b"\n", 0, match.start()) + 1) + 1
    message = "a notebook with legacy calls; convert its cells to a script, or rewrite them by hand"
    left = Finding("TC406", "manual", line, column, line, column + len(match.group()), message)
    return Outcome("unchanged", source, (left,))


class _Rewriter:
    """The work on one file."""

    def __init__(self, source: Source, raw: bytes, path: str, options: Options, project: Project | None) -> None:
        self.source = source
        self.raw = raw
        self.path = path
        self.project = project
        self.context = _context(source, path, options, project)
        self.options = self.context.options

    def outcome(self) -> Outcome:
        """Plan and apply; if edits disagree, bridge every site and plan once more."""
        uncertain = find_sites(self.context)
        self._drop_ignored_sites()
        for attempt in range(3):
            plans = plan_sites(self.context)
            self._apply_rule_choice(plans)
            try:
                return self._assembled(plans, uncertain)
            except Overlap:
                reason = ("TC104", "its edits and those of another place touch the same text")
                self.context.limits.bridged.update(dict.fromkeys(self.context.sites, reason))
                if attempt == 1:
                    self.context.options = dataclasses.replace(self.options, bridge=False)
        raise AssertionError("bridged sites cannot overlap")

    # -- choice ---------------------------------------------------------------------------------

    def _drop_ignored_sites(self) -> None:
        self.context.sites[:] = [site for site in self.context.sites if not self._is_ignored(site.node)]

    def _is_ignored(self, node: ast.AST) -> bool:
        """A `# to-messages: ignore` comment on a line of the statement leaves it alone."""
        statement = self.source.statement(node)
        start, end = self.source.span(statement if not hasattr(statement, "body") else node)
        line = self.source.line_of(end)
        last = self.source.line_starts[line] if line < len(self.source.line_starts) else len(self.source.data)
        return _IGNORE.search(self.source.text((start, last))) is not None

    def _apply_rule_choice(self, plans: dict[Site, Plan]) -> None:
        for site, plan in plans.items():
            if plan.manual is None:
                off = [rule for rule in _needed_rules(plan) if not self._is_on(rule)]
                if off:
                    plans[site] = Plan(manual=("TC304", f"the call needs {off[0]}, which is switched off"))

    def _is_on(self, rule: str) -> bool:
        return (not self.options.select or rule in self.options.select) and rule not in self.options.ignore

    # -- assembly -------------------------------------------------------------------------------

    def _assembled(self, plans: dict[Site, Plan], uncertain: list[tuple[ast.Attribute, str]]) -> Outcome:
        changed = {site: plan for site, plan in plans.items() if plan.manual is None}
        edits = [edit for plan in changed.values() for edit in plan.edits]
        edits += [edit for plan in changed.values() for touch in plan.touches for edit in touch.edits]
        bridges = {name for plan in changed.values() for name in plan.bridge_names}
        leftovers = find_leftovers(self.context, {site.node for site in plans} | _definition_nodes(changed))
        leftovers = [left for left in leftovers if not self._is_ignored_leftover(left)]
        findings = [site_finding(self.context, site, plan) for site, plan in plans.items()]
        findings += [
            finding(self.context, "TC301", "manual", node, f"it cannot be told whether this is an Anthropic client: {why}")
            for node, why in uncertain
        ]
        findings += [finding(self.context, rule, "manual", node, why, suggestion=advice) for rule, node, why, advice in leftovers]
        findings += marker_findings(self.context)
        around = self._around(edits, bool(changed), findings, bridges)
        edits += around
        if bridges:
            edits += self._import_edit(bridges)
        edits += self._markers(changed)
        result = apply_edits(self.source.data, edits)
        return self._checked(result, findings, changed, uses_bridge=bool(bridges) or self._uses_migrate(around))

    def _is_ignored_leftover(self, left: Left) -> bool:
        return isinstance(left[1], ast.expr | ast.stmt) and self._is_ignored(left[1])

    def _uses_migrate(self, edits: Iterable[Edit]) -> bool:
        return any(isinstance(part, str) and "from migrate import" in part for edit in edits for part in edit.parts)

    def _around(self, edits: list[Edit], any_changed: bool, findings: list[Finding], bridges: set[str]) -> list[Edit]:
        """Constants, types and imports around the sites."""
        blocked = not any_changed and any(one.rule in ("TC401", "TC409") or one.status == "manual" and one.rule[:3] == "TC3" for one in findings)
        types = self._types(findings, blocked)
        constants = self._constants(edits + types.edits, findings, blocked)
        if types.loads:
            bridges.add("Completion")
        lines: dict[ast.stmt, list[str]] = {}
        gone = [*constants.removed]
        for definition, line in types.imports:
            lines.setdefault(self.source.parents[definition.node], []).append(line)  # type: ignore[arg-type]
            gone.append(definition)
        for definition in constants.defined:
            alias = definition.node
            assert isinstance(alias, ast.alias)
            text = _TEXT_OF[alias.name].replace("\n", "\\n")
            lines.setdefault(self.source.parents[alias], []).append(f'{definition.name} = "{text}"')  # type: ignore[arg-type]
            gone.append(definition)
        out = types.edits + constants.edits + remove_names(self.source, gone, lines)
        return out + self._unused_module_imports(edits + out)

    def _types(self, findings: list[Finding], blocked: bool) -> TypeEdits:
        types = plan_types(self.context)
        if not types.imports and not types.loads:
            return types
        allowed = self.options.bridge and self._is_on("TC004") and not blocked
        nodes = [definition.node for definition, _ in types.imports] + list(types.loads)
        for node in nodes:
            if allowed:
                findings.append(finding(self.context, "TC004", "bridged", node, "the old response type is ours now"))
            else:
                reason = "the type left the SDK; name `anthropic.types.Message`, or allow bridges"
                findings.append(finding(self.context, "TC004", "manual", node, reason))
        return types if allowed else TypeEdits()

    def _constants(self, edits: list[Edit], findings: list[Finding], blocked: bool) -> ConstantEdits:
        constants = plan_constants(self.context, Survival(edits))
        touched = constants.removed or constants.defined or constants.edits or constants.left
        if blocked or not self._is_on("TC002"):
            for definition in [*constants.removed, *constants.defined]:
                why = "the constant left the SDK; it stays here for the calls that are left"
                findings.append(finding(self.context, "TC002", "manual", definition.node, why))
            return ConstantEdits()
        if touched:
            for definition in constants.defined:
                why = f"{definition.name} is defined here, since its readers go on needing it"
                findings.append(finding(self.context, "TC003", "rewritten", definition.node, why))
            for definition in constants.removed:
                if not definition.uses:
                    findings.append(finding(self.context, "TC002", "rewritten", definition.node, "an unused import goes"))
            for node, name in constants.places:
                findings.append(finding(self.context, "TC002", "rewritten", node, f"{name} becomes its text"))
            for node, reason in constants.left:
                findings.append(finding(self.context, "TC305", "manual", node, reason))
        return constants

    def _unused_module_imports(self, edits: list[Edit]) -> list[Edit]:
        """`import anthropic` that only the constants needed."""
        survival = Survival(edits)
        gone = []
        for definition in self.context.flow.module.definitions.get("anthropic", ()):
            alias = definition.node
            if definition.kind != "import" or not definition.uses or self.context.is_exported(definition):
                continue
            assert isinstance(alias, ast.alias)
            if alias.name == "anthropic" and not any(survival.survives(self.source.span(use)) for use in definition.uses):
                gone.append(definition)
        return remove_names(self.source, gone, {})

    def _import_edit(self, names: set[str]) -> list[Edit]:
        present = {
            alias.name
            for statement in self.source.tree.body
            if isinstance(statement, ast.ImportFrom) and statement.module == "migrate" and not statement.level
            for alias in statement.names
            if alias.asname is None
        }
        missing = names - present
        return [insert_import(self.source, missing)] if missing else []

    def _markers(self, changed: dict[Site, Plan]) -> list[Edit]:
        if not self.options.markers:
            return []
        edits: list[Edit] = []
        for site, plan in changed.items():
            reviews = open_reviews(plan, self.options)
            if reviews:
                offset = self._statement_line(site.node)
                indentation = self.source.indentation(offset)
                rule = next(iter(reviews))
                text = f"{indentation}# TODO(to-messages {rule}): {'; '.join(reviews.values())}{self.source.newline}"
                edits.append(Edit(offset, offset, (text,), 9))
        return edits

    def _statement_line(self, node: ast.AST) -> int:
        """Start of the line of the innermost statement that begins a line."""
        statement: ast.AST = self.source.statement(node)
        while True:
            start = self.source.span(statement)[0]
            line = self.source.line_start(start)
            if not self.source.data[line:start].strip():
                return line
            statement = self.source.statement(self.source.parents[statement])

    # -- result ---------------------------------------------------------------------------------

    def _checked(
        self, result: bytes, findings: list[Finding], changed: dict[Site, Plan], *, uses_bridge: bool
    ) -> Outcome:
        ordered = tuple(sorted(findings, key=lambda one: (one.line, one.column, one.rule)))
        if result == self.source.data:
            return Outcome("unchanged", self.raw, ordered)
        problem = _problem(self.source, result, self.context.flow)
        if problem is not None:
            return Outcome("failed", self.raw, ordered, f"a bug of ours: the rewritten file {problem}; it is left as it was")
        kind = "partly" if any(one.status == "manual" for one in ordered) else "rewritten"
        floor = max((plan.sdk_floor for plan in changed.values()), default=None)
        text = ".".join(map(str, floor)) if floor else None
        return Outcome(kind, self.source.encode(result), ordered, None, text, uses_bridge)  # type: ignore[arg-type]


def _definition_nodes(changed: dict[Site, Plan]) -> set[ast.AST]:
    return {touch.definition.node for plan in changed.values() for touch in plan.touches}


def _needed_rules(plan: Plan) -> list[str]:
    bridged_whole = plan.bridges.keys() & {"TC104", "TC105"}
    return [*plan.bridges, *plan.reviews] if bridged_whole else ["TC001", *plan.bridges, *plan.reviews]


def _problem(source: Source, result: bytes, before: Flow) -> str | None:
    """Why a result must not be written; None if it is sound."""
    text = result.decode("utf-8")
    try:
        tree = _parse_as(source.tree, source.data.decode("utf-8"), text)
    except SyntaxError as error:
        return f"does not parse (line {error.lineno}: {error.msg})"
    new = _unbound(Flow(tree), tree) - _unbound(before, source.tree)
    return f"names {sorted(new)[0]}, which is not defined" if new else None


def _parse_as(old_tree: ast.Module, old: str, new: str) -> ast.Module:
    """Parse under Python 3.10's grammar if the original is within it."""
    try:
        ast.parse(old, feature_version=(3, 10))
    except SyntaxError:
        return ast.parse(new)
    return ast.parse(new, feature_version=(3, 10))


def _unbound(flow: Flow, tree: ast.Module) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not flow.reaching(node).definitions
    }


# -- context --------------------------------------------------------------------------------------


def _context(source: Source, path: str, options: Options, project: Project | None) -> Context:
    flow = Flow(source.tree)
    neighbours = Neighbours(project, path) if project is not None else None
    evaluator = Evaluator(source, flow, neighbours.lookup if neighbours else None)
    exported = frozenset(_listed_in_all(source.tree))
    reason = "bridges are switched off"
    if project is not None:
        exported |= project.names_imported_from(path)
        own = project.own_migrate_module(path)
        if own is not None and options.bridge:
            options, reason = dataclasses.replace(options, bridge=False), own
    reader = TemplateReader(source, evaluator)
    return Context(source, flow, evaluator, reader, options, path, exported, reason, Limits())


def _listed_in_all(tree: ast.Module) -> Iterable[str]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


class Neighbours:
    """Names that a file imports from the run's other files."""

    def __init__(self, project: Project, path: str, depth: int = 0) -> None:
        self.project = project
        self.path = path
        self.depth = depth

    def lookup(self, module: str, level: int, name: str) -> tuple[Value, ...] | None:
        """Values of an imported name; None if the module is not one of the run's files."""
        found = self.project.module_path(self.path, module, level)
        if found is None and name:
            found_module = self.project.module_path(self.path, f"{module}.{name}" if module else name, level)
            return None if found_module is None else (Unknown(f"{name} is a module of the project"),)
        if found is None:
            return None
        if not name or self.depth > 3:
            return (Unknown(f"{module} is a module of the project"),)
        return self._values(found, name)

    def _values(self, path: str, name: str) -> tuple[Value, ...]:
        data = self.project.read(path)
        if data is None or not is_candidate(data) and b"import" not in data:
            return (Unknown(f"{name} comes from {path}"),)
        try:
            source = read_source(data)
        except NotPython:
            return (Unknown(f"{name} comes from {path}, which cannot be read"),)
        flow = Flow(source.tree)
        evaluator = Evaluator(source, flow, Neighbours(self.project, path, self.depth + 1).lookup)
        found: list[Value] = []
        for definition in flow.module.definitions.get(name, ()):
            found.extend(_portable(value, name, path) for value in evaluator.values_of_definition(definition))
        return tuple(found) or (Unknown(f"{name} comes from {path}"),)


def _portable(value: Value, name: str, path: str) -> Value:
    """A value that means the same in the importing file."""
    if isinstance(value, Client):
        return dataclasses.replace(value, evidence=(*value.evidence, f"imported from {path}"))
    if isinstance(value, Symbol | Constant | Foreign | Migrated | Unknown):
        return value
    return Unknown(f"{name} comes from {path}")


__all__ = ["finding_at", "is_candidate", "rewrite_source"]
