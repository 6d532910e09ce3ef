"""Notebooks: what becomes of the fixtures, what IPython's syntax means, and which bytes stay.

`fixtures/codemods/notebooks/<case>.before.ipynb` is the input. As for modules, `<case>.after.ipynb` is the
expected result (without it the file must stay as it is) and `<case>.findings.txt` the expected findings.
A first code cell that begins with `# options: …` sets options, one with `# runs` is executed as well.
"""

from __future__ import annotations

import difflib
import json
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codemods.cell_syntax import read_cell
from codemods.json_text import Node, NotJson, read_json, units
from codemods.notebook_cells import read_notebook
from codemods.notebook_installs import forbidding_pins
from codemods.notebook_module import NotebookModule
from codemods.outcome import Options, Outcome
from codemods.project import Project
from codemods.rewrite import is_candidate, rewrite_source
from tests.test_rules import as_lines
from tests.test_rules import options_of as options_in

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "codemods" / "notebooks"
CASES = sorted(file.name.removesuffix(".before.ipynb") for file in FIXTURES.glob("*.before.ipynb"))

IMPORT = "from anthropic import AI_PROMPT, HUMAN_PROMPT, Anthropic\nclient = Anthropic()\n"
CALL = 'r = client.completions.create(model="claude-2", max_tokens_to_sample=5, prompt=f"{HUMAN_PROMPT} Hi{AI_PROMPT}")\n'
NEW_CALL = 'r = client.messages.create(model="claude-opus-4-8", max_tokens=5, messages=[{"role": "user", "content": "Hi"}])\n'


def notebook(*cells: str, **metadata: Any) -> dict[str, Any]:
    made = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def rewritten(*cells: str, options: Options | None = None) -> Outcome:
    source = json.dumps(notebook(*cells), indent=1).encode()
    return rewrite_source(source, "n.ipynb", options or Options())


def sources(raw: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(raw)["cells"] if cell["cell_type"] == "code"]


def options_of(raw: bytes) -> Options:
    cells = [cell for cell in read_notebook(raw.decode("utf-8-sig")).cells if cell.text]
    return options_in(cells[0].text.encode())


# -- fixtures --------------------------------------------------------------------------------------


def result_of(case: str) -> Outcome:
    raw = (FIXTURES / f"{case}.before.ipynb").read_bytes()
    return rewrite_source(raw, f"{case}.ipynb", options_of(raw))


def test_every_expectation_has_its_notebook() -> None:
    kinds = (".after.ipynb", ".findings.txt")
    assert {file.name.removesuffix(kind) for kind in kinds for file in FIXTURES.glob(f"*{kind}")} <= set(
        CASES
    )


@pytest.mark.parametrize("case", CASES)
def test_case(case: str) -> None:
    outcome = result_of(case)
    after = FIXTURES / f"{case}.after.ipynb"
    expected = after if after.exists() else FIXTURES / f"{case}.before.ipynb"
    assert outcome.source.decode() == expected.read_bytes().decode()
    assert outcome.changed == after.exists()
    findings = FIXTURES / f"{case}.findings.txt"
    if findings.exists():
        assert as_lines(outcome) == findings.read_text("utf-8").split()
    else:
        assert "TC406" not in {one.rule for one in outcome.findings}


@pytest.mark.parametrize("case", CASES)
def test_second_run_changes_nothing_and_finds_what_is_left(case: str) -> None:
    first = result_of(case)
    options = options_of((FIXTURES / f"{case}.before.ipynb").read_bytes())
    second = rewrite_source(first.source, f"{case}.ipynb", options)
    assert second.source == first.source
    lost = Counter(left(first)) - Counter(left(second))
    assert not lost or not options.markers


def left(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.rule, one.status) for one in outcome.findings if one.is_left]


@pytest.mark.parametrize("case", CASES)
def test_only_sources_of_code_cells_change(case: str) -> None:
    before = json.loads((FIXTURES / f"{case}.before.ipynb").read_bytes().decode("utf-8-sig"))
    after = json.loads(result_of(case).source.decode("utf-8-sig"))
    for one in (before, after):
        for cell in one.get("cells") or one["worksheets"][0]["cells"]:
            if cell["cell_type"] == "code":
                cell["source"] = cell["input"] = None
    assert before == after


