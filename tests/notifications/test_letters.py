"""Each letter says what happened, when and where, to whoever it is for."""

import re
from dataclasses import replace
from datetime import timedelta
from email.parser import BytesHeaderParser

import pytest
from bs4 import BeautifulSoup
from flask import Blueprint, Flask
from sqlalchemy import select, update

from booking.files import TEMPLATES
from booking.notifications.contents import of_tomorrow
from booking.notifications.letters import STILL_ASKED
from booking.notifications.mime import IN_ASCII
from booking.notifications.rendering import render
from booking.operations.changes import MOST_CHANGES
from booking.storage.models import Booking, Shop, StaffMember
from tests.fixtures.small_shop import NOW, at, waiting
from tests.notifications.conftest import LINK, MAIL, compose_all, html_of, rows, text_of
from tests.notifications.samples import NOTE, change, furnish, live_through

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TEN, DAY = at("10:00", day=3), timedelta(days=1)
CUT, COLOUR = "Haircut and a cup of tea", "Colour"
THURSDAY, WEDNESDAY = "Thursday 4 March 2027", "Wednesday 3 March 2027"
TUESDAY = "Tuesday 2 March 2027"
ADDRESS = "https://shop.example/book/appointment/"
LONG = "กรุงเทพมหานคร " * 200


def booked(shop, what="cut", **more) -> str:
    return shop.book(None, what, "ann", TEN, **{"outbox": MAIL, **more})


def set_mail(shop, **mail) -> None:
    with shop.writing() as session:
        session.get(Shop, 1).mail = mail


# -- what each says --------------------------------------------------------------------------------

WAS = f"Before: {THURSDAY}, 10:00 to 10:30"
DECLINING = "Declining in your calendar does not cancel: use this link."
OVER = None
"""A reminder of what is cancelled by now, or what nobody asks for any more."""
CUT_10, CUT_14 = f"{CUT}, {THURSDAY}, 10:00", f"{CUT}, {THURSDAY}, 14:00"
IN_TOKYO, IN_LISBON = f"{COLOUR}, {WEDNESDAY}, 19:00 Tokyo time", f"{COLOUR}, {WEDNESDAY}, 10:00"
CUT_11 = f"{CUT}, {TUESDAY}, 11:00"
FRI_11, FRI_13 = (f"{CUT}, Friday 5 March 2027, {clock}" for clock in ("11:00", "13:00"))
DECIDE = "Decide until Monday 1 March 2027, 08:30."
SAT_10 = f"{CUT}, Saturday 6 March 2027, 10:00"
BACK = f"Nothing to decide any more: {SAT_10}"


def asked_for(clock, *, waits):
    """Of what waits no more the letters that said so are not written."""
    new, over, who = f"Saturday 6 March 2027, {clock}", f"Not moved: {SAT_10}", "Ben" * waits
    subject, moment = f"Please decide: {SAT_10}, to {new}", "Monday 1 March 2027, 08:30"
    yet = ("customer", "move_awaiting_approval", f"Not moved yet: {SAT_10}", "Not moved yet")
    texts = f"decides about it until {moment}", f"Decide until {moment} whether it is moved to"
    free, asks = f"{new} is free again", "Somebody asks for another time"
    every = [
        (*yet, texts[0]),
        ("customer", "move_not_confirmed", over, "stands as it was", f"Asked for: {new}"),
        ("staff", "move_to_decide", subject, f"{asks} with you", texts[1]),
        ("staff", "move_not_confirmed", over, "Nobody decided", free),
        ("shop", "move_to_decide", subject, asks, f"with {who}" if who else texts[1]),
        ("shop", "move_not_confirmed", over, "Nobody decided", free),
    ]
    kinds = ("move_awaiting_approval", "move_to_decide")
    return [one if waits or one[1] not in kinds else OVER for one in every]


