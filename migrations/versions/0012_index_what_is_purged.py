"""Index what is looked for while everybody waits, and let one column say when a tab is over."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TAB, BOOKING, HOLD = "booking_tab_session", "booking_booking", "booking_hold"
INDEXES = {
    "ix_booking_tab_session_state_absolute_expires_at": (TAB, ["state", "absolute_expires_at"]),
    "ix_booking_tab_session_forked_from": (TAB, ["forked_from"]),
    "ix_booking_hold_expires_at": (HOLD, ["expires_at"]),
    "ix_booking_booking_service_id_starts_at": (BOOKING, ["service_id", "starts_at"]),
    "ix_booking_booking_created_at": (BOOKING, ["created_at"]),
}
PARTIAL = {
    "ix_booking_tab_session_forked_from": "forked_from IS NOT NULL",
    "ix_booking_booking_created_at": "visitor IS NOT NULL",
}
REPLACED = "ix_booking_booking_service_id"  # of all bookings of a service, only those of a day


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        where = sa.text(PARTIAL[name]) if name in PARTIAL else None
        op.create_index(op.f(name), table, columns, sqlite_where=where, postgresql_where=where)
    op.drop_index(op.f(REPLACED), BOOKING)
    op.execute(
        f"UPDATE {TAB} SET idle_expires_at = absolute_expires_at"  # noqa: S608
        " WHERE state = 'active' AND idle_expires_at > absolute_expires_at"
    )


def downgrade() -> None:
    op.create_index(op.f(REPLACED), BOOKING, ["service_id"])
    for name, (table, _) in INDEXES.items():
        op.drop_index(op.f(name), table)
