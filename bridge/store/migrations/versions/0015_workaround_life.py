"""A workaround has a life: its own words for customers, steps, scope, owner, evidence, review."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    for name in (
        "customer_text",
        "after_fix_text",
        "below",
        "retired_by",
        "created_by",
        "changed_by",
    ):
        op.add_column("workaround", sa.Column(name, sa.Text(), nullable=True))
    for name in ("steps", "platforms", "segments"):
        words: sa.Column[list[str]] = sa.Column(
            name, sa.ARRAY(sa.Text()), server_default="{}", nullable=False
        )
        op.add_column("workaround", words)
    for name in ("review_at", "reminded_for", "changed_at"):
        op.add_column("workaround", sa.Column(name, _MOMENT, nullable=True))
    edition = sa.Column("edition", sa.Integer(), server_default="1", nullable=False)
    op.add_column("workaround", edition)
    op.add_column("workaround", sa.Column("replaced_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_workaround_replaced_by_workaround"),
        "workaround",
        "workaround",
        ["replaced_by"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_workaround_replaced_by"), "workaround", ["replaced_by"])
    op.execute("UPDATE workaround SET created_by = owner")
    op.execute(
        "UPDATE workaround SET retired_by = CASE WHEN reason LIKE 'fixed in %' THEN 'fix' ELSE 'person' END "
        "WHERE state = 'retired'"
    )
    result = sa.Column("result", sa.Text(), server_default="unknown", nullable=False)
    op.add_column("workaround_use", result)
    op.add_column("workaround_use", sa.Column("result_at", _MOMENT, nullable=True))
    op.add_column("notice", sa.Column("about", sa.Text(), server_default="", nullable=False))
    _tell_apart("recipient_id", "issue_id", "kind", "episode", "about")


def downgrade() -> None:
    """Take back."""
    op.execute("DELETE FROM notice WHERE about <> ''")
    _tell_apart("recipient_id", "issue_id", "kind", "episode")
    op.drop_column("notice", "about")
    op.drop_column("workaround_use", "result_at")
    op.drop_column("workaround_use", "result")
    op.drop_index(op.f("ix_workaround_replaced_by"), "workaround")
    op.drop_constraint(
        op.f("fk_workaround_replaced_by_workaround"), "workaround", type_="foreignkey"
    )
    for name in (
        *("replaced_by", "edition", "review_at", "reminded_for", "changed_at", "steps"),
        *("platforms", "segments", "customer_text", "after_fix_text", "below", "retired_by"),
        *("created_by", "changed_by"),
    ):
        op.drop_column("workaround", name)


def _tell_apart(*columns: str) -> None:
    """Make notices unique by these columns."""
    for name in (
        "uq_notice_recipient_id_issue_id_kind_episode",
        "uq_notice_recipient_id_issue_id_kind_episode_about",
    ):
        op.execute(f"ALTER TABLE notice DROP CONSTRAINT IF EXISTS {name}")
    op.create_unique_constraint(op.f("uq_notice_" + "_".join(columns)), "notice", list(columns))