# -- single cases ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells, new_cells",
    [
        pytest.param([IMPORT, CALL], None, id="plain"),
        pytest.param(["%%bash\nls\n", IMPORT, CALL], None, id="a shell cell first"),
        pytest.param([IMPORT + "%time " + CALL, "r?\n"], None, id="a line magic"),
        pytest.param([IMPORT, "%%capture out\n" + CALL, "out.show()\n"], None, id="captured"),
        pytest.param([IMPORT, "if client:\n    %time " + CALL + "    !ls\n"], None, id="in a block"),
        pytest.param([IMPORT, "x = await f()\n" + CALL], None, id="await"),
        pytest.param(
            [IMPORT, "x = 1\nfrom __future__ import annotations\n" + CALL], None, id="late future import"
        ),
    ],
)
def test_calls_are_rewritten_where_they_stand(cells: list[str], new_cells: None) -> None:
    outcome = rewritten(*cells)
    assert outcome.kind == "rewritten"
    imported = "from anthropic import Anthropic\nclient = Anthropic()\n"
    expected = [cell.replace(CALL, NEW_CALL).replace(IMPORT, imported) for cell in cells]
    assert sources(outcome.source) == expected


@pytest.mark.parametrize(
    "reader, status",
    [
        pytest.param("print(r.completion)\n", "rewritten", id="read"),
        pytest.param("r.completion\n", "rewritten", id="shown text"),
        pytest.param("r.completion;\n", "rewritten", id="not shown"),
        pytest.param("r;\n", "bridged", id="response named"),
        pytest.param("r\n", "review", id="response shown"),
        pytest.param("%time r\n", "review", id="response shown by a line magic"),
        pytest.param("!echo {r.completion}\n", "bridged", id="read by a shell line"),
        pytest.param("%store r\n", "bridged", id="stored"),
        pytest.param("x = %unheard_of r\n", "bridged", id="read by a magic"),
        pytest.param("%%sql\nselect :r\n", "bridged", id="read by a cell magic"),
        pytest.param("%%bash -s {r}\nls\n", "bridged", id="handed to a shell"),
        pytest.param("print r\n", "bridged", id="read in a cell that cannot be read"),
        pytest.param("%reset -f\n", "bridged", id="all names change"),
    ],
)
def test_who_reads_a_response(reader: str, status: str) -> None:
    outcome = rewritten(IMPORT, CALL, reader)
    [site] = [one for one in outcome.findings if one.message.startswith("cell 2: ")]
    assert site.status == status


def test_a_shown_text_that_is_read_again_keeps_its_blank() -> None:
    outcome = rewritten(IMPORT, CALL, "r.completion\n", "_[1:]\n")
    assert [one.rule for one in outcome.findings if one.message.startswith("cell 2: ")] == ["TC210"]


@pytest.mark.parametrize(
    "cells, place",
    [
        pytest.param(["x = 1\n", IMPORT], 1, id="with the import of the SDK"),
        pytest.param(["import os\nx = 1\n", "y = 2\n", "z = 3\n" + IMPORT], 2, id="a late import of the SDK"),
        pytest.param(["!pip install anthropic\n", "%%time\n" + IMPORT], 1, id="behind a cell magic"),
        pytest.param(["%pip install anthropic\n" + IMPORT], 0, id="behind an installation"),
    ],
)
def test_our_import_stands_with_the_sdk(cells: list[str], place: int) -> None:
    outcome = rewritten(
        *cells,
        "def ask(prompt):\n    return client.completions.create(prompt=prompt, model='claude-2', max_tokens_to_sample=5)\n",
    )
    changed = sources(outcome.source)
    assert changed[place] == cells[place].replace(
        IMPORT,
        "from anthropic import Anthropic\nfrom migrate import with_completions\nclient = Anthropic()\n",
    )
    assert "migrate" not in "".join([*changed[:place], *changed[place + 1 :]])


def test_our_import_goes_behind_magics_if_nothing_is_imported() -> None:
    cells = (
        "%%time\n!pip install x\n# Ask.\nx = 1\n",
        "client.completions.create(prompt=p, model=m, max_tokens_to_sample=5)\n",
    )
    assert sources(rewritten(*cells).source)[0].startswith(
        "%%time\n!pip install x\n# Ask.\nfrom migrate import "
    )


