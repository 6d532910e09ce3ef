# Bodies of the old API that no known request sends. Finds; edits nothing, and follows no values.
"""Find bodies of Text Completions requests wherever they are written.

    found:  body = {"prompt": prompt, "max_tokens_to_sample": 300}
    found:  body["max_tokens_to_sample"] = 300
    found:  dict(max_tokens_to_sample=300), body.update(max_tokens_to_sample=300)
    found:  "{\\"prompt\\": \\"…\\", \\"max_tokens_to_sample\\": 300}"      the console's code for Bedrock
    found:  post("complete", prompt=prompt, max_tokens_to_sample=300)

Left in silence: arguments of the SDK's own calls, which the rewritten or bridged call takes as they are. A
file is taken to hold such arguments if it, or one that imports it, uses the SDK, and neither it nor the files
around it show anything that sends a request in another way.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from codemods.bodies import RequestSite
from codemods.plans import Context
from codemods.rules.body_suggestions import suggestion
from codemods.rules.reported import Left, current_model, imports_sdk, is_docstring
from codemods.values import Unknown, UserFunction
from migrate.errors import MigrationError
from migrate.markers import AI_PROMPT, HUMAN_PROMPT
from migrate.prompts import parse_prompt

_LIMIT = "max_tokens_to_sample"
_UNSENT = ": which request sends it cannot be seen here"
_BEDROCK = re.compile(rb"bedrock|anthropic\.claude|invoke_model", re.I)
_SERVICE = re.compile(rb"anthropic|bedrock|claude", re.I)
_SDK = re.compile(rb"^\s*(?:import|from)\s+anthropic\b", re.M)
# What a file that sends a request itself has: an address, a library, or a way to write a body.
_ADDRESS = rb"v1\\?/complete(?![\w/])|[\"'/]complete[\"']|invoke_model|bedrock-runtime|api\.anthropic\.com"
_LIBRARY = (
    rb"^\s*(?:import|from)\s+(?:.*,\s*)?(?:requests|httpx2?|aiohttp|urllib3?|boto3|aioboto3|aiobotocore|botocore"
    rb"|http|httplib2|pycurl|tornado|treq|niquests|curl_cffi)\b"
)
_WRITES = rb"json\.dumps|\bdumps\(|\.post\(|urlopen|\bjson\s*="
_SENDS = re.compile(b"|".join((_ADDRESS, _LIBRARY, _WRITES)), re.M)
_SENDS_ELSEWHERE = re.compile(_ADDRESS)


def request_bodies(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """A dict with the legacy limit that no SDK call takes: a body for Bedrock or for raw HTTP."""
    if node in used:
        return
    if isinstance(node, ast.Dict):
        keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
        found = _LIMIT in keys and ("prompt" in keys or _mentions_service(context))
    else:
        is_store = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
        key = node.slice if is_store and isinstance(node, ast.Subscript) else None
        found = isinstance(key, ast.Constant) and key.value == _LIMIT and _mentions_service(context)
    if found and not _is_for_the_sdk(context, node):
        yield _body_finding(context, node)


def built_bodies(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """`dict(max_tokens_to_sample=…)` and `body.update(…)`, which no call of the SDK takes."""
    if node in used or not isinstance(node, ast.Call):
        return
    named = {keyword.arg for keyword in node.keywords}
    builds = getattr(node.func, "id", "") == "dict" or getattr(node.func, "attr", "") == "update"
    if builds and _LIMIT in named and _mentions_service(context) and not _is_for_the_sdk(context, node):
        yield _body_finding(context, node)


def named_bodies(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """A call of the user's own sender that takes the entries of the body by name."""
    if node in used or not isinstance(node, ast.Call):
        return
    if not {"prompt", _LIMIT} <= {keyword.arg for keyword in node.keywords} or not _mentions_service(context):
        return
    name = getattr(node.func, "id", None) or getattr(node.func, "attr", None) or ""
    sends = _SENDS.search(context.source.data) is not None and not _uses_sdk(context)
    if name in ("dict", "update", "create") or name.startswith("assert_") or not sends:
        return
    if isinstance(context.evaluator.value_of(node.func), UserFunction | Unknown):
        yield _body_finding(context, node)


def written_bodies(context: Context, node: ast.AST, used: set[ast.AST]) -> Iterator[Left]:
    """A body that is written as JSON."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes) or node in used:
        return
    text = node.value if isinstance(node.value, str) else node.value.decode("utf-8", "replace")
    if _LIMIT not in text or "prompt" not in text or is_docstring(context, node):
        return
    try:
        body = json.loads(text, strict=False)
    except ValueError:
        return
    if isinstance(body, dict) and {"prompt", _LIMIT} <= body.keys():
        rule, _, reason, generic = _body_finding(context, node)
        yield rule, node, reason, _written_anew(context, body, rule) or generic


def _written_anew(context: Context, body: dict[str, object], rule: str) -> str | None:
    """The suggestion for a body that is known whole. Sampling is left out: current models refuse it."""
    try:
        messages = parse_prompt(str(body["prompt"])).to_arguments()
    except MigrationError:
        return None
    given = body.get("stop_sequences")
    stops = [one for one in given if one not in (HUMAN_PROMPT, AI_PROMPT)] if isinstance(given, list) else []
    kept: dict[str, object] = {
        name: body[name] for name in ("anthropic_version", "metadata", "stream") if name in body
    }
    anew: dict[str, object] = {
        **kept,
        **messages,
        "max_tokens": body[_LIMIT],
        **({"stop_sequences": stops} if stops else {}),
    }
    if rule == "TC404":
        anew.setdefault("anthropic_version", "bedrock-2023-05-31")
        return suggestion(context, None, "bedrock", json.dumps(anew, ensure_ascii=False))
    facts = current_model(str(body["model"]) if "model" in body else None)
    model = facts.id if facts is not None else body.get("model")
    return suggestion(context, None, "http", json.dumps({"model": model, **anew}, ensure_ascii=False))


def _body_finding(context: Context, node: ast.AST) -> Left:
    display = node if isinstance(node, ast.Dict) else None
    if _BEDROCK.search(context.source.data):
        reason = f"a Text Completions body for Bedrock{_UNSENT}"
        return "TC404", node, reason, suggestion(context, display, "bedrock")
    return "TC403", node, f"a Text Completions request body{_UNSENT}", suggestion(context, display, "http")


def _mentions_service(context: Context) -> bool:
    return _SERVICE.search(context.source.data) is not None


# -- whose arguments they are ---------------------------------------------------------------------


def _is_for_the_sdk(context: Context, node: ast.AST) -> bool:
    """Whether a dict holds arguments of the SDK's calls, as far as the files around it tell."""
    if _SENDS.search(context.source.data) or isinstance(context.source.statement(node), ast.Assert):
        return False
    around = context.files_around() if context.files_around is not None else ()
    if around is None or any(_SENDS_ELSEWHERE.search(data) for data in around):
        return False
    return _uses_sdk(context) or any(_SDK.search(data) for data in around)


def _uses_sdk(context: Context) -> bool:
    sites = any(not isinstance(site, RequestSite) for site in context.sites)
    return sites or imports_sdk(context) or next(context.migrated_calls(), None) is not None
