"""The wheel carries everything: built, unpacked into an empty environment, used from elsewhere.

Nothing is fetched: the dependencies are those of the environment the tests run in. Its own
Sidebook (the checkout) is out of sight, since a .pth file inside an added path is not read.
"""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

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


def test_the_wheel_holds_no_stray_module(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"booking"}
