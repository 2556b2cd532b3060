"""Who looks for a booking at the desk finds it, and leaves no name in an address."""

import pytest

from tests.owner.conftest import page_of, text_of
from tests.owner.days import booked, cancelled, words


@pytest.fixture
def ada(desk_app) -> str:
    booked(desk_app, "11:00", "Somebody Else", email="else@example.com")
    return booked(desk_app, "10:00", "Ada Lovelace", phone="+351 912 345 678")


def find(desk, text, **more):
    return desk.post("/desk/search", data={"q": text}, **more)


@pytest.mark.both_databases
def test_it_is_found_by_a_beginning_an_end_or_the_reference(desk, ada):
    for text in ("love", "ADA", "ada@", "45 678", ada, ada.lower()):
        page = page_of(find(desk, text))
        (line,) = page.select("[data-booking-reference]")
        assert line["data-booking-reference"] == ada
        assert line.a["href"] == f"/desk/bookings/{ada}"
        assert "Monday 2 March 2026, 10:00" in words(line)
    assert "Nothing was found" in text_of(find(desk, "lace"))


def test_what_says_too_little_is_answered_beside_the_field_and_kept(desk, ada):
    answer = find(desk, "a")
    page = page_of(answer)
    assert answer.status_code == 422
    field = page.select_one("#field-q")
    assert field["value"] == "a"
    assert field["aria-invalid"] == "true"
    assert "two letters" in words(page.select_one(f"#{field['aria-describedby']}"))
    assert not page.select("[data-booking-reference]")


def test_no_address_carries_what_is_looked_for(desk, ada):
    form = desk.page("/desk/").select_one("form[role=search]")
    assert (form["method"], form["action"]) == ("post", "/desk/search")
    assert ada not in desk.get("/desk/search?q=love").text


def test_staff_find_their_own_customers_alone(desk_as, desk_app, ada):
    booked(desk_app, "15:00", "Ada of Ben", "ben")
    assert "Lovelace" not in text_of(find(desk_as("staff", "ben"), "ada"))
    assert "Ada of Ben" in text_of(find(desk_as("staff", "ben"), "ada"))
    assert "Ada of Ben" not in text_of(find(desk_as("staff", "ana"), "ada"))
    assert ada not in text_of(find(desk_as("staff", "ben"), ada))


def test_htmx_is_answered_with_the_fragment_and_cancelled_ones_say_so(desk, desk_app, ada):
    cancelled(desk_app, ada)
    answer = find(desk, "love", headers={"HX-Request": "true"})
    assert answer.text.startswith("<section")
    assert "Cancelled" in text_of(answer)


def test_many_are_cut_and_whoever_looks_is_told(desk, desk_app):
    for number in range(51):
        booked(desk_app, f"{10 + number % 2}:00", "Many Adas", days=number // 2)
    answer = find(desk, "adas")
    assert len(page_of(answer).select("[data-booking-reference]")) == 50
    assert "There are more" in text_of(answer)
