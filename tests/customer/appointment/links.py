"""What tests of the manage link's pages begin with."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import update

from booking.storage.models import Service
from booking.tab_sessions import write_transaction

# What is not about the database is tried on one of them.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def link_of(tab) -> str:
    return tab.page.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")


def form_of(text, form="form") -> dict[str, str]:
    """What that form of a page would send: of a choice the one that is ticked."""
    fields = BeautifulSoup(text, "html.parser").select(f"{form} :is(input, textarea)")
    sent = [each for each in fields if each.get("type") != "radio" or each.has_attr("checked")]
    return {each["name"]: each.get("value") or each.get_text().lstrip("\n") for each in sent}


def change(app, slug, **values) -> None:
    """Change that service."""
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(update(Service).where(Service.slug == slug).values(**values))
