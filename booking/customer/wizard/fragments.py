"""From a tab's progress to the fragment it is shown; and how the POST of a step is answered.

That is the next step, or the same one with what to mend, or, once a tab session is over, a booking
begun with what the form carried; or with an answer that was given to a form
older than the answer stored meanwhile. Every form of a question carries the version of the stored
answer it was rendered from, as `answer_version`. Two answers differ only if another one was stored
since then and it is not the one that is posted: the same answer twice is no conflict, and Back
renders the form anew. A form without a version is not checked.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, request, url_for

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.tab_sessions import DeferredResponse, TabSession
from booking.web import urls
from booking.web.rendering import get_shop, render

from .form_fields import is_from_an_older_page, posted
from .holds import hold_panel
from .progress import Progress, Stage, progress_of, steps
from .state import VERSION_LENGTH, BookingDraft, WizardState, load_state
from .steps import done
from .steps.base import Step

Rows = list[dict[str, str]]
"""What differs, as people read it: rows of `label`, `stored` and `entered`."""


def show(tab: TabSession, wanted: str | None = None, **extra: Any) -> Response:
    """Return the fragment for a tab that asks for `wanted`, or for the step that is open to it.

    Where that is another step, HX-Replace-Url corrects the address bar. `extra` is for the wanted
    step's own `context`, and for that step alone, but for `alerts`, `notices` and `zone`, and for
    what differs: `differing`, and `answer_version`, that of a form that was refused.
    `committed` is the state that was committed just now, if any.
    """
    step, html = _fragment(tab, wanted, **extra)
    headers = {} if step == wanted else {"HX-Replace-Url": urls.address(step)}
    return make_response((html, headers))


def go_on(tab: TabSession, wanted: str | None = None, **extra: Any) -> Response:
    """Return the fragment after an accepted answer: the next step, pushed to the tab's history."""
    step, html = _fragment(tab, wanted, **extra)
    headers = {"HX-Push-Url": urls.address(step)}
    if is_from_an_older_page():
        # Its style sheet and scripts do not know this fragment; a page of its own brings today's.
        headers["HX-Redirect"] = urls.address(step)
    return make_response((html, headers))


def first_step(tab: TabSession) -> str:
    """Return the step that everybody sees who has just come; empty where it differs with time."""
    step = progress_of(load_state(tab)).open_step
    return _fragment(tab, step.name)[1] if step.is_same_for_all else ""


def _fragment(
    tab: TabSession,
    wanted: str | None,
    *,
    alerts: Sequence[str] = (),
    notices: Sequence[str] = (),
    zone: str = "",
    differing: Rows | None = None,
    answer_version: str = "",
    committed: WizardState | None = None,
    **extra: Any,
) -> tuple[str, str]:
    if tab.state == "completed":
        return "done", done.render_done(tab, committed, alerts=alerts, notices=notices)
    draft = committed.draft if committed else BookingDraft.of(tab.data)
    draft.zone = zone or draft.zone
    wizard = load_state(tab, draft, committed)
    progress = progress_of(wizard)
    step = progress.right_step(wanted) if wanted else progress.open_step
    own: dict[str, Any] = {"differing": differing or []}
    if step.is_question:
        own["answer_version"] = answer_version or stored_version(wizard, step)
    own |= step.context(wizard, **(extra if step.name == wanted else {}))
    own["alerts"] = [*alerts, *own.get("alerts", ())]
    own["notices"] = [*notices, *own.get("notices", ())]
    shared = _shared(wizard, progress, step, own["notices"])
    return step.name, render(f"_{step.name}.html", wizard.shop, **shared, **own)


def _shared(
    wizard: WizardState, progress: Progress, step: Step, notices: Sequence[str]
) -> dict[str, Any]:
    """What every step's template is given."""
    before, prolongs = progress.step_before(step), step.typing_prolongs_hold
    return {
        "step": step.name,
        "heading": _(step.heading),
        "progress": tuple([_stage(progress, each, step) for each in progress.visible]),
        "step_number": progress.visible.index(step) + 1,
        "form_url": urls.address(f"{step.name}/form"),
        "back": urls.to(before.name) if before else None,
        "hold": hold_panel(wizard, typing_prolongs=prolongs, notices=notices),
        "summary": _summary(wizard, progress, step),
        "copy": {"time": wizard.lost_time_to_original} if wizard.tab.is_copy else None,
        "recovery_fields": _recovery_fields(wizard, progress, step),
        "keep_url": urls.address(f"{step.name}/kept") if step.is_question else None,
    }


def _stage(progress: Progress, step: Step, current: Step) -> Stage:
    if step is current:
        return Stage(step.name, _(step.label), "current")
    link = urls.to(step.name)[:2] if progress.right_step(step.name) is step else ()
    state = "done" if step.name in progress.answered else "todo"
    return Stage(step.name, _(step.label), state, *link)


