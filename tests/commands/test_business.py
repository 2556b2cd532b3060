"""`init` and `load`: the tables, and the business that a file describes."""

import os
from pathlib import Path

import pytest

from booking.storage.models import Service
from tests.commands.shell import ROOT, SHOP, appointment, count, done, refused, run, shop_file


def test_init_makes_the_tables_and_may_be_repeated(untouched):
    for _ in range(2):
        assert done(untouched, "init").startswith("The database is ready (version 0")
    done(untouched, "load", SHOP)


def test_load_tells_what_it_changed_and_then_that_nothing_did(bare):
    assert "service short: added" in done(bare, "load", "--dry-run", SHOP)
    assert done(bare, "load", SHOP).splitlines() == [
        "shop: added",
        "service short: added",
        "service long: added",
        "staff ana: added",
        "staff ben: added",
    ]
    assert done(bare, "load", SHOP) == "Nothing changed.\n"


def test_load_tells_what_counted_dates_have_come_to(bare):
    told = done(bare, "load", ROOT / "demo.toml")
    assert '"second wednesday of next month" is Wednesday 2' in told


def test_load_if_empty_keeps_the_business_that_is_there(bare):
    assert "shop: added" in run(bare, "load", "--if-empty", SHOP).stdout
    assert (
        done(bare, "load", "--if-empty", ROOT / "demo.toml")
        == "A business is loaded already: nothing was changed.\n"
    )
    assert count(bare, Service) == 2


def test_a_dry_run_tells_what_a_load_would_tell_and_changes_nothing(app, tmp_path):
    file = shop_file(tmp_path, ("60 min", "65 min"), ('"Test Shop"', '"New name"'))
    changes = "shop: name\nservice long: duration 1 h → 1 h 5 min\n"
    for _ in range(2):
        assert done(app, "load", "--dry-run", file) == (
            "This is a dry run: nothing is changed. Loading the file would tell:\n" + changes
        )
    assert run(app, "load", SHOP).stdout == "Nothing changed.\n"
    assert run(app, "load", file).stdout == changes


DEMO_TAKES_OUT = (
    f"{ROOT / 'demo.toml'} takes out 2 of 2 services (short, long) and 2 of 2 staff members "
    "(ana, ben), so loading it needs --yes."
)


def test_the_file_of_another_shop_is_not_loaded_by_mistake(app):
    told = refused(app, "load", ROOT / "demo.toml")
    assert told.startswith(f"{DEMO_TAKES_OUT} Nothing was changed")
    would = done(app, "load", "--dry-run", ROOT / "demo.toml")
    assert would.splitlines()[-1] == DEMO_TAKES_OUT, "to tell it needs no --yes"
    assert run(app, "load", SHOP).stdout == "Nothing changed.\n"
    assert "service long: deleted" in done(app, "load", "--yes", ROOT / "demo.toml")


def test_half_of_the_staff_may_go_unasked_and_the_rest_may_not(app, tmp_path):
    text = SHOP.read_text(encoding="utf-8")
    ana, ben = text.index("[[staff]]"), text.rindex("[[staff]]")
    file = tmp_path / "shop.toml"
    file.write_text(text[:ben], encoding="utf-8")
    assert run(app, "load", file).stdout == "staff ben: deleted\n"
    file.write_text(text[:ana] + text[ben:], encoding="utf-8")
    assert "takes out 1 of 1 staff members (ana), so" in refused(app, "load", file)


def test_what_is_retired_already_does_not_count_as_lost_again(app, tmp_path):
    appointment(app)
    renamed = shop_file(tmp_path, ('slug = "short"', 'slug = "brief"'), ('"short", ', '"brief", '))
    changes = run(app, "load", renamed).stdout
    assert "service short: retired, because there are bookings of it" in changes
    again = shop_file(tmp_path, ('slug = "short"', 'slug = "quick"'), ('"short", ', '"quick", '))
    assert "service brief: deleted" in run(app, "load", again).stdout


@pytest.mark.both_databases
def test_load_changes_nothing_when_anything_is_wrong(app, tmp_path):
    file = tmp_path / "shop.toml"
    right = SHOP.read_text(encoding="utf-8")
    file.write_text(
        right.replace('"Test Shop"', '"New name"').replace("60 min", "61 min") + "hourss.mon = 5\n",
        encoding="utf-8",
    )
    for words in (["--dry-run"], []):
        lines = refused(app, "load", *words, file).splitlines()
        assert lines[0] == "the file was not loaded, and nothing was changed."
        assert [line.removeprefix(str(file)) for line in lines[1:]] == [
            ":20: duration: 61 minutes is not on the five-minute grid; write 60 or 65",
            ":50: hourss is not known here; did you mean hours? write hours",
        ]
    assert run(app, "load", SHOP).stdout == "Nothing changed.\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('hours.mon-sun = ["09:00-17:00"]', 'hours.mon-sun = ["11:00-17:00"]'),
        ("[[services]]", "[[closures]]\nfrom = 2027-02-01\nto = 2027-02-05\n[[services]]"),
        pytest.param('slug = "ana"', 'slug = "tim"', marks=pytest.mark.both_databases),
    ],
)
def test_load_tells_whom_it_leaves_without_an_appointment_and_only_once(app, tmp_path, old, new):
    reference = appointment(app)
    text = SHOP.read_text(encoding="utf-8").replace(old, new, 1)
    (tmp_path / "shop.toml").write_text(text, encoding="utf-8")
    told = [
        "These appointments stay, but nobody works then any more. Call, move or cancel them:",
        f"  {reference}  2027-02-03 10:00-10:30  Ana",
    ]
    for words in (["--dry-run"], []):
        assert run(app, "load", *words, tmp_path / "shop.toml").stdout.splitlines()[-2:] == told
    assert run(app, "load", tmp_path / "shop.toml").stdout == "Nothing changed.\n"


def test_load_of_what_cannot_be_read_says_so(app, tmp_path):
    assert refused(app, "load", tmp_path / "no.toml").endswith("No such file or directory.")
    assert refused(app, "load", tmp_path).endswith("cannot be read: Is a directory.")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[shop]\nname = "Caf\xe9"\n')
    assert refused(app, "load", latin).endswith(
        "latin.toml:2: this is not UTF-8 text; write (save) the file as UTF-8"
    )


def test_only_a_regular_file_of_a_sensible_size_is_loaded(app, tmp_path):
    pipe, large, link = (tmp_path / name for name in ("pipe", "large", "link"))
    os.mkfifo(pipe)
    large.write_bytes(b"#" * 2_000_000)
    link.symlink_to(SHOP)
    no_file = "cannot be read: It is a pipe or a device, not a file."
    for path in (pipe, Path("/dev/zero"), Path("/dev/null")):
        assert refused(app, "load", path) == f"{path} {no_file}"
    assert "larger than 1000000 bytes" in refused(app, "load", large)
    assert run(app, "load", link).stdout == "Nothing changed.\n"
