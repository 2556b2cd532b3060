"""JSON for a draft: the same text for the same values, and a mistake that names its field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .refusals import TabSessionError

_NESTED = (dict, list, tuple)
_DEEPEST = 100  # levels: more is a list in itself


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON that is the same for the same values. Raises TabSessionError for other values."""
    try:
        text = json.dumps(
            content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        if not _has_other_keys(content):
            return text.encode()
        wrong: Exception | None = None
    except (TypeError, ValueError, RecursionError) as error:
        wrong = error
    place, what = next(_culprits(content, "tab.data", 0), ("tab.data", f"a value ({wrong})"))
    raise TabSessionError(
        f"{place} is {what}, which JSON does not give back as it was. A draft holds text, numbers, "
        "true, false, None, lists, and dicts with text as keys: store str() of it, or give the "
        "route a Schema(load, dump) that turns it into such a value and back."
    ) from wrong


def _has_other_keys(value: Any) -> bool:
    """Whether a dict in there has keys that JSON would turn into text without a word."""
    inside = value
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return True
        inside = value.values()
    return any(_has_other_keys(each) for each in inside if isinstance(each, _NESTED))


def _culprits(value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        yield place.split("[", 1)[0], "a value that holds itself, or is nested too deeply"
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                yield place, f"a dict with the key {key!r:.40}"
            yield from _culprits(inner, f"{place}[{key!r:.40}]", depth + 1)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _culprits(inner, f"{place}[{number}]", depth + 1)
    elif not _is_json(value):
        yield place, f"of type {type(value).__name__}"


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError):
        return False
    return True
