"""What lies beside the code: vendored files, pins, migrations, documents. And the linters' word."""

import ast
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.fixtures.requirements import missing
from tests.fixtures.selection import SAME_ON_BOTH

ROOT = Path(__file__).resolve().parents[1]

VENDORED = {  # in static/vendor
    "htmx-4.0.1.min.js": "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    "htmx-LICENSE.txt": "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
}
# What a host may bring, to be tried beside ours: in tests/fixtures.
OTHERS = {
    "bootstrap/LICENSE.txt": "bc0cd18d94c028f1c0b62ec9fdaddcb9921c1e07c29cf52dc7df8cca9daf2488",
    "bootstrap/bootstrap-5.3.9.min.css": (
        "9caac977a0af0c2229abd397eee3345899c4020da2a1a0b711c1cc543fe3719d"
    ),
    # As its command line built it, of tests/hosts/looks/tailwind/templates/layout.html.
    "tailwind/LICENSE.txt": "60e0b68c0f35c078eef3a5d29419d0b03ff84ec1df9c3f9d6e39a519a5ae7985",
    "tailwind/tailwind-3.4.19.min.css": (
        "1d557ed787ef9116f3e904d4382f945f3c090b20da1ba36a5447d02bde6cdb48"
    ),
    "htmx_2/LICENSE.txt": "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
    "htmx_2/htmx-2.0.11.min.js": "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
}


def test_vendored_files_are_what_their_makers_published():
    remedy = "Never edit these; a new one comes with its hash and its licence."
    assert digests(ROOT / "static" / "vendor", "*") == VENDORED, remedy
    folders = {name.partition("/")[0] for name in OTHERS}
    fixtures = ROOT / "tests" / "fixtures"
    found = [digests(fixtures, f"{folder}/*") for folder in folders]
    assert {name: each for one in found for name, each in one.items()} == OTHERS, remedy


def digests(folder: Path, pattern: str) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob(pattern)
    }


def test_pins_hold_no_address_and_cover_every_dependency():
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w-]+)==", pins, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    assert "://" not in pins, "A pin with an address ties everybody to one registry."
    assert {re.match(r"[\w-]+", line)[0] for line in asked} <= pinned | {project["name"]}, (
        "Pin it: CONTRIBUTING.md"
    )


def test_the_extra_for_other_peoples_test_suites_is_one_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["testing"] == ["beautifulsoup4>=4.13"]


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


@pytest.mark.extra
def test_a_second_type_checker_is_content_with_what_a_host_writes():
    if shutil.which("node") is None:  # it would download one
        missing("pyright needs Node.", remedy="Install nodejs.")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
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


def test_every_mistake_in_the_table_names_the_test_that_makes_it():
    text = (ROOT / "docs" / "tab-sessions.md").read_text(encoding="utf-8")
    table = text.split("## When something is wrong")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 12
    assert [row for row in rows if not re.search(r"\| `test_\w+`[^|]*\|$", row)] == []


# All that convex-helpers 0.1.122 exports for sessions, and how its options are called.
CONVEX = """
SessionId vSessionId SessionIdArg RunSessionFunctions runSessionFunctions runSessionQuery
runSessionMutation runSessionAction DEFAULT_STORAGE_KEY UseStorage RefreshSessionFn
SessionQueryArgsArray SessionArgsArray SessionArgsAndOptions SessionPaginatedQueryArgs
SessionProvider useStorage storageKey idGenerator ssrFriendly useSessionQuery skip
useSessionPaginatedQuery loadMore useSessionMutation withOptimisticUpdate useSessionAction
useSessionId beforeUpdate useSessionIdArg useSessionStorage ConvexReactSessionClient setSessionId
getSessionId sessionQuery sessionMutation sessionAction
"""


def test_every_function_of_convexs_sessions_has_its_equivalent_and_a_test_of_it():
    text = (ROOT / "docs" / "tab-sessions.md").read_text(encoding="utf-8")
    part = text.split("## Against the helper that this began with")[1]
    rows = [line.split(" | ") for line in part.splitlines() if re.match(r"\| (?!there \|)", line)]
    theirs = " ".join(row[0] for row in rows)
    assert [name for name in CONVEX.split() if not re.search(rf"\b{name}\b", theirs)] == []
    assert [row for row in rows if len(row) != 4 or not row[1].strip()] == []
    assert [row for row in rows if not re.fullmatch(r"(`test_\w+`(, | \|))+", row[-1])] == []


def test_every_threat_has_a_row_and_none_is_left_out():
    security = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (T\d+) \|", security, re.MULTILINE)
    assert rows == [f"T{number}" for number in range(1, len(rows) + 1)]
    assert len(rows) > 20


# All of levels 1 and 2 in the chapters of authentication and of sessions, by their sections.
ASVS_5 = {
    "6.1": 3,
    "6.2": 12,
    "6.3": 4,
    "6.4": 4,
    "6.5": 5,
    "6.6": 3,
    "6.8": 4,
    "7.1": 3,
    "7.2": 4,
    "7.3": 2,
    "7.4": 5,
    "7.5": 2,
    "7.6": 2,
}


def test_every_line_of_the_asvs_names_the_tests_that_show_it_or_why_there_is_none():
    security = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = security.split("## The desk's log-in and sessions, by ASVS 5\n")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if re.match(r"\| \d", line)]
    found = [number for row in rows for number in numbers_of(row)]
    asked = [f"{section}.{n}" for section, most in ASVS_5.items() for n in range(1, most + 1)]
    assert found == asked
    shown = r"\| (`test_\w+`(, `test_\w+`)*|no test: [^|]+) \|$"
    assert [row for row in rows if row.count("|") != 5 or not re.search(shown, row)] == []


def numbers_of(row: str) -> list[str]:
    """The requirements of a row: one, or from the first to the last of them."""
    section, first, last = re.match(r"\| (\d+\.\d+)\.(\d+)(?:\u2013(\d+))? \|", row).groups()
    return [f"{section}.{n}" for n in range(int(first), int(last or first) + 1)]


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
