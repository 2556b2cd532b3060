"""Static files: their address names their content, so browsers may keep them for good.

Our style sheets travel as one file, and so do our scripts: what they are made of stands here and
nowhere else. Each source can be had by itself under its own address.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, request

from booking.files import STATIC
from booking.tab_sessions import (
    CLIENT_SCRIPT,
    HTMX_2_SCRIPTS,
    LIVE_SCRIPTS,
    client_script,
    htmx_2_script,
    live_script,
)
from booking.tab_sessions.client import minified

from . import urls

SHEETS = (
    *("tokens", "base", "buttons", "actions", "fields", "messages", "differing", "small-sum"),
    *("clear", "ending", "progress", "cards", "summary", "hold", "answers", "appointment"),
    *("calendar", "print"),
)
SCRIPTS = ("wizard", "typing", "hold", "idle", "leaving", "trouble", "two-tabs")
DESK_SHEETS = (
    *("tokens", "base", "buttons", "actions", "fields", "messages"),
    *("desk-base", "desk-shop", "desk-agenda", "desk-agenda-grid", "desk-agenda-phone"),
    "desk-booking",
    *("desk-letters", "desk-customers", "desk-availability", "desk-new"),
)
DESK_SCRIPTS = ("desk-trouble", "desk-focus", "desk-zone")
AT_THE_DESK = ("desk.css", "desk.js", "desk-agenda.js", "desk-new.js")
"""What is served at the desk alone."""
MERGED = {
    "booking.css": [STATIC / "css" / f"{name}.css" for name in SHEETS],
    "booking.js": [STATIC / "js" / f"{name}.js" for name in SCRIPTS],
    "first-step.js": [STATIC / "js" / "first-step.js"],  # before all others, so by itself
    # With the time step, where they come free or are taken while they are looked at.
    "live-times.js": [
        *LIVE_SCRIPTS,
        *(STATIC / "js" / f"{name}.js" for name in ("gone-times", "live-times")),
    ],
    "live-times.css": [STATIC / "css" / "live-times.css"],
    "desk.css": [STATIC / "css" / f"{name}.css" for name in DESK_SHEETS],
    "desk-agenda.js": [
        *LIVE_SCRIPTS,
        *(STATIC / "js" / f"{name}.js" for name in ("desk-agenda", "desk-drag")),
    ],
    "desk-new.js": [STATIC / "js" / "desk-new.js"],
    "desk.js": [STATIC / "js" / f"{name}.js" for name in DESK_SCRIPTS],
    "sum.js": [STATIC / "js" / f"{name}.js" for name in ("sum", "challenge")],  # on a crowded day
}

# Endpoints without the blueprint's name, which is the host's to choose.
STATIC_FILE = "static"
MERGED_FILE = "merged"
TAB_SESSION_SCRIPT, TAB_LIVE_SCRIPT = "tab_session_script", "tab_live_script"
TAB_HTMX_2_SCRIPT = "tab_htmx_2_script"
ACCENT_SHEET = "accent"
ENDPOINTS = {
    *(STATIC_FILE, MERGED_FILE, ACCENT_SHEET),
    *(TAB_SESSION_SCRIPT, TAB_LIVE_SCRIPT, TAB_HTMX_2_SCRIPT),
}
SUBRESOURCES = {"text/css", "text/javascript"}
"""What a browser only ever loads for a page."""
_COLOUR = re.compile("[0-9a-f]{6}")
FOR_GOOD = "public, max-age=31536000, immutable"


def add_to(blueprint: Blueprint, *, at_the_desk: bool = False) -> None:
    """Serve the merged files, name each file's content in its address, let that be kept."""
    served = [name for name in MERGED if at_the_desk or name not in AT_THE_DESK]
    names, folder = ",".join(f'"{name}"' for name in served), blueprint.static_url_path
    blueprint.add_url_rule(f"{folder}/<any({names}):filename>", MERGED_FILE, merged)
    blueprint.add_url_rule(f"{folder}/js/tab-session.js", TAB_SESSION_SCRIPT, client_script)
    blueprint.add_url_rule(f"{folder}/js/tab-live.js", TAB_LIVE_SCRIPT, live_script)
    blueprint.add_url_rule(f"{folder}/js/tab-session-htmx2.js", TAB_HTMX_2_SCRIPT, htmx_2_script)
    blueprint.add_url_rule(f"{folder}/accent-<string(length=6):colour>.css", ACCENT_SHEET, accent)
    blueprint.url_defaults(_add_digest)


def merged(filename: str) -> Response:
    """Return all our style sheets, or all our scripts, as one file."""
    text = "\n".join(minified(source) for source in MERGED[filename])
    kind = "text/css" if filename.endswith(".css") else "text/javascript"
    response = Response(text, mimetype=kind)
    response.add_etag()
    response.make_conditional(request)
    return response


def accent(colour: str) -> Response:
    """Return the style sheet of that colour (six digits): its address says all that is in it."""
    if not _COLOUR.fullmatch(colour):
        abort(404)
    return Response(f":root{{--sidebook-accent:#{colour}}}", mimetype="text/css")


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
    if name == TAB_HTMX_2_SCRIPT:
        return digest(*HTMX_2_SCRIPTS)
    if name == TAB_LIVE_SCRIPT:
        return digest(*LIVE_SCRIPTS)
    if name == MERGED_FILE:
        return digest(*MERGED.get(values["filename"], ()))
    if name == ACCENT_SHEET:
        return str(values["colour"])
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
