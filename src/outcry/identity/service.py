"""What other domains may ask of identity. The use cases of the routes are in accounts, codes, profiles, staff."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from outcry.identity.queries import display_names, read_contacts
from outcry.kernel.arrays import Uuids
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.pipeline import Statement

__all__ = ["BLOCKED_BY", "SUSPENDED_OF", "Restrictions", "display_names", "email_of", "read_restrictions"]


async def email_of(tx: Transaction, keys: KeyRing, user_id: UUID) -> str | None:
    """Where a person gets mail, if anywhere; read as the system."""
    contact = (await read_contacts(tx, keys, user_id)).get("email")
    return contact[0] if contact else None


# For the desk, which sends them along with its own: which of these people may not bid, and whom these sellers block.
SUSPENDED_OF = Statement(
    "suspended_of",
    "SELECT id FROM users WHERE id = ANY($1::uuid[]) AND (suspended_at IS NOT NULL OR deleted_at IS NOT NULL)",
    rows=True,
)
BLOCKED_BY = Statement(
    "blocked_by", "SELECT blocker_id, blocked_id FROM blocks WHERE blocker_id = ANY($1::uuid[])", rows=True
)


class Restrictions(msgspec.Struct, frozen=True):
    """Of the people asked about: who is suspended, and which (seller, bidder) pairs are blocked."""

    suspended: frozenset[UUID]
    blocked: frozenset[tuple[UUID, UUID]]


async def read_restrictions(
    connection: psycopg.AsyncConnection[Any], users: Sequence[UUID], pairs: Sequence[tuple[UUID, UUID]]
) -> Restrictions:
    """Who may not bid (SPEC AUC-2); `pairs` are (seller, bidder). Reads as the system actor of the connection."""
    suspended = await connection.execute(
        "SELECT id FROM users WHERE id = ANY(%s::uuid[]) AND (suspended_at IS NOT NULL OR deleted_at IS NOT NULL)",
        (Uuids(set(users)),),
    )
    blocked = await connection.execute(
        "SELECT b.blocker_id, b.blocked_id FROM unnest(%s::uuid[], %s::uuid[]) AS p (seller, bidder)"
        " JOIN blocks b ON b.blocker_id = p.seller AND b.blocked_id = p.bidder",
        (Uuids([seller for seller, _ in pairs]), Uuids([bidder for _, bidder in pairs])),
    )
    return Restrictions(
        frozenset(row[0] for row in await suspended.fetchall()),
        frozenset((row[0], row[1]) for row in await blocked.fetchall()),
    )
