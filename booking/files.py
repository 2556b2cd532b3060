"""Where our own files lie, and reading a file that somebody named.

Beside the rooms, because all of them may need a template, a migration or a file of the owner's.
"""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLE = _PACKAGE / "_bundle"  # made by the wheel, which has nothing beside `booking/`

ROOT = _BUNDLE if _BUNDLE.is_dir() else _PACKAGE.parent
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
MIGRATIONS = ROOT / "migrations"


def read_whole(path: Path, most: int) -> bytes:
    """Return the file's bytes, at most one more than `most`, so that the caller sees the excess.

    Raises: OSError, also for a pipe or a device, which might keep us waiting for ever.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "It is a pipe or a device, not a file")
    with path.open("rb") as file:
        return file.read(most + 1)


def write_private(path: Path, text: str | Iterable[str]) -> int:
    """Write the file, in UTF-8, for its owner's eyes alone; one that is there is made anew.

    `text` is all of it, or its parts one after the other; it returns how many they were.

    Raises: OSError.
    """
    path.unlink(missing_ok=True)  # or it would keep the rights that it has
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="") as file:
        return len([file.write(part) for part in ([text] if isinstance(text, str) else text)])
