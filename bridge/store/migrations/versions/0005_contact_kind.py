"""What kind of contact each one is: problem, question, request or chatter."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contact", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("kind_confidence", sa.Float(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("contact", "kind_confidence")
    op.drop_column("contact", "kind")
