"""HTTP as lean as it goes: what is measured is the server, and both share two cores."""

import gzip
import socket
import time
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


class Answer(NamedTuple):
    """What came back; `sent` and `received` are bytes on the wire, `seconds` until the last one."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent: int
    received: int
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Line:
    """One connection that is kept alive, as a browser's."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    _socket: socket.socket | None = None

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        return self.ask("POST", path, urlencode(fields).encode(), headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """One request, redirects not followed; once more where the kept connection had closed."""
        request = self._written(method, path, body, headers)
        started = time.perf_counter()
        try:
            head, text = self._exchange(request)
        except ConnectionError:
            self.close()
            head, text = self._exchange(request)
        answer = self._answer(head, text, len(request), time.perf_counter() - started)
        self.answers.append(answer)
        return answer

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None

    def _written(self, method: str, path: str, body: bytes | None, more: dict[str, str]) -> bytes:
        headers = {"Host": urlsplit(self.url).netloc, **self.headers, **more}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": FORM, "Content-Length": str(len(body))}
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + (body or b"")

    def _exchange(self, request: bytes) -> tuple[bytes, bytes]:
        if self._socket is None:
            address = urlsplit(self.url)
            self._socket = socket.create_connection((address.hostname, address.port), timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, text = received.partition(b"\r\n\r\n")
        length = int(_header(head, b"content-length") or 0)
        while len(text) < length:
            text += self._more()
        assert not _header(head, b"transfer-encoding"), "no server here streams"
        return head, text

    def _more(self) -> bytes:
        assert self._socket
        if not (chunk := self._socket.recv(65536)):
            raise ConnectionResetError
        return chunk

    def _answer(self, head: bytes, text: bytes, sent: int, seconds: float) -> Answer:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self._keep(value)
            headers[name.lower()] = value
        if headers.get("connection", "").lower() == "close":
            self.close()
        received = len(head) + 4 + len(text)
        if headers.get("content-encoding") == "gzip":
            text = gzip.decompress(text)
        return Answer(int(first.split()[1]), headers, text, sent, received, seconds)

    def _keep(self, cookie: str) -> None:
        name, _, rest = cookie.partition("=")
        value, _, attributes = rest.partition(";")
        if "max-age=0" in attributes.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def _header(head: bytes, name: bytes) -> bytes | None:
    found = head.lower().find(b"\r\n" + name + b": ")
    return None if found < 0 else head[found + len(name) + 4 :].partition(b"\r\n")[0]
