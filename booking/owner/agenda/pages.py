"""The agenda's two addresses: today, and any day, week or list; both keep up while looked at."""

from datetime import timedelta
from typing import Any, NamedTuple

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.owner import cookies
from booking.owner.access import EVERYBODY, Person, current_person
from booking.owner.desk_route import desk_route
from booking.owner.door import ROLES
from booking.owner.rendering import render_page
from booking.scheduling.clock import Interval, day_interval, to_minute
from booking.state import current_flask, current_request, current_sidebook
from booking.storage.agenda import read_agenda, standing
from booking.storage.catalogue import Catalogue, last_seen, read_catalogue
from booking.tab_sessions import live_page, read_transaction, shown_stamp
from booking.web.urls import own_name

from . import day, listing, undecided, week
from .asked import EVERY, STANDING, VIEWS, Asked, alerts_of, asked_in
from .entries import Shown, staff_seen

NOW_EVERY = 5
"""Minutes after which the line at which it is now has moved, and the page is shown anew."""
VIEW_NAMES = {
    "day": gettext_noop("Day"),
    "week": gettext_noop("Week"),
    "list": gettext_noop("List"),
}
STATE_NAMES = {
    STANDING: gettext_noop("All but cancelled"),
    "confirmed": gettext_noop("Confirmed"),
    "pending": gettext_noop("Waiting"),
    "completed": gettext_noop("Came"),
    "no_show": gettext_noop("Did not come"),
    "cancelled": gettext_noop("Cancelled"),
    EVERY: gettext_noop("All, cancelled ones too"),
}


class Choice(NamedTuple):
    """One of several: a view or a filter's value."""

    label: str
    value: str
    is_chosen: bool


def _asked(catalogue: Catalogue) -> Asked:
    today = utc_now().astimezone(catalogue.zone).date()
    return asked_in(current_request().args, today)


def _scope(asked: Asked, catalogue: Catalogue) -> tuple[Interval, int | None]:
    """What is to be read: which time, and of whom; None: of everybody."""
    zone, person = catalogue.zone, current_person()
    span = day_interval(asked.first, zone)[0], day_interval(asked.last, zone)[1]
    wanted = asked.staff or (person.staff_slug if person.sees_only_own else "")
    if not wanted:
        return span, None
    found = (each.id for each in staff_seen(catalogue, person) if each.slug == wanted)
    return span, next(found, undecided.NOBODY)


def stands_on() -> list[Any]:
    """Return what the page stands on now: all that it shows, who sees it, and where it is now."""
    now, person = utc_now(), current_person()
    with read_transaction(current_sidebook().session) as session:
        # Perhaps outdated: what is told beside it says of which state of the business it is.
        asked = _asked(catalogue := last_seen(session))
        span, member = _scope(asked, catalogue)
        text = standing(session, span, now=now, staff_member_id=member)
        if _is_today():
            text += undecided.standing(session, catalogue, person, now)
    minute = to_minute(now)
    is_now = span[0] <= minute < span[1] + NOW_EVERY
    moved = [minute // NOW_EVERY if is_now else 0, asked.today.isoformat()]
    return [text, member or 0, person.role, person.staff_slug or "", *moved]


@live_page(stands_on)
def agenda() -> str:
    """Show the days that are asked for."""
    return _page()


@live_page(stands_on)
def today() -> str:
    """Show today, as the agenda does."""
    return _page()


def _page() -> str:
    now, person = utc_now(), current_person()
    with read_transaction(current_sidebook().session) as session:
        asked = _asked(catalogue := read_catalogue(session))
        span, member = _scope(asked, catalogue)
        found = read_agenda(session, span, now=now, staff_member_id=member)
        shown = Shown(found, asked, person, now)
        waits = undecided.undecided(session, shown) if _is_today() else None
    new_url, filters = _new_url(), _filters(asked, catalogue, person)
    return render_page(
        "agenda",
        heading=_heading(asked),
        asked=asked,
        table=day.lay_out(shown, new_url) if asked.view == "day" else None,
        week=week.lay_out(shown) if asked.view == "week" else None,
        listed=listing.lay_out(shown) if asked.view == "list" else None,
        views=[Choice(_(VIEW_NAMES[each]), asked.address(view=each), each == asked.view)
               for each in VIEWS],
        links=_links(asked),
        filters=filters,
        chosen=_chosen(filters),
        new_url=f"{new_url}?day={asked.day.isoformat()}" if new_url else "",
        live_url=_here(),
        live_stamp=shown_stamp(),
        alerts=alerts_of(asked),
        undecided=waits,
        text="",
        errors={},
    )  # fmt: skip


def _is_today() -> bool:
    return own_name(current_request().endpoint) == today.__name__


def _heading(asked: Asked) -> str:
    if asked.first == asked.last:
        shown = formats.format_day(asked.first)
        return _("Today, %(day)s", day=shown) if asked.first == asked.today else shown
    first, last = (formats.format_date(day) for day in (asked.first, asked.last))
    return _("%(first)s to %(last)s", first=first, last=last)


def _links(asked: Asked) -> dict[str, str]:
    tomorrow = asked.today + timedelta(days=1)
    return {
        "before": asked.address(day=asked.first - asked.step),
        "after": asked.address(day=asked.first + asked.step),
        "today": asked.address(day=asked.today),
        "tomorrow": asked.address(day=tomorrow, view="list", days=1, state=STANDING),
        "all": asked.address(staff="", service="", state=STANDING),
    }


def _filters(asked: Asked, catalogue: Catalogue, person: Person) -> dict[str, list[Choice]]:
    people = [each for each in staff_seen(catalogue, person) if not each.retired]
    services = sorted(catalogue.every_service.values(), key=lambda each: each.retired)
    return {
        "staff": [Choice(each.name, each.slug, each.slug == asked.staff) for each in people],
        "service": [Choice(each.name, each.slug, each.slug == asked.service) for each in services],
        "state": [Choice(_(name), each, each == asked.state) for each, name in STATE_NAMES.items()],
    }


def _chosen(filters: dict[str, list[Choice]]) -> str:
    """Name what is chosen of all that could be shown; empty where nothing is."""
    chosen = [each for some in filters.values() for each in some if each.is_chosen and each.value]
    return formats.join_list([each.label for each in chosen])


def _here() -> str:
    request = current_request()
    return f"{request.script_root}{request.full_path}".removesuffix("?")


def _new_url() -> str:
    """Return where an appointment is made for a caller; empty where there is no such page."""
    app, rule = current_flask(), f"{current_sidebook().desk_prefix}/bookings/new"
    names = {own_name(each.endpoint) for each in app.url_map.iter_rules() if each.rule == rule}
    may = {role for name in names for role in app.extensions[ROLES].get(name, ())}
    return f"{cookies.root()}bookings/new" if current_person().role in may else ""


ROUTES = (
    desk_route("/", today, roles=EVERYBODY, label=gettext_noop("Today")),
    desk_route("/agenda", agenda, roles=EVERYBODY, label=gettext_noop("Agenda")),
)
