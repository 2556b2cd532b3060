"""What is being typed into the details is saved along the way, and never gets in the way."""

import pytest
from sqlalchemy import select

from booking.tab_sessions import tab_session as tab_sessions
from booking.testing import TabClient
from tests.customer.walks import ADA, alert, at_details, at_review, at_time, notice, slots, value


def save(tab, **changes):
    """What the page sends while somebody types; the page itself stays as it is."""
    saving = tab.page.select_one("[data-quiet]")
    turn = saving["hx-vals"].split('"')[3]
    before = str(tab.page)
    tab.post("details/typed", **tab.fields | changes | {"details_revision": turn})
    assert str(tab.page) == before
    return tab


def ticked(tab, name) -> list[str]:
    return [box["value"] for box in tab.page.select(f"[name={name}][checked]")]


def test_what_was_typed_is_there_after_a_refresh_and_after_back(app):
    tab = at_details(app, service="long")
    save(tab, name="Ada Love", email="ada@", note="Two\r\nlines", question_first_visit="No")
    assert (tab.status, tab.response.text) == (204, "")
    for shown in (tab.refresh(), tab.click("Back").submit()):
        assert shown.step == "details"
        assert (value(shown, "name"), value(shown, "email")) == ("Ada Love", "ada@")
        assert value(shown, "note").split() == ["Two", "lines"]
        assert ticked(shown, "question_first_visit") == ["No"]
        assert alert(shown) == ""


def test_a_save_is_never_cached_and_changes_no_address(app):
    tab = save(at_details(app), name="Ada")
    assert tab.headers["Cache-Control"] == "no-store"
    assert not [name for name, _ in tab.headers if name.lower().startswith("hx-")]


def test_typing_answers_no_question(app, bookings):
    tab = save(at_details(app, service="short"), **ADA)
    assert tab.open("review").step == "details"
    tab.submit()
    assert tab.step == "review"


def test_what_was_typed_over_accepted_details_is_not_what_is_booked(app, bookings):
    tab = at_review(app, service="short").open("details")
    save(tab, name="Grace Hopper")
    assert value(tab.refresh(), "name") == "Grace Hopper"
    assert "typed and not sent" in notice(tab.open("review"))
    tab.submit()
    assert bookings()[0].customer_name == "Ada Lovelace"


def test_what_was_typed_and_taken_back_is_forgotten(app):
    tab = at_review(app, service="short").open("details")
    save(save(tab, name="Grace"), name="Ada Lovelace")
    tab.refresh()
    assert value(tab, "name") == "Ada Lovelace"
    tab.twin().open("details").submit(name="Mary Shelley")
    assert value(tab.refresh(), "name") == "Mary Shelley"


@pytest.mark.parametrize("sent", [ADA, ADA | {"email": "nonsense"}])
def test_a_save_that_comes_after_its_form_was_sent_does_no_harm(app, sent):
    tab = at_details(app, service="short")
    late = tab.fields | {"name": "Ad", "details_revision": "0"}
    tab.submit(**sent)
    shown = tab.step
    tab.post("details/typed", **late)
    assert (tab.status, tab.refresh().step) == (204, shown)
    assert value(tab.open("details"), "name") == "Ada Lovelace"


def test_a_late_save_does_no_harm_where_the_answer_came_out_as_before(app):
    tab = at_review(app, service="short").open("details")
    saving = tab.page.select_one("[data-quiet]")["hx-vals"]
    late = tab.fields | {"name": "Grace", "details_revision": saving.split('"')[3]}
    assert tab.submit().step == "review"
    tab.post("details/typed", **late)
    assert value(tab.open("details"), "name") == "Ada Lovelace"


def test_a_save_from_a_form_that_is_older_than_a_twins_answer_is_left_aside(app):
    tab = at_details(app, service="short")
    twin = tab.twin()
    twin.open("details").submit(**ADA)
    save(tab, name="Grace")
    assert tab.status == 204
    assert value(twin.open("details"), "name") == "Ada Lovelace"


def test_after_the_booking_a_save_is_refused_without_a_word(app, bookings):
    tab = at_details(app, service="short")
    late = tab.fields | {"name": "Grace", "details_revision": "0"}
    tab.submit(**ADA).submit()
    tab.post("details/typed", **late)
    assert (tab.status, tab.response.text) == (410, "")
    assert bookings()[0].customer_name == "Ada Lovelace"
    assert tab.open().step == "done"


def test_a_save_begins_no_booking(app, rows):
    tab = TabClient(app, "/book/").post("details/typed", name="Ada", details_revision="0")
    assert tab.status == 204
    assert rows()["tabs"] == 0


def test_nonsense_is_saved_by_nobody(app):
    tab = at_details(app)
    for nonsense in ("", "\x00", "-1", "1e9", "💥", "9" * 5000):
        tab.post("details/typed", name="Ada", details_revision=nonsense, answer_version=nonsense)
        assert tab.status == 204
        assert value(tab.refresh(), "name") == ""


def test_far_more_than_a_draft_can_carry_is_cut_off(app):
    tab = at_details(app, service="long")
    save(tab, name="Ada", email="💥" * 11_000, question_wishes="A" * 20_000, note="B" * 20_000)
    assert tab.status == 204
    tab.refresh()
    assert value(tab, "name") == "Ada"
    lengths = [len(value(tab, name)) for name in ("email", "question_wishes", "note")]
    assert lengths == [11_000, 997, 0]


def test_fields_that_nobody_asks_for_are_not_saved(app, database):
    tab = at_details(app, service="short")
    tab.post(
        "details/typed",
        details_revision="0",
        name="Ada",
        **{f"question_{n}": "x" for n in range(500)},
    )
    assert tab.status == 204
    with database() as session:
        sealed = session.execute(select(tab_sessions.c.sealed)).scalar_one()
    assert len(sealed) < 1000


@pytest.mark.parametrize("at", [at_details, at_time], ids=["in its turn", "before its turn"])
@pytest.mark.parametrize(
    "field", [{"answer_version": "a" * 60_000}, {f"question_{'a' * 60_000}": "x"}]
)
def test_a_mark_or_a_name_that_is_none_of_ours_fills_no_draft(app, database, at, field):
    tab = at(app, service="short")
    tab.post("details/form", name="Ada", email="nobody", **field)
    assert tab.status in (409, 422)
    with database() as session:
        assert len(session.execute(select(tab_sessions.c.sealed)).scalar_one()) < 1000


def test_saving_keeps_the_hold_as_it_is(app, rows):
    tab = at_details(app)
    before = rows()
    save(tab, name="Ada")
    assert rows() == before
    tab.open("time")
    assert tab.submit(slot=slots(tab)[-1]).step == "details"
    assert value(tab, "name") == "Ada"