# To whom, what happened, the subject, the heading, and something that it says.
EVERY = [
    ("customer", "booked", f"Booked: {CUT_10}", "Your appointment is booked", DECLINING),
    ("staff", "booked", f"New: {CUT_10}", "A new appointment with you", "Booked by the customer."),
    ("shop", "booked", f"New: {CUT_10}", "A new appointment", "With: Ann"),
    OVER,
    (
        "customer",
        "moved",
        f"Moved: {CUT}, now {THURSDAY}, 14:00",
        "Your appointment was moved",
        WAS,
    ),
    ("staff", "moved", f"Moved: {CUT}, now {THURSDAY}, 14:00", "An appointment with you was", WAS),
    ("shop", "moved", f"Moved: {CUT}, now {THURSDAY}, 14:00", "An appointment was moved", WAS),
    OVER,
    ("customer", "moved", f"Changed: {CUT_14}", "Your appointment is with Ben now", ", with Ann"),
    ("staff", "cancelled", f"Cancelled: {CUT_14}", "is cancelled", "Now with: Ben"),
    ("staff", "booked", f"New: {CUT_14}", "A new appointment with you", ", with Ann"),
    ("shop", "moved", f"Moved: {CUT}, now {THURSDAY}, 14:00", "was moved", "Moved by the shop."),
    OVER,
    (
        "customer",
        "cancelled",
        f"Cancelled: {CUT_14}",
        "Your appointment is cancelled",
        "Why: “Ben",
    ),
    ("staff", "cancelled", f"Cancelled: {CUT_14}", "with you is cancelled", "Why: “Ben has a cold"),
    ("shop", "cancelled", f"Cancelled: {CUT_14}", "An appointment is cancelled", "With: Ben"),
    ("customer", "booked", f"Booked: {IN_TOKYO}", "is booked", "https://meet.example/salon"),
    ("staff", "booked", f"New: {IN_LISBON}", "with you", "Note: “I was with you in May, and it"),
    ("shop", "booked", f"New: {IN_LISBON}", "A new appointment", "Phone: “+81 3 1”"),
    OVER,
    ("customer", "cancelled", f"Cancelled: {IN_TOKYO}", "is cancelled", "with your own link."),
    ("staff", "cancelled", f"Cancelled: {IN_LISBON}", "is cancelled", "“I am ill, see www. ex"),
    ("shop", "cancelled", f"Cancelled: {IN_LISBON}", "cancelled", "Cancelled by the customer."),
    ("customer", "booked", f"Booked: {CUT_11}", "Your appointment is booked", "Price: € 28"),
    ("staff", "booked", f"New: {CUT_11}", "A new appointment with you", "Booked at the shop."),
    ("shop", "booked", f"New: {CUT_11}", "A new appointment", "With: Ann"),
    ("customer", "reminder", f"Reminder: {CUT_11}", "Your appointment is coming up", "cancel it u"),
    ("customer", "awaiting_approval", f"Not booked yet: {FRI_11}", "Not booked yet", "decides abo"),
    ("customer", "not_confirmed", f"Not booked: {FRI_11}", "not confirmed in time", "free again"),
    ("staff", "to_decide", f"Please decide: {FRI_11}", "an appointment with you", DECIDE),
    ("staff", "not_confirmed", f"Not confirmed: {FRI_11}", "not confirmed in time", "With: Ann"),
    ("shop", "to_decide", f"Please decide: {FRI_11}", "somebody asks for an appointment", DECIDE),
    ("shop", "not_confirmed", f"Not confirmed: {FRI_11}", "not confirmed in time", "free again"),
    ("customer", "declined", f"Not possible: {FRI_11}", "was declined", "Why: “We are full.”"),
    ("customer", "please_confirm", f"Please confirm: {FRI_13}", "Not booked yet", "/confirmation/"),
    ("customer", "not_confirmed", f"Not booked: {FRI_13}", "not confirmed in time", "free again"),
    ("shop", "not_confirmed", f"Not confirmed: {FRI_13}", "not confirmed in time", "free again"),
    (
        "customer",
        "confirm_address",
        f"Please confirm this address: {CUT_11}",
        "Is this your e-mail address?",
        "letters about the appointment come here from then on",
    ),
    ("customer", "booked", f"Booked: {SAT_10}", "is booked", "What: Haircut"),
    ("staff", "booked", f"New: {SAT_10}", "A new appointment with you", "Booked by the"),
    ("shop", "booked", f"New: {SAT_10}", "A new appointment", "Booked by the customer."),
    ("customer", "reminder", f"Reminder: {SAT_10}", "is coming up", "10:00 to 10:30"),
    *asked_for("12:00", waits=False),
    ("shop", "move_taken_back", BACK, "not asked for any more", "nothing to decide about Saturday"),
    ("staff", "move_taken_back", BACK, "not asked for any more", "2027, 12:00 any more."),
    *asked_for("13:00", waits=False),
    ("customer", "move_declined", f"Not moved: {SAT_10}", "stands as it was", "“We are full.”"),
    *asked_for("15:00", waits=True),
    ("staff", "tomorrow", f"Tomorrow, {TUESDAY}: 1 appointment", "tomorrow", "11:00 to 11:30, Ha"),
]


