"""The wheel carries everything: built, unpacked into an empty environment, used from elsewhere.

Nothing is fetched: the dependencies are those of the environment the tests run in. Its own
Sidebook (the checkout) is out of sight, since a .pth file inside an added path is not read.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(__file__).parent / "wheel"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("sidebook-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """The Python of an environment in which nothing of ours is but the wheel."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.check_output(ask, text=True).strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("\n".join(sorted(borrowed)), encoding="utf-8")
    return python


@pytest.mark.parametrize(
    "story",
    ["alone", *(pytest.param(each, marks=pytest.mark.extra) for each in ("imports", "mounted"))],
)
def test_the_wheel_needs_no_checkout(python, story, tmp_path):
    script = tmp_path / f"{story}.py"
    script.write_text((SCRIPTS / f"{story}.py").read_text(encoding="utf-8"), encoding="utf-8")
    folder = tmp_path / "empty"
    folder.mkdir()
    answer = subprocess.run(
        [python, "-I", "-W", "error", script, SCRIPTS.parent / "shop.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


SHOWN = re.compile(r"^```\w+\n# (?P<name>\S+\.\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_suite_in_the_documentation_passes_as_printed_in_two_processes(python, tmp_path):
    for document in ("testing.md", "tab-sessions.md"):
        for file in SHOWN.finditer((ROOT / "docs" / document).read_text(encoding="utf-8")):
            (tmp_path / file["name"]).write_text(file["text"], encoding="utf-8")
    assert f"{20 + 6} passed" in run_suite(python, tmp_path)


def test_the_example_passes_its_own_tests(python, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    assert " passed" in run_suite(python, tmp_path, "examples/quote/tests")


def test_the_example_runs_by_one_command(python, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    command = [python, "-m", "flask", "--app", "examples/quote", "run", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            lines = iter(server.stderr.readline, "")
            address = next(filter(None, (re.search(r"http://127\S+", line) for line in lines)))[0]
            with urlopen(address) as page, urlopen(f"{address}/htmx.js") as script:
                assert b"A car insurance quote" in page.read()
                assert script.status == 200
        finally:
            server.terminate()


def run_suite(python: Path, folder: Path, *arguments: str) -> str:
    """Run the suite in a folder, in two processes, and return what pytest said of it."""
    command = [python, "-W", "error", "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "-p", "xdist", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_wheel_holds_no_stray_module(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"booking"}
