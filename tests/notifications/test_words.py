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
        ("address_changed", "{link}", "{link}"),
        ("booked", "{0}", "{0}"),
        ("booked", "{when!r}", "{when!r}"),
        ("booked", "{when:>20}", "{when:>20}"),
        ("booked", "{when.__class__}", "{when.__class__}"),
    ],
)
def test_what_is_not_filled_in_is_refused_by_its_name(name, text, named):
    with pytest.raises(ValueError, match=re.escape(f"{named} is not filled in here; write one of")):
        check_text(name, text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("See you {when", "{when"),
        ("See you {when, {shop}", "{when"),
        ("See you when}", "}"),
        ("{{when}}", "{"),
        ("a lone {", "{"),
    ],
)
def test_half_a_pair_of_brackets_is_refused_for_something_was_to_be_filled_in(text, named):
    with pytest.raises(ValueError, match=f"^{re.escape(named)} is half of a pair of brackets"):
        check_text("booked", text)
