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
