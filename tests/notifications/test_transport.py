"""A letter is handed over, or it is known why not; whatever a mail server does, it ends in time."""

import asyncio
import logging
import socket
import ssl
import sys
import time
from contextlib import ExitStack, contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from booking.mail_settings import mail_server as server_at
from booking.notifications import connection
from booking.notifications.transport import Answer, transport_for
from tests.fixtures.mail_servers import (
    PASSWORD,
    closes_in_mid_letter,
    encrypted,
    mail_server,
    says,
    server_that,
    trickles,
)

ASA = "asa@example.com"
ADDRESSES = [f"127.0.0.{number}" for number in range(2, 14)]


def letter(to: str = ASA, name: str = "abc") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "shop@shop.example", to, "Booked: Färben"
    message["Message-ID"] = f"<{name}@shop.example>"
    message.set_content("Grüße.\n.\nEnd", cte="8bit")
    return message


@contextmanager
def sending(url: str, *, seconds: float = 5, letters_a_connection: int = 50):
    """A function that sends a letter to somebody, by one transport."""
    transport = transport_for(
        server_at(url),
        seconds=seconds,
        letters_a_connection=letters_a_connection,
        our_name="shop.example",
    )

    def send(to: str = ASA, message: EmailMessage | None = None, **more) -> Answer:
        message = message or letter(to, **more)
        return transport.send(message, sender="shop@shop.example", recipient=to)

    with transport.connected():
        yield send


def test_a_letter_arrives_as_it_was_written_in_seven_bits():
    with mail_server() as server, sending(server.url) as send:
        assert send() == Answer("accepted", "250 2.0.0 Queued")
    [one] = server.received
    assert (one.sender, one.recipient) == ("shop@shop.example", ASA)
    assert one.message["Subject"] == "Booked: Färben"
    assert one.message.get_content().split() == ["Grüße.", ".", "End"]
    assert one.raw.isascii()


def test_letters_share_a_connection_until_it_has_carried_enough():
    with mail_server() as server, sending(server.url, letters_a_connection=2) as send:
        for _ in range(5):
            assert send().outcome == "accepted"
    ways = [one.connection for one in server.received]
    assert len(set(ways)) == 3
    assert ways[0] == ways[1] != ways[2]


SAID = {
    "450 4.2.0 asa@example.com is busy": ("temporary", False, "450 4.2.0 … is busy"),
    "421 4.7.0 Try <asa@example.com> later": ("temporary", True, "421 4.7.0 Try … later"),
    "451 4.3.0 Not now": ("temporary", True, "451 4.3.0 Not now"),
    "452 4.3.1 Full": ("temporary", True, "452 4.3.1 Full"),
    "550 5.1.1 No asa here": ("permanent", False, "550 5.1.1 No … here"),
    "530 5.7.0 Log in first": ("temporary", True, "530 5.7.0 Log in first"),
    "550 5.1.1 No\0 \x1b[2Jhere": ("permanent", False, "550 5.1.1 No [2Jhere"),
}


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("said", SAID)
def test_what_the_server_says_is_understood_and_kept_without_addresses(command, said):
    outcome, pauses, words = SAID[said]
    with mail_server() as server, sending(server.url) as send:
        server.answers[command] = [said]
        assert send() == Answer(outcome, words, pauses=pauses)
        assert send().outcome == "accepted"


def test_a_server_that_has_enough_of_a_connection_asks_for_a_pause():
    with mail_server() as server, sending(server.url) as send:
        server.most_a_connection = 10
        answers = [send() for _ in range(11)]
    assert [one.outcome for one in answers] == ["accepted"] * 10 + ["temporary"]
    assert answers[10].pauses


def test_a_connection_that_the_server_has_closed_meanwhile_is_opened_anew():
    talks = []

    async def hang_up() -> None:
        talks[0][1].close()
        await asyncio.sleep(0.01)  # until it is closed

    with mail_server() as server, sending(server.url) as send:
        take = server.handle_MAIL

        async def note(talk, *said) -> str:
            talks.append((asyncio.get_running_loop(), talk.transport))
            return await take(talk, *said)

        server.handle_MAIL = note
        assert send().outcome == "accepted"
        asyncio.run_coroutine_threadsafe(hang_up(), talks[0][0]).result(30)
        assert send().outcome == "accepted"
    one, other = server.received
    assert one.connection != other.connection


