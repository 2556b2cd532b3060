"""What the fields of a dataclass may be: values that JSON gives back as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from .refusals import TabSessionError

_VALUES = {Any, object, str, int, float, bool, None, NoneType, dict, list}
_LISTS = {list, Sequence, MutableSequence}
_DICTS = {dict, Mapping, MutableMapping}


def check_fields(data: Any) -> None:
    """Refuse what is no dataclass or has a field that no draft can. Raises TabSessionError."""
    if not isinstance(data, type) or not is_dataclass(data):
        raise TabSessionError(
            f"data={data!r} is neither a dataclass nor a Schema(load, dump); give the class itself."
        )
    for each in fields(data):
        _check_start(data.__name__, each)
    for each in fields(data):
        for hint in _unfit(_hints(data)[each.name]):
            raise TabSessionError(f"{data.__name__}.{each.name} {_mistake(hint)}")


def _check_start(name: str, each: Field[Any]) -> None:
    if each.default is MISSING and each.default_factory is MISSING:
        raise TabSessionError(f"{name}.{each.name} needs a default, because a draft begins empty.")
    if not each.init:
        raise TabSessionError(
            f"{name}.{each.name} has init=False, so a stored draft cannot be given back to it."
        )


def _hints(data: type) -> dict[str, Any]:
    try:
        return get_type_hints(data, include_extras=True)
    except NameError as unknown:
        raise TabSessionError(
            f"{data.__name__}: {unknown}. Its annotations are read when the route is registered: "
            "import what they name, and define the class in a module."
        ) from unknown


def _unfit(hint: Any) -> Iterator[Any]:
    """Whatever in this type JSON does not give back as it was."""
    origin, inner = get_origin(hint), get_args(hint)
    if hasattr(hint, "__supertype__"):  # a NewType
        yield from _unfit(hint.__supertype__)
    elif origin is Annotated:
        yield from _unfit(inner[0])
    elif origin in _DICTS:
        yield from _unfit_key(inner[0])
        yield from _unfit(inner[1])
    elif origin in _LISTS or origin in (Union, UnionType):
        for each in inner:
            yield from _unfit(each)
    elif origin is not Literal and not is_typeddict(hint) and not _is_value(hint):
        yield hint


def _unfit_key(hint: Any) -> Iterator[Any]:
    if hint not in (str, Any) and get_origin(hint) is not Literal:
        yield _Key(hint)


def _is_value(hint: Any) -> bool:
    try:
        return hint in _VALUES
    except TypeError:  # not hashable: nothing of ours
        return False


class _Key:
    """A key of a dict that JSON would turn into text."""

    def __init__(self, hint: Any) -> None:
        self.hint = hint


def _mistake(hint: Any) -> str:
    if isinstance(hint, _Key):
        return f"has keys of {_name(hint.hint)}, and JSON gives back text. {_remedy('str')}"
    if is_dataclass(hint):
        return f"holds the dataclass {_name(hint)}: JSON gives back a dict. {_remedy('dict')}"
    if (get_origin(hint) or hint) is tuple:
        return f"is a tuple, and JSON gives back a list. {_remedy('list')}"
    return f"holds {_name(hint)}, which is no JSON value. {_remedy('str')}"


def _remedy(other: str) -> str:
    return f"Write a Schema(load, dump) that turns it into JSON values and back, or use a {other}."


def _name(hint: Any) -> str:
    return str(getattr(hint, "__name__", hint))
