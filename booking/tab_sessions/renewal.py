"""What becomes of a tab's id: a copied tab gets one of its own, a renewed one another.

Both work on the rows of all flows, inside the caller's transaction.
"""

import logging

from sqlalchemy.orm import Session

from . import crypto, store
from .config import Config
from .crypto import SealBroken
from .errors import MissingTabSession, RenewalDue, TabSessionGone
from .slow import called

_log = logging.getLogger(__name__)


def fork(session: Session, config: Config, source_id: str, tab_id: str, now: int) -> None:
    """Copy what a duplicated tab was in the middle of; the copy goes its own way from there.

    Only unfinished drafts are copied, under keys of their own, and of other tables what a model
    (`__copied_with_tab__`) or `on_fork` copies. Doing it again changes nothing, so a lost answer is
    no harm, and a source that is over or unknown leaves the copy empty. A source that has to be
    renewed gives nothing: its id may be known to others.
    """
    if store.find(session, crypto.digest(tab_id), now, lock=False):
        return
    for row in store.every_flow(session, crypto.digest(source_id), now):
        if (
            row.state == "active"
            and not row.over_at(now)
            and not row.renewal_due
            and config.admits(row.user)
        ):
            _copy(session, config, row, source_id, tab_id, now)


def _copy(
    session: Session, config: Config, row: store.Row, source_id: str, tab_id: str, now: int
) -> None:
    try:
        _, plain = store.open_draft(row, source_id)
    except SealBroken as broken:
        _log.error("a duplicated tab begins empty: %s", broken)
        return
    draft_key = crypto.new_draft_key()
    sealed = crypto.seal(plain, draft_key, 1)
    copy = row._replace(
        token_hash=crypto.digest(tab_id),
        previous_hash=None,
        previous_key=None,
        previous_until=None,
        version=1,
        wrapped_key=crypto.wrap(draft_key, tab_id),
        sealed=sealed,
        format=crypto.FORMAT,
        forked_from=row.id,
        seen_at=now,
        idle_expires_at=config.limits.over_at(now, row.absolute_expires_at),
    )
    if (key := store.create(session, copy)) is not None:
        config.endings.copy(session, row.id, key)
        config.report_stored(session, row.flow, 1, len(sealed))


def closed_elsewhere(config: Config, rows: list[store.Row], now: int) -> str | None:
    """Return why a tab is over that this flow knows nothing of: what became of it in the others.

    None where the tab may begin in this flow: also when only an idle limit passed in the others,
    and for as long as an id that was renewed still opens the tab for reading.
    """
    until = store.renewed_until(rows)
    if until is not None:
        return "renewed" if until <= now else None
    for row in rows:
        if not config.admits(row.user):
            return "other_user"
        if row.state == "ended" and row.reason != "expired":
            return row.reason or "ended"
    return None


def renew(session: Session, config: Config, tab_id: str, new_id: str, now: int) -> None:
    """Let this tab's progress be found by another id.

    `before_renew(session, key)` runs for each row first; what it raises leaves everything as it
    was. The old id opens the tab for another minute, for requests under way, but not when the
    renewal was due because somebody logged in. Repeating it (its answer was lost) changes nothing.

    Raises: MissingTabSession when the new id belongs to another tab, TabSessionGone when this one
    was renewed already: else somebody who knows the old id could take the tab away meanwhile.
    """
    old, new = crypto.digest(tab_id), crypto.digest(new_id)
    if known := store.find(session, new, now, lock=False):
        if any(row.token_hash == new and row.previous_hash == old for row in known):
            return
        raise MissingTabSession
    rows = [row for row in store.every_flow(session, old, now) if config.admits(row.user)]
    if any(row.by_previous_id for row in rows):
        raise TabSessionGone("renewed")
    # Where one flow's user logged in, the old id is good for nothing in the others either.
    until = 0 if any(row.renewal_due for row in rows) else now + config.limits.grace
    for row in rows:
        for hook in config.before_renew:
            called(session, "before_renew", hook, session, row.id)
        store.set_token(session, row.id, _renamed(row, tab_id, new_id, until))


def require_current(row: store.Row | None, rows: list[store.Row]) -> None:
    """Refuse to write by an id that was renewed, in any flow, or that has to be.

    Raises: RenewalDue: the tab asks again by its other id.
    """
    if row.renewal_due or row.by_previous_id if row else store.renewed_until(rows) is not None:
        raise RenewalDue


def _renamed(row: store.Row, tab_id: str, new_id: str, until: int) -> dict[str, object]:
    with crypto.naming_row(row.flow, row.id):
        key = crypto.unwrap(row.wrapped_key, tab_id, row.format) if row.wrapped_key else None
    return {
        "token_hash": crypto.digest(new_id),
        "wrapped_key": crypto.wrap(key, new_id, row.format) if key else None,
        "previous_hash": crypto.digest(tab_id),
        "previous_key": row.wrapped_key if until else None,
        "previous_until": until,
        "renewal_due": False,
    }
