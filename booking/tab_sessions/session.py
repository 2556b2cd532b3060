"""TabSession: what a view is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from . import references, sealing, store
from .answer import DeferredResponse
from .refusals import ReadOnlyTab
from .schema import Data
from .store import RowChanged
from .stored import Stored


class TabSession(Stored[Data]):
    """One tab's progress in one flow, for the length of one request."""

    @property
    def state(self) -> str:
        """new (no row yet), active, completed or, after end(), ended."""
        if self._row is None:
            return "ended" if self.was_ended else "new"
        return self._row.state

    @property
    def result(self) -> str | None:
        """What complete() left behind, stored in clear."""
        return self._row.result if self._row else None

    @property
    def user(self) -> str | None:
        """Whom attach_user() tied this tab to."""
        return self._row.user if self._row else None

    @property
    def began_at(self) -> int | None:
        """When its row was made, or that of the tab it is a copy of (seconds since the epoch)."""
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
        if self._row is None or self._row.state != "active":
            return None
        ends = min(self._row.idle_expires_at, self._row.absolute_expires_at)
        return max(0, ends - int(self.now.timestamp()))

    def derive(self, purpose: str) -> bytes:
        """32 bytes that only this tab's id leads to, the same every time, renewed or not.

        It rests on the row's own key, which a writing request makes if there is no row yet.
        Raises ReadOnlyTab in a reading request of a tab that has none, EndedTab after `end()`.
        """
        self.refuse_when_ended()
        if self.key is None or self._draft_key is None:
            raise ReadOnlyTab
        return sealing.derive(self._root(self._draft_key), "app:" + purpose)

    def complete(self, result: str) -> None:
        """The tab has reached its goal: erase the draft, keep `result` (in clear, 255 characters).

        From now on the tab only shows; a later write is refused with 410 unless its route was
        registered with allow_completed=True. Raises RowChanged (which the door handles), EndedTab.
        """
        self.refuse_when_ended()
        if self.key is None or self._draft_key is None or self._row is None:
            raise RowChanged
        # What is left opens no copy of the draft that lies in a backup; it only derives.
        self._draft_key = self._root(self._draft_key)
        kept = {"wrapped_key": sealing.wrap(self._draft_key, self._id), "previous_key": None}
        self._write({"state": "completed", "result": result[:255], "sealed": None, **kept})
        references.withdraw(self.session, [self.key])
        self._forget_draft()

    def end(self) -> None:
        """Finish and clear: erase this tab's drafts in every flow and give the browser a new id.

        What other tables held for it is released (`on_end`), a completed tab forgets its result,
        and the id is over for good. Ends with this request's transaction.
        """
        if not self.writable:
            raise ReadOnlyTab
        self._around.end_all(self.session)
        if self._row:
            self._row = replace(self._row, state="ended", reason="ended", result=None)
        self._draft_key = None
        self._forget_draft()
        self.was_ended = True

    def attach(self, user: str) -> None:
        """Tie the tab to a user in all flows and ask for a new id; see users.attach_user."""
        if not self.writable:
            raise ReadOnlyTab
        self.refuse_when_ended()
        if self.key is not None and self._row is not None:
            store.attach(self.session, [row.id for row in self._every_flow()], user)
            self._row = replace(self._row, user=user, renewal_due=True)

    def keep_alive(self) -> int | None:
        """Begin the idle limit anew, in all flows; seconds until the first of them ends, if any."""
        now, rows = int(self.now.timestamp()), self._every_flow()
        for row in rows:
            store.touch(self.session, row.id, *self._alive(row.absolute_expires_at).values())
        lives = [row.absolute_expires_at - now for row in rows if row.state == "active"]
        return min([*lives, self._limits.idle]) if lives else None

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

        Below 400 the door commits first, from 400 on it rolls everything back first, unless
        `commit` says otherwise (a refused answer may be worth keeping as a draft). The
        rendering then reads from a transaction of its own and cannot write.
        """
        kept = status < 400 if commit is None else commit
        return DeferredResponse(render, args, kwargs, status, dict(headers or {}), kept)
