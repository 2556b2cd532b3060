"""docs/own-rows.md, as it is printed there."""

import re

import pytest

from tests.tab_sessions.conftest import Tab
from tests.tab_sessions.own_rows.conftest import DOCS

PRINTED = DOCS.read_text("utf-8")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs an app of the documentation; its root is a folder of the test's."""

    def run_printed(name):
        (code,) = re.findall(rf"```python\n(# {name}\.py\n.*?)```", PRINTED, re.DOTALL)
        monkeypatch.chdir(tmp_path)
        code = code.replace("sqlite:///", f"sqlite:///{tmp_path}/")
        names = {"__name__": "an_app_of_the_documentation"}
        exec(compile(code, f"{name}.py", "exec"), names)
        return names

    return run_printed


def test_the_two_ways_beside_each_other_remember_the_same(run):
    app = run("basket")["app"]
    one, other = Tab(app.test_client()), Tab(app.test_client())
    for way in ("/basket/document", "/basket/rows"):
        for text in ("milk", "bread"):
            shown = one.post(way, text=text)
        assert "<li>milk</li><li>bread</li>" in shown.text
        assert "<li>" in one.get(way).text
        assert "<li>" not in other.get(way).text


def test_what_the_text_says_of_the_costs_is_what_the_table_says():
    found = re.findall(r"^\| (?:SQLite|PostgreSQL): [^|]+\|(.*)\|$", PRINTED, re.MULTILINE)
    pairs = [[cell.split(", ") for cell in row.split("|")] for row in found]
    ratios = [[float(rows) / float(document) for document, rows in row] for row in pairs]
    assert len(ratios) == 6
    words = " ".join(PRINTED.split())
    most, longest = max(max(row[:2]) for row in ratios), max(row[2] for row in ratios)
    assert ("up to twice as much" in words) == (1.5 < most <= 2.0)
    assert ("up to three and a half times" in words) == (3.25 < longest <= 3.5)


def test_what_they_are_said_to_cost_is_what_was_measured():
    results = (DOCS.parents[1] / "benchmarks" / "results.md").read_text("utf-8")
    measured = results.partition("## Rows beside one document")[2].partition("\n## ")[0]
    rows = re.findall(
        r"^\| (\w+) \| (\d+) \| ([\w ]+) \| ([\d.]+) \| ([\d.]+) \|", measured, re.MULTILINE
    )
    found = {(place, asked): [] for place, _, asked, *_ in rows}
    for place, _, asked, *both in rows:
        found[place, asked].append(", ".join(both))
    for (place, asked), cells in found.items():
        assert f"| {place}: {asked} | {' | '.join(cells)} |" in PRINTED
    assert len(found) == 6


def test_a_page_that_keeps_up_stands_on_rows_where_it_says_so(run):
    names = run("basket")
    (code,) = re.findall(r"```python\n(def lines_of_the_tab.*?)```", PRINTED, re.DOTALL)
    exec(code, names)
    tab = Tab(names["app"].test_client())
    tab.post("/basket/rows", text="milk")
    shown = tab.get("/basket/shelf")

    def ask():
        return tab.get("/basket/shelf", **{"Tab-Live": shown.headers["Tab-Live"]})

    assert ask().status_code == 204
    tab.post("/basket/rows", text="bread")  # by another window of the same tab, say
    assert "<li>milk</li><li>bread</li>" in ask().text


def test_one_user_on_two_devices_shares_rows_by_user_and_never_the_draft(run):
    names = run("saved")
    app, line = names["app"], names["Line"]
    phone, desk, stranger = (Tab(app.test_client()) for _ in range(3))

    def log_in(tab):
        assert tab.post("/basket/log-in", user="ada").status_code == 200
        new = Tab(tab.client)
        assert tab.post("/basket/tab-session", {"Tab-Session-New": new.id}).status_code == 204
        return new

    phone.post("/basket/lines", text="milk")
    desk.post("/basket/lines", text="bread")
    stranger.post("/basket/lines", text="nails")
    phone, desk = log_in(phone), log_in(desk)
    assert phone.post("/basket/lines", text="eggs").json == {
        "lines": ["milk", "bread", "eggs"], "last": "eggs",
    }  # fmt: skip
    assert desk.get("/basket/lines").json == {"lines": ["milk", "bread", "eggs"], "last": "bread"}
    assert stranger.get("/basket/lines").json == {"lines": ["nails"], "last": "nails"}

    for tab in (desk, stranger):
        tab.client.delete("/basket/tab-session", headers={"Tab-Session": tab.id})
    with app.app_context():
        assert [each.text for each in line.query] == ["milk", "bread", "eggs"]
