"""What the doors and commands of one app need to know of its Sidebook."""

from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app, has_request_context, request
from sqlalchemy import Engine

from booking.config import ConfigurationError, Settings
from booking.tables import Tables
from booking.transactions.watching import AnySession

NAME = "booking"
"""The key in app.extensions, and the name of blueprint and commands unless a host gives one."""


@dataclass(frozen=True)
class SidebookState:
    """One app's Sidebook: its settings, its database, where it is mounted and under which name."""

    settings: Settings
    db: Any
    url_prefix: str
    name: str = NAME
    tables: Tables = field(default_factory=Tables)

    @property
    def session(self) -> AnySession:
        """The SQLAlchemy session of this request or command.

        Raises: OlderTables for a page of ours, as long as the tables are not those of this version.
        """
        if not self.tables.are_known and has_request_context() and request.blueprint == self.name:
            self.tables.require(self.db.session)
        return cast("AnySession", self.db.session)

    @property
    def engine(self) -> Engine:
        """The engine the booking tables live on."""
        return cast("Engine", self.db.engine)


def current_sidebook() -> SidebookState:
    """Return the Sidebook of the running app.

    Raises: ConfigurationError where it has none.
    """
    sidebook = current_app.extensions.get(NAME)
    if sidebook is None:
        raise ConfigurationError("This app has no Sidebook. Write Sidebook(app) where it is made.")
    return cast("SidebookState", sidebook)
