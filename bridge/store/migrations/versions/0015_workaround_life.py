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
    switch: sa.Column[bool] = sa.Column(
        "copies_auto", sa.Boolean(), server_default=sa.text("false"), nullable=False
    )
    op.add_column("product", switch)
    _create_copies()
    _create_tasks()


def downgrade() -> None:
    """Take back."""
    op.drop_table("task")
    op.drop_table("workaround_copy")
    op.drop_column("product", "copies_auto")
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


def _create_copies() -> None:
    op.create_table(
        "workaround_copy",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("workaround_id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column("kept", sa.Text(), nullable=True),
        sa.Column("wants_live", sa.Boolean(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=True),
        sa.Column("is_off_by_us", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("verified_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        *(_refers("workaround_copy", name) for name in ("product", "workaround", "connection")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workaround_copy")),
        sa.UniqueConstraint(
            "workaround_id",
            "connection_id",
            "url",
            name=op.f("uq_workaround_copy_workaround_id_connection_id_url"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    for name in ("product_id", "connection_id"):
        op.create_index(op.f(f"ix_workaround_copy_{name}"), "workaround_copy", [name])


def _create_tasks() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("copy_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        *(_refers("task", name) for name in ("product", "issue")),
        _refers("task", "workaround_copy", "copy_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_task_open", "task", ["product_id", "key"], unique=True, postgresql_where=is_open
    )
    for name in ("issue_id", "copy_id"):
        op.create_index(op.f(f"ix_task_{name}"), "task", [name])


def _refers(table: str, target: str, column: str | None = None) -> sa.ForeignKeyConstraint:
    column = column or f"{target}_id"
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")
