"""docs/walkthrough.md is true: a real answer passes its stops, in that order."""

import re
import sys
from pathlib import Path

import pytest

from tests.customer.walks import at_time, first_slot

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| \d+ \| `([\w/.]+)` \| `([\w.]+)` \|", re.MULTILINE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_chosen_time_takes_the_way_that_the_walkthrough_describes(app):
    stops = ROW.findall((ROOT / "docs/walkthrough.md").read_text(encoding="utf-8"))
    tab = at_time(app)
    time = first_slot(tab)
    passed = []

    def watch(frame, event, _):
        if event == "call" and (stop := stop_of(frame.f_code)) in stops and stop not in passed:
            passed.append(stop)

    sys.setprofile(watch)
    try:
        tab.submit(slot=time)
    finally:
        sys.setprofile(None)
    assert tab.step == "details"
    assert 5 < len(stops) <= 10
    # what follows a submission (a fragment that loads itself) may pass a stop once more, not first
    assert passed == stops


def stop_of(code):
    path = Path(code.co_filename)
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
    return name, code.co_qualname.replace("<locals>.", "")
