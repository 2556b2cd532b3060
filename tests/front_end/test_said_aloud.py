"""What is said to those who listen: names in order, everything once, what is wrong as wrong."""

import re

import pytest
from playwright.sync_api import expect

from tests.front_end.conftest import look_at
from tests.front_end.samples import SCENARIOS, sample

ODD = re.compile(r"\s[,.;:?!]|\S\(|[^\s(]optional$|  ")
ASKED = ["service", "staff", "time", "details"]


def names(window) -> list[str]:
    """The accessible names of all there is, as Chromium works them out."""
    tree = window.context.new_cdp_session(window).send("Accessibility.getFullAXTree")["nodes"]
    return [node["name"]["value"] for node in tree if node.get("name", {}).get("value")]


@pytest.mark.browser
def test_no_name_runs_into_another_word_or_has_a_stray_space(visit):
    window, found = visit("service"), set()
    for name in ("service", "staff", "details", "review", "time-elsewhere"):
        found |= set(names(look_at(window, name)))
    assert [each for each in found if ODD.search(each)] == []
    assert {"Phone number optional", "00:00 to 01:00, at the shop Thursday 11:00"} <= found
    expect(window.get_by_role("columnheader").first).to_have_accessible_name("Monday")


def group_of(radio):
    return radio.find_parent(attrs={"role": "radiogroup"})


@pytest.mark.parametrize("name", SCENARIOS)
def test_radio_buttons_are_a_group_that_says_what_is_required_and_wrong(soup, name):
    page = soup(name)
    optional = {each.name for each in sample("details").context["fields"] if not each.required}
    for radio in page.select("[type=radio]"):
        group, error = group_of(radio), page.find(id=f"error-{radio['name']}")
        assert group.get("aria-required") == (None if radio["name"] in optional else "true")
        assert group.get("aria-invalid") == ("true" if error else None)
        described = (group.get("aria-describedby") or "").split()
        assert not error or error["id"] in described


@pytest.mark.parametrize("step", ASKED)
def test_a_group_without_its_answer_is_wrong_in_every_step(soup, step):
    field = {"time": "slot", "details": "question_focus"}.get(step, step)
    errors = {"errors": {field: "Choose one."}}
    if step == "details":
        errors["fields"] = [
            each._replace(error="Choose one." * (each.name == field))
            for each in sample("details").context["fields"]
        ]
    page = soup(step, errors)
    assert group_of(page.select_one(f"[name={field}]"))["aria-invalid"] == "true"


@pytest.mark.parametrize("name", ["service", "staff"])
def test_what_describes_a_choice_is_said_with_it_and_not_once_more(soup, name):
    page = soup(name)
    for radio in page.select("[type=radio]"):
        about = page.find(id=radio["aria-describedby"])
        assert about["aria-hidden"] == "true"
        assert about.get_text(strip=True)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_takes_the_focus_or_is_said_by_the_announcer_is_not_live_as_well(soup, name):
    for each in soup(name).select("#problem, #step [role=status]"):
        assert each["aria-live"] == "off"