def test_every_kind_says_to_everyone_what_happened(shop, letters):
    live_through(shop)
    for row, message, expected in zip(rows(shop), letters(), EVERY, strict=True):
        if expected is OVER:
            assert (row.kind in ("reminder", *STILL_ASKED), message) == (True, None)
            continue
        role, kind, subject, heading, words = expected
        assert (row.role, row.kind, message["Subject"]) == (role, kind, subject)
        assert heading in text_of(message).splitlines()[0]
        assert words in text_of(message)


OWN_LINKS = {
    **dict.fromkeys(("please_confirm", "confirm_address"), "/confirmation/"),
    **dict.fromkeys(("to_decide", "move_to_decide"), "/decision/"),
}


def test_the_link_is_the_customers_alone_but_for_the_one_to_decide(shop, letters):
    live_through(shop)
    for row, message in zip(rows(shop), letters(), strict=True):
        for body in (text_of(message), html_of(message)) if message else ():
            own = OWN_LINKS.get(row.kind)
            assert (LINK in body) == (row.role == "customer" and not own), (row.role, row.kind)
            assert not own or own in body


def test_text_and_html_say_the_same(shop, letters):
    live_through(shop)
    for message in filter(None, letters()):
        page = BeautifulSoup(html_of(message), "html.parser").body
        shown = " ".join(page.get_text(" ").split())
        for line in text_of(message).splitlines():
            for part in re.split(": |, ", line) if not line.startswith(ADDRESS) else ():
                assert " ".join(part.removeprefix("--").rstrip(":").split()) in shown, line


def test_a_letter_is_from_the_shop_and_answers_go_there(shop, letters):
    booked(shop)
    for message, to in zip(
        letters(kind="booked"),
        ("asa@example.com", "ann@example.com", "shop@example.com"),
        strict=True,
    ):
        assert dict(message.items()) == {
            "From": "The Shop <letters@shop.example>",
            "Reply-To": "shop@example.com",
            "To": to,
            "Subject": message["Subject"],
            "Date": "Mon, 01 Mar 2027 08:00:00 +0000",
            "Message-ID": message["Message-ID"],
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
            "MIME-Version": "1.0",
            "Content-Type": message["Content-Type"],
        }


def test_answers_reach_a_shop_whose_domain_has_other_letters_than_asciis(shop, letters):
    with shop.writing() as session:
        session.get(Shop, 1).email = "salon@bücher.example"
    booked(shop)
    for message in letters(kind="booked"):
        assert b"\nReply-To: salon@xn--bcher-kva.example\r\n" in message.as_bytes(policy=IN_ASCII)


def test_it_is_the_same_letter_at_every_try(shop, letters):
    booked(shop)
    first, again = letters("customer", "booked"), letters("customer", "booked", now=at("9:00"))
    assert [each["Message-ID"] for each in first] == [each["Message-ID"] for each in again]
    assert first[0]["Message-ID"] == f"<{rows(shop)[0].message_id}@shop.example>"
    assert (first[0]["Date"], text_of(first[0])) == (again[0]["Date"], text_of(again[0]))


