"""What each template is given, by example: one entry of SAMPLES per state worth looking at."""

from calendar import Calendar
from datetime import date
from typing import Any, NamedTuple

from booking.contact.phones import LinePart, dialled

Context = dict[str, Any]


class Sample(NamedTuple):
    template: str
    context: Context


ROOT = "/book/"
SHOP = {
    "name": "Maré Movement Studio",
    "phone": "+351 210 000 000",
    "email": "ola@mare.example",
    "address": "Rua da Boavista 84, 2nd floor\n1200-068 Lisboa",
    "zone": "Europe/Lisbon",
    "about": "Physiotherapy, massage and coaching by the river.",
}
LABELS = {
    "service": "Service",
    "staff": "Person",
    "time": "Time",
    "details": "Details",
    "review": "Review",
}
SUMMARY = [
    {"label": "Service", "value": "Sports massage", "detail": "1 hour, €60"},
    {"label": "With", "value": "Tomás Brandão", "detail": None},
    {
        "label": "When",
        "value": "Thursday 10 December 2026, 14:30 to 15:30",
        "detail": "Lisbon time (UTC)",
    },
]


def phone() -> tuple[LinePart, ...]:
    return dialled(SHOP["phone"], "PT")


def link(step: str, query: str = "") -> Context:
    return {"url": f"{ROOT}{step}{query}", "fragment_url": f"{ROOT}{step}/form{query}"}


def progress(current: str) -> list[Context]:
    steps = list(LABELS)
    here = steps.index(current)
    return [
        {"step": step, "label": LABELS[step], "state": state}
        | (link(step) if state == "done" else {"url": None, "fragment_url": None})
        for place, step in enumerate(steps)
        for state in ["done" if place < here else "current" if place == here else "todo"]
    ]


def common(step: str, heading: str, **changes: Any) -> Context:
    place = list(LABELS).index(step)
    return {
        "shop": SHOP,
        "wizard_root": ROOT,
        "phone": phone,
        "step": step,
        "heading": heading,
        "progress": progress(step),
        "notices": [],
        "alerts": [],
        "errors": {},
        "form_url": f"{ROOT}{step}/form",
        "back": link(list(LABELS)[place - 1]) if place else None,
        "hold": None,
        "summary": SUMMARY[:place],
        "step_number": place + 1,
        "copy": None,
        "recovery_fields": {},
        "challenge": None,
        "other_details_url": None,
        "typed_url": None,
        "keep_url": None,
        "asks_other_tabs": False,
    } | changes


HOLD = {
    "expires_at": "2026-12-01T10:10:00Z",
    "seconds_left": 540,
    "words": "9 minutes",
    "extend_url": f"{ROOT}hold/extension",
    "extendable": True,
    "over": False,
    "longer": "",
    "is_said": False,
    "challenge": None,
}
HOLD_OVER = HOLD | {"seconds_left": 0, "words": "no time", "over": True}

SERVICES = [
    {
        "slug": slug,
        "name": name,
        "description": description,
        "duration_words": duration,
        "price": price,
        "staff_words": staff,
        "checked": False,
    }
    for slug, name, description, duration, price, staff in [
        (
            "posture-check",
            "Posture check",
            "A short look at how you stand and sit, and one exercise to take home.",
            "20 minutes",
            "Free",
            "with Inês or Tomás",
        ),
        (
            "physiotherapy",
            "Physiotherapy",
            "One to one: we find out what hurts and why, treat it, and plan the next weeks.",
            "45 minutes",
            "€55",
            "with Inês",
        ),
        (
            "sports-massage",
            "Sports massage",
            "Firm work on tired muscles, before or after the big day.",
            "1 hour",
            "€60",
            "with Tomás",
        ),
        (
            "deep-recovery",
            "Deep recovery",
            "An hour and a half of slow massage, heat and rest. Bring nothing, plan nothing.",
            "1 hour 30 minutes",
            "€85",
            "with Tomás",
        ),
        (
            "running-analysis",
            "Running analysis",
            "You run, we film; then we look at every step together. Bring your running shoes.",
            "1 hour 15 minutes",
            "€70",
            "with Inês",
        ),
        (
            "video-coaching",
            "Coaching by video",
            "Half an hour on your training plan, from wherever you are.",
            "30 minutes",
            "€35",
            "with Inês or Ruth",
        ),
    ]
]
STAFF = [
    {
        "slug": "any",
        "name": "Anyone who is free",
        "about": "The most times to choose from: Inês, Tomás or Ruth.",
        "checked": False,
    },
    {
        "slug": "ines",
        "name": "Inês Carvalho",
        "about": "Physiotherapist. Knees, ankles, and people who will not stop running.",
        "checked": False,
    },
    {
        "slug": "tomas",
        "name": "Tomás Brandão",
        "about": "Massage therapist with warm hands and a good memory for shoulders.",
        "checked": True,
    },
    {
        "slug": "ruth",
        "name": "Ruth Okafor",
        "about": "Running coach. Works by video from New York, in her own morning.",
        "checked": False,
    },
]

