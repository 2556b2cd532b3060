"""LANGUAGES: messages, dates, times, lists and numbers as people write and type them.

    from booking.i18n import gettext as _, ngettext

Every text that people read goes through these; English is the code's own, and `locales/` has the
others.
"""

from .language import (
    ENGLISH,
    Language,
    ask_for,
    current_language,
    gettext,
    gettext_noop,
    load_languages,
    nearest,
    ngettext,
    speaking,
)

__all__ = [
    "ENGLISH",
    "Language",
    "ask_for",
    "current_language",
    "gettext",
    "gettext_noop",
    "load_languages",
    "nearest",
    "ngettext",
    "speaking",
]
