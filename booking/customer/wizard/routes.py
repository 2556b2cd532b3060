"""The wizard's routes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from booking.customer import errors
from booking.customer.appointment import views as appointment
from booking.files import STATIC, TEMPLATES
from booking.tab_sessions import exempt, session_lifecycle, session_route
from booking.web import assets, headers, trouble_log, urls

from . import clearing, posts, recovery, shell, step_names, tab_handover, views, zones
from .autosave import keep_typed
from .form_fields import find_typed, look_over

EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_blueprint(name: str, *, at_root: bool, alone: bool) -> Blueprint:
    """A new blueprint of that name: one for each app, so that several live in one process.

    `at_root`: it will be mounted at "/", beside whatever else the app has. `alone`: it has nothing.
    """
    blueprint = Blueprint(
        name,
        __name__,
        template_folder=str(TEMPLATES),
        static_folder=str(STATIC),
        # Nearly every app has a /static of its own, which would answer for ours.
        static_url_path="/-/static" if at_root else "/static",
    )
    _add_pages(blueprint)
    if alone or not at_root:
        # Whatever else is asked for below the prefix gets our page for it, not the host app's.
        blueprint.add_url_rule("/<path:unknown>", view_func=shell.unknown, methods=EVERY)
    _add_fragments(blueprint)
    _add_answers(blueprint)
    _add_handover(blueprint)
    _add_manage_link(blueprint)
    assets.add_to(blueprint)
    headers.add_security_headers(blueprint, public={zones.ENDPOINT})
    trouble_log.log_refusals(blueprint)
    if not alone:  # else all of the app's addresses are looked at
        blueprint.before_app_request(_refuse_unknown_hosts)
    errors.register_error_handlers(blueprint)
    blueprint.url_value_preprocessor(lambda *_asked: _guard_without_tokens(blueprint))
    return blueprint


def _refuse_unknown_hosts() -> None:
    # Of the app, because a redirect to the slash belongs to no blueprint.
    if headers.is_ours():
        urls.refuse_unknown_host()


def _guard_without_tokens(blueprint: Blueprint) -> None:
    # Cancelling has no session route; it asks for the link's secret and for a mark of its page.
    exempt(blueprint)


def _add_pages(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/", view_func=shell.start)
    blueprint.add_url_rule("/", "not_here", shell.not_here, methods=EVERY[1:])
    blueprint.add_url_rule(f"/<any({','.join(step_names.STEPS)}):step>", view_func=shell.page)
    blueprint.add_url_rule("/zones", "zones", zones.show)


def _add_fragments(blueprint: Blueprint) -> None:
    session_route(blueprint, "/form")(views.current)
    session_route(blueprint, f"/<any({','.join(step_names.STEPS)}):step>/form")(views.show_step)


def _add_answers(blueprint: Blueprint) -> None:
    # An answer given twice is the same answer, and a draft confirmed twice the same booking.
    again: dict[str, Any] = {"methods": ["POST"], "idempotent": True}
    for step, view in posts.BY_STEP.items():
        first = look_over if step == "details" else None
        session_route(blueprint, f"/{step}/form", before_transaction=first, **again)(view)
    session_route(blueprint, "/review/form", allow_completed=True, **again)(posts.confirm)
    kept = f"/<any({','.join(step_names.QUESTIONS)}):step>/kept"
    session_route(blueprint, kept, **again)(posts.keep_other)
    session_route(blueprint, "/details/typed", before_transaction=find_typed, **again)(keep_typed)
    session_route(blueprint, "/new/form", before_transaction=find_typed, **again)(recovery.carry_on)
    session_route(blueprint, "/hold/extension", methods=["POST"])(posts.more_time)
    session_route(blueprint, "/clear", allow_completed=True, **again)(clearing.clear)
    session_lifecycle(blueprint, "/tab-session")


def _add_handover(blueprint: Blueprint) -> None:
    purposes = f"<any({','.join(tab_handover.HAVING)}):purpose>"
    give: dict[str, Any] = {
        "methods": ["POST"],
        "allow_completed": True,
        "counts_as_activity": False,
    }
    session_route(blueprint, f"/handover/{purposes}/offer", **give)(tab_handover.offer)
    take: dict[str, Any] = {"methods": ["POST"]}
    receipt: dict[str, Any] = {"before_transaction": find_typed, **take}
    session_route(blueprint, "/handover/details/receipt", **receipt)(tab_handover.receive_details)
    session_route(blueprint, "/handover/times/receipt", **take)(tab_handover.receive_times)


def _add_manage_link(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/appointment/<token>", view_func=appointment.appointment)
    blueprint.add_url_rule("/appointment/<token>/calendar.ics", view_func=appointment.calendar)
    cancellation = "/appointment/<token>/cancellation"
    blueprint.add_url_rule(cancellation, view_func=appointment.cancel, methods=["POST"])
    blueprint.add_url_rule(cancellation, view_func=appointment.no_longer_asked)