def test_findings_name_cells_and_places_in_the_file() -> None:
    cells = ["é = 1\n", IMPORT, "# ☕\nprint(é); " + CALL + "send(r)\n"]
    source = json.dumps(notebook(*cells), indent=1, ensure_ascii=False).encode()
    [site] = [one for one in rewrite_source(source, "n.ipynb", Options()).findings if one.rule == "TC103"]
    lines = source.decode().split("\n")
    assert (site.line, site.end_line) == (20, 20)
    escaped = json.dumps(CALL, ensure_ascii=False)[1:-3].removeprefix("r = ")
    assert lines[19][site.column - 1 : site.end_column - 1] == escaped
    assert site.message.startswith("cell 3: ")
    assert "cell 3, line 3" in site.message
    assert site.evidence == (
        "client made at cell 2, line 2 by anthropic.Anthropic from the import at cell 2, line 1",
    )


def test_markers_name_lines_of_cells() -> None:
    outcome = rewritten(IMPORT, CALL + "if r.id == 'x':\n    pass\n")
    assert sources(outcome.source)[1].startswith("# TODO(to-messages TC208): cell 2, line 2 looks at")


def test_a_cell_that_cannot_take_its_changes_is_left_and_reported() -> None:
    magic = "%time r = client.completions.create(model='claude-2', max_tokens_to_sample=5, prompt=p, temperature=0, \\\n  stop_sequences=['x']\\\n)\n"
    outcome = rewritten(IMPORT, "p = HUMAN_PROMPT + q + AI_PROMPT\n", magic)
    assert outcome.kind in ("rewritten", "partly")
    compiled = [read_cell(text).problem for text in sources(outcome.source)]
    assert compiled == [None, None, None]


@pytest.mark.parametrize(
    "text, reason",
    [
        (b'{"cells": [', "line 1: not JSON"),
        (b'{"cells": "anthropic"}\n{', "line 2: not JSON"),
        (b'{"anthropic": 1,}', "line 1: not JSON"),
        (b'{"anthropic": ' + b"9" * 5000 + b"}", "line 1: not JSON"),
        (b'{"cells": [{"cell_type": "code", "source": 5}, "anthropic"]}', "cell 1: its source"),
        (b'{"cells": [{}, {"cell_type": "code", "source": ["", 5]}, "anthropic"]}', "cell 2: its source"),
        (b'{"anthropic": "\xff"}', "byte 15: not UTF-8"),
    ],
)
def test_a_file_that_is_no_notebook_fails_with_the_reason(text: bytes, reason: str) -> None:
    source = text.replace(b"[", b'["anthropic",', 1) if b"anthropic" not in text else text
    outcome = rewrite_source(source, "n.ipynb", Options())
    assert (outcome.kind, outcome.source) == ("failed", source)
    assert outcome.reason is not None
    assert outcome.reason.startswith(reason)
    assert "\n" not in outcome.reason


@pytest.mark.parametrize(
    "text",
    [
        b'{"anthropic": 1}',
        b'["anthropic"]',
        b'"anthropic"',
        b'{"cells": [{"cell_type": "code"}, 5, {"source": "anthropic"}]}',
        b'{"cells": {"a": "anthropic"}, "metadata": []}',
        b"[" * 100_000 + b'"anthropic"' + b"]" * 100_000,
    ],
)
def test_json_of_another_kind_is_left(text: bytes) -> None:
    outcome = rewrite_source(text, "n.ipynb", Options())
    assert (outcome.kind, outcome.source, outcome.findings) == ("unchanged", text, ())


@pytest.mark.parametrize(
    "source",
    [
        b'"requests.post(\\"https://api.x/v1/complete\\")"',
        b'"https:\\/\\/api.x\\/v1\\/complete"',
        b"\"x = '/v1/complete'\\n\"",
        b'"# TODO(to-messages TC201): x"',
    ],
)
def test_candidates_in_json(source: bytes) -> None:
    assert is_candidate(source)


def test_a_notebook_counts_as_a_reader_of_modules() -> None:
    module = b"from anthropic import HUMAN_PROMPT\nOTHER = 1\n"
    book = json.dumps(
        notebook('print("x")\nfrom prompts import HUMAN_PROMPT\nimport prompts\nprompts.OTHER\n')
    )
    one_line = book.replace('", "', "")  # a source that is one string
    for text in (book, one_line):
        files = {"prompts.py": module, "n.ipynb": text.encode()}
        project = Project("", files.get, list(files))
        assert {"HUMAN_PROMPT", "OTHER"} <= project.names_imported_from("prompts.py")


