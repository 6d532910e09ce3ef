"""What must never be written, and what may."""

from __future__ import annotations

import pytest

from codemods.flow import Flow
from codemods.soundness import problem_of
from codemods.source import read_source


@pytest.mark.parametrize(
    "before, after, problem",
    [
        pytest.param("x = 1\n", "x = 2\n", None, id="sound"),
        pytest.param("x = 1\n", "x = (\n", "does not parse", id="broken syntax"),
        pytest.param(
            "x = 1\n", "x = [a for a in (b := [1])]\n", "does not parse", id="walrus in an iterable"
        ),
        pytest.param("x = 1\n", "x = lost\n", "names lost", id="undefined name"),
        pytest.param("x = lost\n", "x = lost + 1\n", None, id="undefined before as well"),
        pytest.param("return 1\n", "return 2\n", None, id="did not compile before"),
        pytest.param("import a\na.b\n", "a.b\n", "names a", id="import lost"),
        pytest.param("await x\n", "await x, 1\n", None, id="await outside of functions"),
        pytest.param(
            "await x\n", "await x\ny = [a for a in (b := [1])]\n", "does not parse", id="checked as well"
        ),
    ],
)
def test_problem(before: str, after: str, problem: str | None) -> None:
    source = read_source(before.encode())
    found = problem_of(source, after.encode(), Flow(source.tree))
    assert (found is None) == (problem is None)
    assert found is None or problem is None or problem in found
