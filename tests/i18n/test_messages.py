"""Texts are looked up in the catalogue of the context."""

from gettext import NullTranslations

from booking.i18n import ENGLISH, Language, gettext, ngettext, speaking


class Shouting(NullTranslations):
    def gettext(self, message):
        return message.upper()

    def ngettext(self, msgid1, msgid2, n):
        return (msgid1 if n == 1 else msgid2).replace("day", "DAY")


def test_without_a_catalogue_a_text_is_what_the_code_says():
    assert gettext("50 % off") == "50 % off"
    assert gettext("With %(who)s", who="Ana") == "With Ana"
    assert [ngettext("%(number)s day", "%(number)s days", n) for n in (1, 2)] == ["1 day", "2 days"]


def test_a_catalogue_speaks_inside_its_context_and_not_after_it():
    with speaking(Language("en", ENGLISH.locale, Shouting())):
        assert gettext("Yes") == "YES"
        assert ngettext("%(number)s day", "%(number)s days", 2) == "2 DAYs"
    assert gettext("Yes") == "Yes"
