"""TabSession: what a view is handed. It knows the row, opens the draft and saves what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic

from sqlalchemy.orm import Session

from . import ids, references, sealing, store
from .answer import Then
from .around import Around
from .attempts import Conflict
from .frozen import freeze
from .refusals import DraftTooLarge, ReadOnlyTab
from .schema import PLAIN, Data


class TabSession(Generic[Data]):
    """One tab's progress in one flow, for the length of one request."""

    def __init__(
        self, session: Session, row: store.Row | None, around: Around[Data], *, writable: bool
    ) -> None:
        self.session = session
        """The SQLAlchemy session of this request's transaction."""
        self.now = around.now
        """When this request began, aware, UTC."""
        self.writable = writable
        self._row, self._around = row, around
        self._id, self._limits, self._schema = around.tab_id, around.limits, around.schema
        self.was_ended = False
        self._key = row.id if row else None
        self._draft_key = self._open_key()
        self._stored = self._open_draft()
        self._found = (self._row, self._key, self._stored)
        self.data: Data = self._load()
        """The draft. Saved with the view's own transaction when it changed."""
        self._loaded = self._as_loaded()

    @property
    def state(self) -> str:
        """new (no row yet), active, completed or, after end(), ended."""
        return self._row.state if self._row else "new"

    @property
    def result(self) -> str | None:
        """What complete() left behind, stored in clear."""
        return self._row.result if self._row else None

    @property
    def user(self) -> str | None:
        """Whom attach_user() tied this tab to."""
        return self._row.user if self._row else None

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

    @property
    def key(self) -> int | None:
        """The row's number, for other tables to point to; it outlives a renewed id.

        In a writing request it makes the row if there is none yet; in a reading one it is None
        until there is. Raises Conflict (which the door handles) when another request made it.
        """
        if self._key is None and self.writable:
            self._insert()
        return self._key

    def derive(self, purpose: str) -> bytes:
        """32 bytes that only this tab's id leads to, the same every time, renewed or not.

        It rests on the row's own key, which a writing request makes if there is no row yet.
        Raises ReadOnlyTab in a reading request of a tab that has none.
        """
        if self.key is None or self._draft_key is None:
            raise ReadOnlyTab
        return sealing.derive(self._root(self._draft_key), "app:" + purpose)

    def complete(self, result: str) -> None:
        """The tab has reached its goal: erase the draft, keep `result` (in clear, 255 characters).

        From now on the tab only shows; a later write is refused with 410 unless its route was
        registered with after_completion=True. Raises Conflict (which the door handles).
        """
        if self.key is None or self._draft_key is None or self._row is None:
            raise Conflict
        if self._row.by_previous_id:  # its key cannot be wrapped for the new id, which is not told
            raise Conflict
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
        self._key = self._draft_key = None
        self._forget_draft()
        self.was_ended = True

    def attach(self, user: str | None) -> None:
        """Tie the tab to a user and ask for a new id; see users.attach_user."""
        if self.key is not None:
            self._write({"user": user, "renewal_due": True, "sealed": self._sealed(self._stored)})

    def then(
        self,
        render: Callable[..., Any],
        *args: Any,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        commit: bool | None = None,
        **kwargs: Any,
    ) -> Then:
        """Answer with `render(tab, *args, **kwargs)`, called when the transaction is over.

        Below 400 the door commits first, from 400 on it rolls everything back first, unless
        `commit` says otherwise (a refused answer may be worth keeping as a draft). The
        rendering then reads from a transaction of its own and cannot write.
        """
        kept = status < 400 if commit is None else commit
        return Then(render, args, kwargs, status, dict(headers or {}), kept)

    def save(self, *, somebody_is_there: bool = True) -> None:
        """Write the draft if it changed; the door does this. Raises DraftTooLarge, Conflict."""
        if self.was_ended:
            return
        plain = self._schema.write(self.data)
        if plain == self._loaded:
            if somebody_is_there:  # an accepted answer that changed nothing
                self._keep_alive()
            return
        if len(plain) > self._limits.draft:
            raise DraftTooLarge(len(plain), self._limits.draft)
        if self._key is None:
            self._insert(plain)
        else:
            self._write({"sealed": self._sealed(plain)})
        self._stored = self._loaded = plain

    def check_unchanged(self) -> None:
        """After a view that only reads. Raises ReadOnlyTab when it changed the draft."""
        if self._schema is not PLAIN and self._schema.write(self.data) != self._loaded:
            raise ReadOnlyTab

    def frozen(self, session: Session, *, committed: bool) -> TabSession[Data]:
        """The same tab to read from: as it now is, or as it was before a refused write."""
        copy: TabSession[Data] = object.__new__(TabSession)
        copy.__dict__.update(self.__dict__)
        copy.session, copy.writable = session, False
        if not committed:
            copy._row, copy._key, copy._stored = self._found
            copy.was_ended = False
        copy.data = copy._load()
        return copy

    def _sealed(self, plain: bytes) -> bytes:
        """A draft's text as the row's next version will hold it; makes the row if need be."""
        if self.key is None or self._draft_key is None or self._row is None:
            raise Conflict
        return sealing.seal(plain, self._draft_key, self._row.version + 1)

    def _write(self, values: Mapping[str, Any]) -> None:
        if not self.writable:
            raise ReadOnlyTab
        if self.key is None or self._row is None:
            raise Conflict
        known = {**values, **self._alive()}
        if not store.change(self.session, self._row.id, self._row.version, known):
            raise Conflict
        self._row = store.after(self._row, known)

    def _keep_alive(self) -> None:
        if self._row and self._row.state == "active":
            alive = self._alive()
            store.touch(self.session, self._row.id, *alive.values())
            self._row = replace(self._row, **alive)

    def _alive(self) -> dict[str, Any]:
        now = int(self.now.timestamp())
        return {"seen_at": now, "idle_expires_at": now + self._limits.idle}

    def _insert(self, plain: bytes = b"{}") -> None:
        draft_key, now = sealing.new_draft_key(), int(self.now.timestamp())
        row = store.Row(
            flow=self._around.flow,
            wrapped_key=sealing.wrap(draft_key, self._id),
            sealed=sealing.seal(plain, draft_key, 1),
            created_at=now,
            **self._alive(),
            absolute_expires_at=now + self._limits.absolute,
        )
        key = store.create(self.session, ids.digest(self._id), row)
        if key is None:
            raise Conflict
        self._row, self._key, self._draft_key = replace(row, id=key), key, draft_key

    def _forget_draft(self) -> None:
        self._stored = b"{}"
        self.data = self._load()
        self._loaded = self._as_loaded()

    def _as_loaded(self) -> bytes:
        return self._stored if self._schema is PLAIN else self._schema.write(self.data)

    def _load(self) -> Data:
        data = self._schema.read(self._stored)
        return data if self.writable else freeze(data)

    def _root(self, key: bytes) -> bytes:
        """What derive() rests on: made from the draft's key, and all that complete() leaves."""
        is_all = self._row is not None and self._row.state == "completed"
        return key if is_all else sealing.derive(key, "root")

    def _open_key(self) -> bytes | None:
        wrapped = self._row.wrapped_key if self._row else None
        return sealing.unwrap(wrapped, self._id) if wrapped else None

    def _open_draft(self) -> bytes:
        if self._row is None or self._row.sealed is None or self._draft_key is None:
            return b"{}"
        return sealing.unseal(self._row.sealed, self._draft_key, self._row.version)
