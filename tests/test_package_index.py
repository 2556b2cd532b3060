"""What the package index shows of README.md: links that lead somewhere, or none."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RELATIVE = re.compile(r"\]\((?!\w+:|#)([^)\s]+)\)")
HOME = "https://git.example/us/sidebook"


@pytest.fixture(scope="module")
def hatch_build():
    spec = spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_below_a_home_every_relative_link_of_the_readme_is_absolute(hatch_build):
    shown = hatch_build.readme_for_the_index(README, HOME, "1.2.0")
    assert f"({HOME}/blob/v1.2.0/docs/host.md)" in shown
    assert f"({HOME}/raw/v1.2.0/docs/two-tabs.png)" in shown
    assert len(RELATIVE.findall(README)) == shown.count(f"({HOME}/") > 10
    assert not RELATIVE.findall(shown)
    assert set(hatch_build.urls(HOME)) == {"Source", "Documentation", "Changelog"}


def test_without_a_home_words_stay_and_no_link_leads_nowhere(hatch_build):
    shown = hatch_build.readme_for_the_index(README, "", "1.2.0")
    assert not RELATIVE.findall(shown)
    assert "two-tabs.png" not in shown
    assert "`docs/host.md` has the rest" in shown
    assert hatch_build.urls("") == {}
