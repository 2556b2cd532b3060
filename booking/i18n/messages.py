"""Texts in the language of whoever reads them: gettext's functions over the current catalogue.

Without a catalogue a text is what the code says: English.
"""

from .language import current_language


def gettext(message: str, /, **values: object) -> str:
    """Return the message in the reader's language, its `%(name)s` filled from `values`.

    Without values a percent sign is one, and nothing is filled.
    """
    text = current_language().catalogue.gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the message for that number by the language's own plural; `%(number)s` is filled."""
    text = current_language().catalogue.ngettext(one, many, number)
    return text % {"number": number, **values}


def gettext_noop(message: str) -> str:
    """Mark a message that is translated later, where it is shown: a constant of a module."""
    return message
