"""Each kind of letter in a real Chromium, as mail programs show it: also those that change it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from booking.operations.lost_links import ask_for_links
from booking.operations.requests import Visitor
from booking.storage.models import Booking
from tests.fixtures.axe import COLOURS, violations
from tests.fixtures.small_shop import CUSTOMER, NOW
from tests.notifications.conftest import compose_all, html_of, rows
from tests.notifications.samples import live_through

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

STANDARDS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
WITHOUT_STYLE = "document.querySelectorAll('style').forEach((each) => each.remove())"
# Of each colour its opposite, or the same hue as light as it was dark: Gmail has done both.
TURN_AROUND = """(how) => {
  const turned = {
    opposite: (colour) => colour.map((each) => 255 - each),
    lightness: (colour) => {
      const shift = 255 - Math.max(...colour) - Math.min(...colour);
      return colour.map((each) => each + shift);
    },
  }[how];
  const written = (style, name) => {
    const [red, green, blue, alpha = 1] = style[name].match(/[0-9.]+/g).map(Number);
    return alpha ? `rgb(${turned([red, green, blue]).join(" ")})` : "transparent";
  };
  const names = ["color", "background-color", "border-top-color"];
  const every = [...document.body.querySelectorAll("*"), document.body].map((each) => {
    const style = getComputedStyle(each);
    return [each, names.map((name) => written(style, name))];
  });
  for (const [each, values] of every)
    names.forEach((name, place) => each.style.setProperty(name, values[place], "important"));
}"""
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
WORDS = "document.body.innerText"


# All are made of one layout and one set of colours. What costs most is looked at with a third of
# them, and with each by `--all`.
SHARES = pytest.mark.parametrize(
    "one_of", [pytest.param(3, id="some"), pytest.param(1, id="each", marks=pytest.mark.extra)]
)


@pytest.fixture
def pages(shop, post) -> dict[str, str]:
    """The HTML of the last letter of each kind to each, and of one that comes from afar."""
    live_through(shop)
    stranger = Visitor("203.0.113.7", holds=1, bookings=1, share=50)
    tomorrow = NOW + timedelta(days=1)  # of today the address has had enough
    shop.run(ask_for_links, CUSTOMER.email, stranger, language="en", now=tomorrow)
    with shop.writing() as session:
        session.query(Booking).update({"customer_name": "W" * 60, "customer_note": "w" * 600})
    several = rows(shop)
    found = {f"{row.role} {row.kind}": row for row in several}
    afar = next(row for row in several if row.facts.get("is_online"))
    found["customer booked online"] = afar
    return dict(zip(found, map(html_of, compose_all(shop, found.values())), strict=True))


@pytest.fixture
def window(browser) -> Iterator[Page]:
    page = browser.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


@SHARES
def test_each_letter_is_accessible_and_within_its_width_by_day_and_night(window, pages, one_of):
    found = {}
    for place, (name, html) in enumerate(pages.items()):
        on_a_desk = [(DESK, "light")] * (place % one_of == 0)
        for size, scheme in ((PHONE, "light"), (PHONE, "dark"), *on_a_desk):
            window.set_viewport_size(size)
            window.emulate_media(color_scheme=scheme)
            window.set_content(html)
            rules = COLOURS if scheme == "dark" else STANDARDS
            wrong = [*violations(window, **rules), *sideways(window)]
            found |= {(name, size["width"], scheme): wrong} if wrong else {}
    assert found == {}
    assert window.asked == [], "no picture and nothing else is loaded"


@SHARES
def test_it_is_complete_without_style_and_with_its_colours_turned_around(window, pages, one_of):
    found = {}
    window.set_viewport_size(PHONE)
    for place, (name, html) in enumerate(pages.items()):
        window.set_content(html)
        words = window.evaluate(WORDS)
        window.evaluate(WITHOUT_STYLE)
        wrong = [*violations(window, **COLOURS), *sideways(window)]
        wrong += ["says less"] * (window.evaluate(WORDS) != words)
        for how in ("opposite", "lightness") if place % one_of == 0 else ():
            window.set_content(html)
            before = window.evaluate("getComputedStyle(document.body).backgroundColor")
            window.evaluate(TURN_AROUND, how)
            after = window.evaluate("getComputedStyle(document.body).backgroundColor")
            wrong += [f"{how}: {each}" for each in violations(window, **COLOURS)]
            assert before == "rgb(242, 245, 242)" != after
        found |= {name: wrong} if wrong else {}
    assert found == {}


def sideways(window: Page) -> list[str]:
    return ["sideways"] * (window.evaluate(SIDEWAYS) > 0)
