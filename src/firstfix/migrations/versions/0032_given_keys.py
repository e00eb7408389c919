"""Which API keys somebody else made for their holder."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("credentials", sa.Column("is_given", sa.Boolean(), server_default=sa.text("false"), nullable=False))
