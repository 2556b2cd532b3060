"""What goes on over several requests, or beside them: a list in pages, work in the background."""

from threading import Thread

import pytest
from flask import Flask, g, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from booking.tab_sessions import (
    TabOwned,
    TabSessions,
    client_script,
    create_table,
    run_in_transaction,
    run_read_only,
    session_lifecycle,
    session_route,
)
from booking.testing import TabClient

A_PAGE = 3
PAGE = """<!doctype html><script src="/tab-session.js" data-prefix="/list/"></script>
<ul hx-get="/list/lines" hx-trigger="load"></ul>"""
LINES = """{% for line in lines %}<li>{{ line.text }}</li>{% endfor %}
{% if more %}<button hx-get="/list/lines?after={{ lines[-1].id }}" hx-swap="outerHTML">More</button>
{% endif %}"""


@pytest.fixture
def app(tmp_path):
    app = Flask("lists")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/lists.db"
    db = SQLAlchemy(app)
    TabSessions(app, db.session)

    class Line(TabOwned, db.Model):
        __outlives_tab__ = "never"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    session_lifecycle(app, "/list/tab-session")
    app.add_url_rule("/", "page", lambda: PAGE)
    app.add_url_rule("/tab-session.js", view_func=client_script)

    @session_route(app, "/list/lines", methods=["GET", "POST"])
    def lines(tab):
        for text in request.form.getlist("text"):
            Line(text=text).give_to(tab)
        found = Line.of(tab, Line.id > int(request.args.get("after", 0)))
        shown, more = found[:A_PAGE], found[A_PAGE:]
        return render_template_string(LINES, lines=shown, more=more)

    def count(key):
        """In the background: it knows the tab by its key alone."""

        def of_the_tab(session):
            return session.query(Line).filter_by(tab_session_id=key).count()

        def write(session):
            session.add(Line(text=f"{number} in all", tab_session_id=key))

        with app.app_context():
            number = run_read_only(db.session, of_the_tab)
            run_in_transaction(db.session, write)

    def begin_to_count(tab):
        work = Thread(target=count, args=[tab.key])
        work.start()
        app.extensions["work"] = work

    @session_route(app, "/list/count", methods=["POST"], after_commit=begin_to_count)
    def counted(tab):
        Line(text="counting").give_to(tab)
        return ""

    def ask_elsewhere():
        """What takes time, so that somebody else writes meanwhile."""
        g.is_open = db.session().in_transaction()
        other = TabClient(app, "/").fetch("/list/lines", "POST", data={"text": "meanwhile"})
        g.answer = other.status_code

    @session_route(app, "/list/slow", methods=["POST"], before_transaction=ask_elsewhere)
    def slow(tab):
        Line(text=f"{g.answer}, {g.is_open}").give_to(tab)
        return ""

    with app.app_context():
        create_table()
        db.create_all()
        yield app
        db.engine.dispose()


def texts(tab):
    return [line.text for line in tab.page.select("li")]


def test_a_long_list_comes_page_by_page_and_each_tab_has_its_own(app):
    ada = TabClient(app, "/")
    ben = ada.new_tab("/")
    for each in range(5):
        for tab, name in ((ada, "ada"), (ben, "ben")):
            tab.fetch("/list/lines", "POST", data={"text": f"{name} {each}"})
    assert texts(ada.refresh()) == ["ada 0", "ada 1", "ada 2"]
    assert texts(ada.click("More")) == [f"ada {each}" for each in range(5)]
    assert not ada.page.select("button")
    assert texts(ben.refresh()) == ["ben 0", "ben 1", "ben 2"]


def test_background_work_goes_on_by_the_tabs_key(app):
    tab = TabClient(app, "/")
    tab.fetch("/list/lines", "POST", data={"text": "milk"})
    assert tab.fetch("/list/count", "POST").status_code == 200
    tab.renew()  # another id, and the work knows none
    app.extensions["work"].join()
    assert texts(tab.refresh()) == ["milk", "counting", "2 in all"]


def test_nobody_waits_for_what_takes_time_before_the_transaction(app):
    tab = TabClient(app, "/")
    tab.fetch("/list/slow", "POST")
    assert texts(tab.refresh()) == ["200, False"]
