"""The desk's pages of services: what is sold, by the rules of the file, and nobody overwritten."""

from dataclasses import replace

import pytest

from booking.operations.current_plan import current_plan
from booking.operations.plan_edits import service_of, with_service
from booking.operations.shop_changes import change_business
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of, text_of

TOMORROW = MONDAY_MORNING.replace(hour=10, day=3)


def fields(page, form="#shop-form"):
    """What a browser would send of the form as it stands."""
    sent = {}
    for one in page.select(f"{form} input, {form} textarea, {form} select"):
        name, value = one.get("name"), one.get("value", "")
        if one.get("type") in ("checkbox", "radio") and not one.has_attr("checked"):
            continue
        if one.name == "textarea":
            value = one.text.removeprefix("\n")
        if one.name == "select":
            chosen = one.select_one("[selected]") or one.select_one("option")
            value = chosen["value"]
        sent.setdefault(name, []).append(value)
    return sent


def stored(shop, slug):
    with shop.reading() as session:
        return service_of(current_plan(session), slug)


def elsewhere(shop, **values):
    """Somebody else changes the short visit."""
    with shop.writing() as session:
        change_business(
            session,
            lambda plan: with_service(plan, replace(service_of(plan, "short"), **values)),
        )


def errors(answer):
    return {
        one["id"].removeprefix("error-"): one.text
        for one in page_of(answer).select(".sb-field-error")
    }


@pytest.mark.both_databases
def test_what_is_saved_untouched_changes_nothing_and_what_is_typed_is_saved(desk, shop):
    before = stored(shop, "long")
    typed = fields(desk.page("/desk/services/long"))
    assert desk.post("/desk/services/long", data=typed).status_code == 303
    assert stored(shop, "long") == before
    typed |= {"price": "€50", "duration": "1 h 15 min", "questions-0-required": []}
    answer = desk.post("/desk/services/long", data=typed, follow_redirects=True)
    assert "Long visit is saved." in text_of(answer)
    first, second = before.questions
    assert stored(shop, "long") == replace(
        before, price="€50", duration=75, questions=(replace(first, required=False), second)
    )


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": " "}, "name", "This is empty; write something."),
        (
            {"duration": "61"},
            "duration",
            "61 minutes is not on the five-minute grid",
        ),
        ({"duration": ""}, "duration", "This is not a length of time; write minutes"),
        ({"buffer_after": "soon"}, "buffer_after", "This is not a length of time"),
        (
            {"daily_limit": "many"},
            "daily_limit",
            "This must be a whole number",
        ),
        (
            {"booking_window": "1", "minimum_notice": "2 days"},
            "minimum_notice",
            "Nobody could ever book",
        ),
        (
            {"price": "45"},
            "price",
            "No currency is named; write it as customers read it",
        ),
        ({"waits": "confirm_by_mail"}, "waits", "No letters are sent here"),
        ({"questions-0-choices": "Yes"}, "questions-0-choices", "A choice needs two or more"),
        ({"questions-1-label": ""}, "questions-1-label", "This is empty"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    desk, shop, typed, field, said
):
    before = stored(shop, "long")
    sent = fields(desk.page("/desk/services/long")) | {"description": "Typed\nhere"} | typed
    answer = desk.post("/desk/services/long", data=sent)
    assert answer.status_code == 422
    assert said in errors(answer)[field]
    assert stored(shop, "long") == before
    for name, value in fields(page_of(answer)).items():
        assert value == ([sent[name]] if isinstance(sent[name], str) else sent[name]), name


# -- a new one, and names that are taken -----------------------------------------------------------


def test_a_new_service_is_offered_by_whom_it_says_and_gets_a_short_name(desk, shop):
    typed = fields(desk.page("/desk/new-service"))
    assert typed["offered_by"] == ["ana", "ben"]
    typed |= {"name": "Käse & Wein", "offered_by": ["ben"]}
    answer = desk.post("/desk/services", data=typed)
    assert answer.headers["Location"] == "/desk/services?saved=kase-wein"
    assert stored(shop, "kase-wein").duration == 30
    with shop.reading() as session:
        assert [one.slug for one in current_plan(session).staff if "kase-wein" in one.offers] == [
            "ben"
        ]
    assert desk.post("/desk/services", data=typed).headers["Location"].endswith("kase-wein-2")


