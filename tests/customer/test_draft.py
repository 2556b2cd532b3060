"""A draft survives its way through tab.data, and says when any answer changed."""

import hashlib
import json
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.customer.wizard.fragments import stored_version
from booking.customer.wizard.order import STEPS
from booking.customer.wizard.state import BookingDraft, slot_start, slot_value

TEXT = st.text(max_size=20)
DRAFTS = st.builds(
    BookingDraft,
    service=TEXT,
    staff=TEXT,
    slot=TEXT,
    staff_member=TEXT,
    zone=TEXT,
    contact=st.dictionaries(TEXT, TEXT, max_size=4),
    answers=st.dictionaries(TEXT, TEXT, max_size=4),
    by_step=st.dictionaries(TEXT, st.dictionaries(TEXT, TEXT, max_size=2), max_size=2),
    unsaved_input=st.dictionaries(TEXT, TEXT, max_size=4),
)


@given(DRAFTS)
def test_a_stored_draft_is_read_back_as_it_was(draft):
    data = {}
    draft.store(data)
    assert BookingDraft.of(json.loads(json.dumps(data))) == draft


def test_what_lay_in_the_data_before_is_replaced():
    data = {"schema": 1, "service": "old", "slot": "2026-11-24T09:00Z"}
    BookingDraft(service="new").store(data)
    assert data.keys() == {"schema", "seed", "service"}


def test_a_draft_that_the_version_before_stored_goes_on_under_the_same_keys():
    stored = {
        "schema": 1,
        "seed": "s",
        "service": "short",
        "staff": "any",
        "slot": "2026-11-24T09:00Z",
        "staff_member": "ana",
        "zone": "Europe/Lisbon",
        "contact": {"name": "Ada"},
        "answers": {"first_visit": "Yes"},
        "typed": {"name": "Grace"},
        "typed_over": "0123456789abcdef",
        "round": 2,
    }
    draft, again = BookingDraft.of(stored), {}
    assert (draft.unsaved_input, draft.details_revision) == ({"name": "Grace"}, 2)
    assert draft.unsaved_base_version == "0123456789abcdef"
    draft.store(again)
    assert again == stored


def test_the_version_of_a_stored_answer_is_that_of_the_release_before():
    draft = BookingDraft(
        seed="s", service="short", slot="2026-11-24T09:00Z", contact={"name": "Ada"}
    )
    versions = {
        step.name: stored_version(SimpleNamespace(draft=draft), step)
        for step in STEPS
        if step.is_question
    }
    assert versions == {
        name: hashlib.sha256(json.dumps(["s", name, answer]).encode()).hexdigest()[:16]
        for name, answer in {
            "service": "short",
            "staff": "",
            "time": "2026-11-24T09:00Z",
            "details": [{"name": "Ada"}, {}],
        }.items()
    }


@pytest.mark.parametrize("data", [{}, {"schema": 99, "service": "x"}, {"service": "x"}])
def test_data_of_another_schema_is_an_empty_draft(data):
    assert BookingDraft.of(data).is_empty


def test_unknown_keys_of_a_later_version_are_left_alone():
    assert BookingDraft.of({"schema": 1, "service": "x", "colour": "red"}).service == "x"


def test_a_frozen_draft_is_copied_so_that_it_may_be_changed():
    draft = BookingDraft.of({"schema": 1, "contact": MappingProxyType({"name": "Ada"})})
    draft.contact["name"] = "Ben"
    assert draft.contact == {"name": "Ben"}


def test_a_copied_draft_has_another_number_in_another_tab():
    draft = BookingDraft(seed="s", service="a")
    assert draft.idempotency_key(1) == BookingDraft(seed="s").idempotency_key(1)
    assert draft.idempotency_key(1) != draft.idempotency_key(2)


def test_two_drafts_have_two_numbers():
    first, second = {}, {}
    BookingDraft(service="a").store(first)
    BookingDraft(service="a").store(second)
    assert BookingDraft.of(first).idempotency_key(1) != BookingDraft.of(second).idempotency_key(1)


@given(st.integers(946_684_800, 32_503_679_999))
def test_a_slot_value_names_its_minute(seconds):
    instant = datetime.fromtimestamp(seconds, UTC)
    minute = instant.replace(second=0)
    assert slot_start(slot_value(instant)) == minute


@pytest.mark.parametrize(
    "value",
    [
        *("", "x", "2026-11-24", "2026-13-01T09:00Z", "2026-11-24T09:00", "0001-01-01T00:00Z"),
        *("9999-12-31T23:59Z", "2026-11-24T09:00Z\x00", "2026-11-24T09:00+01:00"),
    ],
)
def test_what_is_no_slot_value_is_none(value):
    assert slot_start(value) is None
