"""How often a film was put off, for the installation could not make it."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    put_off = sa.Column("put_off_count", sa.Integer(), server_default="0", nullable=False)
    op.add_column("film_tasks", put_off)
