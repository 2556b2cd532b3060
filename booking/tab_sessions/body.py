"""Reading a request, whole, before any transaction begins.

Whoever sends it may stop in the middle or send a byte a second, and on SQLite everybody would wait
for them. What was read is remembered, so a view reads it as it always does.
"""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from .config import current_config
from .errors import CutShort, TooLarge, TooSlow, UnusableValue

if TYPE_CHECKING:
    from flask import Request

_SOCKETS = ("gunicorn.socket", "werkzeug.socket")  # where these servers hand theirs out
_IN_MEMORY = 1024 * 1024
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_TOO_MANY_BYTES = (
    "it has {size} bytes; at most {limit} are taken (request_bytes). Send files to an ordinary "
    "route, which takes as much as you allow; or raise request_bytes of TabSessions, "
    "BOOKING_REQUEST_BYTES where Sidebook makes them."
)
_TOO_MUCH_FOR_FLASK = (
    "its form has more parts, or a longer text, than Flask takes: raise MAX_FORM_PARTS or "
    "MAX_FORM_MEMORY_SIZE in app.config."
)
_OF_UNKNOWN_LENGTH = (
    "it says no Content-Length, so it cannot be weighed before it is read. Send it whole, or let "
    "the proxy in front buffer requests."
)
_DRAIN = 32 * 1024 * 1024


def read_whole(request: Request) -> None:
    """Read the body, if nobody has: `form`, `files`, `json` and `data` are there afterwards.

    Raises: TooSlow when it has not come within the limit of the app's TabSessions, as far as the
    server lets us set one; CutShort when the client went away before its end; TooLarge when it has
    more parts than Flask takes; UnusableValue when it is JSON that Python cannot read to its end,
    or a form with a part that has no name.
    """
    if not has_body(request):
        return
    try:
        with _in_time(request.environ):
            _read(request)
    except RequestEntityTooLarge as error:
        _leave(request)
        raise TooLarge(_TOO_MUCH_FOR_FLASK) from error
    except (ClientDisconnected, CutShort) as error:
        _leave(request)
        if isinstance(error.__context__, TimeoutError):
            _hear_no_more(request.environ)
            raise TooSlow from error
        raise CutShort from error


def _drain(request: Request) -> None:
    """Read a body that is not wanted: one left unread may cost the client the answer.

    A server that closes on unread bytes resets the connection.
    """
    left = min(request.content_length or 0, _DRAIN)
    try:
        with _in_time(request.environ):
            body = request.environ["wsgi.input"]
            while left > 0 and (chunk := body.read(min(left, 65536))):
                left -= len(chunk)
    except OSError:  # they stopped sending, or went away: nobody asked for more
        _hear_no_more(request.environ)
    _leave(request)


def refuse_too_large(request: Request, limit: int) -> None:
    """Raise TooLarge when the body is over `limit` bytes; otherwise hold reading to that limit."""
    request.max_content_length = limit
    if request.content_length is None and "HTTP_TRANSFER_ENCODING" in request.environ:
        raise TooLarge(_OF_UNKNOWN_LENGTH)  # it would be cut off at the limit without a word
    if (size := request.content_length or 0) > limit:
        _drain(request)
        raise TooLarge(_TOO_MANY_BYTES.format(size=size, limit=limit))


def has_body(request: Request) -> bool:
    """Say whether anything comes after the headers."""
    return bool(request.content_length) or "HTTP_TRANSFER_ENCODING" in request.environ


def _read(request: Request) -> None:
    length, stream = request.content_length or 0, request.stream
    if "form" in request.__dict__ and request.mimetype in _FORMS:
        came = length  # something of the host's read it, before the view; of JSON it read nothing
    elif request.mimetype == "multipart/form-data" and length > _IN_MEMORY:
        _ = request.form  # files go to disk as they come
        came = stream.tell()
    else:
        data = request.get_data()
        came = max(len(data), stream.tell() if hasattr(stream, "tell") else 0)
        _ = request.form
        request.stream = io.BytesIO(data)
    if came < length:  # gunicorn ends a body that was cut off without a word
        raise CutShort
    if None in request.form or None in request.files:  # no browser's; a host's dict of them has it
        raise UnusableValue("a part of its form has no name.")
    if request.is_json:
        try:
            request.get_json(silent=True)  # the view is told what is wrong with it when it asks
        except RecursionError as deep:
            raise UnusableValue("its JSON is nested too deeply to be read.") from deep


def _leave(request: Request) -> None:
    """Let nobody who shows what was sent, as pages about trouble do, wait for the rest."""
    nothing = request.parameter_storage_class()
    request.__dict__.update(stream=io.BytesIO(), form=nothing, files=nothing, _cached_data=b"")


@contextmanager
def _in_time(environ: dict[str, Any]) -> Iterator[None]:
    """Let the server read its client's socket until the limit of time, in all, and no longer.

    A socket's own timeout is for a single read, so that a byte now and then would go on for ever.
    """
    sock = next((environ[name] for name in _SOCKETS if name in environ), None)
    if sock is None:
        yield
        return
    before, clock = sock.gettimeout(), _Clock(sock, current_config().limits.request_seconds)
    source, server = environ["wsgi.input"], _unreader(environ)
    try:
        if server is not None:
            server.sock = clock
        elif isinstance(source, io.BufferedReader):
            environ["wsgi.input"] = _Arriving(source, clock)
        else:
            clock.wind()
        yield
    finally:
        if server is not None:
            server.sock = sock
        environ["wsgi.input"] = source
        with suppress(OSError):  # closed meanwhile
            sock.settimeout(before)


def _unreader(environ: dict[str, Any]) -> Any:
    """What gunicorn reads a connection's socket with, for HTTP/1; None with any other server."""
    unreader = getattr(getattr(environ["wsgi.input"], "reader", None), "unreader", None)
    return unreader if getattr(unreader, "sock", None) is environ.get("gunicorn.socket") else None


def _hear_no_more(environ: dict[str, Any]) -> None:
    """Have the server close after the answer, instead of waiting for the rest as we did."""
    sock = environ.get("werkzeug.socket") or (_unreader(environ) and environ["gunicorn.socket"])
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            # Not the method of an SSL socket: that one would go on in clear.
            socket.socket.shutdown(sock, socket.SHUT_RD)


class _Clock:
    """A socket as its server reads it, until a moment."""

    def __init__(self, sock: Any, seconds: float) -> None:
        self._sock, self._until = sock, time.monotonic() + seconds

    def wind(self) -> None:
        """Let the next read take what is left of the time.

        Raises: TimeoutError when none is.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)

    def recv(self, size: int) -> bytes:
        self.wind()
        received: bytes = self._sock.recv(size)
        return received


class _Arriving(io.RawIOBase):
    """A server's buffered stream, one read of its socket at a time."""

    def __init__(self, source: io.BufferedReader, clock: _Clock) -> None:
        self._source, self._clock = source, clock

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        self._clock.wind()
        came = self._source.read1(len(room))
        room[: len(came)] = came
        return len(came)