def test_a_reminder_is_dated_when_it_is_due_though_it_was_written_long_before(shop, letters):
    booked(shop)
    (reminder,) = letters("customer", "reminder", now=at("10:00", day=2))
    assert reminder["Date"].datetime == at("10:00", day=2)


def test_what_happened_is_told_as_it_was(shop, letters):
    reference = booked(shop)
    shop.change("cut", name="Trim", price="150", place="Elsewhere", is_online=True)
    shop.change("ann", name="Anna")
    change(shop, reference, starts_at=at("16:00", day=4), ends_at=at("17:00", day=4))
    (message,) = letters("customer", "booked")
    assert message["Subject"] == f"Booked: Cut, {THURSDAY}, 10:00"
    for word in ("Trim", "150", "Elsewhere", "Anna", "16:00"):
        assert word not in text_of(message)


def test_whoever_loses_it_to_a_colleague_is_told_the_time_that_was_theirs(shop, letters):
    shop.move(booked(shop), at("14:00", day=3), "ben", outbox=MAIL)
    (lost,) = letters("staff", "cancelled")
    assert lost["Subject"] == f"Cancelled: Cut, {THURSDAY}, 10:00"
    assert "Now with: Ben" in text_of(lost)
    assert "With: Ann" in text_of(lost)
    (gained,) = [each for each in letters("staff", "booked") if each["To"] == "ben@example.com"]
    assert gained["Subject"] == f"New: Cut, {THURSDAY}, 14:00"


@pytest.mark.parametrize("kind", ["booked", "reminder"])
def test_what_has_lost_its_point_is_not_written(shop, letters, kind):
    reference = booked(shop)
    assert letters("customer", kind, now=TEN) == [None]
    if kind == "reminder":
        change(shop, reference, state="cancelled")
        assert letters("customer", kind) == [None]


def test_a_letter_about_a_booking_that_is_gone_is_not_written(shop, post):
    booked(shop)
    orphan = replace(rows(shop)[0], booking_id=99)
    assert compose_all(shop, [orphan]) == [None]


def test_who_has_left_the_shop_hears_no_more_of_its_customers(letters, shop):
    booked(shop)
    shop.book(None, "cut", "ben", TEN, outbox=MAIL)
    shop.change("ann", retired=True)
    assert [message and message["To"] for message in letters("staff")] == [None, "ben@example.com"]
    assert None not in letters("customer")


# -- whose clock -----------------------------------------------------------------------------------

ONLY_LISBON = ["10:00 to 10:30"]
LISBON_NAMED = ["10:00 to 10:30, Lisbon time (UTC)"]
LISBON_FIRST = ["10:00 to 10:30, Lisbon time (UTC)", "(19:00 to 19:30 Tokyo time)"]
TOKYO_FIRST = ["19:00 to 19:30, Tokyo time (UTC+9)", "(10:00 to 10:30 Lisbon time)"]
HONOLULU = ["00:00 to 00:30, Honolulu time (UTC\N{MINUS SIGN}10)", "(10:00 to 10:30 Lisbon time)"]


CLOCKS = [
    # is it online, the customer's zone, to whom, what is said
    (False, "Europe/Lisbon", "customer", ONLY_LISBON),
    (False, "Europe/London", "customer", ONLY_LISBON),  # another name, the same clock
    (False, "Asia/Tokyo", "customer", LISBON_FIRST),
    (False, "", "customer", ONLY_LISBON),  # made at the desk or the shell
    (False, "Nowhere/Atall", "customer", ONLY_LISBON),
    (True, "Europe/Lisbon", "customer", LISBON_NAMED),
    (True, "Asia/Tokyo", "customer", TOKYO_FIRST),
    (True, "Pacific/Honolulu", "customer", HONOLULU),
    (True, "", "customer", LISBON_NAMED),
    (False, "Asia/Tokyo", "staff", ONLY_LISBON),
    (True, "Asia/Tokyo", "staff", ONLY_LISBON),
    (True, "Asia/Tokyo", "shop", ONLY_LISBON),
]


