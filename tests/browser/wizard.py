"""The wizard as somebody in front of a browser walks through it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from booking.testing import TabClient
from tests.conftest import LiveServer
from tests.customer_walkthrough import visits
from tests.customer_walkthrough.visits import STEPS, Visit, bookings_in

IN_TWO_DAYS = datetime.now(UTC).date() + timedelta(days=2)  # the same to the end of the run
KEPT_UNDER = "tab-session /book/"
BEGIN_WITH = """if (location.pathname.startsWith("/book/") && !sessionStorage.getItem("{key}"))
  sessionStorage.setItem("{key}", "{id}");"""
NEXT = dict(zip(STEPS, (*STEPS[1:], "done"), strict=True))


def at(page: Page, step: str) -> None:
    """The page shows that step, or will in a moment."""
    expect(page.locator("#step")).to_have_attribute("data-step", step)


def tab_on(
    context: BrowserContext, server: LiveServer, step: str, visit: Visit, *, query: str = ""
) -> Page:
    """A new tab that stands on a step with the visit's answers before it.

    They were given without a browser, by a tab whose id this one has from the beginning. A test
    that is about the way there, or goes back on it, takes the steps itself: `walk`.
    """
    walked = TabClient(server.app, "/book/")
    for each in STEPS:
        if each == step:
            break
        if each == "time":
            walked.open(f"time?day={IN_TWO_DAYS}")
        visits.take(walked, replace(visit, start=f"{IN_TWO_DAYS}{hour(visit)}"), each)
    page = context.new_page()
    page.add_init_script(BEGIN_WITH.format(key=KEPT_UNDER, id=walked.id))
    page.goto(f"{server.url}/book/{step}{query}")
    at(page, step)
    return page


def take(page: Page, visit: Visit, step: str) -> None:
    """Turn to the tab, answer one step, and arrive at the next."""
    page.bring_to_front()
    at(page, step)
    answer(page, visit, step)
    go_on(page)
    at(page, NEXT[step])


def walk(page: Page, visit: Visit, until: str = "done") -> None:
    """From the first step up to (not including) that one."""
    for step in STEPS:
        if step == until:
            break
        take(page, visit, step)
    at(page, until)


def answer(page: Page, visit: Visit, step: str) -> None:
    """Choose or type what the visit wants; nothing is sent."""
    page.bring_to_front()  # behind another tab Chromium draws once a second, and a click waits
    if step in ("service", "staff"):
        page.locator(f"[name={step}][value={getattr(visit, step)}]").check()
    elif step == "time":
        open_later_day(page)
        page.locator(f"[name=slot][value$='{hour(visit)}']").check()
    elif step == "details":
        for name, value in visit.answer("details").items():
            fill(page, name, value)


def go_on(page: Page) -> None:
    """Press the button that goes on."""
    page.bring_to_front()
    page.locator("#step .sb-actions button[type=submit]").click()


def answer_in_the_demo(page: Page, step: str) -> None:
    """Answer a step of the demo business, and go on."""
    if step == "service":
        page.locator("[name=service][value=video-coaching]").check()
    elif step == "staff":
        page.locator("[name=staff][value=any]").check()
    elif step == "time":
        page.locator("#times [name=slot]").first.check()
    elif step == "details":
        page.locator("[name=name]").fill("Ada Lovelace")
        page.locator("[name=email]").fill("ada@example.com")
        page.locator("[name=phone]").fill("+351 912 345 678")
        page.locator("[name=question_call]").first.check()
    go_on(page)


def fill(page: Page, name: str, value: str) -> None:
    """Type into a field, or choose among its radio buttons."""
    field = page.locator(f"[name={name}]")
    if field.first.get_attribute("type") == "radio":
        page.locator(f"[name={name}][value='{value}']").check()
    else:
        field.fill(value)


def open_later_day(page: Page) -> None:
    """Another day than the one that is shown, which may be today: today's times run away."""
    free = page.locator("a.sb-day-free")
    if not free.count():
        month = page.locator("#month").inner_text()
        page.locator("#next-month").click()
        expect(page.locator("#month")).not_to_have_text(month)
    day = free.first.get_attribute("id")
    free.first.click()
    expect(page.locator(f"#{day}")).to_have_attribute("aria-current", "true")


def hour(visit: Visit) -> str:
    """The time of the visit on whatever day: 'T09:30Z'."""
    return visit.start[10:]


def booked(page: Page, visit: Visit) -> tuple[str, Visit]:
    """The reference on the page, and the visit on the day that the page says."""
    at(page, "done")
    shown = page.locator("#step")
    start = shown.get_attribute("data-booking-start").replace(":00Z", "Z")
    return shown.get_attribute("data-booking-reference"), replace(visit, start=start)


def assert_booked(app: Flask, visits: dict[Page, Visit]) -> None:
    """Each page shows the booking of its visit, and nothing else was booked."""
    shown = dict(booked(page, visit) for page, visit in visits.items())
    assert bookings_in(app) == shown
    hours = sorted(hour(visit) for visit in visits.values())
    assert sorted(hour(visit) for visit in shown.values()) == hours
