"""./run: what it says when it cannot start, and that starting twice keeps what was booked.

The served story runs in a copy of the checkout whose .venv stands ready, so nothing is fetched.
"""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
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


def start(script, *arguments, **environment):
    return subprocess.run(
        [sys.executable, script, *arguments],
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_taken_port_is_told_with_the_remedy_and_nothing_is_made(script):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = start(script, PORT=port)
    assert answer.returncode == 1
    assert f"Port {port} is not free" in answer.stderr
    assert f"PORT={port + 1} ./run" in answer.stderr
    assert list(script.parent.iterdir()) == [script]


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(script, port):
    answer = start(script, PORT=port)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"PORT={port} is not a port.")


def test_an_unknown_word_gets_the_words_there_are(script):
    answer = start(script, "tset")
    assert answer.returncode == 1
    assert "./run test" in answer.stderr
    assert list(script.parent.iterdir()) == [script]


@pytest.fixture
def checkout(tmp_path) -> Path:
    home = tmp_path / "checkout"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, home / folder, ignore=shutil.ignore_patterns("__pycache__"))
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


def loaded(path: Path):
    loader = SourceFileLoader("run_script", str(path))
    module = module_from_spec(spec_from_loader("run_script", loader))
    loader.exec_module(module)
    return module


def served(home: Path, port: int) -> tuple[str, str]:
    """Start ./run, fetch the wizard's page, stop it: the page, and what ./run said meanwhile."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BOOKING")}
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
    said, _ = process.communicate(timeout=10)
    assert page, said
    return page, said


def test_the_demo_is_served_and_a_second_start_keeps_what_is_there(checkout, port):
    page, said = served(checkout, port)
    assert "Maré Movement Studio" in page
    assert f"http://127.0.0.1:{port}/book/" in said
    assert "two tabs" in said
    owner = said.partition("in another terminal:\n")[2].splitlines()[0].split()
    assert owner[-2:] == ["list", "--all"]
    assert subprocess.call(owner, cwd=checkout) == 0

    demo = checkout / "demo.toml"
    another = demo.read_text(encoding="utf-8").replace("Maré Movement Studio", "Another Studio")
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