FULL = {3, 11, 16}
CLOSED_WEEKDAYS = {0, 6}
STATE_WORDS = {
    "free": "free times",
    "selected": "free times, chosen",
    "full": "fully booked",
    "closed": "closed",
    "past": "past",
}


def day_state(day: date, selected: int) -> str:
    if day.day < 2:
        return "past"
    if day.day == selected:
        return "selected"
    if day.weekday() in CLOSED_WEEKDAYS or day.day == 25:
        return "closed"
    return "full" if day.day in FULL else "free"


def day_cell(day: date, state: str) -> Context:
    words = f"{day:%A} {day.day} {day:%B}: {STATE_WORDS[state]}"
    leads = link("time", f"?day={day}") if state in {"free", "selected"} else {}
    cell = {"day": day.isoformat(), "number": day.day, "state": state, "label": words}
    cell["today"] = day.day == 2  # of December 2026
    return cell | ({"url": None, "fragment_url": None} | leads)


def month(selected: int = 10, everything: str | None = None) -> Context:
    weeks = Calendar().monthdatescalendar(2026, 12)
    return {
        "label": "December 2026",
        "weeks": [
            [
                day_cell(day, everything or day_state(day, selected)) if day.month == 12 else None
                for day in week
            ]
            for week in weeks
        ],
    }


def slots(times: list[str], shop_times: list[str] | None, checked: str = "") -> list[Context]:
    return [
        {
            "value": f"2026-12-10T{time}Z",
            "time": time,
            "end_time": f"{(int(time[:2]) + 1) % 24:02}{time[2:]}",
            "shop_time": shop_times[place] if shop_times else None,
            "checked": time == checked,
        }
        for place, time in enumerate(times)
    ]


PARTS = [
    {"label": "Morning", "slots": slots(["10:00", "10:30", "11:00", "11:30", "12:00"], None)},
    {
        "label": "Afternoon",
        "slots": slots(["14:30", "15:00", "15:30", "16:45"], None, checked="14:30"),
    },
    {"label": "Evening", "slots": slots(["17:00", "17:30", "18:00", "18:30"], None)},
]
FAR_PARTS = [
    {"label": "Morning", "slots": slots(["05:00", "05:30", "06:00"], ["10:00", "10:30", "11:00"])},
    {
        "label": "Evening",
        "slots": slots(["19:00", "19:30"], ["Friday 00:00", "Friday 00:30"], checked="19:30"),
    },
]
TIME = {
    "month": month(),
    "previous_month": None,
    "next_month": {"label": "January 2027"} | link("time", "?month=2027-01"),
    "next_free": None,
    "day": "2026-12-10",
    "day_label": "Thursday 10 December 2026",
    "free_words": "13 free times",
    "parts": PARTS,
    "zone": "Europe/Lisbon",
    "zone_label": "Lisbon time (UTC)",
    "zones": ["America/New_York", "Europe/Lisbon"],
    "zones_url": f"{ROOT}zones",
    "shop_zone_label": "Lisbon time (UTC)",
    "zones_differ": False,
    "nearest": [],
}
NEAREST = [
    {"value": "2026-12-10T14:00Z", "label": "Thursday 10 December, 14:00"},
    {"value": "2026-12-10T15:30Z", "label": "Thursday 10 December, 15:30"},
    {"value": "2026-12-11T14:30Z", "label": "Friday 11 December, 14:30"},
]


