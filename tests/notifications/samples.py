"""Every kind of letter, of one lively afternoon in the small shop."""

import secrets
from datetime import datetime

from sqlalchemy import update

from booking.operations.new_address import ask_address
from booking.operations.pending import decline
from booking.storage.models import Booking, Shop, letter
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, SmallShop, at, waiting
from tests.notifications.conftest import MAIL

NOTE = "I was with you in May, and it was lovely.\nMy hair is long; may I bring my dog?"


def furnish(shop: SmallShop) -> None:
    """Let the shop have all that a letter can show."""
    with shop.writing() as session:
        row = session.get(Shop, 1)
        row.name, row.phone = "Salon Boavista", "+351 21 000 00 00"
        row.address = "Rua da Boavista 84\n1200-068 Lisboa"
    shop.change("cut", name="Haircut and a cup of tea", price="€ 28", cancel_until=24 * 60)
    shop.change("color", is_online=True, place="https://meet.example/salon")


def live_through(shop: SmallShop) -> None:
    """Book, move, hand over and cancel, at the shop and online; then it is evening."""
    furnish(shop)
    first = shop.book(None, "cut", "ann", at("10:00", day=3), outbox=MAIL)
    shop.move(first, at("14:00", day=3), outbox=MAIL)
    shop.move(first, at("14:00", day=3), "ben", by="owner", outbox=MAIL)
    with shop.engine.begin() as connection:  # Ben has heard of it
        connection.execute(update(letter).values(tries=1))
    shop.cancel(first, words="Ben has a cold. Call us for another time!", outbox=MAIL)
    second = shop.book(None, "color", "ann", at("10:00", day=2), outbox=MAIL)
    change(shop, second, customer_zone="Asia/Tokyo", customer_note=NOTE, customer_phone="+81 3 1")
    shop.cancel(second, by="customer", words="I am ill, see www.example.com", outbox=MAIL)
    third = shop.book(None, "cut", "ann", at("11:00", day=1), by="owner", outbox=MAIL)
    asked = ask(shop, "approval", at("11:00", day=4))
    with shop.writing() as session:
        booking = booking_by_reference(session, asked)
        decline(session, booking, by="owner", now=NOW, words="We are full.", outbox=MAIL)
    ask(shop, "mail", at("13:00", day=4))
    with shop.writing() as session:
        booking, address = booking_by_reference(session, third), "new@example.com"
        ask_address(session, booking, address, until=at("12:00"), now=NOW, outbox=MAIL)
    ask_for_other_times(shop)
    shop.change("ann", letters="daily")
    shop.write_lists(at("18:30"))


def ask_for_other_times(shop: SmallShop) -> None:
    """Ask for one time after the other: taken back, declined, and one with Ben that still waits."""
    shop.change("cut", approval=True)
    booked = shop.book(None, "cut", "ann", at("10:00", day=5), outbox=MAIL)
    shop.ask_to_move(booked, at("12:00", day=5), outbox=MAIL)
    heard(shop)
    shop.take_move_back(booked, outbox=MAIL)
    shop.ask_to_move(booked, at("13:00", day=5), outbox=MAIL)
    shop.decline_move(booked, words="We are full.", outbox=MAIL)
    shop.ask_to_move(booked, at("15:00", day=5), "ben", outbox=MAIL)
    shop.change("cut", approval=False)


def heard(shop: SmallShop) -> None:
    """Let all letters that wait be under way."""
    with shop.engine.begin() as connection:
        connection.execute(update(letter).where(letter.c.state == "waiting").values(tries=1))


def ask(shop: SmallShop, kind: str, start: datetime) -> str:
    """Book what waits for a word by mail, or for approval."""
    asked = shop.book(None, "cut", "ann", start, pending=waiting(30, kind), outbox=MAIL)
    change(shop, asked, link_number=secrets.token_bytes(16))
    return asked


def change(shop: SmallShop, reference: str, **values: object) -> None:
    """Change what a booking says."""
    with shop.engine.begin() as connection:
        connection.execute(update(Booking).where(Booking.reference == reference).values(values))
