"""Orders that begin alike are walked once as far as they do: 922 steps instead of 2,520."""

import sqlite3
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile

from flask import Flask

from booking.testing import TabClient
from tests.customer_walkthrough.visits import ADA, BEN, STEPS, take
from tests.fixtures.sqlite_files import copy, file_of

VISITS = {"A": ADA, "B": BEN}


@dataclass
class Moment:
    """What there is after some turns: all that the database holds, and both tabs."""

    database: sqlite3.Connection  # in memory
    tabs: dict[str, TabClient]


class Beginnings:
    """The moments of the order that was walked last; the next one goes on where the two part.

    Whichever order comes next, it stands where its own first turns would have led it.
    """

    def __init__(self, app: Flask) -> None:
        self.file = file_of(app)
        first = TabClient(app, "/book/")
        self.walked, self.moments = "", []
        self.keep({"A": first, "B": first.new_tab("/book/")})

    def walk(self, order: str) -> dict[str, TabClient]:
        """Take all turns of this order, and return its tabs."""
        both = zip(self.walked, order, strict=False)
        alike = len(list(takewhile(lambda turns: turns[0] == turns[1], both)))
        self.forget_after(alike)
        copy(self.moments[-1].database, self.file)
        for turn in order[alike:]:
            tabs = self.moments[-1].tabs
            tab = another(tabs[turn])
            take(tab, VISITS[turn], STEPS[self.walked.count(turn)])
            self.walked += turn
            self.keep(tabs | {turn: tab})
        return self.moments[-1].tabs

    def keep(self, tabs: dict[str, TabClient]) -> None:
        database = sqlite3.connect(":memory:")
        copy(self.file, database)
        self.moments.append(Moment(database, tabs))

    def forget_after(self, turns: int) -> None:
        for moment in self.moments[turns + 1 :]:
            moment.database.close()
        del self.moments[turns + 1 :]
        self.walked = self.walked[:turns]

    def close(self) -> None:
        self.forget_after(-1)


def another(tab: TabClient) -> TabClient:
    """The same tab, to be walked on with while this one stays where it is."""
    shared = (tab.client, tab.response)
    return deepcopy(tab, {id(each): each for each in shared})
