"""What lies beside the code: vendored files, pins, migrations, documents. And the linters' word."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.fixtures.selection import SAME_ON_BOTH

ROOT = Path(__file__).resolve().parents[1]

VENDORED = {
    "htmx-4.0.1.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "htmx-LICENSE.txt": "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
}


def test_vendored_files_are_what_their_makers_published():
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (ROOT / "static" / "vendor").iterdir()
    }
    assert found == VENDORED, "Never edit these; a new one comes with its hash and its licence."


def test_pins_hold_no_address_and_cover_every_dependency():
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w-]+)==", pins, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    assert "://" not in pins, "A pin with an address ties everybody to one registry."
    assert {re.match(r"[\w-]+", line)[0] for line in asked} <= pinned | {project["name"]}, (
        "Pin it: CONTRIBUTING.md"
    )


def test_there_is_no_lock_file_that_names_a_registry():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    locks = [path.name for kind in ("*.lock", "pylock*", "*-lock.*") for path in ROOT.glob(kind)]
    assert set(locks) <= set(ignored), "constraints.txt is the lock: it holds no addresses."


def assigned(path: Path, name: str) -> object:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == name:
            return ast.literal_eval(node.value)
    return None


def test_migrations_are_numbered_one_after_the_other():
    found = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    rule = "NNNN_verb_noun.py, revision NNNN, down_revision the one before: CONTRIBUTING.md"
    before = None
    assert found
    for number, path in enumerate(found, 1):
        assert re.match(rf"{number:04}_\w+\.py", path.name), f"{path.name}: {rule}"
        assert assigned(path, "revision") == f"{number:04}", f"{path.name}: {rule}"
        assert assigned(path, "down_revision") == before, f"{path.name}: {rule}"
        before = f"{number:04}"


MENTION = re.compile(
    r"`((?:booking|docs|templates|static|migrations|tests|benchmarks)/[\w./-]+|[\w-]+\.(?:toml|md))`"
    r"|\]\((?!\w+:|#)([^)#\s]+)"
)


def test_documents_mention_files_that_exist():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    offences = [
        f"{path.relative_to(ROOT)}:{number} mentions {name}"
        for path in documents
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for pair in MENTION.findall(line)
        for name in filter(None, pair)
        if not (ROOT / name).exists() and not (path.parent / name).exists()
    ]
    assert documents
    assert not offences, "Documents point to files that are not there: " + ", ".join(offences)


@pytest.mark.parametrize("tool", ["ruff check", "ruff format --check", "mypy"])
def test_the_linters_are_content(tool):
    answer = subprocess.run(
        [sys.executable, "-m", *tool.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_test_that_a_document_names_exists():
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    named = {
        name
        for path in (ROOT / "docs").glob("*.md")
        for name in re.findall(r"`(test_\w+)`", path.read_text("utf-8"))
    }
    assert named
    assert sorted(named - defined) == []


def test_every_threat_has_a_row_and_none_is_left_out():
    security = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (T\d+) \|", security, re.MULTILINE)
    assert rows == [f"T{number}" for number in range(1, len(rows) + 1)]
    assert len(rows) > 20


def test_what_only_the_long_run_repeats_is_named_with_what_proves_it_otherwise():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = contributing.split("what `--all` repeats\n")[1].split("\n## ")[0]
    repeated = set(re.findall(r"^\| `(tests/\S+\.py)`", table, re.MULTILINE))
    mark = "pytest.mark." + "extra"
    marked = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if mark in path.read_text(encoding="utf-8")
    }
    assert repeated == marked, "CONTRIBUTING.md names what only --all runs."
    for folder in SAME_ON_BOTH:
        assert f"`tests/{folder}/`" in table
