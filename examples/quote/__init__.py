"""A car insurance quote in five steps. Each tab has a quote of its own; all tabs share a basket.

docs/tutorial.md goes through it, a piece at a time. To see it: flask --app examples/quote run
"""

from flask import Flask, Response, render_template, send_from_directory

from booking.files import STATIC
from booking.tab_sessions import (
    AnonymousUsers,
    TabSessions,
    client_script,
    create_table,
    live_script,
)

from . import basket, people, steps
from .tables import db


def create_app(database_url: str = "sqlite:///quote.db") -> Flask:
    """Return the app, with its tables made."""
    app = Flask(__name__)
    app.config.update(SQLALCHEMY_DATABASE_URI=database_url, SECRET_KEY="write your own here")
    db.init_app(app)
    TabSessions(app, db.session, user=people.logged_in)
    AnonymousUsers(make=people.make, merge=people.merge, forget=people.forget).init_app(app)
    app.register_blueprint(steps.quote)
    app.register_blueprint(basket.basket)
    add_pages(app)
    with app.app_context():
        create_table()  # those of the tabs
        db.create_all()  # ours
    return app


def add_pages(app: Flask) -> None:
    """Add the page, which is the same for everybody, and the scripts that it loads."""
    app.add_url_rule("/", "page", page)
    app.add_url_rule(f"/<any({','.join(steps.PAGES)}):step>", "page", page)
    app.add_url_rule("/tab-session.js", view_func=client_script)
    app.add_url_rule("/tab-live.js", view_func=live_script)
    app.add_url_rule("/htmx.js", "htmx", htmx)


def page(step: str = "now") -> str:
    return render_template("page.html", step=step)


def htmx() -> Response:
    """Serve the htmx that comes with Sidebook; yours lies in static/, or at a CDN."""
    return send_from_directory(STATIC / "vendor", "htmx-4.0.1.min.js")
