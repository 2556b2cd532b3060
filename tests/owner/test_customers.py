"""Customers at the desk: found, looked at, merged, split, blocked, taken along and erased."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from booking.now import utc_now
from booking.operations import customers
from booking.operations.notes import write_note
from booking.spreadsheet import MARK
from booking.storage.customers import customer, update_customer
from booking.storage.models import Booking
from booking.storage.reads import staff_by_slug
from booking.tab_sessions import run_in_transaction
from tests.commands.shell import LAST_WEEK, MORNING, ZOE
from tests.owner.conftest import page_of, text_of
from tests.owner.test_services import fields
from tests.storage.conftest import counted

ADA = replace(ZOE, email="ada@example.com", phone="+49 30 5557321")


def book(shop, name="Ada Byron", weeks=0, **typed) -> str:
    """An appointment of last week, or so many weeks before."""
    start = LAST_WEEK - timedelta(weeks=weeks)
    return shop.appointment(start, name, customer=replace(ADA, **typed))


def number_of(shop, reference: str) -> int:
    with shop.reading() as session:
        query = select(Booking.customer_id).where(Booking.reference == reference)
        return session.scalar(query)


def page_path(shop, reference: str) -> str:
    return f"/desk/customers/{number_of(shop, reference)}"


def names(page) -> list[str]:
    return [each.get_text(strip=True) for each in page.select("tbody th a")]


def describe(client, path, **typed):
    """Change what is the shop's alone on the page as it stands."""
    return client.post(f"{path}/details", data=fields(client.page(path), "#details") | typed)


def references(page) -> list[str]:
    return [each["data-booking-reference"] for each in page.select("tbody tr")]


# -- the list --------------------------------------------------------------------------------------


def test_customers_are_listed_by_name_with_what_their_appointments_come_to(desk, shop):
    book(shop, "Zora", weeks=2, email="zora@example.com", phone="")
    book(shop), book(shop, weeks=1)
    page = desk.page("/desk/customers")
    assert names(page) == ["Ada Byron", "Zora"]
    row = page.select_one("tbody tr").get_text(" ", strip=True)
    assert "ada@example.com" in row
    assert "+49 30 5557321" in row
    assert "Appointments: 2" in row


def test_ten_thousand_customers_are_a_page_at_a_time_and_no_statement_more(desk, shop):
    book(shop, "A")
    with shop.app.app_context():
        engine = shop.app.extensions["booking"].engine
    desk.get("/desk/customers")
    with counted(engine) as for_one:
        desk.get("/desk/customers")
    row = {"created_at": LAST_WEEK}
    rows = [row | {"name": f"N{n:05}", "sort_name": f"n{n:05}"} for n in range(10_000)]
    with shop.writing() as session:
        session.execute(insert(customer), rows)
    with counted(engine) as for_many:
        page = desk.page("/desk/customers")
    assert len(for_many) == len(for_one)
    assert names(page) == ["A", *(f"N{n:05}" for n in range(49))]
    onwards = page.find("a", string="Next page")["href"]
    assert "N0" not in onwards, "no name in an address"
    assert names(desk.page(onwards)) == [f"N{n:05}" for n in range(49, 99)]


@pytest.mark.parametrize(
    "text", ["by", "Byron", "ada b", "ada@", "7321", "030 5557321", "ADA BYRON"], ids=str
)
def test_a_customer_is_found_by_the_beginning_of_a_word_or_the_end_of_a_number(desk, shop, text):
    book(shop)
    book(shop, "Berta Meyer", weeks=1, email="berta@example.com", phone="+49 30 1112223")
    answer = desk.post("/desk/customers", data={"q": text})
    assert answer.status_code == 200
    assert names(page_of(answer)) == ["Ada Byron"]


def test_a_reference_finds_its_customer_and_nonsense_nobody(desk, shop):
    reference = book(shop)
    assert names(page_of(desk.post("/desk/customers", data={"q": reference}))) == ["Ada Byron"]
    assert "Nobody was found" in text_of(desk.post("/desk/customers", data={"q": "Xerxes"}))


