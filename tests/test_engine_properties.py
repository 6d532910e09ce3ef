"""What holds for every input: an outcome and no exception, the same twice, other bytes untouched."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.outcome import LADDER, Options, Outcome
from codemods.rewrite import is_candidate, rewrite_source
from tests.test_rules import BEFORE, CASES, path_of

NEEDLES = (b"anthropic", b"HUMAN_PROMPT", b"AI_PROMPT", b"max_tokens_to_sample", b"/v1/complete")


def rewritten(source: bytes, options: Options | None = None) -> Outcome:
    return rewrite_source(source, "program.py", options or Options())


def check(source: bytes, outcome: Outcome) -> None:
    """The promises that need no expectation."""
    assert outcome.changed == (outcome.source != source)
    assert outcome.kind in ("unchanged", "rewritten", "partly", "failed")
    assert (outcome.reason is not None) == (outcome.kind == "failed")
    assert "a bug of ours" not in (outcome.reason or "")
    lines = source.count(b"\n") + source.count(b"\r") + 2
    for one in outcome.findings:
        assert one.status in LADDER
        assert one.message and one.column >= 1
        assert 1 <= one.line <= one.end_line <= lines
    if outcome.changed:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the program's own old spellings
            compile(outcome.source, "program.py", "exec", dont_inherit=True)
        again = rewritten(outcome.source)
        assert again.source == outcome.source


@given(st.binary(max_size=200))
def test_any_bytes_without_a_needle_stay(source: bytes) -> None:
    if not is_candidate(source):
        assert rewritten(source) == Outcome("unchanged", source)


@given(st.binary(max_size=60), st.sampled_from(NEEDLES), st.binary(max_size=60))
def test_any_bytes_with_a_needle_have_an_outcome(before: bytes, needle: bytes, after: bytes) -> None:
    source = before + needle + after
    check(source, rewritten(source))


@given(st.text(max_size=60), st.sampled_from(NEEDLES))
def test_any_text_in_a_comment_and_a_string_stays(text: str, needle: bytes) -> None:
    comment = "".join(char for char in text if char.isprintable())
    source = f"# {needle.decode()} {comment}\nx = {text!r}\n".encode("utf-8", "surrogatepass")
    assert rewritten(source).source == source


@pytest.mark.parametrize("needle", NEEDLES)
def test_candidates(needle: bytes) -> None:
    assert is_candidate(b"x = 1  # " + needle)
    assert not is_candidate(b"x = completion.create(prompt=1)")


def test_a_use_of_completions_alone_is_looked_at_only_for_what_other_files_say() -> None:
    source = b"from somewhere import client\nclient.completions.create(**options)\n"
    assert is_candidate(source)
    assert rewritten(source) == Outcome("unchanged", source)


PROMPTS = (
    'f"{HUMAN_PROMPT} {q}{AI_PROMPT}"',
    'HUMAN_PROMPT + " " + q + AI_PROMPT',
    '"\\n\\nHuman: hi\\n\\nAssistant:"',
    'f"Rules.{HUMAN_PROMPT} {q}{AI_PROMPT} Sure:"',
    'f"{HUMAN_PROMPT} a{AI_PROMPT} b{HUMAN_PROMPT} {q}{AI_PROMPT}"',
    '"".join([HUMAN_PROMPT, " ", q, AI_PROMPT])',
    '"\\n\\nHuman: {}\\n\\nAssistant:".format(q)',
    '"\\n\\nHuman: %s\\n\\nAssistant:" % q',
    "q",
    "build(q)",
    "PROMPT",
    '"no turns at all"',
    'f"{q}{AI_PROMPT}"',
    'f"{HUMAN_PROMPT!r} {q}"',
)
MODELS = ('"claude-2.1"', '"claude-instant-1"', "MODEL", "q", 'MODEL if q else "claude-2"', '"mine"')
EXTRAS = (
    *(
        "",
        "temperature=0",
        "temperature=q",
        "top_p=0.5",
        "stop_sequences=[HUMAN_PROMPT]",
        'stop_sequences=["\\n"]',
    ),
    *(
        'stop_sequences=["a", HUMAN_PROMPT]',
        "stream=True",
        "stream=q",
        "stream=False",
        "metadata=None",
        "**more",
    ),
    *('metadata={"user_id": q}', "timeout=None", "extra_body={}", "# a comment\n    ", 'unknown="x"'),
)
READS = (
    *(
        "r.completion",
        "r.completion.strip()",
        "r.completion[1:]",
        "r.stop_reason == 'max_tokens'",
        "r",
        "r.stop",
    ),
    *(
        "r.stop_reason in ('stop_sequence',)",
        "f\"{r.completion} {d['a']}\"",
        "r.model_dump()",
        "[r.completion for _ in q]",
    ),
    *("r.completion + HUMAN_PROMPT", "(r, q)", "r.model", "r and r.completion", "lambda: r.completion"),
)
CLIENTS = (
    "client",
    "anthropic.Anthropic()",
    "self.client",
    "make()",
    "other",
    "client.with_options(timeout=q)",
)
FRAMES = (
    "r = {call}\nprint({read})\n",
    "def f(q, **more):\n    r = {call}\n    return {read}\n",
    "class C:\n    client = client\n    def f(self, q, **more):\n        r = {call}\n        return {read}\n",
    "for q in range(3):\n    try:\n        r = {call}\n    except Exception:\n        continue\n    print({read})\n",
    "async def f(q, **more):\n    r = await {call}\n    return {read}\n",
    "def f(q, **more):\n    prompt = {prompt}\n    r = {named}\n    return {read}\n",
    "def f(q, **more):\n    params = {{'prompt': {prompt}, 'model': {model}, 'max_tokens_to_sample': 9}}\n    r = client.completions.create(**params)\n    return {read}\n",
    "r = {call}; print({read})\n",
    "if (r := {call}):\n    print({read})\n",
)  # fmt: skip
OPENING = (
    "import anthropic\nfrom anthropic import AI_PROMPT, HUMAN_PROMPT\n\nMODEL = 'claude-2'\nPROMPT = f'{HUMAN_PROMPT} x{AI_PROMPT}'\n"
    "client = anthropic.Anthropic()\n"
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Legacy programs put together from common parts; many would not run, all are read."""
    frames = []
    for _ in range(draw(st.integers(1, 3))):
        prompt, model = draw(st.sampled_from(PROMPTS)), draw(st.sampled_from(MODELS))
        extras = draw(
            st.lists(st.sampled_from(EXTRAS), max_size=3, unique_by=lambda text: text.partition("=")[0])
        )
        arguments = [f"model={model}", "max_tokens_to_sample=100", f"prompt={prompt}", *filter(None, extras)]
        separator = draw(st.sampled_from((", ", ",\n    ")))
        client = draw(st.sampled_from(CLIENTS))
        call = f"{client}.completions.create({separator.join(arguments)})"
        named = call.replace(f"prompt={prompt}", "prompt=prompt")
        frame = draw(st.sampled_from(FRAMES))
        frames.append(
            frame.format(
                call=call, named=named, prompt=prompt, model=model, read=draw(st.sampled_from(READS))
            )
        )
    return OPENING + "\n".join(frames)


