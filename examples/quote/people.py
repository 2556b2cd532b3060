"""Who somebody is, before and after log-in: an account in our own tables, by Flask's session."""

from flask import session
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from .tables import Offer, Person


def logged_in() -> int | None:
    """Return who is logged in in this browser."""
    return session.get("person")


def make(rows: Session) -> int:
    """Add somebody without an account: who has put something into the basket."""
    person = Person()
    rows.add(person)
    rows.flush()
    return person.id


def merge(rows: Session, anonymous: str, person: str) -> None:
    """Give what somebody had before to the account they log in to."""
    theirs = Offer.person_id == int(anonymous)
    rows.execute(update(Offer).where(theirs).values(person_id=int(person)))
    rows.execute(delete(Person).where(Person.id == int(anonymous)))


def forget(rows: Session, anonymous: str) -> None:
    """Delete somebody who never logged in, and their basket."""
    rows.execute(delete(Offer).where(Offer.person_id == int(anonymous)))
    rows.execute(delete(Person).where(Person.id == int(anonymous)))


def check_password(rows: Session, email: str, password: str) -> str | None:
    """Return the hash that belongs to the password, a new one for a new address; None: wrong."""
    known = rows.scalar(select(Person.password).where(Person.email == email))
    if known is None:
        return generate_password_hash(password)
    return known if check_password_hash(known, password) else None


def account_of(rows: Session, email: str, hashed: str) -> Person | None:
    """Return the account, made where the address is new; None where it has another password."""
    person = rows.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(email=email, password=hashed)
        rows.add(person)
        rows.flush()
    return person if person.password == hashed else None
