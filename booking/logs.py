"""The log of our own app: when, with the zone of that clock, and never a manage link.

Such a link is a permission: whoever reads the log could cancel with it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, TextIO, cast

from flask import Flask, request
from flask.logging import has_level_handler, wsgi_errors_stream

if TYPE_CHECKING:
    from types import TracebackType

FORMAT = "[%(asctime)s] %(levelname)s in %(module)s: %(message)s"
WITH_ZONE = "%Y-%m-%d %H:%M:%S %z"
_TOKEN = re.compile(r"(/appointment/)[^/\s\"'<>()\[\]?#]+")


class OwnApp(Flask):
    """A Flask whose log line of an exception names the route and not the address."""

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> None:
        where = request.url_rule or "an address of no route"
        self.logger.error("Exception on %s [%s]", where, request.method, exc_info=exc_info)


def prepare_log(app: Flask) -> None:
    """Give the app's log a handler, unless the process has one, and keep tokens out of it.

    Call it before anything is logged. An operator's own handlers stay as they are.
    """
    logger = logging.getLogger(app.name)  # as Flask names it
    if not has_level_handler(logger):
        handler = logging.StreamHandler(cast("TextIO", wsgi_errors_stream))
        handler.setFormatter(LineFormatter(FORMAT, WITH_ZONE))
        logger.addHandler(handler)
    logging.getLogger("werkzeug").addFilter(_without_token)  # the server for trying things out


class LineFormatter(logging.Formatter):
    """Lines, and the stack traces below them, without the token of a manage link."""

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


def without_tokens(text: str) -> str:
    """Return the text with three stars in place of each token of a manage link."""
    return _TOKEN.sub(r"\1***", text)


def _without_token(record: logging.LogRecord) -> Any:
    record.msg, record.args = without_tokens(record.getMessage()), ()
    return True
