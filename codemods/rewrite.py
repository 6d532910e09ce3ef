# One file from bytes to bytes. Knows all parts, touches no files.
"""`rewrite_source`: what becomes of one file, as a value.

The order of work: search the bytes for anything of ours; parse; find the sites and plan them;
plan the constants, types and imports around them; apply all edits as byte spans; check the result.
A result that does not compile is never returned.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import posixpath
import re
import warnings
from collections.abc import Iterable

import migrate
from codemods.bodies import RequestSite
from codemods.dynamic_imports import names_loaded
from codemods.edits import Overlap, Replacement, apply_edits, replacements
from codemods.evaluation import is_test
from codemods.findings import left_findings, marker_findings, site_finding
from codemods.floors import (
    MESSAGES,
    adapter_floor,
    adapter_names,
    keeps_old_calls,
    old_sdk_lines,
    standing_floor,
    version_text,
)
from codemods.flow import Flow
from codemods.ignores import is_ignored
from codemods.import_texts import names_bound_by_text
from codemods.neighbours import evaluator_for, parsed_source
from codemods.no_ops import no_op_edits
from codemods.notebooks import rewrite_notebook
from codemods.other_files import OtherFiles
from codemods.outcome import Finding, Options, Outcome
from codemods.plans import Context, Limits, Plan, Site
from codemods.project import Project
from codemods.rules.surface_tests import RULE as SURFACE_TEST
from codemods.sites import find_sites, plan_sites
from codemods.soundness import problem_of
from codemods.source import NotPython, Source
from codemods.suggestions import suggest
from codemods.surroundings import Surroundings, import_edits, marker_edits
from codemods.templates import TemplateReader

# Import names, removed constants, legacy keywords, the old address, our own markers.
_NEEDLES = re.compile(
    rb"anthropic|HUMAN_PROMPT|AI_PROMPT|max_tokens_to_sample|/v1\\?/complete(?![\w/])|TODO\(to-messages "
    rb"|from migrate import"
)
# What every match of the pattern holds, in as few words as possible: looking for these first is quicker.
_WORDS = (
    b"nthropic",
    b"_PROMPT",
    b"max_tokens_to_sample",
    b"/complete",
    b"TODO(to-messages ",
    b"from migrate import",
)
# What a client made in another file is used or imitated by. Others' clients have it too, so it is not
# enough alone.
_USE = b"completions"
# Classes of other libraries that offer the old endpoint: their names say little, with the library's they do.
_WRAPPERS = re.compile(rb"\b(?:langchain|llama_index)")
_PATCH = re.compile(rb"\bCompletions\.create\s*=[^=]")
_OWN_MODULES = ("migrate", "migrate.prompts", "migrate.clients", "migrate.errors", "migrate.models")


def is_candidate(source: bytes) -> bool:
    """Whether a file may hold anything of ours: a byte search, no parser."""
    return _USE in source or _holds_needle(source)


def _holds_needle(source: bytes) -> bool:
    for word in _WORDS:  # a plain loop: this is asked of every file of a tree
        if word in source:
            return _NEEDLES.search(source) is not None or _holds_wrapper(source)
    return False


def _holds_wrapper(source: bytes) -> bool:
    return b"Anthropic" in source and _WRAPPERS.search(source) is not None


def _is_used_here(source: bytes, path: str, project: Project | None) -> bool:
    """Whether a client that another file makes may be used in this one."""
    if _USE not in source or project is None:
        return False
    return project.leads_to_sdk(path, source) or (is_test(path) and project.tests_sdk(path, source))


def rewrite_source(source: bytes, path: str, options: Options, project: Project | None = None) -> Outcome:
    """What becomes of one file. Never raises for bad input: that is an outcome "failed" with its reason.

    RecursionError and MemoryError pass through, for a caller that can try again with a larger stack.
    """
    if not (_holds_needle(source) or _is_used_here(source, path, project)):
        return Outcome("unchanged", source)
    if path.endswith(".ipynb"):
        return rewrite_notebook(
            source, lambda module, shared: _rewritten(module, path, options, project, shared)
        )
    return _rewritten(source, path, options, project)[0]


def _rewritten(
    source: bytes, path: str, options: Options, project: Project | None, shared: frozenset[str] = frozenset()
) -> tuple[Outcome, list[Replacement]]:
    """What becomes of one module, and its changes. `shared`: names that are read from outside of it."""
    if not is_candidate(source):
        return Outcome("unchanged", source), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the user's own literals, each time they are parsed
        try:
            parsed = parsed_source(project, path, source)
        except NotPython as error:
            return Outcome("failed", source, reason=str(error)), []
        rewriter = _Rewriter(parsed, source, path, options, project)
        rewriter.context.exported |= shared
        return rewriter.outcome(), rewriter.changes


def rewritten_example(text: str, options: Options) -> str | None:
    """A program that stands in a text as `fix` would leave it; None if nothing of it changes."""
    outcome = rewrite_source(text.encode(), "example.py", dataclasses.replace(options, markers=False))
    return outcome.source.decode() if outcome.changed else None


class _Rewriter:
    """The work on one file."""

    def __init__(
        self, source: Source, raw: bytes, path: str, options: Options, project: Project | None
    ) -> None:
        self.source = source
        self.raw = raw
        self.changes: list[Replacement] = []
        self.context = _context(source, raw, path, options, project)

    def outcome(self) -> Outcome:
        """Plan and apply; if edits disagree, add no names, then bridge every site, and at last leave them."""
        context = self.context
        uncertain = [one for one in find_sites(context) if not is_ignored(self.source, one[0], ["TC301"])]
        try:
            return self._assembled(plan_sites(context), uncertain)
        except Overlap:
            context.adds_names = False
        try:
            return self._assembled(plan_sites(context), uncertain)
        except Overlap:
            reason = ("TC104", "its edits and those of another place touch the same text")
            context.limits.bridged.update(dict.fromkeys(context.sites, reason))
        try:
            return self._assembled(plan_sites(context), uncertain)
        except Overlap:
            context.options = dataclasses.replace(context.options, bridge=False)
            return self._assembled(plan_sites(context), uncertain)

    def _assembled(self, plans: dict[Site, Plan], uncertain: list[tuple[ast.expr, str]]) -> Outcome:
        context = self.context
        changed = {site: plan for site, plan in plans.items() if plan.manual is None and not plan.ignored}
        edits = [edit for plan in changed.values() for edit in plan.edits]
        edits += [edit for plan in changed.values() for touch in plan.touches for edit in touch.edits]
        edits += no_op_edits(context, edits)
        for site, plan in plans.items():
            suggest(context, site, plan)
        findings = [site_finding(context, site, plan) for site, plan in plans.items() if not plan.ignored]
        findings += left_findings(context, plans, uncertain)
        findings += marker_findings(context)
        around = Surroundings(
            context,
            edits,
            findings,
            blocked=not changed and keeps_old_calls(findings),
            message_types=frozenset().union(*(plan.types for plan in changed.values())),
        )
        edits += around.edits()
        names = around.needs.union(*(plan.bridge_names for plan in changed.values()))
        requests = [plan for site, plan in changed.items() if isinstance(site, RequestSite)]
        for_all: set[str] = set().union(*(plan.bridge_names for plan in requests))
        if names:
            edits += import_edits(context, names, edits, for_all, before=around.has_definitions)
        edits += marker_edits(context, changed.items())
        result = apply_edits(self.source.data, edits)
        self.changes = replacements(self.source.data, edits)
        bridged = set(names)
        if any(one.rule == "TC004" and one.status == "bridged" for one in findings):
            bridged.add("Completion")
        return self._checked(result, findings, changed, bridged)

    def _checked(
        self, result: bytes, findings: list[Finding], changed: dict[Site, Plan], bridged: set[str]
    ) -> Outcome:
        ordered = tuple(sorted(findings, key=lambda one: (one.line, one.column, one.rule)))
        leans = frozenset() if _other_migrate(self.source) else adapter_names(self.source)
        standing = standing_floor(self.context, leans)
        old = old_sdk_lines(ordered, self.source)
        if result == self.source.data:
            return Outcome("unchanged", self.raw, ordered, None, version_text(standing), bool(leans), old)
        problem = problem_of(self.source, result, self.context.flow)
        if problem is not None:
            reason = f"a bug of ours: the rewritten file {problem}; it is left as it was"
            return Outcome("failed", self.raw, ordered, reason)
        left = any(one.status == "manual" for one in ordered)
        floors = [plan.sdk_floor for plan in changed.values() if any(plan.sdk_floor)]
        floors += [standing] if standing else []
        floors += [MESSAGES] if any(one.rule == SURFACE_TEST and not one.is_left for one in ordered) else []
        floors += [floor] if (floor := adapter_floor(bridged)) else []
        return Outcome(
            "partly" if left else "rewritten",
            self.source.encode(result),
            ordered,
            sdk_floor=version_text(max(floors, default=None)),
            uses_bridge=bool(bridged or leans),
            old_sdk_lines=old,
        )


# -- context --------------------------------------------------------------------------------------


def _context(source: Source, raw: bytes, path: str, options: Options, project: Project | None) -> Context:
    evaluator = evaluator_for(project, path, source, raw)
    flow = evaluator.flow
    exported = frozenset(_listed_in_all(source.tree))
    reason = "bridges are switched off"
    own = _other_migrate(source) or (project.own_migrate_module(path) if project else None)
    if own is not None and options.bridge:
        options, reason = dataclasses.replace(options, bridge=False), own
    if project is not None:
        exported |= project.names_imported_from(path)
    bound = _variables_bound_from_outside(flow, raw, project, path)
    exported |= bound
    reader = TemplateReader(source, evaluator, bound)
    patched = path if _PATCH.search(source.data) else project.patched_surface(path) if project else None
    return Context(
        source,
        flow,
        evaluator,
        reader,
        options,
        path=path,
        exported=exported,
        loaded=names_loaded(project, path) if project is not None else frozenset(),
        no_bridge_reason=reason,
        patched_in=patched,
        has_project=project is not None,
        is_named_elsewhere=functools.partial(project.names, path) if project is not None else None,
        files_around=functools.partial(project.around, path) if project is not None else None,
        is_test_of_sdk=functools.cache(functools.partial(project.tests_sdk, path, source.data))
        if project
        else None,
        elsewhere=OtherFiles(project, options) if project is not None else None,
        rewrite_example=lambda text: rewritten_example(text, options),
        limits=Limits(),
    )


def _variables_bound_from_outside(
    flow: Flow, raw: bytes, project: Project | None, path: str
) -> frozenset[str]:
    """The file's variables that another file, a test or a `setattr` may bind anew under their name."""
    stem = posixpath.splitext(posixpath.basename(path.replace("\\", "/")))[0]
    named = {name for module, name in names_bound_by_text(raw) if module in ("", stem)}
    named |= project.names_bound_from_outside(path) if project else frozenset()
    found = (name for name in named for one in flow.module.definitions.get(name, ()) if one.kind == "assign")
    return frozenset(found)


def _other_migrate(source: Source) -> str | None:
    """Why `migrate` is another module in this file; None if nothing says so."""
    for node in source.nodes_of(ast.ImportFrom):
        if node.level or (node.module or "").split(".")[0] != "migrate":
            continue
        if node.module not in _OWN_MODULES or {alias.name for alias in node.names} - {*migrate.__all__, "*"}:
            return f"line {node.lineno} imports another module `migrate`"
    for statement in source.nodes_of(ast.Import):
        names = {alias.name for alias in statement.names if alias.name.startswith("migrate.")}
        if names - set(_OWN_MODULES):
            return f"line {statement.lineno} imports another module `migrate`"
    return None


def _listed_in_all(tree: ast.Module) -> Iterable[str]:
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AugAssign)
            else []
        )
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
