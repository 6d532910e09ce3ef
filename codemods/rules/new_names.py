# Names for what the rewriting adds to a scope. Knows scopes and what they mention; plans nothing.
"""Choose a name that means nothing yet where it is bound, nor in any function inside of that.

A name is given to a purpose, and stays given: the plans are made several times over.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Sequence

from codemods.plans import Context
from codemods.scopes import Scope


def new_name(context: Context, scope: Scope, purpose: str, names: Sequence[str]) -> str | None:
    """The first of the names that is free in the scope; None if nothing may be bound there.

    purpose: what the name is for. The same name is given for the same purpose, to no other of the scope.
    """
    given = context.new_names.setdefault(scope.node, {})
    if purpose in given:
        return given[purpose]
    if not _takes_names(context, scope):
        return None
    mentioned = _mentioned(context, scope)
    if "dir" in mentioned:
        return None  # lists the scope's names
    taken = mentioned | set(given.values()) | _kept_for_others(context, scope)
    name = next((name for name in names if name not in taken), None)
    if name is not None:
        given[purpose] = name
    return name


def _takes_names(context: Context, scope: Scope) -> bool:
    """Whether a new name changes nothing for others: not in a class, nor in a module that others spread.

    The names of a package hide its modules.
    """
    if scope.open or scope.kind == "class":
        return False
    if scope.kind == "function":
        return True
    is_package = posixpath.basename(context.path.replace("\\", "/")) == "__init__.py"
    return not (is_package or context.flow.star_imports or "*" in context.exported)


def _kept_for_others(context: Context, scope: Scope) -> frozenset[str]:
    return context.exported if scope.kind == "module" else frozenset()


def _mentioned(context: Context, scope: Scope) -> set[str]:
    """Every name that is bound or read in the scope and in those inside of it."""
    found: set[str] = set()
    for node in ast.walk(scope.node):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif (inner := context.flow.scopes.get(node)) is not None:
            found |= inner.names | inner.globals | inner.nonlocals
    return found
