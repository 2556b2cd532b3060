"""What people use today, installed where nothing of ours is: `python()` runs it.

Only the standard library is imported here, because the peers' own Python imports it too.
"""

import hashlib
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REQUIREMENTS = HERE / "requirements.txt"
VENV = HERE / ".venv"
ASK_VERSIONS = """
from importlib.metadata import distributions
for one in distributions():
    print(one.metadata["Name"].lower(), one.version)
"""


@cache
def python() -> str:
    """The Python of the peers' environment, made on first use and renewed with its pins."""
    executable = VENV / "bin" / "python"
    stamp, wanted = VENV / "made-for.txt", _fingerprint()
    if not (executable.exists() and stamp.exists() and stamp.read_text("utf-8") == wanted):
        print("Preparing the peers' environment, once ...", file=sys.stderr, flush=True)
        venv.create(VENV, clear=True, symlinks=True)
        install = ["install", "--quiet", "-c", str(ROOT / "constraints.txt")]
        pip = [_with_pip(), "-m", "pip", "--python", str(executable)]
        subprocess.run([*pip, *install, "-r", str(REQUIREMENTS)], cwd=ROOT, check=True)
        stamp.write_text(wanted, "utf-8")
    return str(executable)


@cache
def versions() -> dict[str, str]:
    """What is installed there, by its name in lower case."""
    told = subprocess.run(
        [python(), "-c", ASK_VERSIONS], capture_output=True, text=True, check=True
    )
    return dict(line.split() for line in told.stdout.splitlines())


def _with_pip() -> str:
    """Ours, or the Python it was made from: Debian's leaves pip out of a new environment."""
    outside = str(Path(sys.base_prefix) / "bin" / "python3")
    for candidate in (sys.executable, outside):
        asked = [candidate, "-m", "pip", "--version"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return candidate
    sys.exit("pip 22.3 or newer is missing. On Debian and Ubuntu: apt install python3-pip")


def _fingerprint() -> str:
    pins = REQUIREMENTS.read_bytes() + (ROOT / "constraints.txt").read_bytes()
    return f"{sys.version}\n{hashlib.sha256(pins).hexdigest()}\n"
