"""What is kept of a person, as plain data for the person's own copy of it (SPEC ID-7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from outcry.kernel.database import Transaction
from outcry.kernel.times import rfc3339

MAX_EXPORTED = 10_000
"""The newest of each kind."""


async def exported(tx: Transaction, person: UUID, parts: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Each part's rows; its statement is given `:person` and `:limit`, and asked as the person."""
    named = {"person": person, "limit": MAX_EXPORTED}
    return {part: [plain_row(row) for row in await tx.all(statement, named)] for part, statement in parts.items()}


def plain_row(row: Any) -> dict[str, Any]:
    """A row by its columns' names, instants as everywhere on the wire."""
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in row._mapping.items()}
