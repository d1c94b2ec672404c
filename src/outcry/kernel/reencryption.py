"""Bringing what was made with older root keys under the newest, so that the others can be dropped (SPEC SEC-1).

Each table with sealed columns notes beside them, in `key_id`, the root key that its row was made with, look-up hashes
included; NULL is a row of before that was noted. A row is renewed as a whole and then noted under the newest key, so
what is left to do is always what the table says: the job may end anywhere and begin again.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.crypto import DecryptionError, KeyRing, key_id_of
from outcry.kernel.database import SYSTEM, Database, Transaction

# A page is one transaction, and one stretch of encrypting in which the process does nothing else.
PAGE_ROWS = 200
MAX_PAGES_A_RUN = 500
# Noted for a row that a key of the ring should open and does not: left as it is, told by `key_uses`.
UNREADABLE = b""

_BEGINNING = UUID(int=0)
_log = logging.getLogger("outcry.keys")

Renew = Callable[[KeyRing, Mapping[str, Any]], dict[str, bytes]]


class SealedTable(msgspec.Struct, frozen=True):
    """A table whose rows are made with root keys, named so by the domain that owns it.

    `key` is its primary key, a uuid first that few rows share. `renew` opens a row and gives its `columns` made with
    the newest key; it may raise DecryptionError. The first column is sealed, others may be hashes. `unique` columns
    may not come to be equal in two rows: where a renewed row would, its `keeps` column stays as it is.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    renew: Renew
    unique: tuple[str, ...] = ()
    keeps: str = ""


class KeyUse(msgspec.Struct, frozen=True):
    """How many rows of a table were made with a root key; None: of before that was noted."""

    table: str
    key_id: bytes | None
    rows: int


class Reencryption:
    """Renews the rows of `tables`. `counted`: tables whose rows only end, as codes, and which of them still live."""

    def __init__(
        self, database: Database, keys: KeyRing, tables: Sequence[SealedTable], counted: Mapping[str, str]
    ) -> None:
        self._database = database
        self._keys = keys
        self.tables = tables
        self._counted = counted

    async def run(self, *, max_pages: int = MAX_PAGES_A_RUN) -> int:
        """Renew up to `max_pages` pages; how many rows were. With one key in the ring there is nothing to do."""
        if not self._keys.older_ids:
            return 0
        renewed = 0
        for table in self.tables:
            for key_id in (*self._keys.older_ids, None):
                after: UUID | None = _BEGINNING
                while after is not None and max_pages > 0:
                    max_pages -= 1
                    async with self._database.transaction(SYSTEM) as tx:
                        rows, after = await self._page(tx, table, key_id, after)
                    renewed += rows
        if renewed:
            _log.info("renewed %d rows under the newest root key", renewed)
        return renewed

    async def _page(
        self, tx: Transaction, table: SealedTable, key_id: bytes | None, after: UUID
    ) -> tuple[int, UUID | None]:
        """One page of the rows under a key; how many were renewed, and where to go on if it was full."""
        rows = await tx.mappings(
            f"SELECT {', '.join((*table.key, *table.columns))} FROM {table.name}"
            f" WHERE key_id {'IS NULL' if key_id is None else '= :key_id'} AND {table.key[0]} >= :after"
            f" ORDER BY {', '.join(table.key)} LIMIT {PAGE_ROWS} FOR UPDATE SKIP LOCKED",
            {"after": after} if key_id is None else {"after": after, "key_id": key_id},
        )
        renewed: list[dict[str, Any]] = []
        unreadable: list[dict[str, Any]] = []
        for row in rows:
            where = {column: row[column] for column in table.key}
            try:
                renewed.append({**where, **table.renew(self._keys, dict(row)), "key_id": self._keys.current_id})
            except DecryptionError:
                unreadable.append({**where, "key_id": self._missing_key(row[table.columns[0]])})
        if renewed:
            await self._write(tx, table, renewed)
        if unreadable:
            _log.error("%d rows of %s are encrypted with no key of the ring, or changed", len(unreadable), table.name)
            await tx.run(f"UPDATE {table.name} SET key_id = :key_id WHERE {_same(table.key)}", unreadable)
        return len(renewed), rows[-1][table.key[0]] if len(rows) == PAGE_ROWS else None

    def _missing_key(self, blob: bytes) -> bytes:
        """What to note of a row that does not open: the key it names, by which it is found once the ring has it."""
        made_with = key_id_of(blob)
        return UNREADABLE if made_with in (self._keys.current_id, *self._keys.older_ids) else made_with

    async def _write(self, tx: Transaction, table: SealedTable, rows: Sequence[Mapping[str, Any]]) -> None:
        settings = {column: f":{column}" for column in (*table.columns, "key_id")}
        if table.unique:
            others = " AND ".join(f"o.{column} = {settings.get(column, f't.{column}')}" for column in table.unique)
            another = f"EXISTS (SELECT FROM {table.name} o WHERE {others} AND NOT ({_same(table.key, 'o')}))"
            settings[table.keeps] = f"CASE WHEN {another} THEN t.{table.keeps} ELSE :{table.keeps} END"
        assignments = ", ".join(f"{column} = {value}" for column, value in settings.items())
        await tx.run(f"UPDATE {table.name} t SET {assignments} WHERE {_same(table.key, 't')}", rows)

    async def key_uses(self) -> list[KeyUse]:
        """How many rows stand under which root key, of all tables; reads them all, so not for a request."""
        uses: list[KeyUse] = []
        async with self._database.transaction(SYSTEM) as tx:
            for table, live in {**{table.name: "true" for table in self.tables}, **self._counted}.items():
                rows = await tx.all(
                    f"SELECT key_id, count(*) AS rows FROM {table} WHERE {live} GROUP BY key_id ORDER BY key_id"
                )
                uses += [KeyUse(table, None if row.key_id is None else bytes(row.key_id), row.rows) for row in rows]
        return uses


def told_uses(keys: KeyRing, uses: Sequence[KeyUse]) -> tuple[bool, list[str]]:
    """Whether a key but the newest is still needed, and what there is to say to the operator, line by line. Pure."""
    ring = (keys.current_id, *keys.older_ids)
    lines: list[str] = []
    for key_id in ring:
        counts = ", ".join(f"{use.rows} of {use.table}" for use in uses if use.key_id == key_id)
        which = "newest" if key_id == keys.current_id else "older "
        lines.append(f"{which} key {key_id.hex()}: {counts or 'nothing'}")
    noted = {None: "of before keys were noted", UNREADABLE: "that no key of the ring opens"}
    for use in uses:
        if use.key_id not in ring:
            words = noted.get(use.key_id) or f"of key {(use.key_id or b'').hex()}, which is not in the ring"
            lines.append(f"{use.rows} of {use.table} {words}")
    needed = bool(keys.older_ids) and any(use.key_id is None or use.key_id in keys.older_ids for use in uses)
    if keys.older_ids:
        lines.append(
            "keys: the older ones are still needed" if needed else "keys: only the newest is needed; drop the others"
        )
    return needed, lines


def _same(key: Sequence[str], of: str = "") -> str:
    return " AND ".join(f"{of}.{column} = :{column}" if of else f"{column} = :{column}" for column in key)
