"""One request's way through a door: its transaction, and the answer that is rendered after it.

It finds the tab's row, hands the view its tab, commits the draft and the view's own rows together
or not at all, and only then renders, so that no template runs while SQLite's one writer is waited
for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic

from flask import Response, current_app, g
from sqlalchemy.orm import Session

from booking.transactions.errors import DATABASE_FAILURES, ReadOnlyTransaction
from booking.transactions.retry import Retry, run_in_transaction, run_read_only

from . import endings, identity, ids, presence, store
from .answer import DeferredResponse, told
from .around import Around
from .extension import State
from .meaning import meant
from .model import tab_session as table
from .refusals import NothingBegun, ReadOnlyTab, TabSessionBusy, TabSessionGone
from .schema import Data
from .session import TabSession

if TYPE_CHECKING:
    from .door import Door

Answer = Response | DeferredResponse
_ERASE_ALONG = 10
_MOST_FLOWS = 1000
_ABSENT = ""


class _Refused(Exception):
    """The view takes nothing of this request: roll back, then answer."""

    def __init__(self, answer: Answer, tab: TabSession[Any]) -> None:
        self.answer, self.tab = answer, tab


@dataclass(frozen=True)
class Visit(Generic[Data]):
    """One request, once it is let in. Without ids it is a tab that nothing is known of."""

    door: Door[Data]
    state: State
    sent: ids.Ids | None
    now: datetime
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def read(self) -> Response:
        """Run the view where nothing can be written."""
        try:
            if self.sent and self.sent.source:
                run_in_transaction(self.state.session, self._fork)
            row, over, response = run_read_only(self.state.session, self._read_once)
        except ReadOnlyTransaction as error:
            raise ReadOnlyTab from error
        except DATABASE_FAILURES as error:
            raise meant(error) from error
        if row is not None and (over == "expired" or self._should_note(row)):
            presence.note(self.state, row, over, self._seconds())
        if response is None:
            raise TabSessionGone(over or "ended")
        return response

    def _read_once(self, session: Session) -> tuple[store.Row | None, str | None, Response | None]:
        tab_id = self.sent.tab if self.sent else _ABSENT
        row, is_known = self._find(session, tab_id, lock=False) if self.sent else (None, False)
        over = self._over(row, reads=True)
        if row is None and is_known:
            over = identity.over_elsewhere(session, self.state, tab_id, self._seconds())
        if over:
            return row, over, None
        tab = self._tab(session, tab_id, row, writable=False)
        return row, over, self._read(tab)

    def _read(self, tab: TabSession[Data]) -> Response:
        self._require_progress(tab)
        g.tab_session = tab
        answer = self.door.view(tab, *self.args, **self.kwargs)
        tab.check_unchanged()
        if isinstance(answer, DeferredResponse):
            return self._rendered(answer, tab)
        return told(current_app.make_response(answer), tab)

    def write(self) -> Response:
        """Run the view in a write transaction, commit, and render what it named."""
        try:
            answer, tab = self._settled()
            committed = True
        except _Refused as refused:
            answer, tab, committed = refused.answer, refused.tab, False
        tab.close()
        if committed and self.door.after_commit:
            self.door.after_commit(tab)
            tab.check_unchanged()
        try:
            return self._respond(answer, tab, committed=committed)
        except ReadOnlyTransaction as error:
            raise ReadOnlyTab from error
        except DATABASE_FAILURES as error:
            # The write is over, so asking again only renders again.
            raise meant(error) from error

    def _settled(self) -> tuple[Answer, TabSession[Data]]:
        """The view's answer and its tab, committed: run as often as the database asks for it."""
        idempotent = self.door.idempotent
        try:
            written = run_in_transaction(
                self.state.session, self._write_once, idempotent=idempotent
            )
        except Retry as unsettled:
            raise TabSessionBusy from unsettled
        except DATABASE_FAILURES as error:
            raise meant(error) from error
        if isinstance(written, TabSessionGone):
            raise written
        return written

    def _write_once(self, session: Session) -> tuple[Answer, TabSession[Data]] | TabSessionGone:
        tab_id = self._identify(session)
        row, is_known = self._find(session, tab_id, lock=True)
        over = self._over(row, reads=False)
        if row is None and is_known:
            over = identity.over_elsewhere(session, self.state, tab_id, self._seconds())
        if row and over == "expired":
            self.state.end(session, [row.id], over)
        if over:
            return TabSessionGone(over)
        if is_known:
            identity.require_current(session, row, tab_id)
        return self._written(self._tab(session, tab_id, row, writable=True))

    def _identify(self, session: Session) -> str:
        """The id that counts from here on, once a copy was made or another id was taken."""
        sent = self._ids()
        self._fork(session)
        if sent.new is None:
            return sent.tab
        identity.renew(session, self.state, sent.tab, sent.new, self._seconds())
        return sent.new

    def _fork(self, session: Session) -> None:
        sent = self._ids()
        if sent.source:
            identity.fork(session, self.state, sent.source, sent.tab, self._seconds())

    def _written(self, tab: TabSession[Data]) -> tuple[Answer, TabSession[Data]]:
        """Run the view and save what it wrote. Raises _Refused when it takes nothing."""
        self._require_progress(tab)
        g.tab_session = tab
        answer = self.door.view(tab, *self.args, **self.kwargs)
        if not isinstance(answer, DeferredResponse):
            answer = current_app.make_response(answer)
        if not (
            answer.commit if isinstance(answer, DeferredResponse) else answer.status_code < 400
        ):
            raise _Refused(answer, tab)
        began = tab.state == "new"
        tab.save(somebody_is_there=not self.door.in_background)
        if self.door.on_success:
            self.door.on_success(tab)
            tab.save(somebody_is_there=False)  # what that added
        self.state.stored(tab.session, self.door.flow, *tab.grown())
        if began and tab.state == "active":
            self._erase_along(tab.session)
        return answer, tab

    def _respond(self, answer: Answer, tab: TabSession[Data], *, committed: bool) -> Response:
        """The response to a write that is over, rendered from what can only be read."""
        if isinstance(answer, Response):
            return told(answer, tab if committed else None)
        return run_read_only(
            self.state.session,
            lambda session: self._rendered(answer, tab.frozen(session, committed=committed)),
        )

    def _rendered(self, then: DeferredResponse, tab: TabSession[Data]) -> Response:
        g.tab_session = tab
        response = current_app.make_response(then.render(tab, *then.args, **then.kwargs))
        response.headers.update(then.headers)
        if then.status != 200:
            response.status_code = then.status
        return told(response, tab)

    def _ids(self) -> ids.Ids:
        if self.sent is None:
            raise LookupError("a tab without an id only reads")
        return self.sent

    def _find(self, session: Session, tab_id: str, *, lock: bool) -> tuple[store.Row | None, bool]:
        """This tab's row in this flow, and whether its id is, or was, known in any."""
        digest, flow = ids.digest(tab_id), self.door.flow
        if row := store.find(session, digest, flow, lock=lock):
            return row, True
        if not store.is_known(session, digest):
            return None, False
        return store.find_renewed(session, digest, flow, self._seconds(), lock=lock), True

    def _tab(
        self, session: Session, tab_id: str, row: store.Row | None, *, writable: bool
    ) -> TabSession[Data]:
        def end_all(in_transaction: Session) -> None:
            flows = store.every_flow(in_transaction, ids.digest(tab_id), self._seconds())
            which = table.c.id.in_([row.id for row in flows])
            self.state.end_all(in_transaction, which, "ended", most=_MOST_FLOWS)

        around = Around(
            self.door.flow, tab_id, self.now, self.state.limits, self.door.schema, end_all
        )
        return TabSession(session, row, around, writable=writable)

    def _require_progress(self, tab: TabSession[Data]) -> None:
        if self.door.required and tab.state == "new":
            raise NothingBegun

    def _over(self, row: store.Row | None, *, reads: bool) -> str | None:
        """Why this tab's progress takes no more requests, if so."""
        if row is None:
            return None
        if not self.state.admits(row.user):
            return "other_user"
        if row.over_at(self._seconds()):
            return "expired"
        if row.state == "completed" and not reads and not self.door.allow_completed:
            return "completed"
        return (row.reason or "ended") if row.state == "ended" else None

    def _should_note(self, row: store.Row) -> bool:
        return not self.door.in_background and presence.is_due(row, self.state, self._seconds())

    def _erase_along(self, session: Session) -> None:
        # New tabs take a few outlived ones with them, so that erasing needs no clockwork.
        rows = endings.outlived(session, self._seconds(), _ERASE_ALONG)
        self.state.end(session, rows, "expired")

    def _seconds(self) -> int:
        return int(self.now.timestamp())