def test_a_server_that_says_nothing_unasked_is_not_asked_whether_it_is_there():
    asked = []

    async def reset(*_) -> str:
        asked.append(True)
        return "250 OK"

    with mail_server() as server, sending(server.url) as send:
        server.handle_RSET = reset
        for _ in range(3):
            send()
    assert (len(server.received), asked) == (3, [])


@pytest.mark.parametrize("kind", ["smtp", "smtps"])
def test_authorities_are_read_only_for_a_server_that_is_to_be_trusted_and_once(
    certificate, monkeypatch, kind
):
    file, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    read, known = [], ssl.create_default_context
    connection._context.cache_clear()
    is_encrypted = kind == "smtps"
    with mail_server(**({"ssl_context": context} if is_encrypted else {})) as server:
        url = f"smtps://127.0.0.1:{server.port}" if is_encrypted else server.url
        monkeypatch.setattr(ssl, "create_default_context", lambda: read.append(True) or known())
        with sending(url, letters_a_connection=1) as send:
            assert [send().outcome for _ in range(3)] == ["accepted"] * 3
    assert len(read) == is_encrypted


def test_a_server_that_dies_with_a_letter_is_asked_again_by_a_new_connection():
    with mail_server() as server, sending(server.url) as send:
        server.answers["DATA"] = ["dies"]
        assert send().outcome == "temporary"
        assert send().outcome == "accepted"


def test_who_closes_in_mid_letter_has_not_taken_it():
    with (
        server_that(closes_in_mid_letter) as port,
        sending(f"smtp://127.0.0.1:{port}?tls=none") as send,
    ):
        assert send().outcome == "temporary"


@pytest.mark.parametrize("kind", ["smtp", "smtps"])
def test_a_server_that_says_a_byte_at_a_time_has_its_time_in_all(kind):
    with server_that(trickles) as port:
        address = f"{kind}://127.0.0.1:{port}{'?tls=none' if kind == 'smtp' else ''}"
        with sending(address, seconds=0.3) as send:
            began = time.monotonic()
            answer = send()
    assert (answer.outcome, answer.pauses) == ("temporary", True)
    assert time.monotonic() - began < 8, "all of it takes ten seconds"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue is refused")
