"""The wizard's start is made once for everybody, and nothing of a host is ever kept in it."""

import re
from pathlib import Path

import pytest
from flask import Flask, g, request

from booking import Sidebook, create_app
from booking.files import TEMPLATES
from booking.testing import TabClient
from booking.web import rendering, templating
from tests.conftest import SHOP

PAGE = (TEMPLATES / "booking/page.html").read_text(encoding="utf-8")
HELLO = "<b>Hello {{ g.user }}</b>"
STEP = '<template id="first-step"><section id="step"'


@pytest.fixture
def host(tmp_path, loaded_sqlite_url):
    """An app whose users have names, and that may have templates of its own."""
    app = Flask("host", root_path=tmp_path, instance_path=str(tmp_path / "instance"))
    app.config |= {"SECRET_KEY": "for tests alone", "SQLALCHEMY_DATABASE_URI": loaded_sqlite_url}
    Sidebook(app)
    app.before_request(lambda: setattr(g, "user", request.headers.get("User", "")))
    return app


def load(app: Flask, shop: Path) -> None:
    done = app.test_cli_runner().invoke(args=["booking", "load", "--yes", str(shop)])
    assert done.exit_code == 0, done.output


def write(app: Flask, name: str, text: str) -> None:
    file = Path(app.root_path, "templates/booking", name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def start(app: Flask, user: str = "", path: str = "/book/", **headers: str) -> str:
    return app.test_client().get(path, headers={"User": user, **headers}).text


def kept(app: Flask) -> set[str]:
    """What is kept, by name."""
    return {key[0] for key in app.extensions.get("booking.kept", {})}


def test_page_and_step_are_made_once_where_all_of_it_is_ours(host):
    first = start(host)
    assert STEP in first
    assert kept(host) == {"start", "first-step"}
    assert start(host, user="ann") == first


@pytest.mark.parametrize("name", ["page.html", "parts/head.html"])
def test_a_layout_of_the_hosts_is_made_anew_for_each_of_its_users(host, name):
    write(host, name, HELLO if "head" in name else PAGE.replace("<body>", f"<body>{HELLO}"))
    for user in ("ann", "ben", ""):
        page = start(host, user)
        assert f"<b>Hello {user}</b>" in page
        assert STEP in page
    assert kept(host) == {"first-step"}


@pytest.mark.parametrize("name", ["_service.html", "parts/opening.html"])
def test_a_step_of_the_hosts_is_made_anew_for_each_of_its_users(host, name):
    ours = (TEMPLATES / "booking" / name).read_text(encoding="utf-8")
    write(host, name, ours.replace("<h1", f"{HELLO}<h1").replace("<fieldset", f"{HELLO}<fieldset"))
    for user in ("ann", "ben"):
        assert f"<b>Hello {user}</b>" in start(host, user)
    assert not kept(host)


def by_processor(host):
    host.context_processor(lambda: {"greeting": g.user})


def by_global(host):
    host.jinja_env.globals["greeting"] = lambda: g.user


def by_addresses(host):
    host.url_defaults(lambda _, values: values.setdefault("from", g.user))


@pytest.mark.parametrize("gives", [by_processor, by_global, by_addresses])
def test_where_a_host_gives_templates_something_no_page_is_kept(host, gives):
    gives(host)
    pages = {user: start(host, user) for user in ("ann", "ben")}
    assert kept(host) == {"first-step"}
    if gives is by_addresses:
        assert "from=ann" in pages["ann"]
        assert "from=ben" in pages["ben"]


def test_while_templates_may_change_nothing_is_kept(host):
    host.jinja_env.auto_reload = True
    start(host)
    assert not kept(host)


def test_a_query_is_never_answered_with_what_is_kept(host):
    start(host)
    for query in ("?service=long", "?staff=ana", "?unknown=1"):
        page = start(host, path=f"/book/{query}")
        assert STEP not in page
        assert kept(host) == {"start", "first-step"}
        assert start(host) != page


def test_htmx_restores_the_page_that_loads_its_step(host):
    page = start(host, **{"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert STEP not in page
    assert 'hx-get="/book/form"' in page


def test_a_business_that_another_process_loads_is_shown_at_once(host, tmp_path, loaded_sqlite_url):
    assert "Short visit" in start(host)
    other = create_app({"BOOKING_DATABASE_URL": loaded_sqlite_url})
    changed = tmp_path / "shop.toml"
    changed.write_text(SHOP.read_text(encoding="utf-8").replace("Short visit", "Brief call"))
    load(other, changed)
    assert "Brief call" in start(host)
    assert "Short visit" not in start(host)


def test_each_root_has_its_own_and_of_many_only_some_are_kept(host):
    for number in range(rendering.MOST + 3):
        client = host.test_client()
        page = client.get("/book/", environ_overrides={"SCRIPT_NAME": f"/shop-{number}"}).text
        assert set(re.findall(r'action="(/[^"]*)/book/', page)) == {f"/shop-{number}"}
    assert len(host.extensions["booking.kept"]) == rendering.MOST


@pytest.mark.parametrize(("services", "staff", "first"), [(1, 2, "staff"), (1, 1, None)])
def test_a_step_that_leaves_no_choice_is_passed_over_and_a_calendar_is_loaded(
    host, tmp_path, services, staff, first
):
    text = SHOP.read_text(encoding="utf-8")
    parts = re.split(r"(?=\[\[(?:services|staff)\]\])", text.replace(', "long"]', "]"))
    small = tmp_path / "small.toml"
    chosen = [parts[0], *parts[1 : 1 + services], *parts[3 : 3 + staff]]
    small.write_text("".join(chosen), encoding="utf-8")
    load(host, small)
    shown = re.search(
        'first-step"><section id="step" class="sb-step" data-step="(.*?)"', start(host)
    )
    assert (shown and shown[1]) == first


def pieces(app: Flask) -> dict[str, int]:
    """How many renderings are kept of each piece."""
    with app.app_context():
        macros = templating.kept_macros(templating.environment())
    return {k: v.cache_info().currsize for k, v in macros.items() if hasattr(v, "cache_info")}


def at_time(app: Flask) -> TabClient:
    return TabClient(app, "/book/?service=short&staff=any")


def test_no_piece_of_a_step_with_what_a_customer_typed_is_kept(host):
    tab = at_time(host)
    tab.submit(slot=tab.page.select_one("[name=slot]")["value"])
    for name in ("Ann", "Ann", "Bea"):
        before = pieces(host)
        tab.submit(name=name, email=f"{name}@example.org", phone="", note=f"{name} has a cold")
        assert tab.step == "review"
        tab.open("/book/details")
        assert tab.page.select_one("[name=name]")["value"] == name
    assert pieces(host) == before
    assert before["empty_field"] > 0


@pytest.mark.parametrize("name", ["macros", "kept", "kept_times", "field"])
def test_a_piece_of_the_hosts_is_made_anew_for_each_of_its_users(host, name):
    ours = (TEMPLATES / f"booking/parts/{name}.html").read_text(encoding="utf-8")
    hello = "<b>Hello {{ config.USER }}</b>"
    write(host, f"parts/{name}.html", re.sub("(<svg|<nav|<label|<tr>)", rf"{hello}\1", ours))
    for user in ("ann", "ben"):
        host.config["USER"] = user
        tab = at_time(host)
        times = str(tab.page)
        tab.submit(slot=tab.page.select_one("[name=slot]")["value"])
        assert f"<b>Hello {user}</b>" in times + str(tab.page)
    assert not pieces(host)
