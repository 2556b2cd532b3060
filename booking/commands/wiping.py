"""After somebody was erased: nothing of them is left in the file either, as far as we can reach."""

from contextlib import closing
from typing import Any

from sqlalchemy import Engine

PATIENCE = 3000
"""Milliseconds for which we wait until nobody is reading."""
BACKUPS = "Backups of before still have it: docs/operating.md, “Erasing a customer”."
BY_HAND = (
    "The rows are gone. What lay there before is overwritten by and by; at once by VACUUM FULL. "
    f"{BACKUPS}"
)
LATER = (
    "The rows are gone and overwritten, but others were busy with the file, so older versions of "
    f"them may lie in its gaps. Run VACUUM when it is quiet. {BACKUPS}"
)


def wipe_what_was_deleted(engine: Engine) -> str:
    """Make an SQLite file anew, without what lay in its gaps; return what is to be said of it."""
    if engine.dialect.name != "sqlite":
        return BY_HAND
    with closing(engine.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        level, driver.isolation_level = driver.isolation_level, None
        try:
            return BACKUPS if _is_made_anew(driver) else LATER
        except engine.dialect.loaded_dbapi.Error:
            return LATER
        finally:
            driver.isolation_level = level
            connection.invalidate()  # it is not as patient as the others any more


def _is_made_anew(driver: Any) -> bool:
    driver.execute(f"PRAGMA busy_timeout = {PATIENCE}").close()
    driver.execute("VACUUM").close()
    # What the file was made of before lies in the write-ahead log until nobody reads it.
    with closing(driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as answer:
        is_busy = answer.fetchone()[0]
    return not is_busy
