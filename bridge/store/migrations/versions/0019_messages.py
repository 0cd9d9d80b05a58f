"""Messages wait, go out together and are looked after; people say how they want to be told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("owner", sa.Text(), nullable=True))
    op.add_column("connection", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "notice",
        sa.Column("reasons", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_table(
        "follow",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_follow_user_id_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_follow_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "issue_id", name=op.f("pk_follow")),
    )
    op.create_index(op.f("ix_follow_issue_id"), "follow", ["issue_id"])
    op.create_table(
        "notice_preference",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("channels", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("digest_hour", sa.Integer(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_notice_preference_user_id_user"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notice_preference")),
    )
    _add_outages()
    _give_messages_a_life()


def _add_outages() -> None:
    op.create_table(
        "outage",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_outage_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_outage_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        sa.UniqueConstraint("issue_id", "number", name=op.f("uq_outage_issue_id_number")),
    )
    op.create_index(op.f("ix_outage_product_id"), "outage", ["product_id"])
    op.create_index(
        "uq_outage_open",
        "outage",
        ["issue_id"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )


def _give_messages_a_life() -> None:
    for name in ("notice_id", "connection_id"):
        op.add_column("outgoing", sa.Column(name, sa.BigInteger(), nullable=True))
        target = name.removesuffix("_id")
        op.create_foreign_key(
            op.f(f"fk_outgoing_{name}_{target}"),
            "outgoing",
            target,
            [name],
            ["id"],
            ondelete="CASCADE",
        )
        op.create_index(op.f(f"ix_outgoing_{name}"), "outgoing", [name])
    for name in ("bundle", "message_id", "subject", "text"):
        op.add_column("outgoing", sa.Column(name, sa.Text(), nullable=True))
    for name in ("due_at", "lease_until", "sent_at"):
        op.add_column("outgoing", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(_TAKE_OVER)
    for name in ("bundle", "subject", "text"):
        op.alter_column("outgoing", name, nullable=False)
    op.create_index("ix_outgoing_bundle", "outgoing", ["channel", "recipient", "bundle"])
    op.create_index(op.f("ix_outgoing_message_id"), "outgoing", ["message_id"])
    op.create_index(
        "ix_outgoing_due_at", "outgoing", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index("ix_outgoing_state", "outgoing", ["product_id", "state", "id"])


_TAKE_OVER = """
UPDATE outgoing SET bundle = event, message_id = event || '.' || channel,
    notice_id = notice.id, subject = split_part(notice.text, E'\\n', 1), text = notice.text,
    due_at = CASE WHEN outgoing.state IN ('planned', 'sending') THEN now() END,
    sent_at = CASE WHEN outgoing.state = 'sent' THEN outgoing.created_at END
FROM notice WHERE outgoing.event = 'notice-' || notice.id
"""


def downgrade() -> None:
    """Take back."""
    for index in ("ix_outgoing_state", "ix_outgoing_due_at", "ix_outgoing_message_id"):
        op.drop_index(index, "outgoing")
    op.drop_index("ix_outgoing_bundle", "outgoing")
    for name in ("bundle", "message_id", "subject", "text", "due_at", "lease_until", "sent_at"):
        op.drop_column("outgoing", name)
    op.drop_column("outgoing", "connection_id")
    op.drop_column("outgoing", "notice_id")
    op.drop_table("outage")
    op.drop_table("notice_preference")
    op.drop_table("follow")
    op.drop_column("notice", "reasons")
    op.drop_column("connection", "disabled_at")
    op.drop_column("account", "owner")
