"""Which names of a file others use by a text: modules that are loaded by name, entry points."""

from __future__ import annotations

import pytest

from codemods.dynamic_imports import names_loaded
from codemods.project import Project

EVERY = {"*"}
LOAD = "import importlib\nm = importlib.import_module({})\n"
PLAIN = "def complete(): ...\n"

# the file asked about, the other files, and its names that are used
TABLE: dict[str, tuple[str, dict[str, str], set[str]]] = {
    "by its name": ("p/claude.py", {"main.py": LOAD.format("'p.claude'")}, EVERY),
    "by the package": ("p/claude.py", {"main.py": LOAD.format("f'p.{name}'")}, EVERY),
    "by a sum": ("p/claude.py", {"main.py": LOAD.format('"p." + name')}, EVERY),
    "by percent": ("p/claude.py", {"main.py": LOAD.format('"p.%s" % name')}, EVERY),
    "by format": ("p/claude.py", {"main.py": LOAD.format('"p.{}".format(name)')}, EVERY),
    "below another root": ("src/p/claude.py", {"src/main.py": LOAD.format("f'p.{name}'")}, EVERY),
    "the built-in": ("claude.py", {"main.py": "import os\nm = __import__('claude')\n"}, EVERY),
    "relative": ("p/claude.py", {"p/__init__.py": LOAD.format("'.claude', __name__")}, EVERY),
    "by a name that nobody wrote": ("p/claude.py", {"p/main.py": LOAD.format("sys.argv[1]")}, EVERY),
    "named in a list": ("claude.py", {"a.py": "import claude\n", "main.py": "NAMES = ['claude']\n" + LOAD.format("NAMES[0]")}, EVERY),
    "listed": ("p/claude.py", {"a.py": "import p.claude\n", "p/__init__.py": "import pkgutil\nfor m in pkgutil.iter_modules(__path__):\n    importlib.import_module(m.name)\n"}, EVERY),
    "getattr": ("claude.py", {"main.py": "import claude\ngetattr(claude, name)()\n"}, EVERY),
    "getattr of an alias": ("p/claude.py", {"main.py": "from p import claude as c\ngetattr(c, f'ask_{name}')()\n"}, EVERY),
    "getattr of a name": ("claude.py", {"main.py": "import claude\ngetattr(claude, 'complete')()\n"}, {"complete"}),
    "entry point": ("bot/cli.py", {"pyproject.toml": "[project.scripts]\nask = 'bot.cli:main'\n"}, {"main"}),
    "entry point of setup.cfg": ("src/bot/cli.py", {"setup.cfg": "console_scripts =\n    ask = bot.cli:main\n"}, {"main"}),
    "entry point below": ("one/bot.py", {"one/pyproject.toml": "[project.scripts]\nask = 'bot:main'\n"}, {"main"}),
    "another module": ("p/claude.py", {"main.py": LOAD.format("'p.other'")}, set()),
    "another package": ("p/claude.py", {"main.py": LOAD.format("f'q.{name}'")}, set()),
    "a longer name": ("p/claude.py", {"main.py": LOAD.format("'p.claude2'")}, set()),
    "above the loader": ("claude.py", {"p/main.py": LOAD.format("sys.argv[1]")}, set()),
    "somebody imports it": ("claude.py", {"a.py": "import claude\n", "main.py": LOAD.format("sys.argv[1]")}, set()),
    "another part": ("p/claude.py", {"q/main.py": LOAD.format("sys.argv[1]")}, set()),
    "its own": ("claude.py", {}, set()),
    "getattr of an object": ("claude.py", {"main.py": "import claude\ngetattr(claude.client, name)()\n"}, set()),
    "getattr of another": ("claude.py", {"main.py": "import claude, os\ngetattr(os, name)()\n"}, set()),
    "entry point of another": ("bot/web.py", {"pyproject.toml": "[project.scripts]\nask = 'bot.cli:main'\n"}, set()),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_names_that_are_used_by_a_text(name: str) -> None:
    path, others, expected = TABLE[name]
    files = {path: PLAIN.encode(), **{file: text.encode() for file, text in others.items()}}
    project = Project("", files.get, [one for one in files if one.endswith(".py")])
    assert names_loaded(project, path) == expected
