"""Tables that every domain stands on: the outbox with its channels, and remembered answers."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)

from outcry.kernel.database import METADATA

channels = Table(
    "channels",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("ix_outbox_at", "at", postgresql_using="brin"),
)

idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    Column("user_id", Uuid, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("response", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