def test_a_service_that_is_called_as_a_word_in_addresses_is_opened_like_any_other(desk, shop):
    for name in ("New", "Place", "Removal"):
        typed = fields(desk.page("/desk/new-service")) | {"name": name}
        assert desk.post("/desk/services", data=typed).status_code == 303
        way = desk.page("/desk/services").find("a", string=name)["href"]
        assert desk.page(way).h1.text == name
        assert desk.post(way, data=fields(desk.page(way)) | {"price": "€9"}).status_code == 303
        assert stored(shop, name.lower()).price == "€9"


def test_a_short_name_that_is_taken_is_refused_beside_the_field(desk, shop):
    shop.appointment(TOMORROW)
    typed = fields(desk.page("/desk/new-service")) | {"name": "Another", "slug": "long"}
    answer = desk.post("/desk/services", data=typed)
    assert (answer.status_code, errors(answer)["slug"]) == (
        422,
        "“long” is taken. Write another, or leave it empty.",
    )
    gone = desk.post("/desk/services/short/removal")
    agreed = page_of(gone).select_one("[name=agreed]")["value"]
    desk.post("/desk/services/short/removal", data={"agreed": agreed})
    answer = desk.post("/desk/services", data=typed | {"slug": "short"})
    assert "not on sale any more" in errors(answer)["slug"]
    answer = desk.post("/desk/services", data=typed | {"slug": "Sh ort"})
    assert 'write "sh-ort"' in errors(answer)["slug"]


# -- questions -------------------------------------------------------------------------------------


def test_questions_are_added_moved_and_removed_without_a_drag_and_saved_at_the_end(desk, shop):
    sent = fields(desk.page("/desk/services/long"))
    page = page_of(desk.post("/desk/services/long", data=sent | {"do": "add"}))
    assert page.select_one("[autofocus]")["id"] == "field-questions-2-label"
    sent = fields(page) | {"questions-2-label": "Which colour?", "questions-2-kind": "choice"}
    sent |= {"questions-2-choices": "Red\r\nBlue"}
    sent = fields(page_of(desk.post("/desk/services/long", data=sent | {"do": "up-2"})))
    sent = fields(page_of(desk.post("/desk/services/long", data=sent | {"do": "remove-2"})))
    assert [one.key for one in stored(shop, "long").questions] == ["first_visit", "wishes"]
    assert desk.post("/desk/services/long", data=sent).status_code == 303
    first, second = stored(shop, "long").questions
    assert (first.key, second.key, second.choices) == (
        "first_visit",
        "which-colour",
        ("Red", "Blue"),
    )


@pytest.mark.parametrize("do", ["up-99", "remove-x", "down-²", "nothing", "remove-"])
def test_a_button_that_is_not_there_changes_nothing(desk, do):
    sent = fields(desk.page("/desk/services/long"))
    answer = desk.post("/desk/services/long", data=sent | {"do": do})
    assert answer.status_code == 200
    assert fields(page_of(answer)) == sent


# -- two people ------------------------------------------------------------------------------------


def test_the_second_of_two_is_told_what_differs_and_loses_nothing(desk, shop):
    sent = fields(desk.page("/desk/services/short")) | {"price": "€30", "description": "Mine"}
    elsewhere(shop, price="€25", name="A short visit")
    answer = desk.post("/desk/services/short", data=sent)
    assert answer.status_code == 409
    page = page_of(answer)
    assert "€25" in page.select_one("#changed-price").text
    shown = fields(page)
    assert (shown["price"], shown["description"]) == (["€30"], ["Mine"])
    assert shown["name"] == ["A short visit"], "what only the other one changed is taken over"
    said = page.select_one("#problem").text
    assert "Price" in said
    assert "Name" in said
    assert stored(shop, "short").price == "€25"
    assert desk.post("/desk/services/short", data=shown).status_code == 303
    both = stored(shop, "short")
    assert (both.price, both.name, both.description) == ("€30", "A short visit", "Mine")


