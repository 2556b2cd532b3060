"""JSON values that can be read and not be changed: what a reading request is handed."""

from __future__ import annotations

from typing import Any

from .refusals import ReadOnlyTab


class Frozen(dict[str, Any]):
    """A dict whose every way of changing it says why it cannot."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise ReadOnlyTab

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def freeze(value: Any) -> Any:
    """The same values, lists as tuples; anything else than JSON values is left as it is."""
    if isinstance(value, dict):
        return Frozen({name: freeze(inner) for name, inner in value.items()})
    return tuple(freeze(inner) for inner in value) if isinstance(value, list) else value
