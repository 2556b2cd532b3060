"""What the insurer keeps, in tables of its own."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from booking.tab_sessions import TabOwned


class Base(DeclarativeBase):
    """The base of the models."""


db = SQLAlchemy(model_class=Base)
NUMBER = f"<int(max={2**31 - 1}):number>"
"""A row's number in an address. A larger one fits into no column, so such an address is 404."""


class Person(db.Model):
    """Who has an account; or, without an e-mail address, somebody who has none yet."""

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    password: Mapped[str | None]


class Offer(db.Model):
    """What somebody put into the basket."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    what: Mapped[str]
    yearly: Mapped[int]  # whole euros


class Policy(db.Model):
    """An insurance that was taken out."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    what: Mapped[str]
    yearly: Mapped[int]


class Driver(TabOwned, db.Model):
    """Who drives the car. Goes with the tab, unless the insurance was taken out in it."""

    __outlives_tab__ = "completed"
    __copied_with_tab__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    born: Mapped[int]
    policy_id: Mapped[int | None] = mapped_column(ForeignKey(Policy.id), index=True)
