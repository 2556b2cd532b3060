"""Far more customers at once than there are threads: how long they wait, and who is sent away."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial

from benchmarks.contenders import Shop, django_appointment, formtools_plain, sidebook
from benchmarks.desk import Figures, desk, rush, turn
from benchmarks.report import Section, main, middle, spread
from benchmarks.servers import SETTINGS
from benchmarks.sizes import size

ROUNDS, SECONDS = size(1, 3), 30
CUSTOMERS = 64
SYSTEMS: dict[str, Callable[[], AbstractContextManager[Shop]]] = {
    "Sidebook, SQLite": sidebook,
    "Sidebook, PostgreSQL": partial(sidebook, "PostgreSQL"),
    "formtools, one address, SQLite": formtools_plain,
    "django-appointment, SQLite": django_appointment,
}


def measure() -> Section:
    """All shops open, each with its own queue in turn."""
    section = Section(
        "Under a queue",
        f"{CUSTOMERS} customers at once book for {SECONDS} s, one appointment after the other. "
        "Goal: nobody is told 503, and the slowest hundredth of the steps waits at most 5 s.",
        ["system", "bookings/s", "p50 of a step, ms", "p95, ms", "p99, ms", "told 5xx"],
    )
    figures = {name: Figures(is_timing=False) for name in SYSTEMS}
    with ExitStack() as stack:
        shops = {name: stack.enter_context(shop()) for name, shop in SYSTEMS.items()}
        books = {name: desk(shop, figures[name]) for name, shop in shops.items()}
        for name, shop in shops.items():
            turn(shop.server, books[name], Figures(), 8, 16)  # warm
            figures[name].is_timing = True
        for _ in range(ROUNDS):
            for name, shop in shops.items():
                rush(shop.server, books[name], figures[name], CUSTOMERS, SECONDS)
    section.rows = [_row(name, one) for name, one in figures.items()]
    section.short = "bookings a second and the p99 of a step: " + "; ".join(
        f"{name} {middle(rate)} and {p99} ms, {busy} told 5xx"
        for name, rate, _, _, p99, busy in section.rows
    )
    section.notes = [
        (
            f"{ROUNDS} turns of {SECONDS} s, {SETTINGS}: eight are served at once, so a step's "
            "time is mostly that of the seven customers who are ahead for each that is served."
        ),
        (
            "Told 5xx: the share of all answers; whoever gets one sends the same once more. A "
            "step's time runs until the next step is shown, and the customer thinks for no moment."
        ),
        (
            "What it does not show: a queue longer than the server's backlog, a proxy before it, "
            "customers with time to read. formtools looks up no free times, guards none and holds "
            "none. The customers share the processors with the servers."
        ),
    ]
    return section


def _row(name: str, one: Figures) -> list[str]:
    waited = [f"{one.quantile(percent):.0f}" for percent in (50, 95, 99)]
    return [name, spread(one.per_second[CUSTOMERS], 1), *waited, f"{one.busy():.2%}"]


if __name__ == "__main__":
    main(measure)
