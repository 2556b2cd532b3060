"""Which language a visitor is spoken to in: theirs, as the browser asks for it, else the shop's."""

from collections.abc import Sequence

from flask import has_request_context
from werkzeug.datastructures import LanguageAccept

from booking.i18n import ENGLISH, Language, load_languages, nearest
from booking.state import NAME, SidebookState, current_flask, current_request, current_sidebook
from booking.storage import catalogue
from booking.tab_sessions import read_transaction

_LANGUAGE = "booking.language"


def language_of_visitor() -> Language:
    """Return the language of this request; English where there is none."""
    if not has_request_context():
        return ENGLISH
    environ = current_request().environ  # asked for with each text
    if _LANGUAGE not in environ:
        environ[_LANGUAGE] = ENGLISH  # what is said while the shop's is being read
        environ[_LANGUAGE] = _chosen()
    language: Language = environ[_LANGUAGE]
    return language


def _chosen() -> Language:
    known, sidebook = load_languages(), current_flask().extensions.get(NAME)
    if len(known) < 2 or not isinstance(sidebook, SidebookState):
        return ENGLISH
    shops = nearest(_language_of_shop())
    others = [tag for tag in known if tag != shops.tag]
    return known[_wished([shops.tag, *others], current_request().accept_languages)]


def _wished(tags: Sequence[str], asked: LanguageAccept) -> str:
    """Return which of these is asked for most; of several, and of none, the first.

    A region's counts for its language: "de-AT" before "en" is a wish for German. Werkzeug's own
    `best_match` would say English, because that alone is named as it is here.
    """
    wishes: dict[str, float] = {}
    for written, quality in asked:  # "*" is the last, wherever it was written
        name = written.replace("_", "-").lower()
        if name == "*":
            wishes = dict.fromkeys(tags, quality) | wishes
            continue
        known = [tag for tag in tags if _primary(tag) == _primary(name)]
        for meant in [tag for tag in known if tag.lower() == name] or known[:1]:
            wishes[meant] = max(wishes.get(meant, 0.0), quality)
    return max(tags, key=lambda tag: wishes.get(tag, 0.0))


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


def _language_of_shop() -> str:
    """Return the shop's language as this process saw it last; read where it never has."""
    try:
        seen = catalogue.remembered(current_sidebook().engine)
        if seen is None:
            with read_transaction(current_sidebook().db.session) as session:
                seen = catalogue.read_catalogue(session)
        return seen.shop.language if seen.shop else ""
    except Exception:  # noqa: BLE001 - a page about a failure must not fail for the same reason
        return ""
