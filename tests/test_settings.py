"""Settings: where they come from, and what a wrong one is told."""

import traceback
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest
from sqlalchemy import make_url

from booking.config import ConfigurationError, Settings, read_settings
from booking.mail_settings import Mailbox, MailServer


@pytest.fixture
def settings_file(tmp_path, monkeypatch):
    def write(content: str):
        file = tmp_path / "settings.toml"
        file.write_text(content, encoding="utf-8")
        monkeypatch.setenv("BOOKING_SETTINGS", str(file))

    return write


def test_without_any_the_defaults_of_the_documentation_hold():
    settings = read_settings({})
    assert (settings.hold_minutes, settings.hold_extensions) == (10, 3)
    assert (settings.idle_minutes, settings.absolute_hours) == (60, 24)
    assert (settings.holds_per_visitor, settings.bookings_per_visitor) == (20, 20)
    assert (settings.visitor_share, settings.held_share) == (50, 50)
    assert settings.shared_addresses is None
    assert settings.compress is True
    assert settings.tabs_help == 1
    assert settings.request_seconds == 20
    assert settings.trusted_proxies == 0
    assert settings.database_url is None


def test_the_app_wins_over_the_environment_and_that_over_the_file(settings_file, monkeypatch):
    settings_file("BOOKING_HOLD_MINUTES = 1\nBOOKING_IDLE_MINUTES = 2\nBOOKING_ABSOLUTE_HOURS = 3")
    monkeypatch.setenv("BOOKING_IDLE_MINUTES", "20")
    monkeypatch.setenv("BOOKING_ABSOLUTE_HOURS", "30")
    settings = read_settings({"BOOKING_ABSOLUTE_HOURS": 300, "SECRET_KEY": "not ours"})
    assert (settings.hold_minutes, settings.idle_minutes, settings.absolute_hours) == (1, 20, 300)


