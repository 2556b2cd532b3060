"""Somebody who may come in as a form: what they are called, what they may do, whose they are."""

from collections.abc import Sequence

from booking.contact.validators import problem_of_address
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.accounts import AccountPlan
from booking.storage.accounts import ACCOUNT_ROLES

from .forms import is_posted, name_too_long, posted, posted_line
from .shop_fields import Field, Values

ROLES = {
    "owner": gettext_noop("Owner: sees and changes everything, and says who may come in"),
    "reception": gettext_noop("Reception: sees and changes all appointments"),
    "staff": gettext_noop("Staff: sees and changes their own appointments"),
}
RIGHTS = ("may_change_own_hours", "sees_all_customers")
"""What staff may do beside: boxes to tick."""


def fields_of(people: Sequence[tuple[str, str]], *, is_new: bool) -> list[Field]:
    """Return the fields of an account; an address is typed once, and stays."""
    handed = _("They sign in with it. Nothing is sent there: you are shown a link to hand on.")
    whose = _(
        "Whose appointments are theirs. Staff need it; an owner who also works here has it as well."
    )
    nobody = ("", _("nobody whom customers book"))
    roles = [(role, _(words)) for role, words in ROLES.items()]
    email = [Field("email", _("E-mail"), "email", help=handed, required=True)] if is_new else []
    return [
        *email,
        Field("name", _("Name"), required=True),
        Field("role", _("What they may do"), "radio", choices=roles),
        Field("staff", _("Works here as"), "select", help=whose, choices=[nobody, *people]),
        Field(RIGHTS[0], _("May change their own hours and time off"), "checkbox"),
        Field(RIGHTS[1], _("Sees all customers"), "checkbox"),
    ]


def values_of(plan: AccountPlan) -> Values:
    """Return what stands in the form of this account."""
    rights = {name: "yes" if getattr(plan, name) else "" for name in RIGHTS}
    return {"name": plan.name, "role": plan.role, "staff": plan.staff, **rights}


def typed_values() -> Values:
    """Return what was sent."""
    rights = {name: "yes" if is_posted(name) else "" for name in RIGHTS}
    typed = {"name": posted_line("name"), "role": posted("role"), "staff": posted("staff")}
    return typed | rights


def plan_of(values: Values, email: str) -> AccountPlan:
    """Return the account that is meant."""
    rights = {name: bool(values[name]) for name in RIGHTS}
    return AccountPlan(email, values["name"], values["role"], values["staff"], **rights)


def errors_of(values: Values) -> Values:
    """Return what is wrong with what was typed, by the names of the fields."""
    found = {
        "email": problem_of_address(values["email"]) if "email" in values else "",
        "name": _about_name(values["name"]),
        "role": "" if values["role"] in ACCOUNT_ROLES else _("Choose what they may do."),
    }
    return {name: message for name, message in found.items() if message}


def _about_name(name: str) -> str:
    if not name:
        return _("Enter the name, as it is read at the desk.")
    return name_too_long(name)
