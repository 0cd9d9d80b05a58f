"""What the finder thinks of each candidate, and which issues began as a burst."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    for name in ("new_issue", "same_as_nearest"):
        op.add_column("centroid", sa.Column(name, sa.Float(), nullable=True))
    op.add_column("centroid", sa.Column("nearest_id", sa.BigInteger(), nullable=True))
    op.add_column("centroid", sa.Column("burst_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(
        op.f("fk_centroid_nearest_id"), "centroid", "issue", ["nearest_id"], ["id"]
    )
    op.create_index(op.f("ix_centroid_nearest_id"), "centroid", ["nearest_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_centroid_nearest_id"), "centroid")
    op.drop_constraint(op.f("fk_centroid_nearest_id"), "centroid", type_="foreignkey")
    for name in ("burst_at", "nearest_id", "same_as_nearest", "new_issue"):
        op.drop_column("centroid", name)
