"""What the answers of a product's people taught, and at which size an issue was looked at again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    for name in ("same_shift", "join_shift"):
        op.add_column(
            "product", sa.Column(name, sa.Float(), server_default=sa.text("0"), nullable=False)
        )
    op.add_column(
        "centroid",
        sa.Column("looked_size", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("suggestion", sa.Column("log_odds", sa.Float(), nullable=True))
    op.add_column(
        "suggestion",
        sa.Column("was_asked", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("suggestion", "was_asked")
    op.drop_column("suggestion", "log_odds")
    op.drop_column("centroid", "looked_size")
    for name in ("join_shift", "same_shift"):
        op.drop_column("product", name)
