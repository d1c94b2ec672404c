"""The usual: one transaction per bid that locks the auction's row, checks, inserts, updates, commits."""

from uuid import UUID

import msgspec

from bench.rivals.design import INCREMENT, Connections, Ids, make_tables, price_of
from outcry.kernel.ids import new_id

# Best of 4, 8, 16 and 32 on two cores; more connections only make the queue on the row longer.
POOL_CONNECTIONS = 16

_LOCK = """
SELECT status = 'live' AND ends_at > clock_timestamp(),
       coalesce(current_price + bid_increment, starting_price),
       current_price, entry_count
FROM auctions WHERE id = $1 FOR UPDATE
"""
_INSERT = """
INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount,
                  idempotency_key)
VALUES ($1, $2, $3, $4, $5, 'bid', $6, $6, $6, $7)
"""
_UPDATE = """
UPDATE auctions SET current_price = $1, leader_id = $2, bid_count = bid_count + 1, entry_count = $3 WHERE id = $4
"""


class Outcome(msgspec.Struct, frozen=True):
    """What a bid came to; `minimum_bid` is what the auction asks after it."""

    accepted: bool
    minimum_bid: int
    current_price: int | None
    seq: int
    id: UUID | None = None


class AuctionNotLive(Exception):
    """The auction does not take bids."""


class RowLock:
    """`BEGIN`, `SELECT ... FOR UPDATE`, check, `INSERT`, `UPDATE`, `COMMIT`."""

    def __init__(self, connections: int = POOL_CONNECTIONS) -> None:
        self.name = "row lock per bid"
        self._size = connections
        self._connections = Connections()

    async def prepare(self, url: str, auctions: int) -> None:
        self._ids = Ids(auctions)
        await make_tables(url, auctions)
        await self.open(url)

    async def open(self, url: str) -> None:
        """Connect to a database whose tables are there already."""
        await self._connections.open(url, self._size, _LOCK, _INSERT, _UPDATE)

    async def bid(self, auction: int, bidder: int, amount: int, key: str) -> bool:
        outcome = await self.decide(self._ids.auctions[auction], self._ids.bidders[bidder], bidder, amount, key)
        return outcome.accepted

    async def decide(self, auction: UUID, bidder: UUID, ordinal: int, amount: int, key: str) -> Outcome:
        """One bid, durably. Raises AuctionNotLive, and UniqueViolationError for a key that was accepted before."""
        async with self._connections.one() as lane:
            lock, insert, update = lane.statements
            await lane.connection.execute("BEGIN")
            found = await lock.fetchrow(auction)
            if found is None or not found[0]:
                raise AuctionNotLive
            _, minimum_bid, current_price, seq = found
            if amount < minimum_bid:
                await lane.connection.execute("ROLLBACK")
                return Outcome(False, minimum_bid, current_price, seq)
            entry_id = new_id()
            await insert.fetch(auction, seq + 1, entry_id, bidder, ordinal, amount, key)
            await update.fetch(amount, bidder, seq + 1, auction)
            await lane.connection.execute("COMMIT")
            return Outcome(True, amount + INCREMENT, amount, seq + 1, entry_id)

    async def price(self, auction: int) -> int:
        return await price_of(self._connections, self._ids.auctions[auction])

    async def close(self) -> None:
        await self._connections.close()
