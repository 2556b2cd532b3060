"""What the doors and commands of one app need to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Engine

from .config import Settings

NAME = "booking"
"""The key in app.extensions, and the name of blueprint and commands unless a host gives one."""


@dataclass(frozen=True)
class State:
    """One app's Sidebook: its settings, its database, where it is mounted and under which name."""

    settings: Settings
    db: Any
    url_prefix: str
    name: str = NAME

    @property
    def session(self) -> Any:
        """The SQLAlchemy session of this request or command."""
        return self.db.session

    @property
    def engine(self) -> Engine:
        """The engine the booking tables live on."""
        return cast("Engine", self.db.engine)
