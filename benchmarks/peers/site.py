"""A Django site with the peers as they come: django-formtools' wizards and django-appointment.

python -m benchmarks.peers.site     makes the tables and the shop
gunicorn benchmarks.peers.site:application
"""

import os
from datetime import time, timedelta
from pathlib import Path

import django
from django.conf import settings

SQLITE = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
STAFF = 4

settings.configure(
    SECRET_KEY="only for measuring",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="benchmarks.peers.urls",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "formtools",
        "phonenumber_field",
        "appointment",
        "benchmarks.peers.wizard",
    ],
    # What `startproject` writes, clickjacking header and all.
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).with_name("templates")],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    # SQLite as kindly as Django can: a writer waits its turn, and begins as a writer.
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["PEERS_DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "init_command": SQLITE,
                "timeout": 15,
                "transaction_mode": "IMMEDIATE",
            },
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    STATIC_URL="static/",
    USE_TZ=True,
    TIME_ZONE="UTC",
    APPOINTMENT_WEBSITE_NAME="Bench",
    PHONENUMBER_DEFAULT_REGION="PT",
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - after the settings

application = get_wsgi_application()


def prepare() -> None:
    """The tables, one service of half an hour, staff who work day and night."""
    from appointment.models import Service, StaffMember, WorkingHours
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    service = Service.objects.create(name="Short visit", duration=timedelta(minutes=30), price=0)
    for number in range(STAFF):
        user = get_user_model().objects.create_user(f"staff-{number}", f"staff-{number}@bench.test")
        member = StaffMember.objects.create(
            user=user,
            slot_duration=30,
            lead_time=time(8),
            finish_time=time(18),
            work_on_saturday=True,
            work_on_sunday=True,
        )
        member.services_offered.add(service)
        for day in range(7):
            WorkingHours.objects.create(
                staff_member=member, day_of_week=day, start_time=time(8), end_time=time(18)
            )


if __name__ == "__main__":
    prepare()
