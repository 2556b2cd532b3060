"""The same app behind gunicorn and behind Granian."""

from contextlib import ExitStack
from importlib.util import find_spec

from benchmarks.contenders import sidebook
from benchmarks.desk import Figures, desk, turn
from benchmarks.report import NotHere, Section, main, middle, ratios, spread
from benchmarks.servers import SETTINGS, granian, gunicorn
from benchmarks.sizes import size

ROUNDS, BOOKINGS = size(5, 15), size(48, 96)
CUSTOMERS = (1, 8, 64)
SERVERS = {"gunicorn": gunicorn, "Granian": granian}


def measure() -> Section:
    """Whole bookings in turns, by one customer, by eight and by sixty-four."""
    if find_spec("granian") is None:
        raise NotHere("there is no Granian; `./run bench` installs it")
    section = Section(
        "Granian beside gunicorn",
        "Whole bookings over SQLite, the same app and settings behind both. Goal: the docs name "
        "the one that is better for customers.",
        [
            "server",
            *(f"per second, {customers} at once" for customers in CUSTOMERS),
            "CPU of a booking, ms",
            "÷ gunicorn",
            "p50 / p95 / p99 of a step, ms",
        ],
    )
    figures = {name: Figures(is_timing=False) for name in SERVERS}
    with ExitStack() as stack:
        shops = {
            name: stack.enter_context(sidebook(start=start)) for name, start in SERVERS.items()
        }
        books = {name: desk(shop, figures[name]) for name, shop in shops.items()}
        for name, shop in shops.items():
            turn(shop.server, books[name], Figures(), 8, 16)  # warm
            figures[name].is_timing = True
        for _ in range(ROUNDS):
            for customers in CUSTOMERS:
                for name, shop in shops.items():
                    turn(shop.server, books[name], figures[name], customers, BOOKINGS)
    section.rows = [_row(name, one, figures["gunicorn"]) for name, one in figures.items()]
    section.short = "; ".join(
        f"{row[0]} {middle(row[2])} bookings a second at 8 customers, {middle(row[-2])} times "
        "gunicorn's CPU"
        for row in section.rows
    )
    section.notes = [
        (
            f"{ROUNDS} turns of {BOOKINGS} bookings each; {SETTINGS}, Granian with as many "
            "processes and blocking threads. CPU is the workers', whatever they do."
        ),
        (
            "What it does not show: slow clients. gunicorn hands out its client's socket, so that "
            "the wizard limits how long a whole body may take (`BOOKING_REQUEST_SECONDS`); Granian "
            "does not, and leaves that to a proxy."
        ),
    ]
    return section


def _row(name: str, one: Figures, gunicorns: Figures) -> list[str]:
    return [
        name,
        *(spread(one.per_second[customers], 1) for customers in CUSTOMERS),
        spread([1000 * seconds for seconds in one.cpu], 1),
        spread(ratios(one.cpu, gunicorns.cpu)),
        " / ".join(f"{one.quantile(percent):.0f}" for percent in (50, 95, 99)),
    ]


if __name__ == "__main__":
    main(measure)
