"""What strangers typed reaches a terminal whole, readable and harmless."""

import re

import pytest
from click.testing import CliRunner

from booking.commands.group import MOST_WIDE, plain, short, width
from tests.commands.shell import MORNING, ROOT, SHOP, appointment, refused, run

LIST = ("list", "--from", MORNING.date())
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def printed_in(app, encoding, *words):
    """What a command sends to a terminal, or a file, of that encoding."""
    answer = app.test_cli_runner(charset=encoding).invoke(args=["booking", *map(str, words)])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer


@on_sqlite
@pytest.mark.parametrize(
    "encoding", ["ascii", pytest.param("cp1252", marks=pytest.mark.extra), "utf-16"]
)
def test_a_name_that_an_output_cannot_print_loses_no_line(app, tmp_path, encoding):
    shop = SHOP.read_text(encoding="utf-8").replace('name = "Ana"', 'name = "Ł. Ana"')
    (tmp_path / "shop.toml").write_text(shop, encoding="utf-8")
    run(app, "load", tmp_path / "shop.toml")
    reference = appointment(app, name="Łucja 王")
    name = "Łucja 王" if encoding == "utf-16" else r"\u0141ucja \u738b"
    for words in (LIST, ("show", reference), ("list", "--all"), ("doctor",), ("book", "--help")):
        answer = printed_in(app, encoding, *words)
        assert answer.exit_code == 0, answer.output
        shown = answer.stdout_bytes.decode(encoding)
        assert (name in shown) == (words[0] in ("list", "show"))
    told = printed_in(app, encoding, "cancel", reference).stdout_bytes.decode(encoding)
    assert "is cancelled" in told
    assert printed_in(app, encoding, "list", "--staff", "王").exit_code == 1
    assert printed_in(app, encoding, "list", "--王").exit_code == 2
    assert printed_in(app, encoding, "load", ROOT / "demo.toml", "--dry-run").exit_code == 0


SPELLED = [
    "\u0628\u200c\u0628",
    "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "a\u0301",
    "👩\u200d🔬",
    "\u06dd",
]
DRIVES = [
    ("a\x1b]0;x\x07b", r"a\x1b]0;x\x07b"),
    ("a\x9b2Jb", r"a\x9b2Jb"),
    ("a\u202eb\u202c", r"a\u202eb\u202c"),
    ("a\u2066b\u2069", r"a\u2066b\u2069"),
    ("a\U000e0041b", r"a\U000e0041b"),
    ("a\ud800b", r"a\ud800b"),
    ("a\x7fb\ufeff", r"a\x7fb\ufeff"),
    ("a\r\n\t\u2028\u2029\x85\u00a0\u3000b", "a        b"),
]


@pytest.mark.parametrize("text", SPELLED)
def test_invisible_characters_that_belong_to_the_spelling_stay(text):
    assert plain(text) == text


@pytest.mark.parametrize(("text", "shown"), DRIVES)
def test_what_drives_a_terminal_or_turns_text_around_is_shown_and_not_sent(text, shown):
    assert plain(text) == shown


@on_sqlite
def test_list_and_show_tell_a_name_as_it_is_spelled(app):
    reference = appointment(app, name="\u0628\u200c\u0628 \u202ex")
    for words in (LIST, ("show", reference)):
        assert "\u0628\u200c\u0628 \\u202ex" in run(app, *words).stdout


def harmless(text):
    return not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)


@on_sqlite
@pytest.mark.parametrize("evil", [r"\u001b]0;x\u0007\u202e", r"\u009b2J\n\u2028"])
def test_what_stands_in_a_file_cannot_drive_the_terminal_by_any_message(app, tmp_path, evil):
    right = SHOP.read_text(encoding="utf-8")
    keys = f'"{evil}" = 1\nhours."{evil}" = 5\n[["{evil}s"]]\n'
    replaced = [
        ('"Europe/Lisbon"', f'"{evil}"'),
        ('slug = "short"', f'slug = "{evil}"'),
        ('"60 min"', f'"{evil}"'),
        ('offers = ["short", "long"]', f'offers = ["{evil}"]'),
    ]
    wrong = right
    for old, new in replaced:
        wrong = wrong.replace(old, new, 1)
    file = tmp_path / "shop.toml"
    file.write_text(wrong + keys, encoding="utf-8")
    told = refused(app, "load", file)
    assert harmless(told), ascii(told)
    assert all(line.startswith(f"{file}:") for line in told.splitlines()[1:])
    for words in (("list", "--from", evil), ("show", evil), ("book", evil, evil, "--name", evil)):
        written = [word.encode().decode("unicode_escape") for word in words]
        assert harmless(run(app, *written).output.replace("\n", ""))


@on_sqlite
def test_one_long_name_does_not_widen_every_row(app):
    reference = appointment(app, name="x" * 200)
    (line,) = run(app, *LIST).stdout.splitlines()
    assert len(line) < 120
    assert "x" * 20 in line
    assert "x" * 200 in run(app, "show", reference).stdout


@pytest.mark.parametrize("name", ["x" * 200, "王" * 100, "a" + "\u0301" * 150, "Zoë " * 50])
def test_a_cell_is_never_wider_than_people_can_scan(name):
    assert width(short(name)) <= MOST_WIDE
    assert len(short(name)) <= 2 * MOST_WIDE + 3
    assert short(name).endswith("...")


def test_columns_stand_under_each_other_whatever_the_script():
    assert [width(text) for text in ("Al", "王五", "e\u0301", "\u0628\u200c\u0628")] == [2, 4, 1, 2]


def test_help_of_every_command_is_printable_everywhere(untouched):
    from booking.commands import booking_commands

    for name in booking_commands.commands:
        runner = CliRunner(charset="ascii")
        answer = runner.invoke(booking_commands, [name, "--help"])
        assert answer.exit_code == 0
        assert answer.stdout_bytes.isascii()
