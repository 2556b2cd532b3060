"""LANGUAGES: messages, dates, times, lists and numbers as people write and type them.

    from booking.i18n import gettext as _, ngettext

English only for now; every text that a customer reads goes through these, so that it can be
translated.
"""

from .messages import gettext, gettext_noop, ngettext, speaking

__all__ = ["gettext", "gettext_noop", "ngettext", "speaking"]
