"""docs/security.md promises tests: they exist, and no threat is passed over."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)


def test_every_test_it_names_exists():
    sources = [path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")]
    exist = {name for source in sources for name in DEFINED.findall(source)}
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - exist == set(), "Rename it in docs/security.md as well."


def test_every_threat_has_a_row_and_none_is_left_out():
    rows = re.findall(r"^\| (T\d+) \|", PAGE, re.MULTILINE)
    assert rows == [f"T{number}" for number in range(1, len(rows) + 1)]
    assert len(rows) > 20
