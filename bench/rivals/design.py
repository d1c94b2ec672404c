"""What every design under test must do, and the ground all of them share: tables, ids, connections.

The rivals are given every reasonable advantage: prepared statements, binary results, the pool size that served them
best, no proxy bids, no hash chain (`entry_hash` stays empty), no events, no look-up of repeated keys (the unique index
alone keeps a repeat out). Their `bids` has the columns and indexes of the product's.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID, uuid5

import asyncpg

STARTING_PRICE = 1_000
INCREMENT = 100
_NAMES = UUID("6f757463-7279-5000-8000-000000000000")


class Design(Protocol):
    """A way to take bids. `bid` answers only after the decision is durable."""

    name: str

    async def prepare(self, url: str, auctions: int) -> None:
        """Make the tables in the empty database `url` and `auctions` live auctions, numbered from 0."""
        ...

    async def bid(self, auction: int, bidder: int, amount: int, key: str) -> bool:
        """True when accepted, False when refused as too low; any other outcome raises."""
        ...

    async def price(self, auction: int) -> int:
        """The current price; 0 while there is no bid."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def auction_id(number: int) -> UUID:
    """The id of auction `number`."""
    return uuid5(_NAMES, f"auction {number}")


def bidder_id(number: int) -> UUID:
    """The id of bidder `number`."""
    return uuid5(_NAMES, f"bidder {number}")


class Ids:
    """Ids made once: a benchmark must not pay for hashing them on every bid."""

    def __init__(self, auctions: int, bidders: int = 1_024) -> None:
        self.auctions = [auction_id(number) for number in range(auctions)]
        self.bidders = [bidder_id(number) for number in range(bidders)]


_TABLES = """
CREATE TABLE auctions (
    id uuid PRIMARY KEY,
    status text NOT NULL,
    ends_at timestamptz NOT NULL,
    starting_price bigint NOT NULL,
    bid_increment bigint NOT NULL,
    current_price bigint,
    leader_id uuid,
    bid_count integer NOT NULL DEFAULT 0,
    entry_count bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 60);
CREATE INDEX ix_auctions_due_end ON auctions (ends_at) WHERE status = 'live';
CREATE TABLE bids (
    auction_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    bidder_id uuid NOT NULL,
    bidder_ordinal integer NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    max_amount bigint NOT NULL,
    offered_amount bigint,
    offered_max bigint,
    target_seq bigint,
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    voided_at timestamptz,
    idempotency_key text,
    entry_hash bytea,
    CONSTRAINT pk_bids PRIMARY KEY (auction_id, seq),
    CONSTRAINT ck_bids_kind CHECK (kind IN ('bid', 'auto', 'raise', 'retraction')),
    CONSTRAINT ck_bids_amount CHECK (amount > 0 AND max_amount >= amount)
);
CREATE UNIQUE INDEX uq_bids_key ON bids (bidder_id, auction_id, idempotency_key);
CREATE INDEX ix_bids_id ON bids (id);
ALTER TABLE bids SET (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
"""


async def make_tables(url: str, auctions: int) -> None:
    """The rivals' tables and `auctions` live auctions that end tomorrow."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_TABLES)
        await connection.execute(
            "INSERT INTO auctions (id, status, ends_at, starting_price, bid_increment)"
            " SELECT id, 'live', now() + interval '1 day', $1, $2 FROM unnest($3::uuid[]) AS id",
            STARTING_PRICE,
            INCREMENT,
            [auction_id(number) for number in range(auctions)],
        )
    finally:
        await connection.close()


class Lane:
    """One connection and its prepared statements, in the order they were given."""

    def __init__(self, connection: "asyncpg.Connection[Any]", statements: list[Any]) -> None:
        self.connection = connection
        self.statements = statements


class Connections:
    """A pool without frills: who waits is served in order, a free connection is handed over at once.

    asyncpg, because on this path it costs a third of what psycopg's asyncio connection costs per statement: five
    statements a bid make that the limit of the design, and the design is what is to be measured.
    """

    def __init__(self) -> None:
        self._all: list[Lane] = []
        self._free: list[Lane] = []
        self._waiting: deque[asyncio.Future[Lane]] = deque()

    async def open(self, url: str, connections: int, *statements: str) -> None:
        """Open every connection now and prepare `statements` on each."""
        settings = {"jit": "off", "plan_cache_mode": "force_generic_plan", "application_name": "bench rival"}
        for _ in range(connections):
            connection = await asyncpg.connect(url, server_settings=settings)
            lane = Lane(connection, [await connection.prepare(statement) for statement in statements])
            self._all.append(lane)
            self._free.append(lane)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Lane]:
        """Borrow a connection; it comes back without a transaction open."""
        lane = self._free.pop() if self._free else await self._next_free()
        try:
            yield lane
        except BaseException:
            if lane.connection.is_in_transaction():
                await lane.connection.execute("ROLLBACK")
            raise
        finally:
            self._give_back(lane)

    async def _next_free(self) -> Lane:
        waiter: asyncio.Future[Lane] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._give_back(waiter.result())
            raise

    def _give_back(self, lane: Lane) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(lane)
                return
        self._free.append(lane)

    async def close(self) -> None:
        """Close them all."""
        for lane in self._all:
            await lane.connection.close()


async def price_of(connections: Connections, auction: UUID) -> int:
    """The price as the auction's row has it; 0 while there is no bid."""
    async with connections.one() as lane:
        price = await lane.connection.fetchval("SELECT coalesce(current_price, 0) FROM auctions WHERE id = $1", auction)
    return int(price)
