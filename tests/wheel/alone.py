"""Sidebook by itself: made by create_app, from the wheel, in an empty folder."""

import sys
from importlib.metadata import metadata
from pathlib import Path
from urllib.parse import urljoin

import booking
from booking import create_app
from booking.testing import TabClient

public = "Booking Person Sidebook TabSession TabSessions __version__ create_app current_tab "
public += "session_route"
assert dir(booking) == public.split(), dir(booking)
assert all(hasattr(booking, name) for name in dir(booking))
assert booking.__version__ == metadata("sidebook")["Version"]
assert (Path(booking.__file__).parent / "py.typed").exists()

app = create_app({"BOOKING_DATABASE_URL": f"sqlite:///{Path.cwd() / 'alone.db'}"})
for command in (["init"], ["load", sys.argv[1]]):
    told = app.test_cli_runner().invoke(args=["booking", *command], catch_exceptions=False)
    assert told.exit_code == 0, told.output

client = app.test_client()
tab = TabClient(client, "/book/")
assert (tab.status, tab.step) == (200, "service"), tab
tab.submit(service="short").submit(staff="any")
assert (tab.status, tab.step) == (200, "time"), tab
tab.submit(slot=tab.page.select_one("[name=slot]")["value"])
tab.submit(name="Ada Lovelace", email="ada@example.com").submit()
assert tab.page.select_one("[data-booking-reference]"), tab.page

linked = tab.page.select("script[src], link[rel=stylesheet], link[rel=icon]")
assert len(linked) >= 4, tab.page
for element in linked:
    address = urljoin("/book/", element.get("src") or element["href"])
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer.data, address
    answer.close()

with app.app_context():
    app.extensions["booking"].engine.dispose()
