"""Letters leave: once, or for as long as a process of its own runs."""

import signal
from threading import Event

import click
from flask import current_app

from booking.notifications.delivery import Summary, deliver_due, watch_all
from booking.state import current_sidebook
from booking.storage.turns import Queue

from .group import booking_commands, links, now, ready, say

NOTHING_TO_SEND = (
    "BOOKING_MAIL_URL is not set, and no function of this app hears of bookings (sidebook.on), so "
    "there is nothing to deliver. Write where letters leave, such as "
    "BOOKING_MAIL_URL=smtp://user:password@mail.example:587."
)
OTHERS_TURN = "Another process is delivering: it sends what is due. Nothing was done here."
ENDS = {
    "sent": "{} sent",
    "waiting": "{} to be tried again",
    "refused": "{} refused by the mail server",
    "too_late": "{} that had lost their point",
}


@booking_commands.command()
@click.option("--watch", "goes_on", is_flag=True, help="Go on until stopped: for a service.")
def deliver(*, goes_on: bool) -> None:
    """Send the letters that are due, also where the mail server asked for a pause."""
    ready()
    links()
    if not (current_sidebook().settings.mail_url or current_sidebook().handlers):
        raise click.ClickException(NOTHING_TO_SEND)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - as Flask's manual says
    if goes_on:
        watch_all(app, *_until_stopped())
    else:
        say(_told(deliver_due(app, now=now(), even_if_paused=True)))


def _told(summary: Summary) -> str:
    if summary.is_others_turn:
        return OTHERS_TURN
    counted = [ENDS[state].format(number) for state, number in summary.ended.items()]
    said = f"Letters: {', '.join(counted)}." if counted else "No letter is due."
    pause = " No others leave for a while, for the mail server says: "
    return f"{said}{pause}{summary.answer}" if summary.answer else said


def _until_stopped() -> tuple[Event, dict[Queue, Event]]:
    """Events for the end and for a look at once; all are set where the process is to end."""
    stop, wake = Event(), {queue: Event() for queue in Queue}

    def end(_number: int, _frame: object) -> None:
        for event in (stop, *wake.values()):
            event.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop, wake
