"""One request's way to a session route's view and back.

First what needs no database: where the request came from, how large it is, which tab it names, its
whole body. Then its transaction: the tab's row, the view, the draft and the view's own rows
committed together or not at all. Only then the answer is rendered, so that no template runs while
others wait for SQLite's one writer.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from operator import attrgetter
from typing import Any, Generic

from flask import Flask, Request, Response, current_app, g, request
from sqlalchemy.orm import Session

from booking.transactions.errors import DATABASE_FAILURES, ReadOnlyTransaction
from booking.transactions.sessions import (
    Retry,
    require_clean_session,
    run_in_transaction,
    run_read_only,
)
from booking.transactions.watching import unwrap_scoped

from . import activity, crypto, expiry, guards, live, renewal, slow, store
from .body import has_body, read_whole, refuse_too_large
from .config import Config, current_config, utc_now
from .contrib.binding import load_browser_secret
from .crypto import SealBroken, UnknownFormat
from .errors import (
    MissingTabSession,
    NewerDraft,
    NothingBegun,
    ReadOnlyTab,
    Refusal,
    TabSessionBusy,
    TabSessionGone,
    translate_database_error,
)
from .flask_session import run_with_flask_session
from .refusals import answer_refusal
from .responses import DeferredResponse, add_tab_headers, add_time_left, answer_of
from .schema import Data, Schema
from .session import TabSession

View = Callable[..., Any]
Hook = Callable[[TabSession[Any]], None]
Answer = Response | DeferredResponse
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_ID = ""  # of a tab that a reading request did not name
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RouteOptions(Generic[Data]):
    """How one view was registered with session_route, which documents each of these."""

    view: View
    flow: str
    schema: Schema[Data]
    only_reads: bool
    allow_missing_tab: bool
    require_progress: bool
    allow_completed: bool
    idempotent: bool
    counts_as_activity: bool
    live: live.Live | None
    before_transaction: Callable[[], None] | None
    on_success: Hook | None
    after_commit: Hook | None


def dispatch(
    options: RouteOptions[Data], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Response:
    """Answer one request to a session route, whatever comes of it."""
    asked: Request = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    refused = partial(answer_refusal, counts_as_activity=options.counts_as_activity)
    try:
        config = current_config()
        guards.refuse_cross_site(asked)
        refuse_too_large(asked, config.limits.request)
        return _accept(asked, options, config, args, kwargs)
    except Refusal as refusal:
        return refused(refusal)
    except SealBroken as broken:
        _log.error("a tab session is over: %s", broken)
        return refused(TabSessionGone("broken"))
    except UnknownFormat as unknown:
        _log.error("a tab session waits for a newer release: %s", unknown)
        return refused(NewerDraft())


def _accept(
    asked: Request,
    options: RouteOptions[Data],
    config: Config,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Response:
    reads = options.only_reads or asked.method in READING_METHODS
    secret = load_browser_secret(asked) if config.binding == "browser" else None
    try:
        sent = guards.read_ids(asked, secret.value if secret else "")
    except MissingTabSession:
        if not (options.allow_missing_tab and reads):
            raise
        sent = None
    session = unwrap_scoped(config.session)
    _read_request(asked, options, session)
    now = utc_now()
    accepted = SessionRequest(
        options, config, session, sent, now, int(now.timestamp()), args, kwargs
    )
    response = accepted.read() if reads else accepted.write()
    if secret:
        secret.set_cookie(response)
    return response


def _read_request(asked: Request, options: RouteOptions[Any], session: Session) -> None:
    """Read the whole request, and do what needs nothing else, while no transaction is open."""
    if has_body(asked):
        require_clean_session(session)
        read_whole(asked)
    if options.before_transaction:
        options.before_transaction()


@dataclass(frozen=True)
class _Written(Generic[Data]):
    """What one try of a write came to; `commit` says whether to keep it. `rows`: as found."""

    answer: Answer
    tab: TabSession[Data]
    commit: bool
    rows: list[store.Row]
    began: bool = False


@dataclass(frozen=True)
class _Over:
    """A try that found its tab to be over, and why."""

    reason: str
    row: store.Row | None


@dataclass(frozen=True)
class SessionRequest(Generic[Data]):
    """One accepted request. `sent` is None where an allow_missing_tab route was given no id."""

    options: RouteOptions[Data]
    config: Config
    session: Session
    sent: guards.Ids | None
    now: datetime
    seconds: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def read(self) -> Response:
        """Run the view where nothing can be written. Raises the Refusal that answers instead."""
        try:
            if self.sent and self.sent.source:
                run_in_transaction(self.session, self._fork)
            row, closed, response = run_read_only(self.session, self._read_once)
        except ReadOnlyTransaction as error:
            raise ReadOnlyTab from error
        except DATABASE_FAILURES as error:
            raise translate_database_error(error) from error
        if row is not None and not guards.is_live_question():
            self._leave_a_note(row, closed)
        if response is None:
            raise TabSessionGone(closed or "ended")
        return response

    def _leave_a_note(self, row: store.Row, closed: str | None) -> None:
        counts = self.options.counts_as_activity
        if closed == "expired":
            expiry.end_if_over(self.config, self.session, row.id, self.seconds)
        elif counts and activity.is_due(self.config, row, self.seconds):
            activity.record(self.config, self.session, row, self.seconds)

    def _read_once(self, session: Session) -> tuple[store.Row | None, str | None, Response | None]:
        row, rows, tab_id = None, list[store.Row](), _NO_ID
        if self.sent is not None:
            tab_id = self.sent.tab
            row, rows = self._find(session, tab_id, lock=False)
            if closed := self._closed_reason(row, rows, reads=True):
                return row, closed, None
        response = self._answer(row, cache(lambda: self._open(session, tab_id, row, rows)))
        return row, None, self._with_time_left(response, rows)

    def _answer(self, row: store.Row | None, opened: Callable[[], TabSession[Data]]) -> Response:
        """Run the view; for a live route only where what its page stands on has changed."""
        if self.options.live is None:
            return self._run_reading_view(opened())
        live.tell_of_missing_script()
        # Before the view: what changes in between is shown now, and once more at the next question.
        stamp = self.options.live.stamp(row, opened, self.kwargs)
        if live.still_holds(stamp):
            left = row.seconds_left(self.seconds) if row else None
            return add_tab_headers(live.unchanged(stamp), seconds_left=left, event=None)
        response = self._run_reading_view(opened())
        if response.status_code < 400:
            response.headers[guards.STAMP] = stamp
        return response

    def _run_reading_view(self, tab: TabSession[Data]) -> Response:
        answer = self._call_view(tab)
        tab.check_unchanged()
        if isinstance(answer, DeferredResponse):
            return self._rendered(answer, tab)
        return _with_tab_headers(current_app.make_response(answer), tab)

    def write(self) -> Response:
        """Run the view in a write transaction, end it, and render the view's answer.

        Raises the Refusal that answers instead.
        """
        written = self._write_and_end()
        written.tab.close()
        if written.commit and self.options.after_commit:
            self.options.after_commit(written.tab)
            written.tab.check_unchanged()
        try:
            response = self._respond(written)
        except ReadOnlyTransaction as error:
            raise ReadOnlyTab from error
        except DATABASE_FAILURES as error:
            # The write is over, so asking again only renders again.
            raise translate_database_error(error) from error
        if written.commit:
            self._with_time_left(response, [] if written.tab.was_ended else written.rows)
        if written.began:
            app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
            response.call_on_close(partial(expiry.take_along, app, self.session, self.seconds))
        return response

    def _write_and_end(self) -> _Written[Data]:
        """Write as often as the database asks for it, until it is committed or rolled back."""
        try:
            outcome = run_with_flask_session(
                self.session,
                self._write_once,
                idempotent=self.options.idempotent,
                # Of a tab that is over the copy or the new id that it asked for is kept.
                keep=lambda outcome: isinstance(outcome, _Over) or outcome.commit,
            )
        except Retry as last:
            raise TabSessionBusy from last
        except DATABASE_FAILURES as error:
            raise translate_database_error(error) from error
        if isinstance(outcome, _Over):
            if outcome.row and outcome.reason == "expired":
                expiry.end_if_over(self.config, self.session, outcome.row.id, self.seconds)
            raise TabSessionGone(outcome.reason)
        return outcome

    def _write_once(self, session: Session) -> _Written[Data] | _Over:
        tab_id = self._current_id(session)
        row, rows = self._find(session, tab_id, lock=True)
        closed = self._closed_reason(row, rows, reads=False)
        if closed:
            return _Over(closed, row)
        renewal.require_current(row, rows)
        return self._run_view(self._open(session, tab_id, row, rows, writable=True), rows)

    def _run_view(self, tab: TabSession[Data], rows: list[store.Row]) -> _Written[Data]:
        """Run the view and save what it wrote, unless its answer says that nothing is to be."""
        answer = self._call_view(tab)
        if not isinstance(answer, DeferredResponse):
            answer = current_app.make_response(answer)
        if not _asks_for_commit(answer):
            return _Written(answer, tab, commit=False, rows=rows)
        tab.save(is_activity=self.options.counts_as_activity)
        if self.options.on_success:
            slow.called(tab.session, "on_success", self.options.on_success, tab)
            tab.save(is_activity=False)  # what that added
        begun, size = tab.growth()
        self.config.report_stored(tab.session, self.options.flow, begun, size)
        return _Written(answer, tab, commit=True, rows=rows, began=bool(begun))

    def _call_view(self, tab: TabSession[Data]) -> Any:
        if self.options.require_progress and tab.state == "new":
            raise NothingBegun
        g.tab_session = tab
        view = self.options.view
        given = (tab.session, "a view", view, tab, *self.args)
        return answer_of(lambda: slow.called(*given, **self.kwargs))

    def _respond(self, written: _Written[Data]) -> Response:
        """Render the answer to a write that is over, from what can only be read."""
        answer, tab = written.answer, written.tab
        if isinstance(answer, Response):
            return _with_tab_headers(answer, tab) if written.commit else answer
        return run_read_only(
            self.session,
            lambda session: self._rendered(answer, tab.reopened(session, committed=written.commit)),
        )

    def _rendered(self, deferred: DeferredResponse, tab: TabSession[Data]) -> Response:
        g.tab_session = tab
        response = current_app.make_response(
            deferred.render(tab, *deferred.args, **deferred.kwargs)
        )
        response.headers.update(deferred.headers)
        if deferred.status != 200:
            response.status_code = deferred.status
        return _with_tab_headers(response, tab)

    def _with_time_left(self, response: Response, rows: list[store.Row]) -> Response:
        others = [row for row in rows if row.flow != self.options.flow]
        return add_time_left(response, (row.seconds_left(self.seconds) for row in others))

    # -- whose tab it is --------------------------------------------------------------------------

    def _current_id(self, session: Session) -> str:
        """The id that counts from now on, once a copy was made or another id was taken."""
        sent = self._ids()
        self._fork(session)
        if sent.new is None:
            return sent.tab
        renewal.renew(session, self.config, sent.tab, sent.new, self.seconds)
        return sent.new

    def _fork(self, session: Session) -> None:
        sent = self._ids()
        if sent.source:
            renewal.fork(session, self.config, sent.source, sent.tab, self.seconds)

    def _ids(self) -> guards.Ids:
        if self.sent is None:
            raise LookupError("a tab without an id only reads")
        return self.sent

    def _find(
        self, session: Session, tab_id: str, *, lock: bool
    ) -> tuple[store.Row | None, list[store.Row]]:
        """This tab's row in this flow, and those that it has or had in all flows."""
        rows = store.find(session, crypto.digest(tab_id), self.seconds, lock=lock)
        mine = [row for row in rows if row.flow == self.options.flow]
        return min(mine, key=attrgetter("by_previous_id"), default=None), rows

    def _open(
        self,
        session: Session,
        tab_id: str,
        row: store.Row | None,
        rows: list[store.Row],
        *,
        writable: bool = False,
    ) -> TabSession[Data]:
        return TabSession(
            session,
            row,
            flow=self.options.flow,
            tab_id=tab_id,
            now=self.now,
            limits=self.config.limits,
            schema=self.options.schema,
            endings=self.config.endings,
            is_alone=not rows,
            writable=writable,
            user=store.user_of(rows),
        )

    def _closed_reason(
        self, row: store.Row | None, rows: list[store.Row], *, reads: bool
    ) -> str | None:
        """Why this tab's progress takes no more requests; None where it does."""
        if row is None:
            return renewal.closed_elsewhere(self.config, rows, self.seconds)
        if not self.config.admits(row.user):
            return "other_user"
        if row.over_at(self.seconds):
            return "expired"
        if row.state == "completed" and not reads and not self.options.allow_completed:
            return "completed"
        return (row.reason or "ended") if row.state == "ended" else None


def _asks_for_commit(answer: Answer) -> bool:
    return answer.commit if isinstance(answer, DeferredResponse) else answer.status_code < 400


def _with_tab_headers(response: Response, tab: TabSession[Any]) -> Response:
    if response.is_streamed:  # what is written while it streams would be lost
        response.call_on_close(tab.check_unchanged)
    event = "ended" if tab.was_ended else "renew" if tab.needs_renewal else None
    if guards.is_live_question():  # it sets off nothing that would write
        event = None
    return add_tab_headers(response, seconds_left=tab.seconds_left, event=event)
