"""The tables: a row per tab and flow, what one leaves for another, whom a host made for one.

Their own MetaData, so that any host can take them in:

tab_session.to_metadata(Base.metadata)      # for a host's own Alembic or create_all()

Before the host's models, where some of them are TabOwned: their keys then lead to that copy.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""Our tables, apart from yours: `metadata.create_all(engine)` where `create_table()` cannot."""

# SQLite numbers rows by itself only in a column of type INTEGER.
_RowNumber = BigInteger().with_variant(Integer, "sqlite")

_IS_COPY = text("forked_from IS NOT NULL")

# Times are whole seconds since the epoch, UTC: SQL compares them, on every engine alike.
tab_session = Table(
    "booking_tab_session",
    metadata,
    Column("id", _RowNumber, primary_key=True, autoincrement=True),
    Column("flow", String(64), nullable=False),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16)),
    Column("version", Integer, nullable=False),
    Column("wrapped_key", LargeBinary),
    Column("sealed", LargeBinary),
    Column("result", String(255)),
    Column("user", String(255)),
    Column("forked_from", _RowNumber, ForeignKey("booking_tab_session.id", ondelete="SET NULL")),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("idle_expires_at", BigInteger, nullable=False),
    Column("absolute_expires_at", BigInteger, nullable=False),
    # What a renewed id was before: for a while it still leads here, then only to "it is over".
    Column("previous_hash", LargeBinary(32)),
    Column("previous_key", LargeBinary),
    Column("previous_until", BigInteger),
    Column("renewal_due", Boolean, nullable=False, server_default=false()),
    # How the draft is sealed, see crypto.CIPHERS; none: 0, as before there was this column.
    Column("format", SmallInteger),
    UniqueConstraint("token_hash", "flow"),
    Index(None, "state", "idle_expires_at"),  # never later than the other limit: see Limits.over_at
    Index(None, "state", "absolute_expires_at"),
    # For the database itself: whoever deletes a row has it look for the copies of it.
    Index(None, "forked_from", sqlite_where=_IS_COPY, postgresql_where=_IS_COPY),
    Index(None, "previous_hash"),
    Index(None, "user"),
)
"""The table of tabs, a row for each tab and flow: for a plain foreign key of yours to its `id`."""

# What one tab leaves for another, for a minute: see contrib/handover.py.
handover = Table(
    "booking_handover",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column(
        "tab_session_id",
        _RowNumber,
        ForeignKey("booking_tab_session.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("purpose", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    UniqueConstraint("tab_session_id", "purpose"),
    Index(None, "expires_at"),
)

# Whom a host made for a tab in which nobody has logged in yet: see contrib/anonymous.py.
anonymous_user = Table(
    "booking_anonymous_user",
    metadata,
    Column(
        "tab_session_id",
        _RowNumber,
        ForeignKey("booking_tab_session.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("user", String(255), nullable=False),
    Index(None, "user"),
)
