"""Find the bookings to come of an address, however it is written.

Whoever has lost the link to an appointment is sent it again, by the address of the booking.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NAME = "ix_booking_booking_customer_email"


def upgrade() -> None:
    op.create_index(op.f(NAME), "booking_booking", [sa.text("lower(customer_email)"), "starts_at"])


def downgrade() -> None:
    op.drop_index(op.f(NAME), "booking_booking")