@pytest.mark.parametrize(
    "language, is_python",
    [
        ({}, True),
        ({"kernelspec": {"name": "python3"}}, True),
        ({"kernelspec": {"name": "conda_pytorch"}}, True),
        ({"kernelspec": {"name": "ir"}}, False),
        ({"kernelspec": {"name": "x", "language": "julia"}}, False),
        ({"language_info": {"name": "ipython"}}, True),
        ({"language_info": {"name": "coconut"}, "kernelspec": {"name": "python3"}}, False),
    ],
)
def test_language(language: dict[str, Any], is_python: bool) -> None:
    source = json.dumps(notebook(IMPORT, CALL, **language)).encode()
    outcome = rewrite_source(source, "n.ipynb", Options())
    assert outcome.changed == is_python
    assert is_python or {one.rule for one in outcome.findings} == {"TC406"}


def test_cells_of_another_language_in_a_python_notebook() -> None:
    book = notebook(IMPORT, CALL)
    book["cells"].insert(
        1,
        {
            "cell_type": "code",
            "source": ["max_tokens_to_sample=5"],
            "metadata": {"vscode": {"languageId": "julia"}},
        },
    )
    outcome = rewrite_source(json.dumps(book, indent=1).encode(), "n.ipynb", Options())
    assert [one.message for one in outcome.findings if one.rule == "TC406"] == [
        "cell 2: `max_tokens_to_sample` in julia: change it by hand"
    ]


def test_parameters_that_a_runner_replaces_stay() -> None:
    book = notebook(IMPORT, 'MODEL = "claude-2"\n', CALL.replace('"claude-2"', "MODEL"))
    assert 'MODEL = "claude-opus' in "".join(
        sources(rewrite_source(json.dumps(book).encode(), "n.ipynb", Options()).source)
    )
    book["cells"][1]["metadata"] = {"tags": ["parameters"]}
    outcome = rewrite_source(json.dumps(book).encode(), "n.ipynb", Options())
    assert 'MODEL = "claude-2"\n' in sources(outcome.source)
    assert "model_arguments(MODEL)" in sources(outcome.source)[2]


# -- installations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, pins",
    [
        ("!pip install anthropic==0.3", ["anthropic==0.3"]),
        ("%pip install -q 'anthropic<0.16' x", ["anthropic<0.16"]),
        ("!{sys.executable} -m pip install anthropic[bedrock]~=0.8.0", ["anthropic[bedrock]~=0.8.0"]),
        ("%conda install -y anthropic=0.7", ["anthropic=0.7"]),
        ("!uv pip install \\\n  anthropic==0.2.10", ["anthropic==0.2.10"]),
        ("!pip install anthropic", []),
        ("!pip install anthropic>=0.3", []),
        ("!pip install anthropic==0.49.0", []),
        ("!pip install anthropic>0.16.0,<0.18", []),
        ("!pip install anthropic-tools==0.3 my-anthropic==0.3", []),
        ("!pip show anthropic==0.3", []),
        ("# pip install anthropic==0.3", []),
        ("!pip install x # anthropic==0.3", []),
        ("!echo anthropic==0.3", []),
    ],
)
def test_pins(line: str, pins: list[str]) -> None:
    found = list(forbidding_pins(line, "0.16.0"))
    assert [text for _, _, text in found] == pins
    assert [line[start:end] for start, end, _ in found] == pins