def test_several_addresses_that_do_not_answer_have_the_time_of_one(monkeypatch):
    known = socket.getaddrinfo
    with ExitStack() as doors:
        port = 0
        for address in ADDRESSES:
            door = doors.enter_context(socket.create_server((address, port), backlog=0))
            port = door.getsockname()[1]
            for _ in range(3):  # its queue is full, so whoever comes next hears nothing
                waits = doors.enter_context(socket.socket())
                waits.settimeout(0)
                waits.connect_ex((address, port))
        found = [each for address in ADDRESSES for each in known(address, port, type=1)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with sending(f"smtp://mail.example:{port}?tls=none", seconds=1) as send:
            began = time.monotonic()
            assert send().pauses
    assert 0.5 < time.monotonic() - began < 6, "one by one they would take twelve seconds"


def test_where_nobody_listens_all_letters_wait():
    with sending("smtp://127.0.0.1:1") as send:
        answer = send()
    assert (answer.outcome, answer.pauses) == ("temporary", True)
    assert "refused" in answer.words


def test_by_starttls_user_and_password_are_sent_encrypted(trusted):
    with mail_server(**trusted, auth_required=True) as server, sending(encrypted(server)) as send:
        assert send().outcome == "accepted"
    assert "%2F" not in PASSWORD


def test_a_wrong_password_keeps_the_letters_and_lets_all_wait(trusted):
    with (
        mail_server(**trusted, auth_required=True) as server,
        sending(encrypted(server, "wrong")) as send,
    ):
        answer = send()
    assert (answer.outcome, answer.pauses) == ("temporary", True)
    assert "535" in answer.words
    assert server.received == []


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(trusted, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with mail_server(**trusted) as server, sending(encrypted(server)) as send:
        answer = send()
    assert (answer.outcome, answer.pauses) == ("temporary", True)
    assert "CERTIFICATE_VERIFY_FAILED" in answer.words


def test_without_starttls_nothing_is_sent_unless_the_setting_says_so():
    with mail_server() as server, sending(f"smtp://127.0.0.1:{server.port}") as send:
        answer = send()
    assert (answer.outcome, answer.pauses) == ("temporary", True)
    assert "STARTTLS" in answer.words
    assert server.received == []


def test_where_the_server_takes_its_starttls_back_it_is_told_nothing_more():
    heard = []

    def refuses(connection):
        heard.extend(says(connection, "220 hello", "250-hello\r\n250 STARTTLS", "454 Not now"))

    with server_that(refuses) as port, sending(f"smtp://me:secret@127.0.0.1:{port}") as send:
        answer = send()
    assert (answer.outcome, answer.pauses, answer.words) == ("temporary", True, "454 Not now")
    assert heard == ["ehlo shop.example", "STARTTLS", ""]


def test_smtps_is_encrypted_from_the_beginning(certificate, monkeypatch):
    file, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with (
        mail_server(ssl_context=context) as server,
        sending(f"smtps://127.0.0.1:{server.port}") as send,
    ):
        assert send().outcome == "accepted"


def test_an_address_beyond_ascii_needs_a_server_that_can():
    with mail_server() as server, sending(server.url) as send:
        assert send("åsa@bücher.example").outcome == "accepted"
    [one] = server.received
    assert one.recipient == "åsa@xn--bcher-kva.example"
    with mail_server(enable_SMTPUTF8=False) as server, sending(server.url) as send:
        answer = send("åsa@bücher.example")
        assert answer.outcome == "permanent"
        assert "SMTPUTF8" in answer.words
        assert send("asa@bücher.example").outcome == "accepted"
    [one] = server.received
    assert one.recipient == one.message["To"] == "asa@xn--bcher-kva.example"


@pytest.mark.parametrize("takes_all", [True, False])
def test_an_address_for_answers_beyond_ascii_is_written_as_it_is_or_left_out(takes_all):
    message = letter()
    message["Reply-To"] = Address("", "åsa", "xn--bcher-kva.example")
    with mail_server(enable_SMTPUTF8=takes_all) as server, sending(server.url) as send:
        assert send(message=message).outcome == "accepted"
        assert send().outcome == "accepted"
    first, second = server.received
    assert first.message["Reply-To"] == ("åsa@xn--bcher-kva.example" if takes_all else None)
    assert first.recipient == ASA
    assert second.raw.isascii(), "where nobody needs more, it is as every server takes it"


@pytest.mark.parametrize(
    ("domain", "as_it_travels"),
    [("straße.example", "xn--strae-oqa.example"), ("βόλος.example", "xn--nxasmm1c.example")],
)
def test_a_domain_is_written_as_it_is_registered_and_leads_to_no_strangers(domain, as_it_travels):
    with mail_server() as server, sending(server.url) as send:
        send(f"asa@{domain}")
    [one] = server.received
    assert one.recipient == f"asa@{as_it_travels}"


def test_a_letter_that_cannot_be_written_out_spoils_no_other():
    broken = letter()
    broken.set_payload("\ud800")
    with mail_server() as server, sending(server.url) as send:
        with pytest.raises(UnicodeError):
            send(message=broken)
        assert send().outcome == "accepted"
    assert server.recipients() == [ASA]


def test_in_a_folder_each_letter_is_a_file_for_this_user_alone(tmp_path):
    with sending(f"file://{tmp_path}/letters") as send:
        assert send() == Answer("accepted", "written as abc.eml")
        send()
        send(name="../../etc/x")
    [one, other] = sorted((tmp_path / "letters").iterdir())
    assert (one.name, other.name) == ("....etcx.eml", "abc.eml")
    assert other.stat().st_mode & 0o777 == 0o600
    assert "Grüße" in other.read_text()


def test_a_letter_that_cannot_be_written_leaves_nothing(tmp_path):
    folder = tmp_path / "letters"
    with sending(f"file://{folder}") as send:
        (folder / "abc.eml").mkdir()
        answer = send()
    assert (answer.outcome, answer.pauses) == ("temporary", True)
    assert [path.name for path in folder.iterdir()] == ["abc.eml"]


def test_the_log_shows_a_letters_head_without_addresses(caplog):
    with caplog.at_level(logging.INFO), sending("log:") as send:
        assert send().outcome == "accepted"
    assert "Subject: Booked: Färben" in caplog.text
    assert ASA not in caplog.text
    assert "Grüße" not in caplog.text
