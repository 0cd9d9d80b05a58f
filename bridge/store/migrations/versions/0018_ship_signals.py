"""What counts as shipped is a product's rule; roll-outs have a history; accounts a version."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    for name, kind, value in _PRODUCT:
        op.add_column("product", sa.Column(name, kind, server_default=value, nullable=False))
    op.add_column("release", sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "release",
        sa.Column("platforms", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.execute("UPDATE release SET complete_at = shipped_at WHERE percent >= 100")
    op.add_column(
        "fix",
        sa.Column("is_refuted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("contact", sa.Column("platform", sa.Text(), nullable=True))
    for name in ("version", "platform", "plan"):
        op.add_column("account", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("account", sa.Column("version_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "rollout",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("release_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("commit", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_rollout_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["release.id"],
            name=op.f("fk_rollout_release_id_release"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout")),
        sa.UniqueConstraint(
            "product_id", "source", "event_id", name=op.f("uq_rollout_product_id_source_event_id")
        ),
    )
    op.create_index(op.f("ix_rollout_release_id"), "rollout", ["release_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("rollout")
    for name in ("version_at", "plan", "platform", "version"):
        op.drop_column("account", name)
    op.drop_column("contact", "platform")
    op.drop_column("fix", "is_refuted")
    op.drop_column("release", "platforms")
    op.drop_column("release", "complete_at")
    for name, *_ in reversed(_PRODUCT):
        op.drop_column("product", name)


_PRODUCT = (
    ("on_regression", sa.Text(), sa.text("'comment'")),
    ("full_percent", sa.Integer(), sa.text("100")),
)
