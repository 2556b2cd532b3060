"""How long a tab's progress lives, and how much of it there may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How long a tab's progress lives (seconds) and how much of it there may be (bytes).

    `request_seconds` is how long the bytes of one request may take to come.
    """

    idle: int = 60 * 60
    absolute: int = 24 * 60 * 60
    draft: int = 64 * 1024
    request: int = 256 * 1024
    request_seconds: float = 20
    tombstone: int = 30 * 24 * 60 * 60
    grace: int = 60

    def over_at(self, heard_at: int, absolute: int) -> int:
        """When a tab is over if nothing is heard of it after `heard_at`.

        The earlier of its two limits, so that one column says it, and one index finds who is over.
        """
        return min(heard_at + self.idle, absolute)
