# What an expression can be. Plain values, compared by content; no knowledge of how they are found.
"""The few kinds of value the evaluator tells apart."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

Flavour = Literal["sync", "async", "bedrock", "async_bedrock", "bedrock_package", "unstated"]
Wrapper = Literal["", "with_raw_response", "with_streaming_response"]


@dataclass(frozen=True, slots=True)
class Value:
    """Base of all values. `evidence` says how we know, in words for a report."""


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """We cannot tell, and say so."""

    reason: str


@dataclass(frozen=True, slots=True)
class Foreign(Value):
    """Positively not the Anthropic SDK's: another package, the user's own class, a built-in."""

    what: str

    @property
    def is_plain(self) -> bool:
        """A value made here (a list, a sum), of which parts may still be anything."""
        return self.what.startswith("a ")


@dataclass(frozen=True, slots=True)
class Symbol(Value):
    """A module, class or function of the SDK by its dotted path, such as `anthropic.Anthropic`."""

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Client(Value):
    """An SDK client. `unstated`: only its use tells that it is one."""

    flavour: Flavour
    evidence: tuple[str, ...] = ()

    @property
    def is_async(self) -> bool:
        return self.flavour in ("async", "async_bedrock")

    @property
    def is_bedrock(self) -> bool:
        return self.flavour in ("bedrock", "async_bedrock", "bedrock_package")


@dataclass(frozen=True, slots=True)
class Resource(Value):
    """`client.completions`, possibly behind a response wrapper."""

    client: Client
    wrapper: Wrapper = ""


@dataclass(frozen=True, slots=True)
class CreateMethod(Value):
    """`client.completions.create` as a bound method."""

    client: Client
    wrapper: Wrapper = ""


@dataclass(frozen=True, slots=True)
class WrappedClient(Value):
    """`client.with_raw_response`: all its resources answer behind the wrapper."""

    client: Client
    wrapper: Wrapper


@dataclass(frozen=True, slots=True)
class ClientMethod(Value):
    """A client method that returns a client again: `with_options`, `copy`."""

    client: Client


@dataclass(frozen=True, slots=True)
class Migrated(Value):
    """Something of our own run-time library: such code has been migrated already."""


@dataclass(frozen=True, slots=True)
class UserClass(Value):
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class UserInstance(Value):
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class UserFunction(Value):
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Constant(Value):
    """A literal value: text, number, None, True, False."""

    value: str | bytes | int | float | complex | bool | None


@dataclass(frozen=True, slots=True)
class Display(Foreign):
    """A dict, list or tuple that is written out. `what` is as for any plain value."""

    node: ast.Dict | ast.List | ast.Tuple


@dataclass(frozen=True, slots=True)
class ProjectModule(Unknown):
    """One of the user's own modules or packages: `stem` is its path without a suffix."""

    stem: str


@dataclass(frozen=True, slots=True)
class Abroad(Unknown):
    """Something that another of the user's files made: unknown to the rules, followed by the evaluator.

    value: what it is there; its nodes are those of that file's tree. home: the evaluator of the file.
    """

    value: Value
    home: object = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PassedByTest(Unknown):
    """What a test puts in the place of something. It tells only where nothing says that it is a client.

    value: what it is at face value.
    """

    value: Value


def at_home(value: Value) -> Value:
    """The value as its own file sees it, whoever passes it."""
    while isinstance(value, PassedByTest | Abroad):
        value = value.value
    return value


def is_own_object(value: Value) -> bool:
    """Whether it is a class of the user's own or an instance of one, in whichever file."""
    return isinstance(at_home(value), UserInstance | UserClass)


def is_instance(value: Value) -> bool:
    return isinstance(at_home(value), UserInstance)
