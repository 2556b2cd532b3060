"""The five steps: a session route each, over one draft that is this tab's alone."""

from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, session, url_for

from booking.tab_sessions import (
    TabSession,
    TabSessionGone,
    attach_user,
    custom_session_route,
    end_user,
    handover,
    run_read_only,
    session_lifecycle,
)

from . import people
from .forms import is_text, read_car, read_cover, read_driver, read_object
from .prices import COVERS, EXCESSES, yearly
from .tables import NUMBER, Driver, Person, Policy, db

PAGES = {
    "car": "Your car",
    "drivers": "Who drives",
    "cover": "Cover",
    "account": "Log in",
    "review": "Review",
    "done": "Done",
}


@dataclass
class Answers:
    """What one tab remembers."""

    model: str = ""
    built: int = 0
    value: int = 0
    drivers_named: bool = False
    cover: str = ""
    excess: int = 300


quote = Blueprint("quote", __name__, url_prefix="/quote")
session_lifecycle(quote)
step_route = custom_session_route(data=Answers)


def reachable(tab, wanted):
    """Return the step that is shown: the one that was asked for, or the first without an answer."""
    if tab.state == "completed":
        return "done"
    answered = {
        "car": tab.data.model,
        "drivers": tab.data.drivers_named,
        "cover": tab.data.cover,
        "account": tab.user,
        "review": False,
    }
    for step, is_answered in answered.items():
        if step == wanted or not is_answered:
            return step
    return "review"


def answer(tab, wanted, status=200, **more):
    """Show a step once everything is saved, and its address in the address bar."""
    step = reachable(tab, wanted)
    headers = {}
    if step != request.path.split("/")[2]:
        change = "HX-Replace-Url" if request.method == "GET" else "HX-Push-Url"
        headers[change] = url_for("page", step=step)
    return tab.render_after_commit(show, step, status=status, headers=headers, **more)


def show(tab, step, typed=None, wrong=None, reference=None):
    return render_template(
        f"{step}.html",
        tab=tab,
        step=step,
        steps=PAGES,
        said=typed if typed is not None else vars(tab.data),
        wrong=wrong or {},
        drivers=Driver.of(tab),
        price=price_of(tab, tab.data.cover, tab.data.excess),
        person=tab.session.get(Person, people.logged_in() or 0),
        reference=reference,
        covers=COVERS,
        excesses=EXCESSES,
    )


def price_of(tab, cover, excess):
    ages = [tab.now.year - driver.born for driver in Driver.of(tab)]
    return yearly(tab.data.value, cover, excess, ages) if cover and ages else None


@step_route(quote, "/now")
def now(tab):
    return answer(tab, "now")


@step_route(quote, "/car", methods=["GET", "POST"])
def car(tab: TabSession[Answers]):
    if request.method == "GET":
        return answer(tab, "car")
    answers, wrong = read_car(request.form, tab.now.year)
    if wrong:
        return answer(tab, "car", 422, typed=request.form, wrong=wrong)
    vars(tab.data).update(answers)
    return answer(tab, "drivers")


@step_route(quote, "/drivers", methods=["GET", "POST"])
def drivers(tab):
    if request.method == "GET":
        return answer(tab, "drivers")
    form = request.form
    is_empty = not form.get("name") and not form.get("born")
    if not is_empty or not Driver.of(tab):
        driver, wrong = read_driver(form, tab.now.year)
        if wrong:
            return answer(tab, "drivers", 422, typed=form, wrong=wrong)
        Driver(**driver).give_to(tab)
    tab.data.drivers_named = True
    return answer(tab, "drivers" if form.get("then") == "another" else "cover")


@step_route(quote, f"/drivers/{NUMBER}/removal", methods=["POST"])
def remove_driver(tab, number):
    for driver in Driver.of(tab, Driver.id == number):
        tab.session.delete(driver)
    tab.session.flush()
    tab.data.drivers_named = bool(Driver.of(tab))
    return answer(tab, "drivers")


@step_route(quote, "/cover", methods=["GET", "POST"])
def cover(tab):
    if request.method == "GET":
        return answer(tab, "cover")
    answers, wrong = read_cover(request.form)
    if wrong:
        return answer(tab, "cover", 422, typed=request.form, wrong=wrong)
    vars(tab.data).update(answers)
    if request.form.get("then") != "keep" or reachable(tab, "account") != "account":
        return answer(tab, "account" if tab.user is None else "review")
    return answer(tab, "cover", reference=offer_of(tab))


def offer_of(tab):
    """Leave an offer for the basket, which is another session: it is fetched by this reference."""
    price = price_of(tab, tab.data.cover, tab.data.excess)
    what = f"{tab.data.model}, {tab.data.cover}, excess {tab.data.excess} €"
    return handover.create(tab, "offer", {"what": what, "yearly": price})


@step_route(quote, "/price", methods=["POST"], mode="read")
def price(tab):
    answers, wrong = read_cover(read_object(request))
    amount = None if wrong else price_of(tab, **answers)
    if amount is None:
        return {"wrong": wrong or {"name": "Please say first who drives."}}, 422
    return {"yearly": amount}


def check_password():
    """Take the time that a password takes before anything is locked."""
    g.hashed = None
    if email := request.form.get("email", "").strip():
        password = request.form.get("password", "")
        g.hashed = run_read_only(
            db.session, lambda rows: people.check_password(rows, email, password)
        )


@step_route(quote, "/account", methods=["GET", "POST"], before_transaction=check_password)
def account(tab):
    if request.method == "GET":
        return answer(tab, "account")
    person = people.logged_in()  # in another tab of this browser
    if person is None:
        email = request.form.get("email", "").strip()
        is_address = "@" in email and is_text(email, most=254)
        wrong = {} if is_address else {"email": "Please write an e-mail address."}
        account = (
            people.account_of(tab.session, email, g.hashed) if not wrong and g.hashed else None
        )
        if account is None:
            wrong = wrong or {"password": "That is not the password of this account."}
            return answer(tab, "account", 422, typed={"email": email}, wrong=wrong)
        session["person"] = person = account.id
    attach_user(tab, person)
    return redirect(url_for("quote.now"), 303)


@step_route(quote, "/log-out", methods=["POST"], allow_completed=True)
def log_out(tab):
    session.clear()
    end_user(tab)
    return redirect(url_for("quote.now"), 303)


@step_route(quote, "/review", methods=["GET", "POST"])
def review(tab):
    step = reachable(tab, "review")
    if request.method == "GET" or step != "review":
        return answer(tab, "review")
    what = f"{tab.data.model}, {tab.data.cover}"
    amount = price_of(tab, tab.data.cover, tab.data.excess)
    policy = Policy(person_id=int(tab.user), what=what, yearly=amount)
    tab.session.add(policy)
    tab.session.flush()
    for driver in Driver.of(tab):
        driver.policy_id = policy.id
    tab.complete(f"P-{policy.id:05}")
    return answer(tab, "done")


@step_route(quote, "/done")
def done(tab):
    return answer(tab, "done")


@quote.errorhandler(TabSessionGone)
def over(gone):
    why = {
        "other_user": "You are logged out.",
        "completed": "This insurance was taken out already.",
    }.get(gone.reason, "This quote was left for too long.")
    return render_template("over.html", why=why), 410
