"""Each change of a centroid has a number, so that a process reads again only what has changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NUMBER_CHANGES = """
CREATE FUNCTION number_centroid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.changed := nextval('centroid_changed'); RETURN NEW; END $$;
CREATE TRIGGER centroid_changed BEFORE UPDATE OF total, size, burst_at ON centroid
FOR EACH ROW EXECUTE FUNCTION number_centroid_change();
"""


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE SEQUENCE centroid_changed")
    op.add_column(
        "centroid",
        sa.Column(
            "changed",
            sa.BigInteger(),
            server_default=sa.text("nextval('centroid_changed')"),
            nullable=False,
        ),
    )
    op.create_index("ix_centroid_changed", "centroid", ["product_id", "encoder", "changed"])
    op.execute(_NUMBER_CHANGES)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP TRIGGER centroid_changed ON centroid")
    op.execute("DROP FUNCTION number_centroid_change")
    op.drop_index("ix_centroid_changed", "centroid")
    op.drop_column("centroid", "changed")
    op.execute("DROP SEQUENCE centroid_changed")