def question(place, label, **more):
    typed = {"key": "", "label": label, "help": "", "kind": "text", "choices": ""} | more
    return {f"questions-{place}-{name}": value for name, value in typed.items()}


def asked(shop, slug):
    return [one.label for one in stored(shop, slug).questions]


@pytest.mark.both_databases
def test_of_two_who_each_add_a_question_both_questions_stay(desk, desk_as, shop):
    other = desk_as("owner", email="two@example.com")
    mine, theirs = (fields(each.page("/desk/services/short")) for each in (desk, other))
    theirs |= question(0, "Any allergies?")
    assert other.post("/desk/services/short", data=theirs).status_code == 303
    answer = desk.post("/desk/services/short", data=mine | question(0, "Which length?"))
    page = page_of(answer)
    assert answer.status_code == 409
    assert (
        "Question “Any allergies?”. It is shown as it is now." in page.select_one("#problem").text
    )
    assert not page.select(".sb-desk-changed")
    assert desk.post("/desk/services/short", data=fields(page)).status_code == 303
    assert sorted(asked(shop, "short")) == ["Any allergies?", "Which length?"]


def test_one_question_that_two_have_written_is_shown_as_both_wrote_it(desk, shop):
    first, second = stored(shop, "long").questions
    sent = fields(desk.page("/desk/services/long")) | {"questions-1-label": "Mine?"}
    other = replace(second, label="Theirs?", kind="choice", choices=("Red", "Blue"))
    long = replace(stored(shop, "long"), questions=(replace(first, help="Read this"), other))
    with shop.writing() as session:
        change_business(session, lambda plan: with_service(plan, long))
    answer = desk.post("/desk/services/long", data=sent)
    page = page_of(answer)
    assert answer.status_code == 409
    assert [one["id"] for one in page.select(".sb-desk-changed")] == ["changed-questions-1"]
    said = page.select_one("#changed-questions-1").text.strip()
    assert said.startswith("Somebody else wrote meanwhile: Theirs? · ")
    assert "one of several: Red, Blue" in said
    assert "as well while you typed: Question “Mine?”. Both" in page.select_one("#problem").text
    shown = fields(page)
    assert shown["questions-0-help"] == ["Read this"], "what only the other one changed"
    assert desk.post("/desk/services/long", data=shown).status_code == 303
    assert asked(shop, "long") == [first.label, "Mine?"]
    assert stored(shop, "long").questions[0].help == "Read this"


def test_a_question_that_one_took_out_and_the_other_wrote_is_there_to_be_looked_at(desk, shop):
    first, second = stored(shop, "long").questions
    sent = fields(desk.page("/desk/services/long"))
    without = fields(page_of(desk.post("/desk/services/long", data=sent | {"do": "remove-0"})))
    long = replace(stored(shop, "long"), questions=(replace(first, label="Theirs?"), second))
    with shop.writing() as session:
        change_business(session, lambda plan: with_service(plan, long))
    page = page_of(desk.post("/desk/services/long", data=without))
    assert "Question “Theirs?”. It is shown as it is now." in page.select_one("#problem").text
    assert fields(page)["questions-0-label"] == ["Theirs?"]
    with shop.writing() as session:
        change_business(session, lambda plan: with_service(plan, replace(long, questions=())))
    answer = desk.post("/desk/services/long", data=sent | {"questions-1-label": "Mine?"})
    page = page_of(answer)
    assert "nothing" in page.select_one("#changed-questions-0").text
    assert fields(page)["questions-0-label"] == ["Mine?"]
    assert "questions-1-label" not in fields(page)
    assert "while you typed: Questions. It is shown" in page.select_one("#problem").text


def test_who_moved_nothing_follows_the_order_of_who_did(desk, shop):
    first, second = stored(shop, "long").questions
    sent = fields(desk.page("/desk/services/long")) | question(2, "Which length?")
    with shop.writing() as session:
        turned = replace(stored(shop, "long"), questions=(second, first))
        change_business(session, lambda plan: with_service(plan, turned))
    page = page_of(desk.post("/desk/services/long", data=sent))
    assert "while you typed: Questions. It is shown" in page.select_one("#problem").text
    assert desk.post("/desk/services/long", data=fields(page)).status_code == 303
    assert asked(shop, "long")[0] == second.label
    assert sorted(asked(shop, "long")) == sorted([first.label, second.label, "Which length?"])


