"""What an examination comes to."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Grade(StrEnum):
    """How a finding is meant: `WRONG` must be mended, `WARN` should be known."""

    OK = "ok"
    WARN = "warn"
    WRONG = "WRONG"


class Finding(NamedTuple):
    """One thing that was looked at, and what to do about it."""

    grade: Grade
    text: str


def expect(name: str, found: str, good: set[str], harm: str, remedy: str = "") -> Finding:
    """A warning where a setting is none of the good ones; `remedy` is what to set it to."""
    if found in good:
        return Finding(Grade.OK, f"{name} = {found}")
    return Finding(Grade.WARN, f"{name} = {found}, so {harm}: set it to {remedy or min(good)}")
