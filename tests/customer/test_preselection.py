"""A link may choose the service and the person, but never changes an answer by itself."""

import pytest

from booking.testing import TabClient
from tests.customer.walks import at_details, chosen, notice, text

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_link_answers_the_first_questions_of_an_empty_draft(app):
    assert TabClient(app, "/book/?service=long").step == "staff"
    tab = TabClient(app, "/book/?service=long&staff=ben")
    assert (tab.step, tab.url) == ("time", "/book/time")
    assert "Long visit" in text(tab)
    assert chosen(tab.open("staff"), "staff") == "ben"


def test_looking_at_the_link_writes_nothing(app, rows):
    headers = {"Tab-Session": "A" * 43, "HX-Request": "true"}
    answer = app.test_client().get("/book/form?service=long", headers=headers)
    assert "data-submit-on-load" in answer.text
    assert rows()["tabs"] == 0


def test_a_person_alone_waits_for_the_service(app):
    tab = TabClient(app, "/book/?staff=ben")
    assert tab.step == "service"
    assert "Ben offers: Short visit, Long visit" in notice(tab)
    assert tab.submit(service="short").step == "time"


@pytest.mark.parametrize("query", ["service=nothing", "staff=nobody", "service=\x00&staff=%ff"])
def test_an_unknown_name_is_ignored_with_a_message(app, query):
    tab = TabClient(app, f"/book/?{query}")
    assert (tab.status, tab.step) == (200, "service")
    assert "The link you followed names" in notice(tab)
    assert chosen(tab, "service") is None


def test_an_unknown_person_is_told_before_the_service_is_taken(app):
    """A form that sent itself would take the message away before anybody read it."""
    tab = TabClient(app, "/book/?service=long&staff=nobody")
    assert (tab.step, chosen(tab, "service")) == ("service", "long")
    assert "names someone who cannot be booked" in notice(tab)
    assert tab.submit().step == "staff"


def test_anyone_is_an_answer_a_link_may_bring(app):
    assert TabClient(app, "/book/?service=long&staff=any").step == "time"
    tab = TabClient(app, "/book/?staff=any")
    assert (tab.step, notice(tab)) == ("service", "")
    assert tab.submit(service="short").step == "time"


def test_the_same_answer_again_changes_nothing(app):
    tab = at_details(app, service="short", staff="ana").open("?service=short&staff=ana")
    assert tab.step == "details"
    assert notice(tab) == ""


def test_another_answer_is_offered_and_not_taken(app):
    tab = at_details(app, service="short", staff="ana").open("?service=long")
    assert tab.step == "details"
    assert "you are booking Short visit" in notice(tab)
    tab.click("Change to Long visit")
    assert (tab.step, chosen(tab, "service")) == ("service", "long")
    assert tab.refresh().step == "service"
    assert chosen(tab, "service") == "long"
    assert tab.submit().step == "details"
    assert "Long visit" in text(tab)


def test_another_person_is_offered_and_not_taken(app):
    tab = at_details(app, service="short", staff="ana").open("?service=short&staff=ben")
    assert tab.step == "details"
    tab.click("Change to Ben")
    assert (tab.step, chosen(tab, "staff")) == ("staff", "ben")
    assert chosen(tab.open("staff"), "staff") == "ana"
