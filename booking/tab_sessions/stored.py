"""The row behind a tab's session: how its draft is opened, saved and begun."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, Self

from sqlalchemy.orm import Session

from . import ids, sealing, store
from .around import Around
from .frozen import freeze
from .refusals import CompletedTab, DraftTooLarge, EndedTab, ReadOnlyTab, TabSessionGone
from .schema import PLAIN, Data
from .store import RowChanged

GROWTH = 4096
"""Bytes of a draft that are told as one step: most drafts never take a second one."""

_log = logging.getLogger(__name__)


class Stored(Generic[Data]):
    """One tab's row in one flow, and the draft in it, for the length of one request."""

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
        self._saved: Data | None = None  # the view's own draft, once nothing saves it any more

    @property
    def key(self) -> int | None:
        """The row's number, for other tables to point to; it outlives a renewed id.

        In a writing request it makes the row if there is none yet; in a reading one it is None
        until there is. After `end()` it is the one that the tab had, or None. Raises RowChanged
        (which the door handles) when another request made it.
        """
        if self._key is None and self.writable and not self.was_ended:
            self._insert()
        return self._key

    def _every_flow(self) -> list[store.Row]:
        digest = ids.digest(self._id)
        return store.every_flow(self.session, digest, int(self.now.timestamp()))

    def save(self, *, somebody_is_there: bool = True) -> None:
        """Write the draft if it changed; the door does this. Raises what `_write` does."""
        plain = self._schema.write(self.data)
        if plain == self._loaded:
            if somebody_is_there:  # an accepted answer that changed nothing
                self._keep_alive()
            return
        self.refuse_when_ended()
        if len(plain) > self._limits.draft:
            too_large = DraftTooLarge(len(plain), self._limits.draft)
            _log.warning("flow %s: %s", self._around.flow, too_large.remedy)
            raise too_large
        if self._key is None:
            self._insert(plain)
        else:
            self._write({"sealed": self._sealed(plain)})
        self._stored = self._loaded = plain

    def grown(self) -> tuple[int, int]:
        """Rows and bytes that this request added: all of a new row, of another each whole step."""
        found, now = self._found[0], self._row
        before, after = (len(row.sealed or b"") if row else 0 for row in (found, now))
        if found is None and now is not None:
            return 1, after
        return 0, max(0, after // GROWTH - before // GROWTH) * GROWTH

    def check_unchanged(self) -> None:
        """Where nothing saves the draft any more. Raises ReadOnlyTab when somebody changed it."""
        seen = self.data if self._saved is None else self._saved
        is_frozen = self._schema is PLAIN and self._saved is None
        if not is_frozen and self._schema.write(seen) != self._loaded:
            raise ReadOnlyTab

    def close(self) -> None:
        """The transaction is over: from here on the tab can only be read."""
        self.writable = False
        self._saved, self.data = self.data, freeze(self.data)
        self._loaded = self._schema.write(self._saved)

    def frozen(self, session: Session, *, committed: bool) -> Self:
        """The same tab to read from: as it now is, or as it was before a refused write."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.session, copy.writable = session, False
        if not committed:
            copy._row, copy._key, copy._stored = self._found
            copy.was_ended = False
        copy.data, copy._saved = copy._load(), None
        copy._loaded = copy._as_loaded()
        return copy

    def refuse_when_ended(self) -> None:
        """For what goes on with a tab that this request has ended. Raises EndedTab."""
        if self.was_ended:
            raise EndedTab

    def _sealed(self, plain: bytes) -> bytes:
        """A draft's text as the row's next version will hold it; makes the row if need be."""
        if self.key is None or self._draft_key is None or self._row is None:
            raise RowChanged
        return sealing.seal(plain, self._draft_key, self._row.version + 1)

    def _write(self, values: Mapping[str, Any]) -> None:
        if not self.writable:
            raise ReadOnlyTab
        if self.key is None or self._row is None:
            raise RowChanged
        if self._row.state == "completed":
            raise CompletedTab
        known = {**values, **self._alive(self._row.absolute_expires_at)}
        if not store.change(self.session, self._row.id, self._row.version, known):
            # The row is locked, so only this request can have ended it meanwhile.
            raise EndedTab if store.is_ended(self.session, self._row.id) else RowChanged
        self._row = store.after(self._row, known)

    def _keep_alive(self) -> None:
        if self._row and self._row.state == "active":
            alive = self._alive(self._row.absolute_expires_at)
            store.touch(self.session, self._row.id, *alive.values())
            self._row = replace(self._row, **alive)

    def _alive(self, absolute: int) -> dict[str, Any]:
        now = int(self.now.timestamp())
        return {"seen_at": now, "idle_expires_at": self._limits.over_at(now, absolute)}

    def _insert(self, plain: bytes = b"{}") -> None:
        draft_key, now = sealing.new_draft_key(), int(self.now.timestamp())
        absolute = now + self._limits.absolute
        row = store.Row(
            **self._inherited(),
            flow=self._around.flow,
            wrapped_key=sealing.wrap(draft_key, self._id),
            sealed=sealing.seal(plain, draft_key, 1),
            created_at=now,
            **self._alive(absolute),
            absolute_expires_at=absolute,
        )
        key = store.create(self.session, ids.digest(self._id), row)
        if key is None:
            raise RowChanged
        self._row, self._key, self._draft_key = replace(row, id=key), key, draft_key

    def _inherited(self) -> dict[str, Any]:
        """What a row takes over from the tab's other flows. Raises TabSessionGone."""
        inherited: dict[str, Any] = {}
        for state, reason, user, due in store.siblings(self.session, ids.digest(self._id)):
            if state == "ended" and reason != "expired":
                raise TabSessionGone(reason or "ended")
            if user is not None:
                inherited = {"user": user, "renewal_due": due}
        return inherited

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
        if self._row is None or not self._row.wrapped_key:
            return None
        with sealing.of(self._row.flow, self._row.id):
            return sealing.unwrap(self._row.wrapped_key, self._id)

    def _open_draft(self) -> bytes:
        if self._row is None or self._row.sealed is None or self._draft_key is None:
            return b"{}"
        with sealing.of(self._row.flow, self._row.id):
            return sealing.unseal(self._row.sealed, self._draft_key, self._row.version)
