"""The wizard's routes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, g, request
from sqlalchemy.orm import Session

from booking.customer import errors
from booking.customer.appointment import lost, mending, moving, waiting
from booking.customer.appointment import views as appointment
from booking.files import STATIC, TEMPLATES
from booking.tab_sessions import (
    DeferredResponse,
    TabSession,
    exempt,
    session_lifecycle,
    session_route,
)
from booking.web import assets, headers, trouble_log, urls

from . import (
    deep_links,
    fragments,
    holds,
    order,
    shell,
    tab_handover,
    zones,
)
from .autosave import save_input
from .form_fields import typed_values
from .progress import EXTENSION, step_named
from .state import load_state
from .steps.base import Step

EVERY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_blueprint(name: str, *, at_root: bool, alone: bool) -> Blueprint:
    """Return a new blueprint of that name: one for each app, so that several live in one process.

    `at_root`: it will be mounted at "/", beside whatever else the app has. `alone`: it has nothing.
    """
    steps = order.STEPS
    blueprint = urls.HostBlueprint(
        name,
        __name__,
        template_folder=str(TEMPLATES),
        static_folder=str(STATIC),
        # Nearly every app has a /static of its own, which would answer for ours.
        static_url_path="/-/static" if at_root else "/static",
    )
    blueprint.record(lambda setup: setup.app.extensions.update({EXTENSION: steps}))
    _add_pages(blueprint, steps)
    if alone or not at_root:
        # Whatever else is asked for below the prefix gets our page for it, not the host app's.
        blueprint.add_url_rule("/<path:unknown>", view_func=shell.unknown, methods=EVERY)
    session_route(blueprint, "/form")(deep_links.show_open_step)
    session_route(blueprint, f"/{_any(steps)}/form", live=stands_on)(show_step)
    _add_answers(blueprint, steps)
    _add_handover(blueprint)
    _add_manage_link(blueprint)
    assets.add_to(blueprint)
    headers.add_security_headers(blueprint, public={zones.ENDPOINT})
    if not alone:  # else all of the app's addresses are looked at
        blueprint.before_app_request(_refuse_unknown_hosts)
        trouble_log.log_refusals(blueprint)
    errors.register_error_handlers(blueprint)
    blueprint.url_value_preprocessor(lambda *_: _exempt_from_csrf(blueprint))
    return blueprint


def _refuse_unknown_hosts() -> None:
    # Of the app, because a redirect to the slash belongs to no blueprint.
    if headers.is_ours():
        urls.refuse_unknown_host()


def _exempt_from_csrf(blueprint: Blueprint) -> None:
    # The manage link's forms are the only ones without a session route, and they ask for the link's
    # secret and for a mark of its page; or, for a lost link, tell nobody anything.
    exempt(blueprint)


def _add_pages(blueprint: Blueprint, steps: Sequence[Step]) -> None:
    blueprint.add_url_rule("/", view_func=shell.start)
    blueprint.add_url_rule("/", "method_not_allowed", shell.method_not_allowed, methods=EVERY[1:])
    blueprint.add_url_rule(f"/{_any(steps)}", view_func=shell.page)
    blueprint.add_url_rule("/zones", "zones", zones.show)


def _add_answers(blueprint: Blueprint, steps: Sequence[Step]) -> None:
    # An answer given twice is the same answer, and a draft confirmed twice the same booking.
    answer: dict[str, Any] = {"methods": ["POST"], "idempotent": True}
    typed: dict[str, Any] = {"before_transaction": typed_values, **answer}
    for step in steps[:-1]:
        options = {"allow_completed": step.allow_completed, **answer}
        options["before_transaction"] = step.before_transaction
        session_route(blueprint, f"/{step.name}/form", endpoint=step.name, **options)(_submit(step))
    questions = [step for step in steps if step.is_question]
    session_route(blueprint, f"/{_any(questions)}/kept", **answer)(keep_stored)
    session_route(blueprint, "/details/typed", **typed)(save_input)
    session_route(blueprint, "/new/form", **typed)(fragments.resume)
    session_route(blueprint, "/hold/extension", methods=["POST"])(holds.more_time)
    session_route(blueprint, "/clear", allow_completed=True, **answer)(fragments.clear)
    session_lifecycle(blueprint, "/tab-session")


def _any(steps: Sequence[Step]) -> str:
    return f"<any({','.join(step.name for step in steps)}):step>"


def show_step(tab: TabSession, step: str) -> Response:
    """Show the step asked for, or the right one."""
    asked = step_named(step).read_link_args(request.args)
    return fragments.show(tab, step, committed=g.pop("looked", None), **asked)


def stands_on(_session: Session, tab: TabSession, view_args: Mapping[str, Any]) -> Any:
    """Return what `show_step` would show besides the tab's answers: it is asked for again."""
    step = step_named(view_args["step"])
    return step.stands_on(tab, **step.read_link_args(request.args))


