"""Alembic's environment: always online, on the connection that `run_migrations` hands over."""

from alembic import context

from firstfix.domain.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