def test_too_little_to_look_for_is_said_beside_the_field(desk):
    answer = desk.post("/desk/customers", data={"q": "a"})
    assert answer.status_code == 422
    field = page_of(answer).select_one("#field-q")
    assert (field["value"], field["aria-invalid"]) == ("a", "true")


def test_whoever_was_merged_is_found_as_the_customer_that_they_are_part_of(desk, shop):
    first = number_of(shop, book(shop))
    second = number_of(shop, book(shop, "Clara", weeks=1, email="clara@example.com", phone=""))
    with shop.writing() as session:
        customers.merge(session, first, [second], now=utc_now())
    assert names(page_of(desk.post("/desk/customers", data={"q": "clara"}))) == ["Ada Byron"]
    assert desk.get(f"/desk/customers/{second}").headers["Location"].endswith(f"/{first}")


# -- one -------------------------------------------------------------------------------------------


def test_a_customers_page_has_appointments_addresses_and_no_shows(desk, shop):
    first, second = book(shop), book(shop, "A. Byron", weeks=1)
    with shop.writing() as session:
        session.scalar(select(Booking).where(Booking.reference == second)).state = "no_show"
    answer = desk.get(page_path(shop, first))
    page, said = page_of(answer), text_of(answer)
    assert [
        each["data-booking-reference"] for each in page.select("tr[data-booking-reference]")
    ] == [
        first,
        second,
    ]
    assert page.select_one(f'a[href="/desk/bookings/{first}"]')
    for words in ("2 appointments", "1 no-show", "A. Byron", "ada@example.com", "Did not come"):
        assert words in said
    assert answer.headers["Cache-Control"] == "no-store"


def test_name_and_note_are_the_shops_and_appointments_keep_what_was_typed(desk, shop):
    path = page_path(shop, book(shop))
    answer = describe(desk, path, name="Ada (mother)", note="Tea.\r\nNo milk.")
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    page = desk.page(path)
    assert page.select_one("#field-name")["value"] == "Ada (mother)"
    assert page.select_one("#field-note").get_text().strip() == "Tea.\nNo milk."
    assert "Ada Byron" in page.select_one("tbody").get_text()


@pytest.mark.both_databases
def test_who_writes_about_a_customer_after_somebody_else_is_shown_both_and_keeps_what_was_typed(
    desk, desk_as, shop
):
    path = page_path(shop, book(shop))
    late = fields(desk.page(path), "#details")
    assert (
        describe(desk_as("reception", email="r@example.com"), path, note="Tea.").status_code == 303
    )
    answer = desk.post(f"{path}/details", data=late | {"note": "Coffee."})
    assert answer.status_code == 409
    page = page_of(answer)
    assert "Somebody else changed this as well while you typed: Note." in text_of(answer)
    assert page.select_one("#field-note").text.strip() == "Coffee."
    assert page.select_one("#changed-note").text.strip() == "Somebody else wrote meanwhile: Tea."
    again = fields(page, "#details")
    assert desk.post(f"{path}/details", data=again).status_code == 303
    assert desk.page(path).select_one("#field-note").text.strip() == "Coffee."
    # What only the other one changed is taken over, and nothing is saved unseen.
    answer = desk.post(f"{path}/details", data=late | {"name": "Ada (mother)"})
    assert answer.status_code == 409
    page = page_of(answer)
    assert page.select_one("#field-name")["value"] == "Ada (mother)"
    assert page.select_one("#field-note").text.strip() == "Coffee."


def test_what_somebody_writes_about_a_customer_while_another_saves_is_not_lost(
    desk, shop, monkeypatch
):
    path = page_path(shop, book(shop))
    number = int(path.rsplit("/", 1)[1])

    def write_between(*given):
        monkeypatch.undo()
        with shop.writing() as session:
            customers.describe(session, number, name="Ada", note="Tea.", actor="Ola", now=LAST_WEEK)
        return run_in_transaction(*given)

    monkeypatch.setattr("booking.owner.customers.one.run_in_transaction", write_between)
    answer = describe(desk, path, note="Coffee.")
    assert answer.status_code == 409
    assert "Somebody else wrote meanwhile: Tea." in text_of(answer)


