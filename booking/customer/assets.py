"""Static files: their address names their content, so browsers may keep them for good."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from booking.paths import STATIC
from booking.tab_sessions import CLIENT_SCRIPT

STATIC_FILE = "booking.static"
TAB_SESSION_SCRIPT = "booking.tab_session_script"
FOR_GOOD = "public, max-age=31536000, immutable"


def version(blueprint: Blueprint) -> None:
    """Give the address of each static file its content's digest, and let that address be kept."""
    blueprint.url_defaults(_add_digest)
    blueprint.after_request(_keep_for_good)


def digest(file: Path) -> str:
    """A few characters that change with the file's content; empty for a file that is not there."""
    return _digest(file, file.stat().st_mtime_ns) if file.is_file() else ""


@lru_cache(maxsize=64)
def _digest(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _file(endpoint: str | None, values: dict[str, Any]) -> Path | None:
    if endpoint == TAB_SESSION_SCRIPT:
        return CLIENT_SCRIPT
    return STATIC / values["filename"] if endpoint == STATIC_FILE else None


def _add_digest(endpoint: str, values: dict[str, Any]) -> None:
    file = _file(endpoint, values)
    if file and "v" not in values and (found := digest(file)):
        values["v"] = found


def _keep_for_good(response: Response) -> Response:
    # Only the address that names this very content: another one may be asked for during an update.
    file, asked = _file(request.endpoint, request.view_args or {}), request.args.get("v")
    if file and asked and response.status_code == 200 and asked == digest(file):
        response.headers["Cache-Control"] = FOR_GOOD
    return response
