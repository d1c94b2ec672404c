"""Identity's statements."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.reencryption import SealedTable

_CONTEXT = {"email": "user_contacts.email", "phone": "user_contacts.phone"}


def contact_hashes(keys: KeyRing, kind: str, value: str) -> list[bytes]:
    """What a contact is found by, under every root key, newest first; e-mail addresses without regard to case."""
    return keys.keyed_hashes(value.strip().lower(), context=_CONTEXT[kind])


def _sealed_contact(keys: KeyRing, kind: str, value: str) -> dict[str, bytes]:
    return {
        "value_sealed": keys.encrypt(value.strip(), context=_CONTEXT[kind]),
        "value_hash": contact_hashes(keys, kind, value)[0],
    }


def _renew_contact(keys: KeyRing, row: Mapping[str, Any]) -> dict[str, bytes]:
    kind: str = row["kind"]
    return _sealed_contact(keys, kind, keys.decrypt(bytes(row["value_sealed"]), context=_CONTEXT[kind]))


SEALED_CONTACTS = SealedTable(
    "user_contacts",
    key=("user_id", "kind"),
    columns=("value_sealed", "value_hash"),
    renew=_renew_contact,
    unique=("kind", "value_hash"),
    keeps="value_hash",
)


async def lock_hashes(tx: Transaction, hashes: Sequence[bytes]) -> None:
    """Let nobody else work on what is found by these hashes until this transaction ends.

    By all of them, since another process may know another key as the newest.
    """
    locks = sorted(int.from_bytes(one[:8], "big", signed=True) for one in hashes)
    await tx.run("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:locks AS bigint[])) AS key", {"locks": locks})


async def user_of_contact(tx: Transaction, keys: KeyRing, kind: str, value: str) -> Any | None:
    """The person behind a contact: id, whether verified, and the password's hash if there is one."""
    return await tx.first(
        """
        SELECT c.user_id, c.verified_at, p.hash AS password_hash, u.suspended_at
        FROM user_contacts c JOIN users u ON u.id = c.user_id AND u.deleted_at IS NULL
        LEFT JOIN passwords p ON p.user_id = c.user_id
        WHERE c.kind = :kind AND c.value_hash = ANY(:hashes)
        ORDER BY array_position(CAST(:hashes AS bytea[]), c.value_hash) LIMIT 1
        """,
        {"kind": kind, "hashes": contact_hashes(keys, kind, value)},
    )


async def insert_user(tx: Transaction, user_id: UUID, display_name: str, language: str, time_zone: str) -> None:
    """A new person."""
    await tx.run(
        "INSERT INTO users (id, display_name, language, time_zone) VALUES (:id, :name, :language, :time_zone)",
        {"id": user_id, "name": display_name, "language": language, "time_zone": time_zone},
    )


async def add_contact(tx: Transaction, keys: KeyRing, user_id: UUID, kind: str, value: str, *, verified: bool) -> bool:
    """Give the person a contact; False when somebody else has it."""
    hashes = contact_hashes(keys, kind, value)
    # The table keeps a contact from being there twice under one key only.
    await lock_hashes(tx, hashes)
    added = await tx.run(
        """
        INSERT INTO user_contacts (user_id, kind, value_sealed, value_hash, key_id, verified_at)
        SELECT :user_id, :kind, :value_sealed, :value_hash, :key_id, CASE WHEN :verified THEN clock_timestamp() END
        WHERE NOT EXISTS (SELECT FROM user_contacts WHERE kind = :kind AND value_hash = ANY(:hashes))
        ON CONFLICT DO NOTHING
        """,
        {
            "user_id": user_id,
            "kind": kind,
            **_sealed_contact(keys, kind, value),
            "key_id": keys.current_id,
            "hashes": hashes,
            "verified": verified,
        },
    )
    return added == 1


async def verify_contact(tx: Transaction, user_id: UUID, kind: str) -> None:
    """Mark a contact as verified."""
    await tx.run(
        "UPDATE user_contacts SET verified_at = coalesce(verified_at, clock_timestamp())"
        " WHERE user_id = :user_id AND kind = :kind",
        {"user_id": user_id, "kind": kind},
    )


async def set_password(tx: Transaction, user_id: UUID, password_hash: str) -> None:
    """Store the hash of a new password."""
    await tx.run(
        "INSERT INTO passwords (user_id, hash) VALUES (:user_id, :hash)"
        " ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = clock_timestamp()",
        {"user_id": user_id, "hash": password_hash},
    )


async def read_user(tx: Transaction, user_id: UUID) -> Any | None:
    """A person's row with its roles."""
    return await tx.first(
        "SELECT u.*, ARRAY(SELECT role FROM user_roles r WHERE r.user_id = u.id ORDER BY role) AS roles"
        " FROM users u WHERE u.id = :id AND u.deleted_at IS NULL",
        {"id": user_id},
    )


async def read_contacts(tx: Transaction, keys: KeyRing, user_id: UUID) -> dict[str, tuple[str, bool]]:
    """`{kind: (value, verified)}`, opened."""
    rows = await tx.all(
        "SELECT kind, value_sealed, verified_at FROM user_contacts WHERE user_id = :id", {"id": user_id}
    )
    return {
        row.kind: (keys.decrypt(bytes(row.value_sealed), context=_CONTEXT[row.kind]), row.verified_at is not None)
        for row in rows
    }


async def verified_kinds(tx: Transaction, user_id: UUID) -> set[str]:
    """Which kinds of contact are verified; read as the system, since contacts are their owner's."""
    rows = await tx.all(
        "SELECT kind FROM user_contacts WHERE user_id = :id AND verified_at IS NOT NULL", {"id": user_id}
    )
    return {row.kind for row in rows}


async def add_consents(tx: Transaction, user_id: UUID, given: dict[str, tuple[str, bool]], origin: str) -> None:
    """Append `{kind: (version, granted)}`."""
    await tx.run(
        "INSERT INTO consents (user_id, kind, version, granted, origin)"
        " VALUES (:user_id, :kind, :version, :granted, :origin)",
        [
            {"user_id": user_id, "kind": kind, "version": version, "granted": granted, "origin": origin}
            for kind, (version, granted) in given.items()
        ],
    )


async def latest_consents(tx: Transaction, user_id: UUID) -> dict[str, Any]:
    """The newest row of each kind."""
    rows = await tx.all(
        "SELECT DISTINCT ON (kind) kind, version, granted, at FROM consents WHERE user_id = :id ORDER BY kind, at DESC",
        {"id": user_id},
    )
    return {row.kind: row for row in rows}


async def raise_restriction_version(tx: Transaction) -> None:
    """Somebody's right to bid changed: every desk must look again."""
    await tx.run("UPDATE restriction_version SET version = version + 1")


async def display_names(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names by id."""
    rows = await tx.all("SELECT id, display_name FROM users WHERE id = ANY(:ids)", {"ids": list(ids)})
    return {row.id: row.display_name for row in rows}
