"""Whatever is typed into whatever field of the desk: it is taken or refused, and never a 500."""

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from booking.owner.routes import routes
from tests.owner.test_the_door import EXAMPLES, address

# They end the session that asks, or cost a tenth of a second each by design.
LEFT_OUT = re.compile("logout|sessions|password|/accounts")
EVERY_RUN = ("a\0b", "\ud800", "\u202e\u05e9\U0001f487", "9" * 400, "9999-12-31", "\u0663")
MORE = (
    *("", "\0", "x" * 9000, "1e999", "NaN", "-1", "\xff", "\u00b2", "0000-00-00", "0001-01-01"),
    *("0001-01-01T00:00", "9999-12-31T23:59", "e\u0301" * 99, "=1+1", ",", "\r\nX: y", "99:99"),
    *("24:00", "9999999999999999999", "\uff12\uff10\uff12\uff16-03", "\U0001f487" * 50),
)


def sent_as(pairs) -> str:
    """As a form is sent, but for half characters, which a browser would mend."""
    return "&".join(
        "=".join(quote(part.encode("utf-8", "surrogatepass"), safe="") for part in pair)
        for pair in pairs
    )


def fields_of(form) -> list[tuple[str, str]]:
    found = []
    for each in form.select("input[name], textarea[name], select[name], button[name]"):
        value = each.get("value") or ""
        if each.name == "select":
            chosen = each.select_one("option[selected]") or each.select_one("option")
            value = (chosen.get("value") or "") if chosen else ""
        elif each.name == "textarea":
            value = each.text
        found.append((each["name"], value))
    return found


def forms(desk):
    """Each form once, by its address and fields: how it is sent, where to, and what with."""
    found = {}
    for route in routes():
        if "GET" not in route.methods:
            continue
        path = address(route.rule).replace("999999", "1")
        page = BeautifulSoup(desk.get(path).text, "html.parser")
        for form in page.select("form"):
            fields, to = fields_of(form), form.get("action") or path
            names = frozenset(name for name, _ in fields)
            key = re.sub(r"\d+", "1", to.partition("?")[0]), names
            found.setdefault(key, ((form.get("method") or "get").lower(), to, fields))
    return [each for each in found.values() if not LEFT_OUT.search(each[1])]


def play(desk, shop, monkeypatch, texts, *, at_once: bool) -> int:
    begins = datetime(2026, 3, 3, 10, tzinfo=UTC)
    monkeypatch.setitem(EXAMPLES, "<reference>", shop.appointment(begins))
    shop.app.testing = False
    asked = 0
    for method, to, fields in forms(desk):
        names = [name for name, _ in fields]
        for text in texts:
            for spoiled in [{*names}] if at_once else [{name} for name in dict.fromkeys(names)]:
                typed = sent_as((name, text if name in spoiled else was) for name, was in fields)
                if method == "get":
                    answer = desk.get(f"{to.partition('?')[0]}?{typed}")
                else:
                    answer = desk.post(to, data=typed, content_type=FORM)
                assert answer.status_code < 500, (method, to, text[:20], spoiled)
                asked += 1
    return asked


FORM = "application/x-www-form-urlencoded"


def test_a_form_that_is_nonsense_in_every_field_is_refused_and_nothing_fails(
    desk, shop, monkeypatch
):
    assert play(desk, shop, monkeypatch, EVERY_RUN, at_once=True) > 100


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_nor_does_one_that_is_nonsense_in_any_one_field(desk, shop, monkeypatch):
    assert play(desk, shop, monkeypatch, EVERY_RUN + MORE, at_once=False) > 3000
