"""The usual, doing all that the product's desk does for a bid: the like-for-like comparison.

One transaction per bid that locks the auction's row and decides by the product's own rules: repeated keys answered
from the history, suspension and blocks looked up, hidden maximums and automatic bids, extension, hash chain, an event
of the auction's channel and one to whoever was outbid, both numbered without gaps. Given every reasonable advantage:
prepared statements, one statement for all entries, one for all events, one round trip less where it could be.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.rivals.design import INCREMENT, STARTING_PRICE, Connections, Ids, bidder_id, make_tables, price_of
from outcry.auctions.chain import genesis, linked_hash
from outcry.auctions.rules import Bid, Refusal, Standing, Status, Terms, decide, minimum_bid
from outcry.kernel.ids import new_id
from outcry.kernel.times import from_microseconds, to_microseconds

POOL_CONNECTIONS = 16
_SELLER = bidder_id(1_000_000)
_MORE_TABLES = """
ALTER TABLE auctions ADD seller_id uuid, ADD leader_max bigint NOT NULL DEFAULT 0, ADD chain_head bytea,
    ADD extended_count integer NOT NULL DEFAULT 0, ADD bidder_count integer NOT NULL DEFAULT 0;
CREATE TABLE people (id uuid PRIMARY KEY, suspended_at timestamptz);
CREATE TABLE blocks (seller_id uuid, bidder_id uuid, PRIMARY KEY (seller_id, bidder_id));
CREATE TABLE channels (channel text PRIMARY KEY, seq bigint NOT NULL);
CREATE TABLE outbox (channel text, seq bigint, id uuid NOT NULL, type text NOT NULL, data json NOT NULL,
    at timestamptz NOT NULL, PRIMARY KEY (channel, seq));
CREATE INDEX ix_outbox_at ON outbox USING brin (at);
"""
# The lock comes first and alone: what is read beside it would be as old as the wait for it.
_LOCK = """
SELECT status, ends_at, current_price, leader_id, leader_max, bid_count, entry_count, extended_count, chain_head,
       clock_timestamp() AS now
FROM auctions WHERE id = $1 FOR NO KEY UPDATE
"""
_ALLOWED = """
SELECT (SELECT id FROM bids WHERE bidder_id = $2 AND auction_id = $1 AND idempotency_key = $3),
       (SELECT suspended_at IS NOT NULL FROM people WHERE id = $2),
       EXISTS (SELECT FROM blocks WHERE seller_id = $4 AND bidder_id = $2),
       (SELECT bidder_ordinal FROM bids WHERE bidder_id = $2 AND auction_id = $1 LIMIT 1)
"""
_INSERT = """
INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount, placed_at,
                  idempotency_key, entry_hash)
SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::integer[], $6::text[], $7::bigint[], $8::bigint[],
                         $9::bigint[], $10::timestamptz[], $11::text[], $12::bytea[])
"""
_UPDATE = """
UPDATE auctions SET current_price = $2, leader_id = $3, leader_max = $4, bid_count = bid_count + 1, entry_count = $5,
                    ends_at = $6, extended_count = $7, chain_head = $8 WHERE id = $1
