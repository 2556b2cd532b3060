"""The free times while they are looked at: what the page stands on besides the tab's own answers.

It is what the calendar shows, and not the rows that this is made of: so a hold that runs out is a
change, and one that is made longer is none. One statement tells it.
"""

import hashlib
import json
from datetime import date
from typing import Any

from flask import g

from booking.customer.wizard.state import BookingDraft, WizardState, required, state_in
from booking.scheduling.clock import day_interval
from booking.storage.catalogue import last_seen, read_catalogue
from booking.storage.live import look
from booking.tab_sessions import TabSession, live_stamp
from booking.web import urls

from .calendar import Calendar, Search

_MOST = 256
# By minute and a digest of what it was made of, which tells whose tab holds what, and may be long.
_known: dict[tuple[int, bytes], str] = {}

Standing = list[Any]
"""Values that JSON takes: as long as they are equal, the page shows the same times."""


def search_in(wizard: WizardState) -> Search:
    """Return the wizard's search for a time."""
    page = urls.address("time")
    addresses = f"{page}?", f"{page}/form?"
    return Search(wizard.diary(), wizard.zone, wizard.shop_zone, wizard.draft.start, addresses)


def stands_on(tab: TabSession, day: date | None, month: date | None) -> Standing | None:
    """Return what the times of that day, in that month (its first), stand on now; None of none.

    What was read for it is left for the view, should that have to run.
    """
    for catalogue in last_seen, read_catalogue:
        wizard = state_in(catalogue(tab.session), tab, BookingDraft.of(tab.data))
        if tab.state == "completed" or not wizard.candidates:
            continue
        if shown := _shown(wizard, day, month):
            g.looked = wizard
            return shown
    return None


def _standing(wizard: WizardState, picture: str) -> Standing:
    """Return what these times stand on: the business, the tab's own hold, what is free."""
    return [wizard.catalogue.token, _held(wizard), picture]


def _picture(shown: list[Any]) -> str:
    """A digest: of a month with ten people, what is free is a hundred thousand letters."""
    return _digest(json.dumps(shown)).hex()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _held(wizard: WizardState) -> str:
    own = wizard.tab_hold
    return "" if own is None else "over" if own.is_over(wizard.tab.now) else "held"


def live(wizard: WizardState, shown: Calendar) -> dict[str, str]:
    """Return what the page asks again by: the address of these times, and the stamp they have."""
    stamp = live_stamp(wizard.tab, _standing(wizard, _picture(shown.shown)))
    return {"address": shown.address, "stamp": stamp}


def _shown(wizard: WizardState, day: date | None, month: date | None) -> Standing | None:
    """Read the month in one statement; None where the business is another by now."""
    wizard.tab_hold = None  # it comes with all else
    unread, own_hold = search_in(wizard), wizard.tab.key if wizard.draft.slot else None
    near = unread.asked_for(day, month) or unread.near(wizard.draft.start)
    first, last = unread.month_of(near)
    span = day_interval(first, wizard.zone)[0], day_interval(last, wizard.zone)[1]
    found = look(unread.diary, span, tab_key=own_hold)
    if found is None:
        return None
    wizard.looked, read = found
    wizard.tab_hold = wizard.looked.own
    made_of = repr((near, day, month, wizard.zone, _who(wizard), _held(wizard), read))
    return _standing(wizard, _kept(made_of, wizard, day, month))


def _who(wizard: WizardState) -> tuple[int, ...]:
    return required(wizard.service).id, *(member.id for member in wizard.candidates)


def _minute(wizard: WizardState) -> int:
    """The minute that counts: the current one is over for whoever books."""
    return -(-int(wizard.tab.now.timestamp()) // 60)


def _kept(made_of: str, wizard: WizardState, day: date | None, month: date | None) -> str:
    """The picture that the calendar shows, worked out once a minute for all who look at it."""
    key = minute, _ = _minute(wizard), _digest(made_of)
    if (known := _known.get(key)) is not None:
        return known
    calendar = Calendar.of(search_in(wizard), day, month, None)
    picture = _picture(calendar.shown)
    # Else another month was looked at as well, of which the rows tell nothing.
    if calendar.slots and len(calendar.search.diary.looked) == 1:
        _known[key] = picture
        over = [other for other in [*_known] if other[0] != minute]
        for other in over or [*_known][:-_MOST]:
            _known.pop(other, None)
    return picture
