"""How long a tab's progress lives, and how much of it there may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How long a tab's progress lives (seconds) and how much of it there may be (bytes)."""

    idle: int = 60 * 60
    absolute: int = 24 * 60 * 60
    draft: int = 64 * 1024
    request: int = 256 * 1024
    tombstone: int = 30 * 24 * 60 * 60
    grace: int = 60
