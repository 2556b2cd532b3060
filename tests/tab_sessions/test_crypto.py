"""What a thief of the database finds."""

import secrets
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from sqlalchemy import make_url, text

from booking.tab_sessions import crypto
from tests.tab_sessions.conftest import Tab

ID, OTHER = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
TYPED = "Ingeborg Ålesund-Ó'Brien"


def test_a_draft_opens_with_its_id_only():
    key = crypto.new_draft_key()
    wrapped = crypto.wrap(key, ID)
    assert crypto.unwrap(wrapped, ID, crypto.FORMAT) == key
    with pytest.raises(crypto.SealBroken):
        crypto.unwrap(wrapped, OTHER, crypto.FORMAT)


def test_an_older_draft_put_back_is_noticed():
    key = crypto.new_draft_key()
    sealed = crypto.seal(b"old", key, 1)
    assert crypto.unseal(sealed, key, 1, crypto.FORMAT) == b"old"
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(sealed, key, 2, crypto.FORMAT)


@pytest.mark.parametrize("number", [None, 0])
def test_what_format_0_authenticates_is_what_it_was_before_there_were_formats(number):
    key = crypto.new_draft_key()
    sealed = crypto.seal(b"old", key, 3, number)
    assert AESGCM(key).decrypt(sealed[:12], sealed[12:], b"draft:3") == b"old"
    wrapped = crypto.wrap(key, ID, number)
    wrapping = AESGCM(crypto.derive(ID.encode(), "wrap"))
    assert wrapping.decrypt(wrapped[:12], wrapped[12:], b"wrap") == key
    by_hand = bytes(12) + AESGCM(key).encrypt(bytes(12), b"older", b"draft:4")
    assert crypto.unseal(by_hand, key, 4, number) == b"older"


@pytest.fixture
def another_cipher(monkeypatch):
    """What a release to come may know."""
    monkeypatch.setitem(crypto.CIPHERS, 1, ChaCha20Poly1305)


def put(session, assignment):
    session.execute(text(f"UPDATE booking_tab_session SET {assignment}"))
    session.commit()


@pytest.mark.both_databases
def test_a_row_of_before_there_were_formats_goes_on(tab, session, rows):
    tab.post(text="old")
    assert rows()[0]["format"] == 0
    put(session, "format = NULL")
    assert tab.get().text == "old"
    assert tab.post(text="new").status_code == 200
    assert Tab(tab.client).get(**{"Tab-Session-Fork-Of": tab.id}).text == "new"
    tab.post("/finish")
    assert [row["format"] for row in rows()] == [None, 0]


def test_a_draft_is_written_and_renewed_in_the_format_of_its_row(
    tab, session, rows, monkeypatch, another_cipher
):
    monkeypatch.setattr(crypto.wrap, "__defaults__", (1,))
    monkeypatch.setattr(crypto.seal, "__defaults__", (1,))
    monkeypatch.setattr(crypto, "FORMAT", 1)
    tab.post(text="new")
    monkeypatch.undo()
    monkeypatch.setitem(crypto.CIPHERS, 1, ChaCha20Poly1305)
    assert rows()[0]["format"] == 1
    assert tab.get().text == "new"
    assert tab.post(text="newer").status_code == 200
    renewed = Tab(tab.client)
    tab.post(text="newest", _headers={"Tab-Session-New": renewed.id})
    assert (renewed.get().text, rows()[0]["format"]) == ("newest", 1)
    put(session, "format = 0")
    assert renewed.get().status_code == 410


def test_a_key_cannot_be_given_another_format_by_itself(another_cipher):
    key = crypto.new_draft_key()
    for one, other in ((0, 1), (1, 0)):
        with pytest.raises(crypto.SealBroken, match="a draft"):
            crypto.unseal(crypto.seal(b"", key, 1, one), key, 1, other)
        with pytest.raises(crypto.SealBroken, match="a draft's key"):
            crypto.unwrap(crypto.wrap(key, ID, one), ID, other)


def test_a_format_of_a_newer_release_waits_for_it(tab, session, rows, caplog):
    tab.post(text="new")
    put(session, "format = 7")
    copy = Tab(tab.client)
    for answer in (tab.get(), tab.post(text="x"), copy.get(**{"Tab-Session-Fork-Of": tab.id})):
        assert answer.status_code == 503
    assert "a draft's key of format 7 that is stored" in caplog.text
    assert f"(flow notes, row {rows()[0]['id']})" in caplog.text
    put(session, "format = 0")
    assert tab.get().text == "new"


@pytest.mark.parametrize("stored", [b"", b"short", b"x" * 200])
def test_what_was_never_sealed_does_not_open(stored):
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(stored, crypto.new_draft_key(), 1, crypto.FORMAT)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        ("version = version + 1", "a draft that"),
        ("wrapped_key = sealed", "a draft's key"),
        ("format = 1", "a draft's key"),
    ],
)
def test_what_does_not_open_is_named_in_the_log(
    tab, session, rows, caplog, another_cipher, spoil, what
):
    tab.post(text=TYPED)
    put(session, spoil)
    assert tab.get().status_code == 410
    assert f"{what}" in caplog.text
    assert f"(flow notes, row {rows()[0]['id']})" in caplog.text
    assert TYPED not in caplog.text


def test_a_hand_over_that_does_not_open_is_called_so():
    enclosed = crypto.encrypt_handover(b"{}", ID, "details")
    with pytest.raises(crypto.SealBroken, match="a hand-over of details"):
        crypto.decrypt_handover(enclosed, OTHER, "details")
    with pytest.raises(crypto.SealBroken, match=r"\(row 7\)"), crypto.naming_row(None, 7):
        crypto.decrypt_handover(enclosed, OTHER, "details")


def test_the_same_draft_is_never_stored_alike_twice():
    key = crypto.new_draft_key()
    assert crypto.seal(b"same", key, 1) != crypto.seal(b"same", key, 1)


def test_the_digest_does_not_give_the_id_away():
    assert ID.encode() not in crypto.digest(ID)
    assert crypto.digest(ID) != crypto.digest(OTHER)


@pytest.mark.both_databases
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
