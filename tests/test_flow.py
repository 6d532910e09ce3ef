"""The flow graph: which definitions reach a use, which uses a definition has, and whether that is all.

The use asked about is the load of `x` on the line that ends in `# ?`. The answer is the lines of the
definitions that reach it.
"""

from __future__ import annotations

import ast

import pytest

from codemods.flow import Flow

Case = tuple[str, list[int], bool]

CASES: dict[str, Case] = {
    "plain": ("x = 1\nprint(x)  # ?", [1], True),
    "rebound": ("x = 1\nx = 2\nprint(x)  # ?", [2], True),
    "own value": ("x = f()\nx = x.y  # ?\nprint(x)", [1], True),
    "if": ("x = 1\nif c:\n    x = 2\nprint(x)  # ?", [1, 3], True),
    "if and else": ("if c:\n    x = 2\nelse:\n    x = 3\nprint(x)  # ?", [2, 4], True),
    "inside a branch": ("x = 1\nif c:\n    x = 2\n    print(x)  # ?", [3], True),
    "branch that leaves": ("def f():\n    x = 1\n    if c:\n        x = 2\n        return\n    print(x)  # ?", [2], True),
    "raise": ("def f():\n    x = 1\n    if c:\n        x = 2\n        raise E\n    print(x)  # ?", [2], True),
    "loop": ("x = 1\nfor i in y:\n    x = 2\nprint(x)  # ?", [1, 3], True),
    "loop carries over": ("x = 1\nfor i in y:\n    print(x)  # ?\n    x = 2", [1, 4], True),
    "loop with continue": ("x = 1\nfor i in y:\n    print(x)  # ?\n    if i:\n        x = 2\n        continue\n    x = 3", [1, 5, 7], True),
    "loop with break": ("x = 1\nwhile c:\n    x = 2\n    break\nprint(x)  # ?", [1, 3], True),
    "endless loop": ("x = 1\nwhile True:\n    x = 2\n    if c:\n        break\nprint(x)  # ?", [3], True),
    "for else": ("for i in y:\n    x = 1\n    break\nelse:\n    x = 2\nprint(x)  # ?", [2, 5], True),
    "loop variable": ("for x in y:\n    print(x)  # ?", [1], True),
    "try": ("x = 1\ntry:\n    x = f()\nexcept E:\n    print(x)  # ?", [1, 3], True),
    "try after a call": ("x = 1\ntry:\n    f()\n    x = 2\nexcept E:\n    print(x)  # ?", [1, 4], True),
    "after try": ("try:\n    x = 1\nexcept E:\n    x = 2\nprint(x)  # ?", [2, 4], True),
    "handler that leaves": ("def f():\n    try:\n        x = 1\n    except E:\n        return\n    print(x)  # ?", [3], True),
    "finally": ("x = 1\ntry:\n    x = f()\nfinally:\n    print(x)  # ?", [1, 3], True),
    "try else": ("try:\n    f()\nexcept E:\n    x = 1\nelse:\n    x = 2\nprint(x)  # ?", [4, 6], True),
    "with": ("with f() as x:\n    print(x)  # ?", [1], True),
    "match": ("match y:\n    case 1:\n        x = 1\n    case _:\n        x = 2\nprint(x)  # ?", [3, 5], True),
    "match capture": ("match y:\n    case {'k': x}:\n        print(x)  # ?", [2], True),
    "walrus": ("if (x := f()):\n    print(x)  # ?", [1], True),
    "walrus in a branch": ("x = 0\nc and (x := 1)\nprint(x)  # ?", [1, 2], True),
    "conditional expression": ("x = 0\n(x := 1) if c else 2\nprint(x)  # ?", [1, 2], True),
    "unpacked": ("x, y = f()\nprint(x)  # ?", [1], True),
    "augmented": ("x = ''\nx += 'a'\nprint(x)  # ?", [2], True),
    "item stored": ("x = {}\nx['k'] = 1\nprint(x)  # ?", [2], True),
    "updated": ("x = {}\nx.update(k=1)\nprint(x)  # ?", [2], True),
    "parameter": ("def f(x):\n    print(x)  # ?", [1], True),
    "parameter rebound": ("def f(x):\n    x = x or 1\n    print(x)  # ?", [2], True),
    "outer name": ("x = 1\ndef f():\n    print(x)  # ?", [1], True),
    "outer name with two values": ("x = 1\ndef f():\n    print(x)  # ?\nx = 2", [1, 4], True),
    "global statement": ("x = 1\ndef f():\n    global x\n    x = 2\ndef g():\n    print(x)  # ?", [1, 4], True),
    "global seen at module level": ("x = 1\ndef f():\n    global x\n    x = 2\nf()\nprint(x)  # ?", [1, 4], True),
    "nonlocal": ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    g()\n    print(x)  # ?", [2, 5], True),
    "closure": ("def f():\n    x = 1\n    return lambda: x  # ?", [2], True),
    "class body": ("class C:\n    x = 1\n    y = x  # ?", [2], True),
    "class names are not seen in methods": ("x = 0\nclass C:\n    x = 1\n    def m(self):\n        print(x)  # ?", [1], True),
    "comprehension variable": ("x = 1\n[x for x in y]  # ?", [2], True),
    "comprehension leaves names alone": ("x = 1\n[x for x in y]\nprint(x)  # ?", [1], True),
    "import": ("import x\nprint(x)  # ?", [1], True),
    "from import": ("from a import x\nprint(x)  # ?", [1], True),
    "guarded import": ("try:\n    from a import x\nexcept ImportError:\n    x = None\nprint(x)  # ?", [2, 4], True),
    "import in a function": ("def f():\n    from a import x\n    print(x)  # ?", [2], True),
    "unbound": ("print(x)  # ?", [], True),
    "deleted": ("x = 1\ndel x\nprint(x)  # ?", [], True),
    "exec hides": ("def f():\n    x = 1\n    exec(y)\n    print(x)  # ?", [2], False),
    "star import hides": ("x = 1\nfrom a import *\ndef f():\n    print(x)  # ?", [1], False),
    "function name": ("def x(): ...\nx()  # ?", [1], True),
    "handler name is gone afterwards": ("x = 1\ntry:\n    f()\nexcept E as x:\n    pass\nprint(x)  # ?", [1], True),
}  # fmt: skip