# -- cells -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell, python",
    [
        ("x = 1\n", "x = 1\n"),
        ("!pip install x\nimport y\n", "pass\nimport y\n"),
        ("%matplotlib inline\n", "pass\n"),
        ("    \n\n%%bash\nls\n", "    \n\npass\n"),
        ("%%time\nx = 1\nx\n", "#\nx = 1\nprint(x)\n"),
        ("%%capture out\n%%time\nf(1)\n", "if get_ipython(): out = get_ipython()\n#\nprint(f(1))\n"),
        ("%time x = f(1)\n", "with get_ipython(): x = f(1)\n"),
        ("%time f(1)  # c\n", "with get_ipython(): print(f(1))  # c\n"),
        ("%timeit -n 10 -r3 f(1)\n", "with get_ipython(): f(1)\n"),
        ("%timeit x = 1\n", "if get_ipython(): x = get_ipython()\n"),
        ("%%timeit\nx = 1\n", "if get_ipython(): x = get_ipython()\n"),
        ("%time for x in y: f(x)\n", "if get_ipython(): f = x = y = get_ipython()\n"),
        ("files = !ls {folder} $x\n", "files = get_ipython()\n"),
        ("a, b = %sql select\n", "a, b = get_ipython()\n"),
        ("foo?\nx.y??\n?help\n??help\n", "pass\npass\npass\npass\n"),
        ("x = (a\n % b)\n", "x = (a\n % b)\n"),
        ("s = '''\n!ls\n%time\n'''\n", "s = '''\n!ls\n%time\n'''\n"),
        ('s = """a\\"""\n!ls\n"""\n', 's = """a\\"""\n!ls\n"""\n'),
        ("x = 5 \\\n% 3\n", "x = 5 \\\n% 3\n"),
        ("d = dict(a=1)\nx == 1\n", "d = dict(a=1)\nprint(x == 1)\n"),
        ("if x:\n    !ls \\\n  -l\n    %time y = 1\n", "if x:\n    pass\n    with get_ipython(): y = 1\n"),
        ("%store -r z\n", "if get_ipython(): z = get_ipython()\n"),
        ("%store -r\n", "exec(get_ipython())\n"),
        ("%store z\n", "pass\n"),
        ("%run a.py\n", "from get_ipython import *\n"),
        ("%run -i a.py\n", "exec(get_ipython())\n"),
        ("%run b.ipynb\n", "exec(get_ipython())\n"),
        ("pip install anthropic==0.3\n", "pass\n"),
        ("x;\n", "x;\n"),
        ("x # c;\n", "print(x) # c;\n"),
        ("(a\n .b)\n", "print((a\n .b))\n"),
        ("é = f('é'); g('é')\n", "é = f('é'); print(g('é'))\n"),
        ("'text'\n", "'text'\n"),
        ("x.append(1)\n", "x.append(1)\n"),
        ("/f 1\n", "if get_ipython(): f = get_ipython()\n"),
    ],
)
def test_a_cell_as_python(cell: str, python: str) -> None:
    code = read_cell(cell)
    assert code.problem is None
    assert code.python() == python
    assert "".join(cell[piece.start : piece.end] for piece in code.pieces) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "f(\n",
        "  x = 1\n",
        "return 1\n",
        "print x\n",
        "x == !ls\n",
        "x = 1; !ls\n",
        "a\0b\n",
        "'\ud800'\n",
        ")\n",
    ],
)
def test_a_cell_that_cannot_be_read_is_hidden(cell: str) -> None:
    code = read_cell(cell)
    assert code.problem is not None
    assert code.hidden == [cell]


# -- properties ------------------------------------------------------------------------------------

json_texts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
).flatmap(
    lambda value: st.builds(
        json.dumps, st.just(value), indent=st.sampled_from((None, 0, 2, "\t")), ensure_ascii=st.booleans()
    )
)


def value_of(node: Node) -> Any:
    if isinstance(node.value, list):
        return [value_of(one) for one in node.value]
    if isinstance(node.value, dict):
        return {key: value_of(one) for key, one in node.value.items()}
    return node.value


