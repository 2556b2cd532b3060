"""The door: it owns the transaction.

It checks where a request comes from, finds the tab's row, hands the view its tab, commits the
draft and the view's own rows together or not at all, and only then renders, so that no template
runs while SQLite's one writer is waited for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, current_app, g, request
from sqlalchemy.orm import Session

from . import guards, ids, store
from .attempts import RunAgain, look, settle
from .extension import State, state
from .failures import DATABASE_FAILURES, is_busy
from .refusals import Refusal, TabSessionBusy, TabSessionGone
from .sealing import SealBroken
from .session import TabSession, Then, utc_now
from .transactions import writing

View = Callable[..., Any]
Hook = Callable[[TabSession], None]
Answer = Response | Then
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ERASE_ALONG = 10
_log = logging.getLogger(__name__)


class _Refused(Exception):
    """The view takes nothing of this request: roll back, then answer."""

    def __init__(self, answer: Answer, tab: TabSession) -> None:
        self.answer, self.tab = answer, tab


@dataclass(frozen=True)
class Door:
    """One view behind session_route."""

    view: View
    flow: str
    after_completion: bool
    repeatable: bool
    on_success: Hook | None
    after_commit: Hook | None

    def open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Response:
        """Answer one request, whatever comes of it."""
        try:
            here = state()
            guards.refuse_cross_site(request)
            guards.refuse_too_large(request, here.limits.request)
            visit = _Visit(self, here, ids.read_id(request), utc_now(), args, kwargs)
            return visit.read() if request.method in _READS else visit.write()
        except Refusal as refusal:
            return _say(refusal)
        except SealBroken:
            _log.error("a tab session's stored draft does not open; flow %s", self.flow)
            return _say(TabSessionGone("ended"))


@dataclass(frozen=True)
class _Visit:
    """One request's way through a door."""

    door: Door
    state: State
    tab_id: str
    now: datetime
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def read(self) -> Response:
        try:
            row, over, response = look(self.state.session, self._read_once)
        except DATABASE_FAILURES as error:
            raise _busy_or(error) from error
        if row is not None and (over == "expired" or self._stale(row)):
            self._note(row, over)
        if response is None:
            raise TabSessionGone(over or "ended")
        return response

    def _read_once(self, session: Session) -> tuple[store.Row | None, str | None, Response | None]:
        row = self._find(session, lock=False)
        over = self._over(row, reads=True)
        if over:
            return row, over, None
        return row, over, self._read(self._tab(session, row, writable=False))

    def write(self) -> Response:
        try:
            answer, tab = self._settled()
            committed = True
        except _Refused as refused:
            answer, tab, committed = refused.answer, refused.tab, False
        if committed and self.door.after_commit:
            self.door.after_commit(tab)
        try:
            return self._respond(answer, tab, committed=committed)
        except DATABASE_FAILURES as error:
            # The write is over, so asking again only renders again.
            raise _busy_or(error) from error

    def _settled(self) -> tuple[Answer, TabSession]:
        """The view's answer and its tab, committed: run as often as the database asks for it."""
        repeatable = self.door.repeatable
        try:
            written = settle(self.state.session, self._write_once, repeatable=repeatable)
        except RunAgain as unsettled:
            raise TabSessionBusy from unsettled
        except DATABASE_FAILURES as error:
            raise _busy_or(error) from error
        if isinstance(written, TabSessionGone):
            raise written
        return written

    def _write_once(self, session: Session) -> tuple[Answer, TabSession] | TabSessionGone:
        row = self._find(session, lock=True)
        over = self._over(row, reads=False)
        if row and over == "expired":
            self.state.end(session, [row.id], over)
        return (
            TabSessionGone(over) if over else self._written(self._tab(session, row, writable=True))
        )

    def _written(self, tab: TabSession) -> tuple[Answer, TabSession]:
        """Run the view and save what it wrote. Raises _Refused when it takes nothing."""
        g.tab_session = tab
        answer = self.door.view(tab, *self.args, **self.kwargs)
        if not isinstance(answer, Then):
            answer = current_app.make_response(answer)
        if not (answer.commit if isinstance(answer, Then) else answer.status_code < 400):
            raise _Refused(answer, tab)
        began = tab.state == "new"
        tab.save()
        if self.door.on_success:
            self.door.on_success(tab)
        if began and tab.state != "new":
            self._erase_along(tab.session)
        return answer, tab

    def _respond(self, answer: Answer, tab: TabSession, *, committed: bool) -> Response:
        """The response to a write that is over, rendered from what can only be read."""
        if isinstance(answer, Response):
            return answer
        return look(
            self.state.session,
            lambda session: self._rendered(answer, tab.frozen(session, committed=committed)),
        )

    def _read(self, tab: TabSession) -> Response:
        """Run the view of a reading request."""
        g.tab_session = tab
        answer = self.door.view(tab, *self.args, **self.kwargs)
        if isinstance(answer, Then):
            return self._rendered(answer, tab)
        return current_app.make_response(answer)

    def _rendered(self, then: Then, tab: TabSession) -> Response:
        g.tab_session = tab
        response = current_app.make_response(then.render(tab, *then.args, **then.kwargs))
        response.headers.update(then.headers)
        if then.status != 200:
            response.status_code = then.status
        return response

    def _find(self, session: Session, *, lock: bool) -> store.Row | None:
        return store.find(session, ids.digest(self.tab_id), self.door.flow, lock=lock)

    def _tab(self, session: Session, row: store.Row | None, *, writable: bool) -> TabSession:
        return TabSession(
            session,
            self.door.flow,
            self.tab_id,
            row,
            now=self.now,
            limits=self.state.limits,
            writable=writable,
        )

    def _over(self, row: store.Row | None, *, reads: bool) -> str | None:
        """Why this tab's progress takes no more requests, if so."""
        if row is None:
            return None
        if row.over_at(int(self.now.timestamp())):
            return "expired"
        if row.state == "completed" and not reads and not self.door.after_completion:
            return "completed"
        return (row.reason or "ended") if row.state == "ended" else None

    def _stale(self, row: store.Row) -> bool:
        age = int(self.now.timestamp()) - row.seen_at
        return row.state == "active" and age * 12 >= self.state.limits.idle

    def _note(self, row: store.Row, over: str | None) -> None:
        # The library's own bookkeeping, after the view: a read stays a read for the view.
        seen = int(self.now.timestamp())
        try:
            with writing(self.state.session) as session:
                if over:
                    self.state.end(session, [row.id], over)
                else:
                    store.touch(session, row.id, seen, seen + self.state.limits.idle)
        except DATABASE_FAILURES as error:
            if not is_busy(error):
                raise

    def _erase_along(self, session: Session) -> None:
        # New tabs take a few outlived ones with them, so that erasing needs no clockwork.
        rows = store.outlived(session, int(self.now.timestamp()), _ERASE_ALONG)
        self.state.end(session, rows, "expired")


def _busy_or(error: Exception) -> Exception:
    return TabSessionBusy() if is_busy(error) else error


def _say(refusal: Refusal) -> Response:
    response = current_app.make_response(current_app.handle_user_exception(refusal))
    response.headers.update(refusal.headers)
    return response
