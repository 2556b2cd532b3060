"""A host with a basket: of nobody yet, then of who logs in, by Flask-Login or by Flask-Security."""

import secrets
from typing import Any

from flask import Blueprint, Flask, redirect, render_template_string, request, send_from_directory
from flask_login import LoginManager, UserMixin, login_user, logout_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import delete, select, update

from booking.files import STATIC
from booking.tab_sessions import (
    AnonymousUsers,
    TabSessionGone,
    TabSessions,
    anonymous_user,
    attach_user,
    client_script,
    create_table,
    end_user,
    session_lifecycle,
    session_route,
)
from tests.hosts.stack import EMAIL, add_users, whoever

PAGE = """<!doctype html><html lang="en"><head><title>A basket</title>
<script src="/tab-session.js" data-prefix="/basket/" defer></script>
<script src="/htmx.js" defer></script></head>
<body><main id="basket" hx-get="/basket/items" hx-trigger="load"></main></body></html>"""
BASKET = """{% if current_user.is_authenticated and not tab.user %}
<span hx-post="/basket/whose" hx-target="#basket" hx-trigger="load"></span>{% endif %}
<ul>{% for what in items %}<li>{{ what }}</li> {% endfor %}</ul>
<form id="add" hx-post="/basket/items" hx-target="#basket" action="/basket/items" method="post">
<input name="what" aria-label="What?"><button>Add</button></form>
{% if not tab.user %}{{ ways_in|safe }}
{% else %}<form id="log-out" hx-post="/basket/log-out" hx-target="#basket"
 action="/basket/log-out" method="post"><button>Log out</button></form>
<a id="leave" href="/logout">Leave</a>{% endif %}"""
OVER = """<p role="alert">You are logged out.</p>
<button id="anew" hx-get="/basket/items" hx-target="#basket" data-new-booking>Begin anew</button>"""
WAYS_IN = {
    "flask-login": """<form id="log-in" hx-post="/basket/log-in" hx-target="#basket"
 action="/basket/log-in" method="post"><button>Log in</button></form>""",
    "flask-security": '<a id="log-in" href="/login?next=/">Log in</a>',
}


def basket_app(url: str, kind: str) -> Flask:
    """The host. Whom its items belong to is said by what both extensions call a user's id."""
    app = Flask("basket", static_folder=None)
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="x")
    app.config["SECURITY_LOGOUT_METHODS"] = ["GET", "POST"]
    db = SQLAlchemy(app)

    class Item(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        owner = db.Column(db.String(64), index=True)
        what = db.Column(db.String(80))

    if kind == "flask-security":
        add_users(app)
        user_class = app.extensions["security"].datastore.user_model
    else:
        user_class = add_login(app, db)
    TabSessions(app, db.session, user=whoever)
    users_before_log_in(user_class, Item).init_app(app)
    app.register_blueprint(basket(user_class, Item, WAYS_IN[kind]))
    add_pages(app)
    with app.app_context():
        db.create_all()
        create_table()
    return app


def add_login(app: Flask, db: SQLAlchemy) -> Any:
    """Flask-Login with one user, and a way out that is a link; returns the class of its users."""

    class User(db.Model, UserMixin):
        key = db.Column(db.String(64), primary_key=True)
        email = db.Column(db.String(255), unique=True)
        fs_uniquifier = db.synonym("key")

        def get_id(self) -> str:
            return self.key

    LoginManager(app).user_loader(lambda key: db.session.get(User, key))
    app.add_url_rule("/logout", "logout", lambda: (logout_user(), redirect("/"))[1])
    with app.app_context():
        db.create_all()
        db.session.add(User(email=EMAIL, key="ada"))
        db.session.commit()
    return User


def users_before_log_in(user_class: Any, item: Any) -> AnonymousUsers:
    def make(session: Any) -> str:
        user = user_class(fs_uniquifier=secrets.token_hex(16))
        session.add(user)
        session.flush()
        return user.fs_uniquifier

    def merge(session: Any, anonymous: str, user: str) -> None:
        session.execute(update(item).where(item.owner == anonymous).values(owner=user))
        session.execute(delete(user_class).where(user_class.fs_uniquifier == anonymous))

    return AnonymousUsers(make=make, merge=merge)


def basket(user_class: Any, item: Any, ways_in: str) -> Blueprint:
    basket = Blueprint("basket", __name__, url_prefix="/basket")
    session_lifecycle(basket)

    def owner(tab: Any) -> str | None:
        user = whoever()
        if user and tab.writable and tab.user is None:
            attach_user(tab, user)
        return user or anonymous_user(tab)

    def show(tab: Any) -> str:
        theirs = select(item.what).where(item.owner == (owner(tab) or "")).order_by(item.id)
        shown = tab.session.scalars(theirs)
        return render_template_string(BASKET, items=shown, tab=tab, ways_in=ways_in)

    @session_route(basket, "/items", methods=["GET", "POST"])
    def items(tab):
        if request.method == "POST":
            tab.session.add(item(owner=owner(tab), what=request.form["what"]))
        return tab.render_after_commit(show)

    @session_route(basket, "/whose", methods=["POST"])
    def whose(tab):
        if whoever():
            owner(tab)
        return tab.render_after_commit(show)

    add_log_in(basket, user_class)

    @basket.errorhandler(TabSessionGone)
    def over(_gone):
        return OVER, 410

    return basket


def add_log_in(basket: Blueprint, user_class: Any) -> None:
    @session_route(basket, "/log-in", methods=["POST"])
    def log_in(tab):
        user = tab.session.scalar(select(user_class).where(user_class.email == EMAIL))
        login_user(user)
        attach_user(tab, user.get_id())
        return redirect("/basket/items", 303)

    @session_route(basket, "/log-out", methods=["POST"])
    def log_out(tab):
        logout_user()
        end_user(tab)
        return redirect("/basket/items", 303)


def add_pages(app: Flask) -> None:
    vendor = STATIC / "vendor"
    app.add_url_rule("/", "page", lambda: PAGE)
    app.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))
    app.add_url_rule("/tab-session.js", view_func=client_script)
    app.add_url_rule("/htmx.js", "htmx", lambda: send_from_directory(vendor, "htmx-4.0.1.min.js"))
