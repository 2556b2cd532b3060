"""What happens where a tab ends: what the app is told, and what becomes of its rows by tab.

A tab ends once (expired, ended, revoked), may have been completed before, and is forgotten when
its tombstone goes. Whatever is done for it happens in the transaction that ends it, and undoes the
end where it fails: expiry.py and purge.py see to those that nobody ended on purpose.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.transactions.errors import is_temporarily_unavailable

from . import row_copies, rows_by_tab, store
from .slow import called

OnEnd = Callable[[Session, int, str], None]
OnFork = Callable[[Session, int, int], None]
OnUnfinished = Callable[[Session, int], None]
_log = logging.getLogger(__name__)
_MOST_FLOWS = 1000  # of one tab, ended at once


@dataclass(frozen=True)
class Endings:
    """What one app has done where its tabs end, are copied or are forgotten.

    `models` returns the declarative base of its rows by tab; None where it has none. Beside what a
    host is told, `on_unfinished` is for what only matters of a tab that ended before its goal.
    """

    models: Callable[[], Any]
    on_end: list[OnEnd] = field(default_factory=list)
    on_fork: list[OnFork] = field(default_factory=list)
    on_unfinished: list[OnUnfinished] = field(default_factory=list)

    def expire(self, session: Session, tabs: list[int]) -> int:
        """End those of these tabs that are still active; return how many.

        Raises whatever the app's functions and rows do.
        """
        ended = store.end(session, tabs, "expired") if tabs else []
        if ended:
            self._tell(session, ended, "expired")
        return len(ended)

    def end_all(
        self, session: Session, which: ColumnElement[bool], reason: str, *, most: int
    ) -> int:
        """End up to `most` of these tabs, those that reached their goal too; return how many."""
        tabs = store.open_sessions(session, which, most)
        if tabs:
            keys = store.end(session, [key for key, _ in tabs], reason, completed=True)
            completed = {key for key, state in tabs if state == "completed"}
            self._tell(session, sorted(keys), reason, completed)
        return len(tabs)

    def end_tab(self, session: Session, digest: bytes, now: int) -> None:
        """End the tab with this id in all its flows; `now` in seconds."""
        flows = [row.id for row in store.every_flow(session, digest, now)]
        self.end_all(session, store.has_key(flows), "ended", most=_MOST_FLOWS)

    def complete(self, session: Session, tab: int) -> None:
        """Tell the app that a tab has reached its goal."""
        self._tell(session, [tab], "completed")

    def forget(self, session: Session, before: int, most: int) -> int:
        """Delete tombstones whose absolute limit lies before `before` (seconds); return how many.

        What others lock is passed over. Raises whatever the app's functions and rows do.
        """
        tabs = store.forgettable_ids(session, before, most)
        self.forget_these(session, tabs)
        return len(tabs)

    def forget_these(self, session: Session, tabs: list[int]) -> None:
        """Delete these tombstones. Raises whatever the app's functions and rows do."""
        if tabs:
            self._tell(session, tabs, "forgotten")
            store.delete_tombstones(session, tabs)
            session.flush()

    def copy(self, session: Session, source: int, copy: int) -> None:
        """Give a copied tab what it is to have of the rows of the one that it is a copy of.

        Whoever merely duplicates a tab can do nothing about rows that cannot be copied: the copy
        begins without any then, and the log says why.
        """
        models = self._models()
        if row_copies.copied_of(models):
            try:
                with session.begin_nested():  # nothing else was written yet that it would flush
                    row_copies.copy(session, models, source, copy)
            except Exception as error:
                if is_temporarily_unavailable(error):
                    raise
                _log.error(
                    "a duplicate of tab session %s begins without copies of its rows: %s. What "
                    "must be unique needs a default that makes it anew; or leave the rows out "
                    "(__copied_with_tab__ = False) and copy them in on_fork.",
                    *(source, error.orig if isinstance(error, DBAPIError) else error),
                )
        for hook in self.on_fork:
            called(session, "on_fork", hook, session, source, copy)

    def _models(self) -> Sequence[type[Any]]:
        return rows_by_tab.models_below(self.models())

    def _tell(
        self, session: Session, tabs: list[int], reason: str, completed: Collection[int] = ()
    ) -> None:
        if reason not in {"completed", "forgotten"}:
            self._release([tab for tab in tabs if tab not in completed], session)
        for hook in self.on_end:  # before the rows go: it may want to read them
            for tab in tabs:
                called(session, "on_end", hook, session, tab, reason)
        rows_by_tab.end(session, self._models(), tabs, reason, completed)

    def _release(self, tabs: list[int], session: Session) -> None:
        for release in self.on_unfinished:
            for tab in tabs:
                release(session, tab)