def test_the_time_is_on_the_clock_of_whoever_has_to_be_there(shop, post):
    reference = booked(shop)
    for is_online, zone, role, expected in CLOCKS:
        change(shop, reference, customer_zone=zone)
        (row,) = rows(shop, role, "booked")
        row = replace(row, facts={**row.facts, "is_online": is_online})
        said = text_of(*compose_all(shop, [row])).splitlines()
        lines = [line.strip() for line in said if line.startswith("    ")]
        assert lines == [THURSDAY, *expected], (is_online, zone, role)


def test_another_weekday_on_the_other_clock_is_named(shop, letters):
    shop.book(None, "cut", "ann", at("16:00", day=3), outbox=MAIL)
    with shop.writing() as session:
        session.query(Booking).update({"customer_zone": "Asia/Tokyo"})
    (message,) = letters("customer", "booked")
    assert "(Friday 01:00 to 01:30 Tokyo time)" in text_of(message)
    assert message["Subject"].endswith("16:00 Lisbon time")


# -- until when ------------------------------------------------------------------------------------


UNTIL = [
    # minutes before: to move it, to cancel it; when it is read, what is said
    (0, 0, NOW, "You can move or cancel it until it begins."),
    (1440, 1440, NOW, f"You can move or cancel it until {WEDNESDAY}, 10:00."),
    (0, 1440, NOW, f"move it until it begins. You can cancel it until {WEDNESDAY}, 10:00."),
    (1440, 0, NOW, f"move it until {WEDNESDAY}, 10:00. You can cancel it until it begins."),
    (120, 1440, TEN - DAY, "08:00. It is too late to cancel it by yourself."),
    (1440, 120, TEN - DAY, "It is too late to move it by yourself. You can cancel it until Th"),
    (1440, 1440, TEN - DAY, "It is too late to move or cancel it by yourself."),
]


def test_it_says_until_when_it_can_be_changed(shop, letters):
    booked(shop)
    for move, cancel, now, expected in UNTIL:
        shop.change("cut", move_until=move, cancel_until=cancel)
        (message,) = letters("customer", "booked", now=now)
        assert expected in text_of(message), (move, cancel)


NO_MORE = "This link can no longer move it. Please tell us if need be. You can cancel it until it"


@pytest.mark.parametrize("approval", [False, True])
@pytest.mark.parametrize("why", ["changed often", "asked often", "offered by nobody"])
def test_what_its_page_would_not_move_no_letter_says_can_be_moved(shop, letters, why, approval):
    shop.change("cut", approval=True)
    reference = booked(shop)
    if why == "changed often":
        for turn in range(MOST_CHANGES):
            shop.move(reference, at(f"{11 + turn % 2}:00", day=3), by="owner", outbox=MAIL)
    elif why == "asked often":
        for turn in range(MOST_CHANGES):
            shop.ask_to_move(reference, at(f"{11 + turn % 2}:00", day=3))
        shop.decline_move(reference)
    else:
        with shop.writing() as session:
            for member in session.scalars(select(StaffMember)):
                member.services = [each for each in member.services if each.slug != "cut"]
    shop.change("cut", approval=approval)
    for message in (letters("customer", "reminder")[-1], letters("customer")[-2]):
        assert NO_MORE in text_of(message)
        assert "See or cancel it:" in text_of(message)


def test_the_button_offers_what_it_is_not_too_late_for(shop, letters):
    booked(shop)
    shop.change("cut", move_until=1440, cancel_until=120)
    labels = {TEN - 2 * DAY: "See, move or cancel it", TEN - DAY: "See or cancel it"}
    labels[TEN - timedelta(hours=2)] = "See it"
    for now, label in labels.items():
        (message,) = letters("customer", "booked", now=now)
        assert f"\n{label}:\n" in text_of(message)