def field(name: str, label: str, kind: str = "text", **changes: Any) -> Context:
    return {
        "name": name,
        "label": label,
        "help": "",
        "kind": kind,
        "required": False,
        "value": "",
        "choices": [],
        "autocomplete": "off",
        "error": None,
        "maxlength": 1000,
    } | changes


FIELDS = [
    field("name", "Name", required=True, autocomplete="name", value="Zoë O'Neill-Nguyễn"),
    field("email", "E-mail address", "email", required=True, autocomplete="email"),
    field(
        "phone",
        "Phone number",
        "tel",
        autocomplete="tel",
        help="From another country, start with + and its code.",
    ),
    field(
        "question_focus",
        "Where should we spend the time?",
        "radio",
        required=True,
        choices=["Legs", "Back and shoulders", "Whole body", "Let us see"],
        value="Back and shoulders",
    ),
    field(
        "question_distance",
        "How far do you run in a week?",
        "select",
        choices=["I am just starting", "Up to 20 km", "20 to 50 km", "More than 50 km"],
    ),
    field("question_referral", "I have a referral from a doctor and will bring it", "checkbox"),
    field("note", "Anything we should know?", "textarea", maxlength=2000),
]
MESSAGES = {
    "email": "Enter an e-mail address in full, like name@example.com.",
    "question_focus": "Choose an answer: Where should we spend the time?",
}
FIELDS_WITH_ERRORS = [each | {"error": MESSAGES.get(each["name"])} for each in FIELDS]

DIFFERING = [
    {"label": label, "stored": there, "entered": entered}
    for label, there, entered in [
        ("Name", "Zoë O'Neill", "Zoë O'Neill-Nguyễn"),
        (
            "E-mail address",
            "zoe@example.com",
            "zoe.oneill.nguyen@a-rather-long-domain-name.example",
        ),
        ("Anything we should know?", "Nothing", "Left shoulder, since\nthe autumn half marathon."),
    ]
]

DIFFERENT_TIMES = [
    {
        "label": "Time",
        "stored": "Thursday 10 December 2026, 17:30",
        "entered": "Thursday 10 December 2026, 14:30",
    }
]

ROWS = [
    {
        "label": label,
        "value": value,
        "detail": detail,
        "change": link(step) | {"field": field},
    }
    for label, value, detail, step, field in [
        ("Service", "Sports massage", "1 hour, €60", "service", "service"),
        ("Person", "Tomás Brandão", None, "staff", "staff"),
        ("Time", "Thursday 10 December 2026, 14:30 to 15:30", "Lisbon time (UTC)", "time", "slot"),
        ("Name", "Zoë O'Neill-Nguyễn", None, "details", "name"),
        (
            "E-mail address",
            "zoe.oneill.nguyen@a-rather-long-domain-name.example",
            None,
            "details",
            "email",
        ),
        ("Phone number", "+351 912 345 678", None, "details", "phone"),
        (
            "Where should we spend the time?",
            "Back and shoulders",
            None,
            "details",
            "question_focus",
        ),
        (
            "Anything we should know?",
            "Left shoulder, since\nthe autumn half marathon.",
            None,
            "details",
            "note",
        ),
    ]
]
BOOKING = {
    "reference": "K7RM2XQD",
    "start": "2026-12-10T14:30:00Z",
    "end": "2026-12-10T15:30:00Z",
    "words": "Thursday 10 December 2026, 14:30 to 15:30",
    "weekday": "Thursday",
    "day": "10",
    "month": "December 2026",
    "time": "14:30 to 15:30",
    "service": "Sports massage",
    "staff": "Tomás Brandão",
    "place": "Rua da Boavista 84, 2nd floor, 1200-068 Lisboa",
    "zone_label": "Lisbon time (UTC)",
    "shop_words": None,
    "email": "zoe@example.com",
}
MANAGE = "http://127.0.0.1:5000/book/appointment/q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c"
SITE = {"shop": SHOP, "phone": phone, "wizard_root": ROOT}
CLEARED = SITE | {
    "heading": "Everything here was erased",
    "new_fragment_url": f"{ROOT}form",
}
DONE = SITE | {
    "step": "done",
    "heading": "Your appointment is confirmed",
    "alerts": [],
    "notices": [],
    "errors": {},
    "booking": BOOKING,
    "state": "confirmed",
    "calendar_url": f"{MANAGE}/calendar.ics",
    "manage_url": MANAGE,
    "new_url": ROOT,
    "new_fragment_url": f"{ROOT}form",
}
APPOINTMENT = SITE | {
    "heading": "Your appointment",
    "alerts": [],
    "notices": [],
    "booking": BOOKING,
    "state": "confirmed",
    "cancellable": True,
    "cancel_url": f"{MANAGE}/cancellation",
    "sure": "a" * 64,
    "asked": 1,
    "calendar_url": f"{MANAGE}/calendar.ics",
}
TYPED = [
    {"name": "name", "label": "Name", "value": "Zoë O'Neill-Nguyễn"},
    {"name": "note", "label": "Anything we should know?", "value": "Left shoulder,\nsince autumn."},
    {"name": "service", "label": "", "value": "sports-massage"},
]
WHAT = "What would you like to book?"
WHO = "Who would you like to see?"
WHEN = "When would you like to come?"
COMING = "Who is coming?"
RIGHT = "Is everything right?"
TAKEN = "Someone was faster: 14:30 on Thursday 10 December is taken. Everything else is kept."

