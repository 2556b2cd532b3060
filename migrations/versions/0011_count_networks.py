"""Count the networks around a visitor, too: a mark of each on what was held and booked."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COLUMNS = ("network", "wide_network")
TABLES = {"booking_hold": "expires_at", "booking_booking": "created_at"}


def upgrade() -> None:
    for table, moment in TABLES.items():
        for column in COLUMNS:
            op.add_column(table, sa.Column(column, sa.LargeBinary(32)))
            op.create_index(op.f(f"ix_{table}_{column}_{moment}"), table, [column, moment])


def downgrade() -> None:
    for table, moment in TABLES.items():
        for column in reversed(COLUMNS):
            op.drop_index(op.f(f"ix_{table}_{column}_{moment}"), table)
            op.drop_column(table, column)
