"""A host app for each thing that is usually beside Sidebook: docs/with-your-stack.md, in code."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, session, url_for
from flask_babel import Babel, format_date, gettext
from flask_caching import Cache
from flask_debugtoolbar import DebugToolbarExtension
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_security import RoleMixin, Security, SQLAlchemyUserDatastore
from flask_security import UserMixin as SecureUserMixin
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from booking import Sidebook, TabSessions
from booking.extension import BoundDatabase
from tests.hosts.notes import add_notes

GUIDE = Path(__file__).parents[2] / "docs" / "with-your-stack.md"
OWN_PAGE = re.compile(r"```python\n(OPEN = .*?)```", re.DOTALL)
EMAIL, PASSWORD = "ada@example.org", "open sesame"
# Its inline script is refused on the wizard's pages, and its jQuery is an old one.
TOOLBAR = "Content Security Policy|DEBUG_TOOLBAR|JQMIGRATE"


@dataclass(frozen=True)
class Site:
    """A host that is served: what answers, and how a browser comes to it.

    `log_in` are the fields of the page that stands before the others; None: there is none.
    `forgiven` is a pattern of what its pages may say in the console.
    """

    wsgi: Any
    wizard: str = "/book/"
    notes: str = "/notes/"
    name: str = "127.0.0.1"
    log_in: dict[str, str] | None = None
    forgiven: str = ""


Host = Callable[[str, int], Site]
HOSTS: dict[str, Host] = {}
RARE: set[str] = set()
"""Those that a browser visits with `--all` alone, and a TabClient in every run."""


def host(make: Host) -> Host:
    HOSTS[make.__name__] = make
    return make


def rare(make: Host) -> Host:
    RARE.add(make.__name__)
    return host(make)


def app_over(url: str, **options: Any) -> Flask:
    app = Flask("host", **options)
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SECRET_KEY="x")
    SQLAlchemy(app)
    return app


@host
def csrfprotect(url: str, port: int) -> Site:
    app = app_over(url)
    CSRFProtect(app)
    Sidebook(app)
    add_notes(app)
    return Site(app)


@host
def talisman(url: str, port: int) -> Site:
    app = app_over(url)
    add_notes(app)
    Sidebook(app)
    Talisman(app, force_https=False)
    return Site(app)


# All that docs/host.md says that the wizard needs, and nothing else.
STRICT = {
    "default-src": "'none'",
    "script-src": "",
    "style-src": "",
    **dict.fromkeys(("connect-src", "img-src", "form-action"), "'self'"),
}


@host
def policy_of_the_hosts(url: str, port: int) -> Site:
    app = app_over(url)
    app.config["BOOKING_HOST_POLICY"] = True
    Talisman(
        app,
        force_https=False,
        content_security_policy=STRICT,
        content_security_policy_nonce_in=["script-src", "style-src"],
    )
    add_notes(app)
    Sidebook(app)
    return Site(app)


class Person(UserMixin):
    def __init__(self, number: str) -> None:
        self.id = number


def whoever() -> str | None:
    return current_user.get_id()


def require_log_in(app: Flask, log_in: str) -> None:
    """The lines of docs/with-your-stack.md, with the endpoint of this host's own log-in."""
    shown = OWN_PAGE.search(GUIDE.read_text(encoding="utf-8"))[1].replace('"login"', f'"{log_in}"')
    names = {"app": app, "current_user": current_user, "request": request}
    exec(shown, names | {"redirect": redirect, "url_for": url_for})


@host
def login(url: str, port: int) -> Site:
    app = app_over(url)
    LoginManager(app).user_loader(Person)
    TabSessions(app, app.extensions["sqlalchemy"].session, user=whoever)
    require_log_in(app, "log_in")

    @app.route("/login", methods=["GET", "POST"])
    def log_in() -> Any:
        if request.method == "GET":
            return '<form action="" method="post"><button>Log in</button></form>'
        login_user(Person("7"))
        return redirect(urlsplit(request.args["next"]).path)

    add_notes(app)
    Sidebook(app)
    return Site(app, log_in={})


@host
def security(url: str, port: int) -> Site:
    app = app_over(url)
    add_users(app)
    TabSessions(app, app.extensions["sqlalchemy"].session, user=whoever)
    require_log_in(app, "security.login")
    add_notes(app)
    Sidebook(app)
    return Site(app, log_in={"email": EMAIL, "password": PASSWORD})