def keep_stored(tab: TabSession, step: str) -> DeferredResponse:
    """Keep the stored one of two answers that differ, and go on to the next step."""
    wizard = load_state(tab)
    step_named(step).keep_stored(wizard)
    return fragments.accept(wizard)


def _submit(step: Step) -> Callable[[TabSession], DeferredResponse]:
    """Return the view that takes that step's answer."""

    def submit(tab: TabSession) -> DeferredResponse:
        if tab.state == "completed":
            return step.submit_again(tab)
        return step.submit(load_state(tab))

    return submit


def _add_handover(blueprint: Blueprint) -> None:
    purposes = f"<any({','.join(tab_handover.SHAREABLE)}):purpose>"
    share: dict[str, Any] = {
        "methods": ["POST"],
        "allow_completed": True,
        "counts_as_activity": False,
    }
    session_route(blueprint, f"/handover/{purposes}/offer", **share)(tab_handover.create_share)
    accept: dict[str, Any] = {"methods": ["POST"]}
    details: dict[str, Any] = {"before_transaction": typed_values, **accept}
    session_route(blueprint, "/handover/details/receipt", **details)(tab_handover.accept_details)
    session_route(blueprint, "/handover/times/receipt", **accept)(tab_handover.accept_times)


def _add_manage_link(blueprint: Blueprint) -> None:
    for verb, show, answer in (
        ("confirmation", waiting.confirmation, waiting.confirm_it),
        ("decision", waiting.decision, waiting.decide),
    ):
        link = f"/appointment/<reference>/{verb}/<token>"
        blueprint.add_url_rule(link, verb, show)
        blueprint.add_url_rule(link, answer.__name__, answer, methods=["POST"])
    blueprint.add_url_rule("/appointment/lost", view_func=lost.lost)
    blueprint.add_url_rule("/appointment/lost", "ask_for_links", lost.ask, methods=["POST"])
    page = "/appointment/<token>"
    blueprint.add_url_rule(page, view_func=appointment.appointment)
    blueprint.add_url_rule(f"{page}/calendar.ics", view_func=appointment.calendar)
    blueprint.add_url_rule(f"{page}/cancellation", view_func=appointment.cancel, methods=["POST"])
    blueprint.add_url_rule(f"{page}/cancellation", view_func=appointment.no_longer_asked)
    blueprint.add_url_rule(f"{page}/time", "appointment_time", moving.times)
    blueprint.add_url_rule(f"{page}/time", "move", moving.move, methods=["POST"])
    back = f"{page}/time/withdrawal"
    blueprint.add_url_rule(back, view_func=moving.take_back, methods=["POST"])
    blueprint.add_url_rule(back, "not_taken_back", appointment.no_longer_asked)
    blueprint.add_url_rule(f"{page}/details", "appointment_details", mending.details)
    blueprint.add_url_rule(f"{page}/details", "mend", mending.mend, methods=["POST"])
