"""The clock of the doors."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The clock of the doors, to the second: what is stored and what is compared agree."""
    return datetime.now(UTC).replace(microsecond=0)