SAMPLES: dict[str, Sample] = {
    "page": Sample("page.html", SITE | {"fragment_url": f"{ROOT}form", "title": "Book"}),
    "service": Sample(
        "_service.html",
        common("service", WHAT, services=SERVICES, preferred_staff="", submit_on_load=False),
    ),
    "service-chosen": Sample(
        "_service.html",
        common(
            "service",
            WHAT,
            services=[each | {"checked": each["price"] == "€55"} for each in SERVICES],
            preferred_staff="ines",
            submit_on_load=False,
        ),
    ),
    "service-unanswered": Sample(
        "_service.html",
        common(
            "service",
            WHAT,
            services=SERVICES,
            preferred_staff="",
            submit_on_load=False,
            errors={"service": "Choose what you would like to book."},
        ),
    ),
    "service-none": Sample(
        "_service.html",
        common(
            "service",
            WHAT,
            services=[],
            preferred_staff="",
            submit_on_load=False,
            alerts=["Nothing can be booked online at the moment. Please get in touch with us."],
        ),
    ),
    "staff": Sample("_staff.html", common("staff", WHO, staff=STAFF, submit_on_load=False)),
    "time": Sample("_time.html", common("time", WHEN, **TIME)),
    "time-elsewhere": Sample(
        "_time.html",
        common(
            "time",
            WHEN,
            **TIME
            | {
                "parts": FAR_PARTS,
                "zone": "America/New_York",
                "zone_label": "New York time (UTC\N{MINUS SIGN}5)",
                "zones_differ": True,
                "previous_month": {"label": "November 2026"} | link("time", "?month=2026-11"),
            },
        ),
    ),
    "time-lost": Sample(
        "_time.html",
        common("time", WHEN, alerts=[TAKEN], **TIME | {"nearest": NEAREST}),
    ),
    "time-full-month": Sample(
        "_time.html",
        common(
            "time",
            WHEN,
            **TIME
            | {
                "month": month(everything="full"),
                "day": "",
                "day_label": "",
                "free_words": "0 free times",
                "parts": [],
                "next_free": {"label": "Next free day: Tuesday 5 January"}
                | link("time", "?day=2027-01-05"),
            },
        ),
    ),
    "details": Sample("_details.html", common("details", COMING, fields=FIELDS, hold=HOLD)),
    "details-differing": Sample(
        "_details.html",
        common(
            "details",
            COMING,
            fields=FIELDS,
            differing=DIFFERING,
            keep_url=f"{ROOT}details/kept",
            typed_url=f"{ROOT}details/typed",
            details_revision=1,
            answer_version="0123456789abcdef",
            recovery_fields={"service": "sports-massage", "staff": "any"},
        ),
    ),
    "time-differing": Sample(
        "_time.html",
        common("time", WHEN, hold=HOLD)
        | TIME
        | {"differing": DIFFERENT_TIMES, "keep_url": f"{ROOT}time/kept"},
    ),
    "details-errors": Sample(
        "_details.html",
        common(
            "details",
            COMING,
            fields=FIELDS_WITH_ERRORS,
            errors=MESSAGES,
            hold=HOLD | {"extendable": False},
        ),
    ),
    "details-hold-late": Sample(
        "_details.html",
        common("details", COMING, fields=FIELDS, hold=HOLD | {"seconds_left": 122}),
    ),
    "service-preselected": Sample(
        "_service.html",
        common(
            "service",
            WHAT,
            services=[each | {"checked": each["price"] == "€60"} for each in SERVICES],
            preferred_staff="tomas",
            submit_on_load=True,
        ),
    ),
    "details-hold-over": Sample(
        "_details.html", common("details", COMING, fields=FIELDS, hold=HOLD_OVER)
    ),
    "review": Sample(
        "_review.html",
        common(
            "review",
            RIGHT,
            rows=ROWS,
            idempotency_key="9f2c",
            review_version="a1b2",
            hold=HOLD,
            summary=[],
            notices=["Changed to Sports massage. Your time is still free and is kept."],
        ),
    ),
    "done": Sample("_done.html", DONE),
    "done-elsewhere": Sample(
        "_done.html",
        DONE
        | {
            "booking": BOOKING
            | {
                "time": "09:30 to 10:30",
                "zone_label": "New York time (UTC\N{MINUS SIGN}5)",
                "shop_words": "14:30 to 15:30, Lisbon time (UTC)",
            }
        },
    ),
    "done-cancelled": Sample(
        "_done.html", DONE | {"heading": "Your appointment was cancelled", "state": "cancelled"}
    ),
    "hold": Sample("_hold.html", SITE | {"hold": HOLD, "message": ""}),
    "hold-refused": Sample(
        "_hold.html",
        SITE
        | {
            "hold": HOLD | {"extendable": False},
            "message": "You have had all the extra time there is.",
        },
    ),
    "gone": Sample(
        "_gone.html",
        SITE
        | {
            "heading": "This booking is over",
            "reason": "It was left alone for more than an hour, so its answers were erased.",
            "typed": TYPED,
            "form_url": f"{ROOT}new/form",
        },
    ),
    "cleared": Sample("_cleared.html", CLEARED | {"booked": False}),
    "cleared-booked": Sample("_cleared.html", CLEARED | {"booked": True}),
    "time-copy": Sample("_time.html", common("time", WHEN, copy={"time": True}, **TIME)),
    "problem": Sample(
        "_problem.html",
        SITE
        | {
            "heading": "That did not work",
            "message": "We could not find what you asked for.",
            "retry": link("service") | {"label": "Start at the first question"},
            "typed": [],
            "form_url": None,
        },
    ),
    "problem-page": Sample(
        "problem.html",
        SITE
        | {
            "heading": "Your answers could not be sent",
            "message": "This page needs JavaScript to book. What you typed is below.",
            "typed": TYPED,
            "form_url": f"{ROOT}details/form",
        },
    ),
    "not-found": Sample(
        "problem.html",
        SITE
        | {
            "heading": "There is no such page",
            "message": "The address may be mistyped, or the appointment link was cut short.",
            "typed": [],
            "form_url": None,
        },
    ),
    "appointment": Sample("appointment.html", APPOINTMENT),
    "appointment-cancelled": Sample(
        "appointment.html",
        APPOINTMENT
        | {
            "heading": "This appointment is cancelled",
            "state": "cancelled",
            "cancellable": False,
            "calendar_url": None,
            "notices": ["The appointment is cancelled. We hope to see you another time."],
        },
    ),
}