def test_notes_about_appointments_stand_on_the_page_of_their_customer(desk, shop):
    reference = book(shop)
    with shop.writing() as session:
        booking = session.scalar(select(Booking).where(Booking.reference == reference))
        write_note(session, booking, "Comes late.", actor="Ola", now=LAST_WEEK)
    assert "Comes late. Ola," in text_of(desk.get(page_path(shop, reference)))
    assert "Comes late." in desk.get(f"{page_path(shop, reference)}/stored.txt").text


@pytest.mark.parametrize(
    ("field", "typed"), [("name", ""), ("name", "x" * 300), ("note", "x" * 4001)], ids=str
)
def test_what_cannot_be_kept_is_said_beside_the_field_and_not_lost(desk, shop, field, typed):
    path = page_path(shop, book(shop))
    data = {"name": "Ada", "note": "Tea"} | {field: typed}
    answer = describe(desk, path, **data)
    assert answer.status_code == 422
    page = page_of(answer)
    assert page.select_one(f"#error-{field}")
    assert page.select_one("[role=alert]")
    assert page.select_one("#field-note").get_text().strip() == data["note"]
    with shop.reading() as session:
        assert session.scalar(select(customer.c.note)) == ""


def test_more_appointments_than_a_page_go_on_on_the_next(desk, shop, monkeypatch):
    monkeypatch.setattr("booking.owner.customers.one.A_PAGE", 2)
    made = [book(shop, weeks=n) for n in range(5)]
    path, seen = page_path(shop, made[0]), []
    for _ in range(3):
        page = desk.page(path)
        seen += references(page)
        path = (page.find("a", string="Earlier ones") or {}).get("href")
    assert (seen, path) == (made, None)


def test_who_is_blocked_is_marked_and_can_be_let_in_again(desk, shop):
    path = page_path(shop, book(shop))
    assert desk.post(f"{path}/block", data={"blocked": "1"}).status_code == 303
    assert "Not to book online" in text_of(desk.get(path))
    assert "not online" in text_of(desk.get("/desk/customers"))
    desk.post(f"{path}/block")
    assert "Not to book online" not in text_of(desk.get(path))
    assert told(desk, path) == [
        "May book online again by Owner",
        "No more online bookings by Owner",
    ]


def told(desk, path) -> list[str]:
    """What the page says was done to them, and by whom."""
    lines = desk.page(path).select(".sb-one-lines li")
    return [" ".join(each.get_text().split()).split(" · ")[0] for each in lines]


# -- merged and split ------------------------------------------------------------------------------


def test_whoever_shares_something_is_offered_merged_and_parted_again(desk, shop):
    path = page_path(shop, book(shop))
    other = number_of(shop, book(shop, "Berta", weeks=1, email="b@example.com"))
    book(shop, "Somebody", weeks=2, email="s@example.com", phone="")
    page = desk.page(f"{path}/merge")
    assert [each["value"] for each in page.select("[name=other]")] == [str(other)]
    assert desk.post(f"{path}/merge", data={"other": other}).headers["Location"] == path
    page = desk.page(path)
    assert len(page.select("tbody tr")) == 2
    assert told(desk, path) == ["Merged with another customer by Owner"], "said once"
    (again,) = [each for each in page.select("form") if "separation" in each["action"]]
    moved = desk.post(again["action"])
    assert moved.headers["Location"] == f"/desk/customers/{other}"
    assert len(desk.page(path).select("tbody tr")) == 1
    assert told(desk, f"/desk/customers/{other}") == [
        "Parted from another customer by Owner",
        "Merged into another customer by Owner",
    ]
    listed = desk.page("/desk/history/customers")
    assert len(listed.select(".sb-one-lines li")) == 4
    assert listed.select_one('#desk [aria-current="page"]').get_text() == "Customers"
    about = [each.get_text() for each in listed.select(".sb-one-lines a")]
    assert about == ["Berta", "Ada Byron"] * 2
    assert not desk.page("/desk/history").select(".sb-one-lines li")


def merged_pair(desk, shop, *notes: str) -> tuple[int, int]:
    """Ada, and Clara who was merged into her; the desk has noted that of them."""
    numbers = (
        number_of(shop, book(shop)),
        number_of(shop, book(shop, "Clara", weeks=1, email="c@example.com", phone="")),
    )
    for number, note in zip(numbers, notes, strict=False):
        describe(desk, f"/desk/customers/{number}", note=note)
    desk.post(f"/desk/customers/{numbers[0]}/merge", data={"other": numbers[1]})
    return numbers