def test_two_who_wrote_the_same_are_not_bothered(desk, shop):
    sent = fields(desk.page("/desk/services/short")) | {"price": "€25"}
    elsewhere(shop, price="€25")
    assert desk.post("/desk/services/short", data=sent).status_code == 303


def test_what_somebody_took_out_meanwhile_can_be_saved_as_new(desk, shop):
    sent = fields(desk.page("/desk/services/long")) | {"price": "€99"}
    desk.post("/desk/services/long/removal")
    answer = desk.post("/desk/services/long", data=sent)
    page = page_of(answer)
    assert answer.status_code == 409
    assert page.select_one("#shop-form")["action"] == "/desk/services"
    assert fields(page)["price"] == ["€99"]
    assert desk.get("/desk/services/long").status_code == 404


# -- whom it touches -------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_service_is_taken_out_of_sale_only_after_its_appointments_were_seen(desk, shop):
    reference = shop.appointment(TOMORROW)
    answer = desk.post("/desk/services/short/removal")
    assert answer.status_code == 409
    page = page_of(answer)
    assert page.select_one(f'[data-booking-reference="{reference}"] a')["href"] == (
        f"/desk/bookings/{reference}"
    )
    assert stored(shop, "short")
    agreed = page.select_one("[name=agreed]")["value"]
    shop.appointment(TOMORROW.replace(hour=11))
    again = desk.post("/desk/services/short/removal", data={"agreed": agreed})
    assert again.status_code == 409, "that one was not seen"
    agreed = page_of(again).select_one("[name=agreed]")["value"]
    assert desk.post("/desk/services/short/removal", data={"agreed": agreed}).status_code == 303
    assert stored(shop, "short") is None
    assert "Not on sale any more" in text_of(desk.get("/desk/services"))
    desk.post("/desk/services/short/return")
    assert stored(shop, "short")


def test_who_offers_it_no_more_is_asked_about_as_well(desk, shop):
    shop.appointment(TOMORROW)
    sent = fields(desk.page("/desk/services/short")) | {"offered_by": ["ben"], "price": "€1 each"}
    answer = desk.post("/desk/services/short", data=sent)
    assert "the person does not offer it" in text_of(answer)
    page = page_of(answer)
    shown = fields(page)
    assert (shown["offered_by"], shown["price"]) == (["ben"], ["€1 each"])
    shown["agreed"] = page.select_one("[name=agreed]")["value"]
    assert desk.post("/desk/services/short", data=shown).status_code == 303


# -- the list --------------------------------------------------------------------------------------


def test_the_order_is_changed_by_a_button(desk):
    def names():
        return [one.text for one in desk.page("/desk/services").select(".sb-desk-things a")]

    assert names() == ["Short visit", "Long visit"]
    assert desk.post("/desk/services/long/place", data={"to": "up"}).status_code == 303
    assert names() == ["Long visit", "Short visit"]


def test_the_list_says_why_nobody_can_book(desk, shop):
    assert "What is missing" not in text_of(desk.get("/desk/services"))
    with shop.writing() as session:
        change_business(session, lambda plan: with_service(plan, plan.services[0], []))
    assert "Nobody offers Short visit, so customers do not see it." in text_of(
        desk.get("/desk/services")
    )


def test_an_empty_booking_page_leads_the_shop_to_what_is_missing(desk, desk_app, shop):
    link = "For the shop: what is missing here"
    customer = desk_app.test_client()
    assert link not in text_of(customer.get("/book/"))
    with shop.writing() as session:
        for service in current_plan(session).services:
            change_business(session, lambda plan, one=service: with_service(plan, one, []))
    way = page_of(customer.get("/book/")).find("a", string=link)["href"]
    assert "customers do not see it." in text_of(desk.get(way))
    assert customer.get(way).status_code == 303, "nobody else reads it"
