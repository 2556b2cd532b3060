"""The details of a booking at the desk: what others wrote meanwhile, and questions that change."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.details import mend_details
from booking.operations.pending import lock
from booking.operations.plan import QuestionPlan
from booking.operations.plan_edits import service_of, with_service
from booking.operations.shop_changes import change_business
from booking.storage.reads import booking_by_reference
from tests.commands.shell import ZOE
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of, text_of
from tests.owner.test_a_booking import MAIL, TOMORROW_TEN, column, send, slot, url

pytestmark = pytest.mark.settings(**MAIL)
NEW_PHONE = "+351 911 111 111"


@pytest.fixture
def reference(shop) -> str:
    return shop.appointment(TOMORROW_TEN)


def form(page, reference) -> dict[str, str]:
    """What a browser sends of the form, as it is shown."""
    found = page.select_one(f"form[action='{url(reference, 'details')}']")
    sent = {
        each["name"]: each.get("value", "") if each.name == "input" else each.text.lstrip("\n")
        for each in found.select("input, textarea")
        if each.get("type") not in ("radio", "checkbox") or each.has_attr("checked")
    }
    chosen = {each.parent["name"]: each.text for each in found.select("option[selected]")}
    return sent | chosen


def shown(desk, reference) -> dict[str, str]:
    return form(desk.page(url(reference, "details")), reference)


def post(desk, reference, sent, status=303):
    answer = desk.post(url(reference, "details"), data=sent)
    assert answer.status_code == status, text_of(answer)
    return answer


def by_the_customer(shop, reference, **typed) -> None:
    with shop.writing() as session:
        mended_in(session, booking_by_reference(session, reference), **typed)


def mended_in(session, booking, **typed) -> None:
    """As the customer does by their link."""
    customer = replace(ZOE, **typed)
    mend_details(session, booking, customer, now=MONDAY_MORNING, renew=lambda *_: "")


def question(key, kind="text", *choices, label="") -> QuestionPlan:
    return QuestionPlan(key, label or f"{key.title()}?", "", kind, required=False, choices=choices)


def asks(shop, *questions) -> None:
    """Let the service ask these questions from now on, and no others."""
    with shop.writing() as session:
        change_business(
            session,
            lambda plan: with_service(
                plan, replace(service_of(plan, "short"), questions=questions)
            ),
        )
        assert len(service_of(current_plan(session), "short").questions) == len(questions)


def answered(shop, reference, **answers) -> None:
    with shop.writing() as session:
        booking_by_reference(session, reference).answers = [
            {"key": key, "label": f"{key.title()}?", "value": value}
            for key, value in answers.items()
        ]


def answers_of(shop, reference) -> dict[str, str]:
    return {each["key"]: each["value"] for each in column(shop, reference, "answers")}


@pytest.mark.both_databases
def test_who_mends_a_name_in_an_older_page_does_not_bring_an_old_phone_and_note_back(
    desk, desk_as, shop, reference
):
    late = shown(desk, reference)
    colleague = desk_as("reception")
    mine = shown(colleague, reference) | {"phone": NEW_PHONE, "note": "Allergic to latex."}
    post(colleague, reference, mine)
    answer = post(desk, reference, late | {"name": "Zoe Omega"}, 409)
    assert "Somebody else changed this while you typed: Phone number, Note." in text_of(answer)
    assert column(shop, reference, "customer_name") == "Zoë Ω", "nothing is saved unseen"
    again = form(page_of(answer), reference)
    assert [again[name] for name in ("name", "phone", "note")] == [
        *("Zoe Omega", NEW_PHONE, "Allergic to latex."),
    ]
    post(desk, reference, again)
    assert column(shop, reference, "customer_name") == "Zoe Omega"
    assert column(shop, reference, "customer_phone") == NEW_PHONE
    assert column(shop, reference, "customer_note") == "Allergic to latex."
    assert column(shop, reference, "changes") == 0, "no calendar is told of it"


def test_a_field_that_two_people_changed_shows_both_and_keeps_what_was_typed(
    desk, desk_as, shop, reference
):
    late = shown(desk, reference)
    colleague = desk_as("reception")
    post(colleague, reference, shown(colleague, reference) | {"note": "Tea."})
    answer = post(desk, reference, late | {"note": "Coffee."}, 409)
    page = page_of(answer)
    assert "Somebody else changed this as well while you typed" in text_of(answer)
    assert page.select_one("#beside-note").text == "Somebody else wrote meanwhile: Tea."
    assert "beside-note" in page.select_one("#field-note")["aria-describedby"]
    assert column(shop, reference, "customer_note") == "Tea."
    post(desk, reference, form(page, reference))
    assert column(shop, reference, "customer_note") == "Coffee."


def test_what_the_customer_mended_meanwhile_by_their_link_is_not_undone(desk, shop, reference):
    late = shown(desk, reference)
    by_the_customer(shop, reference, phone=NEW_PHONE)
    post(desk, reference, late | {"note": "Wants tea."}, 409)
    assert column(shop, reference, "customer_phone") == NEW_PHONE


@pytest.mark.both_databases
def test_what_is_mended_while_somebody_saves_is_not_lost(desk, shop, reference):
    late = shown(desk, reference) | {"name": "Zoe Omega"}

    def save() -> int:
        return desk.post(url(reference, "details"), data=late).status_code

    with ThreadPoolExecutor(1) as elsewhere:
        with shop.writing() as session:
            booking = booking_by_reference(session, reference)
            lock(session, booking)
            saved = elsewhere.submit(save)
            time.sleep(0.5)  # it waits for the row, or on SQLite for its turn
            mended_in(session, booking, phone=NEW_PHONE)
        assert saved.result() == 409
    assert column(shop, reference, "customer_phone") == NEW_PHONE
    assert column(shop, reference, "customer_name") == "Zoë Ω"


@pytest.mark.parametrize("refusal", ["mistyped", "moved"])
def test_a_page_that_is_shown_again_for_another_reason_undoes_nothing_either(
    desk, shop, reference, refusal
):
    late = shown(desk, reference)
    by_the_customer(shop, reference, phone=NEW_PHONE)
    if refusal == "moved":
        send(desk, reference, "time", slot=slot(desk, reference, n=6))
        late["name"] = "Zoe Omega"
    else:
        late["name"] = ""
    answer = post(desk, reference, late, 409)
    assert form(page_of(answer), reference)["phone"] == NEW_PHONE


def test_who_presses_twice_is_not_told_that_somebody_else_was_there(desk, shop, reference):
    sent = shown(desk, reference) | {"phone": "00351911111111", "note": "One\r\nTwo"}
    for _time in range(2):
        post(desk, reference, sent)
    assert column(shop, reference, "customer_phone") == NEW_PHONE


@pytest.mark.both_databases
def test_mending_a_phone_leaves_answers_whose_question_is_another_now(desk, shop, reference):
    kept = {"drink": "Tea", "meds": "Penicillin", "gone": "By bus", "milk": "Ja", "wish": "Quiet"}
    answered(shop, reference, **kept)
    asks(
        shop,
        question("wish", label="Anything else?"),
        question("drink", "choice", "Black tea", "Coffee"),
        question("meds", "checkbox"),
        question("milk", "checkbox"),
        question("new"),
    )
    before = column(shop, reference, "answers")
    page = desk.page(url(reference, "details"))
    said = {each["id"]: each.text for each in page.select("[id^=beside-]")}
    assert said == {
        "beside-question_drink": "Answered before: Tea",
        "beside-question_meds": "Answered before: Penicillin",
    }
    sent = form(page, reference)
    assert sent["question_milk"] == "yes", "ticked in another language"
    assert "question_meds" not in sent
    post(desk, reference, sent | {"phone": NEW_PHONE})
    assert column(shop, reference, "customer_phone") == NEW_PHONE
    assert column(shop, reference, "answers") == before, "word for word, and in their order"
    assert "Answers:" not in text_of(desk.get(url(reference)))


def test_a_question_that_is_another_now_can_be_answered_anew_and_emptied(desk, shop, reference):
    answered(shop, reference, drink="Tea", meds="Penicillin", gone="By bus")
    asks(shop, question("drink", "choice", "Black tea", "Coffee"), question("meds", "checkbox"))
    anew = {"question_drink": "Black tea", "question_meds": "yes"}
    post(desk, reference, shown(desk, reference) | anew)
    assert answers_of(shop, reference) == {"drink": "Black tea", "meds": "Yes", "gone": "By bus"}
    assert not desk.page(url(reference, "details")).select("[id^=beside-]")
    sent = shown(desk, reference)
    del sent["question_meds"]
    post(desk, reference, sent)
    assert answers_of(shop, reference) == {"drink": "Black tea", "gone": "By bus"}


def test_a_question_that_changes_while_somebody_answers_it_is_shown_as_it_is_now(
    desk, shop, reference
):
    asks(shop, question("drink", "choice", "Tea", "Coffee"))
    answered(shop, reference, drink="Tea")
    late = shown(desk, reference)
    assert late["question_drink"] == "Tea"
    asks(shop, question("drink", "choice", "Black tea", "Coffee"))
    answer = post(desk, reference, late | {"phone": NEW_PHONE}, 409)
    assert "Drink?" in text_of(answer)
    post(desk, reference, form(page_of(answer), reference))
    assert answers_of(shop, reference) == {"drink": "Tea"}