def notes_on(page) -> dict[str, str]:
    labels = {each["for"]: each.get_text() for each in page.select("#details label")}
    return {labels[each["id"]]: each.get_text().strip() for each in page.select("textarea")}


@pytest.mark.both_databases
def test_merged_by_mistake_and_parted_at_once_nothing_of_one_stays_with_the_other(desk, shop):
    ada = number_of(shop, book(shop))
    bob = number_of(shop, book(shop, "Bob", weeks=1, email="bob@example.com", phone=""))
    first, second = f"/desk/customers/{ada}", f"/desk/customers/{bob}"
    describe(desk, first, note="Tea.")
    describe(desk, second, note="Private.")
    desk.post(f"{second}/block", data={"blocked": "1"})
    desk.post(f"{first}/merge", data={"other": bob})
    assert notes_on(desk.page(first)) == {"Note": "Tea.", "Note about Bob": "Private."}
    assert "Not to book online" in text_of(desk.get(first))
    assert "not online" in text_of(desk.get("/desk/customers"))
    desk.post(f"{first}/parts/{bob}/separation")
    assert notes_on(desk.page(first)) == {"Note": "Tea."}
    assert "Not to book online" not in text_of(desk.get(first))
    assert "Not to book online" in text_of(desk.get(second))
    assert desk.post(f"{second}/erasure", data={"confirm": "Bob"}).status_code == 303
    with shop.reading() as session:
        assert [*session.execute(select(customer.c.note, customer.c.blocked_at))] == [
            ("Tea.", None)
        ]


def test_a_block_of_one_who_was_merged_is_lifted_from_all_and_stands_in_the_spreadsheet(desk, shop):
    ada, clara = merged_pair(desk, shop)
    path = f"/desk/customers/{ada}"
    with shop.writing() as session:
        update_customer(session, clara, blocked_at=utc_now())
    assert desk.get("/desk/customers/customers.csv").text.rstrip().endswith(',"yes"')
    assert desk.post(f"{path}/block").status_code == 303
    assert "Not to book online" not in text_of(desk.get(path))
    desk.post(f"{path}/parts/{clara}/separation")
    assert "Not to book online" not in text_of(desk.get(f"/desk/customers/{clara}"))


def test_each_note_of_those_that_were_merged_is_shown_whole_written_and_taken_along(desk, shop):
    long = "b" * 3980 + " SEVERE ALLERGY"
    ada, clara = merged_pair(desk, shop, "a" * 4000, long)
    path = f"/desk/customers/{ada}"
    assert notes_on(desk.page(path)) == {"Note": "a" * 4000, "Note about Clara": long}
    assert "SEVERE ALLERGY" in desk.get(f"{path}/stored.txt").text
    typed = {"note": "Tea.", f"note-{clara}": "Coffee.\r\nBlack."}
    assert describe(desk, path, **typed).status_code == 303
    assert notes_on(desk.page(path)) == {"Note": "Tea.", "Note about Clara": "Coffee.\nBlack."}
    refused = describe(desk, path, **{f"note-{clara}": "x" * 4001})
    assert refused.status_code == 422
    assert page_of(refused).select_one(f"#error-note-{clara}")
    assert describe(desk, path, **{f"note-{clara}": ""}).status_code == 303
    assert notes_on(desk.page(path)) == {"Note": "Tea."}, "no field for nothing"


@pytest.mark.both_databases
@pytest.mark.parametrize("theirs", ["Coffee.", ""], ids=["another", "none"])
def test_who_writes_about_a_part_after_somebody_else_is_shown_both(desk, shop, theirs):
    ada, clara = merged_pair(desk, shop, "", "Cocoa.")
    path, field = f"/desk/customers/{ada}", f"note-{clara}"
    late = fields(desk.page(path), "#details")
    describe(desk, path, **{field: theirs})
    answer = desk.post(f"{path}/details", data=late | {field: "Tea."})
    assert answer.status_code == 409
    assert "while you typed: Note about Clara." in text_of(answer)
    assert f"Somebody else wrote meanwhile: {theirs or 'nothing'}" in text_of(answer)
    again = fields(page_of(answer), "#details")
    assert desk.post(f"{path}/details", data=again).status_code == 303
    assert notes_on(desk.page(path)) == {"Note": "", "Note about Clara": "Tea."}


