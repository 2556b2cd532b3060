"""The rarer hosts of stack.py, as a tab without a browser meets them in every run."""

import pytest
from flask import Flask, session

from booking.testing import TabClient
from tests.customer.walks import at_done
from tests.hosts.stack import HOSTS, RARE

PORT = 5000


@pytest.mark.filterwarnings("ignore:Could not insert debug toolbar")
@pytest.mark.usefixtures("monday_morning")
@pytest.mark.parametrize("name", sorted(RARE))
def test_the_wizard_and_a_page_of_the_hosts_beside_it(name, loaded_sqlite_url):
    site = HOSTS[name](loaded_sqlite_url, PORT)
    app = site.wsgi if isinstance(site.wsgi, Flask) else site.wsgi.mounts["/shop"]
    there = {"Host": f"{site.name}:{PORT}"} if site.name != "127.0.0.1" else {}
    done = at_done(app, headers=there)
    assert (done.step, done.url) == ("done", f"{site.wizard}done")
    tab = TabClient(app, "/notes/", headers=there).submit(text="milk").refresh()
    assert tab.page.select_one("#note p").text == "milk"


def test_babel_speaks_its_own_language_on_the_hosts_page(loaded_sqlite_url):
    app = HOSTS["babel"](loaded_sqlite_url, PORT).wsgi
    assert "Montag" in TabClient(app, "/notes/").page.h1.text
    assert TabClient(app, "/book/").page.html["lang"] == "en"


def test_a_session_in_the_database_is_kept_beside_the_wizards_own_transactions(loaded_sqlite_url):
    app = HOSTS["sessions_in_the_database"](loaded_sqlite_url, PORT).wsgi
    app.add_url_rule("/requests", "requests", lambda: str(session["requests"]))
    tab = TabClient(app, "/book/").submit(service="short")
    assert int(tab.client.get("/requests").text) >= 3
