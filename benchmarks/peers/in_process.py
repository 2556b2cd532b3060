"""Calls a WSGI app without a server, as often as it is told on a line of its input.

    python -m benchmarks.peers.in_process benchmarks.peers.notes:create_app
    {"method": "POST", "path": "/note", "headers": {…}, "body": "key=1", "times": 300}

Each line is answered with the seconds of CPU and of the clock that all of it took. Cookies are
kept and sent back, as a browser does.
"""

import gc
import io
import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any


class Caller:
    """One browser in front of one app."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self.app, self.cookies = app, dict[str, str]()

    def call(self, environ: dict[str, Any], body: bytes) -> None:
        """One request. Raises AssertionError for an answer that is not 200."""
        given: list[Any] = []
        asked = {**environ, "wsgi.input": io.BytesIO(body)}
        if self.cookies:
            asked["HTTP_COOKIE"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        answer = self.app(asked, lambda *told: given.extend(told))
        text = b"".join(answer)
        getattr(answer, "close", lambda: None)()
        assert given[0] == "200 OK", (given, text)
        for name, value in given[1]:
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]


def environ(method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """What a server would hand over."""
    sent = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **sent,
    }


def main(where: str) -> None:
    module, _, name = where.partition(":")
    caller = Caller(getattr(import_module(module), name)())
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        times, body = asked.pop("times"), asked.pop("body").encode()
        request = environ(**asked, body=body)
        gc.collect()
        clock, cpu = time.perf_counter(), time.process_time()
        for _ in range(times):
            caller.call(request, body)
        taken = {"cpu": time.process_time() - cpu, "clock": time.perf_counter() - clock}
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
