"""Keep another time that a customer has asked for, beside the one that stands until it is given.

On the way back whoever still waits keeps the old time: the other one is free, and what was to be
said of it is not said.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLE = "booking_pending_move"
LETTERS = (
    "('move_awaiting_approval', 'move_to_decide', 'move_not_confirmed', 'move_declined',"
    " 'move_taken_back')"
)


def upgrade() -> None:
    instant = sa.DateTime(timezone=op.get_bind().dialect.name != "sqlite")
    op.create_table(
        TABLE,
        sa.Column("booking_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.LargeBinary(16), nullable=False),
        sa.Column("staff_member_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", instant, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("visitor", sa.LargeBinary(32)),
        sa.Column("network", sa.LargeBinary(32)),
        sa.Column("wide_network", sa.LargeBinary(32)),
        sa.PrimaryKeyConstraint("booking_id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking_booking.id"],
            name=op.f(f"fk_{TABLE}_booking_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_member_id"],
            ["booking_staff_member.id"],
            name=op.f(f"fk_{TABLE}_staff_member_id"),
        ),
    )
    op.create_index(op.f(f"ix_{TABLE}_staff_member_id"), TABLE, ["staff_member_id"])
    waiting = sa.text("until IS NOT NULL")
    op.create_index(
        op.f(f"ix_{TABLE}_until"),
        TABLE,
        ["until"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def downgrade() -> None:
    waiting = f"SELECT booking_id FROM {TABLE} WHERE until IS NOT NULL"  # noqa: S608
    theirs = f"booking_id IN ({waiting}) AND expires_at IS NOT NULL"
    op.execute(sa.text(f"DELETE FROM booking_claim WHERE {theirs}"))  # noqa: S608
    unsaid = f"kind IN {LETTERS} AND state IN ('waiting', 'sending')"
    withdrawn = f"UPDATE booking_letter SET state = 'withdrawn', ended_at = :now WHERE {unsaid}"  # noqa: S608
    op.get_bind().execute(sa.text(withdrawn), {"now": int(time.time())})
    op.drop_table(TABLE)
