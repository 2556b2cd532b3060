"""What a draft is where it can only be read: unchangeable, and it says why."""

from typing import Any, cast

from .errors import ReadOnlyTab


class _Frozen(dict[str, Any]):
    """A dict whose every way of changing it says why it cannot; a copy of it is an ordinary one."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise ReadOnlyTab

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def copy(self) -> dict[str, Any]:
        return cast("dict[str, Any]", _thaw(self))

    def __reduce_ex__(self, _protocol: Any) -> tuple[type, tuple[dict[str, Any]]]:
        return dict, (self.copy(),)  # what copy, deepcopy and pickle make of it


def freeze(value: Any) -> Any:
    """Return the same JSON values unchangeable, lists as tuples; anything else as it is."""
    if isinstance(value, dict):
        items = value.items()
        return _Frozen({k: freeze(v) if isinstance(v, dict | list) else v for k, v in items})
    return tuple(freeze(inner) for inner in value) if isinstance(value, list) else value


def _thaw(value: Any) -> Any:
    """Return the JSON values that were frozen, lists as lists again."""
    if isinstance(value, dict):
        return {key: _thaw(inner) for key, inner in value.items()}
    return [_thaw(inner) for inner in value] if isinstance(value, tuple) else value
