"""`letters test ADDRESS` shows what is said to the mail server and answered, but no password."""

from base64 import b64encode

import pytest

from tests.commands.shell import run
from tests.conftest import app_over
from tests.fixtures.mail_servers import (
    PASSWORD,
    USER,
    closes_in_mid_letter,
    encrypted,
    mail_server,
    says,
    server_that,
)

SMTP = {"mail_from": "shop@shop.example", "public_url": "https://shop.example"}
TO = "me@elsewhere.example"


@pytest.fixture
def said(sqlite_url):
    """Tries mail out with that BOOKING_MAIL_URL; returns what is shown, and what is refused."""

    def tried(url, **settings):
        with app_over(sqlite_url, **SMTP, mail_url=url, **settings) as app:
            answer = run(app, "letters", "test", TO)
        assert "Traceback" not in answer.output
        assert (answer.exit_code == 0) == (answer.stderr == "")
        return answer.stdout.splitlines(), answer.stderr.removeprefix("Error: ").strip()

    return tried


@pytest.fixture
def said_between(sqlite_url):
    """Tries mail out from an address to another; returns what is shown, and what is refused."""

    def tried(url, sender, to):
        settings = {**SMTP, "mail_from": sender, "mail_url": url}
        with app_over(sqlite_url, **settings) as app:
            answer = run(app, "letters", "test", to)
        assert "Traceback" not in answer.output
        assert answer.exception is None or isinstance(answer.exception, SystemExit)
        return answer.stdout, answer.stderr

    return tried


WITH_ACCENTS = [
    ("shop@shop.example", "josé@elsewhere.example"),
    ("josé@shop.example", TO),
    ('"José & Co" <josé@shop.example>', "renée@müller.example"),
]


@pytest.mark.parametrize(("sender", "to"), WITH_ACCENTS)
def test_an_address_with_an_accent_is_tried_as_letters_go_to_it(said_between, sender, to, tmp_path):
    with mail_server() as server:
        said, _ = said_between(server.url, sender, to)
        assert server.recipients() == [to.replace("müller", "xn--mller-kva")]
    assert "The letter was taken" in said
    said, _ = said_between(f"file://{tmp_path}/letters", sender, to)
    assert "written as" in said
    [file] = (tmp_path / "letters").glob("*.eml")
    assert f"To: {server.recipients()[0]}" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("sender", "to"), WITH_ACCENTS)
def test_where_the_server_takes_no_accents_it_is_said_so(said_between, sender, to):
    with mail_server(enable_SMTPUTF8=False) as server:
        _, refusal = said_between(server.url, sender, to)
        assert server.recipients() == []
    assert "our server cannot send to such an address (no SMTPUTF8)" in refusal


def talk(lines):
    """What was said and the codes of the answers, in their order, each code once."""
    short = [line.partition(" ")[2].partition(" ")[0] for line in lines if line[0] in "<>"]
    pairs = zip(short, ["", *short], strict=False)
    return [now for now, before in pairs if now != before]


