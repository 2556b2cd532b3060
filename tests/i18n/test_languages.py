"""Which languages there are: English, and what lies in the folder of catalogues."""

import pytest

from booking import create_app
from booking.i18n import formats, gettext, language, load_languages, ngettext, speaking

GERMAN = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "Your appointment"
msgstr "Ihr Termin"

msgid "%(number)s free time"
msgid_plural "%(number)s free times"
msgstr[0] "%(number)s freie Zeit"
msgstr[1] "%(number)s freie Zeiten"
"""


def catalogue(folder, name, text):
    path = folder / name / "LC_MESSAGES" / "sidebook.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_without_a_catalogue_a_text_is_what_the_code_says():
    assert gettext("50 % off") == "50 % off"
    assert gettext("With %(who)s", who="Ana") == "With Ana"
    assert [ngettext("%(number)s day", "%(number)s days", n) for n in (1, 2)] == ["1 day", "2 days"]


def test_english_is_there_without_a_catalogue(tmp_path):
    assert list(load_languages(tmp_path)) == ["en"]
    assert load_languages()["en"] is language.ENGLISH
    assert language.ENGLISH.direction == "ltr"


def test_a_catalogue_is_a_language_and_needs_no_compiling(tmp_path):
    catalogue(tmp_path, "de", GERMAN)
    german = load_languages(tmp_path)["de"]
    with speaking(german):
        assert gettext("Your appointment") == "Ihr Termin"
        assert gettext("What is not translated") == "What is not translated"
        shown = [ngettext("%(number)s free time", "%(number)s free times", n) for n in (1, 2)]
        assert shown == ["1 freie Zeit", "2 freie Zeiten"]
        assert formats.format_duration(60) == "1 Stunde"
    assert gettext("Your appointment") == "Your appointment", "it speaks in its context alone"


def test_a_languages_region_and_direction_are_known(tmp_path):
    catalogue(tmp_path, "pt_BR", GERMAN)
    catalogue(tmp_path, "ar", GERMAN)
    found = load_languages(tmp_path)
    assert (found["pt-BR"].tag, found["pt-BR"].locale.territory) == ("pt-BR", "BR")
    assert found["ar"].direction == "rtl"


def test_a_file_that_is_no_catalogue_stops_the_start_with_its_name(tmp_path, monkeypatch):
    catalogue(tmp_path, "de", "msgid Ihr Termin\n")
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    with pytest.raises(language.BrokenCatalogue, match=r"de/LC_MESSAGES/sidebook\.po is not a"):
        create_app({"BOOKING_DATABASE_URL": f"sqlite:///{tmp_path}/x.db"})