def agree(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(NotJson):
            read_json(text)
        return
    root = read_json(text)
    assert repr(value_of(root)) == repr(expected)
    assert not text[: root.start].strip() and not text[root.end :].strip()


@given(json_texts, st.data())
def test_the_scanner_agrees_with_json(text: str, data: st.DataObject) -> None:
    agree(text)
    low = data.draw(st.integers(0, len(text)))
    high = data.draw(st.integers(low, len(text)))
    agree(text[:low] + data.draw(st.sampled_from(("", ",", "]", "{", '"', "\\", "1", " "))) + text[high:])


@given(st.text(), st.booleans())
def test_each_character_has_its_spelling(text: str, ascii_only: bool) -> None:
    literal = json.dumps(text, ensure_ascii=ascii_only)
    spellings = units(literal, read_json(literal))
    assert "".join(spellings) == literal[1:-1]
    assert [json.loads(f'"{one}"') for one in spellings] == list(text)


lines = st.sampled_from(
    (
        "x = 1",
        "",
        "é = 'ü'",
        "!ls",
        "%time y = 2",
        "print('☕')",
        "# c",
        "if x:\n    y = 3",
        "/",
        "\t",
        "z",
        IMPORT,
        CALL,
        "r.completion",
    )
)
cell_texts = st.lists(lines, max_size=5).map("\n".join)


@st.composite
def layouts(draw: st.DrawFn) -> bytes:
    """Notebook files of every layout: strings and lists cut anywhere, spellings mixed."""
    cells = []
    for text in draw(st.lists(cell_texts, min_size=1, max_size=4)):
        kind = draw(st.sampled_from(("code", "code", "markdown")))
        cells.append({"source": draw(cut(text)), "outputs": [{"text": text}], "cell_type": kind})
    text = json.dumps(
        {"metadata": {"é": "é"}, "cells": cells},
        indent=draw(st.sampled_from((None, 0, 1, "\t"))),
        separators=draw(st.sampled_from((None, (",", ":"), (" ,", " : ")))),
        ensure_ascii=draw(st.booleans()),
    )
    text = draw(st.sampled_from((text, text.replace("/", "\\/"), text.replace("é", "\\u00E9"))))
    text = draw(st.sampled_from((text, text.replace("\n", "\r\n"), text + "\n")))
    return text.encode()


def cut(text: str) -> st.SearchStrategy[str | list[str]]:
    anywhere = st.lists(st.integers(0, len(text)), max_size=4).map(sorted)
    pieces = anywhere.map(lambda at: [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)])
    return st.just(text) | st.just(text.splitlines(keepends=True)) | pieces


@given(layouts(), st.data())
def test_bytes_outside_of_changed_lines_stay(raw: bytes, data: st.DataObject) -> None:
    book = read_notebook(raw.decode())
    new = {
        cell.number: data.draw(cell_texts | st.just(cell.text))
        for cell in book.cells
        if data.draw(st.booleans())
    }
    after = book.with_sources(new)
    again = read_notebook(after)
    assert [cell.text for cell in again.cells] == [new.get(cell.number, cell.text) for cell in book.cells]
    # Outside of the sources the texts are the same, and inside all lines that stay keep their spelling.
    assert outside(book.text, book) == outside(after, again)
    for old, changed in zip(book.cells, again.cells, strict=True):
        before, behind = spelled_lines(book.text, old.source), spelled_lines(after, changed.source)
        kept = difflib.SequenceMatcher(
            None, *[[text for text, _ in side] for side in (before, behind)], autojunk=False
        )
        for low, high, size in kept.get_matching_blocks():
            assert before[low : low + size] == behind[high : high + size]


def outside(text: str, book: Any) -> list[str]:
    ends = [0, *(cell.source.end for cell in book.cells)]
    starts = [*(cell.source.start for cell in book.cells), len(text)]
    return [text[end:start] for end, start in zip(ends, starts, strict=True)]


def spelled_lines(text: str, source: Node) -> list[tuple[str, str]]:
    literals = source.value if isinstance(source.value, list) else [source]
    line, spelling, found = "", "", []
    for literal in literals:
        for character, one in zip(literal.value, units(text, literal), strict=True):
            line, spelling = line + character, spelling + one
            if character == "\n":
                found.append((line, spelling))
                line = spelling = ""
    return [*found, (line, spelling)] if line else found


@given(layouts())
def test_any_layout_has_an_outcome_and_a_second_run_changes_nothing(raw: bytes) -> None:
    first = rewrite_source(raw, "n.ipynb", Options())
    assert first.kind in ("unchanged", "rewritten", "partly"), first.reason
    second = rewrite_source(first.source, "n.ipynb", Options())
    assert second.source == first.source


@given(
    st.lists(
        st.sampled_from("!%?'\"()[]{}=\\\n #;,/ax") | st.sampled_from(("%time ", '"""', "x = ", "%%bash\n")),
        max_size=12,
    ).map("".join)
)
@example('"""\\!"""')
def test_any_cell_is_cut_without_gaps(text: str) -> None:
    cell = text + "\n"
    code = read_cell(cell)
    assert "".join(cell[piece.start : piece.end] for piece in code.pieces) == cell
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of escapes that Python does not know
        compile(code.python(), "cell", "exec", 0x2000, dont_inherit=True)
    book = read_notebook(json.dumps(notebook(text, "x")))
    module = NotebookModule(book)
    assert module.new_texts([]) == {}