SHARE = r" .* from 1 to 100"
WRONG = {
    "BOOKING_HOLD_MINUTES": (
        r" is .* whole number from 1",
        ["soon", "", "1.5", 2.5, True, "-1", "0", None, [10]],
    ),
    "BOOKING_COMPRESS": (r" is .* true or false", ["", "maybe", None, 2, []]),
    "BOOKING_HOST_POLICY": (r" is .* true or false", ["", "maybe", None]),
    "BOOKING_PHONE_REGION": (r" is .* such as PT", ["Portugal", "XX", "351", "P"]),
    "BOOKING_OWN_KEYS": (" is", ["HOST", 7, ["MINE"]]),
    "BOOKING_VISITOR_SHARE": (SHARE, ["0", "101", "half"]),
    "BOOKING_HELD_SHARE": (SHARE, ["0", "101", "half"]),
    "BOOKING_SHARED_ADDRESSES": (
        r" is .* such as 203",
        ["reception", "203.0.113.7/24", "0.0.0.0/0", "::/0", "1.2.3", 5],
    ),
    "BOOKING_PUBLIC_URL": (
        r" is .*(Write|letters)",
        [
            *("shop.example", "//shop.example", "ftp://shop.example", "javascript://shop.example"),
            *("https://", "https:///termine", "https://a b", "https://me:secret@shop.example"),
            *("https://shop.example?x=1", "https://shop.example/#x", "https://shop.example/a b"),
            *("https://shop.example/../b", "https://shop.example:99999", "https://[shop.example"),
            *("https://shop.example:port", f"https://{'a' * 300}.example", 7),
        ],
    ),
    "BOOKING_TRUSTED_HOSTS": (
        r" is .* (Write|host)",
        ["https://shop.example", "shop.example:80", "*.shop.example", "a b", ",", 7, ["a/b"]],
    ),
    "BOOKING_MAIL_URL": (
        r" is .*(Write|After)",
        [
            *("mail.shop.example", "smtp://", "ftp://mail.example", "smtp://mail.example/x"),
            *("smtp://mail.example:port", "smtp://mail.example?tls=maybe", "log:x", "smtp://a b"),
            *("smtps://mail.example?tls=none", "file://letters", "file:///", "file:///proc/1/x"),
            "file:///srv/a%00b",
        ],
    ),
    "BOOKING_MAIL_FROM": (
        r" is .* Write an address",
        [
            "Shop",
            "shop@",
            "a@b@c",
            "shop@shop.example, other@shop.example",
            "A, B <a@shop.example>",
        ],
    ),
    "BOOKING_MAIL_REPLY_TO": (r" is .* Write an address", ["nobody"]),
    "BOOKING_MAILS_A_SECOND": (r" is .* Write a number", ["", "-1", "fast", "nan", "inf", None]),
    "BOOKING_MAILS_A_CONNECTION": (r" .* from 1 up", ["0"]),
    "BOOKING_MAIL_SECONDS": (r" .* from 1 to 600", ["0", "601"]),
    "BOOKING_DRAFT_BYTES": (r" .* from 16384 up", ["0", "64 kB", 16383, 65536.5]),
    "BOOKING_REQUEST_BYTES": (r" .* from 65536 up", ["65535", ""]),
    "BOOKING_LETTER_DAYS": (r" .* from 1 up", ["0"]),
    "BOOKING_DESK_LETTER_SECONDS": (r" .* from 0 to 3600", ["-1", "3601", "1.5"]),
    "BOOKING_DELIVERY": (r" is .* Write thread, or command", ["", "cron", 5]),
}
MAIL = {"BOOKING_MAIL_URL": "log:", "BOOKING_PUBLIC_URL": "https://shop.example"}
TOLD = {
    "links in letters must lead to you. Write BOOKING_PUBLIC_URL": MAIL
    | {"BOOKING_PUBLIC_URL": "", "BOOKING_MAIL_FROM": "a@shop.example"},
    "letters must be from somebody. Write BOOKING_MAIL_FROM": MAIL,
    "at most 60, or raise BOOK": {"BOOKING_IDLE_MINUTES": 120, "BOOKING_ABSOLUTE_HOURS": 1},
    "BOOKING_HSTS_SECONDS keeps browsers to https": {
        "BOOKING_HSTS_SECONDS": 60,
        "BOOKING_PUBLIC_URL": "http://shop.example",
    },
    "Did you mean BOOKING_HOLD_MINUTES": {"BOOKING_HOLD_MINUTE": 10},
    "'shop.example:5000' is not a host": {"BOOKING_TRUSTED_HOSTS": "a.example, shop.example:5000"},
    "'ü..example' is not a host": {"BOOKING_TRUSTED_HOSTS": "a.example, ü..example"},
}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [(key, value, key + told) for key, (told, values) in WRONG.items() for value in values],
)
def test_a_wrong_value_names_the_key_and_what_to_write(key, value, told):
    with pytest.raises(ConfigurationError, match=told):
        read_settings({key: value})


@pytest.mark.parametrize(("told", "settings"), TOLD.items())
def test_settings_that_cannot_be_meant_are_told(told, settings):
    with pytest.raises(ConfigurationError, match=told):
        read_settings(settings)