def asked(flow_tree: ast.Module, text: str) -> ast.Name:
    """The load of `x` on the marked line; in a comprehension the first is the element."""
    (line,) = [number for number, row in enumerate(text.splitlines(), 1) if row.endswith("# ?")]
    loads = [
        node
        for node in ast.walk(flow_tree)
        if isinstance(node, ast.Name)
        and node.id == "x"
        and node.lineno == line
        and isinstance(node.ctx, ast.Load)
    ]
    return min(loads, key=lambda node: node.col_offset)


def line_of(node: ast.AST) -> int:
    if isinstance(node, ast.withitem):
        return node.context_expr.lineno
    if isinstance(node, ast.comprehension):
        return node.target.lineno
    return int(node.lineno)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", CASES)
def test_reaching(name: str) -> None:
    text, lines, complete = CASES[name]
    tree = ast.parse(text)
    answer = Flow(tree).reaching(asked(tree, text))
    assert sorted({line_of(one.node) for one in answer.definitions}) == lines
    assert answer.complete is complete or not lines


@pytest.mark.parametrize("name", CASES)
def test_uses_are_the_other_way_round(name: str) -> None:
    """A use is among the uses of exactly the definitions that reach it."""
    text, _, _ = CASES[name]
    tree = ast.parse(text)
    flow = Flow(tree)
    definitions = [
        one for scope in flow.scopes.values() for rows in scope.definitions.values() for one in rows
    ]
    loads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for definition in definitions:
        reached = {load for load in loads if definition in flow.reaching(load).definitions}
        assert reached <= set(flow.uses(definition))


@pytest.mark.parametrize(
    "text, open_scope",
    [
        ("def f():\n    x = 1\n    return locals()", True),
        ("def f():\n    x = 1\n    exec(y)", True),
        ("def f():\n    x = 1\n    eval(y)", True),
        ("def f():\n    x = 1\n    vars()", True),
        ("def f():\n    x = 1\n    return x", False),
        ("def f(y):\n    x = 1\n    y.exec(x)", False),
    ],
)
def test_functions_that_see_all_names(text: str, open_scope: bool) -> None:
    tree = ast.parse(text)
    flow = Flow(tree)
    (definition,) = flow.scopes[tree.body[0]].definitions["x"]
    assert flow.uses_are_complete(definition) is not open_scope


def test_changes_remember_what_they_change() -> None:
    tree = ast.parse("d = {}\nd['k'] = 1\nd.update(j=2)\ndel d['k']\nf(d)")
    flow = Flow(tree)
    first, *rest = flow.module.definitions["d"]
    assert [one.kind for one in rest] == ["store_item", "method", "delete_item"]
    chain = [first, *rest]
    for earlier, later in zip(chain, rest, strict=False):
        assert later.previous == {earlier}
        assert later in earlier.changed_by


def test_attribute_stores_are_listed_by_name() -> None:
    tree = ast.parse("class C:\n    def __init__(self):\n        self.a = 1\n        self.a += 2\nC().b = 3")
    stores = Flow(tree).attribute_stores
    assert [value is not None for _, value in stores["a"]] == [True, False]
    assert len(stores["b"]) == 1


def test_sets_of_definitions_have_one_order() -> None:
    text = "d = {}\n" + "".join(f"if c:\n    d['k{i}'] = {i}\n" for i in range(40)) + "f(d)"
    orders = []
    keep = []  # other objects in between, so that the definitions get other addresses
    for _ in range(5):
        last = Flow(ast.parse(text)).module.definitions["d"][-1]
        orders.append([getattr(one.node, "lineno", 0) for one in last.previous])
        keep.append([object() for _ in range(len(orders) * 997)])
    assert len(orders[0]) > 30
    assert all(order == orders[0] for order in orders)