"""
_EVENTS = """
WITH counted AS (
    INSERT INTO channels AS c (channel, seq) SELECT channel, 1 FROM unnest($1::text[]) AS n (channel)
    ON CONFLICT (channel) DO UPDATE SET seq = c.seq + 1 RETURNING channel, seq
)
INSERT INTO outbox (channel, seq, id, type, data, at)
SELECT e.channel, counted.seq, e.id, e.type, e.data, $5
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::json[]) AS e (channel, id, type, data) JOIN counted USING (channel)
"""


class WholeRowLock:
    """`BEGIN`, lock, look up, decide, `INSERT` entries, `UPDATE`, write events, `COMMIT`."""

    def __init__(self) -> None:
        self.name = "row lock per bid, same duties"
        self._connections = Connections()
        self._terms = Terms(_SELLER, STARTING_PRICE, INCREMENT, ())

    async def prepare(self, url: str, auctions: int) -> None:
        self._ids = Ids(auctions)
        await make_tables(url, auctions)
        connection: asyncpg.Connection[Any] = await asyncpg.connect(url)
        await connection.execute(_MORE_TABLES)
        await connection.execute("UPDATE auctions SET seller_id = $1", _SELLER)
        await connection.execute("INSERT INTO people SELECT unnest($1::uuid[])", self._ids.bidders)
        await connection.close()
        await self._connections.open(url, POOL_CONNECTIONS, _LOCK, _ALLOWED, _INSERT, _UPDATE, _EVENTS)

    async def bid(self, auction: int, bidder: int, amount: int, key: str) -> bool:
        auction_id, person = self._ids.auctions[auction], self._ids.bidders[bidder]
        async with self._connections.one() as lane:
            lock, allowed, insert, update, events = lane.statements
            await lane.connection.execute("BEGIN")
            row = await lock.fetchrow(auction_id)
            known, suspended, blocked, ordinal = await allowed.fetchrow(auction_id, person, key, _SELLER)
            if known is not None:
                await lane.connection.execute("ROLLBACK")
                return True
            now_us = to_microseconds(row["now"])
            standing = _standing(row)
            outcome = decide(
                self._terms, standing, Bid(person, amount), now_us, suspended=bool(suspended), blocked=bool(blocked)
            )
            if isinstance(outcome, Refusal):
                await lane.connection.execute("ROLLBACK")
                return False
            head = row["chain_head"] or genesis(auction_id.int)
            now, after = row["now"], outcome.standing
            ids = [new_id() for _ in outcome.entries]
            hashes: list[bytes] = []
            for entry, entry_id in zip(outcome.entries, ids, strict=True):
                by: UUID = entry.bidder_id  # type: ignore[assignment]
                offered = amount if entry is outcome.own else None
                facts = (entry.seq, entry.kind, entry.amount, entry.max_amount, offered, None, None, now_us)
                head = linked_hash(head, entry_id.bytes, by.bytes, facts)
                hashes.append(head)
            count = len(ids)
            await insert.fetch(
                auction_id,
                [entry.seq for entry in outcome.entries],
                ids,
                [entry.bidder_id for entry in outcome.entries],
                [ordinal or bidder] * count,
                [entry.kind for entry in outcome.entries],
                [entry.amount for entry in outcome.entries],
                [entry.max_amount for entry in outcome.entries],
                [amount] * count,
                [now] * count,
                [key if entry is outcome.own else None for entry in outcome.entries],
                hashes,
            )
            await update.fetch(
                auction_id,
                after.price,
                after.leader_id,
                after.leader_max,
                after.entry_count,
                from_microseconds(after.ends_at_us or 0),
                after.extended_count,
                head,
            )
            await events.fetch(*self._events(auction_id, standing, after, outcome.entries, ids, now))
            await lane.connection.execute("COMMIT")
            return True

    def _events(
        self,
        auction_id: UUID,
        before: Standing,
        after: Standing,
        entries: tuple[Any, ...],
        ids: list[UUID],
        now: datetime,
    ) -> tuple[Any, ...]:
        moved: dict[str, Any] = {
            "auction_id": auction_id,
            "current_price": after.price,
            "minimum_bid": minimum_bid(self._terms, after),
            "bid_count": after.bid_count,
            "leader": {"alias": "Bidder 1", "is_you": False},
            "ends_at": from_microseconds(after.ends_at_us or 0),
            "server_time": now,
        }
        bids = [
            {"id": one, "kind": entry.kind, "amount": entry.amount} for one, entry in zip(ids, entries, strict=True)
        ]
        told = [(f"auction:{auction_id}", "bid_placed", {**moved, "bids": bids})]
        outbid = before.leader_id if before.leader_id != after.leader_id else None
        if outbid is not None:
            told.append((f"user:{outbid}", "outbid", moved))
        channels, types, data = zip(*told, strict=True)
        return channels, [new_id() for _ in told], types, [msgspec.json.encode(one).decode() for one in data], now

    async def price(self, auction: int) -> int:
        return await price_of(self._connections, self._ids.auctions[auction])

    async def close(self) -> None:
        await self._connections.close()


def _standing(row: Any) -> Standing:
    return Standing(
        Status(row["status"]),
        row["leader_id"],
        row["leader_max"],
        row["current_price"],
        row["bid_count"],
        row["entry_count"],
        to_microseconds(row["ends_at"].astimezone(UTC)),
        to_microseconds(row["ends_at"].astimezone(UTC)),
        row["extended_count"],
    )
