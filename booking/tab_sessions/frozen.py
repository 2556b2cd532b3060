"""What a draft is where it can only be read: unchangeable, and it says why."""

from typing import Any

from .errors import ReadOnlyTab


class _Frozen(dict[str, Any]):
    """A dict whose every way of changing it says why it cannot."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise ReadOnlyTab

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def freeze(value: Any) -> Any:
    """Return the same JSON values unchangeable, lists as tuples; anything else as it is."""
    if isinstance(value, dict):
        items = value.items()
        return _Frozen({k: freeze(v) if isinstance(v, dict | list) else v for k, v in items})
    return tuple(freeze(inner) for inner in value) if isinstance(value, list) else value
