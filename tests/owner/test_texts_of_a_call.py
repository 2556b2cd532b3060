"""Everything that is said while somebody books for a caller is a message."""

import re
from datetime import timedelta

from booking.i18n import speaking
from tests.i18n.test_every_text_is_marked import MARKS, OPEN, offences
from tests.owner.test_booking_for_a_caller import NEW, TEN, calls, held

__all__ = ["calls"]
TYPED = (
    *("Short visit", "Long visit", "Ana", "Ben", "Owner", "Test Shop"),
    *("Zoë Ω", "zoe@example.com", "+351 912 345 678", "€20", "€45"),
    *("English", "Deutsch"),  # a language is called what it calls itself
)


def test_on_every_screen_of_a_call(calls, shop):
    shop.appointment(TEN + timedelta(weeks=1))
    pages = []

    def seen(tab):
        pages.append((tab.url, without_what_was_typed(str(tab.page))))
        return tab

    with speaking(MARKS):
        tab = seen(calls())
        seen(tab.submit("#service-form"))
        seen(tab.submit("#service-form", service="short", staff="ana"))
        seen(tab.submit("#day-form", day=""))
        tab.submit("#day-form", day="2026-03-03")
        seen(tab.submit("#time-form"))
        seen(tab.submit("#clock-form", clock="12:10"))
        seen(tab.submit("#clock-form", clock="07:00"))
        tab.submit("#time-form", slot="2026-03-03T10:00:00Z")
        seen(tab.submit("#who", name="", times="x", weeks="2"))
        seen(tab.submit(".sb-new-find", q="zo"))
        seen(tab.submit(".sb-new-find", q="nobody at all"))
        seen(tab.submit("#who", name="Zoë Ω", times="30", weeks="1"))
        seen(tab.post(f"{NEW}/dates", call="0"))
        tab.submit("#dates-form")
        seen(tab.open(tab.url))
        seen(tab.open(NEW))
        seen(held(calls(), "2026-03-03T15:00:00Z"))
    assert all(OPEN in html for _, html in pages)
    assert offences(pages) == set()


def without_what_was_typed(html: str) -> str:
    for typed in TYPED:
        html = html.replace(typed, "")
    reference = r"\b[34679CDFGHJKMNPQRTVWXY]{8}\b"
    return re.sub(rf"{reference}|owner-x@example\.com|nobody at all", "", html)
