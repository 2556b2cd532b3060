"""Owners say who may come in, and see where they are signed in."""

import pytest
from sqlalchemy import select, update

from booking.storage.models import Account, desk_session
from tests.owner.conftest import account, page_of, text_of
from tests.owner.test_services import fields

BEN = {"email": "Ben@Example.com", "name": "Ben", "role": "staff", "staff": "ben"}


def number_of(app, email) -> int:
    return account(app, email).id


def form_of(desk, number) -> dict:
    """What a browser would send of that account's page as it stands."""
    return fields(desk.page(f"/desk/accounts/{number}"), f"form[action$='/{number}']")


def change(desk, number, **typed):
    return desk.post(f"/desk/accounts/{number}", data=form_of(desk, number) | typed)


def test_an_owner_lets_somebody_in_and_is_shown_the_link_once(desk, desk_app, nobody):
    assert "Let somebody in" in text_of(desk.get("/desk/accounts"))
    shown = desk.post("/desk/accounts/new", data=BEN | {"may_change_own_hours": "yes"})
    link = page_of(shown).select_one("#field-link")["value"]
    made = account(desk_app, "ben@example.com")
    assert (made.role, made.may_change_own_hours, made.sees_all_customers) == ("staff", True, False)
    assert made.password_hash == ""
    assert link not in desk.get(f"/desk/accounts/{made.id}").text
    path = link.removeprefix("http://localhost")
    assert nobody.post(path, data={"password": "a password of ben"}).status_code == 303
    assert "Signed in with one browser" in text_of(desk.get("/desk/accounts"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"role": "boss"}, "role"),
        ({"role": ""}, "role"),
        ({"staff": ""}, "staff"),
        ({"staff": "nobody"}, "staff"),
        ({"email": "owner-x@example.com"}, "email"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_typed_is_lost(desk, changed, field):
    typed = BEN | changed
    answer = desk.post("/desk/accounts/new", data=typed)
    assert answer.status_code in (409, 422)
    page = page_of(answer)
    assert page.select_one(f"#error-{field}").text
    assert page.select_one("[role=alert] a")["href"] == f"#field-{field}"
    assert page.select_one("[name=email]")["value"].lower() == typed["email"].lower()


@pytest.mark.both_databases
def test_what_no_keyboard_types_and_a_name_that_has_no_room_end_in_no_failure(desk, desk_app):
    assert desk.post("/desk/accounts/new", data=BEN | {"name": "B\0e\x1bn"}).status_code == 200
    ben = account(desk_app, "ben@example.com")
    assert ben.name == "Ben"
    changed = change(desk, ben.id, name="a" * 201)
    assert changed.status_code == 422
    assert page_of(changed).select_one("#error-name").text


def test_what_somebody_may_do_changes_with_their_next_request(desk, desk_as, desk_app):
    reception = desk_as("reception")
    assert reception.get("/desk/accounts").status_code == 403
    number = number_of(desk_app, "reception-x@example.com")
    form = {"name": "Rita", "role": "owner", "staff": "ana", "sees_all_customers": "yes"}
    assert change(desk, number, **form).status_code == 303
    assert "Works here as Ana" in text_of(reception.get("/desk/accounts"))
    assert account(desk_app, "reception-x@example.com").sees_all_customers


def test_who_let_whom_in_changed_and_signed_them_out_is_written_down(desk, desk_as, desk_app):
    desk.post("/desk/accounts/new", data=BEN)
    number = number_of(desk_app, "ben@example.com")
    for _ in range(2):
        change(desk, number, role="reception")
    for what in ("password-link", "sessions/end", "removal"):
        desk.post(f"/desk/accounts/{number}/{what}")
    lines = desk.page("/desk/history/accounts").select(".sb-one-lines li")
    told = [" ".join(each.get_text().split()) for each in lines]
    told = [each for each in told if each.startswith("Ben ")]
    assert [each.rsplit(" · ", 1)[0] for each in told] == [
        "Ben · Comes in no more by Owner",
        "Ben · A link to set a password was made by Owner",
        "Ben · Name, role or what they may do was changed by Owner",
        "Ben · Was let in by Owner",
    ]
    assert [each.rsplit(" ", 1)[1] for each in told] == [*["Reception"] * 3, "Staff"]
    assert desk_as("reception").get("/desk/history/accounts").status_code == 403
    assert "Who may come in" not in text_of(desk_as("reception").get("/desk/history"))


@pytest.mark.both_databases
def test_who_saves_a_page_of_before_gives_back_nothing_that_another_owner_took(
    desk, desk_as, desk_app
):
    desk_as("reception", email="rita@example.com")
    number = number_of(desk_app, "rita@example.com")
    page_of_before = form_of(desk, number)
    other = desk_as("owner", email="two@example.com")
    assert change(other, number, role="staff", staff="ana").status_code == 303
    answer = desk.post(f"/desk/accounts/{number}", data=page_of_before | {"name": "Rita"})
    assert answer.status_code == 409
    said = text_of(answer)
    assert (
        "this while you typed: What they may do, Works here as. It is shown as it is now." in said
    )
    assert account(desk_app, "rita@example.com").role == "staff"
    shown = fields(page_of(answer), f"form[action$='/{number}']")
    assert (shown["name"], shown["role"], shown["staff"]) == (["Rita"], ["staff"], ["ana"])
    assert desk.post(f"/desk/accounts/{number}", data=shown).status_code == 303
    rita = account(desk_app, "rita@example.com")
    assert (rita.name, rita.role) == ("Rita", "staff")


@pytest.mark.both_databases
def test_what_two_owners_changed_at_once_is_shown_to_the_second_as_both_wrote_it(
    desk, desk_as, desk_app, monkeypatch
):
    from booking.owner import accounts

    desk_as("reception", email="rita@example.com")
    number = number_of(desk_app, "rita@example.com")
    other = desk_as("owner", email="two@example.com")
    mine, theirs = (form_of(each, number) for each in (desk, other))
    run = accounts.run_in_transaction

    def after_the_other_one(*given):
        monkeypatch.setattr(accounts, "run_in_transaction", run)
        demoted = theirs | {"role": "staff", "staff": "ana"}
        assert other.post(f"/desk/accounts/{number}", data=demoted).status_code == 303
        return run(*given)

    monkeypatch.setattr(accounts, "run_in_transaction", after_the_other_one)
    answer = desk.post(f"/desk/accounts/{number}", data=mine | {"role": "owner"})
    assert answer.status_code == 409
    page = page_of(answer)
    assert page.select_one("#changed-role").text.strip() == (
        "Somebody else wrote meanwhile: Staff: sees and changes their own appointments"
    )
    assert page.select_one("[name=role][checked]")["value"] == "owner"
    assert account(desk_app, "rita@example.com").role == "staff"


def test_the_last_owner_can_neither_leave_nor_become_another(desk, desk_app):
    number = number_of(desk_app, "owner-x@example.com")
    refused = change(desk, number, name="O", role="reception")
    assert refused.status_code == 409
    assert "only owner" in page_of(refused).select_one("#error-role").text
    refused = desk.post(f"/desk/accounts/{number}/removal")
    assert (refused.status_code, "only owner" in text_of(refused)) == (409, True)
    assert desk.get("/desk/accounts").status_code == 200


def test_who_is_removed_is_out_at_once_and_told_nothing(desk, desk_as, desk_app):
    other = desk_as("owner", email="two@example.com")
    number = number_of(desk_app, "two@example.com")
    assert desk.post(f"/desk/accounts/{number}/removal").status_code == 303
    assert other.get("/desk/accounts").status_code == 303
    assert desk.get(f"/desk/accounts/{number}").status_code == 404
    assert desk.post(f"/desk/accounts/{number}/removal").status_code == 404


def test_an_owner_ends_the_sessions_of_somebody(desk, desk_as, desk_app):
    lost = desk_as("reception")
    number = number_of(desk_app, "reception-x@example.com")
    assert "Firefox" in text_of(desk.get(f"/desk/accounts/{number}"))
    assert desk.post(f"/desk/accounts/{number}/sessions/end").status_code == 303
    assert lost.get("/desk/").status_code == 303
    assert desk.get("/desk/").status_code == 200


def test_everybody_ends_their_own_sessions_and_no_others(desk, desk_as, shop):
    phone, office = desk_as("reception"), desk_as("reception")
    with shop.reading() as session:
        owners, *others = session.scalars(select(desk_session.c.id).order_by(desk_session.c.id))
    assert office.post(f"/desk/account/sessions/{owners}/end").status_code == 404
    assert office.post(f"/desk/account/sessions/{others[0]}/end").status_code == 303
    assert [each.get("/desk/").status_code for each in (desk, phone, office)] == [200, 303, 200]
    third = desk_as("reception")
    assert third.post("/desk/account/sessions/end").status_code == 303
    assert [each.get("/desk/").status_code for each in (third, office)] == [200, 303]


def test_a_link_to_set_another_password_changes_nothing_until_it_is_used(desk, desk_as, desk_app):
    other = desk_as("reception")
    number = number_of(desk_app, "reception-x@example.com")
    first, second = (
        page_of(desk.post(f"/desk/accounts/{number}/password-link"))
        .select_one("#field-link")["value"]
        .removeprefix("http://localhost")
        for _ in range(2)
    )
    assert other.get("/desk/").status_code == 200
    stranger = desk_app.test_client()
    assert stranger.get(first).status_code == 410, "a newer one took its place"
    assert stranger.post(second, data={"password": "a new password"}).status_code == 303
    assert other.get("/desk/").status_code == 303, "another password ends what was"


def test_who_is_no_owner_any_more_does_nothing_though_their_request_was_let_in(
    desk_as, desk_app, shop, monkeypatch
):
    from booking.owner import accounts

    other = desk_as("owner", email="two@example.com")
    desk_as("owner")
    number = number_of(desk_app, "owner-x@example.com")
    demoted = form_of(other, number) | {"role": "reception"}
    run = accounts.run_in_transaction

    def after_being_demoted(*given):
        with shop.writing() as session:
            found = session.scalar(select(Account).where(Account.email == "two@example.com"))
            found.role = "reception"
        return run(*given)

    monkeypatch.setattr(accounts, "run_in_transaction", after_being_demoted)
    for path, data in (
        (f"/desk/accounts/{number}/removal", {}),
        (f"/desk/accounts/{number}", demoted),
        (f"/desk/accounts/{number}/password-link", {}),
        (f"/desk/accounts/{number}/sessions/end", {}),
        ("/desk/accounts/new", BEN),
    ):
        answer = other.post(path, data=data)
        assert (answer.status_code, "not an owner any more" in text_of(answer)) == (409, True), path
        with shop.writing() as session:
            session.scalar(select(Account).where(Account.email == "two@example.com")).role = "owner"
    assert account(desk_app, "owner-x@example.com").role == "owner"
    assert account(desk_app, "ben@example.com") is None


OLD, NEW = "seven little boats", "eight little boats"


def test_another_password_ends_every_other_session_and_renews_this_one(desk_as, desk_app, shop):
    from booking.owner import passwords

    office, phone = desk_as("reception"), desk_as("reception")
    with shop.writing() as session:
        found = session.scalar(select(Account))
        found.password_hash = passwords.hashed(OLD)
    before = office.cookie("sidebook-desk-")
    wrong = office.post("/desk/account/password", data={"current": "x" * 12, "password": NEW})
    assert (wrong.status_code, bool(page_of(wrong).select_one("#error-current"))) == (422, True)
    done = office.post("/desk/account/password", data={"current": OLD, "password": NEW})
    assert done.headers["Location"] == "/desk/account?done=1"
    assert "Your password is set" in text_of(office.get(done.headers["Location"]))
    assert phone.get("/desk/").status_code == 303
    thief = desk_app.test_client()
    thief.set_cookie(next(iter(office._cookies))[2], before)
    assert thief.get("/desk/").status_code == 303


@pytest.mark.both_databases
def test_an_account_without_a_password_sets_its_first_one_only_soon_after_its_link(desk_as, shop):
    from booking.operations.accounts import FRESH

    office, phone = desk_as("reception"), desk_as("reception")
    assert not office.page("/desk/account").select("#field-current")
    short = office.post("/desk/account/password", data={"password": "short"})
    assert (short.status_code, bool(page_of(short).select_one("#error-password"))) == (422, True)
    late = int((shop.now() - FRESH).timestamp()) - 1
    with shop.writing() as session:
        newest = session.scalar(select(desk_session.c.id).order_by(desk_session.c.id.desc()))
        of_phone = desk_session.c.id == newest
        session.execute(update(desk_session).where(of_phone).values(created_at=late))
    assert "come in by another one" in text_of(phone.get("/desk/account"))
    assert phone.post("/desk/account/password", data={"password": NEW}).status_code == 409
    done = office.post("/desk/account/password", data={"password": NEW})
    assert done.headers["Location"] == "/desk/account?done=1"
    assert phone.get("/desk/").status_code == 303, "every other browser is signed out"
    assert office.page("/desk/account").select("#field-current")
    again = office.post("/desk/account/password", data={"password": "nine little boats"})
    assert again.status_code == 422, "the second one asks for the first"
