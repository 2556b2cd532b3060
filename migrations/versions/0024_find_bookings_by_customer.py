"""Find bookings by a word of the customer's name, the e-mail, or the end of the phone number.

The bookings that are there are read a thousand at a time. How a name is compared is written here
once more, because a migration stays what it was when the rest goes on.
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "booking_search_key"
LONGEST, MOST_WORDS, AT_A_TIME = 127, 12, 1000


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("key", sa.LargeBinary(128), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "booking_id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking_booking.id"],
            name=op.f(f"fk_{TABLE}_booking_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f(f"ix_{TABLE}_booking_id"), TABLE, ["booking_id"])
    _fill(op.get_bind())


def downgrade() -> None:
    op.drop_table(TABLE)


def _fill(connection: sa.Connection) -> None:
    wanted = ("id", "customer_name", "customer_email", "customer_phone")
    bookings = sa.table("booking_booking", *map(sa.column, wanted))
    keys = sa.table(TABLE, sa.column("key", sa.LargeBinary), sa.column("booking_id"))
    last = 0
    while True:
        query = sa.select(bookings).where(bookings.c.id > last).order_by(bookings.c.id)
        found = connection.execute(query.limit(AT_A_TIME)).all()
        if not found:
            return
        rows = [{"key": key, "booking_id": row.id} for row in found for key in _keys(*row[1:])]
        if rows:
            connection.execute(sa.insert(keys), rows)
        last = found[-1].id


def _keys(name: str, email: str, phone: str) -> set[bytes]:
    bare = re.sub(r"['.]", "", _folded(name))
    said = [b"n" + word.encode() for word in re.findall(r"[^\W_]+", bare)[:MOST_WORDS]]
    said += [b"e" + _folded(email).encode()] if email else []
    digits = "".join(str(int(digit)) for digit in re.sub(r"\D", "", phone))
    said += [b"p" + digits[::-1].encode()] if digits else []
    return {key[: LONGEST + 1] for key in said}


ALIKE = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
    }
    | dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in parts if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return " ".join(kept.translate(ALIKE).split())
