"""The script that browsers need, as it is sent: without what only its readers need."""

import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from flask import Response, send_file

CLIENT_SCRIPT = Path(__file__).parent / "tab-session.js"
"""The file that client_script serves."""

# Comments on lines of their own only, so that nothing inside a string can be taken for one.
_INDENT_OR_COMMENT = re.compile(r"^[ \t]*(?:(?://.*|/\*(?:\n|.)*?\*/)[ \t]*\n)?", re.MULTILINE)


def client_script() -> Response:
    """Serve tab-session.js, as a view: `app.add_url_rule(path, view_func=client_script)`."""
    changed = CLIENT_SCRIPT.stat().st_mtime_ns
    return send_file(
        BytesIO(_as_sent(changed)),
        mimetype="text/javascript",
        max_age=3600,
        etag=f"{changed:x}",
    )


def script_as_sent() -> bytes:
    """Return what client_script sends."""
    return _as_sent(CLIENT_SCRIPT.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _as_sent(_changed: int) -> bytes:
    return minified(CLIENT_SCRIPT).encode()


def minified(source: Path) -> str:
    """Return a script or style sheet without indents and the lines that are only comments."""
    return _INDENT_OR_COMMENT.sub("", source.read_text(encoding="utf-8"))
