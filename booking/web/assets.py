"""Static files: their address names their content, so browsers may keep them for good.

Our style sheets travel as one file, and so do our scripts: what they are made of stands here and
nowhere else. Each source can be had by itself under its own address.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from booking.files import STATIC
from booking.tab_sessions import CLIENT_SCRIPT, client_script
from booking.tab_sessions.client import minified

from . import urls

SHEETS = (
    *("tokens", "base", "buttons", "actions", "fields", "messages", "differing", "small-sum"),
    *("clear", "ending", "progress", "cards", "summary", "hold", "answers", "appointment"),
    *("calendar", "print"),
)
SCRIPTS = ("wizard", "typing", "hold", "idle", "leaving", "trouble", "two-tabs")
MERGED = {
    "booking.css": [STATIC / "css" / f"{name}.css" for name in SHEETS],
    "booking.js": [STATIC / "js" / f"{name}.js" for name in SCRIPTS],
    "first-step.js": [STATIC / "js" / "first-step.js"],  # before all others, so by itself
    "sum.js": [STATIC / "js" / f"{name}.js" for name in ("sum", "challenge")],  # on a crowded day
}

# Endpoints without the blueprint's name, which is the host's to choose.
STATIC_FILE = "static"
MERGED_FILE = "merged"
TAB_SESSION_SCRIPT = "tab_session_script"
ENDPOINTS = {STATIC_FILE, MERGED_FILE, TAB_SESSION_SCRIPT}
SUBRESOURCES = {"text/css", "text/javascript"}
"""What a browser only ever loads for a page."""
FOR_GOOD = "public, max-age=31536000, immutable"


def add_to(blueprint: Blueprint) -> None:
    """Serve the merged files, name each file's content in its address, let that be kept."""
    names, folder = ",".join(f'"{name}"' for name in MERGED), blueprint.static_url_path
    blueprint.add_url_rule(f"{folder}/<any({names}):filename>", MERGED_FILE, merged)
    blueprint.add_url_rule(f"{folder}/js/tab-session.js", TAB_SESSION_SCRIPT, client_script)
    blueprint.url_defaults(_add_digest)


def merged(filename: str) -> Response:
    """Return all our style sheets, or all our scripts, as one file."""
    text = "\n".join(minified(source) for source in MERGED[filename])
    kind = "text/css" if filename.endswith(".css") else "text/javascript"
    response = Response(text, mimetype=kind)
    response.add_etag()
    response.make_conditional(request)
    return response


def digest(*files: Path) -> str:
    """Return a few characters that change with the content; empty where a file is not there."""
    try:
        return _digest(files, tuple(file.stat().st_mtime_ns for file in files))
    except OSError:
        return ""


@lru_cache(maxsize=64)
def _digest(files: tuple[Path, ...], _changed: tuple[int, ...]) -> str:
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _digest_at(name: str, values: dict[str, Any]) -> str:
    if name == TAB_SESSION_SCRIPT:
        return digest(CLIENT_SCRIPT)
    if name == MERGED_FILE:
        return digest(*MERGED.get(values["filename"], ()))
    return digest(STATIC / values["filename"]) if name == STATIC_FILE else ""


def _add_digest(endpoint: str, values: dict[str, Any]) -> None:
    if "v" not in values and (version := _digest_at(urls.own_name(endpoint), values)):
        values["v"] = version


def keep_for_good(response: Response) -> None:
    """Let browsers keep what this request's address names by its very content.

    Another content may be asked for during an update.
    """
    asked, answered = request.args.get("v"), response.status_code in (200, 304)
    name = urls.own_name(request.endpoint)
    if asked and answered and asked == _digest_at(name, request.view_args or {}):
        response.headers["Cache-Control"] = FOR_GOOD
        # Nobody saves it under a name, or asks again whether it has changed.
        del response.headers["Content-Disposition"], response.headers["Last-Modified"]
