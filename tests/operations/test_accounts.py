"""Accounts, their sessions and links: what two who come at once leave behind."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.operations import accounts, sign_ins
from booking.operations.accounts import AccountPlan
from booking.operations.sign_ins import Count, Limits
from booking.storage.models import (
    Account,
    desk_session,
    known_browser,
    one_time_link,
    sign_in,
)
from booking.transactions.sessions import run_in_transaction
from tests.fixtures.small_shop import NOW
from tests.operations.racing import at_once

pytestmark = pytest.mark.both_databases
LIMITS = Limits(timedelta(hours=8), timedelta(days=7))


def owner(shop, email="ola@example.com", role="owner", staff="") -> int:
    plan = AccountPlan(email, "Ola", role, staff)
    return shop.run(lambda session: accounts.add_account(session, plan, now=NOW).id)


def begin(shop, number, now=NOW) -> str:
    return shop.run(
        lambda session: sign_ins.begin_session(
            session, session.get_one(Account, number), LIMITS, browser="Firefox", now=now
        )
    )


def is_good(shop, token, now=NOW) -> bool:
    with shop.reading() as session:
        return sign_ins.session_of(session, token, now=now) is not None


def retried(shop, work):
    """As a page runs it: again after a serialization failure; what it refuses is its answer."""
    try:
        return run_in_transaction(Session(shop.engine), work)
    except (accounts.AccountRefused, sign_ins.LinkGone, sign_ins.TooManyTries) as refused:
        return refused


def test_two_owners_who_remove_each_other_at_once_leave_one(shop):
    one, two = owner(shop), owner(shop, "two@example.com")
    results = at_once(
        partial(retried, shop, lambda s: accounts.remove_account(s, two, by=one, now=NOW)),
        partial(retried, shop, lambda s: accounts.remove_account(s, one, by=two, now=NOW)),
    )
    assert [type(each) for each in results if each] == [accounts.NoLongerOwner]
    assert shop.count(Account.__table__) == 1


def test_two_owners_who_step_down_at_once_leave_one(shop):
    one, two = owner(shop), owner(shop, "two@example.com")
    plan = AccountPlan("", "Ola", "reception")
    results = at_once(
        partial(
            retried, shop, lambda s: accounts.change_account(s, one, plan, by=one, now=NOW) and None
        ),
        partial(
            retried, shop, lambda s: accounts.change_account(s, two, plan, by=two, now=NOW) and None
        ),
    )
    assert [type(each) for each in results if each] == [accounts.LastOwner]


def test_one_address_has_one_account_however_it_is_written(shop):
    owner(shop)
    with pytest.raises(accounts.AddressTaken):
        owner(shop, " Ola@Example.COM")


def test_a_link_that_two_use_at_once_is_used_by_one(shop):
    number = owner(shop)
    token = link(shop, number)
    results = at_once(
        *[partial(retried, shop, lambda s: sign_ins.use_link(s, token, now=NOW) and None)] * 4
    )
    assert [type(each) for each in results if each] == [sign_ins.LinkGone] * 3
    assert shop.count(one_time_link) == 0


def link(shop, number, purpose="password") -> str:
    return shop.run(
        lambda session: sign_ins.make_link(
            session,
            session.get_one(Account, number) if number else None,
            purpose,
            now=NOW,
            lasts=timedelta(days=2),
        )
    )


def test_a_newer_link_takes_the_place_of_an_earlier_one_and_ends_by_itself(shop):
    number = owner(shop)
    first, second = link(shop, number), link(shop, number)
    with shop.reading() as session:
        with pytest.raises(sign_ins.LinkGone):
            sign_ins.link_of(session, first, now=NOW)
        assert sign_ins.link_of(session, second, now=NOW).account.id == number
        with pytest.raises(sign_ins.LinkGone):
            sign_ins.link_of(session, second, now=NOW + timedelta(days=2))


def test_the_link_of_a_first_owner_is_good_until_there_is_an_account(shop):
    token = link(shop, None, "first_owner")
    with shop.reading() as session:
        assert sign_ins.link_of(session, token, now=NOW).account is None
    owner(shop)
    with shop.reading() as session, pytest.raises(sign_ins.LinkGone):
        sign_ins.link_of(session, token, now=NOW)


def test_many_tries_at_once_are_all_counted(shop):
    counts = [Count(b"a" * 32, 10), Count(b"b" * 32, 100, is_ours=False)]

    def one_more(session) -> str:
        sign_ins.count_try(session, counts, now=NOW)
        return "taken"

    results = at_once(*[partial(retried, shop, one_more)] * 14)
    assert results.count("taken") == 10
    refused = [each for each in results if each != "taken"]
    assert {each.seconds for each in refused} == {30 * 60}
    shop.run(sign_ins.forget_tries, counts)
    with shop.reading() as session:
        assert dict(session.execute(select(sign_in.c.mark, sign_in.c.tries)).all()) == {
            b"b" * 32: 9
        }


def test_tries_count_for_half_an_hour_from_the_first(shop):
    counts = [Count(b"a" * 32, 2)]
    for minutes in (0, 20):
        shop.run(sign_ins.count_try, counts, now=NOW + timedelta(minutes=minutes))
    with pytest.raises(sign_ins.TooManyTries) as refused:
        shop.run(sign_ins.count_try, counts, now=NOW + timedelta(minutes=29))
    assert refused.value.seconds == 60
    shop.run(sign_ins.count_try, counts, now=NOW + timedelta(minutes=30))


def test_a_session_is_moved_on_by_who_is_there_but_never_past_its_end(shop):
    token = begin(shop, owner(shop))
    with shop.reading() as session:
        found = sign_ins.session_of(session, token, now=NOW)
    assert not found.is_to_be_noted(LIMITS, now=NOW + timedelta(minutes=9))
    assert found.is_to_be_noted(LIMITS, now=NOW + timedelta(minutes=10))
    for hours in range(7, 7 * 24, 7):
        shop.run(sign_ins.note_seen, found.id, LIMITS, now=NOW + timedelta(hours=hours))
        assert is_good(shop, token, NOW + timedelta(hours=min(hours + 8, 7 * 24), seconds=-1))
    assert not is_good(shop, token, NOW + timedelta(days=7))


def test_a_session_that_is_over_is_not_begun_again_by_who_comes_back(shop):
    token = begin(shop, owner(shop))
    late = NOW + timedelta(hours=8)
    shop.run(sign_ins.note_seen, 1, LIMITS, now=late)
    assert not is_good(shop, token, late)


def test_another_password_ends_sessions_links_and_browsers_of_that_account_alone(shop):
    number, other = owner(shop), owner(shop, "two@example.com")
    mine, theirs = begin(shop, number), begin(shop, other)
    link(shop, number)

    def change(session):
        account = session.get_one(Account, number)
        mark = sign_ins.know_browser(session, account, now=NOW)
        assert sign_ins.is_known_browser(session, account, mark, now=NOW)
        accounts.set_password(session, account, "$argon2id$…")
        return sign_ins.is_known_browser(session, account, mark, now=NOW)

    assert shop.run(change) is False
    assert (is_good(shop, mine), is_good(shop, theirs)) == (False, True)
    assert shop.count(one_time_link) == 0


def test_a_browser_is_known_to_its_own_account_and_not_for_ever(shop):
    number, other = owner(shop), owner(shop, "two@example.com")

    def look(session):
        mine, theirs = (session.get_one(Account, each) for each in (number, other))
        mark = sign_ins.know_browser(session, mine, now=NOW)
        known = partial(sign_ins.is_known_browser, session)
        later = NOW + sign_ins.BROWSER_KEPT
        answers = [
            known(mine, mark, now=NOW),
            known(theirs, mark, now=NOW),
            known(mine, "x", now=NOW),
            known(mine, mark, now=later),
        ]
        sign_ins.forget_browser(session, mark)
        return [*answers, known(mine, mark, now=NOW)]

    assert shop.run(look) == [True, False, False, False, False]


def test_staff_have_somebody_whose_appointments_they_see(shop):
    with pytest.raises(accounts.NeedsStaffMember):
        owner(shop, role="staff")
    with pytest.raises(accounts.NobodyOfThatName):
        owner(shop, role="staff", staff="nobody")
    shop.change("ben", retired=True)
    with pytest.raises(accounts.NobodyOfThatName):
        owner(shop, role="owner", staff="ben")
    number = owner(shop, role="staff", staff="ann")
    with shop.reading() as session:
        assert session.get_one(Account, number).staff_member.slug == "ann"
        assert [each.id for each in accounts.all_accounts(session)] == [number]


def test_sessions_are_listed_for_whose_they_are_and_ended_one_by_one(shop):
    number, other = owner(shop), owner(shop, "two@example.com")
    tokens = [begin(shop, number, NOW + timedelta(minutes=n)) for n in range(3)]
    theirs = begin(shop, other)
    with shop.reading() as session:
        first, second, _ = sign_ins.sessions_now(session, now=NOW, account_id=number)
        assert len(sign_ins.sessions_now(session, now=NOW)) == 4
    assert first.seen_at > second.seen_at
    assert not shop.run(sign_ins.end_session_number, first.id, account_id=other)
    assert shop.run(sign_ins.end_session_number, first.id, account_id=number)
    shop.run(sign_ins.end_other_sessions, number, keep=second.id)
    assert [is_good(shop, each) for each in (*tokens, theirs)] == [False, True, False, True]
    shop.run(sign_ins.end_session, tokens[1])
    assert not is_good(shop, tokens[1])


def test_purge_takes_what_is_over_and_nothing_else(shop):
    number = owner(shop)
    token = begin(shop, number)
    link(shop, number)
    shop.run(sign_ins.count_try, [Count(b"a" * 32, 10)], now=NOW)
    shop.run(lambda s: sign_ins.know_browser(s, s.get_one(Account, number), now=NOW))
    assert shop.run(sign_ins.purge_sign_ins, now=NOW) == 0
    assert is_good(shop, token)
    assert shop.run(sign_ins.purge_sign_ins, now=NOW + timedelta(days=3)) == 3
    assert shop.run(sign_ins.purge_sign_ins, now=NOW + timedelta(days=401)) == 1
    assert [shop.count(each) for each in (desk_session, one_time_link, known_browser, sign_in)] == [
        0
    ] * 4


def test_who_is_removed_leaves_no_session_link_or_browser(shop):
    number, other = owner(shop), owner(shop, "two@example.com")
    token = begin(shop, number)
    link(shop, number)
    shop.run(accounts.remove_account, number, by=other, now=NOW)
    assert not is_good(shop, token)
    assert (shop.count(desk_session), shop.count(one_time_link)) == (0, 0)
    with pytest.raises(accounts.LastOwner):
        shop.run(accounts.remove_account, other, now=NOW)
    with pytest.raises(accounts.NoSuchAccount):
        shop.run(accounts.remove_account, number, now=NOW)


def test_a_link_without_an_account_is_for_a_first_owner_alone(shop):
    row = {"token_hash": b"x" * 32, "purpose": "password", "expires_at": 2**33}
    with pytest.raises(IntegrityError), shop.writing() as session:
        session.execute(insert(one_time_link).values(row))
