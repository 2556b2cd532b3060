"""Lighthouse's four scores of a page, by the real one from npm (Node 18.20 or newer)."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from benchmarks.chromium import flags
from benchmarks.report import NotHere

VERSION = "12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PRESETS = {"a slow phone": [], "a computer": ["--preset=desktop"]}
HERE = Path(__file__).resolve().parent / "peers" / f".lighthouse-{VERSION}"

Scores = dict[str, dict[str, list[float]]]
"""By preset and category, one for each run, from 0 to 100."""


def scores(url: str, runs: int, chromium_path: str) -> Scores:
    """Presets take turns. Raises NotHere with the reason why there are none."""
    program = _program()
    found: Scores = {preset: defaultdict(list) for preset in PRESETS}
    for _ in range(runs):
        for preset, words in PRESETS.items():
            for category, score in _one(program, url, words, chromium_path).items():
                found[preset][category].append(score)
    return found


def _program() -> Path:
    program = HERE / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise NotHere("there is no npm to fetch it with (install Node 18.20 or newer)")
        print("Fetching Lighthouse, once ...", file=sys.stderr, flush=True)
        HERE.mkdir(exist_ok=True)
        install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(HERE)]
        _run([*install, f"lighthouse@{VERSION}"], os.environ, 600)
    return program


def _one(program: Path, url: str, words: list[str], chromium_path: str) -> dict[str, float]:
    command = [str(program), url, "--quiet", "--output=json", *words]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    command.append(f"--chrome-flags=--headless=new {' '.join(flags())}")
    report = json.loads(_run(command, {**os.environ, "CHROME_PATH": chromium_path}, 180))
    found = {name: each["score"] for name, each in report["categories"].items()}
    if missing := [name for name, score in found.items() if score is None]:
        raise NotHere(f"Lighthouse gave no score for {', '.join(missing)}")
    return {name: 100 * score for name, score in found.items()}


def _run(command: list[str], environment: Mapping[str, str], seconds: int) -> str:
    try:
        told = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=seconds
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or error.stdout.strip() or "without a word").splitlines()[-1]
        raise NotHere(f"{Path(command[0]).name} failed: {last}") from error
    except subprocess.TimeoutExpired as error:
        raise NotHere(f"{Path(command[0]).name} took more than {seconds} s") from error
    return told.stdout
