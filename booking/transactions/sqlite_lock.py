"""Waiting for SQLite's one writer, in short and even pauses, on an engine of our own.

SQLite's own way of waiting sleeps longer each time, up to a tenth of a second, and meanwhile all
who come later are served (sqliteDefaultBusyCallback in its main.c): under load most waits are short
and some take seconds. With ours nobody sleeps for longer than the last pause. A host's engine keeps
SQLite's way, or those who wait in the host's own code would come last.
"""

import random
import sqlite3
import time
from collections.abc import Mapping
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Engine, event

_PAUSES = (0.001, 0.002, 0.005)  # seconds, at most; drawn by lot, or two would wake up together
_LAST_PAUSE = 0.01
_WAITS_EVENLY = "transactions.waits_evenly"


def wait_evenly(engine: Engine) -> None:
    """Have our write transactions on this SQLite engine wait in even pauses."""
    event.listen(engine, "connect", _mark)


def _mark(driver: Any, record: Any) -> None:
    record.info[_WAITS_EVENLY] = isinstance(driver, sqlite3.Connection)


def begin_immediate(driver: Any, info: Mapping[Any, Any]) -> None:
    """Send BEGIN IMMEDIATE to a connection; `info` is what its engine knows of it.

    It waits as long as the connection's own busy timeout says, which is as before afterwards.
    Raises the driver's OperationalError.
    """
    if not info.get(_WAITS_EVENLY):
        driver.execute("BEGIN IMMEDIATE")
        return
    patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    try:
        _wait_at_most(driver, 0)
        _begin(driver, time.monotonic() + patience / 1000)
    finally:
        _wait_at_most(driver, patience)


def _begin(driver: sqlite3.Connection, until: float) -> None:
    for pause in chain(_PAUSES, repeat(_LAST_PAUSE)):
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _may_pass(error) or time.monotonic() >= until:
                raise
        else:
            return
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - no secret


def _wait_at_most(driver: sqlite3.Connection, milliseconds: int) -> None:
    driver.execute(f"PRAGMA busy_timeout = {milliseconds}").close()


def _may_pass(error: sqlite3.OperationalError) -> bool:
    # With a statement still open that read what others have changed since, no waiting helps.
    code = error.sqlite_errorcode
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
