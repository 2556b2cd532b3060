"""Whatever the agenda says is a message, in a language that puts marks around each."""

import re

from booking.i18n import speaking
from tests.i18n.test_every_text_is_marked import MARKS, offences
from tests.owner.days import asked_to_move, booked, cancelled, held

# Keys, short dates, who is at the desk, what was typed there.
NO_WORDS = re.compile(r"<kbd>.*?</kbd>|\b\d+ Mar\b|>Owner<|value=\"nobody\"|tomorro\b")
VIEWS = ["/desk/", *(f"/desk/agenda?view={view}&state=every" for view in ("day", "week", "list"))]


def test_no_text_of_the_agenda_stands_outside_its_messages(desk, desk_app):
    made = booked(desk_app, "10:00", "Ada", waits="approval")
    booked(desk_app, "11:00", "Ada", waits="mail")
    booked(desk_app, "15:00", "Ada", state="no_show")
    booked(desk_app, "14:00", "Ada", state="completed")
    asked = booked(desk_app, "16:00", "Ada", "ben")
    asked_to_move(desk_app, asked, "19:00", "ben")
    cancelled(desk_app, booked(desk_app, "13:00", "Ada"))
    held(desk_app, "15:00", "ben")
    with speaking(MARKS):
        answers = [(path, desk.get(path).text) for path in [*VIEWS, "/desk/agenda?day=tomorro"]]
        answers += [
            (f"find {text}", desk.post("/desk/search", data={"q": text}).text)
            for text in ("ada", "a", "nobody", made)
        ]
    assert offences((where, NO_WORDS.sub("", html)) for where, html in answers) == set()
