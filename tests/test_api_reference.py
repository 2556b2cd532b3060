"""docs/api.md, which is made from the docstrings."""

from importlib import import_module
from pathlib import Path

import pytest

from docs.make_api import OURS, reference

API = Path(__file__).resolve().parents[1] / "docs" / "api.md"


def test_the_reference_is_what_the_docstrings_say():
    assert API.read_text(encoding="utf-8") == reference(), "Run: python docs/make_api.py"


@pytest.mark.parametrize("module", OURS)
def test_every_public_name_is_in_it(module):
    part = API.read_text(encoding="utf-8").split(f"\n## `{module}`\n")[1].split("\n## ")[0]
    names = import_module(module).__all__
    assert [name for name in names if f"### `{name}`\n" not in part] == []