def test_who_booked_and_who_confirmed_it_are_told_apart(shop, letters):
    reference = booked(shop, pending=waiting())
    shop.confirm(reference, by="owner", outbox=MAIL)
    for role in ("staff", "shop"):
        (message,) = letters(role, "booked")
        assert "Booked by the customer, and confirmed by the shop." in text_of(message)


@pytest.mark.parametrize(("by", "said"), [("owner", "the shop"), ("customer", "the customer")])
def test_who_has_it_from_a_colleague_reads_who_moved_it(shop, letters, by, said):
    shop.move(booked(shop), TEN, "ben", by=by, outbox=MAIL)
    message = letters("staff", "booked")[-1]
    assert f"Moved by {said}." in text_of(message)
    assert "Booked" not in text_of(message)


def test_whoever_gets_a_file_instead_of_an_invitation_has_nothing_to_decline(shop, letters):
    set_mail(shop, invitation="file")
    booked(shop)
    (message,) = letters("customer", "booked")
    assert "Declining" not in text_of(message)


# -- in other words, languages and templates -------------------------------------------------------


def test_a_shop_has_its_own_words(shop, letters):
    furnish(shop)
    text = "Dear guest,\nsee you {when} for {service}.\n\nChange it: {link}\n{place}, {unknown}"
    written = {"subject": "{shop}: {service} with {staff} ({reference})", "text": text}
    set_mail(shop, texts={"en": {"booked": written}, "de": {"booked": {"subject": "Nein"}}})
    reference = booked(shop)
    (message,) = letters("customer", "booked")
    assert message["Subject"] == f"Salon Boavista: {CUT} with Ann ({reference})"
    lines = text_of(message).splitlines()
    assert lines[2:4] == ["Dear guest,", f"see you {THURSDAY}, 10:00 for {CUT}."]
    assert f"Change it: {LINK}" in lines
    assert "Rua da Boavista 84, 1200-068 Lisboa, {unknown}" in lines
    assert f'<a class="sb-link" href="{LINK}"' in html_of(message)
    assert "Dear guest,<br>see you" in html_of(message)
    assert "We look forward" not in text_of(message)
    assert letters("shop", "booked")[0]["Subject"].startswith("New: ")


def test_own_words_stand_in_no_letter_of_another_language(shop, letters):
    set_mail(shop, texts={"en": {"booked": {"subject": "Yours", "text": "Bring a towel."}}})
    booked(shop)
    [customer] = rows(shop, kind="booked", role="customer")
    english, german = (
        compose_all(shop, [replace(customer, language=each)])[0] for each in ("en", "de")
    )
    assert english["Subject"] == "Yours"
    assert "Bring a towel." in text_of(english)
    assert german["Subject"].startswith("Gebucht: ")
    assert "Bring a towel." not in text_of(german)
    assert "Wir freuen uns auf Sie." in text_of(german)


def test_the_shops_reason_stands_beside_its_own_words(shop, letters):
    set_mail(shop, texts={"en": {"cancelled": {"text": "Sorry!"}}})
    shop.cancel(booked(shop), words="Ann has a cold.", outbox=MAIL)
    (message,) = letters("customer", "cancelled")
    assert text_of(message).splitlines()[2] == "Sorry!"
    assert "Why: “Ann has a cold.”" in text_of(message)


def test_a_letter_is_in_the_customers_language_and_to_the_house_in_the_shops(shop, letters):
    booked(shop)
    change_rows = [replace(row, language="de-AT") for row in rows(shop, kind="booked")]
    customer, staff, _shop = compose_all(shop, change_rows)
    assert text_of(customer).startswith("Ihr Termin ist gebucht\n")
    assert 'lang="de"' in html_of(customer)
    assert text_of(staff).startswith("A new appointment")
    unknown = replace(rows(shop)[0], language="tlh")
    assert text_of(*compose_all(shop, [unknown])).startswith("Your appointment is booked")
    with shop.engine.begin() as connection:
        connection.execute(update(Shop).values(language="de"))
    english = [replace(row, language="en") for row in change_rows]
    customer, staff, the_shop = compose_all(shop, english)
    assert text_of(customer).startswith("Your appointment is booked\n")
    assert text_of(staff).startswith("Ein neuer Termin bei Ihnen\n")
    assert text_of(the_shop).startswith("Ein neuer Termin\n")
    for nobodys in ("tlh", ""):
        [made] = compose_all(shop, [replace(change_rows[0], language=nobodys)])
        assert text_of(made).startswith("Ihr Termin ist gebucht\n")


