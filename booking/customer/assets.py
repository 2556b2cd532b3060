"""Static files: their address names their content, so browsers may keep them for good."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from booking.paths import STATIC

STATIC_FILE = "booking.static"
FOR_GOOD = "public, max-age=31536000, immutable"


def version(blueprint: Blueprint) -> None:
    """Give the address of each static file its content's digest, and let that address be kept."""
    blueprint.url_defaults(_add_digest)
    blueprint.after_request(_keep_for_good)


def digest(name: str) -> str:
    """A few characters that change with the file's content; empty for a file that is not there."""
    file = STATIC / name
    return _digest(file, file.stat().st_mtime_ns) if file.is_file() else ""


@lru_cache(maxsize=64)
def _digest(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _add_digest(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == STATIC_FILE and "v" not in values and (found := digest(values["filename"])):
        values["v"] = found


def _keep_for_good(response: Response) -> Response:
    # Only the address that names this very content: another one may be asked for during an update.
    if request.endpoint == STATIC_FILE and response.status_code == 200:
        asked = request.args.get("v")
        if asked and asked == digest((request.view_args or {}).get("filename", "")):
            response.headers["Cache-Control"] = FOR_GOOD
    return response
