"""Everything that is said about customers at the desk is a message."""

import re

from booking.i18n import speaking
from tests.i18n.test_every_text_is_marked import MARKS, OPEN, offences
from tests.owner.test_customers import ADA, MORNING, book, page_path

TYPED = ("Ada Byron", "Berta Meyer", ADA.email, ADA.phone, "Short visit", "Ana", "Owner", "xx")


def test_on_every_page_about_customers(desk, shop):
    reference = book(shop)
    book(shop, "Berta Meyer", weeks=1)
    other = page_path(shop, book(shop, "Berta Meyer", weeks=2, email="b@example.com"))
    coming = page_path(
        shop, shop.appointment(MORNING.replace(year=2037), "Ada Byron", customer=ADA)
    )
    one = page_path(shop, reference)
    assert coming == one
    with speaking(MARKS):
        answers = [
            desk.get("/desk/customers"),
            desk.post("/desk/customers", data={"q": "x"}),
            desk.post("/desk/customers", data={"q": "xx"}),
            desk.post("/desk/customers", data={"q": "byron"}),
            desk.get(one),
            desk.post(f"{one}/details", data={"name": "", "note": "x" * 5000}),
            desk.post(f"{one}/details", data={"name": "x" * 300, "note": ""}),
            desk.get(f"{one}/merge"),
            desk.post(f"{one}/merge"),
            desk.post(f"{one}/merge", data={"other": "999999"}),
            desk.post(f"{one}/merge", data={"q": "xx"}),
            desk.get(f"{one}/split"),
            desk.post(f"{one}/split"),
            desk.get(f"{one}/erasure"),
            desk.post(f"{one}/erasure", data={"confirm": "Ada Byron"}),
            desk.get(f"{other}/erasure"),
            desk.post(f"{other}/erasure", data={"confirm": "xx"}),
        ]
        desk.post(f"{one}/merge", data={"other": other.rsplit("/", 1)[1]})
        desk.post(f"{one}/block", data={"blocked": "1"})
        desk.post(f"{other}/details", data={"name": "Ada Byron", "note": "xx"})
        answers.append(desk.post(f"{one}/details", data={"name": "Ada Byron", "note-999": "xx"}))
        answers += [desk.get(one), desk.get("/desk/customers"), desk.get(f"{one}/split")]
    shown = [(each.request.path, without_what_was_typed(each.text)) for each in answers]
    assert all(OPEN in html for _, html in shown)
    assert offences(shown) == set()


def without_what_was_typed(html: str) -> str:
    for typed in (*TYPED, "b@example.com", "x" * 300, "x" * 5000):
        html = html.replace(typed, "")
    return re.sub(r"owner-x@example\.com", "", html)
