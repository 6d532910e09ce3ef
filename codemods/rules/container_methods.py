# What functions, methods and loops make of a container, by their names. Follows nothing.
"""Names of methods and functions by what they do with the items of a list, dict or table."""

from __future__ import annotations

import ast

from codemods.plans import Context

# What goes through a container without looking at more than order: the items come out as they went in.
PASSES_ITEMS = frozenset(
    {"enumerate", "zip", "reversed", "list", "tuple", "iter", "filter", "map", "gather", "deque"}
    | {"chain", "islice", "cycle", "copy", "deepcopy", "tqdm", "track"}
)
# Of these the items are tuples that hold the items.
MAKES_PAIRS = frozenset({"enumerate", "zip"})
# What puts a container, or its items, into another: how many containers more stand around the text then.
PUTS_IN = {"append": 1, "appendleft": 1, "insert": 1, "add": 1, "put": 1, "extend": 0, "update": 0,
            "setdefault": 1}  # fmt: skip
LOOKS_UP = frozenset({"index", "count", "remove", "discard"})
BY_VALUE = frozenset({"set", "frozenset", "sorted", "Counter", "min", "max", "dict"})
TAKES_OUT = frozenset({"get", "pop", "popleft", "setdefault", "send"})
MAKES_DICT = frozenset({"dict", "defaultdict", "OrderedDict"})
VIEWS = frozenset({"items", "values", "copy"})
# What a table of pandas, or a column of it, gives on, and what it tells apart.
OF_COLUMNS = frozenset({"tolist", "to_list", "head", "tail", "sample", "dropna", "fillna", "to_dict"})
SHOWS_COLUMNS = frozenset({"iloc", "loc", "values"})
PAIRS = frozenset({"items", "iterrows"})
COLUMN_BY_VALUE = frozenset(
    {"isin", "value_counts", "unique", "nunique", "duplicated", "drop_duplicates", "groupby", "sort_values"}
)


def second_of_pair(target: ast.expr, container: ast.expr) -> ast.expr:
    """What a loop binds to items: of `enumerate(…)` not the number, of `….items()` not the key.

    As a tuple of one, for it is taken out of the pair.
    """
    named = getattr(container, "func", None)
    name = getattr(named, "id", None) or getattr(named, "attr", None)
    if name in PAIRS | {"enumerate"} and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        return ast.Tuple([target.elts[1]], target.ctx)
    return target


def takes_keys(parent: ast.AST) -> bool:
    """Whether something asks a dict for its keys: `in`, a loop, `sorted(…)`."""
    if isinstance(parent, ast.Call):
        return getattr(parent.func, "id", "") in (BY_VALUE | PASSES_ITEMS) - {"dict", "copy", "deepcopy"}
    return isinstance(parent, ast.Compare | ast.For | ast.comprehension)


def is_nothing(node: ast.expr) -> bool:
    """`[]`, `{}`, `None`: what no text plays a part in."""
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str)
    return not (getattr(node, "elts", None) or getattr(node, "keys", None)) and isinstance(
        node, ast.List | ast.Tuple | ast.Dict
    )


def zipped_with(context: Context, call: ast.Call, container: ast.expr) -> ast.expr | None:
    """What a loop over `zip(…)` binds to the items of one of its arguments."""
    loop = context.source.parent(call)
    target = loop.target if isinstance(loop, ast.For | ast.comprehension) and loop.iter is call else None
    if not isinstance(target, ast.Tuple) or len(target.elts) != len(call.args) or container not in call.args:
        return None
    return target.elts[call.args.index(container)]


def note_index(keys: set[str | None], index: ast.expr) -> None:
    """Add the key under which something is put; a place in a list, as in `rows[-1]`, is no key of a dict."""
    place = index.operand if isinstance(index, ast.UnaryOp) else index
    if isinstance(place, ast.Constant) and isinstance(place.value, int):
        return
    keys.add(place.value if isinstance(place, ast.Constant) and isinstance(place.value, str) else None)