LIST = ["127.0.0.1", "2001:db8:1::/48"]
NETWORKS = (ip_network("127.0.0.1"), ip_network("2001:db8:1::/48"))
HOSTS = ("shop.example", ".shop.example")
POSTGRES = "postgresql+psycopg://shop:secret@localhost/shop"
TAKEN = {
    "BOOKING_HOST_POLICY": [(value, True) for value in (True, "true", "1")],
    "BOOKING_COMPRESS": [(value, False) for value in (False, "false", "0", "off", " No ")],
    "BOOKING_PHONE_REGION": [("pt", "PT"), ("", None)],
    "BOOKING_DATABASE_URL": [(make_url(POSTGRES), POSTGRES)],
    "BOOKING_SHARED_ADDRESSES": [(", ".join(LIST), NETWORKS), (LIST, NETWORKS)],
    "BOOKING_TRUSTED_HOSTS": [
        ("Shop.example, .shop.example,", HOSTS), ([*HOSTS], HOSTS), ("", None), (None, None),
    ],
    "BOOKING_PUBLIC_URL": [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        (" HTTPS://Shop.Example ", "https://shop.example"),
        ("https://shop.example/termine/", "https://shop.example/termine"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://[2001:db8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("", None), (None, None),
    ],
    "BOOKING_MAILS_A_SECOND": [("0.5", 0.5), (0, 0), ("5", 5)],
    "BOOKING_MAIL_REPLY_TO": [
        ("shop@bücher.example", Mailbox("shop@xn--bcher-kva.example")),
        ('"The Shop, Ltd" <shop@shop.example>', Mailbox("shop@shop.example", "The Shop, Ltd")),
    ],
}  # fmt: skip
SERVERS = {
    "smtp://mail.example": MailServer("smtp", "mail.example", 587),
    "smtp://me:s%2Fe%40cret@mail.example:25": MailServer(
        "smtp", "mail.example", 25, "me", "s/e@cret"
    ),
    "smtp://127.0.0.1:25?tls=none": MailServer("smtp", "127.0.0.1", 25, is_encrypted=False),
    "smtps://me:secret@[2001:db8::1]": MailServer("smtps", "2001:db8::1", 465, "me", "secret"),
    "log:": MailServer("log"),
}
MAIL_ON = MAIL | {"BOOKING_MAIL_FROM": "shop@shop.example"}


@pytest.mark.parametrize(("url", "server"), SERVERS.items())
def test_a_mail_server_may_be_written_in_these_ways(url, server):
    assert read_settings(MAIL_ON | {"BOOKING_MAIL_URL": url}).mail_url == server


@pytest.mark.parametrize("wrong", ["", "/x", "?tls=no", ":port"])
def test_the_password_of_the_mail_server_is_never_shown(wrong):
    url = "smtp://me:open-sesame@mail.example"
    assert "open-sesame" not in repr(read_settings(MAIL_ON | {"BOOKING_MAIL_URL": url}))
    for bad in (
        f"smtp://me:open-sesame@mail.example{wrong or ' '}x",
        f"smtp://me:open/sesame@{wrong}",
    ):
        with pytest.raises(ConfigurationError) as refused:
            read_settings(MAIL_ON | {"BOOKING_MAIL_URL": bad})
        assert (
            "sesame"
            not in "".join(traceback.format_exception(refused.value)).split("Error: ", 1)[1]
        )


def test_a_folder_for_letters_is_made_for_this_user_alone(tmp_path):
    folder = tmp_path / "letters" / "new"
    server = read_settings(MAIL_ON | {"BOOKING_MAIL_URL": f"file://{folder}"}).mail_url
    assert server.folder == folder
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_look_into_is_refused(tmp_path):
    tmp_path.chmod(0o755)
    with pytest.raises(ConfigurationError, match=f"BOOKING_MAIL_URL .* chmod 700 {tmp_path}"):
        read_settings(MAIL_ON | {"BOOKING_MAIL_URL": f"file://{tmp_path}"})


@pytest.mark.parametrize(
    ("key", "written", "read"), [(key, *pair) for key, pairs in TAKEN.items() for pair in pairs]
)
def test_a_value_may_be_written_in_the_usual_ways(key, written, read):
    settings = read_settings({key: written})
    assert getattr(settings, key.removeprefix("BOOKING_").lower()) == read


def test_a_hosts_own_key_with_our_prefix_is_none_of_our_business():
    read_settings({"BOOKING_COM_API_TOKEN": "x"})


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("BOOKING_HOLD_MINUTS", "BOOKING_HOLD_MINUTES"),
        ("BOOKING_DATABASE_URI", "BOOKING_DATABASE_URL"),
        ("BOOKING_TRUSTED_PROXY", "BOOKING_TRUSTED_PROXIES"),
    ],
)
def test_a_misspelt_key_stops_the_start_unless_it_is_said_to_be_a_hosts_own(key, meant):
    with pytest.raises(ConfigurationError, match=f"mean {meant}.*BOOKING_OWN_KEYS={key} says so"):
        read_settings({key: 1})
    assert read_settings({key: 1, "BOOKING_OWN_KEYS": f"BOOKING_X, {key}"}) == read_settings(
        {"BOOKING_OWN_KEYS": ["BOOKING_X", key]}
    )


