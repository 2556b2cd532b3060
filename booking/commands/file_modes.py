"""Whether others on this machine can read what should be the server's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from .findings import Finding, Grade

OTHERS = stat.S_IROTH | stat.S_IWOTH
# What SQLite keeps beside its file; it takes over the file's own mode when it makes one.
BESIDE = ("", "-wal", "-shm", "-journal")


def file_modes(engine: Engine, settings_file: str | None) -> Iterator[Finding]:
    """Look at an SQLite database's files and folder, and at a settings file with a password."""
    if os.name != "posix":  # elsewhere the bits of a mode say nothing of others
        return
    if engine.dialect.name == "sqlite" and (path := _path_of(engine)):
        yield _database(path)
        yield from _folder(path.parent)
    if settings_file and engine.url.password and _mode(Path(settings_file)) & OTHERS:
        yield Finding(
            Grade.WARN,
            f"others on this machine can read {settings_file}, where the database's password may "
            f"stand: run chmod o= {settings_file}",
        )


def _database(path: Path) -> Finding:
    files = [Path(f"{path}{end}") for end in BESIDE]
    if opened := [file for file in files if _mode(file) & OTHERS]:
        names = " ".join(map(str, opened))
        return Finding(
            Grade.WARN,
            f"others on this machine can read customers' names in {names}: run chmod o= {names}",
        )
    return Finding(Grade.OK, "the database file is closed to others on this machine")


def _folder(folder: Path) -> Iterator[Finding]:
    mode = _mode(folder)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield Finding(
            Grade.WARN,
            f"others on this machine can put another file into {folder}: run chmod o-w {folder}",
        )


def _path_of(engine: Engine) -> Path | None:
    name = engine.url.database
    return Path(name) if name and not name.startswith((":", "file:")) else None


def _mode(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_mode
    return 0
