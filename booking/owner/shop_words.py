"""What the pages of the business say in the same words."""

from collections.abc import Iterable, Mapping

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations.plan import BusinessPlan, ServicePlan, StaffPlan
from booking.state import current_request, current_sidebook

from .forms import posted
from .shop_fields import Merged
from .shop_saving import Asked

SAVED = "saved"


def conflict(asked: Asked, labels: Mapping[str, str]) -> list[str]:
    """Say what somebody else changed or took out while this was typed."""
    if asked.is_gone:
        return [
            _("Somebody took this out meanwhile. What you typed is still here: save it as new.")
        ]
    return written_meanwhile(Merged(asked.values, asked.changed, asked.taken_over), labels)


def written_meanwhile(merged: Merged, labels: Mapping[str, str]) -> list[str]:
    """Say which fields somebody else changed while they were typed in."""
    said = []
    if merged.changed:
        names = formats.join_list([labels[name] for name in merged.changed])
        said.append(
            _(
                "Somebody else changed this as well while you typed: %(names)s. Both are shown "
                "below. Save again to keep yours.",
                names=names,
            )
        )
    if merged.taken_over:
        names = formats.join_list([labels[name] for name in merged.taken_over])
        said.append(
            _(
                "Somebody else changed this while you typed: %(names)s. It is shown as it is now. "
                "What you typed is not saved yet: save again.",
                names=names,
            )
        )
    return said


def from_query(*listed: Iterable[ServicePlan | StaffPlan]) -> list[str]:
    """Say what was saved just now, by the name of what an address names."""
    slug = current_request().args.get(SAVED, "")
    names = [one.name for every in listed for one in every if one.slug == slug]
    return [_("%(name)s is saved.", name=name) for name in names[:1]]


def taken(slug: str, *, is_retired: bool) -> str:
    """Say that a short name is somebody else's."""
    if is_retired:
        return _(
            "“%(slug)s” is of what is not on sale any more. Bring that back, or write another.",
            slug=slug,
        )
    return _("“%(slug)s” is taken. Write another, or leave it empty.", slug=slug)


def page_from() -> int:
    """Return with which appointment the list of those that are touched goes on."""
    return _number(posted("touched_from"))


def asked_number(name: str) -> int:
    """Return a number of the address; 0 for anything else."""
    return _number(asked_word(name))


def asked_word(name: str) -> str:
    """Return a word of the address; empty where it is not there."""
    return current_request().args.get(name, "")


def _number(sent: str) -> int:
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 10 else 0


def unanswered(service: ServicePlan, plan: BusinessPlan) -> dict[str, str]:
    """Say that nobody could confirm a booking from a letter, where none is sent."""
    if not service.confirm_by_mail:
        return {}
    if not current_sidebook().settings.mail_url:
        return {"waits": _("No letters are sent here (BOOKING_MAIL_URL), so nobody could confirm.")}
    if {"please_confirm", "confirm_address"} & set(plan.shop.mail.get("off", ())):
        return {"waits": _("The letter that asks for it is turned off, so nobody could confirm.")}
    return {}
