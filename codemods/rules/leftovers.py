"""Find legacy code that this version reports but does not rewrite.

    found:  anthropic.Client(key).completion(prompt=…)          SDK 0.2
    found:  requests.post("https://api.anthropic.com/v1/complete", …)
    found:  client.count_tokens(text)
    found:  client.completions.create.return_value = …          a test double of the old method

Each gets a finding with the reason and what to write instead. Nothing here edits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from codemods.plans import Context
from codemods.rules.body_suggestions import suggestion
from codemods.rules.client_arguments import client_arguments
from codemods.rules.doubles import doubles, is_route
from codemods.rules.error_texts import error_texts
from codemods.rules.hazards import hazards
from codemods.rules.instrumented_names import instrumented_names
from codemods.rules.key_headers import key_headers
from codemods.rules.removed_names import removed_names
from codemods.rules.reported import Check, Left, is_docstring
from codemods.rules.sent_bodies import built_bodies, named_bodies, request_bodies, written_bodies
from codemods.rules.surface_tests import surface_tests
from codemods.rules.text_examples import text_examples
from codemods.rules.token_counts import token_counts
from codemods.rules.version_tests import version_tests
from codemods.rules.wrapped_models import wrapped_bodies, wrapped_calls, wrapped_imports
from codemods.values import Client, Symbol, Unknown

_SDK_02_METHODS = {
    "completion": "messages.create(...)",
    "completion_stream": "messages.create(..., stream=True), whose pieces no longer repeat the text so far",
    "acompletion": "await AsyncAnthropic(...).messages.create(...)",
    "acompletion_stream": "AsyncAnthropic(...).messages.create(..., stream=True), whose pieces do not repeat",
}
_COMPLETE_URL = re.compile(r"/v1/complete(?![\w/])")


def find_leftovers(context: Context, site_nodes: set[ast.AST]) -> list[Left]:
    """(rule, node, reason, suggestion) for each; `site_nodes` are call nodes that sites account for."""
    found: list[Left] = []
    used = _nodes_of_sites(site_nodes) | wrapped_bodies(context)
    for kind, checks in _CHECKS.items():
        for node in context.source.nodes_of(kind):
            for check in checks:
                found.extend(check(context, node, used))
    found = [one for one in found if one[0] != "TC403" or not is_route(context, one[1])]
    found.sort(key=lambda one: (getattr(one[1], "lineno", 0), getattr(one[1], "col_offset", 0)))
    return list(_once_per_statement(context, found))


def _once_per_statement(context: Context, found: list[Left]) -> Iterator[Left]:
    """One finding for a test's statement or fake, whose suggestion is the whole of it."""
    told: set[ast.AST] = set()
    for one in found:
        if one[0] == "TC405":
            statement = context.source.statement(one[1])
            if statement in told:
                continue
            if statement is one[1] and not isinstance(statement, ast.ClassDef):
                told.update(ast.walk(statement))
            elif not hasattr(statement, "body"):
                told.add(statement)
        yield one


def _nodes_of_sites(site_nodes: set[ast.AST]) -> set[ast.AST]:
    return {part for node in site_nodes for part in ast.walk(node)}


def _old_calls(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    method = node.func.attr
    if method not in _SDK_02_METHODS or node in used:
        return
    value = context.evaluator.value_of(node.func.value)
    named = {keyword.arg for keyword in node.keywords}
    legacy = "max_tokens_to_sample" in named or (method != "completion" and _mentions_sdk(context))
    unclear = bool(named & {None, "prompt"}) and _mentions_sdk(context)
    if isinstance(value, Client | Symbol) or (isinstance(value, Unknown) and (legacy or unclear)):
        reason = f"`.{method}()` looks like SDK 0.2, but whose method it is cannot be told"
        yield "TC401", node, reason, f"client.{_SDK_02_METHODS[method]}"


def _mentions_sdk(context: Context) -> bool:
    return re.search(rb"^\s*(?:import|from)\s+anthropic\b", context.source.data, re.M) is not None


def _http_calls(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or is_docstring(context, node):
        return
    if node in used:
        return
    if _COMPLETE_URL.search(node.value) and len(node.value) < 200:
        reason = "a request to /v1/complete, which no model answers any more"
        yield "TC403", node, reason, suggestion(context, None, "http")


_SDK_TESTS = (surface_tests, version_tests)
_CHECKS: dict[type[ast.AST], tuple[Check, ...]] = {
    ast.Call: (_old_calls, built_bodies, named_bodies, wrapped_calls, client_arguments, doubles, *_SDK_TESTS),
    ast.Attribute: (token_counts, removed_names, doubles, hazards, version_tests),
    ast.Compare: (surface_tests,),
    ast.Import: (removed_names,),
    ast.ImportFrom: (token_counts, removed_names, wrapped_imports, version_tests),
    ast.Constant: (
        _http_calls,
        written_bodies,
        doubles,
        instrumented_names,
        key_headers,
        text_examples,
        error_texts,
    ),
    ast.Dict: (request_bodies,),
    ast.Subscript: (request_bodies,),
    ast.ClassDef: (doubles,),
    ast.FunctionDef: (doubles,),
    ast.AsyncFunctionDef: (doubles,),
    ast.ClassDef: (doubles,),
    ast.Assign: (doubles,),
    ast.AnnAssign: (doubles,),
    ast.ExceptHandler: (hazards,),
}
