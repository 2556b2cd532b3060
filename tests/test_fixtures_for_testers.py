"""The fixtures of `booking.testing.plugin`, as a host's own tests ask for them."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from booking import Sidebook, create_app, now
from booking.business_file.section import BusinessFileError
from booking.testing import TabClient
from booking.testing.clock import Clock
from booking.testing.plugin import (
    booking_app,
    booking_clock,
    booking_database_url,
    booking_settings,
    booking_shop,
    booking_start,
    letters,
    tab,
    two_tabs,
)
from booking.testing.shop import SHOP, load_shop

FIXTURES = (
    booking_app,
    booking_clock,
    booking_database_url,
    booking_settings,
    booking_shop,
    booking_start,
    letters,
    tab,
    two_tabs,
)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
NINE, TEN = "2026-03-02T09:00Z", "2026-03-02T10:00Z"


def offered(tab: TabClient) -> list[str]:
    return [choice["value"] for choice in tab.page.select("input[name=slot]:not([disabled])")]


def held(tab: TabClient, slot: str = NINE) -> TabClient:
    return tab.submit(service="haircut").submit(slot=slot)


def test_a_tab_stands_at_the_start_and_a_second_one_is_of_the_same_browser(two_tabs):
    first, second = two_tabs
    assert (first.step, second.step) == ("service", "service")
    assert first.client is second.client
    assert first.id != second.id


def test_a_hold_runs_out_as_the_clock_moves_and_its_time_is_free_again(two_tabs, booking_clock):
    booking_clock.set(MONDAY)
    first, second = two_tabs
    assert held(first).step == "details"
    assert NINE not in offered(second.submit(service="haircut"))
    booking_clock.shift(minutes=2)
    assert NINE not in offered(second.refresh())
    booking_clock.shift(minutes=2)
    assert second.refresh().submit(slot=NINE).step == "details"


def test_the_idle_limit_comes_as_the_clock_moves(tab, booking_clock):
    held(tab, offered(tab.new_tab("/book/").submit(service="haircut"))[0])
    booking_clock.shift(minutes=59)
    assert tab.refresh().status == 200
    booking_clock.shift(minutes=61)
    assert tab.refresh().status == 410


class TestAnotherBusiness:
    @pytest.fixture
    def booking_shop(self, booking_shop):
        booking_shop["shop"]["name"] = "The other barber"
        booking_shop["services"][0]["minimum_notice"] = "90 min"
        return booking_shop

    def test_its_notice_is_kept_by_the_same_clock(self, tab, booking_clock):
        booking_clock.set(MONDAY)
        assert "The other barber" in tab.refresh().page.title.text
        assert offered(tab.submit(service="haircut"))[0] == "2026-03-02T09:30Z"
        booking_clock.shift(minutes=25)
        assert offered(tab.refresh())[0] == TEN


def test_the_clock_is_put_right_afterwards():
    with now.put_right_afterwards():
        Clock().set(datetime(2040, 1, 1, tzinfo=UTC))
        assert now.utc_now().year == 2040
    assert abs(now.utc_now() - datetime.now(UTC)).total_seconds() < 60


def test_an_instant_without_a_zone_is_refused(booking_clock):
    with pytest.raises(ValueError, match="tzinfo=UTC"):
        booking_clock.set(datetime(2026, 3, 2, 8))  # noqa: DTZ001 - is what is wrong


def test_letters_are_those_of_the_app(tab, letters, booking_clock):
    booking_clock.set(MONDAY)
    held(tab).submit(name="Ada", email="ada@example.org").submit()
    assert tab.step == "done"
    assert [letter.kind for letter in letters(to="ada@example.org")] == ["booked"]
    assert {letter.due for letter in letters(kind="booked")} == {MONDAY}


MISTAKES = {
    r"the shop: services\[1\]\.duration: ": ("services", {"duration": "soon"}),
    r"the shop: staff\[0\]\.hours\.mon-sun": ("staff", {"hours": {"mon-sun": "9 to 5"}}),
    r"the shop: services\[1\]\.colour: ": ("services", {"colour": "red"}),
}


@pytest.mark.parametrize("place", MISTAKES)
def test_a_mistake_in_the_dict_is_named_by_the_way_to_it(booking_app, booking_shop, place):
    table, wrong = MISTAKES[place]
    booking_shop[table][-1] |= wrong
    with pytest.raises(BusinessFileError, match=place):
        load_shop(booking_app, booking_shop)


class TestSettings:
    @pytest.fixture
    def booking_settings(self, monkeypatch):
        monkeypatch.setenv("BOOKING_HOLD_MINUTES", "of the developer's own shell")
        return {"BOOKING_FIRST_HOLD_MINUTES": 9}

    def test_those_of_the_test_count_and_none_of_the_environment(self, booking_app):
        settings = booking_app.extensions["booking"].settings
        assert (settings.first_hold_minutes, settings.hold_minutes) == (9, 10)


class TestOnPostgreSQL:
    @pytest.fixture
    def booking_database_url(self, postgresql_url):
        return postgresql_url

    @pytest.mark.postgresql
    def test_the_same_fixtures_stand_on_a_database_of_ones_own(self, tab, booking_clock):
        booking_clock.set(MONDAY)
        assert held(tab).step == "details"
        booking_clock.shift(minutes=61)
        assert tab.refresh().status == 410


class TestAMountPathAndAnotherPrefix:
    @pytest.fixture
    def booking_app(self, booking_database_url):
        app = create_app(
            {
                "BOOKING_DATABASE_URL": booking_database_url,
                "BOOKING_PUBLIC_URL": "https://shop.example/uk",
                "SECRET_KEY": "of a test",
                "TESTING": True,
            },
            url_prefix="/appointments",
        )
        load_shop(app, SHOP)
        yield app
        with app.app_context():
            app.extensions["booking"].engine.dispose()

    def test_the_tab_goes_all_the_way_below_them(self, two_tabs, booking_clock):
        booking_clock.set(MONDAY)
        for each, slot in zip(two_tabs, (NINE, TEN), strict=True):
            held(each, slot).submit(name="Ada", email="ada@example.org").submit()
            assert (each.step, each.url) == ("done", "/uk/appointments/done")


class TestAnAppOfOnesOwn:
    @pytest.fixture
    def booking_app(self):
        app = Flask("host")
        app.add_url_rule("/", "front", lambda: "<h1>The front page</h1>")
        return app

    def test_without_the_wizard_its_tabs_stand_at_the_root(self, two_tabs):
        assert [each.page.h1.text for each in two_tabs] == ["The front page"] * 2


class TestAnAppThatMountsIt:
    @pytest.fixture
    def booking_app(self, booking_shop, tmp_path):
        app = Flask("host")
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/host.db"
        Sidebook(app, url_prefix="/visits", name="visits")
        load_shop(app, booking_shop)
        return app

    def test_its_business_is_the_dict_and_its_tab_stands_at_its_start(self, tab):
        assert (tab.step, tab.base) == ("service", "/visits/")
