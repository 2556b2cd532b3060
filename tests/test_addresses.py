"""The addresses an operator may write down, and what a wrong one is told."""

import pytest

from booking import addresses
from booking.config import ConfigurationError, read_settings


def test_links_lead_to_a_host_that_is_answered():
    given = {
        "BOOKING_PUBLIC_URL": "https://shop.example",
        "BOOKING_TRUSTED_HOSTS": "www.shop.example",
    }
    with pytest.raises(ConfigurationError, match=r"leads to shop\.example, which .* does not name"):
        read_settings(given)
    read_settings(given | {"BOOKING_TRUSTED_HOSTS": ".shop.example"})


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("shop.example", True),
        ("shop.example.", True),
        ("web_1:8000", True),
        ("[::1]:5000", True),
        ("127.0.0.1", True),
        ("", False),
        ("a b", False),
        ("shop.example:0", False),
        ("shop.example:65536", False),
        ("shop.example:", False),
        ("a/b", False),
        ("a@b", False),
        ("<b>", False),
        ("a,b", False),
        ("sh\u00f6p.example", False),
        ("a" * 64 + ".example", False),
        ("a." * 200 + "example", False),
        ("a" * 50_000 + "!", False),
    ],
)
def test_a_host_is_a_name_or_an_address_and_perhaps_a_port(host, is_one):
    assert addresses.is_host(host) is is_one


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("Ada@Shop.Example", "ada@shop.example", True),
        ("ada@straße.example", "ADA@STRAßE.EXAMPLE", True),
        ("ada@straße.example", "ada@strasse.example", False),
        ("straße@shop.example", "strasse@shop.example", False),
        ("Émile@shop.example", "émile@shop.example", False),
        ("\ufb01na@shop.example", "fina@shop.example", False),
    ],
)
def test_two_addresses_of_mail_are_one_if_only_capitals_of_a_to_z_differ(one, other, is_one):
    assert addresses.is_same_address(one, other) is is_one
    assert addresses.is_same_address(other, one) is is_one
