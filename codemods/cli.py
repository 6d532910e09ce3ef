# The words of the command line and nothing else: imports click only, so that --help is instant.
"""`to-messages`: from Anthropic's Text Completions API to the Messages API."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_CODES = """\b
Exit codes: 0 nothing is left, 1 something is left, 2 a failure or wrong usage,
130 interrupted (no file is ever half written).
"""


def _print_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("completions-to-messages")
    except PackageNotFoundError:
        number = "(version unknown: not installed)"
    click.echo(f"to-messages {number}")
    context.exit()


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def main() -> None:
    """Move Python code from Anthropic's Text Completions API to the Messages API.

    Start with `to-messages check`, read `to-messages diff`, then run `to-messages fix PATH`.
    """


_OPTIONS = (
    click.option("--model", multiple=True, metavar="OLD=NEW", help="Write NEW where OLD stands; repeatable."),
    click.option("--default-model", metavar="NEW", help="Write NEW for every retired model."),
    click.option(
        "--keep-sampling", is_flag=True, help="Keep temperature, top_p and top_k: picks models up to 4.6."
    ),
    click.option(
        "--prefill",
        type=click.Choice(("fallback", "manual")),
        help="A prefill the model refuses: fall back to a model that takes it (default), or leave the site.",
    ),
    click.option(
        "--select", multiple=True, metavar="RULE", help="Only these rules (code or name, commas allowed)."
    ),
    click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules."),
    click.option("--bridge-only", is_flag=True, help="Lean on the adapter everywhere, no other edit."),
    click.option("--no-bridge", is_flag=True, help="Never lean on the adapter."),
    click.option("--strict", is_flag=True, help="Bridged sites count as left."),
    click.option("--no-markers", is_flag=True, help="Write no TODO comments above review sites."),
    click.option("--no-pins", is_flag=True, help="Leave requirements and other dependency files alone."),
    click.option("--allow-dirty", is_flag=True, help="Write over uncommitted changes in git."),
    click.option(
        "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes to use (default: by the work)."
    ),
    click.option("--format", type=click.Choice(("text", "json")), help="How to report (default: text)."),
    click.option("--output", metavar="FILE", help="Write to FILE what would go to standard output."),
    click.option(
        "-v", "--verbose", is_flag=True, help="Also show all evidence, what was left out, tracebacks."
    ),
    click.option("--stdin-filename", metavar="NAME", help="With `-`: the name to report the source under."),
)


def _analysis_options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@main.command(short_help="Report what fix would do; write nothing.", epilog=EXIT_CODES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_analysis_options
def check(paths: tuple[str, ...], stdin_filename: str | None, **arguments: Any) -> None:
    """Report what `fix` would do to PATH (default: the current directory); write nothing."""
    from codemods import commands

    sys.exit(commands.check(paths or (".",), arguments, stdin_filename))


@main.command(short_help="Print the changes as a diff for `git apply`.", epilog=EXIT_CODES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_analysis_options
def diff(paths: tuple[str, ...], stdin_filename: str | None, **arguments: Any) -> None:
    """Print the changes as a diff that `git apply` takes; findings go to standard error."""
    from codemods import commands

    sys.exit(commands.diff(paths or (".",), arguments, stdin_filename))


@main.command(short_help="Rewrite files in place.", epilog=EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@_analysis_options
def fix(paths: tuple[str, ...], stdin_filename: str | None, **arguments: Any) -> None:
    """Rewrite the files at or below PATH in place; `-` rewrites standard input to standard output."""
    from codemods import commands

    sys.exit(commands.fix(paths, arguments, stdin_filename))


@main.command(short_help="Print the table of models and successors.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", help="How to print it."
)
def models(form: str) -> None:
    """Print the dated table of models: which are gone, and what to call instead."""
    from codemods.reports import tables

    click.echo(tables.models_json() if form == "json" else tables.models_table(), nl=False)


@main.command(short_help="Print all rules.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", help="How to print it."
)
def rules(form: str) -> None:
    """Print all rules, with the codes and names that --select and --ignore take."""
    from codemods.reports import tables

    click.echo(tables.rules_json() if form == "json" else tables.rules_table(), nl=False)


@main.command(short_help="Explain one rule.")
@click.argument("rule")
def explain(rule: str) -> None:
    """Explain one RULE, given by code or name, with code before and after."""
    from codemods.commands import WrongUsage
    from codemods.config import ConfigError
    from codemods.reports import tables

    try:
        click.echo(tables.explanation(rule), nl=False)
    except ConfigError as error:
        raise WrongUsage(str(error)) from error


@main.group(short_help="Convert prompt strings and message lists.")
def prompt() -> None:
    """Convert prompt strings to message lists (parse) and back (render)."""


_PROMPT_OPTIONS = (
    click.argument("file", type=click.File("rb"), default="-"),
    click.option("--jsonl", is_flag=True, help="FILE holds one JSON record per line; other fields stay."),
    click.option("--field", metavar="NAME", help="The field to convert (with --jsonl; default: prompt)."),
)


def _prompt_options(command: Command) -> Command:
    for option in reversed(_PROMPT_OPTIONS):
        command = option(command)
    return command


@prompt.command()
@_prompt_options
def parse(file: Any, jsonl: bool, field: str | None) -> None:
    r"""Read a prompt string from FILE (default: standard input), write its messages as JSON.

    \b
    {"system": ..., "messages": [{"role": "user", "content": ...}], "prefill": ...}
    """
    sys.exit(_convert("parse", file, jsonl, field))


@prompt.command()
@_prompt_options
def render(file: Any, jsonl: bool, field: str | None) -> None:
    """Read messages as JSON from FILE (default: standard input), write the prompt string."""
    sys.exit(_convert("render", file, jsonl, field))


def _convert(direction: Any, file: Any, jsonl: bool, field: str | None) -> int:
    from codemods.prompt_stream import convert_one, convert_stream

    if field is not None and not jsonl:
        raise click.UsageError("--field names a field of JSON Lines: give --jsonl with it")
    out, err = sys.stdout.buffer, sys.stderr
    if jsonl:
        code = convert_stream(file, direction, field or "prompt", out, err)
    else:
        code = convert_one(file.read(), direction, out, err)
    out.flush()
    err.flush()
    return code
