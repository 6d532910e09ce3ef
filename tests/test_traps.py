"""Small programs that a plausible code mod gets wrong: the outcome each must have.

The exact text is in `fixtures/codemods/traps/`; here stands what is right about it, whatever the
text: the rungs its call sites may end on, and what the result must or must not say. The last tests
are traps that take more than one file.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from codemods.outcome import Finding, Options, Outcome
from codemods.project import Project
from codemods.rewrite import rewrite_source
from tests.test_rules import CASES, GAPS, result_of

PLAIN = {"rewritten"}
BRIDGED = {"bridged"}
EITHER = {"rewritten", "bridged"}
MANUAL = {"manual"}

# trap: rungs, in the result, not in the result
TRAPS: dict[str, tuple[set[str], list[str], list[str]]] = {
    "01_evaluation_time": (PLAIN, ['prompt = f"{buf.read()}"\nbuf.close()', '"content": prompt'], []),
    "02_rebinding": (PLAIN, ['p = f"{q}"\n    q = q.lower()', '"content": p}'], []),
    "03_argument_order": (EITHER, ["{instructions()}", "{ask()}", "budget()"], ["max_tokens=budget(),\n    **", "system=f"]),
    "03_argument_order_limit_first": (EITHER, ["max_tokens=len(step("], []),
    "04_hole_text": (PLAIN, ['f"{style}"'], ['"content": style']),
    "04_hole_text_percent": (PLAIN, ['" % price', ".format(price)"], []),
    "05_none_in_system": (BRIDGED, ["{context or ''}"], ["system="]),
    "05_none_as_text": (PLAIN, ["{ctx}"], []),
    "06_history_as_system": (PLAIN, ["[*self.history, {"], ["system="]),
    "07_marker_in_hole": (BRIDGED, ["{examples}"], ['"content": f"{examples}"']),
    "07_marker_in_variable": (EITHER, [], ["Human:"]),
    "08_half_marker": (PLAIN, [], ["Human:", "Assistant:"]),
    "09_border_whitespace": (PLAIN, ['f"{q}"'], ["strip"]),
    "10_dedent": (BRIDGED, ["textwrap.dedent("], []),
    "11_strip": (BRIDGED, [".strip()"], ['"role"']),
    "12_shared_prompt": ({"rewritten"}, ["prompt.encode()", "Human: {user_text}"], ["TODO"]),
    "13_token_budget": (MANUAL, ["client.completions.create(", "9000 - n"], ["migrate"]),
    "14_two_providers": (MANUAL, ["client.completions.create(prompt=p, **extra)"], []),
    "15_shared_result_name": (BRIDGED | MANUAL, ["return r.completion if claude else"], []),
    "16_shadowing": (PLAIN, ["for block in blocks], block"], []),
    "16_class_body": (BRIDGED | MANUAL, ["[text for text in [r.completion]]"], []),
    "17_percent_in_comprehension": (EITHER, ["50%% of %s", "t % q"], []),
    "17_braces": (PLAIN, ['{\\"name\\": ...}', '{{\\"name\\": \\"{}\\"}}', "{{x}}"], ['{{\\"name\\": ...}}']),
    "18_walrus_continuation": (MANUAL, ["client.completions.create(**p)"], []),
    "19_late_binding": (EITHER, ["partial("], []),
    "20_mutable_params": (EITHER, [], []),
    "20_params_popped": (BRIDGED, ['params.pop("temperature")', '"temperature": 0.5'], []),
    "21_splat_order": (EITHER, [], []),
    "21_two_splats": (BRIDGED, ["with_completions", '"max_tokens_to_sample": 300'], ["max_tokens="]),
    "22_inheritance": (MANUAL, ["self.completions.create("], ["with_completions(self)"]),
    "23_monkeypatch": ({"review"}, ["# TODO(to-messages TC207)"], []),
    "24_type_checking": (EITHER, ['def text_of(r: "Completion")'], ["from anthropic.types import"]),
    "26_guarded_import": (EITHER, ["RateLimitError", 'HUMAN_PROMPT = "\\n\\nHuman:"'], ["import HUMAN_PROMPT"]),
    "28_fstring_quoting": (EITHER, [], []),
    "28_fstring_one_quote": (PLAIN, ["{d['a']}: {text}", '{text} {d["a"]}'], []),
    "29_raw_literal": (MANUAL, ['rf"\\n\\nHuman: {q}', '"\\\\n\\\\nHuman: hello'], []),
    "29_escapes_kept": (PLAIN, ['"Is a caf\\u00e9 a \\"shop\\"?\\t\\N{SNOWMAN} \\x41\\101"'], []),
    "30_lost_comments": ({"review"}, ["# deterministic for the audit", "# type: ignore[call-arg]", "# never let it"], ["temperature=0,"]),
    "31_async_generator": (PLAIN, ['yield getattr(c.delta, "text", "")', '"message_delta"'], []),
    "32_retry_mutates": (BRIDGED, ["prompt = prompt[-50000:]"], []),
    "33_except_text": (BRIDGED | MANUAL, [], ["arguments_from_prompt"]),
    "34_stop_reason_forms": (PLAIN, ["print(r.stop_reason is None)", '"model_context_window_exceeded"'], ['== "stop_sequence"']),
    "34_stop_reason_match": (EITHER, [], []),
    "34_stop_reason_lookup": (EITHER, [], []),
    "34_stop_reason_variable": (EITHER, [], []),
    "35_stop_text": (EITHER, [], ["stop_sequence =="]),
    "36_blank_stops": (BRIDGED, ['"\\n"'], []),
    "37_dynamic_stream": (PLAIN, ["stream=flag", "piece.delta.text", "block.text"], []),
    "37_stream_in_splat": (PLAIN, ['"stream": True', "piece.delta.text"], []),
    "38_name_reused": (PLAIN, ["print(completion.strip().upper())"], []),
    "39_attribute_store": (BRIDGED, ["resp.completion = resp.completion.strip()", "as_completion("], []),
    "40_hasattr_ladder": (BRIDGED, ['getattr(resp, "completion", None)'], []),
    "42_bridge_import_clash": (MANUAL, ["client.completions.create("], ["import arguments_from_prompt", "import with_completions"]),
}  # fmt: skip

# Findings that call sites end under; the others are about constants, types and the rest of the file.
AROUND_SITES = {"TC002", "TC003", "TC004", "TC305", "TC402", "TC403", "TC405", "TC408", "TC411"}


def with_gaps(names: list[str]) -> list[object]:
    gaps = {name: GAPS[f"traps/{name}"] for name in names if f"traps/{name}" in GAPS}
    marks = {name: pytest.mark.xfail(reason=reason) for name, reason in gaps.items()}
    return [pytest.param(name, marks=marks[name]) if name in marks else name for name in names]


def sites(outcome: Outcome) -> list[Finding]:
    own = [one for one in outcome.findings if one.rule not in AROUND_SITES]
    return own or [one for one in outcome.findings if one.rule == "TC402"]


@pytest.mark.parametrize("name", with_gaps(list(TRAPS)))
def test_trap(name: str) -> None:
    rungs, present, absent = TRAPS[name]
    outcome = result_of(f"traps/{name}")
    text = outcome.source.decode()
    assert sites(outcome)
    assert {one.status for one in sites(outcome)} <= rungs
    assert [part for part in present if part not in text] == []
    assert [part for part in absent if part in text] == []


def test_every_trap_has_its_outcome() -> None:
    told_below = {"25_reexport", "27_docstring_example", "41_mocks", "22_inheritance_runs"}
    named = {case.removeprefix("traps/") for case in CASES if case.startswith("traps/")}
    assert named == set(TRAPS) | told_below


def test_both_counts_and_calls_that_hang_on_tokens_are_reported() -> None:
    lines = {one.line for one in result_of("traps/13_token_budget").findings if one.status == "manual"}
    assert lines == {10, 11}


def test_both_sides_of_an_uncertain_client_are_named() -> None:
    (found,) = result_of("traps/14_two_providers").findings
    assert "openai" in found.message and "Anthropic client" in found.message


def test_an_exported_constant_is_defined_where_it_was_imported() -> None:
    outcome = result_of("traps/25_reexport")
    assert b'HUMAN_PROMPT = "\\n\\nHuman:"' in outcome.source
    assert b"from anthropic" not in outcome.source


def test_examples_in_docstrings_are_reported_and_left() -> None:
    outcome = result_of("traps/27_docstring_example")
    assert not outcome.changed
    assert [(one.rule, one.status) for one in outcome.findings] == [("TC407", "manual")]


def test_a_handler_that_knows_the_servers_words_is_reported() -> None:
    found = [one for one in result_of("traps/33_except_text").findings if one.rule == "TC408"]
    assert [one.line for one in found] == [12]


def test_a_test_double_of_the_old_method_is_reported() -> None:
    found = [one for one in result_of("traps/41_mocks").findings if one.rule == "TC405"]
    assert [(one.line, one.status) for one in found] == [(17, "manual")]


# -- traps of several files -----------------------------------------------------------------------


def run(files: Mapping[str, str], options: Options | None = None) -> dict[str, Outcome]:
    """What becomes of each file of a project."""
    sources = {path: text.encode() for path, text in files.items()}
    project = Project(".", sources.get, tuple(sources))
    return {
        path: rewrite_source(source, path, options or Options(), project) for path, source in sources.items()
    }


BRIDGE_NEEDED = """\
from anthropic import Anthropic

