"""TabSession: what a view is handed. It knows the row, opens the draft and saves what changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from . import ids, sealing, store
from .attempts import RunAgain
from .refusals import DraftTooLarge, ReadOnlyTab


class Conflict(RunAgain):
    """Another request changed the row meanwhile: run the view again on what is there now."""


@dataclass(frozen=True)
class Limits:
    """How long a tab's progress lives (seconds) and how much of it there may be (bytes)."""

    idle: int = 60 * 60
    absolute: int = 24 * 60 * 60
    draft: int = 64 * 1024
    request: int = 256 * 1024
    tombstone: int = 30 * 24 * 60 * 60


@dataclass(frozen=True)
class Then:
    """What a writing view answers with: a rendering that waits until the commit is done."""

    render: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    commit: bool = True


class TabSession:
    """One tab's progress in one flow, for the length of one request."""

    def __init__(
        self,
        session: Session,
        flow: str,
        tab_id: str,
        row: store.Row | None,
        *,
        now: datetime,
        limits: Limits,
        writable: bool,
    ) -> None:
        self.session = session
        """The SQLAlchemy session of this request's transaction."""
        self.now = now
        """When this request began, aware, UTC."""
        self.writable = writable
        self._flow, self._id, self._row, self._limits = flow, tab_id, row, limits
        self._key = row.id if row else None
        self._draft_key = self._open_key()
        self._stored = self._open_draft()
        self._found = (self._row, self._key, self._stored)
        content = json.loads(self._stored)
        self.data: dict[str, Any] = content if writable else _frozen(content)
        """The draft: JSON values. Saved with the view's own transaction when it changed."""

    @property
    def state(self) -> str:
        """new (no row yet), active or completed."""
        return self._row.state if self._row else "new"

    @property
    def result(self) -> str | None:
        """What complete() left behind, stored in clear."""
        return self._row.result if self._row else None

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
        """32 bytes known only to the holder of this tab's id, the same every time."""
        return sealing.derive(self._id, "app:" + purpose)

    def complete(self, result: str) -> None:
        """The tab has reached its goal: erase the draft, keep `result` (in clear, 255 characters).

        From now on the tab only shows; a later write is refused with 410 unless its route was
        registered with after_completion=True.
        """
        self._write({"state": "completed", "result": result[:255], **store.ERASED})
        self.data.clear()
        self._stored = b"{}"

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

    def save(self) -> None:
        """Write the draft if it changed; the door does this. Raises DraftTooLarge, Conflict."""
        plain = _canonical(self.data)
        if plain == self._stored:
            self._keep_alive()  # an accepted answer that changed nothing: somebody is there
            return
        if len(plain) > self._limits.draft:
            raise DraftTooLarge(len(plain), self._limits.draft)
        if self.key is None or self._draft_key is None or self._row is None:
            raise Conflict
        self._write({"sealed": sealing.seal(plain, self._draft_key, self._row.version + 1)})
        self._stored = plain

    def frozen(self, session: Session, *, committed: bool) -> TabSession:
        """The same tab to read from: as it now is, or as it was before a refused write."""
        copy = object.__new__(TabSession)
        copy.__dict__.update(self.__dict__)
        copy.session, copy.writable = session, False
        if not committed:
            copy._row, copy._key, copy._stored = self._found
        copy.data = _frozen(json.loads(copy._stored))
        return copy

    def _write(self, values: Mapping[str, Any]) -> None:
        if not self.writable:
            raise ReadOnlyTab
        if self.key is None or self._row is None:
            raise Conflict
        moment = self._moments()
        if not store.change(self.session, self._row.id, self._row.version, {**values, **moment}):
            raise Conflict
        known: dict[str, Any] = {**values, **moment}
        self._row = replace(self._row, version=self._row.version + 1, **known)

    def _keep_alive(self) -> None:
        if self._row and self._row.state == "active":
            store.touch(self.session, self._row.id, **self._touching())

    def _insert(self) -> None:
        draft_key = sealing.new_draft_key()
        now = int(self.now.timestamp())
        row = store.Row(
            id=0,
            state="active",
            reason=None,
            version=1,
            wrapped_key=sealing.wrap(draft_key, self._id),
            sealed=sealing.seal(b"{}", draft_key, 1),
            result=None,
            absolute_expires_at=now + self._limits.absolute,
            **self._moments(),
        )
        key = store.create(self.session, self._flow, ids.digest(self._id), row, now)
        if key is None:
            raise Conflict
        self._row, self._key, self._draft_key = replace(row, id=key), key, draft_key

    def _moments(self) -> dict[str, int]:
        now = int(self.now.timestamp())
        return {"seen_at": now, "idle_expires_at": now + self._limits.idle}

    def _touching(self) -> dict[str, int]:
        moments = self._moments()
        return {"seen": moments["seen_at"], "idle": moments["idle_expires_at"]}

    def _open_key(self) -> bytes | None:
        wrapped = self._row.wrapped_key if self._row else None
        return sealing.unwrap(wrapped, self._id) if wrapped else None

    def _open_draft(self) -> bytes:
        if self._row is None or self._row.sealed is None or self._draft_key is None:
            return b"{}"
        return sealing.unseal(self._row.sealed, self._draft_key, self._row.version)


def utc_now() -> datetime:
    """The clock of the doors, to the second: what is stored and what is compared agree."""
    return datetime.now(UTC).replace(microsecond=0)


def _canonical(data: Mapping[str, Any]) -> bytes:
    return json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


class _Frozen(dict[str, Any]):
    """A dict whose every way of changing it says why it cannot."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise ReadOnlyTab

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return _Frozen({name: _frozen(inner) for name, inner in value.items()})
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value
