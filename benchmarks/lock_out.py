"""How much of a shop somebody can keep from everybody else by holding times that are never booked.

In one process, each attempt a tab of its own; addresses are made up by X-Forwarded-For. Run it in a
checkout of an older version for what was possible there.
"""

import re
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

from bs4 import BeautifulSoup
from flask import Flask

from benchmarks.contenders import DEMO, engine_of
from benchmarks.places import sqlite_file
from benchmarks.report import Section, main
from benchmarks.sizes import size
from booking import create_app

with suppress(ImportError):  # an older version asks for none
    from booking.testing import sums

WEEKS = size(1, 8)
WITHOUT_END = 70  # refusals one after the other: whoever attacks gives up
SHOP = """
[shop]
name = "Two people"
zone = "UTC"
phone = "+351 21 000 00 00"
email = "two@example.com"
[[services]]
slug = "visit"
name = "Visit"
duration = "45 min"
buffer_after = "10 min"
booking_window = "9 weeks"
[[staff]]
slug = "ann"
name = "Ann"
offers = ["visit"]
hours.mon-sun = ["08:00-20:00"]
[[staff]]
slug = "ben"
name = "Ben"
offers = ["visit"]
hours.mon-sun = ["08:00-20:00"]
"""
SLOT = re.compile(r'name="slot" value="([^"]+)"')


def of_one_network() -> Iterator[str]:
    """Each address is in another /56 of one /48."""
    return (f"2001:db8:1:{number % 256:02x}{number // 256:02x}::1" for number in count(1))


def from_anywhere() -> Iterator[str]:
    """Each address lies in a network of its own."""
    return (f"2001:{number:x}:1::1" for number in count(0xDB9))


@dataclass
class Attack:
    """Who holds whatever can be held, one tab for each time, from address to address."""

    app: Flask
    service: str
    addresses: Iterator[str]
    address: str = ""
    used: int = 0
    sums: int = 0
    refused: int = 0

    def go_on(self) -> None:
        self.address = next(self.addresses)
        self.used += 1

    def hold(self, slot: str) -> str:
        """held, over (not held for anybody), taken or refused."""
        tab = Tab(self.app, self.address)
        tab.send("service", service=self.service)
        tab.send("staff", staff="any")
        status, body = tab.send("time", slot=slot)
        if status == 428:
            self.sums += 1
            page = BeautifulSoup(body, "html.parser")
            done = sums.done(sums.asked(page))
            status, body = tab.send("time", slot=slot, proof=done)
        if status == 200:
            return "over" if "hold-over" in body else "held"
        return "refused" if status == 429 else "taken"

    def fill(self, slots: list[str]) -> None:
        """Hold each of these, with everybody who can be had, until nothing more is to be had."""
        for slot in slots:
            while (outcome := self.hold(slot)) in ("held", "refused"):
                self.refused = self.refused + 1 if outcome == "refused" else 0
                if outcome == "refused":
                    self.go_on()
                if self.refused == WITHOUT_END:
                    raise StopIteration


class Tab:
    """Somebody's tab, as far as an attacker needs one."""

    def __init__(self, app: Flask, address: str) -> None:
        self.client = app.test_client()
        self.headers = {
            "Tab-Session": secrets.token_urlsafe(32),
            "HX-Request": "true",
            "X-Forwarded-For": address,
        }

    def send(self, step: str, **fields: str) -> tuple[int, str]:
        answer = self.client.post(f"/book/{step}/form", data=fields, headers=self.headers)
        return answer.status_code, answer.text

    def slots(self, day: date) -> list[str]:
        answer = self.client.get(f"/book/time/form?day={day}", headers=self.headers)
        return [one for one in SLOT.findall(answer.text) if one.startswith(f"{day}T")]


def free(app: Flask, service: str, days: list[date]) -> dict[date, list[str]]:
    """What somebody else is offered on each of these days."""
    tab = Tab(app, "198.51.100.7")
    tab.send("service", service=service)
    tab.send("staff", staff="any")
    return {day: tab.slots(day) for day in days}


def apart(slots: list[str], minutes: int) -> list[str]:
    """Of these the first, and each that is as far from the one before as an appointment takes."""
    kept: list[str] = []
    for slot in slots:
        if not kept or moment(slot) - moment(kept[-1]) >= timedelta(minutes=minutes):
            kept.append(slot)
    return kept


def moment(slot: str) -> datetime:
    return datetime.fromisoformat(slot)


def attacked(
    shop: Path, service: str, minutes: int, days: list[date], where: Iterator[str]
) -> list:
    with sqlite_file() as url:
        app = create_app({"BOOKING_DATABASE_URL": url, "BOOKING_TRUSTED_PROXIES": 1})
        loaded = app.test_cli_runner().invoke(args=["booking", "load", str(shop)])
        assert loaded.exit_code == 0, loaded.output
        before = free(app, service, days)
        attack, began = Attack(app, service, where), time.monotonic()
        attack.go_on()
        with suppress(StopIteration):
            for day in days:
                attack.fill(apart(before[day], minutes))
        took = time.monotonic() - began
        after = free(app, service, days)
        left = sum(map(len, after.values())) / sum(map(len, before.values()))
        engine_of(app).dispose()
        return [str(attack.used), str(attack.sums), f"{took:.0f}", f"{left:.0%}"]


def measure() -> Section:
    """One day and several weeks, of a shop of two and of the demo, by one network and by many."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    weeks = [tomorrow + timedelta(days=number) for number in range(7 * WEEKS)]
    thursday = next(day for day in weeks if day.weekday() == 3)
    spans = {"a day": [thursday], f"{WEEKS} weeks": weeks}
    wheres = {"one /48": of_one_network, "anywhere": from_anywhere}
    section = Section(
        "A lock-out",
        "Somebody holds every time and books none. Goal: nobody can keep all times from others.",
        ["shop", "of it", "from", "addresses", "sums done", "seconds", "times left to others"],
    )
    with tempfile.TemporaryDirectory() as folder:
        two = Path(folder, "shop.toml")
        two.write_text(SHOP)
        for name, shop, service, minutes in (
            ("two people, 12 h each", two, "visit", 60),
            ("the demo", DEMO, "physiotherapy", 60),
        ):
            for span, days in spans.items():
                for label, where in wheres.items():
                    took = attacked(shop, service, minutes, days, where())
                    section.rows.append([name, span, label, *took])
                    print(*section.rows[-1], sep=" | ", file=sys.stderr, flush=True)
    least = min(int(row[-1].rstrip("%")) for row in section.rows)
    section.short = f"at the worst {least} % of the times were left to others"
    section.notes = [
        (
            f"An address is given up at its first refusal; after {WITHOUT_END} refusals in a row "
            "the attack is. A sum takes this script longer than a browser's."
        ),
        "What it does not show: times that are booked, which the owner sees and cancels.",
    ]
    return section


if __name__ == "__main__":
    main(measure)