client = Anthropic()


def ask(prompt):
    return client.completions.create(model="claude-2.1", max_tokens_to_sample=100, prompt=prompt).completion
"""


@pytest.mark.parametrize(
    "files",
    [
        {"migrate.py": "def upgrade(): ...\n"},
        {"migrate/__init__.py": ""},
        {"src/migrate.py": "VERSION = 3\n"},
        {"app/migrate.py": "", "app/__init__.py": ""},
        {"manage.py": "from migrate.versioning import api\n"},
        {"manage.py": "import migrate.changeset\n"},
    ],
    ids=lambda files: "+".join(files),
)
def test_another_module_of_our_name_rules_out_bridges(files: dict[str, str]) -> None:
    done = run({"app/claude.py": BRIDGE_NEEDED, **files})["app/claude.py"]
    assert not done.changed
    (left,) = done.findings
    assert (left.rule, left.status) == ("TC303", "manual")
    assert "migrate" in left.message


def test_without_such_a_module_the_same_call_is_bridged() -> None:
    done = run({"app/claude.py": BRIDGE_NEEDED, "app/emigrate.py": ""})["app/claude.py"]
    assert b"from migrate import" in done.source


CONSTANTS = "from anthropic import AI_PROMPT, HUMAN_PROMPT\n"


@pytest.mark.parametrize(
    "reader",
    [
        "from constants import HUMAN_PROMPT\n\nprint(HUMAN_PROMPT)\n",
        "from constants import HUMAN_PROMPT as H\n\nprint(H)\n",
        "import constants\n\nprint(constants.HUMAN_PROMPT)\n",
        "import constants as c\n\nprint(c.HUMAN_PROMPT)\n",
        "from constants import *\n\nprint(HUMAN_PROMPT)\n",
        "from constants import (\n    # the opening\n    HUMAN_PROMPT,\n)\n\nprint(HUMAN_PROMPT)\n",
    ],
)
def test_a_constant_that_other_files_import_stays_readable(reader: str) -> None:
    done = run({"constants.py": CONSTANTS, "reader.py": reader})
    assert b'HUMAN_PROMPT = "\\n\\nHuman:"' in done["constants.py"].source


def test_a_prompt_that_another_file_imports_keeps_its_markers() -> None:
    program = (
        "from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic\n\n"
        'PROMPT = f"{HUMAN_PROMPT} Hi{AI_PROMPT}"\n'
        'text = Anthropic().completions.create(model="claude-2", max_tokens_to_sample=9, prompt=PROMPT).completion\n'
    )
    done = run({"prompts.py": program, "cache.py": "from prompts import PROMPT\n\nprint(hash(PROMPT))\n"})
    kept = b'PROMPT_USER_TEXT = "Hi"\nPROMPT = f"\\n\\nHuman: {PROMPT_USER_TEXT}\\n\\nAssistant:"\n'
    assert kept in done["prompts.py"].source


def test_a_response_that_another_file_imports_keeps_its_shape() -> None:
    program = (
        "from anthropic import Anthropic\n\n"
        'reply = Anthropic().completions.create(model="claude-2", max_tokens_to_sample=9, prompt="\\n\\nHuman: Hi\\n\\nAssistant:")\n'
    )
    done = run({"ask.py": program, "show.py": "from ask import reply\n\nprint(reply.completion)\n"})
    assert b"as_completion(" in done["ask.py"].source


def test_a_subclass_elsewhere_that_replaces_the_resource_is_heeded() -> None:
    base = (
        "import anthropic\n\n\nclass Retriever(anthropic.Anthropic):\n    def ask(self, question):\n"
        '        return self.completions.create(model="claude-2.1", max_tokens_to_sample=9,\n'
        '                                       prompt=f"\\n\\nHuman: {question}\\n\\nAssistant:").completion\n'
    )
    fake = "from retriever import Retriever\n\n\nclass Fake(Retriever):\n    completions = object()\n"
    done = run({"retriever.py": base, "fake.py": fake})["retriever.py"]
    assert {one.status for one in sites(done)} == {"manual"}


PATCH = "import anthropic\n\nanthropic.resources.Completions.create = print\n"


def test_a_patch_of_the_old_method_in_another_file_makes_every_site_a_review() -> None:
    call = (
        "from anthropic import Anthropic\n\n"
        'text = Anthropic().completions.create(model="claude-2", max_tokens_to_sample=9, prompt="\\n\\nHuman: Hi\\n\\nAssistant:").completion\n'
    )
    done = run({"call.py": call, "patches.py": PATCH})
    assert [(one.rule, one.status) for one in done["call.py"].findings] == [("TC207", "review")]
    assert run({"call.py": call})["call.py"].findings[0].status == "rewritten"


def test_a_client_from_another_file_is_known() -> None:
    client = "import anthropic\n\nclient = anthropic.Anthropic()\n"
    call = (
        "from clients import client\n\n\ndef ask(**options):\n"
        "    return client.completions.create(**options).completion\n"
    )
    done = run({"clients.py": client, "call.py": f"# anthropic\n{call}"})["call.py"]
    assert [one.status for one in done.findings] == ["bridged"]
