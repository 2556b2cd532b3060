"""The wizard in a layout of the host's, with Bootstrap and with Tailwind around it."""

import os
from shutil import copy

import pytest
from flask import Flask, Response, render_template
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Page

from booking import Sidebook
from tests.browser.wizard import at, take
from tests.conftest import served
from tests.customer_walkthrough.visits import ADA, STEPS
from tests.fixtures.axe import violations_by_day_and_night
from tests.fixtures.browsers import FIXTURES

pytestmark = pytest.mark.browser
SHEETS = {
    "bootstrap": FIXTURES / "bootstrap" / "bootstrap-5.3.9.min.css",
    "tailwind": FIXTURES / "tailwind" / "tailwind-3.4.19.min.css",
}
SHOTS = os.environ.get("SIDEBOOK_SHOTS")
# What the wizard looks like by itself and in a layout, of what frameworks like to change.
WHAT = ".sb-wizard :is(h1, .sb-button, p, input, label, ul, a, legend, dt, dd, th, td, svg)"
LOOKS = (
    f"() => [...document.querySelectorAll('{WHAT}')]"
    """.map((each) => {
  const style = getComputedStyle(each);
  return [each.tagName, each.className, style.fontSize, style.fontFamily, style.color,
    style.backgroundColor, style.margin, style.padding, style.textDecorationLine,
    style.borderRadius, style.display, style.lineHeight,
    style.fontWeight, style.textAlign].join(" ");
})"""
)


LAYOUT = """() => [...document.querySelectorAll("nav, nav *, footer, footer *")].map((each) => {
  const style = getComputedStyle(each);
  return [each.tagName, style.fontSize, style.fontFamily, style.color, style.backgroundColor,
    style.margin, style.padding, style.listStyleType, style.textDecorationLine].join(" ");
})"""


def app_with(look: str, url: str) -> Flask:
    app = Flask("host", root_path=str(FIXTURES.parent / "hosts" / "looks" / look))
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="x")
    SQLAlchemy(app)
    app.add_url_rule("/", "home", lambda: render_template("layout.html"))
    app.view_functions["static"] = lambda filename: Response(
        f"@layer theirs {{{SHEETS[look].read_text('utf-8')}}}", mimetype="text/css"
    )
    Sidebook(app)
    return app


@pytest.fixture
def own_page(loaded_file, tmp_path):
    """The same shop on a page of Sidebook's own."""
    app = Flask("own", root_path=str(tmp_path))
    file = copy(loaded_file, tmp_path / "own.db")
    app.config.update(SQLALCHEMY_DATABASE_URI=f"sqlite:///{file}", SECRET_KEY="x")
    SQLAlchemy(app)
    Sidebook(app)
    with served(app) as server:
        yield server


def looks_at(page: Page, url: str) -> dict[str, list[str]]:
    """What each step looks like, by day and in the dark, on the way to a booking."""
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    page.goto(url)
    seen = {}
    for step in (*STEPS, "done"):
        at(page, step)
        seen[step] = page.evaluate(LOOKS)
        page.emulate_media(color_scheme="dark")
        seen[f"{step} in the dark"] = page.evaluate(LOOKS)
        page.emulate_media(color_scheme="light")
        if SHOTS:
            shoot(page, step)
        if step in ("service", "details"):
            assert violations_by_day_and_night(page) == []
        if step != "done":
            take(page, ADA, step)
    return seen


def shoot(page: Page, step: str) -> None:
    """For one's own eyes: SIDEBOOK_SHOTS=/a/folder pytest tests/hosts/test_looks.py."""
    for size in ((390, 844), (1280, 900)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            name = f"{page.title().split()[0]}-{step}-{size[0]}-{scheme}.png"
            page.screenshot(path=f"{SHOTS}/{id(page)}-{name}")
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("look", ["bootstrap", pytest.param("tailwind", marks=pytest.mark.extra)])
def test_the_wizard_looks_in_a_hosts_layout_as_it_does_by_itself(
    look, context_of, own_page, loaded_sqlite_url
):
    by_itself = looks_at(context_of().new_page(), f"{own_page.url}/book/")
    with served(app_with(look, loaded_sqlite_url)) as server:
        page = context_of().new_page()
        page.goto(server.url)
        before = page.evaluate(LAYOUT)
        inside = looks_at(page, f"{server.url}/book/")
        assert page.evaluate(LAYOUT) == before, "the wizard's style sheet changed the layout"
        assert violations_by_day_and_night(page) == []
    for step, seen in by_itself.items():
        assert inside[step] == seen, step
