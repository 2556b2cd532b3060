"""What a thief of the database finds."""

import secrets
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from booking.tab_sessions import ids, sealing

ID, OTHER = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
TYPED = "Ingeborg Ålesund-Ó'Brien"


def test_a_draft_opens_with_its_id_only():
    key = sealing.new_draft_key()
    wrapped = sealing.wrap(key, ID)
    assert sealing.unwrap(wrapped, ID) == key
    with pytest.raises(sealing.SealBroken):
        sealing.unwrap(wrapped, OTHER)


def test_an_older_draft_put_back_is_noticed():
    key = sealing.new_draft_key()
    sealed = sealing.seal(b"old", key, 1)
    assert sealing.unseal(sealed, key, 1) == b"old"
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(sealed, key, 2)


@pytest.mark.parametrize("stored", [b"", b"short", b"x" * 200])
def test_what_was_never_sealed_does_not_open(stored):
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(stored, sealing.new_draft_key(), 1)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        ("UPDATE booking_tab_session SET version = version + 1", "a draft that"),
        ("UPDATE booking_tab_session SET wrapped_key = sealed", "a draft's key"),
    ],
)
def test_what_does_not_open_is_named_in_the_log(tab, session, rows, caplog, spoil, what):
    tab.post(text=TYPED)
    session.execute(text(spoil))
    session.commit()
    assert tab.get().status_code == 410
    assert f"{what}" in caplog.text
    assert f"(flow notes, row {rows()[0]['id']})" in caplog.text
    assert TYPED not in caplog.text


def test_a_hand_over_that_does_not_open_is_called_so():
    enclosed = sealing.enclose(b"{}", ID, "details")
    with pytest.raises(sealing.SealBroken, match="a hand-over of details"):
        sealing.disclose(enclosed, OTHER, "details")
    with pytest.raises(sealing.SealBroken, match=r"\(row 7\)"), sealing.of(None, 7):
        sealing.disclose(enclosed, OTHER, "details")


def test_the_same_draft_is_never_stored_alike_twice():
    key = sealing.new_draft_key()
    assert sealing.seal(b"same", key, 1) != sealing.seal(b"same", key, 1)


def test_the_digest_does_not_give_the_id_away():
    assert ID.encode() not in ids.digest(ID)
    assert ids.digest(ID) != ids.digest(OTHER)


def test_nothing_typed_and_no_id_lies_in_the_database(tab, session, database_url):
    tab.post(text=TYPED)
    stored = everything_stored(session, database_url)
    assert b"booking_tab_session" in stored, "this test must be able to see something"
    for secret in (TYPED, "Ingeborg", tab.id):
        assert secret.encode() not in stored
    assert tab.get().text == TYPED


def everything_stored(session, database_url) -> bytes:
    if database_url.startswith("sqlite"):
        file = Path(make_url(database_url).database)
        return b"".join(part.read_bytes() for part in file.parent.glob(file.name + "*"))
    tables = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    names = list(tables.scalars())
    rows = [str(session.execute(text(f"SELECT * FROM {name}")).all()) for name in names]
    session.rollback()
    return " ".join(names + rows).encode()
