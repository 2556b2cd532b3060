"""LANGUAGES: messages, dates, times, lists and numbers as people write and type them.

    from booking.i18n import gettext as _, ngettext

English only for now; every text that a customer reads goes through these, so that it can be
translated.
"""

from .language import (
    ENGLISH,
    Language,
    current_language,
    gettext,
    gettext_noop,
    load_languages,
    ngettext,
    speaking,
)

__all__ = [
    "ENGLISH",
    "Language",
    "current_language",
    "gettext",
    "gettext_noop",
    "load_languages",
    "ngettext",
    "speaking",
]
