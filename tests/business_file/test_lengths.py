"""Lengths of time are read and written in the words of who writes them."""

import pytest

from booking.business_file.lengths import format_length, length_in_words, minutes
from booking.i18n import ENGLISH, load_languages, speaking
from booking.i18n.date_input import InvalidValue

read = minutes(0, 10**6)
LENGTHS = (0, 1, 5, 45, 60, 90, 1439, 1440, 1445, 2880, 2 * 1440 + 61, 14 * 1440)
GERMAN = load_languages()["de"]


@pytest.mark.parametrize("language", load_languages().values(), ids=lambda one: one.tag)
@pytest.mark.parametrize("length", LENGTHS)
def test_what_the_desk_shows_and_what_the_file_has_is_read_in_every_language(language, length):
    with speaking(language):
        assert read(length_in_words(length)) == read(format_length(length)) == length


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("2 Tage", 2880),
        ("1 Woche 1 Tag", 8 * 1440),
        ("1 Std. 30 Min.", 90),
        ("3 stunden", 180),
        ("1 h 30 min", 90),
        ("2 days", 2880),
    ],
)
def test_a_german_writes_german(written, length):
    with speaking(GERMAN):
        assert read(written) == length


@pytest.mark.parametrize("written", ["", "2", "Tage", "2 Tage 1 Woche", "2 Tag e", "1h1h", "-1 h"])
def test_what_is_no_length_is_refused_in_german_with_german_words(written):
    with speaking(GERMAN), pytest.raises(InvalidValue, match="2 Tage"):
        read(written)


def test_german_words_are_none_of_the_files_in_english():
    with speaking(ENGLISH), pytest.raises(InvalidValue, match="2 days"):
        read("2 Tage")
