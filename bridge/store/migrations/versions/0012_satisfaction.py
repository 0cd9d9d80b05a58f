"""A contact may carry how satisfied its customer was with the help."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contact", sa.Column("satisfaction_metric", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("satisfaction", sa.Float(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("contact", "satisfaction")
    op.drop_column("contact", "satisfaction_metric")
