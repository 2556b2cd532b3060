"""Every contender as production serves it: the same gunicorn, the same processes and threads."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import psutil

ROOT = Path(__file__).resolve().parents[1]
WORKERS, THREADS = 2, 4
SETTINGS = f"gunicorn gthread, {WORKERS} processes of {THREADS} threads"
LISTENING = re.compile(rb"Listening at:? (http://\S+)")
STARTED = re.compile(rb"Booting worker|Started worker-\d+$", re.MULTILINE)


class Server:
    """A running server, and what its workers have cost."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.url, self._process = url, psutil.Process(process.pid)

    def cpu(self) -> float:
        """Seconds of CPU that the workers have used since they started."""
        times = [worker.cpu_times() for worker in self.workers()]
        return float(sum(time.user + time.system for time in times))

    def workers(self) -> list[psutil.Process]:
        return self._process.children()

    def stand_still(self) -> None:
        """Take no time from others; the arbiter too, who would end workers that do not stir."""
        for process in (self._process, *self.workers()):
            process.suspend()

    def go_on(self) -> None:
        for process in (*self.workers(), self._process):
            process.resume()


def gunicorn(app: str, workers: int, threads: int) -> list[str]:
    """How it is started, on a port that it chooses."""
    words = f"-m gunicorn -b 127.0.0.1:0 -k gthread --backlog 1024 --keep-alive 60 -w {workers}"
    return [*words.split(), "--threads", str(threads), app]


def granian(app: str, workers: int, threads: int) -> list[str]:
    """The same of Granian's, which cannot choose a port and calls a factory by its name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = f"-m granian --interface wsgi --port {port} --backlog 1024 --workers {workers}"
    return [*words.split(), "--blocking-threads", str(threads), "--factory", app.rstrip("()")]


@contextmanager
def serving(
    app: str,
    environment: dict[str, str],
    *,
    python: str = sys.executable,
    workers: int = WORKERS,
    threads: int = THREADS,
    start: Callable[[str, int, int], list[str]] = gunicorn,
) -> Iterator[Server]:
    """`app` behind a real socket, with a Python of its own."""
    command = [python, *start(app, workers, threads)]
    with TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=said,
            stderr=said,
        )
        try:
            yield Server(process, _address(process, said.fileno(), workers))
        finally:
            process.terminate()
            process.wait(timeout=30)


def _address(process: subprocess.Popen[bytes], said: int, workers: int) -> str:
    for _ in range(600):
        text = os.pread(said, 1_000_000, 0)
        found = LISTENING.search(text)
        if found and len(STARTED.findall(text)) >= workers:
            return found[1].decode()
        assert process.poll() is None, text.decode()
        time.sleep(0.05)
    raise AssertionError(f"nothing listens: {text.decode()}")
