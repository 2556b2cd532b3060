"""The basket: one for all tabs of a browser, and after log-in for all devices of a person."""

from flask import Blueprint, render_template, request
from sqlalchemy import delete, select

from booking.tab_sessions import (
    TabSessionGone,
    anonymous_user,
    attach_user,
    handover,
    live_stamp,
    session_lifecycle,
    session_route,
)

from . import people
from .tables import NUMBER, Offer

basket = Blueprint("basket", __name__, url_prefix="/basket")
session_lifecycle(basket)


def owner(tab):
    """Return whose basket it is: of who is logged in, or else of somebody without an account."""
    person = people.logged_in()
    if person and tab.writable and tab.user is None:
        attach_user(tab, person)  # merges what was in it before
    return int(person or anonymous_user(tab) or 0)


def offers_of(rows, person):
    return rows.scalars(select(Offer).where(Offer.person_id == person).order_by(Offer.id)).all()


def stands_on(rows, tab, _view_args):
    """Return what the basket on a page shows, in short: when it changes, it is shown anew."""
    person = owner(tab)
    return [people.logged_in(), [offer.id for offer in offers_of(rows, person)]]


def show(tab):
    return render_template(
        "basket.html",
        offers=offers_of(tab.session, owner(tab)),
        must_merge=people.logged_in() is not None and tab.user is None,
        stamp=live_stamp(tab, stands_on(tab.session, tab, {})),
    )


@session_route(basket, "/offers", methods=["GET", "POST"], live=stands_on)
def offers(tab):
    if request.method == "POST":
        person = owner(tab)
        offer = handover.redeem(tab, "offer", request.form.get("reference", ""))
        if offer is not None:  # else it is in the basket already
            tab.session.add(Offer(person_id=person, **offer))
    return tab.render_after_commit(show)


@session_route(basket, f"/offers/{NUMBER}/removal", methods=["POST"])
def remove_offer(tab, number):
    mine = (Offer.id == number) & (Offer.person_id == owner(tab))
    tab.session.execute(delete(Offer).where(mine))
    return tab.render_after_commit(show)


@basket.errorhandler(TabSessionGone)
def over(_gone):
    return render_template("basket_again.html"), 410