def test_a_hosts_template_goes_before_ours_for_all_letters_or_one(shop, tmp_path):
    folder = tmp_path / "booking" / "letters"
    folder.mkdir(parents=True)
    (folder / "letter.txt").write_text("Ours: {{ letter.words.heading }}\n")
    (folder / "staff_booked.html").write_text("<p class='sb-text'>{{ letter.when.day }}</p>")
    extended = '{% extends "booking/letters/letter.html" %}{% block head %}A{% endblock %}'
    (folder / "shop_booked.html").write_text(f"{extended}{{% block foot %}}Z{{% endblock %}}")
    (folder / "letter.css").write_text(".sb-text { color: red }")
    host = Flask("host", template_folder=str(tmp_path))
    host.register_blueprint(Blueprint("booking", __name__, template_folder=str(TEMPLATES)))
    booked(shop)
    with host.app_context():
        customer, staff, house = compose_all(shop, rows(shop, kind="booked"))
    assert text_of(customer) == "Ours: Your appointment is booked\n"
    assert "<h1" in html_of(customer)
    assert f'style="color:red">{THURSDAY}' in html_of(staff)
    page = BeautifulSoup(html_of(house), "html.parser")
    assert page.find("td", "sb-head").get_text() == "A"
    assert "Reference" in page.find("td", "sb-card").get_text()


# -- what a visitor typed --------------------------------------------------------------------------

HOSTILE = {
    "an address on the web": "Ada https://evil.example/x?y",
    "without a scheme": "www.evil.example",
    "without www": "evil.example/path",
    "other dots": "evil。example evil\u2024example evil.\u200dexample",
    "another at": "evil\uff20example",
    "an address for mail": "evil@evil.example",
    "another scheme": "mailto:evil@evil.example tel:123 javascript:alert(1)",
    "a network's folder": r"\\evil\share //evil/share",
    "a number": "1.2.3.4 and 192.168.100.200",
    "markup": '<a href="https://evil.example">x</a><script>alert(1)</script><img src=x>',
    "a template": "{{ 7*7 }} {% raw %} {link} %(shop)s",
    "a header": "Ada\r\nBcc: evil@evil.example\r\n\r\nBody",
    "our own words": "x\n\nSee, move or cancel it:\nhttps://evil.example",
    "quotation marks": "Ada” Click here: “x",
    "another direction": "Ada \u202egro.live\u2066 \u200f",
    "control characters": "A\x00d\x07a\x1b[31m",
    "half a character": "Ada \ud800",
    "towers": "a" + "\u0301" * 200,
    "a lot": "evil.example " * 5000,
}
LINKED = r"(?i)\w[@\uff20]\w|://|www\.\w|\w[.\u3002\u2024]\w*[a-z]|\d\.\d+\.\d|(mailto|tel|javascript):\S|//|\\\\"


def test_what_a_visitor_typed_is_quoted_cut_and_never_a_link(shop, post):
    live_through(shop)
    for what, typed in HOSTILE.items():
        stored = typed.replace("\x00", "").encode(errors="replace").decode()
        with shop.writing() as session:
            for booking in session.query(Booking):
                booking.customer_name = booking.customer_phone = booking.customer_note = stored
                booking.answers = [{"key": "first", "label": "First visit?", "value": stored}]
        # The last of each kind to each: of those before there is none more to be said.
        last = {(row.role, row.kind): because(row, typed) for row in rows(shop)}.values()
        for row, message in zip(last, compose_all(shop, last), strict=True):
            look_for_trouble(row, message, what)