@pytest.mark.both_databases
def test_what_is_typed_about_somebody_who_is_merged_meanwhile_stays_theirs(desk, shop):
    ada = number_of(shop, book(shop))
    clara = number_of(shop, book(shop, "Clara", weeks=1, email="c@example.com", phone=""))
    path = f"/desk/customers/{ada}"
    describe(desk, path, note="Tea.")
    late = fields(desk.page(f"/desk/customers/{clara}"), "#details")
    desk.post(f"{path}/merge", data={"other": clara})
    answer = desk.post(f"/desk/customers/{clara}/details", data=late | {"note": "Coffee."})
    assert answer.status_code == 409, "what they are called is another name now"
    page = page_of(answer)
    assert notes_on(page) == {"Note": "Tea.", "Note about Clara": "Coffee."}
    again = fields(page, "#details")
    assert desk.post(page.select_one("#details")["action"], data=again).status_code == 303
    assert notes_on(desk.page(path)) == {"Note": "Tea.", "Note about Clara": "Coffee."}


@pytest.mark.both_databases
def test_what_is_typed_about_somebody_who_is_parted_meanwhile_is_shown_and_nobody_elses(desk, shop):
    ada, clara = merged_pair(desk, shop, "Tea.", "Coffee.")
    path, field = f"/desk/customers/{ada}", f"note-{clara}"
    late = fields(desk.page(path), "#details")
    desk.post(f"{path}/parts/{clara}/separation")
    answer = desk.post(f"{path}/details", data=late | {"note": "Cocoa.", field: "Private."})
    assert answer.status_code == 409
    page = page_of(answer)
    assert "so this is not saved: Private." in page.select_one("[role=alert]").get_text()
    assert notes_on(page) == {"Note": "Cocoa."}
    assert notes_on(desk.page(f"/desk/customers/{clara}")) == {"Note": "Coffee."}
    assert desk.post(f"{path}/details", data=fields(page, "#details")).status_code == 303


def test_who_typed_nothing_about_somebody_who_is_parted_meanwhile_is_not_asked(desk, shop):
    ada, clara = merged_pair(desk, shop, "Tea.", "Coffee.")
    path = f"/desk/customers/{ada}"
    late = fields(desk.page(path), "#details")
    desk.post(f"{path}/parts/{clara}/separation")
    assert desk.post(f"{path}/details", data=late | {"note": "Cocoa."}).status_code == 303
    assert notes_on(desk.page(path)) == {"Note": "Cocoa."}
    assert notes_on(desk.page(f"/desk/customers/{clara}")) == {"Note": "Coffee."}


def test_somebody_else_can_be_looked_for_to_be_merged(desk, shop):
    path = page_path(shop, book(shop))
    other = number_of(shop, book(shop, "Somebody", weeks=2, email="s@example.com", phone=""))
    page = page_of(desk.post(f"{path}/merge", data={"q": "some"}))
    assert [each["value"] for each in page.select("[name=other]")] == [str(other)]


@pytest.mark.parametrize(
    ("other", "status"), [("", 422), ("x", 422), ("99999", 409), ("9" * 5000, 422)]
)
def test_nobody_is_merged_with_nobody(desk, shop, other, status):
    answer = desk.post(f"{page_path(shop, book(shop))}/merge", data={"other": other})
    assert answer.status_code == status
    assert page_of(answer).select_one("#error-other")


def test_appointments_of_somebody_else_are_split_off(desk, shop):
    ours, theirs = book(shop), book(shop, "Berta Byron", weeks=1)
    path = page_path(shop, ours)
    page = desk.page(f"{path}/split")
    assert [each["value"] for each in page.select("[name=booking]")] == [ours, theirs]
    answer = desk.post(f"{path}/split", data={"booking": theirs})
    assert answer.headers["Location"] == page_path(shop, theirs) != path
    for chosen in ([], [ours]):
        answer = desk.post(f"{path}/split", data={"booking": chosen})
        assert answer.status_code == 422
        assert page_of(answer).select_one("#error-booking")


