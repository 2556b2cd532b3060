"""Reading a file that somebody named: all of it, and only what ends."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_whole(path: Path, most: int) -> bytes:
    """The file's bytes, at most one more than `most`: whoever asks says that it is too large.

    Raises OSError, also for a pipe or a device, which might keep us waiting for ever.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "It is a pipe or a device, not a file")
    with path.open("rb") as file:
        return file.read(most + 1)
