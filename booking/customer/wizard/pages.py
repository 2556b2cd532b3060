"""From where a tab stands to the fragment it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, make_response

from booking.tab_sessions import TabSession
from booking.web import urls
from booking.web.rendering import render

from . import challenge, conflicts, step_names
from .countdown import NO_HOLD, hold_panel, told
from .draft import BookingDraft
from .state import WizardState, load_state, required
from .steps import choices, details, done, review, time
from .summary import recovery_fields, summary

Builder = Callable[..., dict[str, Any]]
BUILDERS: dict[str, Builder] = {
    "service": choices.service,
    "staff": choices.staff,
    "time": time.time,
    "details": details.details,
    "review": review.review,
}
HEADINGS = {
    "service": "What would you like to book?",
    "staff": "Who would you like to see?",
    "time": "When would you like to come?",
    "details": "Who is coming?",
    "review": "Is everything right?",
}


def show(tab: TabSession, wanted: str | None = None, **extra: Any) -> Response:
    """The fragment for a tab that asks for `wanted`, or for the step that is open to it.

    Where that is another step, the address bar is told by HX-Replace-Url. `extra` is for the
    step's own builder, and for that step alone, but for `alerts`, `notices` and `zone`, and for
    what stale.py is about: `differing`, and `answer_version`, the mark of a form that was refused.
    """
    step, html = _fragment(tab, wanted, **extra)
    return _answer(html, {} if step == wanted else {"HX-Replace-Url": urls.step_url(step)})


def go_on(tab: TabSession, wanted: str | None = None, **extra: Any) -> Response:
    """The fragment after an accepted answer: the next step, pushed to the tab's history."""
    step, html = _fragment(tab, wanted, **extra)
    return _answer(html, {"HX-Push-Url": urls.step_url(step)})


def show_hold(tab: TabSession, message: str = "", *, asks_sum: bool = False) -> str:
    """The countdown alone, after "more time"; with a sum, where that costs one."""
    here = load_state(tab)
    panel = hold_panel(here) or NO_HOLD
    if asks_sum and panel["extendable"]:
        panel = panel | {"challenge": challenge.challenge(here, required(here.draft.start))}
    return render("_hold.html", here.shop, hold=panel, message=message)


def _fragment(
    tab: TabSession,
    wanted: str | None,
    *,
    alerts: Sequence[str] = (),
    notices: Sequence[str] = (),
    zone: str = "",
    differing: conflicts.Rows | None = None,
    answer_version: str = "",
    **extra: Any,
) -> tuple[str, str]:
    if tab.state == "completed":
        return "done", done.done(tab, alerts=alerts, notices=notices)
    draft = BookingDraft.of(tab.data)
    draft.zone = zone or draft.zone
    here = load_state(tab, draft)
    step = here.right_step(wanted) if wanted else here.open_step
    own = {
        "differing": differing or [],
        "answer_version": answer_version or current_version(here, step),
    }
    own |= BUILDERS[step](here, **(extra if step == wanted else {}))
    own["alerts"] = [*alerts, *own.get("alerts", ())]
    own["notices"] = [*notices, *own.get("notices", ())]
    shared = common(here, step)
    shared["hold"] = told(shared["hold"], own["notices"])
    return step, render(f"_{step}.html", here.shop, **shared, **own)


def common(here: WizardState, step: str) -> dict[str, Any]:
    """What every step's template is given."""
    return {
        "step": step,
        "heading": HEADINGS[step],
        "progress": progress(here, step),
        "form_url": urls.form_url(step),
        "back": back(here, step),
        "hold": hold_panel(here, step),
        "summary": summary(here, step),
        "copy": {"time": here.is_lost_to_the_original} if here.tab.is_copy else None,
        "recovery_fields": recovery_fields(here, step),
        "keep_url": urls.keep_url(step) if step in step_names.QUESTIONS else None,
    }


def current_version(here: WizardState, step: str) -> str:
    """The mark that a form rendered now carries."""
    return conflicts.answer_version_of(here, step) if step in step_names.QUESTIONS else ""


def progress(here: WizardState, current: str) -> list[dict[str, Any]]:
    """The walk through the steps; one that can be reached carries its link."""
    return [_stage(here, step, current) for step in step_names.asked(here.passed_over)]


def back(here: WizardState, step: str) -> dict[str, str] | None:
    """The link to the step before."""
    before = step_names.step_before(step, here.passed_over)
    return urls.to(before) if before else None


def _stage(here: WizardState, step: str, current: str) -> dict[str, Any]:
    stage: dict[str, Any] = {"step": step, "label": step_names.LABELS[step]}
    if step == current:
        return stage | {"state": "current", "url": None, "fragment_url": None}
    done = step in here.answered
    link = urls.to(step) if here.right_step(step) == step else {"url": None, "fragment_url": None}
    return stage | {"state": "done" if done else "todo"} | link


def _answer(html: str, headers: dict[str, str]) -> Response:
    response = make_response(html)
    response.headers.update(headers)
    return response
