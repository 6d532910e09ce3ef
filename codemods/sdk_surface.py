# What the SDK's names and attributes are. Facts and joins of values; reads no source.
"""The legacy SDK's public surface as values, and how alternatives of values join."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from codemods.values import (
    Client,
    ClientMethod,
    Constant,
    CreateMethod,
    Flavour,
    Foreign,
    Migrated,
    PassedByTest,
    Resource,
    Symbol,
    Unknown,
    UserInstance,
    Value,
    WrappedClient,
    Wrapper,
    at_home,
)

# Public names of the SDK that make a client, under each package that exports them.
# Source: anthropic 0.3.0-0.125.0 and anthropic-bedrock 0.8.0, `__init__.py`.
CLIENT_CLASSES: dict[str, Flavour] = {
    "Anthropic": "sync",
    "Client": "sync",
    "AsyncAnthropic": "async",
    "AsyncClient": "async",
    "AnthropicBedrock": "bedrock",
    "AsyncAnthropicBedrock": "async_bedrock",
}
# Both constants held these texts in every release that had them.
PROMPT_CONSTANTS = {"HUMAN_PROMPT": "\n\nHuman:", "AI_PROMPT": "\n\nAssistant:"}
# Attributes of a client and of its resources that put a wrapper around every response.
RESPONSE_WRAPPERS: dict[str, Wrapper] = {
    "with_raw_response": "with_raw_response",
    "with_streaming_response": "with_streaming_response",
}
SDK_PACKAGES = ("anthropic", "anthropic_bedrock")


def client_flavour(value: Symbol) -> Flavour | None:
    """Which client a class of the SDK makes; None for everything else."""
    package, _, name = value.path.rpartition(".")
    flavour = CLIENT_CLASSES.get(name)
    if flavour is not None and package.split(".")[0] == "anthropic_bedrock":
        return "bedrock_package"
    return flavour


def symbol(path: str, line: int) -> Value:
    """The value of an SDK name: prompt constants are their text, wherever they were imported from."""
    name = path.rpartition(".")[2]
    if name in PROMPT_CONSTANTS:
        return Constant(PROMPT_CONSTANTS[name])
    return Symbol(path, line)


def client_attribute(client: Client, name: str) -> Value:
    if name == "completions":
        return Resource(client)
    if name in RESPONSE_WRAPPERS:
        return WrappedClient(client, RESPONSE_WRAPPERS[name])
    if name in ("with_options", "copy"):
        return ClientMethod(client)
    if name in PROMPT_CONSTANTS:
        return Constant(PROMPT_CONSTANTS[name])
    return Foreign(f"the client's {name}")


def wrapped_attribute(wrapped: WrappedClient, name: str) -> Value:
    if name == "completions":
        return Resource(wrapped.client, wrapped.wrapper)
    return Foreign(f"the client's {name}")


def resource_attribute(resource: Resource, name: str) -> Value:
    if name == "create":
        return CreateMethod(resource.client, resource.wrapper)
    if name in RESPONSE_WRAPPERS:
        return Resource(resource.client, RESPONSE_WRAPPERS[name])
    return Unknown(f"completions.{name}")


def join_values(values: Iterable[Value]) -> Value:
    """One value for several alternatives, as `Evaluator.value_of` documents."""
    distinct = distinct_values(map(_at_face_value, without_doubles(tuple(values))))
    real = [value for value in distinct if not is_none(value)]
    if not real:
        return distinct[0] if distinct else Unknown("its value is not visible here")
    if len(real) == 1:
        return real[0]
    if all(isinstance(value, Foreign) and value.is_plain for value in real):
        return Foreign("a plain value")
    foreign = [value for value in map(at_home, real) if isinstance(value, _NOT_OURS)]
    symbols = [value for value in real if isinstance(value, Symbol)]
    paths = {value.path for value in symbols}  # the same import in `try` and in `except` is one symbol
    if len(paths) == 1 and all(isinstance(value, Symbol | Unknown) for value in real):
        return symbols[0]
    for kind in (Client, Resource, CreateMethod):
        ours = [value for value in real if isinstance(value, kind)]
        if ours and not foreign:
            return _same_or_unstated(ours)
        if ours:
            other = _in_words(foreign[0])
            return Unknown(f"it is an Anthropic client on one path and {other} on another")
    if all(isinstance(value, _NOT_OURS) for value in real):
        return Foreign("one of several plain values")
    if any(isinstance(value, Migrated) for value in real):
        return Migrated()
    return next((value for value in real if isinstance(value, Unknown)), Unknown("it can be several things"))


_NOT_OURS = (Foreign, Constant, UserInstance)


def _in_words(value: Value) -> str:
    if isinstance(value, UserInstance):
        return value.node.name
    return getattr(value, "what", "something else")


def without_doubles(values: Sequence[Value]) -> Sequence[Value]:
    """The alternatives, but not what tests pass in place of a client that another alternative shows."""
    if not any(isinstance(value, Client | WrappedClient | Resource | CreateMethod) for value in values):
        return values
    return [value for value in values if not isinstance(value, PassedByTest)]


def _at_face_value(value: Value) -> Value:
    return value.value if isinstance(value, PassedByTest) else value


def _same_or_unstated(values: Sequence[Value]) -> Value:
    """Clients of one flavour stay it; of several, only that they are clients is known."""
    clients = [value if isinstance(value, Client) else value.client for value in values]  # type: ignore[attr-defined]
    if len({client.flavour for client in clients}) == 1:
        return values[0]
    evidence = tuple(line for client in clients for line in client.evidence)
    mixed = Client("unstated", evidence)
    first = values[0]
    if isinstance(first, Resource):
        return Resource(mixed, first.wrapper)
    if isinstance(first, CreateMethod):
        return CreateMethod(mixed, first.wrapper)
    return mixed


def distinct_values(values: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(values))


def is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None
