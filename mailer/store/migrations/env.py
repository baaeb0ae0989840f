"""Alembic's entry: runs on the connection that ``store.migrate`` opened; knows no URL and no settings."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context


def _plain_types(type_: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations name plain types only, so that an old one never depends on today's code."""
    if type_ != "type":
        return False
    if isinstance(item, sa.types.TypeDecorator):
        inner = item.load_dialect_impl(connection.dialect)
        if isinstance(item.impl, sa.DateTime) or item.impl is sa.DateTime or isinstance(inner, sa.DateTime):
            return "sa.DateTime(timezone=True)"
        if isinstance(inner, sa.String):
            return "sa.String()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    compare_type=True,
    render_item=_plain_types,
)
with context.begin_transaction():
    context.run_migrations()
