"""Erasing what nobody came back for, and forgetting what ended long ago."""

import logging
from functools import partial

from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.transactions.sessions import run_in_transaction, run_read_only

from . import expiry, store
from .config import Config, current_config, utc_now
from .model import metadata
from .model import tab_session as table

_log = logging.getLogger(__name__)


def purge(most: int = 50) -> tuple[int, int]:
    """Erase up to `most` expired drafts, delete as many old tombstones and hand-overs.

    Returns how many were (erased, deleted). In short transactions, so that nobody waits long for
    it: call it until both are 0. What the app's own rows or functions refuse stops nothing else: a
    tab that cannot be ended, or a tombstone that cannot go, is named in the log with the reason,
    and tried again a day later.
    """
    config, now = current_config(), int(utc_now().timestamp())
    ended = expiry.end_some(config, config.session, now, most)
    if ended.waiting:
        _log.warning(
            "%s of %s tab sessions that are over could not be ended: their drafts are erased, what "
            "the app holds for them stays, and they are tried again.",
            *(ended.waiting, sum(ended)),
        )
    handovers = run_in_transaction(
        config.session, partial(store.delete_expired_handovers, now=now, most=most)
    )
    return sum(ended), handovers + _forget(config, now - config.limits.tombstone, most)


def _forget(config: Config, before: int, most: int) -> int:
    """Delete old tombstones; none, only where there is none that can be deleted now."""
    forget = config.endings.forget
    try:
        return run_in_transaction(config.session, partial(forget, before=before, most=most))
    except Exception:  # noqa: BLE001, S110 - perhaps in the commit; each says by itself what it is
        pass
    deleted = kept = 0
    while deleted + kept < most or not deleted:
        is_gone = _forget_next(config, before)
        if is_gone is None:
            break
        deleted, kept = deleted + is_gone, kept + (not is_gone)
    return deleted


def _forget_next(config: Config, before: int) -> bool | None:
    """Delete an old tombstone. None: there is none that nobody locks; False: it has to wait.

    Raises what fails before there is one.
    """
    locked: list[int] = []

    def forget(session: Session) -> None:
        locked[:] = store.forgettable_ids(session, before, 1)
        config.endings.forget_these(session, locked)

    try:
        run_in_transaction(config.session, forget)
    except Exception as error:
        if not locked:
            raise
        _keep(config, locked[0], before, error)
        return False
    return True if locked else None


def _keep(config: Config, tab: int, before: int, error: Exception) -> None:
    later = expiry.A_WHILE if expiry.may_pass(error) else expiry.A_DAY
    run_in_transaction(
        config.session, lambda session: store.keep_tombstone(session, tab, before + later)
    )
    if isinstance(error, IntegrityError):
        keeping = run_read_only(config.session, _tables_that_keep)
        _log.warning(
            "tab session %s of long ago is kept for another day: rows of the app's point to it "
            "(%s). Tables whose keys can keep one: %s. Give them ON DELETE SET NULL or CASCADE, "
            "or see to the rows in on_end, for the reason forgotten.",
            *(tab, str(error.orig).strip(), ", ".join(keeping) or "none, a table further away"),
        )
    elif later == expiry.A_DAY:
        _log.error(
            "tab session %s of long ago is kept for another day: what the app has done where it is "
            "forgotten failed. %s",
            *(tab, expiry.reason_and_cure(error)),
            exc_info=error,
        )


def _tables_that_keep(session: Session) -> list[str]:
    keys = inspect(session.connection()).get_multi_foreign_keys()
    return sorted(
        {
            name
            for (_, name), found in keys.items()
            for key in found
            if key["referred_table"] == table.name
            and name not in metadata.tables
            and key.get("options", {}).get("ondelete") not in {"CASCADE", "SET NULL"}
        }
    )
