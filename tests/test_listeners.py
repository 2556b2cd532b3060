"""What a host may register to hear of bookings, and what is refused where it is written."""

import functools

import pytest

from booking import Sidebook, create_app
from booking.config import ConfigurationError
from tests.customer.walks import at_done
from tests.fixtures.hosts import loaded


def told(booking, manage_url): ...


async def later(booking, manage_url): ...


def lazily(booking, manage_url):
    yield


def alone(booking): ...


def test_a_function_is_known_by_its_module_and_name(host):
    sidebook = Sidebook(host)
    assert sidebook.on("booked")(told) is told
    sidebook.on("reminder")(told)
    named = {f"{__name__}.told": told}
    assert host.extensions["booking"].handlers == {"booked": named, "reminder": named}


def test_it_may_be_registered_before_there_is_an_app(host):
    sidebook = Sidebook()
    sidebook.on("moved")(told)
    sidebook.init_app(host)
    assert list(host.extensions["booking"].handlers) == ["moved"]


def test_an_app_of_ours_takes_functions_too(sqlite_url):
    app = create_app({"BOOKING_DATABASE_URL": sqlite_url})
    app.extensions["booking"].on("cancelled")(told)
    assert app.extensions["booking"].handlers["cancelled"] == {f"{__name__}.told": told}


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (later, r"later is async.* Write def, without async"),
        (lazily, r"lazily has a yield in it.* Leave the yield out"),
        (alone, r"alone cannot be called with two values\. Write \(booking, manage_url\)"),
        (lambda booking, manage_url: None, r"<lambda> has no name to be found by\. Write"),
        (functools.partial(told), r"<lambda> has no name to be found by\. Write"),
    ],
)
def test_what_cannot_be_called_or_found_again_is_refused(function, wrong):
    with pytest.raises(ConfigurationError, match=rf"sidebook.on\('booked'\): .*{wrong}"):
        Sidebook().on("booked")(function)


def test_an_event_that_there_is_not_is_refused():
    with pytest.raises(ConfigurationError, match="Write one of booked, moved, cancelled, reminder"):
        Sidebook().on("confirmed")


def test_a_second_function_of_one_name_is_refused_and_not_put_in_its_place():
    sidebook = Sidebook()
    sidebook.on("booked")(told)
    with pytest.raises(ConfigurationError, match=r"told is there already\. Give this one a name"):
        sidebook.on("booked")(told)


@pytest.mark.usefixtures("monday_morning")
def test_who_comes_after_the_first_request_is_refused(host):
    sidebook = Sidebook(host)
    at_done(loaded(host))
    with pytest.raises(ConfigurationError, match=r"comes after the first request\. Register it"):
        sidebook.on("booked")(told)
