"""Let an appointment be known to calendars by the same name for ever.

What was booked before stays empty: only whoever knows the site's address can say under which name
its files were taken, so `flask booking init` fills it in once BOOKING_PUBLIC_URL is set.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking_booking", sa.Column("calendar_uid", sa.Text()))


def downgrade() -> None:
    op.drop_column("booking_booking", "calendar_uid")
