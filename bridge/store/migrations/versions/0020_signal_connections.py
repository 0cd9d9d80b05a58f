"""A product says what counts as shipped; deliveries tell what they said and what they led to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "product",
        sa.Column("ship_rule", sa.Text(), server_default=sa.text("'versions'"), nullable=False),
    )
    op.add_column("delivery", sa.Column("told", sa.Text(), nullable=True))
    op.add_column("delivery", sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connection", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("connection", "refused_at")
    op.drop_column("delivery", "handled_at")
    op.drop_column("delivery", "told")
    op.drop_column("product", "ship_rule")