OPTIONS = st.builds(
    Options,
    bridge=st.booleans(),
    markers=st.just(True),
    keep_sampling=st.booleans(),
    bridge_only=st.booleans(),
    # Not "manual": a second run takes the prompt of a bridged call for one that flows into other calls.
    prefill=st.sampled_from(["fallback", "manual"]),
)


def parses(program: str) -> bool:
    try:
        ast.parse(program)
    except SyntaxError:
        return False
    return True


@given(programs())
def test_any_program_gets_a_sound_result(program: str) -> None:
    if parses(program):
        source = program.encode()
        check(source, rewritten(source))


@given(programs(), OPTIONS)
def test_any_options_give_a_sound_result_that_a_second_run_keeps(program: str, options: Options) -> None:
    if not parses(program):
        return
    first = rewritten(program.encode(), options)
    assert first.kind != "failed", first.reason
    if first.changed:
        compile(first.source, "program.py", "exec", dont_inherit=True)
    assert rewritten(first.source, options).source == first.source


@given(programs())
def test_line_endings_encodings_and_marks_make_no_difference(program: str) -> None:
    if not parses(program):
        return
    plain = rewritten(program.encode())
    carriage = rewritten(program.replace("\n", "\r\n").encode())
    assert carriage.source == plain.source.replace(b"\n", b"\r\n")
    assert rewritten(b"\xef\xbb\xbf" + program.encode()).source == b"\xef\xbb\xbf" + plain.source
    latin = rewritten(b"# coding: latin-1 \xe9\n" + program.encode())
    assert latin.source.startswith(b"# coding: latin-1 \xe9\n")


ODD = "odd  = [ 1,2 ,\n  'é' ]   # left  as it is\t\n\x0c\n"


@given(programs(), st.integers(0, 3))
def test_what_stands_between_stays_byte_for_byte(program: str, copies: int) -> None:
    """Code that has nothing to do with the calls, put between and behind them."""
    if not parses(program):
        return
    parted = (
        program.replace("client = anthropic.Anthropic()\n", f"client = anthropic.Anthropic()\n{ODD * copies}")
        + ODD
    )
    result = rewritten(parted.encode()).source.decode()
    assert result.count(ODD) == copies + 1
    assert result.endswith(ODD)


