"""A file that can be imported without the SDK can be imported without our library: by importing it."""

from __future__ import annotations

import sys
import types

import pytest

from codemods.outcome import Options
from codemods.rewrite import rewrite_source

CALL = "client.completions.create(**arguments).completion"
OPTIONAL = {
    "try": f"""\
try:
    import anthropic
except ImportError:
    anthropic = None

def ask(client: "anthropic.Anthropic", **arguments):
    return {CALL}
""",
    "function": f"""\
def ask(**arguments):
    import anthropic
    client = anthropic.Anthropic()
    return {CALL}
""",
    "other method": f"""\
class Assistant:
    def __init__(self):
        from anthropic import Anthropic
        self.client = Anthropic()

    def ask(self, **arguments):
        return self.{CALL}
""",
    "type checkers": f"""\
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import anthropic

def ask(client: anthropic.Anthropic, **arguments):
    return {CALL}
""",
    "main": f"""\
if __name__ == "__main__":
    import anthropic
    client = anthropic.Anthropic()
    print({CALL})
""",
    "suppressed": f"""\
import contextlib
with contextlib.suppress(ImportError):
    import anthropic

def ask(client: "anthropic.Anthropic", **arguments):
    return {CALL}
""",
    "flag": f"""\
if False:
    import anthropic

def ask(client: "anthropic.Anthropic", **arguments):
    return {CALL}
""",
}
TYPED = """\
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import anthropic

"""
# Every path of the function that reaches the call finds the name.
REACHED = {
    "after a try that goes on": f"""\
def ask(client, **arguments):
    try:
        import anthropic
    except ImportError:
        pass
    else:
        assert isinstance(client, anthropic.Anthropic)
    return {CALL}
""",
    "behind a try that leaves": f"""\
def ask(client, **arguments):
    try:
        import anthropic
    except ImportError:
        raise SystemExit("pip install anthropic")
    assert isinstance(client, anthropic.Anthropic)
    return {CALL}
""",
    "in the else of the try": f"""\
def ask(client, **arguments):
    try:
        import anthropic
    except ImportError:
        return None
    else:
        assert isinstance(client, anthropic.Anthropic)
        return {CALL}
""",
    "in a function inside": f"""\
def ask(client, **arguments):
    import anthropic
    assert isinstance(client, anthropic.Anthropic)

    def inner():
        return {CALL}

    return inner()
""",
    "in a method of a class inside": f"""\
def ask(client, **arguments):
    class Inner:
        import anthropic

        def ask(self):
            return {CALL}

    assert isinstance(client, Inner.anthropic.Anthropic)
    return Inner().ask()
""",
    "before the import and behind it": f"""\
def ask(client, **arguments):
    for _ in range(2):
        answer = same(client).completions.create(**arguments).completion
        import anthropic
    assert isinstance(client, anthropic.Anthropic)
    return {CALL}

def same(client: "anthropic.Anthropic"):
    return client
""",
    "in one branch": f"""\
def ask(client, **arguments):
    if arguments.pop("checked", False):
        import anthropic
        assert isinstance(client, anthropic.Anthropic)
    import builtins
    return {CALL}
""",
    "where a decorator begins the function": f"""\
def ask(client: "anthropic.Anthropic", **arguments):
    @staticmethod
    def inner():
        return {CALL}
    return inner()
""",
}


def _rewritten(before: str) -> str:
    outcome = rewrite_source(before.encode(), "example.py", Options())
    assert outcome.kind == "rewritten", outcome.reason
    again = rewrite_source(outcome.source, "example.py", Options())
    assert again.source == outcome.source
    return outcome.source.decode()


@pytest.mark.parametrize("name", OPTIONAL)
def test_the_import_needs_neither(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    after = _rewritten(OPTIONAL[name])
    assert "from migrate import with_completions" in after
    monkeypatch.setitem(sys.modules, "anthropic", None)
    monkeypatch.setitem(sys.modules, "migrate", None)
    exec(compile(after, "after", "exec"), {"__name__": "example"})


@pytest.mark.parametrize("name", REACHED)
def test_the_name_is_there_where_the_call_is_reached(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    after = _rewritten(
        TYPED + REACHED[name].replace("def ask(client,", 'def ask(client: "anthropic.Anthropic",')
    )

    class Client:
        class completions:
            @staticmethod
            def create(**arguments: object) -> types.SimpleNamespace:
                return types.SimpleNamespace(completion="a fish")

    sdk = types.SimpleNamespace(Anthropic=Client)
    monkeypatch.setitem(sys.modules, "anthropic", sdk)  # type: ignore[arg-type]
    ours = types.SimpleNamespace(with_completions=lambda client: client)
    monkeypatch.setitem(sys.modules, "migrate", ours)  # type: ignore[arg-type]
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(after, "after", "exec"), names)
    ask = names["ask"]
    assert callable(ask)
    assert after.count("with_completions(") == REACHED[name].count(".completions.create(")
    assert ask(Client()) == "a fish"
