"""Lighthouse's four scores of a page, by the real one from npm, where there is an npm."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from benchmarks import chromium

VERSION = "12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PRESETS = {"a slow phone": [], "a computer": ["--preset=desktop"]}
HERE = Path(__file__).resolve().parent / "peers" / f".lighthouse-{VERSION}"

Scores = dict[str, dict[str, list[float]]]
"""By preset and category, one for each run, from 0 to 100."""


def scores(url: str, runs: int) -> Scores | None:
    """Presets take turns. None where there is no npm to install Lighthouse with."""
    program = _program()
    if program is None:
        return None
    found: Scores = {preset: defaultdict(list) for preset in PRESETS}
    for _ in range(runs):
        for preset, words in PRESETS.items():
            for category, score in _one(program, url, words).items():
                found[preset][category].append(score)
    return found


def _program() -> Path | None:
    program = HERE / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        npm = shutil.which("npm")
        if npm is None:
            return None
        print("Fetching Lighthouse, once ...", file=sys.stderr, flush=True)
        HERE.mkdir(exist_ok=True)
        install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(HERE)]
        subprocess.run([*install, f"lighthouse@{VERSION}"], check=True)
    return program


def _one(program: Path, url: str, words: list[str]) -> dict[str, float]:
    command = [str(program), url, "--quiet", "--output=json", *words]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    command.append(f"--chrome-flags=--headless=new {' '.join(chromium.flags())}")
    environment = {**os.environ, "CHROME_PATH": chromium.path()}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    report = json.loads(told.stdout)
    assert "runtimeError" not in report, report["runtimeError"]
    return {name: 100 * each["score"] for name, each in report["categories"].items()}
