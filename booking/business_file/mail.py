"""The [mail] of a business file: which letters go out, when, with what, and in whose words."""

from collections.abc import Callable
from typing import Any

from booking.i18n import load_languages
from booking.i18n.date_input import InvalidValue
from booking.operations.plan import LETTERS, MAIL
from booking.scheduling.clock import DAY

from .section import Section, remedy
from .values import filled, flag, format_length, minutes, one_of, paragraphs, text

CheckText = Callable[[str, str], None]
"""Told a letter's name and its text; raises ValueError that says what is wrong, and what to write.

Whoever renders letters knows what may be filled in. A subject's name ends in ".subject".
"""

MOST_REMINDERS = 5
_reminder = minutes(5, 60 * DAY)


def mail(top: Section, check: CheckText) -> dict[str, Any]:
    """Read [mail]: what is to be otherwise than MAIL says."""
    section = top.table("mail")
    off = section.each("off", one_of(*LETTERS))
    values = {
        "off": [name for name in LETTERS if name in off],
        "invitation": section.take("invitation", one_of("request", "file"), MAIL["invitation"]),
        "link_in_invitation": section.take("link_in_invitation", flag, MAIL["link_in_invitation"]),
        "reminders": _reminders(section),
        "texts": _texts(section.table("texts"), check),
    }
    section.finish()
    return {key: value for key, value in values.items() if key in section and value != MAIL[key]}


def _reminders(section: Section) -> list[int]:
    """Minutes before the start, the first to be sent first."""
    written = section.each("reminders", _reminder)
    if twice := [one for one in written if written.count(one) > 1]:
        section.wrong(
            f'reminders: "{format_length(twice[0])}" is there twice; write each once', "reminders"
        )
    if len(written) > MOST_REMINDERS:
        section.wrong(
            f"reminders: there are {len(written)}; write at most {MOST_REMINDERS}", "reminders"
        )
    return sorted(written, reverse=True)


def _texts(section: Section, check: CheckText) -> dict[str, dict[str, dict[str, str]]]:
    return {
        language: _letters(table, check)
        for language, table in _named(section, [*load_languages()], "[mail.texts.en.booked]")
    }


def _letters(section: Section, check: CheckText) -> dict[str, dict[str, str]]:
    return {
        name: _letter(table, name, check)
        for name, table in _named(section, list(LETTERS), 'subject = "..."')
    }


def _letter(section: Section, name: str, check: CheckText) -> dict[str, str]:
    parts = {
        "subject": section.take("subject", _checked(filled(text()), f"{name}.subject", check), ""),
        "text": section.take("text", _checked(filled(paragraphs()), name, check), ""),
    }
    section.finish()
    return {part: written for part, written in parts.items() if part in section}


def _named(section: Section, known: list[str], example: str) -> list[tuple[str, Section]]:
    """The tables of a table, of which each has one of these names."""
    tables = []
    for name in section:
        table = section.table(name)
        if name in known:
            tables.append((name, table))
        else:
            section.wrong(f"{name} is not known here; {remedy(name, known)}", name)
        if name in known and section.raw(name) == {}:
            table.wrong(f"{name}: there is nothing in it; write {example}")
    return tables


def _checked(
    convert: Callable[[object], str], name: str, check: CheckText
) -> Callable[[object], str]:
    def checked(value: object) -> str:
        written = convert(value)
        try:
            check(name, written)
        except ValueError as error:
            raise InvalidValue(str(error)) from error
        return written

    return checked
