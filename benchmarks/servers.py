"""Every contender as production serves it: the same gunicorn, the same processes and threads."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import psutil

ROOT = Path(__file__).resolve().parents[1]
WORKERS, THREADS = 2, 4
SETTINGS = f"gunicorn gthread, {WORKERS} processes of {THREADS} threads"
LISTENING = re.compile(rb"Listening at: (http://\S+)")


class Server:
    """A running gunicorn, and what its workers have cost."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.url, self._process = url, psutil.Process(process.pid)

    def cpu(self) -> float:
        """Seconds of CPU that the workers have used since they started."""
        times = [worker.cpu_times() for worker in self._process.children()]
        return float(sum(time.user + time.system for time in times))


@contextmanager
def serving(
    app: str,
    environment: dict[str, str],
    *,
    python: str = sys.executable,
    workers: int = WORKERS,
    threads: int = THREADS,
) -> Iterator[Server]:
    """`app` behind a real socket, with a Python of its own."""
    command = [python, "-m", "gunicorn", "-b", "127.0.0.1:0", "-k", "gthread", "--backlog", "1024"]
    command += ["-w", str(workers), "--threads", str(threads), "--keep-alive", "60", app]
    with TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
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
        if found and text.count(b"Booting worker") >= workers:
            return found[1].decode()
        assert process.poll() is None, text.decode()
        time.sleep(0.05)
    raise AssertionError(f"gunicorn does not listen: {text.decode()}")
