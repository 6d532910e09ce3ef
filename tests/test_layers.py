"""The import rules: which file may know what, by reading the imports, and by running them.

The table below is the map of the project. A new module has to be put on it; a module may import
modules of its own layer and of those below, in functions as well as at the top of the file.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
STANDARD = frozenset(sys.stdlib_module_names)

# From the bottom to the top. "package.*" stands for every module of that package.
MIGRATE_LAYERS = (
    ("migrate",),  # lazy names only
    ("migrate.errors", "migrate.markers", "migrate.models"),
    ("migrate.prompt_problems", "migrate.message_lists"),
    ("migrate.conversation",),
    ("migrate.prompts",),
    ("migrate.policy", "migrate.sameness", "migrate.routes"),
    (
        "migrate.legacy",
        "migrate.double.*",
    ),  # legacy needs pydantic; those above load it when they make an object
    ("migrate.requests", "migrate.responses"),
    ("migrate.streams", "migrate.sdk", "migrate.dict_answers", "migrate.bodies"),
    ("migrate.replies", "migrate.client_options"),
    ("migrate.completions",),
    ("migrate.dict_calls",),
    ("migrate.clients",),
)
CODEMODS_LAYERS = (
    (
        "codemods",
        "codemods.outcome",
        "codemods.edits",
        "codemods.example_blocks",
        "codemods.rules",  # of rules: the table only
    ),
    ("codemods.source", "codemods.import_texts", "codemods.literals", "codemods.values", "codemods.scopes"),
    ("codemods.flow_expressions", "codemods.sdk_surface", "codemods.template_spans"),
    ("codemods.flow_builder",),
    ("codemods.flow",),
    ("codemods.evaluation", "codemods.soundness", "codemods.template_nodes", "codemods.project"),
    ("codemods.reach", "codemods.dynamic_imports"),
    ("codemods.template_fillings",),
    ("codemods.template_holes",),
    ("codemods.annotations", "codemods.containers"),
    ("codemods.class_attributes",),
    ("codemods.passed_values",),
    ("codemods.own_code",),
    ("codemods.bindings",),
    ("codemods.evaluate",),
    ("codemods.members",),
    ("codemods.sure_texts",),
    ("codemods.templates", "codemods.neighbours"),
    (
        "codemods.turns",
        "codemods.turn_states",
        "codemods.places",
        "codemods.plans",
        "codemods.providers",
        "codemods.imports",
        "codemods.survival",
        "codemods.argument_reading",
        "codemods.attributes",
        "codemods.callers",
        "codemods.dict_changes",
        "codemods.handed_on",
        "codemods.mappings",
        "codemods.mapping_reading",
        "codemods.no_ops",
        "codemods.statements",
        "codemods.ignores",
        "codemods.replies",
        "codemods.request_urls",
        "codemods.bodies",
        "codemods.floors",
    ),
    ("codemods.old_sites", "codemods.guarded_imports"),
    ("codemods.rules.*",),
    ("codemods.sites",),
    ("codemods.suggestions",),
    ("codemods.findings",),
    ("codemods.receivers", "codemods.surroundings"),
    ("codemods.other_files",),
    ("codemods.json_text", "codemods.magics"),
    ("codemods.notebook_cells", "codemods.notebook_installs", "codemods.cell_syntax"),
    ("codemods.notebook_module",),
    ("codemods.notebooks",),
    ("codemods.rewrite",),
    ("codemods.files", "codemods.gitignore", "codemods.progress"),
    ("codemods.git", "codemods.replace", "codemods.config", "codemods.prompt_stream"),
    ("codemods.reports.*", "codemods.documents.*"),
    ("codemods.pins.*",),
    (
        "codemods.worker",
        "codemods.neighbourhood",
        "codemods.document_search",
        "codemods.analysis",
        "codemods.writing",
        "codemods.next_steps",
    ),
    ("codemods.dependencies", "codemods.shared_project"),
    ("codemods.commands", "codemods.libcst_command"),
    ("codemods.cli", "codemods.__main__"),
)
# What the codemod uses of the run-time library: the converter and the model table.
SHARED = frozenset(name for layer in MIGRATE_LAYERS[:5] for name in layer)
PURE = frozenset(
    {
        *SHARED,
        "migrate.policy",
        "migrate.routes",
        "migrate.sameness",
        "migrate.requests",
        "migrate.responses",
        "migrate.bodies",
        "migrate.streams",
        "migrate.dict_answers",
    }
)
# Third-party packages and the only modules that may name them. The SDK is loaded by name in one place.
THIRD_PARTY = {
    "pydantic": ("migrate.legacy",),
    "libcst": ("codemods.literals", "codemods.source", "codemods.rewrite", "codemods.libcst_command"),
    "click": ("codemods.cli", "codemods.commands", "codemods.progress", "codemods.reports.*"),
    "packaging": ("codemods.pins.*", "codemods.notebook_installs"),
    "tomli": ("codemods.config",),
    "yaml": ("codemods.pins.conda",),
}
# The pure modules take values and give values.
IMPURE = frozenset(
    ("asyncio", "datetime", "http", "multiprocessing", "os", "pathlib", "random", "shutil", "socket",
     "subprocess", "tempfile", "threading", "time", "urllib.request")
)  # fmt: skip


def modules() -> dict[str, Path]:
    """Module name to file, for both packages."""
    found = {}
    for package in ("migrate", "codemods"):
        for file in sorted((PROJECT / package).rglob("*.py")):
            parts = file.relative_to(PROJECT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


MODULES = modules()


@cache
def imports(name: str) -> tuple[str, ...]:
    """The modules that a module of ours imports when it runs, as full names; `from package import module`
    is resolved, imports for type checkers only are left out."""
    return tuple(_imports(name))


def _imports(name: str) -> Iterator[str]:
    for node in walk_what_runs(ast.parse(MODULES[name].read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = source_of(name, node)
            names = [f"{base}.{alias.name}" for alias in node.names]
            yield from (full if full in MODULES else base for full in names)


def walk_what_runs(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from walk_what_runs(node)


def source_of(name: str, node: ast.ImportFrom) -> str:
    """The full name of the module that a from-import names, dots resolved."""
    if not node.level:
        return node.module or ""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


def matches(name: str, pattern: str) -> bool:
    package = pattern.removesuffix(".*")
    return name == package or (pattern != package and name.startswith(f"{package}."))


def layer_of(name: str, layers: tuple[tuple[str, ...], ...]) -> int:
    for height, layer in enumerate(layers):
        if any(matches(name, pattern) for pattern in layer):
            return height
    raise AssertionError(f"{name} is on no layer of tests/test_layers.py; put it where it belongs")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_what_it_may(name: str) -> None:
    check_that_imports_go_down(name)
    check_that_packages_keep_apart(name)
    check_that_third_party_packages_have_their_places(name)
    if name != "codemods.libcst_command":
        check_that_slow_parts_of_the_parser_stay_unloaded(name)


def check_that_imports_go_down(name: str) -> None:
    layers = MIGRATE_LAYERS if name.partition(".")[0] == "migrate" else CODEMODS_LAYERS
    height = layer_of(name, layers)
    for imported in imports(name):
        if imported.partition(".")[0] == name.partition(".")[0]:
            assert layer_of(imported, layers) <= height, f"{name} imports {imported}, which is above it"


def test_no_module_imports_itself_by_a_detour() -> None:
    """Within a layer the order is free, but there is one."""
    below = {name: {one for one in imports(name) if one in MODULES} - {name} for name in MODULES}
    while free := [name for name, needed in below.items() if not needed]:
        for name in free:
            del below[name]
        for needed in below.values():
            needed.difference_update(free)
    assert sorted(below) == []


def check_that_packages_keep_apart(name: str) -> None:
    for imported in imports(name):
        if name.startswith("migrate"):
            assert not matches(imported, "codemods.*"), f"{name} imports {imported}"
        elif matches(imported, "migrate.*"):
            assert imported in SHARED, f"{name} imports {imported}, which is not for the codemod"
        assert not matches(imported, "tests.*"), f"{name} imports {imported}"


def check_that_third_party_packages_have_their_places(name: str) -> None:
    for imported in imports(name):
        package = imported.partition(".")[0]
        if package in STANDARD or package in ("migrate", "codemods"):
            continue
        allowed = THIRD_PARTY.get(package, ())
        assert any(matches(name, pattern) for pattern in allowed), f"{name} imports {imported}"


@pytest.mark.parametrize("name", sorted(PURE - {"migrate"}))
def test_pure_modules_know_values_only(name: str) -> None:
    impure = [imported for imported in imports(name) if any(matches(imported, f"{one}.*") for one in IMPURE)]
    assert impure == []


def check_that_slow_parts_of_the_parser_stay_unloaded(name: str) -> None:
    for imported in imports(name):
        assert imported != "codemods.libcst_command"
        assert not imported.startswith(("libcst.matchers", "libcst.codemod", "libcst.metadata")), imported


def test_the_table_names_nothing_that_is_gone() -> None:
    patterns = [name for layer in (*MIGRATE_LAYERS, *CODEMODS_LAYERS) for name in layer]
    patterns += [pattern for allowed in THIRD_PARTY.values() for pattern in allowed]
    gone = [pattern for pattern in patterns if not any(matches(name, pattern) for name in MODULES)]
    assert gone == []


HEAVY = ("anthropic", "click", "codemods", "httpx", "httpx2", "libcst", "pydantic")
LIGHT = {
    # What is run: which packages must not be loaded by it.
    "import migrate": HEAVY,
    "import migrate.prompts": HEAVY,
    "from migrate import parse_prompt, render_prompt, arguments_from_prompt, model_arguments": HEAVY,
    "import migrate.requests, migrate.responses, migrate.streams": HEAVY,
    "import migrate.sameness": HEAVY,
    "import migrate.double.__main__": HEAVY,
    "import codemods.cli": ("anthropic", "libcst", "pydantic"),
    "from click.testing import CliRunner; from codemods.cli import main; CliRunner().invoke(main, ['--help'])": (
        "anthropic",
        "libcst",
        "pydantic",
        "packaging",
        "codemods.commands",
        "migrate",
    ),
    "import codemods.worker": ("anthropic", "click", "libcst", "pydantic"),
    "import codemods.rewrite": ("anthropic", "click", "libcst.matchers", "libcst.codemod", "pydantic"),
}


@pytest.mark.parametrize("statement", LIGHT)
def test_what_an_import_loads(statement: str) -> None:
    shown = run(f"import sys; {statement}; print(*sorted(sys.modules), sep='\\n')")
    loaded = set(shown.splitlines())
    assert loaded.isdisjoint(LIGHT[statement]), sorted(loaded & set(LIGHT[statement]))


def test_the_converter_works_with_nothing_installed() -> None:
    """-S leaves site-packages out: no SDK, no pydantic, no parser."""
    prompt = "\n\nHuman: Hi\n\nAssistant:"
    statement = f"from migrate import parse_prompt; print(parse_prompt({prompt!r}).to_messages())"
    assert run(statement, "-S") == "[{'role': 'user', 'content': 'Hi'}]\n"


def run(statement: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", statement], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
