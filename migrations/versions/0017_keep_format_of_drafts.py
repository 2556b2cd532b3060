"""Note with a draft how it is sealed, so that the cipher can change one day.

Drafts of before have no number: that is format 0.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("booking_tab_session", sa.Column("format", sa.SmallInteger()))


def downgrade() -> None:
    op.drop_column("booking_tab_session", "format")
