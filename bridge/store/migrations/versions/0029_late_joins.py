"""Which contacts joined an issue at even odds; check-ins that came back were not asked."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "assignment",
        sa.Column("is_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    # Until now only its reason said so.
    op.execute(
        "UPDATE assignment SET is_late = true"
        " WHERE reason LIKE 'it came before the fix and is likely about it: %'"
    )
    op.execute(
        """
        DELETE FROM rating USING outgoing
        WHERE outgoing.state = 'bounced' AND rating.product_id = outgoing.product_id
          AND rating.external_id = 'letter-' || outgoing.addressee_id
          AND rating.metric = 'ces' AND rating.score IS NULL
        """
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("assignment", "is_late")
