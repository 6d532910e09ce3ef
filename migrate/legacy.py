"""The answer of the old API as an object: what ``anthropic.types.Completion`` was.

Knows pydantic and the standard library; no SDK is imported.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Generator
from functools import cache
from types import new_class
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, PrivateAttr

Mode = Literal["json", "python"]


class Completion(BaseModel):
    """A completion in the shape that SDK 0.8 to 0.125 gave.

    ``stop`` (the stop string that ended the text, or None) and ``log_id`` are extra fields, as the
    server used to send them. ``message`` is the Message it was made from (None in a stream) and
    ``usage`` its token counts; both stay out of dumps and comparisons, as the old type had neither.
    Source: anthropic==0.125.0 types/completion.py and _models.py.
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=(), defer_build=True)

    id: str
    completion: str
    model: str
    stop_reason: str | None = None
    type: Literal["completion"] = "completion"

    _message: Any = PrivateAttr(default=None)
    _usage: Any = PrivateAttr(default=None)

    @property
    def message(self) -> Any:
        """The Message behind this completion; None for a chunk of a stream."""
        return self._hidden("_message")

    @property
    def usage(self) -> Any:
        """Token counts of the call; in a stream only the last chunk has them."""
        return self._hidden("_usage")

    def _hidden(self, name: str) -> Any:
        return (self.__pydantic_private__ or {}).get(name)

    @property
    def _request_id(self) -> str | None:
        value: str | None = getattr(self.message, "_request_id", None)
        return value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Completion):
            return NotImplemented
        return self.__dict__ == other.__dict__ and self.__pydantic_extra__ == other.__pydantic_extra__

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return _from_state, (self.__getstate__(),)

    def __str__(self) -> str:
        return repr(self)  # as the SDK's models print

    # The SDK and pydantic 1 had the following; pydantic 2 warns about three of them or lacks them.

    def dict(self, **options: Any) -> dict[str, Any]:
        return self.model_dump(**options)

    def json(self, **options: Any) -> str:
        return self.model_dump_json(**options)

    def copy(self, *, update: Any = None, deep: bool = False) -> Completion:  # type: ignore[override]
        return self.model_copy(update=update, deep=deep)

    @classmethod
    def construct(cls, _fields_set: Any = None, **values: Any) -> Completion:
        return cls.model_construct(_fields_set, **values)

    def to_dict(
        self,
        *,
        mode: Mode = "python",
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> Any:
        """The fields as a dict, as the SDK's method of the same name."""
        return self.model_dump(
            mode=mode,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )

    def to_json(
        self,
        *,
        indent: int | None = 2,
        use_api_names: bool = True,
        exclude_unset: bool = True,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        warnings: bool = True,
    ) -> str:
        """The fields as JSON text, as the SDK's method of the same name."""
        return self.model_dump_json(
            indent=indent,
            by_alias=use_api_names,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
            warnings=warnings,
        )


class AwaitableCompletion(Completion):
    """A completion that may also be awaited, which gives a plain one.

    ``parse()`` of a raw asynchronous response was a plain method up to SDK 0.x and has to be awaited
    from 1.0 on; this answer suits both.
    """

    def __await__(self) -> Generator[None, None, Completion]:
        yield from ()  # makes this method a generator, as __await__ has to be
        return _from_state(self.__getstate__())


def completion_class(*, awaitable: bool = False) -> type[Completion]:
    """The class to make completions of: ours, joined with a class of the loaded SDK.

    That is its own Completion where it still has one, so that isinstance checks hold (pydantic models
    take no virtual subclasses), else its BaseModel, which the old type was one of. Without an SDK it
    is ours alone.
    """
    package = sys.modules.get("anthropic")
    types = sys.modules.get("anthropic.types")
    # Looked up in the namespace: asking a module for what it lacks costs an exception, for every reply.
    theirs: Any = package if types is None else vars(types).get("Completion", package)
    made = _classes.get((theirs, awaitable))
    if made is None:
        made = _classes[theirs, awaitable] = _completion_class(package, theirs, awaitable)
    return made


_classes: dict[tuple[Any, bool], type[Completion]] = {}


def _completion_class(package: Any, theirs: Any, awaitable: bool) -> type[Completion]:
    if package is None:
        return AwaitableCompletion if awaitable else Completion
    if not inspect.isclass(theirs) or issubclass(theirs, Completion):
        theirs = package.BaseModel
    plain = _joined(Completion, theirs)
    return _joined(AwaitableCompletion, plain) if awaitable else plain


@cache
def _joined(base: Any, theirs: Any) -> type[Completion]:
    # Named as its parents are: the name shows in repr(). Pickling goes through __reduce__.
    return new_class("Completion", (base, theirs), exec_body=lambda body: body.update(__module__=__name__))


def _from_state(state: dict[str, Any]) -> Completion:
    made = (cls := completion_class()).__new__(cls)
    made.__setstate__(state)
    return made


_FIELDS = {"id", "completion", "model", "stop_reason", "type", "stop", "log_id"}
_new = object.__new__
# The slots of every pydantic model, set without looking them up by name for each completion.
_set_values, _set_extra, _set_given, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__")
)


def make_completion(
    id: str | None,  # noqa: A002  (the name on the wire)
    completion: str,
    model: str | None,
    stop_reason: str | None = None,
    stop: str | None = None,
    message: Any = None,
    usage: Any = None,
    cls: type[Completion] = Completion,
) -> Completion:
    """A completion without validation: a server may send what it likes, as with the SDK's own.

    Sets what ``model_construct`` sets, at a quarter of its cost; streams make one for every few
    characters.
    """
    made = _new(cls)
    values = {
        "id": id,
        "completion": completion,
        "model": model,
        "stop_reason": stop_reason,
        "type": "completion",
    }
    _set_values(made, values)
    _set_extra(made, {"stop": stop, "log_id": id})
    _set_given(made, _FIELDS.copy())
    # A chunk has neither; without a dict of their own there is one object less for each.
    _set_private(made, None if message is None and usage is None else {"_message": message, "_usage": usage})
    return made