def test_a_key_that_may_be_a_hosts_own_is_asked_about_in_the_log(caplog):
    read_settings({"BOOKING_DATABASE": "x"})
    assert "BOOKING_DATABASE is not a setting of Sidebook" in caplog.text
    assert "BOOKING_OWN_KEYS=BOOKING_DATABASE" in caplog.text


def test_a_key_in_small_letters_is_told_wherever_it_stands(settings_file, monkeypatch):
    told = "booking_hold_minutes is not read. Write it in capitals: BOOKING_HOLD_MINUTES"
    with pytest.raises(ConfigurationError, match=told):
        read_settings({"booking_hold_minutes": 5})
    settings_file("booking_hold_minutes = 5")
    with pytest.raises(ConfigurationError, match=told):
        read_settings({})


@pytest.mark.parametrize(
    "content",
    ["HOLD_MINUTES = 5", "[booking]\nhold_minutes = 5", "[flask]\nBOOKING_HOLD_MINUTES = 5"],
)
def test_a_setting_that_stands_in_the_file_where_nobody_reads_it_is_told(settings_file, content):
    settings_file(content)
    with pytest.raises(
        ConfigurationError, match=r"is not read\. Write BOOKING_HOLD_MINUTES at the"
    ):
        read_settings({})


def test_the_settings_file_may_be_named_in_app_config_too(tmp_path):
    file = tmp_path / "shop.toml"
    file.write_text("BOOKING_HOLD_MINUTES = 7\n[something]\nelse = 1", encoding="utf-8")
    assert read_settings({"BOOKING_SETTINGS": str(file)}).hold_minutes == 7


def test_a_settings_file_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("BOOKING_SETTINGS", "/no/such/file.toml")
    with pytest.raises(ConfigurationError, match=r"/no/such/file\.toml.*cannot be read"):
        read_settings({})


def test_a_settings_file_that_is_no_toml_is_named(settings_file):
    settings_file("BOOKING_HOLD_MINUTES: 10")
    with pytest.raises(ConfigurationError, match=r"settings\.toml is not a TOML file"):
        read_settings({})


def test_a_first_hold_is_no_longer_than_a_whole_one():
    assert read_settings({}).first_hold_minutes == 3
    assert read_settings({"BOOKING_HOLD_MINUTES": 2}).first_hold_minutes == 2
    with pytest.raises(ConfigurationError, match=r"BOOKING_FIRST_HOLD_MINUTES is 11 .* 1 to 10"):
        read_settings({"BOOKING_FIRST_HOLD_MINUTES": 11})


def test_every_setting_is_described_for_hosts():
    told = (Path(__file__).parents[1] / "docs" / "host.md").read_text(encoding="utf-8")
    for field in fields(Settings):
        assert told.count(f"| `BOOKING_{field.name.upper()}` |") == 1, field.name


def test_a_file_that_never_ends_or_a_number_that_does_not_is_told(settings_file, monkeypatch):
    settings_file("BOOKING_HOLD_MINUTES = 0x" + "f" * 5000)
    with pytest.raises(ConfigurationError, match=r"^BOOKING_HOLD_MINUTES has too many digits"):
        read_settings({})
    settings_file("x = " + "9" * 5000)
    with pytest.raises(ConfigurationError, match="is not a TOML file"):
        read_settings({})
    monkeypatch.setenv("BOOKING_SETTINGS", "/dev/zero")
    with pytest.raises(ConfigurationError, match="It is a pipe or a device, not a file"):
        read_settings({})
