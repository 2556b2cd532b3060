"""The [mail] of a business file: which letters go out, when, with what, and in whose words."""

from typing import Any

from booking.i18n import load_languages
from booking.operations.plan import LAST_HOUR, LETTERS, MAIL
from booking.scheduling.clock import DAY

from .lengths import format_length, minutes
from .section import Section, remedy
from .values import (
    filled,
    flag,
    one_of,
    paragraphs,
    text,
    time_of_day,
)

MOST_REMINDERS = 5
_reminder = minutes(5, 60 * DAY)


def mail(top: Section) -> dict[str, Any]:
    """Read [mail]: what is to be otherwise than MAIL says."""
    section = top.table("mail")
    off = section.each("off", one_of(*LETTERS))
    values = {
        "off": [name for name in LETTERS if name in off],
        "invitation": section.take("invitation", one_of("request", "file"), MAIL["invitation"]),
        "link_in_invitation": section.take("link_in_invitation", flag, MAIL["link_in_invitation"]),
        "reminders": _reminders(section),
        "lists_at": section.take("lists_at", time_of_day(0, DAY - LAST_HOUR), MAIL["lists_at"]),
        "texts": _texts(section.table("texts")),
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


def _texts(section: Section) -> dict[str, dict[str, dict[str, str]]]:
    return {
        language: _letters(table)
        for language, table in _named(section, [*load_languages()], "[mail.texts.en.booked]")
    }


def _letters(section: Section) -> dict[str, dict[str, str]]:
    return {
        name: letter(table) for name, table in _named(section, list(LETTERS), 'subject = "..."')
    }


def letter(section: Section) -> dict[str, str]:
    """Read the words of one letter: a subject, a text, or both."""
    parts = {
        "subject": section.take("subject", filled(text()), ""),
        "text": section.take("text", filled(paragraphs()), ""),
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
