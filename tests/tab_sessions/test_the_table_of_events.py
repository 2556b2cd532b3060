"""What docs/tab-sessions.md says of the script and the server is all that they say, and no more."""

import re
from pathlib import Path

from booking.tab_sessions import CLIENT_SCRIPT, LIVE_SCRIPTS, errors

ROOT = Path(__file__).parents[2]


def documented(pattern):
    return set(
        re.findall(pattern, (ROOT / "docs" / "tab-sessions.md").read_text("utf-8"), re.MULTILINE)
    )


def test_every_event_is_in_the_table_and_every_row_is_an_event():
    script = "".join(each.read_text("utf-8") for each in (CLIENT_SCRIPT, *LIVE_SCRIPTS))
    said = set(re.findall(r'\b(?:announce|say)\((?:\w+ \? )?"([a-z]+)"(?: : "([a-z]+)")?', script))
    by_script = {word for words in said for word in words if word}
    headers = [
        each.headers.get("HX-Trigger", "")
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.Refusal)
    ]
    by_door = {each.removeprefix("tab-session:") for each in headers if each} | {"ended", "renew"}
    assert {"gone", "ended", "forked", "live"} <= by_script, (
        "this test must be able to see something"
    )
    assert documented(r"^\| `tab-session:([a-z-]+)` \|") == by_script | by_door


def test_every_reason_is_in_the_table():
    reasons = set(re.findall(r"`([a-z_]+)`:", errors.TabSessionGone.__doc__ or ""))
    assert {"expired", "other_user", "broken"} <= reasons
    cells = documented(r"^\| (`[a-z_`, ]+`) \| (?:after|at|where|to) ")
    assert {each for cell in cells for each in re.findall(r"[a-z_]+", cell)} == reasons


def test_every_setting_of_the_script_tag_is_documented():
    script = CLIENT_SCRIPT.read_text("utf-8")
    settings = set(re.findall(r"settings\.([a-zA-Z]+)", script))
    named = {re.sub("([A-Z])", lambda found: "-" + found[0].lower(), each) for each in settings}
    assert {f"data-{each}" for each in named} <= documented(r"`(data-[a-z-]+)`")
