"""Find the letters of an address however it is written, so that they can be counted.

With every new booking it is asked how many letters its address is to get on a day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAME = "ix_booking_letter_recipient"


def upgrade() -> None:
    op.create_index(op.f(NAME), "booking_letter", [sa.text("lower(recipient)"), "due_at"])


def downgrade() -> None:
    op.drop_index(op.f(NAME), "booking_letter")
