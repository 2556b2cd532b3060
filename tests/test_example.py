"""examples/quote, as somebody at a browser meets it; tests/test_wheel.py runs its own tests."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from examples.quote import create_app
from tests.conftest import served
from tests.fixtures.axe import violations_by_day_and_night
from tests.fixtures.browsers import intercept, until

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def live_server(tmp_path):
    with served(create_app(f"sqlite:///{tmp_path}/quote.db")) as server:
        yield server


def shown(page: Page, title: str) -> Page:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert violations_by_day_and_night(page) == []
    return page


def go_on(page: Page, title: str, press: str = "Go on", **fields: str) -> Page:
    """Fill in a step with the keyboard alone, and come to the next one."""
    for label, text in fields.items():
        page.get_by_label(re.compile(label.replace("_", ".?"))).focus()
        page.keyboard.type(text)
    page.get_by_role("button", name=press, exact=True).focus()
    page.keyboard.press("Enter")
    return shown(page, title)


@pytest.mark.browser
def test_five_steps_beside_another_tab_that_sees_the_basket(page_of):
    one, two = page_of("/"), page_of("/")
    shown(one, "Your car")
    go_on(one, "Your car", Which_car="VW Golf", Built="1066", What_is_it_worth="9000")
    expect(one.get_by_label("Built in")).to_have_value("1066")
    expect(one.get_by_label("Which car")).to_have_value("VW Golf")
    one.get_by_label("Built in").fill("2015")
    go_on(one, "Who drives")
    go_on(one, "Cover", Name="Ada", Born="1980")
    one.get_by_text("Full: also").click()
    expect(one.locator("output")).to_have_text("500 €")  # said by the script
    one.reload()
    shown(one, "Cover")
    one.get_by_text("Full: also").click()
    one.get_by_role("button", name="Keep it in the basket").click()
    kept = "VW Golf, full, excess 300 €: 500"
    expect(one.locator("#basket li")).to_contain_text(kept)
    expect(two.locator("#basket li")).to_contain_text(kept)
    shown(two, "Your car")  # its own quote is as it was

    go_on(one, "Log in")
    go_on(one, "Review", "Log in", E_mail_address="ada@example.org", Password="correct horse")
    expect(two.locator("#basket li")).to_contain_text(kept)
    one.go_back()
    shown(one, "Cover")
    one.go_forward()
    shown(one, "Review")
    go_on(one, "You are insured", "Take out this insurance")
    one.get_by_role("button", name="Log out").click()
    shown(one, "Your car")
    expect(one.locator("#basket li")).to_have_count(0)
    expect(two.locator("#basket li")).to_have_count(0)


@pytest.mark.browser
def test_what_is_removed_is_gone_at_once_and_back_where_that_failed(page_of, complaints):
    page = page_of("/")
    shown(page, "Your car")
    go_on(page, "Who drives", Which_car="VW Golf", Built="2015", What_is_it_worth="9000")
    go_on(page, "Cover", Name="Ada", Born="1980")
    page.get_by_text("Full: also").click()
    page.get_by_role("button", name="Keep it in the basket").click()
    row, held = page.locator("#basket li"), []

    def hold(route: Route) -> None:
        held.append(route)

    expect(row).to_be_visible()
    intercept(page, "**/removal", hold)
    row.get_by_role("button").click()
    expect(row).to_be_hidden()
    until(page, lambda: held)
    held[0].abort()
    expect(row).to_be_visible()
    page.close()
    complaints.clear()  # that the network failed


BLOCK = re.compile(
    r"^```\w+\n(?:#|//|<!--) (?P<file>[\w./]+)(?: -->)?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def test_the_tutorial_prints_the_example_as_it_is():
    tutorial = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    blocks = [*BLOCK.finditer(tutorial)]
    assert len(blocks) == len(re.findall(r"^```(?!$|\n)(?!sh)\w+$", tutorial, re.MULTILINE)) > 10
    wrong = [
        block["text"]
        for block in blocks
        if block["text"] not in (ROOT / "examples/quote" / block["file"]).read_text("utf-8")
    ]
    assert wrong == []
