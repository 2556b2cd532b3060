"""TabSession: what a view is handed, and how the draft behind it is opened, saved and begun."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic

from sqlalchemy.orm import Session

from . import crypto, store
from .checks import require_result
from .config import Limits
from .endings import Endings
from .errors import (
    CompletedTab,
    DraftTooLarge,
    EndedTab,
    ReadOnlyTab,
    SomebodyElsesTab,
    TabSessionGone,
)
from .frozen import freeze
from .responses import DeferredResponse
from .schema import PLAIN, Data, Schema, is_same
from .store import RowChanged

GROWTH_STEP = 4096
"""Bytes of a draft whose growth is reported as one step: most drafts never take a second one."""

_log = logging.getLogger(__name__)


class TabSession(Generic[Data]):
    """One tab's progress in one flow, for the length of one request."""

    def __init__(  # noqa: PLR0913 - each is named where it is called
        self,
        session: Session,
        row: store.Row | None,
        *,
        flow: str,
        tab_id: str,
        now: datetime,
        limits: Limits,
        schema: Schema[Data],
        endings: Endings,
        is_alone: bool,
        writable: bool,
        user: str | None = None,
        was_ended: bool = False,
        opened: store.Opened | None = None,
    ) -> None:
        self.session = session
        """The SQLAlchemy session of this request's transaction."""
        self.now = now
        """When this request began, aware, UTC."""
        self._seconds = int(now.timestamp())
        self.writable, self.was_ended = writable, was_ended
        self._flow, self._id, self._limits, self._schema = flow, tab_id, limits, schema
        self._endings, self._is_alone, self._user = endings, is_alone, user
        self._row_at_begin = self._row = row
        self._key = row.id if row else None
        self._opened_at_begin = opened or store.open_draft(row, tab_id)
        self._draft_key, self._stored = self._opened_at_begin
        self._data = self._load()
        self._loaded = self._text_of_loaded()
        self._data_before_close: Data | None = None

    @property
    def data(self) -> Data:
        """The draft. Saved with the view's own transaction when it changed."""
        return self._data

    @data.setter
    def data(self, data: Data) -> None:
        if not self.writable:
            raise ReadOnlyTab
        self._data = data

    @property
    def key(self) -> int | None:
        """The row's number, for other tables to point to; it outlives a renewed id.

        In a writing request it makes the row if there is none yet; in a reading one it is None
        until there is. After `end()` it is the one that the tab had, or None.

        Raises: RowChanged (which session_route handles) when another request made it.
        """
        if self._key is None and self.writable and not self.was_ended:
            self._insert()
        return self._key

    @property
    def state(self) -> str:
        """new (no row yet), active, completed or, after end(), ended."""
        if self._row is None:
            return "ended" if self.was_ended else "new"
        return self._row.state

    @property
    def result(self) -> str | None:
        """What complete() left behind, stored in clear; None before."""
        return self._row.result if self._row else None

    @property
    def user(self) -> str | None:
        """Whom attach_user() tied this tab to, in whichever flow; None if nobody."""
        return (self._row and self._row.user) or self._user

    @property
    def began_at(self) -> int | None:
        """When its row was made, or that of the tab it is a copy of (seconds since the epoch).

        None before there is a row.
        """
        return self._row.created_at if self._row else None

    @property
    def is_copy(self) -> bool:
        """Whether this tab is a duplicate of another in which nothing was written yet."""
        row = self._row
        return bool(row and row.state == "active" and row.forked_from and row.version == 1)

    @property
    def needs_renewal(self) -> bool:
        """Whether the browser has to take another id before this tab writes again."""
        return bool(self._row and self._row.renewal_due)

    @property
    def seconds_left(self) -> int | None:
        """How long the draft lives if nothing more is heard of the tab; None without one."""
        return self._row.seconds_left(self._seconds) if self._row else None

    def derive(self, purpose: str) -> bytes:
        """Derive 32 bytes that only this tab's id leads to, the same every time, renewed or not.

        It rests on the row's own key, which a writing request makes if there is no row yet.

        Raises: ReadOnlyTab in a reading request of a tab that has none, EndedTab after `end()`.
        """
        self.refuse_when_ended()
        if self.key is None or self._draft_key is None:
            raise ReadOnlyTab
        return crypto.derive(self._root(self._draft_key), "app:" + purpose)

    def complete(self, result: str) -> None:
        """Reach the tab's goal: erase its draft, keep `result`, a text of 255 characters, in clear.

        From now on it only shows: writes are 410, unless their route says allow_completed=True.

        Raises: RowChanged (which session_route handles), EndedTab, ReadOnlyTab, TabSessionError.
        """
        self.refuse_when_ended()
        if not self.writable:
            raise ReadOnlyTab
        kept = {"result": require_result(result), "sealed": None, "previous_key": None}
        if self.key is None or self._draft_key is None or self._row is None:
            raise RowChanged
        # What is left opens no copy of the draft that lies in a backup; it only derives.
        self._draft_key = self._root(self._draft_key)
        wrapped = crypto.wrap(self._draft_key, self._id, self._row.format)
        self._write({"state": "completed", "wrapped_key": wrapped, **kept})
        store.revoke_handovers(self.session, [self.key])
        self._empty_draft()
        self._endings.complete(self.session, self.key)

    def end(self) -> None:
        """Finish and clear: erase this tab's drafts in every flow and give the browser a new id.

        What other tables held for it is released (`on_end`), rows by tab go or stay as their models
        say, a completed tab forgets its result, and the id is over for good. Ends with this
        request's transaction.

        Raises: ReadOnlyTab in a request that only reads.
        """
        if not self.writable:
            raise ReadOnlyTab
        self._endings.end_tab(self.session, crypto.digest(self._id), self._seconds)
        if self._row:
            self._row = store.ended_row(self._row)
        self._draft_key = None
        self._empty_draft()
        self.was_ended = True

    def attach(self, user: str) -> None:
        """Tie the tab to a user in all flows and ask for a new id; see contrib/users.py.

        Raises: ReadOnlyTab, EndedTab, SomebodyElsesTab.
        """
        if not self.writable:
            raise ReadOnlyTab
        self.refuse_when_ended()
        if self.key is not None and self._row is not None:
            rows = self._every_flow()
            if any(row.user not in (None, user) for row in rows):
                raise SomebodyElsesTab
            store.attach(self.session, [row.id for row in rows], user)
            self._row = self._row._replace(user=user, renewal_due=True)

    def keep_alive(self) -> int | None:
        """Begin the idle limit anew, in all flows; return the seconds until the first of them ends.

        None where nothing is stored. What is over stays so.
        """
        rows = [row for row in self._every_flow() if not row.over_at(self._seconds)]
        for row in rows:
            activity = self._activity(row.absolute_expires_at)
            store.record_activity(self.session, row.id, *activity.values())
        lives = [row.absolute_expires_at - self._seconds for row in rows if row.state == "active"]
        return min([*lives, self._limits.idle]) if lives else None

    def keys(self) -> list[int]:
        """Return the numbers of this tab's rows in all flows: of those that have not ended."""
        return [row.id for row in self._every_flow()]

    def render_after_commit(
        self,
        render: Callable[..., Any],
        *args: Any,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        commit: bool | None = None,
        **kwargs: Any,
    ) -> DeferredResponse:
        """Answer with `render(tab, *args, **kwargs)`, called when the transaction is over.

        With a status below 400 everything is committed first, from 400 on everything is rolled back
        first, unless `commit` says otherwise (a refused answer may be worth keeping as a draft).
        The rendering then reads from a transaction of its own and cannot write.
        """
        commits = status < 400 if commit is None else commit
        return DeferredResponse(render, args, kwargs, status, dict(headers or {}), commits)

    # -- what session_route does with it ----------------------------------------------------------

    def save(self, *, is_activity: bool = True) -> None:
        """Write the draft if it changed.

        `is_activity`: somebody is there, so a draft that did not change lives on, too. Raises
        DraftTooLarge, EndedTab, CompletedTab, ReadOnlyTab, RowChanged.
        """
        plain = self._schema.write(self.data)
        if plain == self._loaded:
            if is_activity:  # an accepted answer that changed nothing
                self._record_activity()
            return
        self.refuse_when_ended()
        if len(plain) > self._limits.draft:
            too_large = DraftTooLarge(len(plain), self._limits.draft)
            _log.warning("flow %s: %s", self._flow, too_large.remedy)
            raise too_large
        if self._key is None:
            self._insert(plain)
        else:
            self._write({"sealed": self._sealed(plain)})
        self._stored = self._loaded = plain

    def growth(self) -> tuple[int, int]:
        """Return the rows and bytes this request added: of a known row only each whole step."""
        before, after = (
            len(row.sealed or b"") if row else 0 for row in (self._row_at_begin, self._row)
        )
        if self._row_at_begin is None and self._row is not None:
            return 1, after
        return 0, max(0, after // GROWTH_STEP - before // GROWTH_STEP) * GROWTH_STEP

    def close(self) -> None:
        """Let the tab only be read from here on: the transaction is over."""
        self.writable = False
        self._data_before_close, self._data = self._data, freeze(self._data)

    def check_unchanged(self) -> None:
        """Raise ReadOnlyTab when the draft was changed where nothing saves it any more."""
        seen = self.data if self._data_before_close is None else self._data_before_close
        is_frozen = self._schema is PLAIN and self._data_before_close is None
        if not (is_frozen or is_same(self._schema.write(seen), self._loaded)):
            raise ReadOnlyTab

    def reopened(self, session: Session, *, committed: bool) -> TabSession[Data]:
        """Return the same tab to read from: as it is now, or as before a refused write."""
        return TabSession(
            session,
            self._row if committed else self._row_at_begin,
            flow=self._flow,
            tab_id=self._id,
            now=self.now,
            limits=self._limits,
            schema=self._schema,
            endings=self._endings,
            is_alone=self._is_alone,
            writable=False,
            user=self._user,
            was_ended=committed and self.was_ended,
            opened=(self._draft_key, self._stored) if committed else self._opened_at_begin,
        )

    def refuse_when_ended(self) -> None:
        """Raise EndedTab where this request has ended the tab already."""
        if self.was_ended:
            raise EndedTab

    # -- the row and the draft in it --------------------------------------------------------------

    def _every_flow(self) -> list[store.Row]:
        digest = crypto.digest(self._id)
        return store.every_flow(self.session, digest, self._seconds, lock=self.writable)

    def _sealed(self, plain: bytes) -> bytes:
        """A draft's text as the row's next version will hold it; makes the row if need be."""
        if self.key is None or self._draft_key is None or self._row is None:
            raise RowChanged
        return crypto.seal(plain, self._draft_key, self._row.version + 1, self._row.format)

    def _write(self, values: Mapping[str, Any]) -> None:
        if not self.writable:
            raise ReadOnlyTab
        if self.key is None or self._row is None:
            raise RowChanged
        if self._row.state == "completed":
            raise CompletedTab
        known = {**values, **self._activity(self._row.absolute_expires_at)}
        if not store.update_if_current(self.session, self._row.id, self._row.version, known):
            # The row is locked, so only this request can have ended it meanwhile.
            raise EndedTab if store.is_ended(self.session, self._row.id) else RowChanged
        self._row = store.row_after_update(self._row, known)

    def _record_activity(self) -> None:
        if self._row and self._row.state == "active":
            activity = self._activity(self._row.absolute_expires_at)
            store.record_activity(self.session, self._row.id, *activity.values())
            self._row = self._row._replace(**activity)

    def _activity(self, absolute: int) -> dict[str, Any]:
        now = self._seconds
        return {"seen_at": now, "idle_expires_at": self._limits.over_at(now, absolute)}

    def _insert(self, plain: bytes = b"{}") -> None:
        draft_key, now = crypto.new_draft_key(), self._seconds
        absolute = now + self._limits.absolute
        row = store.Row(
            **self._inherited(),
            flow=self._flow,
            token_hash=crypto.digest(self._id),
            wrapped_key=crypto.wrap(draft_key, self._id),
            sealed=crypto.seal(plain, draft_key, 1),
            format=crypto.FORMAT,
            created_at=now,
            **self._activity(absolute),
            absolute_expires_at=absolute,
        )
        key = store.create(self.session, row, is_alone=self._is_alone)
        if key is None:
            raise RowChanged
        self._row, self._key, self._draft_key = row._replace(id=key), key, draft_key

    def _inherited(self) -> dict[str, Any]:
        """What a row takes over from the tab's other flows.

        Raises: TabSessionGone.
        """
        inherited: dict[str, Any] = {}
        if self._is_alone:
            return inherited
        for row in store.find(self.session, crypto.digest(self._id), self._seconds, lock=False):
            if row.by_previous_id:
                continue
            if row.state == "ended" and row.reason != "expired":
                raise TabSessionGone(row.reason or "ended")
            if row.user is not None:
                inherited = {"user": row.user, "renewal_due": row.renewal_due}
        return inherited

    def _empty_draft(self) -> None:
        self._stored = b"{}"
        self._data = self._load()
        self._loaded = self._text_of_loaded()

    def _text_of_loaded(self) -> bytes:
        return self._stored if self._schema is PLAIN else self._schema.write(self.data)

    def _load(self) -> Data:
        data = self._schema.read(self._stored)
        return data if self.writable else freeze(data)

    def _root(self, key: bytes) -> bytes:
        """What derive() rests on: made from the draft's key, and all that complete() leaves."""
        is_root = self._row is not None and self._row.state == "completed"
        return key if is_root else crypto.derive(key, "root")


def row_of(tab: TabSession[Any]) -> store.Row | None:
    """Return a tab's row in its flow as this request knows it; None before there is one."""
    return tab._row  # noqa: SLF001 - for the modules beside this one, and not for views