def _summary(wizard: WizardState, progress: Progress, step: Step) -> list[dict[str, str | None]]:
    """What is settled so far, beside the question; the review repeats everything itself."""
    earlier = progress.earlier(step) if step.is_question else []
    rows = [row for each in earlier for row in each.summary(wizard, step)]
    return [{"label": row.label, "value": row.value, "detail": row.detail} for row in rows]


def _recovery_fields(wizard: WizardState, progress: Progress, step: Step) -> dict[str, str]:
    """The answers to the questions before, by the names of their fields.

    Nobody reads them before the tab is over: then its draft is erased, and they are all there is
    to begin the next one with.
    """
    earlier = [each.recovery_fields(wizard) for each in progress.earlier(step)]
    return {name: value for fields in earlier for name, value in fields.items() if value}


def accept(wizard: WizardState, notices: Sequence[str] = ()) -> DeferredResponse:
    """Save the answer, which holds, and go on to the next step."""
    wizard.draft.store(wizard.tab.data)
    return wizard.tab.render_after_commit(go_on, notices=notices, committed=wizard)


def refuse(
    tab: TabSession, step: Step | None, status: int, alerts: Sequence[str] = (), **extra: Any
) -> DeferredResponse:
    """Save nothing and show that step, or the one that is open, with what was wrong.

    `extra` is for the step's own `context`.
    """
    extra |= {"alerts": alerts, "answer_version": posted("answer_version")}
    return _shown(tab, step, status, extra)


def ask_which(tab: TabSession, step: Step, differing: Rows, **extra: Any) -> DeferredResponse:
    """Show both answers and let choose: another was stored since the form was rendered."""
    return _shown(tab, step, 409, extra | {"differing": differing})


def keep(wizard: WizardState, status: int, step: Step | None, **extra: Any) -> DeferredResponse:
    """Save what was typed, though the answer does not hold: a refresh shows it again."""
    wizard.draft.store(wizard.tab.data)
    return _shown(wizard.tab, step, status, extra | {"commit": True})


def _shown(
    tab: TabSession, step: Step | None, status: int, extra: dict[str, Any]
) -> DeferredResponse:
    return tab.render_after_commit(show, step.name if step else None, status=status, **extra)


def stored_version(wizard: WizardState, step: Step) -> str:
    """Return which stored answer a form is rendered from; keyed, so that it tells nothing.

    The draft's seed outlives a renewed id and is copied with the draft, so that the same answer has
    the same version in a copied tab.
    """
    answer = [wizard.draft.seed, step.name, step.answer(wizard.draft)]
    return hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()[:VERSION_LENGTH]


def changed_since(wizard: WizardState, step: Step, version: str) -> bool:
    """Whether another answer was stored since a form with that version was rendered."""
    return bool(version) and version != stored_version(wizard, step)


def rows(wizard: WizardState, step: Step, stored: str, entered: str) -> Rows:
    """Return how the posted answer differs from the stored one, both as people read them.

    No row while no answer is stored that could still be kept.
    """
    if not stored or stored == entered:
        return []
    if not changed_since(wizard, step, posted("answer_version")):
        return []
    return [row(_(step.label), stored, entered)]


def row(label: str, stored: str, entered: str) -> dict[str, str]:
    """Return one row."""
    return {"label": label, "stored": stored or _("Nothing"), "entered": entered or _("Nothing")}


CLEARED = gettext_noop("Everything here was erased")


def recoverable_fields() -> frozenset[str]:
    """Return the fields that go along into the new booking though nobody typed them."""
    return frozenset(name for step in steps() for name in step.recoverable)


def resume(tab: TabSession) -> DeferredResponse:
    """Begin a booking with what was sent when the old one was found to be over."""
    wizard, refusal = load_state(tab), None
    notices: list[str] = []
    draft, is_new = wizard.draft, wizard.draft.is_empty
    for step in steps():
        refusal = step.resume(load_state(tab, draft), notices, is_new=is_new) or refusal
    draft.store(tab.data)
    return refusal or accept(wizard, notices)


def clear(tab: TabSession) -> DeferredResponse:
    """End the tab: a hold is released, a booking stays. The browser takes a new id by itself."""
    booked = tab.state == "completed"
    tab.end()
    if request.form.get("then") == "begin":
        return tab.render_after_commit(go_on)
    return tab.render_after_commit(cleared, booked, headers={"HX-Push-Url": url_for(".start")})


def cleared(tab: TabSession, booked: bool) -> str:  # noqa: FBT001 - only clear() calls it
    """The page that says so, and where to begin again."""
    shop, begin = get_shop(tab.session), url_for(".show_open_step")
    return render("_cleared.html", shop, heading=_(CLEARED), booked=booked, new_fragment_url=begin)
