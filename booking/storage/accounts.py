"""Who may come to the desk: accounts, their sessions, links to set a password, sign-ins counted.

A token of a session, a link or a browser is stored as its SHA-256 alone, a password as Argon2 has
made it; what sign-ins are counted by is keyed with what is not in the database. So whoever steals
it comes in by none of them. Instants are in seconds since the epoch, UTC.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, RowId
from .business import StaffMember

OWNER, RECEPTION, STAFF = ACCOUNT_ROLES = ("owner", "reception", "staff")
PASSWORD, COME_IN, FIRST_OWNER = LINK_PURPOSES = ("password", "come_in", "first_owner")
"""What a one-time link is for: to set a password, to come in as that account, or to make the first
account, that of an owner."""
_ACCOUNT = "booking_account.id"


class Account(Base):
    """Somebody who may come to the desk. `email` is in small letters, and nobody else's.

    `password_hash` is empty until a password was set. `staff_member` is whose appointments are
    theirs; None for somebody who has none.
    """

    __tablename__ = "booking_account"
    __table_args__ = (
        CheckConstraint(f"role IN {ACCOUNT_ROLES}", name="role"),
        {"sqlite_autoincrement": True},  # a number is nobody else's later
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(10))
    staff_member_id: Mapped[int | None] = mapped_column(
        ForeignKey("booking_staff_member.id", ondelete="SET NULL"), index=True
    )
    password_hash: Mapped[str] = mapped_column(Text, default="")
    may_change_own_hours: Mapped[bool] = mapped_column(default=False)
    sees_all_customers: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int] = mapped_column(BigInteger)

    staff_member: Mapped[StaffMember | None] = relationship(lazy="joined")


desk_session = Table(
    "booking_desk_session",
    Base.metadata,
    Column("id", RowId, primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column(
        "account_id",
        BigInteger,
        ForeignKey(_ACCOUNT, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("browser", String(80), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("idle_expires_at", BigInteger, nullable=False, index=True),
    Column("absolute_expires_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""A sign-in that lasts. The idle limit is never the later one, as with tab sessions."""

one_time_link = Table(
    "booking_one_time_link",
    Base.metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("purpose", String(12), nullable=False),
    Column("account_id", BigInteger, ForeignKey(_ACCOUNT, ondelete="CASCADE"), index=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    CheckConstraint(f"purpose IN {LINK_PURPOSES}", name="purpose"),
    CheckConstraint("(account_id IS NULL) = (purpose = 'first_owner')", name="whose"),
)
"""A link that is good once, until its row is gone."""

known_browser = Table(
    "booking_known_browser",
    Base.metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column(
        "account_id",
        BigInteger,
        ForeignKey(_ACCOUNT, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("seen_at", BigInteger, nullable=False, index=True),
)
"""A browser in which somebody has signed in before."""

sign_in = Table(
    "booking_sign_in",
    Base.metadata,
    Column("mark", LargeBinary(32), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
)
"""How often somebody tried to sign in, without having come in, since the count began anew."""