def add_users(app: Flask) -> None:
    """Flask-Security with one user, whose password is kept as it is: hashing takes a while."""
    db = app.extensions["sqlalchemy"]
    user, role = user_and_role(db)
    app.config.update(
        SECURITY_PASSWORD_SALT="x",
        SECURITY_PASSWORD_HASH="plaintext",
        SECURITY_PASSWORD_SCHEMES=["plaintext"],
        SECURITY_PASSWORD_SINGLE_HASH=["plaintext"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
    )
    Security(app, SQLAlchemyUserDatastore(db, user, role))
    with app.app_context():
        db.create_all()
        db.session.add(user(email=EMAIL, password=PASSWORD, active=True, fs_uniquifier="ada"))
        db.session.commit()


def user_and_role(db: SQLAlchemy) -> tuple[type, type]:
    """The two classes as Flask-Security's documentation has them."""
    held = db.Table(
        "roles_users",
        db.Column("user_id", db.ForeignKey("user.id")),
        db.Column("role_id", db.ForeignKey("role.id")),
    )

    class Role(db.Model, RoleMixin):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(80), unique=True)

    class User(db.Model, SecureUserMixin):
        id = db.Column(db.Integer, primary_key=True)
        email = db.Column(db.String(255), unique=True)
        password = db.Column(db.String(255))
        active = db.Column(db.Boolean)
        fs_uniquifier = db.Column(db.String(64), unique=True)
        roles = db.relationship("Role", secondary=held)

    return User, Role


@rare
def babel(url: str, port: int) -> Site:
    app = app_over(url)
    app.config["BABEL_DEFAULT_LOCALE"] = "de"
    Babel(app)
    add_notes(app, lambda: f"{gettext('Notes')}, {format_date(date(2026, 3, 2), 'EEEE')}")
    Sidebook(app)
    return Site(app)


@rare
def sessions_in_the_database(url: str, port: int) -> Site:
    app = app_over(url)
    app.config.update(SESSION_TYPE="sqlalchemy", SESSION_SQLALCHEMY=app.extensions["sqlalchemy"])
    Session(app)
    seen(app)
    add_notes(app)
    Sidebook(app)
    return Site(app)


def seen(app: Flask) -> None:
    """Each request of this host writes into its session, those of the wizard among them."""

    @app.before_request
    def note() -> None:
        session["requests"] = session.get("requests", 0) + 1


@rare
def limiter(url: str, port: int) -> Site:
    app = app_over(url)
    add_notes(app)
    Sidebook(app)
    limits = Limiter(get_remote_address, app=app, storage_uri="memory://")
    limits.limit("300 per minute")(app.blueprints["booking"])
    return Site(app)


@rare
def caching(url: str, port: int) -> Site:
    app = app_over(url)
    cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})
    add_notes(app, cache.memoize()(lambda: "Notes"))
    Sidebook(app)
    return Site(app)


@rare
def debug_toolbar(url: str, port: int) -> Site:
    app = app_over(url)
    app.config.update(DEBUG_TB_ENABLED=True, DEBUG_TB_INTERCEPT_REDIRECTS=False)
    add_notes(app)
    Sidebook(app)
    DebugToolbarExtension(app)
    return Site(app, forgiven=TOOLBAR)


@host
def prefix_of_a_proxy(url: str, port: int) -> Site:
    app = app_over(url)
    add_notes(app)
    Sidebook(app)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)
    return Site(stripping("/shop", app), "/shop/book/", "/shop/notes/")


def stripping(prefix: str, app: Any) -> Any:
    """A proxy that serves the app below a path, cuts it off, and says so."""

    def answer(environ: dict[str, Any], start: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith(f"{prefix}/"):
            return Response(status=404)(environ, start)
        cut = {"PATH_INFO": path.removeprefix(prefix), "HTTP_X_FORWARDED_PREFIX": prefix}
        return app(environ | cut, start)

    return answer


@rare
def application_root(url: str, port: int) -> Site:
    app = app_over(url)
    app.config["APPLICATION_ROOT"] = "/shop"
    add_notes(app)
    Sidebook(app)
    below = DispatcherMiddleware(Response(status=404), {"/shop": app})
    return Site(below, "/shop/book/", "/shop/notes/")


@rare
def host_matching(url: str, port: int) -> Site:
    app = app_over(url, host_matching=True, static_host=f"localhost:{port}")
    add_notes(app, host=f"book.localhost:{port}")
    Sidebook(app, host=f"book.localhost:{port}")
    return Site(app, name="book.localhost")


@host
def subdomains(url: str, port: int) -> Site:
    app = app_over(url, subdomain_matching=True)
    app.config["SERVER_NAME"] = f"localhost:{port}"
    add_notes(app, subdomain="book")
    Sidebook(app, subdomain="book")
    return Site(app, name="book.localhost")


@host
def a_bind(url: str, port: int) -> Site:
    app = Flask("host")
    own = url.replace("booking.db", "own.db")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=own, SQLALCHEMY_BINDS={"bookings": url}, SECRET_KEY="x"
    )
    bookings = BoundDatabase(app, SQLAlchemy(app), "bookings")
    add_notes(app)
    Sidebook(app, bookings)
    return Site(app)
