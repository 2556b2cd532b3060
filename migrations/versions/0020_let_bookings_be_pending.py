"""Let a booking's claims run out, as those of a booking that is not confirmed yet do.

On the way back whoever still waits keeps the time for good, and stays pending; whoever waited too
long is cancelled, since the version before would keep that time from others.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OWNER = "ck_booking_claim_owner"
OF_A_HOLD = "(hold_id IS NOT NULL AND booking_id IS NULL AND expires_at IS NOT NULL)"
OF_A_BOOKING = " OR (hold_id IS NULL AND booking_id IS NOT NULL)"
FOR_GOOD = " OR (hold_id IS NULL AND booking_id IS NOT NULL AND expires_at IS NULL)"
LAPSED = "state = 'pending' AND pending_until <= :now"
UNTIL = "ix_booking_booking_pending_until"


def new_columns() -> dict[str, list[sa.Column]]:
    return {
        "booking_booking": [
            sa.Column("pending_until", sa.BigInteger),
            sa.Column("pending_for", sa.String(8), nullable=False, server_default=""),
        ],
        "booking_service": [
            sa.Column("confirm_by_mail", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("approval", sa.Boolean, nullable=False, server_default=sa.false()),
        ],
    }


def upgrade() -> None:
    for table, columns in new_columns().items():
        for column in columns:
            op.add_column(table, column)
    waiting = sa.text("pending_until IS NOT NULL")
    op.create_index(
        op.f(UNTIL),
        "booking_booking",
        ["pending_until"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    check_owner(OF_A_HOLD + OF_A_BOOKING)


def downgrade() -> None:
    settle_what_is_pending()
    check_owner(OF_A_HOLD + FOR_GOOD)
    op.drop_index(op.f(UNTIL), "booking_booking")
    for table, columns in new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)


def settle_what_is_pending() -> None:
    run, now = op.get_bind().execute, {"now": int(time.time())}
    lapsed = f"SELECT id FROM booking_booking WHERE {LAPSED}"  # noqa: S608
    run(sa.text(f"DELETE FROM booking_claim WHERE booking_id IN ({lapsed})"), now)  # noqa: S608
    cancelled = "state = 'cancelled', cancelled_at = CURRENT_TIMESTAMP, cancelled_by = 'clock'"
    run(sa.text(f"UPDATE booking_booking SET {cancelled} WHERE {LAPSED}"), now)  # noqa: S608
    kept = "SET expires_at = NULL WHERE booking_id IS NOT NULL AND expires_at IS NOT NULL"
    run(sa.text(f"UPDATE booking_claim {kept}"))


def check_owner(condition: str) -> None:
    # SQLite changes a check by making the table anew, so that it must be told what it was like.
    with op.batch_alter_table("booking_claim", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_constraint(op.f(OWNER), type_="check")
        batch.create_check_constraint(op.f(OWNER), condition)
