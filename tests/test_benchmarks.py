"""The benchmarks are run by `./run bench`, not here; but they are there, and what they wrote is."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from benchmarks.__main__ import goals as goals_overview
from benchmarks.__main__ import main
from benchmarks.contenders import engine_of, in_process, shop_of
from benchmarks.desk import Figures
from benchmarks.report import Goal, NotHere, Section, goals_in
from benchmarks.stock import fill_the_diary
from benchmarks.tabs import SidebookTab, wish
from benchmarks.wire import Answer, Line

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
MEASURES = sorted(
    file.stem for file in FOLDER.glob("*.py") if "def measure()" in file.read_text("utf-8")
)


@pytest.mark.parametrize("name", MEASURES)
def test_a_benchmark_can_be_run_alone(name):
    assert callable(import_module(f"benchmarks.{name}").measure)
    assert 'if __name__ == "__main__":\n    main(measure)' in (FOLDER / f"{name}.py").read_text()


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", MEASURES)
def test_a_benchmark_measures_and_writes_nothing_when_it_is_run_alone(name):
    """Each takes as long as in `./run bench`; its figures, of whatever machine, decide nothing."""
    results = (FOLDER / "results.md").read_text(encoding="utf-8")
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "benchmarks.report.NotHere:" in ran.stderr:
        pytest.skip(ran.stderr.strip().splitlines()[-1])
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert ran.stdout.startswith("## ")
    assert "\nIn short: " in ran.stdout
    assert (FOLDER / "results.md").read_text(encoding="utf-8") == results


def test_the_two_tabs_are_played_in_every_order():
    orders = list(import_module("benchmarks.two_tabs").orders(5))
    assert len(orders) == len(set(orders)) == 252
    assert all(sorted(order) == [0] * 5 + [1] * 5 for order in orders)


def test_the_peers_are_pinned_without_an_address():
    lines = (FOLDER / "peers" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    ours = set(
        re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    )
    pinned = {line.partition("==")[0] for line in named if "==" in line}
    loose = {line.split("[")[0] for line in named if "==" not in line} - ours
    assert pinned
    assert not loose, "Pin it: a peer of another version is another peer."
    assert not pinned & ours, "Pinned twice; of two versions neither can be installed."
    assert not any("://" in line for line in lines)


def test_an_unknown_benchmark_is_told_with_those_there_are():
    with pytest.raises(SystemExit) as told:
        main(["speed"])
    listed = str(told.value).removesuffix(".").split("There are: ")[1].split(", ")
    assert sorted(listed) == MEASURES


def test_a_chromium_that_is_missing_is_told_and_costs_no_other_benchmark(monkeypatch):
    chromium = import_module("benchmarks.chromium")
    monkeypatch.delenv("E2E_CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "CHROMIUMS", ())
    with pytest.raises(NotHere, match="apt install chromium"):
        chromium._path(own="/nowhere/chromium")
    monkeypatch.setattr("benchmarks.__main__.measured", chromium._path)
    with pytest.raises(SystemExit, match=r"page was not measured: .*\nclaims was not measured"):
        main(["page", "claims"])


def test_a_command_that_fails_is_told_by_its_last_words():
    run_command = import_module("benchmarks.lighthouse")._run
    says = "import sys; print('why', file=sys.stderr); sys.exit(3)"
    with pytest.raises(NotHere, match="failed: why"):
        run_command([sys.executable, "-c", says], {}, 60)


def test_the_stopwatch_leaves_nothing_behind():
    before = Connection.execute
    with import_module("benchmarks.stopwatch").watching():
        assert Connection.execute is not before
    assert Connection.execute is before


def test_a_time_that_was_sold_twice_in_one_round_is_said():
    rows = [["Sidebook", "200", "1 2 1", "0.1", "0.2 (0.1 to 0.3)"]]
    assert "1 2 1" in import_module("benchmarks.one_slot")._short(rows)


def test_the_results_have_a_table_for_each_of_them():
    results = (FOLDER / "results.md").read_text(encoding="utf-8")
    assert "not measured yet" not in results
    assert len(re.findall(r"^## ", results, re.MULTILINE)) == len(MEASURES)
    assert results.count("\n| --- |") == len(MEASURES) + 2


def test_a_goal_is_read_back_as_it_was_written():
    goals = [
        Goal.at_most("CPU ÷ floor, in process", 2.8, 2.84, 1),
        Goal.at_least("bookings a second", 1.2, 1.19),
    ]
    written = (
        Section("A table", "Asked. Goal: all.", ["a"], goals=goals).markdown().removeprefix("## ")
    )
    assert goals_in(written) == [
        ("CPU ÷ floor, in process", "≤ 2.8", "2.8", "met"),
        ("bookings a second", "≥ 1.2", "1.19", "missed"),
    ]
    assert "| bookings a second | ≥ 1.2 | 1.19 | missed | A table |" in goals_overview([written])


def test_a_full_diary_leaves_one_half_hour_of_a_day():
    taken = import_module("benchmarks.full_diary").TAKEN
    with in_process(shop=shop_of(staff=2)) as app:
        fill_the_diary(engine_of(app), 2, days=3, taken=taken)
        with engine_of(app).connect() as connection:
            counts = [
                connection.scalar(text(f"SELECT count(*) FROM booking_{table}"))
                for table in ("booking", "claim")
            ]
    assert counts == [3 * 2 * 19, 3 * 2 * 19 * 6]


def test_who_is_told_that_a_server_is_busy_is_counted_and_keeps_what_was_shown():
    tab = SidebookTab(Line("http://127.0.0.1:1"), wish(0, "Ada", 0), "")
    shown, busy = (
        Answer(status, {}, b'<section data-step="time">', 0, 0, 0.1) for status in (200, 503)
    )
    tab._show(shown)
    tab._show(busy)
    assert (tab.step, tab.shown) == ("time", shown)
    assert Figures(answers=[shown, busy]).busy() == 0.5
