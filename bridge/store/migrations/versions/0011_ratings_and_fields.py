"""A contact may carry a rating; a filing what its tracker asks for, and what people chose."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contact", sa.Column("satisfaction_metric", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("satisfaction", sa.Float(), nullable=True))
    for name, empty in (("fields", "{}"), ("asks", "[]")):
        op.add_column(
            "filing",
            sa.Column(
                name, postgresql.JSONB(), server_default=sa.text(f"'{empty}'"), nullable=False
            ),
        )


def downgrade() -> None:
    """Take back."""
    op.drop_column("filing", "asks")
    op.drop_column("filing", "fields")
    op.drop_column("contact", "satisfaction")
    op.drop_column("contact", "satisfaction_metric")
