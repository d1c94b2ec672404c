"""One database function per bid: the row lock without the round trips while it is held."""

from bench.rivals.design import Connections, Ids, make_tables, price_of
from outcry.kernel.ids import new_id

# Best of 4, 8, 16 and 32 on two cores.
POOL_CONNECTIONS = 8

_FUNCTION = """
CREATE FUNCTION place_bid(auction uuid, entry uuid, bidder uuid, ordinal integer, offered bigint, key text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    held auctions%ROWTYPE;
BEGIN
    SELECT * INTO held FROM auctions WHERE id = auction FOR UPDATE;
    IF held.status <> 'live' OR held.ends_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'auction_not_live';
    END IF;
    IF offered < coalesce(held.current_price + held.bid_increment, held.starting_price) THEN
        RETURN false;
    END IF;
    INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount,
                      idempotency_key)
    VALUES (auction, held.entry_count + 1, entry, bidder, ordinal, 'bid', offered, offered, offered, key);
    UPDATE auctions SET current_price = offered, leader_id = bidder, bid_count = bid_count + 1,
                        entry_count = held.entry_count + 1
    WHERE id = auction;
    RETURN true;
END $$
"""
_CALL = "SELECT place_bid($1, $2, $3, $4, $5, $6)"


class DatabaseFunction:
    """`SELECT place_bid(...)`: one statement, one round trip, one commit per bid."""

    def __init__(self, connections: int = POOL_CONNECTIONS) -> None:
        self.name = "one database function per bid"
        self._size = connections
        self._connections = Connections()

    async def prepare(self, url: str, auctions: int) -> None:
        self._ids = Ids(auctions)
        await make_tables(url, auctions)
        making = Connections()
        await making.open(url, 1)
        async with making.one() as lane:
            await lane.connection.execute(_FUNCTION)
        await making.close()
        await self._connections.open(url, self._size, _CALL)

    async def bid(self, auction: int, bidder: int, amount: int, key: str) -> bool:
        ids = self._ids
        async with self._connections.one() as lane:
            return await lane.statements[0].fetchval(
                ids.auctions[auction], new_id(), ids.bidders[bidder], bidder, amount, key
            )

    async def price(self, auction: int) -> int:
        return await price_of(self._connections, self._ids.auctions[auction])

    async def close(self) -> None:
        await self._connections.close()