def because(row, typed: str):
    """The row of a customer's doing, with that as the reason."""
    return replace(
        row, facts={**row.facts, "words": typed if row.facts.get("by") == "customer" else ""}
    )


def look_for_trouble(row, message, what: str) -> None:
    sent = message.as_bytes()
    assert len(sent) < 100_000
    assert BytesHeaderParser().parsebytes(sent).keys() == message.keys()
    for header in ("Subject", "From", "To", "Reply-To", "Message-ID"):
        assert "evil" not in message[header]
        assert "Ada" not in message[header]
    page = BeautifulSoup(html_of(message), "html.parser")
    assert not page.find_all(["script", "img", "iframe", "object", "link", "form"])
    links = {each["href"] for each in page.find_all(href=True)}
    others = {each for each in links if not each.startswith(ADDRESS)}
    assert others <= {"https://meet.example/salon", "mailto:shop@example.com"}, what
    values = [each.get_text() for each in page.find_all("td", "sb-value")]
    lines = [line.partition(": ")[2] for line in text_of(message).splitlines()]
    quoted = [each for each in (*values, *lines) if each.startswith("“")]
    assert quoted, what
    for each in quoted:
        inside = each.strip().removeprefix("“").removesuffix("”")
        assert not re.search(LINKED, inside), (what, inside)
        assert not set(inside) & set("“”\u202e\u2066\x1b\x07")
        assert len(inside) <= 700
    if row.role == "customer":
        assert "First visit?" not in text_of(message)
        assert "Note" not in text_of(message)
    assert text_of(message).count("See, move or cancel it:\n") <= 1


def test_a_customer_is_told_nothing_that_was_typed_but_the_name(shop, letters):
    change(shop, booked(shop), customer_note=NOTE, customer_phone="+351 210 000 000")
    for message in letters("customer"):
        assert "Name: “Åsa Öberg”" in text_of(message)
        for typed in ("I was with you", "First visit?", "+351 210"):
            assert typed not in text_of(message)
            assert typed not in html_of(message)


def test_the_owners_words_are_not_taken_for_markup_or_headers(shop, letters):
    shop.change("cut", name='Cut & "<b>dry</b>"\nBcc: x@example.com', price="<5 €")
    with shop.writing() as session:
        session.get(Shop, 1).name = "Ann\r\n& <Sons>"
    booked(shop)
    (message,) = letters("customer", "booked")
    assert message["Subject"].startswith('Booked: Cut & "<b>dry</b>" Bcc: x@example.com, Thu')
    assert message["Bcc"] is None
    page = BeautifulSoup(html_of(message), "html.parser")
    assert not page.select("b")
    assert "Ann & <Sons>" in page.get_text()


def test_many_answers_stay_below_what_mail_programs_cut(shop, letters):
    furnish(shop)
    answers = [{"key": str(n), "label": LONG[:100], "value": LONG} for n in range(60)]
    typed = {"customer_name": LONG, "customer_note": LONG, "customer_phone": LONG}
    change(shop, booked(shop), **typed, answers=answers)
    (staff,) = letters("staff", "booked")
    assert len(html_of(staff).encode()) < 100_000


def test_a_busy_day_stays_below_what_mail_programs_cut(shop, post):
    live_through(shop)
    (row,) = rows(shop, "staff", "tomorrow")
    with shop.writing() as session:
        booking = session.query(Booking).first()
        booking.customer_name = booking.customer_note = booking.customer_phone = LONG
        content = of_tomorrow(row, [booking] * 40, session.get(Shop, 1))
        html = render(content.name, letter=content)[1]
    assert len(content.entries) == 30
    assert content.words.subject == f"Tomorrow, {TUESDAY}: 40 appointments"
    assert "And 10 more." in html
    assert len(html.encode()) < 100_000


def test_a_list_of_nobody_is_not_sent(shop, post):
    live_through(shop)
    with shop.writing() as session:
        session.query(Booking).update({"state": "cancelled"})
    assert compose_all(shop, rows(shop, "staff", "tomorrow")) == [None]
