"""Waiting for SQLite's one writer, so that nobody is passed over for long.

SQLite's own way of waiting sleeps longer each time, up to a tenth of a second, and meanwhile all
who come later are served (sqliteDefaultBusyCallback in its main.c): under load most waits are short
and some take seconds. Here nobody sleeps for longer than the last pause.
"""

from __future__ import annotations

import random
import sqlite3
import time
from itertools import chain, repeat
from typing import Any

_PAUSES = (0.001, 0.002, 0.005)  # seconds, at most; drawn by lot, or two would wake up together
_LAST_PAUSE = 0.01


def begin_immediate(driver: Any) -> None:
    """BEGIN IMMEDIATE on an sqlite3 connection, waiting as long as its busy timeout says.

    That timeout is the connection's own and stays as it was. Raises sqlite3.OperationalError.
    """
    patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    _wait_at_most(driver, 0)
    try:
        _begin(driver, time.monotonic() + patience / 1000)
    finally:
        _wait_at_most(driver, patience)


def _begin(driver: Any, until: float) -> None:
    for pause in chain(_PAUSES, repeat(_LAST_PAUSE)):
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _is_locked(error) or time.monotonic() >= until:
                raise
        else:
            return
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - no secret


def _wait_at_most(driver: Any, milliseconds: int) -> None:
    driver.execute(f"PRAGMA busy_timeout = {milliseconds}").close()


def _is_locked(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