def test_with_encryption_and_a_password_each_step_is_shown(said, trusted):
    with mail_server(**trusted, auth_required=True) as server:
        lines, _ = said(encrypted(server))
        assert server.recipients() == [TO]
    begin = "(connecting 220 EHLO 250 STARTTLS 220 EHLO 250 AUTH 235"
    letter = "MAIL 250 RCPT 250 DATA 354 (the 250 QUIT 221"
    assert talk(lines) == f"{begin} {letter}".split()
    assert lines[0] == f"> (connecting to 127.0.0.1, port {server.port})"
    assert lines[2] == "> EHLO shop.example"
    assert any(line.startswith("< 250 SIZE ") for line in lines)
    assert f"> RCPT TO:<{TO}>" in lines
    assert lines[-1] == "The letter was taken: 250 2.0.0 Queued"
    assert lines.index("< 250 2.0.0 Queued") < lines.index("> QUIT")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_of_a_password_nothing_is_shown_even_where_it_is_wrong(said, trusted, mechanism):
    other = {"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[mechanism]
    options = trusted | {"auth_required": True, "auth_exclude_mechanism": [other]}
    with mail_server(**options) as server:
        lines, refusal = said(encrypted(server, "wrong%2Fsesame"))
    assert f"> AUTH {mechanism}" in lines
    assert "535" in talk(lines)
    assert lines[-1].startswith("< 535 ")
    assert refusal.startswith("The letter was not taken (temporary): 535 ")
    coded = [b64encode(each.encode()).decode().rstrip("=") for each in ("wrong/sesame", USER)]
    coded.append(b64encode(f"\0{USER}\0wrong/sesame".encode()).decode())
    shown = "\n".join([*lines, refusal])
    assert [each for each in ("wrong/sesame", *coded) if each in shown] == []


def test_what_a_server_repeats_of_a_password_is_taken_out_of_its_answer(said):
    plain = b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    alone = b64encode(PASSWORD.encode()).decode()

    def repeats(connection):
        greeting = ("220 hello", "250-me\r\n250 AUTH PLAIN")
        says(
            connection, *greeting, f"535 no such AUTH PLAIN {plain} ({alone}, {PASSWORD})", "221 x"
        )

    with server_that(repeats) as port:
        url = f"smtp://{USER}:open%2Fsesame%40home@127.0.0.1:{port}?tls=none"
        lines, refusal = said(url)
    assert "< 535 no such AUTH PLAIN … (…, …)" in lines
    assert refusal == "The letter was not taken (temporary): 535 no such AUTH PLAIN … (…, …)"


@pytest.mark.parametrize(
    ("answers", "last", "outcome"),
    [
        ({"MAIL": ["421 too many"]}, "MAIL 421", "temporary"),
        ({"RCPT": ["550 nobody of that name"]}, "RCPT 550", "permanent"),
        ({"DATA": ["451 later"]}, "DATA 354 (the 451", "temporary"),
    ],
)
def test_a_refusal_is_shown_where_it_came(said, answers, last, outcome):
    with mail_server() as server:
        server.answers = {**answers}
        lines, refusal = said(server.url)
    (told,) = (
        each for each in ("421 too many", "550 nobody of that name", "451 later") if each in refusal
    )
    assert refusal == f"The letter was not taken ({outcome}): {told}"
    assert f"< {told}" in lines
    before = " ".join(talk(lines)).partition(" RSET")[0]
    assert before.endswith(last)


def test_what_was_said_before_a_server_hung_up_is_shown(said):
    with server_that(closes_in_mid_letter) as port:
        lines, refusal = said(f"smtp://127.0.0.1:{port}?tls=none")
    assert lines[-2:] == ["< 354 go on", "> (the letter)"]
    assert refusal.startswith("The letter was not taken (temporary): no answer from our server")


def test_a_server_that_is_not_there_or_not_trusted_is_shown_as_far_as_it_was_reached(
    said, trusted, monkeypatch
):
    with mail_server(**trusted) as server:
        monkeypatch.delenv("SSL_CERT_FILE")
        lines, refusal = said(encrypted(server))
    assert talk(lines)[-2:] == ["STARTTLS", "220"]
    assert "CERTIFICATE_VERIFY_FAILED" in refusal
    lines, refusal = said(encrypted(server))
    assert lines == [f"> (connecting to 127.0.0.1, port {server.port})"]
    assert "refused" in refusal


def test_what_a_server_says_drives_no_terminal(said):
    with server_that(lambda connection: says(connection, "554 \x1b[31mgo \u202eaway")) as port:
        lines, _ = said(f"smtp://127.0.0.1:{port}?tls=none")
    assert "< 554 \\x1b[31mgo \\u202eaway" in lines


def test_without_a_mail_server_it_is_said_what_was_done(said, tmp_path):
    [line], _ = said(f"file://{tmp_path}/letters")
    [file] = (tmp_path / "letters").glob("*.eml")
    told = f"No mail server was asked: the letter was written as {file.name}, in {file.parent}."
    assert line == told
    [line], _ = said("log:")
    assert (
        line == "No mail server was asked: the letter was written into the log, without its text."
    )
