"""./run: what it says when it cannot start, and that starting twice keeps what was booked.

The served story runs in a copy of the checkout whose .venv stands ready, so nothing is fetched.
"""

import os
import runpy
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("booking", "templates", "static", "migrations")
FILES = ("app.py", "run", "demo.toml", "pyproject.toml", "constraints.txt")


@pytest.fixture
def script(tmp_path) -> Path:
    """`run` alone in a folder: whatever it says there, it says before preparing anything."""
    return Path(shutil.copy(ROOT / "run", tmp_path / "run"))


@pytest.fixture
def port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def loaded(script: Path) -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(script)))


def refused(script, *arguments):
    """What it says on stderr, while it makes nothing."""
    with pytest.raises(SystemExit) as ended:
        loaded(script).main([*arguments])
    assert list(script.parent.iterdir()) == [script]
    return ended.value.code


def test_a_taken_port_is_told_with_the_remedy(script, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        told = refused(script)
    assert f"Port {port} is not free" in told
    assert f"PORT={port + 1} ./run" in told


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(script, port, monkeypatch):
    monkeypatch.setenv("PORT", port)
    assert refused(script).startswith(f"PORT={port} is not a port.")


def test_an_unknown_word_gets_the_words_there_are(script):
    assert "./run test" in refused(script, "tset")


def test_our_modules_are_compiled_once_for_all_processes_that_follow(script, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    refused(script, "tset")
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


@pytest.fixture
def checkout(tmp_path) -> Path:
    home = tmp_path / "checkout"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, home / folder)
    for file in FILES:
        shutil.copy(ROOT / file, home / file)
    prepare_by_hand(home)
    return home


def prepare_by_hand(home: Path) -> None:
    run = loaded(home / "run")
    venv.create(run.VENV, with_pip=False, symlinks=os.name != "nt")
    ask = [run.PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.check_output(ask, text=True).strip())
    borrowed = [str(home), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    (site / "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")
    for stamp in run.stamps("postgres"):
        run.write(*stamp)


def served(home: Path, port: int) -> tuple[str, str]:
    """Start ./run, fetch the wizard's page, stop it: the page, and what ./run said meanwhile."""
    others = ("BOOKING", "PYTHONDONTWRITEBYTECODE")  # what one process compiles the next ones read
    environment = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    process = subprocess.Popen(
        [sys.executable, home / "run"],
        env=environment | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    page = ""
    patience = time.monotonic() + 60
    while not page and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.1)
        with suppress(URLError), urlopen(f"http://127.0.0.1:{port}/book/") as answer:
            page = answer.read().decode()
    process.terminate()
    said, _ = process.communicate(timeout=60)
    assert page, said
    return page, said


@pytest.mark.parametrize("starts", [1, pytest.param(2, marks=pytest.mark.extra)])
def test_the_demo_is_served_and_another_start_keeps_what_is_there(checkout, port, starts):
    page, said = served(checkout, port)
    assert "Maré Movement Studio" in page
    assert f"http://127.0.0.1:{port}/book/" in said
    assert "two tabs" in said
    assert f"http://localhost:{port}/desk/one-time-link/" in said
    letters = checkout / "instance" / "letters"
    assert letters.as_uri() in said
    assert letters.stat().st_mode & 0o777 == 0o700
    owner = said.partition("in another terminal:\n")[2].splitlines()[0].split()
    assert owner[-2:] == ["list", "--all"]
    assert subprocess.call(owner, cwd=checkout) == 0
    for _ in range(1, starts):
        demo = checkout / "demo.toml"
        another = demo.read_text(encoding="utf-8").replace("Maré Movement", "Another")
        demo.write_text(another, encoding="utf-8")
        page, _ = served(checkout, port)
        assert "Maré Movement Studio" in page


@pytest.mark.parametrize("arguments", [[], ["--all"], ["--all", "-q"]])
def test_the_whole_suite_runs_in_several_processes_but_a_bounded_number(arguments):
    n, processes, *_ = loaded(ROOT / "run").side_by_side(arguments)
    assert n == "-n"
    assert 2 <= int(processes) <= 4


@pytest.mark.parametrize("arguments", [["tests/storage"], ["-k", "tabs"], ["-n", "0"]])
def test_a_selection_runs_in_one_process(arguments):
    assert loaded(ROOT / "run").side_by_side(arguments) == []