@pytest.mark.parametrize("case", CASES)
def test_what_follows_stays_byte_for_byte(case: str) -> None:
    source, more = path_of(case, BEFORE).read_bytes(), ODD.replace("é", "e").encode()
    if not source.endswith(b"\n") or b"\r" in source:
        return
    plain = rewrite_source(source, f"{case}.py", Options())
    if plain.kind != "failed":
        assert rewrite_source(source + more, f"{case}.py", Options()).source == plain.source + more


@pytest.mark.parametrize(
    "source",
    [
        b"import anthropic\n" + b"(" * 150 + b")" * 150,
        b"import anthropic\nx = " + b" + ".join([b'"a"'] * 300),
        b"import anthropic\nx = " + b" ".join([b'"a"'] * 3000),
        b"import anthropic\nx = f'{anthropic.HUMAN_PROMPT}" + b"{x}" * 500 + b"'",
        b"from anthropic import *\n" * 50,
        b"import anthropic\nanthropic.completions\nanthropic.completions.create\nanthropic.completions.create()",
        b"import anthropic\nanthropic.Anthropic().completions.create(**{**{**{}}})",
        b"import anthropic\nx = x.completions.create(prompt=x, max_tokens_to_sample=x)",
        b"import anthropic\ndel anthropic.Anthropic().completions.create\n",
        b"from anthropic import HUMAN_PROMPT, HUMAN_PROMPT as HUMAN_PROMPT, HUMAN_PROMPT as H\n",
        b"if 1:\n  from anthropic import HUMAN_PROMPT\nelse:\n  from anthropic import AI_PROMPT\n",
        b"class C:\n  from anthropic import HUMAN_PROMPT\n  x = HUMAN_PROMPT\n",
        b"lambda: (yield anthropic.Anthropic().completions.create(prompt='', max_tokens_to_sample=1))",
        b"import anthropic\nasync def f():\n  return [await c.completions.create(prompt=p, max_tokens_to_sample=1) async for p in q]",
        b"import anthropic as HUMAN_PROMPT\nHUMAN_PROMPT.HUMAN_PROMPT",
        b"HUMAN_PROMPT: str\n",
        b"from anthropic import HUMAN_PROMPT\ndel HUMAN_PROMPT\n",
        b"from anthropic import HUMAN_PROMPT\nHUMAN_PROMPT += 'x'\nprint(HUMAN_PROMPT)\n",
        b"from anthropic import HUMAN_PROMPT\ndef f():\n  global HUMAN_PROMPT\n  HUMAN_PROMPT = 1\n",
        b"from anthropic import HUMAN_PROMPT\nmatch x:\n  case HUMAN_PROMPT: pass\n",
        b"import anthropic\nmatch x:\n  case anthropic.HUMAN_PROMPT: pass\n",
        b"from anthropic import HUMAN_PROMPT\nf'{HUMAN_PROMPT=}'\n",
        b"from anthropic import HUMAN_PROMPT\nHUMAN_PROMPT.strip().join('ab')\n",
        b"from anthropic import HUMAN_PROMPT\n'a' HUMAN_PROMPT\n",
        b"from anthropic import HUMAN_PROMPT\nx = 'a'if HUMAN_PROMPT else'b'\n",
        b"from anthropic import HUMAN_PROMPT\nx = 1if HUMAN_PROMPT in'b'else 2\n",
        b"from anthropic import HUMAN_PROMPT\nprint(HUMAN_PROMPT'')\n",
        b"import anthropic\n@anthropic.HUMAN_PROMPT\ndef f(): ...\n",
        b"from anthropic import HUMAN_PROMPT\nx = f'''{\nHUMAN_PROMPT\n}'''\n",
        b"from anthropic import HUMAN_PROMPT\nx = f'{f'{HUMAN_PROMPT}'}'\n",
        b"from anthropic import HUMAN_PROMPT; x = HUMAN_PROMPT",
        b"def f(): from anthropic import HUMAN_PROMPT; return HUMAN_PROMPT",
        b"if x: from anthropic import HUMAN_PROMPT\n",
        b"from anthropic import (\n  HUMAN_PROMPT\n)\n",
        b"from anthropic import \\\n  HUMAN_PROMPT\nHUMAN_PROMPT\n",
        b"\tfrom anthropic import HUMAN_PROMPT\n",
        b"from anthropic import HUMAN_PROMPT\r\rx = HUMAN_PROMPT\r",
        b"from anthropic import HUMAN_PROMPT\nx = HUMAN_PROMPT\x0c\n\x0c",
    ],
    ids=range(38),
)  # fmt: skip
def test_strange_sources(source: bytes) -> None:
    check(source, rewritten(source))