# -- taken along, and erased -----------------------------------------------------------------------


def test_all_customers_are_a_spreadsheet_that_is_no_program(desk, shop):
    book(shop, "=HYPERLINK(1) Byron")
    answer = desk.get("/desk/customers/customers.csv")
    assert answer.content_type.startswith("text/csv; charset=utf-8")
    assert 'filename="customers.csv"' in answer.headers["Content-Disposition"]
    text = answer.data.decode()
    assert text.startswith(MARK)
    titles, row = csv.reader(io.StringIO(text[1:], newline=""))
    assert dict(zip(titles, row, strict=True))["Name"] == "'=HYPERLINK(1) Byron"
    assert "'+49 30 5557321" in row


def test_what_is_stored_can_be_taken_along(desk, shop):
    reference = book(shop)
    path = page_path(shop, reference)
    document = json.loads(desk.get(f"{path}/stored.json").text)
    assert document["appointments"][0]["reference"] == reference
    assert "ada@example.com" in desk.get(f"{path}/stored.txt").text
    assert reference in desk.get(f"{path}/appointments.csv").text


def test_people_read_what_became_of_an_appointment_in_their_language_and_machines_a_key(desk, shop):
    reference = book(shop)
    path = page_path(shop, reference)

    def state_in(name, **headers):
        text = desk.get(f"{path}/{name}", headers=headers).text
        if name.endswith("json"):
            return json.loads(text)["appointments"][0]["state"]
        if name.endswith("csv"):
            titles, row = csv.reader(io.StringIO(text.removeprefix(MARK), newline=""))
            return row[titles.index("Stand" if headers else "State")]
        (said,) = re.findall(r"^(?:State|Stand): (.+)$", text, re.MULTILINE)
        return said

    for name in ("appointments.csv", "stored.txt"):
        assert state_in(name) == "Confirmed"
        assert state_in(name, **{"Accept-Language": "de"}) == "Bestätigt"
    assert state_in("stored.json", **{"Accept-Language": "de"}) == "confirmed"


def test_what_would_go_is_listed_and_the_name_confirms_it(desk, shop):
    path = f"{page_path(shop, book(shop))}/erasure"
    page = desk.page(path)
    assert "Appointments, which stay as figures of nobody" in page.get_text()
    for typed in ("", "yes"):
        answer = desk.post(path, data={"confirm": typed})
        assert answer.status_code == 422
        assert page_of(answer).select_one("#error-confirm")
        assert page_of(answer).select_one("#field-confirm")["value"] == typed
    assert desk.post(path, data={"confirm": "ada  BYRON"}).headers["Location"] == "/desk/customers"
    assert desk.get(path).status_code == 404
    with shop.reading() as session:
        assert session.scalar(select(Booking.customer_name)) == ""


def test_whoever_has_an_appointment_to_come_is_cancelled_first(desk, shop):
    reference = shop.appointment(MORNING.replace(year=2037), "Ada Byron", customer=ADA)
    path = f"{page_path(shop, reference)}/erasure"
    page = desk.page(path)
    assert page.select_one(f'a[href="/desk/bookings/{reference}"]')
    assert not page.select("#field-confirm")
    assert desk.post(path, data={"confirm": "Ada Byron"}).status_code == 409
    assert desk.get(path).status_code == 200


# -- who may ---------------------------------------------------------------------------------------


def test_staff_see_only_customers_of_their_own_unless_they_see_all(desk, desk_as, shop):
    path = page_path(shop, book(shop))  # with Ana
    for role, slug, more, sees in (
        ("staff", "ana", {}, True),
        ("staff", "ben", {}, False),
        ("staff", "ben", {"sees_all_customers": True}, True),
        ("reception", None, {}, True),
    ):
        client = desk_as(role, slug, email=f"{role}{slug}{sees}@example.com", **more)
        assert (names(client.page("/desk/customers")) == ["Ada Byron"]) is sees
        found = client.post("/desk/customers", data={"q": "Byron"})
        assert (names(page_of(found)) == ["Ada Byron"]) is sees
        assert client.get(path).status_code == (200 if sees else 404)
        shown = fields(desk.page(path), "#details")
        changed = client.post(f"{path}/details", data=shown | {"name": "Ada"})
        assert changed.status_code == (303 if sees else 404)
        with shop.writing() as session:
            customers.describe(
                session, int(path.rsplit("/", 1)[1]), name="Ada Byron", note="", now=utc_now()
            )


