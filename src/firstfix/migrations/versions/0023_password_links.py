"""Links by which somebody sets their own password."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_credentials_kind"), "credentials", type_="check")
    op.create_check_constraint(
        op.f("ck_credentials_kind"), "credentials", "kind in ('api_key', 'bearer', 'session', 'password_link')"
    )
