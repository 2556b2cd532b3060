"""Forms that were loaded before their fields were renamed are taken as they are."""

import pytest

from tests.customer.walks import alert, at_details, at_review, at_time, value

OLD_NAMES = {
    "answer_version": "seen",
    "details_revision": "round",
    "review_version": "answers",
    "idempotency_key": "draft",
}


def as_before(fields) -> dict[str, str]:
    return {OLD_NAMES.get(name, name): text for name, text in fields.items()}


def test_a_review_that_was_loaded_before_is_confirmed_once(app, bookings):
    tab = at_review(app)
    sent = as_before(tab.fields)
    assert {"draft", "answers"} <= set(sent)
    for _ in "again":
        tab.post("review/form", **sent)
        assert (tab.step, tab.status) == ("done", 200)
    assert len(bookings()) == 1
    tab.post("review/form", **sent | {"answers": "x"})
    assert tab.status == 409


def test_a_question_that_was_loaded_before_does_not_overwrite_a_newer_answer(app):
    tab = at_time(app)
    old = as_before(tab.open("service").fields)
    tab.submit(service="long")
    tab.post("service/form", **old | {"service": "short"})
    assert (tab.step, tab.status) == ("service", 409)
    assert "Another answer was saved meanwhile" in alert(tab)


@pytest.mark.parametrize(("round_", "kept"), [("0", "Ada"), ("1", "")])
def test_details_that_were_loaded_before_are_saved_while_somebody_types(app, round_, kept):
    tab = at_details(app)
    tab.post("details/typed", **as_before(tab.fields) | {"name": "Ada", "round": round_})
    assert value(tab.open("details"), "name") == kept


def test_a_page_that_was_loaded_before_is_left_for_one_with_todays_styles_and_scripts(app):
    tab = at_time(app)
    form = tab.open("service").fields | {"service": "long"}
    headers = {"Tab-Session": tab.id, "HX-Request": "true"}
    for fields, leaves in ((form, None), (as_before(form), "/book/time")):
        answer = tab.client.post("/book/service/form", data=fields, headers=headers)
        assert answer.status_code == 200
        assert answer.headers.get("HX-Redirect") == leaves


def test_a_field_without_a_name_answers_no_question(app):
    tab = at_time(app)
    tab.open("service")
    tab.post("service/form", **{"": "long"})
    assert tab.status == 422
