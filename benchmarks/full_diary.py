"""The time step and the next free day where nearly everything is taken, and a million is stored."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

from flask import Flask

from benchmarks.contenders import engine_of, in_process, shop_of
from benchmarks.places import PLACES
from benchmarks.report import Section, in_turns, main, middle, ratios, spread
from benchmarks.sizes import size
from benchmarks.stock import fill_the_diary, fill_the_past
from benchmarks.walk import Customer, send

ROUNDS, STORED = size(30, 100), 1_000_000
STAFF, DAYS = 2, 8 * 7 + 1  # today and eight weeks
TAKEN = "place != day * 7 % 20"  # of the twenty half hours of a day all but one
SHOPS = ("empty", "full")
QUESTIONS = {
    "the time step: half an hour": ("short", "/book/time/form"),
    "a full day, and the next free one": ("long", "/book/time/form?day={full}"),
    "the time step: an hour, free after eight weeks": ("long", "/book/time/form"),
}
Taken = dict[str, list[float]]


def measure() -> Section:
    """Two shops on each database, in turns."""
    section = Section(
        "A full diary",
        f"{STAFF} staff, every day of eight weeks 95 % taken, {STORED:,} bookings stored, beside "
        "an empty diary. CPU of one answer in ms, in process. Goal: the time step as in an empty "
        "diary, looking eight weeks ahead at most three times as much.",
        ["database", "question", *SHOPS, "÷ empty"],
    )
    for place in PLACES:
        with ExitStack() as stack:
            shop = shop_of(STAFF)
            apps = {name: stack.enter_context(in_process(place, shop)) for name in SHOPS}
            fill_the_diary(engine_of(apps["full"]), STAFF, DAYS, TAKEN)
            fill_the_past(engine_of(apps["full"]), STORED, STAFF, datetime.now(UTC))
            for question, asked in QUESTIONS.items():
                took = _in_turns(apps, *asked)
                section.rows.append([place, question, *_cells(took)])
    section.short = "CPU of the empty diary's and of the full one's, in ms: " + "; ".join(
        f"{row[0]}, {row[1]} {middle(row[2])} and {middle(row[3])}" for row in section.rows
    )
    section.notes = [
        (
            f"{ROUNDS} turns. An hour is free nowhere in the eight weeks, since of each day only "
            "one half hour is left: the step looks for it day by day and opens the first free one, "
            "and a full day links to it."
        ),
        "The million lies in the past, where its claims have left the table.",
        "What it does not show: PostgreSQL's own time, which is its server's; many customers.",
    ]
    return section


def _in_turns(apps: dict[str, Flask], service: str, path: str) -> Taken:
    in_ten_days = datetime.now(UTC).date() + timedelta(days=10)
    asked = path.format(full=in_ten_days)

    def ask(name: str, tab: Customer) -> float:
        seconds, body = send(apps[name], tab.asking(asked))
        page = tab.see(body).decode()
        assert ("sb-no-times" in page) == (name == "full" and asked != path), page
        return seconds

    jobs = [partial(ask, name, at_the_time(app, service)) for name, app in apps.items()]
    return dict(zip(apps, in_turns(ROUNDS, *jobs, warm=2), strict=True))


def at_the_time(app: Flask, service: str) -> Customer:
    """A tab that has to choose a time, of anybody's."""
    customer = Customer()
    for step, answer in (("service", service), ("staff", "any")):
        _, body = send(app, customer.asking(f"/book/{step}/form", {step: answer}))
        customer.see(body)
    return customer


def _cells(took: Taken) -> list[str]:
    in_ms = [spread([1000 * seconds for seconds in took[name]]) for name in SHOPS]
    return [*in_ms, spread(ratios(took["full"], took["empty"]))]


if __name__ == "__main__":
    main(measure)
