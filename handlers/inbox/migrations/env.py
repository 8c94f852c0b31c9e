"""How Alembic runs: always on the connection, and inside the transaction, of the caller."""

from alembic import context

from handlers.inbox.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=False)
context.run_migrations()
