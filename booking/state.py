"""What the doors and commands of one app need to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from flask import has_request_context, request
from sqlalchemy import Engine

from booking.config import Settings
from booking.tables import Tables

NAME = "booking"
"""The key in app.extensions, and the name of blueprint and commands unless a host gives one."""


@dataclass(frozen=True)
class State:
    """One app's Sidebook: its settings, its database, where it is mounted and under which name."""

    settings: Settings
    db: Any
    url_prefix: str
    name: str = NAME
    tables: Tables = field(default_factory=Tables)

    @property
    def session(self) -> Any:
        """The SQLAlchemy session of this request or command.

        Raises OlderTables for a page of ours, as long as the tables are not those of this version.
        """
        if not self.tables.are_known and has_request_context() and request.blueprint == self.name:
            self.tables.require(self.db.session)
        return self.db.session

    @property
    def engine(self) -> Engine:
        """The engine the booking tables live on."""
        return cast("Engine", self.db.engine)
