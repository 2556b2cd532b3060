"""The scripts that browsers need, as they are sent: without what only their readers need."""

import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from flask import Response, send_file

CLIENT_SCRIPT = Path(__file__).parent / "tab-session.js"
"""The file that client_script serves."""
HTMX_2_SCRIPTS = tuple(
    CLIENT_SCRIPT.with_name(f"{name}.js") for name in ("by-fetch", "tab-session-htmx2")
)
"""The files that htmx_2_script serves as one."""
LIVE_SCRIPTS = tuple(
    Path(__file__).parent / f"{name}.js"
    for name in ("merging", "stamps", "question", "tab-live", "hints")
)
"""The files that live_script serves as one."""

# Comments on lines of their own only, so that nothing inside a string can be taken for one.
_INDENT_OR_COMMENT = re.compile(r"^[ \t]*(?:(?://.*|/\*(?:\n|.)*?\*/)[ \t]*\n)?", re.MULTILINE)


def client_script() -> Response:
    """Serve tab-session.js, as a view: `app.add_url_rule(path, view_func=client_script)`."""
    return _served(CLIENT_SCRIPT)


def htmx_2_script() -> Response:
    """Serve tab-session-htmx2.js, as a view: `app.add_url_rule(path, view_func=htmx_2_script)`."""
    return _served(*HTMX_2_SCRIPTS)


def live_script() -> Response:
    """Serve tab-live.js, as a view: `app.add_url_rule(path, view_func=live_script)`."""
    return _served(*LIVE_SCRIPTS)


def _served(*scripts: Path) -> Response:
    changed = [script.stat().st_mtime_ns for script in scripts]
    return send_file(
        BytesIO(_as_sent(scripts, tuple(changed))),
        mimetype="text/javascript",
        max_age=3600,
        etag=f"{max(changed):x}",
    )


def script_as_sent() -> bytes:
    """Return what client_script sends."""
    return _as_sent((CLIENT_SCRIPT,), (CLIENT_SCRIPT.stat().st_mtime_ns,))


@lru_cache(maxsize=3)
def _as_sent(scripts: tuple[Path, ...], _changed: tuple[int, ...]) -> bytes:
    return "\n".join(map(minified, scripts)).encode()


def minified(source: Path) -> str:
    """Return a script or style sheet without indents and the lines that are only comments."""
    return _INDENT_OR_COMMENT.sub("", source.read_text(encoding="utf-8"))