def test_staff_see_of_a_customer_their_own_appointments_alone(desk_as, shop):
    ours = book(shop)
    theirs = book(shop, weeks=1)
    with shop.writing() as session:
        booking = session.scalar(select(Booking).where(Booking.reference == theirs))
        booking.staff_member_id = staff_by_slug(session, "ben").id
    page = desk_as("staff", "ana").page(page_path(shop, ours))
    assert references(page) == [ours]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("sees_all", "said"), [(False, "1 appointment"), (True, "2 appointments, 1 no-show")]
)
def test_what_is_counted_of_a_customer_is_what_may_be_seen(desk_as, shop, sees_all, said):
    path, theirs = page_path(shop, book(shop)), book(shop, weeks=1)
    with shop.writing() as session:
        booking = session.scalar(select(Booking).where(Booking.reference == theirs))
        booking.staff_member_id, booking.state = staff_by_slug(session, "ben").id, "no_show"
    ana = desk_as("staff", "ana", sees_all_customers=sees_all)
    assert ana.page(path).select_one(".sb-customers-facts").get_text() == said
    found = page_of(ana.post("/desk/customers", data={"q": "Byron"}))
    for page in (ana.page("/desk/customers"), found):
        line = " ".join(page.select_one("tbody tr").get_text(" ").split())
        assert f"Appointments: {1 + sees_all}" in line
        assert ("no-show" in line) is sees_all


def test_pages_of_a_customers_appointments_are_of_those_that_may_be_seen(
    desk_as, shop, monkeypatch
):
    monkeypatch.setattr("booking.owner.customers.one.A_PAGE", 1)
    ours, theirs = [book(shop, weeks=number) for number in (0, 2)], book(shop, weeks=1)
    with shop.writing() as session:
        booking = session.scalar(select(Booking).where(Booking.reference == theirs))
        booking.staff_member_id = staff_by_slug(session, "ben").id
    ana = desk_as("staff", "ana")
    page = ana.page(page_path(shop, ours[0]))
    onwards = page.find("a", string="Earlier ones")["href"]
    assert theirs not in onwards
    pages = (page, ana.page(onwards))
    assert [references(each) for each in pages] == [[each] for each in ours]


@pytest.mark.both_databases
def test_the_list_and_its_search_know_of_appointments_with_others_nothing(desk_as, shop):
    book(shop, weeks=1, phone="+49 30 1112223")
    theirs = book(shop, phone="+49 30 9998887")
    with shop.writing() as session:
        booking = session.scalar(select(Booking).where(Booking.reference == theirs))
        booking.staff_member_id = staff_by_slug(session, "ben").id
    found, listed = {}, {}
    for slug in ("ana", "ben"):
        client = desk_as("staff", slug)
        listed[slug] = client.page("/desk/customers").select_one("tbody tr").get_text(" ")
        for text in ("1112223", "9998887", theirs):
            found[slug, text] = names(page_of(client.post("/desk/customers", data={"q": text})))
    assert ("1112223" in listed["ana"], "9998887" in listed["ana"]) == (True, False)
    assert ("1112223" in listed["ben"], "9998887" in listed["ben"]) == (False, True)
    assert {each for each, who in found.items() if who} == {
        ("ana", "1112223"),
        ("ben", "9998887"),
        ("ben", theirs),
    }


def test_staff_take_nothing_along_and_erase_nobody(desk_as, shop):
    path = page_path(shop, book(shop))
    client = desk_as("staff", "ana")
    for below in ("merge", "split", "erasure", "stored.json", "stored.txt", "appointments.csv"):
        assert client.get(f"{path}/{below}").status_code == 403
    assert client.get("/desk/customers/customers.csv").status_code == 403
    assert not client.page(path).select("a[href$=erasure]")
