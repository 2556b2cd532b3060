"""A shop's own texts hold what is filled in, and nothing else."""

import re

import pytest

from booking.notifications.words import check_text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("booked", "{service} {staff} {when} {place} {price} {shop} {link} {reference}"),
        ("booked.subject", "{service} at {shop}, {when}"),
        ("staff_tomorrow", "{shop} {when}"),
        ("reminder", "a lone } and a lone {"),
    ],
)
def test_a_text_may_hold_what_is_filled_in(name, text):
    check_text(name, text)


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("booked", "Dear {name}", "{name}"),
        ("booked", "{}", "{}"),
        ("booked", "{service.name}", "{service.name}"),
        ("booked", "{ service }", "{ service }"),
        ("booked.subject", "{link}", "{link}"),
        ("staff_booked", "{link}", "{link}"),
        ("shop_cancelled", "{link}", "{link}"),
        ("staff_tomorrow", "{service}", "{service}"),
    ],
)
def test_what_is_not_filled_in_is_refused_by_its_name(name, text, named):
    with pytest.raises(ValueError, match=re.escape(f"{named} is not filled in here; write one of")):
        check_text(name, text)
